/** What diagrams are made of, as far as it needs no browser. */

import { describe, expect, it } from "vitest";
import { layersOf } from "./layout";
import { kindWords, takenFlows, type Model } from "./model";

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

describe("takenFlows", () => {
  const model: Model = {
    process: "p",
    elements: new Map(),
    flows: [
      { id: "f1", name: null, source: "start", target: "choice", condition: null },
      { id: "f2", name: null, source: "choice", target: "left", condition: "x" },
      { id: "f3", name: null, source: "choice", target: "right", condition: null },
    ],
  };

  it("names the flows between what ended and what began then", () => {
    const visits = [
      { element: "start", began: 1, ended: 1 },
      { element: "choice", began: 1, ended: 2 },
      { element: "right", began: 2, ended: null },
    ];
    expect(takenFlows(model, visits)).toEqual(["f1", "f3"]);
  });

  it("names none that leads to what began before", () => {
    const visits = [
      { element: "choice", began: 5, ended: 6 },
      { element: "right", began: 2, ended: 3 },
    ];
    expect(takenFlows(model, visits)).toEqual([]);
  });
});

it("names kinds in words", () => {
  expect(kindWords({ kind: "boundaryEvent", event: "timer" })).toBe("Timer boundary event");
  expect(kindWords({ kind: "userTask" })).toBe("User task");
});
