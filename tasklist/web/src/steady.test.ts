import { describe, expect, it } from "vitest";
import { rowClass, steady } from "./steady";

const row = (id: string) => ({ id });
const idOf = (one: { id: string }) => one.id;

describe("rows that stay where they are", () => {
  it("counts what is new and marks what is gone", () => {
    const { rows, fresh } = steady([row("1"), row("2")], [row("3"), row("2")], false, idOf);
    expect(fresh).toBe(1);
    expect(rows.map((one) => [one.id, one.gone ?? false])).toEqual([["1", true], ["2", false]]);
  });

  it("does not take for gone what was pushed to the next page", () => {
    const { rows } = steady([row("1"), row("2")], [row("3"), row("1")], true, idOf);
    expect(rows.map((one) => one.gone ?? false)).toEqual([false, false]);
  });

  it("lights up a row anew for each change", () => {
    expect([{}, { turn: 1 }, { turn: 2 }, { turn: 3, gone: true }].map(rowClass)).toEqual(["", "changed", "changed-again", "gone changed"]);
  });
});
