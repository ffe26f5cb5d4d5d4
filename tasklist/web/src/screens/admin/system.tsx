/** This server: which release, on which database, and how much there is to do. */

import { get, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Pill, Shown, span } from "../../components/basics";
import { RotateCw } from "lucide-preact";

type About = OwnSchemas["System"];

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
            <p class="muted small">
              The same numbers for monitoring: <a href="/metrics">/metrics</a>. The REST APIs: <a href="/engine-rest/docs">Camunda's</a>, <a href="/api/v1/docs">Baton's own</a>.
            </p>
          </>
        )}
      </Shown>
    </section>
  );
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
