/** The tabs of a process about its jobs, what it calls, what starts it by time, its file and its settings. */

import { useState } from "preact/hooks";
import { Clock, Copy, Cog, Pause, Play, Route } from "lucide-preact";
import { get, post, put, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Pill, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { attempt, copied } from "../../components/toasts";
import { Markdown } from "../../markdown";
import type { Model } from "../../diagram/model";
import { JobList } from "../instance/jobs";
import type { Definition } from "./definition";

const PAGE = 50;

interface TabProps {
  definition: Definition;
  model: Model | null;
  element?: string | null;
}

const TYPES: Record<string, string> = {
  "async-continuation": "Continues later",
  "timer-transition": "Boundary timer",
  "timer-intermediate-transition": "Timer",
  "timer-start-event": "Start timer",
  "timer-task-listener": "Timer of a task",
  "message-job": "Message",
};

// ---------------------------------------------------------------- jobs

export function JobsTab({ definition, model, element = null }: TabProps) {
  const definitions = useLoad(
    `${definition.id} ${element}`,
    (signal) => get<Schemas["JobDefinition"][]>("/job-definition", { processDefinitionId: definition.id, activityIdIn: element }, { signal }),
    ["definitions"],
  );
  const [priority, setPriority] = useState<Schemas["JobDefinition"] | null>(null);
  const suspend = async (one: Schemas["JobDefinition"]) => {
    const suspended = !one.suspended;
    const done = await attempt(
      () => put(`/job-definition/${one.id}/suspended`, { suspended, includeJobs: true }),
      suspended ? "Its jobs rest now" : "Its jobs go on",
      { action: { label: "Undo", run: () => void put(`/job-definition/${one.id}/suspended`, { suspended: !suspended, includeJobs: true }).then(definitions.reload) } },
    );
    if (done) definitions.reload();
  };
  const retry = async (one: Schemas["JobDefinition"]) => {
    const name = model?.elements.get(one.activityId ?? "")?.name ?? one.activityId;
    const reason = await confirm({ title: `Retry all failed jobs at ${name}?`, text: "Each of them is tried once more.", confirm: "Retry", reason: true });
    if (reason !== null) await attempt(() => put(`/job-definition/${one.id}/retries`, { retries: 1 }, { reason }), "They are tried again");
  };
  return (
    <div class="stack">
      <section class="card" aria-label="What makes jobs">
        <Shown of={definitions}>
          {(found) =>
            found.length === 0 ? (
              <Empty icon={Cog} title="Nothing here makes jobs">
                Timers and elements that continue later (asyncBefore, asyncAfter) do.
              </Empty>
            ) : (
              <div class="scroll-x">
                <table class="table">
                  <thead>
                    <tr>
                      <th>Element</th>
                      <th>Kind</th>
                      <th>State</th>
                      <th>Priority</th>
                      <th>
                        <span class="hidden">Actions</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {found.map((one) => (
                      <tr key={one.id}>
                        <td>{model?.elements.get(one.activityId ?? "")?.name ?? one.activityId}</td>
                        <td class="muted">
                          {TYPES[one.jobType] ?? one.jobType} {one.jobType.startsWith("timer") && one.jobConfiguration}
                        </td>
                        <td>{one.suspended ? <Pill tone="grey">Suspended</Pill> : <Pill tone="green">Active</Pill>}</td>
                        <td>{one.overridingJobPriority ?? <span class="muted">As modelled</span>}</td>
                        <td>
                          <div class="row end nowrap">
                            <Button look="quiet" onClick={() => void retry(one)}>
                              Retry failed
                            </Button>
                            <Button look="quiet" onClick={() => setPriority(one)}>
                              Priority
                            </Button>
                            <Button look="quiet" icon={one.suspended ? Play : Pause} onClick={() => void suspend(one)}>
                              {one.suspended ? "Activate" : "Suspend"}
                            </Button>
                          </div>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )
          }
        </Shown>
      </section>
      <section class="card" aria-label="Failed jobs">
        <h2 class="card-title">Failed jobs</h2>
        <JobList
          query={{ processDefinitionId: definition.id, activityId: element, withException: true, noRetriesLeft: true }}
          topics={[`process:${definition.key}`]}
          model={model}
          instances
          empty="No job has failed for good."
        />
      </section>
      {priority && (
        <Priority
          of={priority}
          close={(changed) => {
            setPriority(null);
            if (changed) definitions.reload();
          }}
        />
      )}
    </div>
  );
}

function Priority({ of, close }: { of: Schemas["JobDefinition"]; close: (changed: boolean) => void }) {
  const [value, setValue] = useState(of.overridingJobPriority === null ? "" : String(of.overridingJobPriority));
  const save = (priority: number | null) =>
    attempt(
      () => put(`/job-definition/${of.id}/jobPriority`, priority === null ? { priority: null } : { priority, includeJobs: true }),
      priority === null ? "New jobs have the priority of the model" : `The jobs have priority ${priority}`,
    ).then((done) => done && close(true));
  return (
    <Dialog title="Priority of the jobs" close={() => close(false)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save(value === "" ? null : Number(value));
        }}
      >
        <Field label="Priority" hint="Jobs with a higher one are done first. Empty: as the model says.">
          <input type="number" step={1} value={value} onInput={(event) => setValue(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={() => close(false)}>Cancel</Button>
          <Button look="primary" type="submit">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

// ---------------------------------------------------------------- what it calls

export function CalledTab({ definition, model, element = null }: TabProps) {
  const found = useLoad(definition.id, (signal) =>
    get<Schemas["CalledDefinition"][]>(`/process-definition/${encodeURIComponent(definition.id)}/static-called-process-definitions`, {}, { signal }),
  );
  const named = (id: string) => model?.elements.get(id)?.name ?? id;
  return (
    <div class="card">
      <Shown of={found}>
        {(all) => {
          const shown = all.filter((one) => element === null || one.calledFromActivityIds.includes(element));
          if (shown.length === 0) {
            return (
              <Empty icon={Route} title="It calls no process that is known now">
                Call activities that name the process by an expression decide only while they run: look at the instance.
              </Empty>
            );
          }
          return (
            <table class="table">
              <thead>
                <tr>
                  <th>Process</th>
                  <th>Version</th>
                  <th>Called from</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <a class="strong" href={`/processes/${encodeURIComponent(one.key)}?version=${one.version}`}>
                        {one.name ?? one.key}
                      </a>
                    </td>
                    <td>{one.version}</td>
                    <td>{one.calledFromActivityIds.map(named).join(", ")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Shown>
    </div>
  );
}

// ---------------------------------------------------------------- what starts it by time

export function TimersTab({ definition, model }: TabProps) {
  const found = useLoad(
    definition.id,
    async (signal) => {
      const makers = await get<Schemas["JobDefinition"][]>("/job-definition", { processDefinitionId: definition.id, jobType: "timer-start-event" }, { signal });
      const jobs = await Promise.all(makers.map((one) => get<Schemas["Job"][]>("/job", { jobDefinitionId: one.id, maxResults: PAGE }, { signal })));
      return makers.flatMap((maker, index) => (jobs[index] ?? []).map((job) => ({ maker, job })));
    },
    [`process:${definition.key}`, "definitions"],
  );
  const trigger = (job: Schemas["Job"]) => attempt(() => post(`/job/${job.id}/execute`), "Started an instance").then(found.reload);
  const pause = (job: Schemas["Job"]) => attempt(() => put(`/job/${job.id}/suspended`, { suspended: !job.suspended }), job.suspended ? "The timer runs" : "The timer rests").then(found.reload);
  return (
    <div class="card">
      <Shown of={found}>
        {(timers) =>
          timers.length === 0 ? (
            <Empty icon={Clock} title="No timer starts this version">
              A timer start event does, in the newest version of a process.
            </Empty>
          ) : (
            <table class="table">
              <thead>
                <tr>
                  <th>Start event</th>
                  <th>When</th>
                  <th>Next</th>
                  <th>
                    <span class="hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {timers.map(({ maker, job }) => (
                  <tr key={job.id}>
                    <td>{model?.elements.get(maker.activityId ?? "")?.name ?? maker.activityId}</td>
                    <td class="muted">{maker.jobConfiguration}</td>
                    <td>{job.suspended ? <Pill tone="grey">Rests</Pill> : <When at={job.dueDate} />}</td>
                    <td>
                      <div class="row end nowrap">
                        <Button look="quiet" onClick={() => void trigger(job)}>
                          Start now
                        </Button>
                        <Button look="quiet" icon={job.suspended ? Play : Pause} onClick={() => void pause(job)}>
                          {job.suspended ? "Go on" : "Pause"}
                        </Button>
                      </div>
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

// ---------------------------------------------------------------- file and settings

export function XmlTab({ xml, name }: { xml: string; name: string }) {
  return (
    <div class="stack">
      <div class="row">
        <Button icon={Copy} onClick={() => void navigator.clipboard.writeText(xml).then(() => copied(`${name}.bpmn`))}>
          Copy
        </Button>
      </div>
      <pre class="code xml" tabIndex={0} aria-label="The file as it was deployed">
        {xml}
      </pre>
    </div>
  );
}

export function SettingsTab({ definition, changed }: { definition: Definition; changed: () => void }) {
  const [days, setDays] = useState(definition.historyTimeToLive === null ? "" : String(definition.historyTimeToLive));
  const save = async () => {
    const historyTimeToLive = days === "" ? null : Number(days);
    const done = await attempt(
      () => put(`/process-definition/${encodeURIComponent(definition.id)}/history-time-to-live`, { historyTimeToLive }),
      historyTimeToLive === null ? "Ended instances are kept for ever" : `Ended instances are kept for ${historyTimeToLive} days`,
    );
    if (done) changed();
  };
  return (
    <div class="card padded stack settings">
      <dl class="facts">
        <dt>Id</dt>
        <dd class="mono">{definition.id}</dd>
        <dt>File</dt>
        <dd>{definition.resource}</dd>
        <dt>Deployment</dt>
        <dd>
          <a href={`/deployments?deployment=${definition.deploymentId}`}>{definition.deploymentId}</a>
        </dd>
        {definition.description && (
          <>
            <dt>Description</dt>
            <dd>
              <Markdown text={definition.description} />
            </dd>
          </>
        )}
        {definition.tenantId && (
          <>
            <dt>Tenant</dt>
            <dd>{definition.tenantId}</dd>
          </>
        )}
      </dl>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Days to keep ended instances" hint="Empty: for ever">
          <input type="number" min={0} step={1} value={days} onInput={(event) => setDays(event.currentTarget.value)} />
        </Field>
        <Button look="primary" type="submit">
          Save
        </Button>
      </form>
    </div>
  );
}
