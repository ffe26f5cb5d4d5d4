/** What a decision wants to know: the variables that its expressions read, with their types as far as the file tells. */

import { textsIn as expressionsIn } from "./logic";
import { calledBy, required, type Model } from "./model";

export interface Wanted {
  variable: string;
  /** What people call it. */
  label: string;
  /** The type of variables of the REST API; "" where the file does not tell. */
  type: string;
  /** Values that rules compare it with. */
  examples: readonly string[];
}

const TYPES: Readonly<Record<string, string>> = {
  string: "String",
  boolean: "Boolean",
  integer: "Integer",
  long: "Long",
  double: "Double",
  number: "Double",
  date: "Date",
  dateTime: "Date",
  "date and time": "Date",
};
const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;
/** Words of FEEL that are no variables. */
const WORDS = new Set(["and", "or", "not", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between", "instance", "of", "true", "false", "null", "function", "date", "time", "item", "partial", "external"]);
const MOST_EXAMPLES = 12;

/** The variables that somebody has to give, those of the decision itself first. */
export function wantedBy(model: Model, id: string): Wanted[] {
  const ids = required(model, id);
  // what required decisions give comes by itself
  const functions = ids.flatMap((one) => calledBy(model, one));
  const given = new Set([...ids.flatMap((one) => resultOf(model, one)), ...functions.flatMap(({ name, variable }) => [name, variable])]);
  const known = new Map([...model.inputs.values()].map((one) => [one.variable, one]));
  const found = new Map<string, Wanted>();
  const add = (wanted: Wanted) => {
    if (given.has(wanted.variable)) return;
    const before = found.get(wanted.variable);
    const type = before?.type || wanted.type || TYPES[known.get(wanted.variable)?.type ?? ""] || "";
    const examples = [...new Set([...(before?.examples ?? []), ...wanted.examples])].slice(0, MOST_EXAMPLES);
    found.set(wanted.variable, { ...wanted, label: before?.label ?? wanted.label, type, examples });
  };
  for (const one of ids.reverse()) {
    const logic = model.decisions.get(one)?.logic;
    const data = model.inputs.get(one);
    if (data) add({ variable: data.variable, label: data.variable, type: TYPES[data.type] ?? "", examples: [] });
    if (!logic) continue;
    if (logic.kind !== "table") {
      for (const { text, sees } of expressionsIn(logic)) for (const variable of namesIn(without(text, [...sees, ...given, ...known.keys()]))) if (!sees.includes(variable)) add({ variable, label: variable, type: "", examples: [] });
      continue;
    }
    logic.inputs.forEach((input, index) => {
      if (NAME.test(input.expression)) add({ variable: input.expression, label: input.label, type: TYPES[input.type] ?? "", examples: textsIn([input.values, ...logic.rules.map((rule) => rule.inputs[index] ?? "")]) });
      else for (const variable of namesIn(input.expression)) add({ variable, label: variable, type: "", examples: [] });
    });
  }
  return [...found.values()];
}

/** The variables that the result of a decision becomes. */
function resultOf(model: Model, id: string): string[] {
  const decision = model.decisions.get(id);
  if (!decision) return [];
  const outputs = decision.logic.kind === "table" ? decision.logic.outputs.map((one) => one.expression) : [];
  return [decision.variable, decision.id, ...outputs];
}

/** The text without names of several words, which do not look like names. */
function without(text: string, names: readonly string[]): string {
  const several = names.filter((name) => name && !NAME.test(name)).sort((one, other) => other.length - one.length);
  return several.reduce((rest, name) => rest.replaceAll(name, " 0 "), text);
}

/** The names in an expression that are neither called nor parts of something, texts or words of the language. */
function namesIn(expression: string): string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, " ")
    .replace(/(?<=[{,]\s*)[\p{L}_][^{},:?()]*:/gu, " ") // the names in a context
    .replace(/[$#]?\{|\}/g, " ");
  const found = [...bare.matchAll(/(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_]*(?!\s*\()(?![\p{L}\p{N}_])/gu)].map(([name]) => name);
  return [...new Set(found)].filter((name) => !WORDS.has(name));
}

/** The texts in entries: of `"a","b"` a and b. */
function textsIn(entries: readonly string[]): string[] {
  return [...new Set(entries.flatMap((entry) => [...entry.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text ?? "")))];
}
