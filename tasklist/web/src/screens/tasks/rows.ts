/** Which rows a list shows: those it has stay where they are while the person looks; new ones wait until they are asked for. */

import { useEffect, useRef, useState } from "preact/hooks";
import { post, type OwnSchemas } from "../../api/client";
import { useLoad, type Loaded } from "../../api/load";
import { useChangedHere } from "./actions";
import { type Query, type TaskRow } from "./views";

export const PAGE = 50;

export type TaskPage = OwnSchemas["TaskPage"];

/** A row, and whether it no longer belongs to the list. */
export type Row = TaskRow & { gone?: boolean };

export interface Rows {
  rows: readonly Row[];
  more: boolean;
  /** How many rows there are that are not shown yet. */
  fresh: number;
  /** Shows what there is now. */
  apply: () => void;
  loaded: Loaded<TaskPage>;
}

export function useRows(key: string, query: (now: Date) => Query, page: number): Rows {
  const loaded = useLoad<TaskPage>(
    `rows ${key} ${page}`,
    (signal) => post<TaskPage>("/api/v1/task/page", { query: query(new Date()), first: (page - 1) * PAGE, size: PAGE }, { signal }),
    ["tasks"],
  );
  const [shown, setShown] = useState<TaskPage | null>(null);
  const atOnce = useRef(true);
  const shownKey = useRef("");

  useEffect(() => {
    atOnce.current = true;
  }, [key, page]);
  useChangedHere(
    useRef(() => {
      atOnce.current = true;
      reload.current();
    }).current,
  );
  const reload = useRef(loaded.reload);
  reload.current = loaded.reload;

  useEffect(() => {
    if (!loaded.data) return;
    const now = `${key} ${page}`;
    if (atOnce.current || shownKey.current !== now || shown?.tasks.length === 0) {
      atOnce.current = false;
      shownKey.current = now;
      setShown(loaded.data);
    }
  }, [loaded.data]);

  const apply = () => loaded.data && setShown(loaded.data);
  if (!loaded.data || !shown || shownKey.current !== `${key} ${page}`) {
    return { rows: loaded.data?.tasks ?? [], more: loaded.data?.more ?? false, fresh: 0, apply, loaded };
  }
  return { ...merged(shown, loaded.data), apply, loaded };
}

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
