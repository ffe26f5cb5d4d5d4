/** One stream of server-sent events for whoever asks: a tab, or the worker that all tabs of a browser share. */

/** What the hub tells: whether changes come by themselves, and the topics in which something was changed. */
export type Word = { live: boolean } | { topics: string[] };

/** What of an EventSource is used. */
export interface Source {
  readonly readyState: number;
  onerror: ((event: Event) => unknown) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

/** How long it is until a stream that was refused is tried again. */
export const AGAIN_MS = 10_000;
/** How long a stream that nobody wants any more stays open: most come back at once. */
export const IDLE_MS = 5_000;
/** A screen reads before its topics are wanted: what was told at most so long ago is told again to whoever wants it newly. */
export const LATE_MS = 1_000;
/** Topics come and go with every screen; a stream may have so many that nobody asks for. */
const SURPLUS = 20;
const CLOSED = 2;

export class Hub {
  private source: Source | null = null;
  private topics: ReadonlySet<string> = new Set();
  private wanted: ReadonlySet<string> = new Set();
  private mark = "";
  private told: { at: number; before: string; topics: readonly string[] }[] = [];
  private live = false;
  private again: ReturnType<typeof setTimeout> | null = null;

  /** `open` opens a stream at an address, `tell` hears what there is to tell. */
  constructor(
    private readonly open: (address: string) => Source,
    private readonly tell: (word: Word) => void,
  ) {}

  /** Whether changes come by themselves at the moment. */
  get isLive(): boolean {
    return this.live;
  }

  /** Those of the topics in which something was changed just now. */
  lately(topics: readonly string[]): string[] {
    const told = this.justTold();
    return topics.filter((topic) => told.some((one) => one.topics.includes(topic)));
  }

  /** From now on these topics are wanted; the stream is opened anew only if one of them is missing in it. */
  want(topics: Iterable<string>): void {
    this.wanted = new Set(topics);
    if (this.wanted.size === 0) {
      if (this.source) this.later(() => this.close(), IDLE_MS);
      return;
    }
    const has = this.source !== null && [...this.wanted].every((topic) => this.topics.has(topic)) && this.topics.size <= this.wanted.size + SURPLUS;
    if (has) {
      if (this.live) this.stay();
    } else {
      this.connect();
    }
  }

  private connect(): void {
    this.stay();
    this.source?.close();
    this.topics = this.wanted;
    const asked = new URLSearchParams({ topics: [...this.topics].sort().join(",") });
    const from = this.justTold()[0]?.before ?? this.mark;
    if (from) asked.set("lastEventId", from);
    const source = this.open(`/api/v1/events?${asked}`);
    this.source = source;
    const mine = (run: (event: MessageEvent<string>) => void) => (event: MessageEvent<string>) => {
      if (this.source === source) run(event);
    };
    source.addEventListener(
      "begin",
      mine((event) => {
        this.mark = event.lastEventId;
        this.turn(true);
      }),
    );
    source.addEventListener(
      "change",
      mine((event) => {
        const { topics } = JSON.parse(event.data) as { topics: string[] };
        this.told = [...this.justTold(), { at: Date.now(), before: this.mark, topics }];
        this.mark = event.lastEventId;
        this.tell({ topics });
      }),
    );
    source.onerror = () => {
      if (this.source !== source) return;
      this.turn(false);
      if (source.readyState === CLOSED) this.later(() => this.connect(), AGAIN_MS); // it does not come back by itself
    };
  }

  private justTold() {
    const since = Date.now() - LATE_MS;
    return this.told.filter((one) => one.at > since);
  }

  private close(): void {
    this.stay();
    this.source?.close();
    this.source = null;
    this.topics = new Set();
    this.turn(false);
  }

  private turn(live: boolean): void {
    if (live === this.live) return;
    this.live = live;
    this.tell({ live });
  }

  private later(run: () => void, milliseconds: number): void {
    this.stay();
    this.again = setTimeout(() => {
      this.again = null;
      run();
    }, milliseconds);
  }

  private stay(): void {
    if (this.again !== null) clearTimeout(this.again);
    this.again = null;
  }
}
