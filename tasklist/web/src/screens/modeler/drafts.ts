/** Models that are being drawn, kept in this browser until they are deployed or thrown away. */

import type { ModelFile } from "./file";

const KEY = "baton.model-draft";

export function keepDraft(file: ModelFile): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(file));
  } catch {
    // full or forbidden: the model is then only on this page
  }
}

export function dropDraft(): void {
  localStorage.removeItem(KEY);
}

export function readDraft(): ModelFile | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as ModelFile | null;
    return kept && typeof kept.xml === "string" && typeof kept.name === "string" ? kept : null;
  } catch {
    return null;
  }
}
