/** Which rows a list shows: those it has stay where they are while the person looks; new ones wait until they are asked for. */

import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "../../api/client";
import { useLoad, type Loaded } from "../../api/load";
import { changesHere, useChangedHere } from "./actions";
import { merged, type Row, type TaskPage } from "./merged";
import type { Query } from "./views";

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
  const [shown, setShown] = useState<TaskPage | null>(null);
  const shownKey = useRef("");
  const shownChanges = useRef(0);
  useChangedHere(useRef(() => reload.current()).current);
  const reload = useRef(loaded.reload);
  reload.current = loaded.reload;

  useEffect(() => {
    if (!loaded.data) return;
    const now = `${key} ${page}`;
    // What was asked for after a change of one's own is shown at once; an answer that comes late is not that.
    if (loaded.data.changes > shownChanges.current || shownKey.current !== now || shown?.tasks.length === 0) {
      shownChanges.current = loaded.data.changes;
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
