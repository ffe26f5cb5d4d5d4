/** Files of decisions that are deployed. */

import { get, type Schemas } from "../api/client";

const files = new Map<string, Promise<string>>();

/** The file of a definition; it never changes, so it is asked for once. */
export function dmnOf(definition: string): Promise<string> {
  const known = files.get(definition);
  if (known) return known;
  const asked = get<Schemas["Dmn"]>(`/decision-definition/${encodeURIComponent(definition)}/xml`).then((found) => found.dmnXml);
  files.set(definition, asked);
  asked.catch(() => files.delete(definition));
  return asked;
}
