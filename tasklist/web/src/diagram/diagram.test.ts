/** What diagrams are made of, as far as it needs no browser. */

import { describe, expect, it } from "vitest";
import { layersOf } from "./layout";
import { kindWords } from "./model";

describe("layersOf", () => {
  it("puts everything behind what leads to it", () => {
    const edges = [
      { from: "start", to: "split" },
      { from: "split", to: "a" },
      { from: "split", to: "b" },
      { from: "a", to: "join" },
      { from: "b", to: "c" },
      { from: "c", to: "join" },
    ];
    expect(layersOf(["start", "split", "a", "b", "c", "join"], edges)).toEqual([["start"], ["split"], ["a", "b"], ["c"], ["join"]]);
  });

  it("lets a loop lead back", () => {
    const edges = [
      { from: "start", to: "work" },
      { from: "work", to: "check" },
      { from: "check", to: "work" },
      { from: "check", to: "end" },
    ];
    expect(layersOf(["start", "work", "check", "end"], edges)).toEqual([["start"], ["work"], ["check"], ["end"]]);
  });

  it("draws ten thousand elements in a row", () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `e${index}`);
    const edges = ids.slice(1).map((id, index) => ({ from: ids[index]!, to: id }));
    expect(layersOf(ids, edges)).toHaveLength(10_000);
  });
});

it("names kinds in words", () => {
  expect(kindWords({ kind: "boundaryEvent", event: "timer" })).toBe("Timer boundary event");
  expect(kindWords({ kind: "userTask" })).toBe("User task");
});
