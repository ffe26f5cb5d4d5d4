/** Signs beside the shapes of a diagram that something is said about. */

import type { Found } from "./parts";

interface Diagram {
  get<T>(name: string): T;
}

interface Overlays {
  add(id: string, type: string, what: object): void;
  remove(which: object): void;
}

/** Puts a sign beside every shape that a problem is about, in the place of those that stood there; `idsOf` gives the shapes, the nearest first. */
export function markShapes(diagram: Diagram, problems: readonly Found[], idsOf: (problem: Found) => readonly string[]): void {
  const overlays = diagram.get<Overlays>("overlays");
  const registry = diagram.get<{ get(id: string): object | undefined }>("elementRegistry");
  overlays.remove({ type: "problem" });
  const told = new Map<string, Found[]>();
  for (const problem of problems) {
    const id = idsOf(problem).find((one) => registry.get(one));
    if (id) told.set(id, [...(told.get(id) ?? []), problem]);
  }
  for (const [id, about] of told) overlays.add(id, "problem", { position: { top: -10, right: 10 }, html: signOf(about) });
}

function signOf(problems: readonly Found[]): HTMLElement {
  const error = problems.some(({ severity }) => severity === "error");
  const sign = document.createElement("span");
  sign.className = error ? "problem-mark error" : "problem-mark";
  sign.textContent = error ? "✕" : "!";
  sign.title = problems.map(({ message }) => message).join("\n");
  return sign;
}
