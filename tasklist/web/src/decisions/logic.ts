/** Boxed expressions by their parts: what is in them, in words, and which names they read. */

import type { Boxed, Logic } from "./model";

/** One box within another; `label` is a name of the file or, of some, a `word` of DMN. */
export interface Part {
  label: string;
  word: boolean;
  type: string;
  logic: Logic;
  /** The names that it sees besides those that the whole sees. */
  sees: readonly string[];
}

/** What is in a box, in the order in which it is read. */
export function partsOf(boxed: Boxed): Part[] {
  switch (boxed.kind) {
    case "context": {
      const names = boxed.entries.map(({ name }) => name);
      const entries = boxed.entries.map(({ name, type, logic }, index) => named(name, type, logic, names.slice(0, index)));
      return boxed.result ? [...entries, worded("Result", boxed.result, names)] : entries;
    }
    case "invocation":
      return [worded("Call", boxed.called), ...boxed.bindings.map(({ name, type, logic }) => named(name, type, logic))];
    case "function":
      return [worded("Result", boxed.body, boxed.parameters.map(({ name }) => name))];
    case "relation":
      return boxed.rows.flatMap((row, index) => row.map((logic, column) => named(`${boxed.columns[column]?.name ?? ""} ${index + 1}`, boxed.columns[column]?.type ?? "", logic)));
    case "list":
      return boxed.items.map((logic, index) => worded(String(index + 1), logic));
    case "steps":
      return boxed.steps.map(([word, logic], index) => worded(labelOf(boxed.word, boxed.variable, word), logic, index ? seenIn(boxed.word, boxed.variable) : []));
  }
}

function named(label: string, type: string, logic: Logic, sees: readonly string[] = []): Part {
  return { label, word: false, type, logic, sees };
}

function worded(label: string, logic: Logic, sees: readonly string[] = []): Part {
  return { label, word: true, type: "", logic, sees };
}

function labelOf(kind: string, variable: string, word: string): string {
  if (word === "in" && kind !== "filter") return `${kind === "for" ? "For each" : kind === "some" ? "For some" : "For every"} ${variable} in`;
  return { in: "Of", match: "those where", return: "give", satisfies: "holds", if: "If", then: "Then", else: "Else" }[word] ?? word;
}

function seenIn(kind: string, variable: string): string[] {
  if (kind === "conditional") return [];
  return kind === "filter" ? ["item"] : [variable, ...(kind === "for" ? ["partial"] : [])];
}

/** All of it on one line. */
export function inWords(logic: Logic): string {
  switch (logic.kind) {
    case "expression":
      return logic.text;
    case "table":
      return "a table";
    case "other":
      return logic.word;
    case "function": {
      const parameters = logic.parameters.map(({ name, type }) => (type ? `${name}: ${type}` : name)).join(", ");
      return `function(${parameters}) ${inWords(logic.body)}`;
    }
    default:
      return `{ ${partsOf(logic).map(({ label, type, logic: inner }) => `${label}${type && ` (${type})`}: ${inWords(inner) || "nothing"}`).join(", ")} }`;
  }
}

/** The texts in it that are expressions, each with the names that its boxes give it. */
export function textsIn(logic: Logic, sees: readonly string[] = []): { text: string; sees: readonly string[] }[] {
  if (logic.kind === "expression") return [{ text: logic.text, sees }];
  if (logic.kind === "table") return logic.inputs.map(({ expression }) => ({ text: expression, sees }));
  if (logic.kind === "other") return [];
  return partsOf(logic).flatMap((part) => textsIn(part.logic, [...sees, ...part.sees]));
}
