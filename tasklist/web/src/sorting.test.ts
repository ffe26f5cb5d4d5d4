import { describe, expect, it } from "vitest";
import { readOrder } from "./sorting";

describe("the order that an address speaks of", () => {
  const columns = [{ sortBy: "name" }, {}];

  it.each([
    ["name.asc", { by: "name", down: false }],
    ["name.desc", { by: "name", down: true }],
    ["name", null],
    ["name.up", null],
    ["age.asc", null],
    ["undefined.asc", null],
    [undefined, null],
  ])("reads %s", (text, order) => {
    expect(readOrder(text, columns)).toEqual(order);
  });
});
