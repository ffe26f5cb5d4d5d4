/** Which rows a list shows: those it has stay where they are while the person looks; new ones wait until they are asked for. */

import { useRef } from "preact/hooks";
import { post, type OwnSchemas } from "../../api/client";
import { useLoad, type Loaded } from "../../api/load";
import { useSteady, type SteadyRow } from "../../steady";
import { changesHere, useChangedHere } from "./actions";
import type { Query, TaskRow } from "./views";

type TaskPage = OwnSchemas["TaskPage"];
/** A task of the list, which may no longer belong to it. */
export type Row = SteadyRow<TaskRow>;

export const PAGE = 50;

/** A page, and how often the person had changed something when it was asked for. */
type Asked = TaskPage & { changes: number };

export interface Rows {
  rows: readonly Row[];
  more: boolean;
  /** How many rows there are that are not shown yet. */
  fresh: number;
  /** Shows what there is now. */
  apply: () => void;
  loaded: Loaded<TaskPage>;
}

/** `filter` is the id of a saved query that `query` narrows down. */
export function useRows(key: string, query: (now: Date) => Query, page: number, filter?: string): Rows {
  const loaded = useLoad<Asked>(
    `rows ${key} ${page}`,
    async (signal) => {
      const changes = changesHere();
      const found = await post<TaskPage>("/api/v1/task/page", { query: query(new Date()), filter, first: (page - 1) * PAGE, size: PAGE }, { signal });
      return { ...found, changes };
    },
    ["tasks"],
  );
  useChangedHere(useRef(() => reload.current()).current);
  const reload = useRef(loaded.reload);
  reload.current = loaded.reload;
  // What was asked for after a change of one's own is another list, shown at once; an answer that comes late is not that.
  const list = useSteady(`${key} ${page} ${loaded.data?.changes}`, loaded.data?.tasks, loaded.data?.more ?? false, (task) => task.id);
  return { ...list, more: loaded.data?.more ?? false, loaded };
}
