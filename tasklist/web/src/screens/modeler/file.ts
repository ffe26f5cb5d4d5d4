/** A model as a file: its name, its text, and which dialect it is written in. */

export interface ModelFile {
  name: string;
  xml: string;
}

export type Dialect = "platform" | "cloud";

/** Camunda 8 if the file says so or speaks only `zeebe:`; else Camunda 7. */
export function dialect(xml: string): Dialect {
  const platform = /executionPlatform="([^"]*)"/.exec(xml)?.[1];
  if (platform) return /cloud/i.test(platform) ? "cloud" : "platform";
  const speaks = (namespace: string) => xml.includes(namespace);
  return speaks("http://camunda.org/schema/zeebe/1.0") && !speaks("http://camunda.org/schema/1.0/bpmn") ? "cloud" : "platform";
}

/** The keys of the processes in a model, in their order. */
export function processKeys(xml: string): string[] {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  const found = parsed.getElementsByTagNameNS("http://www.omg.org/spec/BPMN/20100524/MODEL", "process");
  return [...found].map((one) => one.getAttribute("id") ?? "").filter(Boolean);
}
