/** Who did what to a task, and who had a part in it. */

import { get, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { absolute, Empty, moment, Shown, When } from "../../components/basics";
import type { TaskRow } from "./views";

interface Entry {
  id: string;
  at: string;
  who: string | null;
  what: string;
  changes: string[];
  why: string | null;
}

export function History({ task }: { task: TaskRow }) {
  const loaded = useLoad<Entry[]>(
    `history ${task.id}`,
    async (signal) => {
      const of = { taskId: task.id, maxResults: 200 };
      const [operations, links] = await Promise.all([
        get<Schemas["UserOperation"][]>("/history/user-operation", { ...of, sortBy: "timestamp", sortOrder: "desc" }, { signal }),
        get<Schemas["HistoricIdentityLinkLog"][]>("/history/identity-link-log", { ...of, sortBy: "time", sortOrder: "desc" }, { signal }),
      ]);
      return [...operationsOf(operations), ...links.map(linkEntry)].sort((a, b) => moment(b.at).getTime() - moment(a.at).getTime());
    },
    ["tasks"],
  );
  return (
    <Shown of={loaded}>
      {(entries) => (
        <ol role="list" class="history">
          {entries.map((entry) => (
            <li key={entry.id}>
              <p>
                {entry.who && <strong>{entry.who} </strong>}
                {entry.what}
              </p>
              {entry.changes.map((change) => (
                <p key={change} class="small">
                  {change}
                </p>
              ))}
              {entry.why && <p class="small">Reason: {entry.why}</p>}
              <p class="small muted">
                <When at={entry.at} />
              </p>
            </li>
          ))}
          <li>
            <p>The task was created</p>
            <p class="small muted">
              <When at={task.created} />
            </p>
          </li>
          {entries.length === 0 && (
            <li class="muted">
              <Empty title="Nothing has been done to it since">What people do to this task is written down here.</Empty>
            </li>
          )}
        </ol>
      )}
    </Shown>
  );
}

const WORDS: Record<string, string> = {
  Claim: "claimed the task",
  Assign: "assigned the task",
  Delegate: "delegated the task",
  Resolve: "handed the task back",
  Complete: "completed the task",
  Create: "created the task",
  Update: "changed the task",
  Delete: "deleted the task",
  SetPriority: "set the priority",
  SetOwner: "set the owner",
  AddUserLink: "gave a person a part",
  DeleteUserLink: "took a person's part away",
  AddGroupLink: "gave a group a part",
  DeleteGroupLink: "took a group's part away",
  AddAttachment: "attached something",
  DeleteAttachment: "removed an attachment",
  AddComment: "said",
  UpdateComment: "changed a comment",
  DeleteComment: "deleted a comment",
  SetVariable: "set a variable",
  SetVariables: "set variables",
  ModifyVariable: "changed a variable",
  RemoveVariable: "removed a variable",
};

/** One entry per operation; Camunda's log has a row for each property that it changed. */
export function operationsOf(rows: readonly Schemas["UserOperation"][]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const row of rows) {
    const known = entries.get(row.operationId) ?? {
      id: row.operationId,
      at: row.timestamp ?? "",
      who: row.userId,
      what: WORDS[row.operationType] ?? row.operationType,
      changes: [],
      why: row.reason ?? row.annotation,
    };
    if (row.property && (row.newValue !== null || row.orgValue !== null)) {
      known.changes.push(row.property === "comment" && row.newValue ? row.newValue : `${row.property}: ${shownValue(row.property, row.orgValue)} → ${shownValue(row.property, row.newValue)}`);
    }
    entries.set(row.operationId, known);
  }
  return [...entries.values()];
}

function shownValue(property: string, value: string | null): string {
  if (value === null || value === "") return "nothing";
  if (/date|due|followUp/i.test(property)) {
    const time = /^\d+$/.test(value) ? new Date(Number(value)) : moment(value);
    if (!Number.isNaN(time.getTime())) return absolute(time.toISOString());
  }
  return value;
}

function linkEntry(row: Schemas["HistoricIdentityLinkLog"]): Entry {
  const who = row.userId ?? row.groupId ?? "Somebody";
  const part = { assignee: "the assignee", candidate: "a candidate", owner: "the owner" }[row.type ?? ""] ?? row.type;
  return {
    id: `link ${row.id}`,
    at: row.time ?? "",
    who: null,
    what: row.operationType === "add" ? `${who} became ${part}` : `${who} is no longer ${part}`,
    changes: [],
    why: null,
  };
}
