/** Which rows a list shows: those it has stay where they are while the person looks; new ones wait until they are asked for. */

import { useRef } from "preact/hooks";
import { post, type OwnSchemas } from "../../api/client";
import { useLoad, type Loaded } from "../../api/load";
import type { Group } from "../../components/table";
import { useSteady, type SteadyRow } from "../../steady";
import { changesHere, useChangedHere } from "./actions";
import { groupingOf, groupOf, type By, type Grouping } from "./shown";
import type { Query, TaskRow } from "./views";

type TaskPage = OwnSchemas["TaskPage"];
/** A task of the list, which may no longer belong to it. */
export type Row = SteadyRow<TaskRow>;

export const PAGE = 50;

/** A page, how often the person had changed something when it was asked for, and how it was to be grouped. */
type Asked = TaskPage & { changes: number; grouping: Grouping | undefined };

export interface Wanted {
  query: (now: Date) => Query;
  /** The id of a saved query that `query` narrows down. */
  filter?: string;
  page: number;
  group: By | "";
  /** The names of the variables that are shown; left out for a saved query, of which the server knows them. */
  variables?: readonly string[];
}

export interface Rows {
  rows: readonly Row[];
  more: boolean;
  /** How many rows there are that are not shown yet. */
  fresh: number;
  /** Shows what there is now. */
  apply: () => void;
  loaded: Loaded<TaskPage>;
  /** The group in which a row stands, if there are groups. */
  groupOf?: (row: Row) => Group;
  /** What is asked of the server, whatever the page. */
  asked: () => { query: Query; filter?: string; group?: Grouping; variables?: readonly string[] };
}

export function useRows(key: string, wanted: Wanted): Rows {
  const asked = () => {
    const now = new Date();
    return { query: wanted.query(now), filter: wanted.filter, group: groupingOf(wanted.group, now), variables: wanted.variables };
  };
  const whole = `${key} ${wanted.page} ${wanted.group} ${JSON.stringify(wanted.variables)}`;
  const loaded = useLoad<Asked>(
    `rows ${whole}`,
    async (signal) => {
      const changes = changesHere();
      const body = asked();
      const found = await post<TaskPage>("/api/v1/task/page", { ...body, first: (wanted.page - 1) * PAGE, size: PAGE }, { signal, reads: true });
      return { ...found, changes, grouping: body.group };
    },
    ["tasks"],
  );
  useChangedHere(useRef(() => reload.current()).current);
  const reload = useRef(loaded.reload);
  reload.current = loaded.reload;
  // What was asked for after a change of one's own is another list, shown at once; an answer that comes late is not that.
  const listed = `${whole} ${loaded.data?.changes}`;
  const list = useSteady(listed, loaded.data?.tasks, loaded.data?.more ?? false, (task) => task.id);

  // A row stays in the group in which it was first seen, as it stays in its place.
  const groups = useRef({ listed, of: new Map<string, Omit<Group, "count">>() });
  if (groups.current.listed !== listed) groups.current = { listed, of: new Map() };
  const grouping = loaded.data?.grouping;
  const inGroup = (row: Row): Group => {
    const known = groups.current.of;
    const group = known.get(row.id) ?? groupOf(row, grouping!);
    known.set(row.id, group);
    return { ...group, count: loaded.data?.groups?.[group.id] };
  };
  const apply = () => {
    groups.current.of.clear();
    list.apply();
  };
  return { ...list, apply, more: loaded.data?.more ?? false, loaded, groupOf: grouping && inGroup, asked };
}
