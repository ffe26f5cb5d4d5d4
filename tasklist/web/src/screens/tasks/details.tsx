/** What is known about a task: its facts, its people, and the variables it sees. */

import { UserRound, UsersRound, X } from "lucide-preact";
import { get, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty, Id, Shown, When } from "../../components/basics";
import { Markdown } from "../../markdown";
import { may } from "../../session";
import { link } from "./actions";
import { processOf, type TaskRow } from "./views";

type Values = Record<string, Schemas["Value"]>;

export function Details({ task }: { task: TaskRow }) {
  return (
    <div class="stack">
      {task.description && <Markdown text={task.description} />}
      <dl class="facts">
        <dt>Process</dt>
        <dd>
          {task.processDefinitionKey && may("processes") ? (
            <a href={`/processes/${encodeURIComponent(task.processDefinitionKey)}?version=${task.processDefinitionVersion}`}>
              {processOf(task)}, version {task.processDefinitionVersion}
            </a>
          ) : (
            processOf(task) || "None"
          )}
        </dd>
        <dt>Business key</dt>
        <dd>{task.businessKey ?? "–"}</dd>
        <dt>Element</dt>
        <dd>{task.taskDefinitionKey ?? "–"}</dd>
        <dt>Task</dt>
        <dd>
          <Id value={task.id} whole />
        </dd>
        {task.processInstanceId && (
          <>
            <dt>Instance</dt>
            <dd>
              <Id value={task.processInstanceId} whole />
            </dd>
          </>
        )}
        <dt>Created</dt>
        <dd>
          <When at={task.created} />
        </dd>
        {task.tenantId && (
          <>
            <dt>Tenant</dt>
            <dd>{task.tenantId}</dd>
          </>
        )}
        <dt>Owner</dt>
        <dd>{task.owner ?? "–"}</dd>
        <dt>Candidates</dt>
        <dd class="row">
          {task.candidateGroups.map((groupId) => (
            <Candidate key={groupId} name={groupId} icon="group" remove={task.ended ? null : () => void link(task, "candidate", { groupId }, true)} />
          ))}
          {task.candidateUsers.map((userId) => (
            <Candidate key={userId} name={userId} icon="user" remove={task.ended ? null : () => void link(task, "candidate", { userId }, true)} />
          ))}
          {task.candidateGroups.length + task.candidateUsers.length === 0 && "–"}
        </dd>
      </dl>
      {!task.ended && (
        <>
          <h2 class="part-title">Variables</h2>
          <Variables id={task.id} />
        </>
      )}
    </div>
  );
}

function Candidate({ name, icon, remove }: { name: string; icon: "group" | "user"; remove: (() => void) | null }) {
  const Icon = icon === "group" ? UsersRound : UserRound;
  return (
    <span class="pill grey">
      <Icon size={12} aria-hidden="true" /> {name}
      {remove && (
        <button type="button" class="pill-button" aria-label={`Remove the candidate ${name}`} onClick={remove}>
          <X size={12} aria-hidden="true" />
        </button>
      )}
    </span>
  );
}

/** What a task sees, as a table. Files can be loaded. */
export function Variables({ id }: { id: string }) {
  // Not read again with every change of tasks: the last of these is that it has ended, and then there is nothing to read.
  const loaded = useLoad<Values>(`variables ${id}`, (signal) => get(`/task/${id}/variables`, { deserializeValues: false }, { signal }));
  return (
    <Shown of={loaded} lines={3}>
      {(values) => {
        const names = Object.keys(values).sort((a, b) => a.localeCompare(b));
        if (names.length === 0) return <Empty title="No variables">This task sees no data of its process.</Empty>;
        return (
          <div class="scroll-x card" tabIndex={0} role="group" aria-label="Variables">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Value</th>
                  <th scope="col">Type</th>
                </tr>
              </thead>
              <tbody>
                {names.map((name) => (
                  <tr key={name}>
                    <td class="mono">{name}</td>
                    <td>
                      <Value id={id} name={name} value={values[name]} />
                    </td>
                    <td class="muted nowrap">{values[name]?.type}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        );
      }}
    </Shown>
  );
}

function Value({ id, name, value }: { id: string; name: string; value: Schemas["Value"] | undefined }) {
  if (!value) return null;
  if (value.type === "File" || value.type === "Bytes") {
    const filename = (value.valueInfo as { filename?: string } | undefined)?.filename;
    return (
      <a href={`/engine-rest/task/${id}/variables/${encodeURIComponent(name)}/data`} download={filename ?? name}>
        {filename ?? "Load"}
      </a>
    );
  }
  if (value.value === null || value.value === undefined) return <span class="muted">null</span>;
  if (typeof value.value === "string" && (value.type === "Json" || value.type === "Object")) return <code class="long">{value.value}</code>;
  return <span dir="auto">{typeof value.value === "object" ? JSON.stringify(value.value) : String(value.value)}</span>;
}
