/** Where the process of a task is: its diagram, with the way that was taken. */

import { useMemo } from "preact/hooks";
import { get, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty, Shown } from "../../components/basics";
import { xmlOf } from "../../components/process";
import { Diagram, type Badges, type Mark } from "../../diagram";
import { may } from "../../session";
import type { TaskRow } from "./views";

type Progress = OwnSchemas["Progress"];

export function Where({ task }: { task: TaskRow }) {
  const { processInstanceId: instance, processDefinitionId: definition } = task;
  if (!instance || !definition) return <Empty title="No diagram">This task belongs to no process.</Empty>;
  return <Drawn task={task} instance={instance} definition={definition} />;
}

function Drawn({ task, instance, definition }: { task: TaskRow; instance: string; definition: string }) {
  const xml = useLoad(`xml ${definition}`, () => xmlOf(definition));
  const progress = useLoad<Progress>(
    `progress ${instance}`,
    (signal) => get(`/api/v1/process-instance/${instance}/progress`, undefined, { signal }),
    may("processes") ? [`instance:${instance}`] : ["tasks"], // nobody hears of instances that they may not see
  );
  const { badges, marks } = useMemo(() => painted(progress.data), [progress.data]);
  if (xml.error?.status === 403) return <Empty title="No diagram">You may work on this task, but not see its process as a whole.</Empty>;
  return (
    <Shown of={xml}>
      {(text) => (
        <div class="task-diagram card">
          <Diagram xml={text} process={task.processDefinitionKey} label={`Diagram of ${task.processDefinitionName ?? task.processDefinitionKey}`} badges={badges} marks={marks} chosen={task.taskDefinitionKey} />
        </div>
      )}
    </Shown>
  );
}

function painted(progress: Progress | null): { badges: Record<string, Badges>; marks: Record<string, Mark> } {
  const badges: Record<string, Badges> = {};
  const marks: Record<string, Mark> = {};
  for (const flow of progress?.flows ?? []) marks[flow] = "done";
  for (const one of progress?.elements ?? []) {
    badges[one.id] = { tokens: one.tokens, incidents: one.incidents };
    marks[one.id] = one.incidents ? "failed" : one.tokens ? "current" : "done";
  }
  return { badges, marks };
}
