/** Files of a project: what they are, what is in them, how a new form begins. */

import type { Dialect } from "../../diagram/dialect";
import type { Files } from "./drafts";

export type Kind = "bpmn" | "dmn" | "form" | "text";

/** What a file is, by the ending of its name. */
export function kindOf(name: string): Kind {
  if (/\.(bpmn|bpmn2|bpmn20\.xml)$/i.test(name)) return "bpmn";
  if (/\.(dmn|dmn11\.xml)$/i.test(name)) return "dmn";
  return /\.form$/i.test(name) ? "form" : "text";
}

/** The keys of the processes in a model, in their order. */
export function processKeys(xml: string): string[] {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  const found = parsed.getElementsByTagNameNS("http://www.omg.org/spec/BPMN/20100524/MODEL", "process");
  return [...found].map((one) => one.getAttribute("id") ?? "").filter(Boolean);
}

/** The ids of the decisions in a file, in their order. */
export function decisionIds(xml: string): string[] {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  return [...parsed.getElementsByTagNameNS("*", "decision")].map((one) => one.getAttribute("id") ?? "").filter(Boolean);
}

/** A name without what ends it: "order.bpmn" is "order". */
export function stem(name: string): string {
  return name.replace(/\.(bpmn|bpmn2|bpmn20\.xml|form|dmn|dmn11\.xml|xml)$/i, "") || name;
}

/** What a name becomes where only letters, digits and hyphens may stand: an id; `word` begins it where no letter does. */
export function idOf(name: string, word: string): string {
  const id = name
    .normalize("NFKD")
    .replace(/[^\w\s-]/g, "")
    .trim()
    .replace(/[\s_]+/g, "-")
    .toLowerCase();
  return /^[a-z]/.test(id) ? id : `${word}-${id}`.replace(/-$/, "");
}

/** A name that no file has yet. */
export function freeName(files: Files, wanted: string): string {
  const dot = wanted.lastIndexOf(".");
  const [head, tail] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ""];
  let name = wanted;
  for (let number = 2; name in files; number++) name = `${head}-${number}${tail}`;
  return name;
}

/** A form with nothing but its title. */
export function newForm(id: string, title: string, platform: Dialect): string {
  const form = {
    type: "default",
    id,
    components: [{ type: "text", id: "Title", text: `# ${title}` }],
    executionPlatform: platform === "cloud" ? "Camunda Cloud" : "Camunda Platform",
    executionPlatformVersion: platform === "cloud" ? "8.8.0" : "7.24.0",
    schemaVersion: 19,
  };
  return JSON.stringify(form, null, 2);
}

/** The id in a form's text; null if it is no form. */
export function formId(text: string): string | null {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}
