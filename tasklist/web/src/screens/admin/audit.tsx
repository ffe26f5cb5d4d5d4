/** The audit log: who changed what, when and why. */

import type { Schemas } from "../../api/client";
import { Empty, SearchField, absolute } from "../../components/basics";
import { Listed, type Column } from "../../components/table";
import { midnight } from "../../days";
import { usePage, useParameter } from "../../paging";

type Operation = Schemas["UserOperation"];

const COLUMNS: readonly Column<Operation>[] = [
  { id: "timestamp", label: "When", sortBy: "timestamp", nowrap: true, show: (one) => one.timestamp && absolute(one.timestamp) },
  { id: "userId", label: "Who", show: (one) => one.userId },
  {
    id: "operation",
    label: "What",
    show: (one) => (
      <>
        {one.operationType} <span class="muted">{one.entityType}</span>
      </>
    ),
    inFile: [
      { label: "Operation", path: ["operationType"] },
      { label: "Kind of thing", path: ["entityType"] },
    ],
  },
  {
    id: "change",
    label: "Change",
    show: (one) => one.property && `${one.property}: ${one.orgValue ?? "–"} → ${one.newValue ?? "–"}`,
    inFile: [
      { label: "Property", path: ["property"] },
      { label: "Before", path: ["orgValue"] },
      { label: "After", path: ["newValue"] },
    ],
  },
  {
    id: "about",
    label: "About",
    show: about,
    inFile: [
      { label: "Process instance", path: ["processInstanceId"] },
      { label: "Task", path: ["taskId"] },
    ],
  },
  {
    id: "reason",
    label: "Reason",
    show: (one) => [one.reason, one.annotation].filter(Boolean).join(" · "),
    inFile: [
      { label: "Reason", path: ["reason"] },
      { label: "Note", path: ["annotation"] },
    ],
  },
  { id: "address", label: "Address", mono: true, extra: true, show: (one) => one.address },
  { id: "requestId", label: "Request", mono: true, extra: true, show: (one) => one.requestId },
];

export function Audit() {
  const [user, setUser] = useParameter("user");
  const [entity, setEntity] = useParameter("entity");
  const [operation, setOperation] = useParameter("operation");
  const [after, setAfter] = useParameter("after");
  const query = {
    userId: user,
    entityType: entity,
    operationType: operation,
    afterTimestamp: midnight(after),
  };
  const list = usePage<Operation>("/history/user-operation", query, { columns: COLUMNS, by: "timestamp", down: true, keyOf: (one) => one.id });
  return (
    <section class="stack" aria-label="Audit log">
      <Listed name="audit" label="Entries" of={list} columns={COLUMNS} empty={<Empty title="Nothing is noted here">What people change is noted, with who, when and why.</Empty>}>
        <SearchField class="audit-filter" label="User" placeholder="User" value={user} apply={setUser} />
        <SearchField class="audit-filter" label="Kind of thing" placeholder="Kind of thing, e.g. Task" value={entity} apply={setEntity} />
        <SearchField class="audit-filter" label="Operation" placeholder="Operation, e.g. Claim" value={operation} apply={setOperation} />
        <input class="filter-input audit-filter" type="date" aria-label="Since" value={after} onChange={(event) => setAfter(event.currentTarget.value)} />
      </Listed>
    </section>
  );
}

function about(one: Operation) {
  if (one.taskId) return <a href={`/tasks?task=${one.taskId}`}>task</a>;
  if (one.processInstanceId) return <a href={`/instances/${one.processInstanceId}`}>instance</a>;
  if (one.deploymentId) return <a href={`/deployments?deployment=${one.deploymentId}`}>deployment</a>;
  if (one.processDefinitionKey) return <a href={`/processes/${encodeURIComponent(one.processDefinitionKey)}`}>{one.processDefinitionKey}</a>;
  return null;
}
