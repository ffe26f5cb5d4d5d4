import { describe, expect, it } from "vitest";
import { compareDecisions } from "./differences";
import { wantedBy } from "./inputs";
import { inWords } from "./logic";
import type { Decision, Logic, Model, Rule } from "./model";
import { asReadable } from "./version";

const clause = (id: string, expression: string, type: string) => ({ id, label: id.toUpperCase(), expression, type, values: "" });
const rule = (id: string, ...texts: string[]): Rule => ({ id, inputs: texts.slice(0, -1), outputs: texts.slice(-1), annotations: [] });

function decision(id: string, logic: Decision["logic"]): Decision {
  return { id, name: id, variable: id, type: "", question: "", description: "", logic };
}

function table(id: string, inputs: [string, string][], output: string, rules: Rule[]): Decision {
  return decision(id, { kind: "table", hitPolicy: "UNIQUE", aggregation: "", inputs: inputs.map(([text, type], index) => clause(`in${index}`, text, type)), outputs: [clause("out", output, "string")], annotations: [], rules });
}

function model(decisions: Decision[], requires: [string, string][] = []): Model {
  return {
    name: "",
    decisions: new Map(decisions.map((one) => [one.id, one])),
    inputs: new Map([["d", { id: "d", variable: "guests", type: "integer" }]]),
    knowledge: new Map([["k", { id: "k", name: "Discount", variable: "Discount", logic: { kind: "other", word: "" } }]]),
    nodes: [],
    requirements: requires.map(([from, to]) => ({ id: `${from}${to}`, kind: "information", from, to, points: [] })),
  };
}

describe("what a decision wants", () => {
  it("is what its inputs read, without what required decisions give", () => {
    const dish = table("dish", [["season", "string"], ["guests", ""]], "what", [rule("r", '"winter"', "> 4", '"stew"')]);
    const season = decision("season", { kind: "expression", text: 'if month of(day) > 5 and mild.degrees > 3 then "summer" else "winter"', language: "FEEL" });
    const found = wantedBy(model([dish, season], [["season", "dish"], ["d", "dish"]]), "dish");
    expect(found.map(({ variable, type }) => [variable, type])).toEqual([["guests", "Integer"], ["month", ""], ["day", ""], ["mild", ""]]);
  });

  it("has the values that rules compare with as examples", () => {
    const one = table("one", [["kind", "string"]], "what", [rule("a", '"new","old"', "1"), rule("b", '"new"', "2")]);
    expect(wantedBy(model([one]), "one")).toEqual([{ variable: "kind", label: "IN0", type: "String", examples: ["new", "old"] }]);
  });

  it("is what the boxes read, without the names that they give each other", () => {
    const feel = (text: string): Logic => ({ kind: "expression", text, language: "FEEL" });
    const boxes: Logic = {
      kind: "context",
      entries: [
        { name: "Net price", type: "number", logic: feel("amount - rebate") },
        { name: "each", type: "", logic: { kind: "steps", word: "for", variable: "line", steps: [["in", feel("lines")], ["return", feel("line.price * factor")]] } },
        { name: "f", type: "", logic: { kind: "function", language: "FEEL", parameters: [{ name: "x", type: "" }], body: feel("x + y") } },
      ],
      result: { kind: "invocation", called: feel("Discount"), bindings: [{ name: "of", type: "", logic: feel("{each price: Net price, n: count(each)}") }] },
    };
    const called = { ...model([decision("price", boxes)]), requirements: [{ id: "r", kind: "knowledge" as const, from: "k", to: "price", points: [] }] };
    expect(wantedBy(called, "price").map(({ variable }) => variable)).toEqual(["amount", "rebate", "lines", "factor", "y"]);
    expect(inWords(boxes)).toBe("{ Net price (number): amount - rebate, each: { For each line in: lines, give: line.price * factor }, f: function(x) x + y, Result: { Call: Discount, of: {each price: Net price, n: count(each)} } }");
    const other: Logic = { ...boxes, entries: [{ name: "Net price", type: "", logic: feel("amount") }, ...boxes.entries.slice(1, 2), { name: "g", type: "", logic: feel("1") }] };
    const found = compareDecisions(decision("price", boxes), decision("price", other));
    expect(found.map(({ kind, name }) => `${kind}: ${name}`)).toEqual(["changed: Type of Net price: number → nothing", "changed: Net price: amount - rebate → amount", "added: g: 1", "removed: f: function(x) x + y"]);
    expect(compareDecisions(decision("price", boxes), decision("price", boxes))).toEqual([]);
  });
});

describe("what is different", () => {
  it("is told by rule", () => {
    const before = table("one", [["kind", "string"]], "what", [rule("a", '"x"', "1"), rule("b", '"y"', "2"), rule("c", '"z"', "3")]);
    const after = table("one", [["kind", "string"]], "what", [rule("a", '"x"', "9"), rule("b", '"y"', "2"), rule("n", "", "4")]);
    expect(compareDecisions(before, after).map(({ kind, name }) => `${kind}: ${name}`)).toEqual(['changed: Rule 1: "x" → 9 (was "x" → 1)', "added: Rule 3: - → 4", 'removed: Rule 3: "z" → 3']);
    expect(compareDecisions(before, before)).toEqual([]);
  });
});

describe("older and newer versions of DMN", () => {
  it("are read as 1.3 where they say nothing else", () => {
    const old = asReadable('<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd"/>');
    expect(old).toBe('<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>');
    const late = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/"><conditional id="c"/></definitions>';
    expect(() => asReadable(late)).toThrow("conditional");
  });
});
