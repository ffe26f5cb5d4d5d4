/** The tabs of an instance about its jobs, tasks, incidents, messages, what it called, and what people did to it. */

import { useState } from "preact/hooks";
import { CircleCheck, ClipboardList, Mail, Send, User, Workflow } from "lucide-preact";
import { get, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Id, Pill, Shown, span, When } from "../../components/basics";
import { InstanceState } from "../../components/process";
import type { Model } from "../../diagram/model";
import { InstanceEvaluations } from "../decisions/evaluations";
import { IncidentList } from "../incidents/list";
import { Correlation } from "./correlation";
import { JobList } from "./jobs";

const MOST = 200;

interface TabProps {
  id: string;
  model: Model | null;
  element: string | null;
}

export function JobsTab({ id, model, element, waits }: TabProps & { waits: readonly OwnSchemas["Wait"][] }) {
  const places = new Map(waits.map((wait) => [wait.id, wait.activityId]));
  return (
    <div class="card">
      <JobList query={{ processInstanceId: id, activityId: element }} topics={[`instance:${id}`]} model={model} place={(job) => places.get(job.id)} empty="No job waits here." />
    </div>
  );
}

export function TasksTab({ id, element }: TabProps) {
  const found = useLoad(
    `${id} ${element}`,
    (signal) => get<Schemas["HistoricTask"][]>("/history/task", { processInstanceId: id, taskDefinitionKey: element, sortBy: "startTime", sortOrder: "desc", maxResults: MOST }, { signal }),
    [`instance:${id}`],
  );
  return (
    <div class="card">
      <Shown of={found}>
        {(tasks) =>
          tasks.length === 0 ? (
            <Empty icon={User} title="No task was given to people here" />
          ) : (
            <div class="scroll-x">
              <table class="table">
                <thead>
                  <tr>
                    <th>Task</th>
                    <th>State</th>
                    <th>Assignee</th>
                    <th>Created</th>
                    <th>Due</th>
                    <th class="number">Took</th>
                  </tr>
                </thead>
                <tbody>
                  {tasks.map((task) => (
                    <tr key={task.id}>
                      <td>
                        <a class="strong" href={`/tasks?task=${task.id}`}>
                          {task.name ?? task.taskDefinitionKey}
                        </a>
                      </td>
                      <td>{task.endTime ? task.deleteReason === "completed" ? <Pill tone="green">Completed</Pill> : <Pill tone="grey">Gone</Pill> : <Pill tone="blue">Open</Pill>}</td>
                      <td>{task.assignee ?? <span class="muted">Nobody</span>}</td>
                      <td>
                        <When at={task.startTime} />
                      </td>
                      <td>
                        <When at={task.due} late={!task.endTime} />
                      </td>
                      <td class="number">{task.duration === null ? "" : span(task.duration)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Shown>
    </div>
  );
}

/** The decisions that its business rule tasks made. */
export function DecisionsTab({ id, model, element }: TabProps) {
  return <InstanceEvaluations id={id} element={element} nameOf={(each) => model?.elements.get(each)?.name ?? each} />;
}

export function IncidentsTab({ id, element }: TabProps) {
  return (
    <div class="card">
      <IncidentList
        query={{ processInstanceId: id, activityId: element }}
        topics={[`instance:${id}`, "incidents"]}
        empty={<Empty icon={CircleCheck} title="No incident is open here" />}
      />
    </div>
  );
}

export function MessagesTab({ id, model, waits, live, changed }: TabProps & { waits: readonly OwnSchemas["Wait"][]; live: boolean; changed: () => void }) {
  const [sending, setSending] = useState<{ name: string; execution: string | null } | null>(null);
  const subscriptions = waits.filter((wait) => wait.kind === "message" || wait.kind === "signal");
  return (
    <div class="card">
      {subscriptions.length === 0 ? (
        <Empty icon={Mail} title="It waits for no message and no signal">
          {live && <Button onClick={() => setSending({ name: "", execution: null })}>Send a message all the same</Button>}
        </Empty>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th>Name</th>
              <th>Kind</th>
              <th>Where</th>
              <th>Key</th>
              <th>Since</th>
              <th>
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {subscriptions.map((one) => (
              <tr key={one.id}>
                <td class="mono">{one.name}</td>
                <td>{one.kind === "message" ? "Message" : "Signal"}</td>
                <td>{model?.elements.get(one.activityId)?.name ?? one.activityId}</td>
                <td class="mono">{one.correlationKey}</td>
                <td>
                  <When at={one.since} />
                </td>
                <td class="number">
                  {one.kind === "message" && (
                    <Button look="quiet" icon={Send} onClick={() => setSending({ name: one.name ?? "", execution: one.executionId })}>
                      Send
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {sending && (
        <Correlation
          instance={id}
          name={sending.name}
          execution={sending.execution}
          close={(done) => {
            setSending(null);
            if (done) changed();
          }}
        />
      )}
    </div>
  );
}

export function CalledTab({ id }: { id: string }) {
  const found = useLoad(
    id,
    (signal) => get<Schemas["HistoricProcessInstance"][]>("/history/process-instance", { superProcessInstanceId: id, sortBy: "startTime", sortOrder: "desc", maxResults: MOST }, { signal }),
    [`instance:${id}`],
  );
  return (
    <div class="card">
      <Shown of={found}>
        {(called) =>
          called.length === 0 ? (
            <Empty icon={Workflow} title="It has called no other process" />
          ) : (
            <table class="table">
              <thead>
                <tr>
                  <th>Process</th>
                  <th>State</th>
                  <th>Instance</th>
                  <th>Started</th>
                </tr>
              </thead>
              <tbody>
                {called.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <a class="strong" href={`/instances/${one.id}`}>
                        {one.processDefinitionName ?? one.processDefinitionKey}
                      </a>
                    </td>
                    <td>
                      <InstanceState state={one.state} />
                    </td>
                    <td>
                      <Id value={one.id} />
                    </td>
                    <td>
                      <When at={one.startTime} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Shown>
    </div>
  );
}

export function AuditTab({ id }: { id: string }) {
  const found = useLoad(
    id,
    (signal) => get<Schemas["UserOperation"][]>("/history/user-operation", { processInstanceId: id, sortBy: "timestamp", sortOrder: "desc", maxResults: MOST }, { signal }),
    [`instance:${id}`],
  );
  return (
    <div class="card">
      <Shown of={found}>
        {(operations) =>
          operations.length === 0 ? (
            <Empty icon={ClipboardList} title="Nobody has done anything to this instance by hand" />
          ) : (
            <div class="scroll-x" tabIndex={0} role="group" aria-label="What was done by hand">
              <table class="table">
                <thead>
                  <tr>
                    <th>When</th>
                    <th>Who</th>
                    <th>What</th>
                    <th>Change</th>
                    <th>Why</th>
                  </tr>
                </thead>
                <tbody>
                  {operations.map((one) => (
                    <tr key={one.id}>
                      <td>
                        <When at={one.timestamp} />
                      </td>
                      <td>{one.userId ?? <span class="muted">Unknown</span>}</td>
                      <td>
                        {one.operationType} <span class="muted">{one.entityType}</span>
                      </td>
                      <td class="small">
                        {one.property && <span class="muted">{one.property}: </span>}
                        {one.orgValue !== null && `${one.orgValue} → `}
                        {one.newValue}
                      </td>
                      <td>{one.reason ?? one.annotation}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Shown>
    </div>
  );
}
