/** This server: which release, on which database, and how much there is to do. */

import { RotateCw, Trash2 } from "lucide-preact";
import { get, post, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { absolute, Button, Empty, Pill, Shown, span, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Listed, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import { usePage } from "../../paging";

type About = OwnSchemas["System"];
type Cleanable = Schemas["CleanableInstances"];

export function System() {
  const loaded = useLoad("system", (signal) => get<About>("/api/v1/system", {}, { signal }), ["tasks", "incidents"]);
  return (
    <section class="stack" aria-label="System">
      <Shown of={loaded}>
        {(system) => (
          <>
            <div class="card padded row between">
              <dl class="facts">
                <dt>Baton</dt>
                <dd>{system.version}</dd>
                <dt>Compatible with</dt>
                <dd>Camunda {system.apiVersion}</dd>
                <dt>Database</dt>
                <dd>
                  {system.database === "postgresql" ? "PostgreSQL" : "SQLite"}, tables of revision {system.revision}
                </dd>
                <dt>Python</dt>
                <dd>{system.python}</dd>
                <dt>Running instances</dt>
                <dd>{total(system.instances)}</dd>
                <dt>Open incidents</dt>
                <dd>{total(system.incidents) === 0 ? "none" : <a href="/incidents">{total(system.incidents)}</a>}</dd>
              </dl>
              <Button icon={RotateCw} onClick={loaded.reload}>
                Look again
              </Button>
            </div>
            <h2>Jobs</h2>
            {system.jobs.length === 0 ? (
              <Empty title="No job is waiting">Timers, service tasks and everything else that is done later show here.</Empty>
            ) : (
              <div class="card scroll-x" tabIndex={0} role="group" aria-label="Jobs">
                <table class="table">
                  <thead>
                    <tr>
                      <th>Kind</th>
                      <th>Topic</th>
                      <th>State</th>
                      <th class="number">Count</th>
                      <th>Oldest that is due</th>
                    </tr>
                  </thead>
                  <tbody>
                    {system.jobs.map((job) => (
                      <tr key={`${job.kind} ${job.topic} ${job.state}`}>
                        <td>{job.kind}</td>
                        <td class="mono">{job.topic}</td>
                        <td>
                          <Pill tone={/fail|incident/i.test(job.state) ? "red" : job.waitingSeconds > 60 ? "amber" : "grey"}>{job.state}</Pill>
                        </td>
                        <td class="number">{job.count}</td>
                        <td>{job.waitingSeconds > 0 ? `has waited ${span(job.waitingSeconds * 1000)}` : ""}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            <OldHistory state={system.oldHistory} reload={loaded.reload} />
            <p class="muted small">
              The same numbers for monitoring: <a href="/metrics">/metrics</a>. The REST APIs: <a href="/engine-rest/docs">Camunda's</a>, <a href="/api/v1/docs">Baton's own</a>.
            </p>
          </>
        )}
      </Shown>
    </section>
  );
}

const ENDED: readonly Column<Cleanable>[] = [
  {
    id: "process",
    label: "Process",
    show: (each) => <a href={`/processes/${encodeURIComponent(each.processDefinitionKey)}`}>{each.processDefinitionName ?? each.processDefinitionKey}</a>,
    inFile: [{ label: "Process", path: ["processDefinitionKey"] }],
  },
  { id: "processDefinitionVersion", label: "Version", number: true, show: (each) => each.processDefinitionVersion },
  {
    id: "kept",
    label: "Kept for",
    show: (each) => (each.historyTimeToLive === null ? "ever" : `${each.historyTimeToLive} days`),
    inFile: [{ label: "Kept for (days)", path: ["historyTimeToLive"] }],
  },
  { id: "finishedProcessInstanceCount", label: "Ended", sortBy: "finished", number: true, show: (each) => each.finishedProcessInstanceCount },
  { id: "cleanableProcessInstanceCount", label: "May be deleted", number: true, show: (each) => each.cleanableProcessInstanceCount },
];

/** What is older than it is to be kept: how much that is, and when it is deleted. */
function OldHistory({ state, reload }: { state: About["oldHistory"]; reload: () => void }) {
  const list = usePage<Cleanable>(
    "/history/process-definition/cleanable-process-instance-report",
    { compact: true },
    { columns: ENDED, by: "finished", down: true, keyOf: (each) => `${each.processDefinitionKey} ${each.processDefinitionVersion} ${each.tenantId}`, name: "old" },
  );
  const begin = async () => {
    const reason = await confirm({
      title: "Delete old history now?",
      text: "Process instances that ended longer ago than they are to be kept are deleted for good, with all that belongs to them.",
      confirm: "Delete now",
      danger: true,
      reason: true,
    });
    if (reason !== null && (await attempt(() => post("/history/cleanup", {}, { reason }), "Old history is being deleted"))) {
      reload();
      list.changed();
    }
  };
  return (
    <section class="stack" aria-label="Old history">
      <div class="row between">
        <h2>Old history</h2>
        <Button icon={Trash2} disabled={!state.enabled} onClick={() => void begin()}>
          Delete now
        </Button>
      </div>
      <div class="card padded">
        <dl class="facts">
          <dt>Deleted next</dt>
          <dd>{!state.enabled ? "never by this server" : state.dueAt ? <When at={state.dueAt} /> : "when somebody asks for it"}</dd>
          {state.windowStart && (
            <>
              <dt>Hours for it</dt>
              <dd>
                {absolute(state.windowStart)} to {absolute(state.windowEnd ?? state.windowStart)}
              </dd>
            </>
          )}
          <dt>Last run</dt>
          <dd>
            {state.ranAt ? (
              <>
                <When at={state.ranAt} />: {state.processInstances} process instances and {state.batches} batches deleted
              </>
            ) : (
              "never"
            )}
          </dd>
          {state.error && (
            <>
              <dt>What went wrong</dt>
              <dd>{state.error}</dd>
            </>
          )}
        </dl>
      </div>
      <Listed
        name="ended"
        label="Ended instances"
        of={list}
        columns={ENDED}
        empty={<Empty title="Nothing has ended yet">How many ended instances each process has, and how many may be deleted, shows here.</Empty>}
      />
    </section>
  );
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
