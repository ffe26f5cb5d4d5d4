import { describe, expect, it } from "vitest";
import { happened, MOST_TICKS, nested, ticks, tone, type Activity, type Moment } from "./moments";

const QUIET: Moment = { time: null, entered: 0, completed: 0, canceled: 0, tokens: 0, variables: 0, tasks: 0, incidents: 0, resolved: 0, failures: 0 };

describe("moments", () => {
  it("tell what happened in words", () => {
    expect(happened({ ...QUIET, entered: 2, completed: 1, variables: 1 })).toBe("2 began, 1 ended, 1 value set");
    expect(happened({ ...QUIET, tokens: 1 })).toBe("a job moved on");
    expect(happened(QUIET)).toBe("the instance itself");
  });

  it("show what stands out first", () => {
    expect([{ failures: 1, entered: 1 }, { canceled: 1, entered: 1 }, { entered: 1 }, { variables: 3 }].map((one) => tone({ ...QUIET, ...one }))).toEqual(["red", "amber", "blue", "grey"]);
  });

  it("get ticks where there is room", () => {
    expect(ticks([QUIET, { ...QUIET, entered: 1 }, QUIET], 0, 3).map((one) => one.place)).toEqual([0, 0.5, 1]);
    expect(ticks([QUIET], 0, 1)).toEqual([{ place: 0, tone: "grey" }]);
    expect(ticks([QUIET, { ...QUIET, incidents: 1 }], 500, MOST_TICKS + 101)).toEqual([{ place: 501 / (MOST_TICKS + 100), tone: "red" }]);
  });

  it("have activities inside each other, whatever their order", () => {
    const of = (id: string, parentId: string) => ({ id, parentId }) as Activity;
    const found = nested([of("a", "s"), of("s", "7"), of("b", "s"), of("c", "7")]);
    expect(found.map(({ activity, depth }) => `${activity.id}${depth}`)).toEqual(["s0", "a1", "b1", "c0"]);
  });
});
