/** Jobs one by one: what they are for, when they are due, how they failed, and what an operator can do about them. */

import { useState } from "preact/hooks";
import { CalendarClock, Cog, FastForward, Pause, Play, RotateCcw, Trash2 } from "lucide-preact";
import { get, post, put, remove, type Query, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Id, moment, Pill, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { stamp } from "../../components/process";
import { Listed, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import type { Model } from "../../diagram/model";
import { usePage } from "../../paging";

type Job = Schemas["Job"];

/** `query` narrows the jobs down; `place` gives the element of a job that has not failed, which the job itself does not tell. */
export function JobList({
  query,
  topics,
  model,
  instances,
  empty,
  place,
}: {
  query: Query;
  topics: readonly string[];
  model: Model | null;
  instances?: boolean;
  empty: string;
  place?: (job: Job) => string | undefined;
}) {
  const [trace, setTrace] = useState<Job | null>(null);
  const [due, setDue] = useState<Job | null>(null);
  const at = (job: Job) => {
    const id = place?.(job) ?? job.failedActivityId ?? "";
    return model?.elements.get(id)?.name ?? id;
  };
  const act = (run: () => Promise<unknown>, told: string) => attempt(run, told).then((done) => done && list.changed());
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
  const columns: readonly Column<Job>[] = [
    {
      id: "job",
      label: "Job",
      sortBy: "jobId",
      show: (job) => (
        <>
          {at(job)} <Id value={job.id} />
          {job.exceptionMessage && (
            <div class="small">
              <button type="button" class="link" onClick={() => setTrace(job)}>
                {job.exceptionMessage}
              </button>
            </div>
          )}
        </>
      ),
      inFile: [
        { label: "Job", path: ["id"] },
        { label: "Failed at", path: ["failedActivityId"] },
        { label: "Message", path: ["exceptionMessage"] },
      ],
    },
    {
      id: "state",
      label: "State",
      show: (job) =>
        job.suspended ? <Pill tone="grey">Suspended</Pill> : job.retries === 0 ? <Pill tone="red">Failed</Pill> : job.exceptionMessage ? <Pill tone="amber">Retrying</Pill> : <Pill tone="blue">Waiting</Pill>,
      inFile: [{ label: "Suspended", path: ["suspended"] }],
    },
    { id: "dueDate", label: "Due", sortBy: "jobDueDate", show: (job) => (job.dueDate ? <When at={job.dueDate} /> : <span class="muted">At once</span>) },
    { id: "retries", label: "Attempts left", sortBy: "jobRetries", number: true, show: (job) => job.retries },
    {
      id: "processInstanceId",
      label: "Instance",
      sortBy: "processInstanceId",
      extra: !instances,
      show: (job) => <a href={`/instances/${job.processInstanceId}`}>Instance</a>,
    },
    { id: "priority", label: "Priority", sortBy: "jobPriority", number: true, extra: true, show: (job) => job.priority },
    { id: "createTime", label: "Made", extra: true, show: (job) => <When at={job.createTime} /> },
  ];
  const list = usePage<Job>("/job", query, { columns, by: "jobId", keyOf: (job) => job.id, topics, name: "jobs" });
  return (
    <>
      <Listed
        plain
        name="jobs"
        label="Jobs"
        of={list}
        columns={columns}
        empty={<Empty icon={Cog} title={empty} />}
        actions={(job) => (
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
        )}
      />
      {trace && <Trace job={trace} close={() => setTrace(null)} />}
      {due && (
        <Due
          job={due}
          close={(done) => {
            setDue(null);
            if (done) list.changed();
          }}
        />
      )}
    </>
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
