import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AGAIN_MS, Hub, IDLE_MS, LATE_MS, type Source, type Word } from "./hub";

class Stream implements Source {
  readyState = 1;
  closed = false;
  onerror: ((event: Event) => unknown) | null = null;
  private heard = new Map<string, (event: MessageEvent<string>) => void>();
  constructor(readonly address: string) {}
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.heard.set(type, listener);
  }
  close(): void {
    this.closed = true;
  }
  send(type: string, lastEventId: string, data: unknown = {}): void {
    this.heard.get(type)?.({ lastEventId, data: JSON.stringify(data) } as MessageEvent<string>);
  }
  fail(readyState: number): void {
    this.readyState = readyState;
    this.onerror?.(new Event("error"));
  }
}

let streams: Stream[] = [];
let words: Word[] = [];
const made = () => {
  const hub = new Hub(
    (address) => {
      const stream = new Stream(address);
      streams.push(stream);
      return stream;
    },
    (word) => words.push(word),
  );
  return hub;
};
const last = () => streams.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  [streams, words] = [[], []];
});
afterEach(() => vi.useRealTimers());

describe("the one stream", () => {
  it("is opened for what is wanted, and anew only when something is missing", () => {
    const hub = made();
    hub.want(["tasks", "instance:7"]);
    expect(last().address).toBe("/api/v1/events?topics=instance%3A7%2Ctasks");
    last().send("begin", "m-1");
    hub.want(["tasks"]);
    expect(streams.length).toBe(1);
    hub.want(["tasks", "incidents"]);
    expect(streams.map((one) => one.closed)).toEqual([true, false]);
    expect(last().address).toBe("/api/v1/events?topics=incidents%2Ctasks&lastEventId=m-1");
    expect(words).toEqual([{ live: true }]);
  });

  it("tells what changes, and nothing of a stream that was left", () => {
    const hub = made();
    hub.want(["tasks"]);
    const first = last();
    first.send("begin", "m-1");
    first.send("change", "m-2", { topics: ["tasks"], ids: {} });
    vi.advanceTimersByTime(LATE_MS);
    hub.want(["incidents"]);
    first.send("change", "m-3", { topics: ["tasks"], ids: {} });
    expect(words).toEqual([{ live: true }, { topics: ["tasks"] }]);
    expect(last().address).toContain("lastEventId=m-2");
  });

  it("tells again what was told just before a topic was wanted", () => {
    const hub = made();
    hub.want(["tasks"]);
    last().send("begin", "m-1");
    last().send("change", "m-2", { topics: ["tasks"], ids: {} });
    vi.advanceTimersByTime(LATE_MS / 2);
    last().send("change", "m-3", { topics: ["tasks"], ids: {} });
    expect(hub.lately(["tasks", "incidents"])).toEqual(["tasks"]);
    hub.want(["incidents"]);
    expect(last().address).toContain("lastEventId=m-1");
    vi.advanceTimersByTime(LATE_MS / 2);
    hub.want(["batches"]);
    expect(last().address).toContain("lastEventId=m-2");
    vi.advanceTimersByTime(LATE_MS);
    expect(hub.lately(["tasks"])).toEqual([]);
    hub.want(["decisions"]);
    expect(last().address).toContain("lastEventId=m-3");
  });

  it("says when it is lost, and tries again where it was refused", () => {
    const hub = made();
    hub.want(["tasks"]);
    last().send("begin", "m-1");
    last().fail(0);
    vi.advanceTimersByTime(AGAIN_MS);
    expect(streams.length, "the browser comes back by itself").toBe(1);
    last().fail(2);
    expect(words).toEqual([{ live: true }, { live: false }]);
    vi.advanceTimersByTime(AGAIN_MS);
    expect(streams.length).toBe(2);
    last().send("begin", "m-1");
    expect(words.at(-1)).toEqual({ live: true });
  });

  it("is closed when nobody wants it for a while", () => {
    const hub = made();
    hub.want(["tasks"]);
    last().send("begin", "m-1");
    hub.want([]);
    hub.want(["tasks"]);
    vi.advanceTimersByTime(IDLE_MS);
    expect(last().closed).toBe(false);
    hub.want([]);
    vi.advanceTimersByTime(IDLE_MS);
    expect(last().closed).toBe(true);
    expect(hub.isLive).toBe(false);
    vi.advanceTimersByTime(AGAIN_MS);
    expect(streams.length).toBe(1);
  });

  it("lets topics go that nobody has asked for for long", () => {
    const hub = made();
    for (let number = 0; number < 200; number++) hub.want(["tasks", `instance:${number}`]);
    expect(last().address.split("instance").length - 1).toBeLessThan(30);
  });
});
