/** A model as a file: its name and its text. */

export interface ModelFile {
  name: string;
  xml: string;
}

/** The keys of the processes in a model, in their order. */
export function processKeys(xml: string): string[] {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  const found = parsed.getElementsByTagNameNS("http://www.omg.org/spec/BPMN/20100524/MODEL", "process");
  return [...found].map((one) => one.getAttribute("id") ?? "").filter(Boolean);
}
