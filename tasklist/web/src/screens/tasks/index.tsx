/** The tasks of a person: lists, one list, one task. The address says which. */

import { useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { CheckSquare } from "lucide-preact";
import { post, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty } from "../../components/basics";
import { preferences } from "../../preferences";
import { useChangedHere } from "./actions";
import { List } from "./list";
import { TaskPage } from "./page";
import { Rail, type Counts } from "./rail";
import { useRows } from "./rows";
import "./tasks.css";
import { hrefOf, ORDERS, placeOf, searched, views, type Query } from "./views";

export default function Tasks() {
  const { query, route } = useLocation();
  const place = useMemo(() => placeOf(query), [query]);
  const known = views();
  const view = known.find((one) => one.id === place.filter) ?? known[0]!;

  const counts = useLoad<Counts>(
    "counts",
    (signal) => {
      const now = new Date();
      const queries: Record<string, Query> = Object.fromEntries(known.map((one) => [one.id, one.query(now)]));
      return post<Counts>("/api/v1/task/counts", { queries }, { signal });
    },
    ["tasks"],
  );
  useChangedHere(counts.reload);

  const order = ORDERS.find((one) => one.id === place.sort) ?? ORDERS[0]!;
  const rows = useRows(
    `${view.id} ${order.id} ${place.search}`,
    (now) => ({ ...searched(view.query(now), place.search), sorting: order.sorting }),
    place.page,
  );

  const done = (next: OwnSchemas["Completed"]["next"]) => {
    const at = rows.rows.findIndex((row) => row.id === place.task);
    const after = rows.rows[at + 1] ?? rows.rows[at - 1];
    const task = !preferences.value.advance ? null : (next?.id ?? after?.id ?? null);
    route(hrefOf({ ...place, task }));
  };
  return (
    <main class={place.task ? "tasks with-task" : "tasks"}>
      <Rail place={place} counts={counts} />
      <List place={place} view={view} rows={rows} counts={counts.data} />
      {place.task ? (
        <TaskPage key={place.task} id={place.task} back={hrefOf({ ...place, task: null })} done={done} />
      ) : (
        <section class="task-page nothing" aria-label="Task">
          <Empty icon={CheckSquare} title="No task is open">
            Choose one from the list, or press <kbd>j</kbd> and <kbd>Enter</kbd>.
          </Empty>
        </section>
      )}
    </main>
  );
}
