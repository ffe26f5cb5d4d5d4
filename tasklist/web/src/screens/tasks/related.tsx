/** The other tasks of the same instance: what is still to be done, and what has been. */

import { get, post, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty, Pill, Shown, When } from "../../components/basics";
import { me } from "../../session";
import { nameOf, type TaskRow } from "./views";

const MOST = 50;

type Ended = Schemas["HistoricTask"];

export function Related({ task }: { task: TaskRow }) {
  if (!task.processInstanceId) return <Empty title="No other tasks">This task belongs to no process.</Empty>;
  return <Others task={task} instance={task.processInstanceId} />;
}

function Others({ task, instance }: { task: TaskRow; instance: string }) {
  const loaded = useLoad(
    `related ${instance}`,
    async (signal) => {
      const query = { processInstanceId: instance, sorting: [{ sortBy: "created", sortOrder: "asc" }] };
      const [open, ended] = await Promise.all([
        post<OwnSchemas["TaskPage"]>("/api/v1/task/page", { query, first: 0, size: MOST }, { signal }),
        get<Ended[]>("/history/task", { processInstanceId: instance, finished: true, sortBy: "endTime", sortOrder: "desc", maxResults: MOST }, { signal }),
      ]);
      return { open: open.tasks, ended };
    },
    ["tasks"],
  );
  return (
    <Shown of={loaded}>
      {({ open, ended }) => {
        const others = open.filter((one) => one.id !== task.id);
        const done = ended.filter((one) => one.id !== task.id);
        if (others.length + done.length === 0) return <Empty title="No other tasks">Nothing else has been asked of anybody so far.</Empty>;
        return (
          <ul class="related" role="list" aria-label="Other tasks of the instance">
            {others.map((one) => (
              <li key={one.id} class="row">
                <Link task={one} />
                <span class="muted small">{whose(one)}</span>
                <Pill tone="blue">Open</Pill>
                <When at={one.created} />
              </li>
            ))}
            {done.map((one) => (
              <li key={one.id} class="row">
                <Link task={one} />
                <span class="muted small">{one.assignee === me() && me() ? "You" : one.assignee}</span>
                <Pill tone={one.taskState === "Completed" ? "green" : "grey"}>{one.taskState ?? "Ended"}</Pill>
                <When at={one.endTime} />
              </li>
            ))}
          </ul>
        );
      }}
    </Shown>
  );
}

function Link({ task }: { task: { id: string; name?: string | null; taskDefinitionKey?: string | null } }) {
  return (
    <a class="grow cut" href={`/tasks?task=${task.id}`} dir="auto">
      {nameOf(task)}
    </a>
  );
}

function whose(task: TaskRow): string {
  if (task.assignee) return task.assignee === me() ? "You" : task.assignee;
  return [...task.candidateGroups, ...task.candidateUsers].join(", ") || "Nobody yet";
}
