/** What lists are sorted by, as addresses say it. */

import type { Order } from "./components/list";

export interface Sortable {
  /** What the server sorts by. */
  sortBy?: string;
}

/** The order that an address speaks of; null where it is none, or of no column (any more), as in an old bookmark. */
export function readOrder(text: string | undefined, columns: readonly Sortable[]): Order | null {
  const match = /^(\w+)\.(asc|desc)$/.exec(text ?? "");
  return match && columns.some((one) => one.sortBy === match[1]) ? { by: match[1]!, down: match[2] === "desc" } : null;
}
