import { describe, expect, it } from "vitest";
import { midnight } from "./days";

describe("days of addresses", () => {
  it("begin at midnight, or some days later", () => {
    const server = (moment: Date) => moment.toISOString().replace("Z", "+0000");
    expect(midnight("2026-02-28")).toBe(server(new Date(2026, 1, 28)));
    expect(midnight("2026-02-28", 1)).toBe(server(new Date(2026, 2, 1)));
  });

  it.each([undefined, "", "garbage", "2026-13-01"])("are none: %s", (day) => {
    expect(midnight(day, 1)).toBeUndefined();
  });
});
