/** Values of variables between the REST API, text fields and people. */

export interface Given {
  value: unknown;
  type: string;
}

export const TYPES = ["String", "Integer", "Long", "Double", "Boolean", "Date", "Json", "Null"] as const;

/** A JSON object as variables; an Error in words for anything else, nothing for empty text. */
export function readVariables(text: string): Record<string, Given> | Error {
  if (!text.trim()) return {};
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== "object" || read === null || Array.isArray(read)) return new Error('Write a JSON object, as in {"amount": 100}');
    return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, asVariable(value)]));
  } catch {
    return new Error('This is no JSON yet. Write an object, as in {"amount": 100}');
  }
}

export function asVariable(value: unknown): Given {
  if (value === null) return { value: null, type: "Null" };
  if (typeof value === "string") return { value, type: "String" };
  if (typeof value === "boolean") return { value, type: "Boolean" };
  if (typeof value === "number") return { value, type: !Number.isInteger(value) ? "Double" : Math.abs(value) < 2 ** 31 ? "Integer" : "Long" };
  return { value: JSON.stringify(value), type: "Json" };
}

/** What was typed as a value of the type; an Error in words if it is none. */
export function typed(type: string, text: string): Given | Error {
  switch (type) {
    case "Null":
      return { value: null, type };
    case "Boolean":
      return text === "true" || text === "false" ? { value: text === "true", type } : new Error("true or false");
    case "Integer":
    case "Long":
      return /^\s*-?\d+\s*$/.test(text) ? { value: Number(text), type } : new Error("A whole number");
    case "Double":
      return text.trim() && Number.isFinite(Number(text)) ? { value: Number(text), type } : new Error("A number, with a point before the fraction");
    case "Json":
    case "Object":
      try {
        JSON.parse(text);
        return { value: text, type: "Json" };
      } catch (problem) {
        return new Error(problem instanceof Error ? problem.message : "This is no JSON");
      }
    default:
      return { value: text, type };
  }
}

/** A value as text that can be edited. */
export function editable(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") {
    try {
      const read: unknown = JSON.parse(value);
      return typeof read === "object" && read !== null ? JSON.stringify(read, null, 2) : value;
    } catch {
      return value;
    }
  }
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}
