import { describe, expect, it } from "vitest";
import { inWords } from "./trend";

describe("a trend in words", () => {
  it("tells the sums and the days on which anything happened", () => {
    expect(inWords([2, 0, 1], [0, 0, 1200], new Date(2026, 2, 1))).toBe(
      "3 started and 1,200 ended in the last 3 days.\nFeb 27: 2 started, 0 ended.\nToday: 1 started, 1,200 ended",
    );
  });

  it("says that nothing did", () => {
    expect(inWords([0, 0], [0, 0], new Date(2026, 2, 1))).toBe("Nothing started or ended in the last 2 days");
  });
});
