/** A list that changes while somebody looks at it: rows stay in their places, new ones are counted. */

import type { OwnSchemas } from "../../api/client";
import type { TaskRow } from "./views";

export type TaskPage = OwnSchemas["TaskPage"];

/** A row, and whether it no longer belongs to the list. */
export type Row = TaskRow & { gone?: boolean };

/** The rows that are shown, as they are now. */
export function merged(shown: TaskPage, latest: TaskPage): { rows: Row[]; more: boolean; fresh: number } {
  const now = new Map(latest.tasks.map((task) => [task.id, task]));
  const known = new Set(shown.tasks.map((task) => task.id));
  const fresh = latest.tasks.filter((task) => !known.has(task.id)).length;
  // New rows push as many off the page; those at its end may well be on the next one.
  const pushed = latest.more ? shown.tasks.length - fresh : Number.POSITIVE_INFINITY;
  const rows = shown.tasks.map((task, index) => now.get(task.id) ?? { ...task, gone: index < pushed });
  return { rows, more: latest.more, fresh };
}
