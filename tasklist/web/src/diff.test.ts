/** Texts line by line. */

import { expect, it } from "vitest";
import { lineDiff } from "./diff";

function told(before: string, after: string): string[] {
  return lineDiff(before, after).map((line) => ({ same: " ", added: "+", removed: "-" })[line.kind] + line.text);
}

it("tells what is new and what is gone", () => {
  expect(told("a\nb\nc", "a\nx\nc\nd")).toEqual([" a", "-b", "+x", " c", "+d"]);
  expect(told("", "")).toEqual([" "]);
  expect(told("same", "same")).toEqual([" same"]);
});

it("gives both texts back", () => {
  const before = "1\n2\n3\n4\n2\n1";
  const after = "2\n1\n3\n2\n2\n5";
  const lines = lineDiff(before, after);
  expect(lines.filter((line) => line.kind !== "added").map((line) => line.text).join("\n")).toBe(before);
  expect(lines.filter((line) => line.kind !== "removed").map((line) => line.text).join("\n")).toBe(after);
});

it("does not compare what is too long", () => {
  expect(lineDiff("a\n".repeat(2_000), "a").filter((line) => line.kind === "same")).toEqual([]);
});
