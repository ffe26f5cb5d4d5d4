/** What diagrams are made of, as far as it needs no browser. */

import { expect, it } from "vitest";
import { kindWords } from "./model";

it("names kinds in words", () => {
  expect(kindWords({ kind: "boundaryEvent", event: "timer" })).toBe("Timer boundary event");
  expect(kindWords({ kind: "userTask" })).toBe("User task");
});
