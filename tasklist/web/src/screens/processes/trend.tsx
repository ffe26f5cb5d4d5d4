/** How many instances of a process began and ended day by day: a small picture, and the same in words. */

const DAY = 8;
const BAR = 3;
const HIGH = 24;

export function Trend({ started, ended }: { started: readonly number[]; ended: readonly number[] }) {
  const most = Math.max(1, ...started, ...ended);
  const bar = (kind: string, count: number, x: number) => {
    const height = count ? Math.max(2, Math.round((count / most) * HIGH)) : 1;
    return <rect class={count ? kind : "none"} x={x} y={HIGH - height} width={BAR} height={height} />;
  };
  const words = inWords(started, ended, new Date());
  return (
    <span class="trend" title={words}>
      <svg viewBox={`0 0 ${started.length * DAY} ${HIGH}`} width={started.length * DAY} height={HIGH} aria-hidden="true">
        {started.map((count, day) => (
          <g key={day}>
            {bar("started", count, day * DAY)}
            {bar("ended", ended[day] ?? 0, day * DAY + BAR)}
          </g>
        ))}
      </svg>
      <span class="hidden">{words}</span>
    </span>
  );
}

/** The sums, and the days on which anything happened; the last day is today. */
export function inWords(started: readonly number[], ended: readonly number[], today: Date): string {
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  if (sum(started) + sum(ended) === 0) return `Nothing started or ended in the last ${started.length} days`;
  const days = started.flatMap((count, index) => {
    const ends = ended[index] ?? 0;
    if (count + ends === 0) return [];
    const day = new Date(today.getFullYear(), today.getMonth(), today.getDate() - (started.length - 1 - index));
    const name = index === started.length - 1 ? "Today" : day.toLocaleDateString("en", { day: "numeric", month: "short" });
    return [`${name}: ${count.toLocaleString("en")} started, ${ends.toLocaleString("en")} ended`];
  });
  return [`${sum(started).toLocaleString("en")} started and ${sum(ended).toLocaleString("en")} ended in the last ${started.length} days`, ...days].join(".\n");
}
