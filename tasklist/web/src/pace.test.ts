import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CALM_MS, LEAST_MS, MOST_MS, soon } from "./pace";

const always = () => true;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Something that takes so long to read, and counts how often it is read and how often at the same time. */
function reader(milliseconds: number) {
  const seen = { begun: 0, now: 0, most: 0 };
  const read = async () => {
    seen.begun++;
    seen.most = Math.max(seen.most, ++seen.now);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    seen.now--;
  };
  return { seen, read };
}

describe("reading again", () => {
  it("is done once for all changes that come at once, and soon", async () => {
    const { seen, read } = reader(20);
    for (let change = 0; change < 1_000; change++) soon(read, always);
    await vi.advanceTimersByTimeAsync(CALM_MS);
    expect(seen.begun).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.begun).toBe(1);
  });

  it("is neither done all the time nor given up while changes never cease", async () => {
    for (const [took, fewest, most] of [[20, 8, 10], [500, 4, 6], [30_000, 0, 1]] as const) {
      const { seen, read } = reader(took);
      for (let passed = 0; passed < 10_000; passed += 10) {
        soon(read, always);
        await vi.advanceTimersByTimeAsync(10);
      }
      expect(seen.most).toBe(1);
      expect(seen.begun).toBeGreaterThanOrEqual(Math.max(1, fewest));
      expect(seen.begun).toBeLessThanOrEqual(most);
    }
  });

  it("sees the last change, also one that comes while it reads", async () => {
    const { seen, read } = reader(100);
    soon(read, always);
    await vi.advanceTimersByTimeAsync(CALM_MS + 50);
    soon(read, always);
    await vi.advanceTimersByTimeAsync(LEAST_MS + 100);
    expect(seen.begun).toBe(2);
  });

  it("rests for a time that has an end, and does nothing that is not wanted any more", async () => {
    const { seen, read } = reader(60_000);
    soon(read, always);
    await vi.advanceTimersByTimeAsync(61_000);
    soon(read, always);
    await vi.advanceTimersByTimeAsync(MOST_MS);
    expect(seen.begun).toBe(2);
    const other = reader(0);
    soon(other.read, () => false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(other.seen.begun).toBe(0);
  });
});
