/** Jobs one by one: what they are for, when they are due, how they failed, and what an operator can do about them. */

import { useState } from "preact/hooks";
import { CalendarClock, Cog, FastForward, Pause, Play, RotateCcw, Trash2 } from "lucide-preact";
import { get, post, put, remove, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Id, moment, Pill, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { stamp } from "../../components/process";
import { attempt } from "../../components/toasts";
import type { Model } from "../../diagram/model";

type Job = Schemas["Job"];

/** `place` gives the element of a job that has not failed, which the job itself does not tell. */
export function JobTable({
  jobs,
  model,
  changed,
  instances,
  empty,
  place,
}: {
  jobs: readonly Job[];
  model: Model | null;
  changed: () => void;
  instances?: boolean;
  empty: string;
  place?: (job: Job) => string | undefined;
}) {
  const [trace, setTrace] = useState<Job | null>(null);
  const [due, setDue] = useState<Job | null>(null);
  if (jobs.length === 0) return <Empty icon={Cog} title={empty} />;
  const at = (job: Job) => {
    const id = place?.(job) ?? job.failedActivityId ?? "";
    return model?.elements.get(id)?.name ?? id;
  };
  const act = (run: () => Promise<unknown>, told: string) => attempt(run, told).then((done) => done && changed());
  const drop = async (job: Job) => {
    const reason = await confirm({
      title: "Delete this job?",
      text: "What it was to do is never done: the instance waits here for ever, unless you move its token.",
      confirm: "Delete",
      danger: true,
      reason: true,
    });
    if (reason !== null) await act(() => remove(`/job/${job.id}`, { reason }), "Deleted");
  };
  return (
    <div class="scroll-x">
      <table class="table">
        <thead>
          <tr>
            <th>Job</th>
            <th>State</th>
            <th>Due</th>
            <th class="number">Attempts left</th>
            {instances && <th>Instance</th>}
            <th>
              <span class="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id}>
              <td>
                {at(job)} <Id value={job.id} />
                {job.exceptionMessage && (
                  <div class="small">
                    <button type="button" class="link" onClick={() => setTrace(job)}>
                      {job.exceptionMessage}
                    </button>
                  </div>
                )}
              </td>
              <td>{job.suspended ? <Pill tone="grey">Suspended</Pill> : job.retries === 0 ? <Pill tone="red">Failed</Pill> : job.exceptionMessage ? <Pill tone="amber">Retrying</Pill> : <Pill tone="blue">Waiting</Pill>}</td>
              <td>{job.dueDate ? <When at={job.dueDate} /> : <span class="muted">At once</span>}</td>
              <td class="number">{job.retries}</td>
              {instances && (
                <td>
                  <a href={`/instances/${job.processInstanceId}`}>Instance</a>
                </td>
              )}
              <td>
                <div class="row end nowrap">
                  <Button look="quiet" icon={RotateCcw} onClick={() => void act(() => put(`/job/${job.id}/retries`, { retries: 1 }), "It is tried again")}>
                    Retry
                  </Button>
                  <Menu
                    label="More for this job"
                    actions={[
                      { label: "Do it now", icon: FastForward, run: () => void act(() => post(`/job/${job.id}/execute`), "Done") },
                      { label: "Set when it is due", icon: CalendarClock, run: () => setDue(job) },
                      {
                        label: job.suspended ? "Activate" : "Suspend",
                        icon: job.suspended ? Play : Pause,
                        run: () => void act(() => put(`/job/${job.id}/suspended`, { suspended: !job.suspended }), job.suspended ? "Activated" : "Suspended"),
                      },
                      { label: "Delete", icon: Trash2, danger: true, apart: true, run: () => void drop(job) },
                    ]}
                  />
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {trace && <Trace job={trace} close={() => setTrace(null)} />}
      {due && (
        <Due
          job={due}
          close={(done) => {
            setDue(null);
            if (done) changed();
          }}
        />
      )}
    </div>
  );
}

function Trace({ job, close }: { job: Job; close: () => void }) {
  const found = useLoad(job.id, (signal) => get<string>(`/job/${job.id}/stacktrace`, {}, { as: "text", signal }));
  return (
    <Dialog title="How it failed" wide close={close}>
      <p>{job.exceptionMessage}</p>
      <Shown of={found}>{(text) => (text ? <pre class="code">{text}</pre> : <p class="muted">Nothing more was said.</p>)}</Shown>
    </Dialog>
  );
}

function Due({ job, close }: { job: Job; close: (done: boolean) => void }) {
  const [at, setAt] = useState(local(job.dueDate ? moment(job.dueDate) : new Date()));
  return (
    <Dialog title="When is it due?" close={() => close(false)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(() => put(`/job/${job.id}/duedate`, { duedate: stamp(new Date(at)), cascade: false }), "Set").then((done) => done && close(true));
        }}
      >
        <Field label="Due" hint="In your time zone">
          <input type="datetime-local" step={1} required value={at} onInput={(event) => setAt(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={() => close(false)}>Cancel</Button>
          <Button look="primary" type="submit">
            Set
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** A moment as fields for dates have it: in the person's zone, without one. */
function local(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
