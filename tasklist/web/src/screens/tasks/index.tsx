/** The tasks of a person: lists, one list, one task. The address says which. */

import { useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { CheckSquare } from "lucide-preact";
import { post, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty } from "../../components/basics";
import { useWithout } from "../../paging";
import { preferences } from "../../preferences";
import { useIsNarrow } from "../../width";
import { useChangedHere } from "./actions";
import { List } from "./list";
import { TaskPage } from "./page";
import { Rail, type Counts } from "./rail";
import { useRows } from "./rows";
import { useSaved, viewOf } from "./saved";
import { chosenGroup, chosenMode, wantedVariables } from "./shown";
import "./tasks.css";
import { hrefOf, ORDERS, placeOf, searched, views, type Query, type View } from "./views";

/** A saved filter of which nothing but the id is known yet. */
const UNKNOWN: View = { id: "", label: "Filter", icon: CheckSquare, empty: "No task fits this filter now.", saved: true, query: () => ({}) };

export default function Tasks() {
  const { query, route } = useLocation();
  const place = useMemo(() => placeOf(query), [query]);
  const saved = useSaved();
  const known = [...views(), ...(saved.data ?? []).map(viewOf)];
  const filter = /^\d+$/.test(place.filter) ? place.filter : undefined;
  const view = known.find((one) => one.id === place.filter) ?? (filter ? UNKNOWN : known[0]!);

  const counts = useLoad<Counts>(
    "counts",
    (signal) => {
      const now = new Date();
      const queries: Record<string, Query> = Object.fromEntries(views().map((one) => [one.id, one.query(now)]));
      return post<Counts>("/api/v1/task/counts", { queries, saved: true }, { signal });
    },
    ["tasks"],
  );
  useChangedHere(counts.reload);

  const order = ORDERS.find((one) => one.id === place.sort)!;
  useWithout(query.sort !== undefined && query.sort !== place.sort, "sort");
  const last = preferences.value.tasks;
  const mode = useIsNarrow() ? "rows" : chosenMode(place, last.mode);
  const group = chosenGroup(place, last.group);
  const variables = wantedVariables(view, last.variables);
  const rows = useRows(`${place.filter} ${order.id} ${place.search}`, {
    // A saved query that has an order of its own comes in that one, unless another is chosen.
    query: (now) => ({ ...searched(view.query(now), place.search), sorting: view.saved && order.id === "newest" ? [] : order.sorting }),
    filter,
    page: place.page,
    group,
    variables: view.saved ? undefined : variables.map((one) => one.name),
  });

  const done = (next: OwnSchemas["Completed"]["next"]) => {
    const at = rows.rows.findIndex((row) => row.id === place.task);
    const after = rows.rows[at + 1] ?? rows.rows[at - 1];
    const task = !preferences.value.advance ? null : (next?.id ?? after?.id ?? null);
    route(hrefOf({ ...place, task, tab: null }));
  };
  return (
    <main class={["tasks", place.task && "with-task", mode === "table" && "as-table"].filter(Boolean).join(" ")}>
      <Rail place={place} known={known} counts={counts} />
      <List place={place} view={view} known={known} rows={rows} counts={counts.data} mode={mode} group={group} variables={variables} />
      {place.task ? (
        <TaskPage key={place.task} id={place.task} back={hrefOf({ ...place, task: null })} done={done} />
      ) : mode === "table" ? null : (
        <section class="task-page nothing" aria-label="Task">
          <Empty icon={CheckSquare} title="No task is open">
            Choose one from the list, or press <kbd>j</kbd> and <kbd>Enter</kbd>.
          </Empty>
        </section>
      )}
    </main>
  );
}
