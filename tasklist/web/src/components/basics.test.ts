import { describe, expect, it } from "vitest";
import { moment, relative, span, tabOf } from "./basics";

describe("moments", () => {
  it("reads zones without a colon", () => {
    expect(moment("2024-01-01T10:00:00.000+0200").toISOString()).toBe("2024-01-01T08:00:00.000Z");
  });

  it("says how far away one is, in the largest unit that fits", () => {
    const now = new Date("2024-05-05T12:00:00Z");
    const at = (text: string) => relative(new Date(text), now);
    expect(at("2024-05-05T12:00:02Z")).toBe("just now");
    expect(at("2024-05-05T12:00:40Z")).toBe("in 40 s");
    expect(at("2024-05-05T09:00:00Z")).toBe("3 hours ago");
    expect(at("2024-05-06T13:00:00Z")).toBe("tomorrow");
  });

  it("counts days by midnights", () => {
    const now = new Date(2024, 4, 5, 10);
    const at = (day: number, hour: number) => relative(new Date(2024, 4, day, hour), now);
    expect(at(6, 9)).toBe("in 23 hours");
    expect(at(11, 11)).toBe("in 6 days");
    expect(at(12, 9)).toBe("next week");
    expect(at(4, 9)).toBe("yesterday");
    expect(at(3, 23)).toBe("2 days ago");
  });
});

describe("spans", () => {
  it.each([
    [420, "420 ms"],
    [12_000, "12 s"],
    [3_723_000, "1 h 2 min"],
    [86_400_000 * 3 + 5 * 3_600_000 + 60_000, "3 d 5 h"],
  ])("%d ms is %s", (milliseconds, text) => expect(span(milliseconds)).toBe(text));
});

describe("tabs", () => {
  const tabs = [
    { id: "first", label: "First" },
    { id: "second", label: "Second" },
  ];

  it.each([
    ["second", "second"],
    [undefined, "first"],
    ["nonsense", "first"],
  ])("are chosen by the address: %s", (wanted, chosen) => {
    expect(tabOf(tabs, wanted)).toBe(chosen);
  });
});
