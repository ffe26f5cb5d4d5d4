/** The audit log: who changed what, when and why. */

import { Download } from "lucide-preact";
import { get, type Schemas } from "../../api/client";
import { Button, Empty, Shown, absolute, moment } from "../../components/basics";
import { Pager } from "../../components/list";
import { attempt } from "../../components/toasts";
import { save } from "../../save";
import { csv } from "../../csv";
import { PAGE, usePage, useParameter } from "../../paging";

type Operation = Schemas["UserOperation"];

const MOST_EXPORTED = 10_000;

export function Audit() {
  const [user, setUser] = useParameter("user");
  const [entity, setEntity] = useParameter("entity");
  const [operation, setOperation] = useParameter("operation");
  const [after, setAfter] = useParameter("after");
  const query = {
    userId: user,
    entityType: entity,
    operationType: operation,
    afterTimestamp: after ? moment(`${after}T00:00:00`).toISOString().replace("Z", "+0000") : undefined,
    sortBy: "timestamp",
    sortOrder: "desc",
  };
  const list = usePage<Operation>("/history/user-operation", query);

  const exported = async () => {
    const rows = await get<Operation[]>("/history/user-operation", { ...query, maxResults: MOST_EXPORTED });
    const header = ["time", "user", "operation", "entity", "property", "before", "after", "process instance", "task", "address", "reason", "note"];
    const lines = rows.map((one) => [
      one.timestamp,
      one.userId,
      one.operationType,
      one.entityType,
      one.property,
      one.orgValue,
      one.newValue,
      one.processInstanceId,
      one.taskId,
      one.address,
      one.reason,
      one.annotation,
    ]);
    save("audit.csv", csv([header, ...lines]), "text/csv");
  };

  return (
    <section class="stack" aria-label="Audit log">
      <div class="row">
        <input class="filter-input audit-filter" aria-label="User" placeholder="User" value={user} onChange={(event) => setUser(event.currentTarget.value.trim())} />
        <input class="filter-input audit-filter" aria-label="Kind of thing" placeholder="Kind of thing, e.g. Task" value={entity} onChange={(event) => setEntity(event.currentTarget.value.trim())} />
        <input class="filter-input audit-filter" aria-label="Operation" placeholder="Operation, e.g. Claim" value={operation} onChange={(event) => setOperation(event.currentTarget.value.trim())} />
        <input class="filter-input audit-filter" type="date" aria-label="Since" value={after} onChange={(event) => setAfter(event.currentTarget.value)} />
        <span class="grow" />
        <Button icon={Download} onClick={() => void attempt(exported)}>
          Save as CSV
        </Button>
      </div>
      <Shown of={list}>
        {({ rows, more }) =>
          rows.length === 0 ? (
            <Empty title="Nothing is noted here">What people change is noted, with who, when and why.</Empty>
          ) : (
            <div class="card scroll-x" role="region" aria-label="Entries" tabIndex={0}>
              <table class="table">
                <thead>
                  <tr>
                    <th>When</th>
                    <th>Who</th>
                    <th>What</th>
                    <th>Change</th>
                    <th>About</th>
                    <th>Reason</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((one) => (
                    <tr key={one.id}>
                      <td class="nowrap">{one.timestamp && absolute(one.timestamp)}</td>
                      <td>{one.userId}</td>
                      <td>
                        {one.operationType} <span class="muted">{one.entityType}</span>
                      </td>
                      <td>
                        {one.property && (
                          <>
                            {one.property}: {one.orgValue ?? "–"} → {one.newValue ?? "–"}
                          </>
                        )}
                      </td>
                      <td>{about(one)}</td>
                      <td>{[one.reason, one.annotation].filter(Boolean).join(" · ")}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <Pager first={list.first} size={PAGE} shown={rows.length} more={more} go={list.go} />
            </div>
          )
        }
      </Shown>
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
