/** What is different between two texts, line by line. */

export interface Line {
  kind: "same" | "added" | "removed";
  text: string;
}

/** More lines than this are not compared one by one: it would take too long. */
const MOST = 1_000;

/** The lines of both texts: those of `before` that are gone, those of `after` that are new, and the longest run of common ones. */
export function lineDiff(before: string, after: string): Line[] {
  const old = before.split("\n");
  const fresh = after.split("\n");
  if (old.length > MOST || fresh.length > MOST) {
    return [...old.map((text): Line => ({ kind: "removed", text })), ...fresh.map((text): Line => ({ kind: "added", text }))];
  }
  // common[i][j]: how many lines the rests from i and j have in common
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      common[i]![j] = old[i] === fresh[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) lines.push({ kind: "same", text: old[i++]! }) && j++;
    else if (j >= fresh.length || (i < old.length && common[i + 1]![j]! >= common[i]![j + 1]!)) lines.push({ kind: "removed", text: old[i++]! });
    else lines.push({ kind: "added", text: fresh[j++]! });
  }
  return lines;
}
