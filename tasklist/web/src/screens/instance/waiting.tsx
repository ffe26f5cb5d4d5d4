/** What an instance waits for, in words, with what an operator can do about it. */

import { useEffect, useState } from "preact/hooks";
import { Clock, Cog, GitMerge, Mail, Radio, Split, TriangleAlert, User, Workflow, type LucideIcon } from "lucide-preact";
import { post, put, type OwnSchemas } from "../../api/client";
import { Button, Empty, moment, Pill, span, When } from "../../components/basics";
import { attempt } from "../../components/toasts";
import type { Model } from "../../diagram/model";
import { Correlation } from "./correlation";

type Wait = OwnSchemas["Wait"];

/** How many the server tells at most. */
const MOST = 200;

const JOBS: Record<string, string> = {
  "async-before": "its turn to begin, in the background",
  "async-after": "its turn to go on, in the background",
  event: "its turn to take up what has come, in the background",
};

const ICONS: Record<Wait["kind"], LucideIcon> = {
  task: User,
  message: Mail,
  signal: Radio,
  conditional: Split,
  timer: Clock,
  job: Cog,
  work: Cog,
  call: Workflow,
  token: GitMerge,
};

export function Waiting({ waits, model, instance, element, choose, changed }: { waits: readonly Wait[]; model: Model | null; instance: string; element: string | null; choose: (id: string | null) => void; changed: () => void }) {
  const [correlating, setCorrelating] = useState<Wait | null>(null);
  const here = element ? waits.filter((one) => one.activityId === element) : waits;
  const shown = [...here.filter(isFailed), ...here.filter((one) => !isFailed(one))];
  const act = (run: () => Promise<unknown>, told: string) => attempt(run, told).then((done) => done && changed());
  return (
    <section class="card waiting" aria-label="What it waits for">
      <h2 class="card-title">Waiting for</h2>
      {shown.length === 0 ? (
        <Empty title={element ? "Nothing waits at this element" : "It waits for nothing"} />
      ) : (
        <ul role="list" class="waits">
          {shown.map((wait) => {
            const Icon = isFailed(wait) ? TriangleAlert : ICONS[wait.kind];
            return (
              <li key={`${wait.kind} ${wait.id} ${wait.activityInstanceId} ${wait.activityId}`} class={isFailed(wait) ? "failed" : undefined}>
                <Icon size={16} aria-hidden="true" />
                <div class="grow stack-small">
                  <button type="button" class="link wait-place" onClick={() => choose(wait.activityId)}>
                    {model?.elements.get(wait.activityId)?.name ?? wait.activityId}
                  </button>
                  <div>
                    {wait.activityType === "eventBasedGateway" && "whichever comes first: "}
                    <Words wait={wait} model={model} />
                    {wait.suspended && (
                      <>
                        {" "}
                        <Pill tone="grey">Suspended</Pill>
                      </>
                    )}
                  </div>
                  {wait.error && <div class="small wait-error">{wait.error}</div>}
                  <div class="row">
                    {wait.kind === "task" && <a href={`/tasks?task=${wait.id}`}>Open the task</a>}
                    {wait.kind === "call" && <a href={`/instances/${wait.calledInstanceId}`}>Open what it called</a>}
                    {wait.kind === "token" && wait.activityType === "receiveTask" && (
                      <Button look="quiet" onClick={() => void act(() => post(`/execution/${wait.executionId}/signal`), "It goes on")}>
                        Go on
                      </Button>
                    )}
                    {wait.kind === "message" && (
                      <Button look="quiet" onClick={() => setCorrelating(wait)}>
                        Send it
                      </Button>
                    )}
                    {(wait.kind === "timer" || wait.kind === "job") && (
                      <Button look="quiet" onClick={() => void act(() => post(`/job/${wait.id}/execute`), wait.kind === "timer" ? "The time has come" : "Done")}>
                        Do it now
                      </Button>
                    )}
                    {isFailed(wait) && (
                      <Button
                        look="quiet"
                        onClick={() => void act(() => put(`/${wait.kind === "work" ? "external-task" : "job"}/${wait.id}/retries`, { retries: 1 }), "It is tried again")}
                      >
                        Retry
                      </Button>
                    )}
                  </div>
                </div>
              </li>
            );
          })}
        </ul>
      )}
      {waits.length >= MOST && <p class="notice">These are the oldest {MOST} things that it waits for.</p>}
      {correlating && (
        <Correlation
          instance={instance}
          name={correlating.name ?? ""}
          execution={correlating.executionId}
          close={(done) => {
            setCorrelating(null);
            if (done) changed();
          }}
        />
      )}
    </section>
  );
}

function isFailed(wait: Wait): boolean {
  return (wait.kind === "job" || wait.kind === "work" || wait.kind === "timer") && wait.retries === 0;
}

/** What one token waits for, as a sentence's end: "Waiting for …". */
export function Words({ wait, model }: { wait: Wait; model: Model | null }) {
  switch (wait.kind) {
    case "task":
      return (
        <>
          {wait.assignee ? (
            <>
              <strong>{wait.assignee}</strong> to complete “{wait.name ?? wait.activityId}”
            </>
          ) : isOffered(wait) ? (
            <>
              somebody of {[...wait.candidateGroups, ...wait.candidateUsers].join(", ")} to complete “{wait.name ?? wait.activityId}”
            </>
          ) : (
            <>somebody to take “{wait.name ?? wait.activityId}”: it is offered to nobody</>
          )}
          {wait.due && (
            <>
              , due <When at={wait.due} late />
            </>
          )}
        </>
      );
    case "message":
      return (
        <>
          the message <strong>{wait.name}</strong>
          {wait.correlationKey !== null && (
            <>
              {" "}
              with the key <code>{wait.correlationKey}</code>
            </>
          )}
        </>
      );
    case "signal":
      return (
        <>
          the signal <strong>{wait.name}</strong>
        </>
      );
    case "conditional":
      return (
        <>
          <code>{model?.elements.get(wait.activityId)?.condition ?? "a condition"}</code> to become true
        </>
      );
    case "timer":
      return wait.due ? (
        <>
          the time: <Countdown to={wait.due} />
        </>
      ) : (
        <>a time</>
      );
    case "job":
      return (
        <>
          {wait.retries === 0 ? (
            "an operator: the job has failed"
          ) : wait.due && wait.error ? (
            <>
              the next attempt: <Countdown to={wait.due} />
            </>
          ) : (
            (JOBS[wait.name ?? ""] ?? "its job to be done")
          )}{" "}
          {wait.retries ? <Attempts left={wait.retries} /> : null}
        </>
      );
    case "work":
      return (
        <>
          {wait.retries === 0 ? "an operator: the work on " : wait.worker && wait.lockedUntil && isAhead(wait.lockedUntil) ? <>{<strong>{wait.worker}</strong>} to do </> : "a worker for "}
          <code>{wait.name}</code>
          {wait.retries === 0 && " has failed"}
          {wait.due && wait.error && wait.retries !== 0 && (
            <>
              , again <Countdown to={wait.due} />
            </>
          )}{" "}
          {wait.retries ? <Attempts left={wait.retries} /> : null}
          {wait.worker && wait.lockedUntil && isAhead(wait.lockedUntil) && wait.retries !== 0 && (
            <span class="muted">
              {" "}
              (locked until <When at={wait.lockedUntil} />)
            </span>
          )}
        </>
      );
    case "call":
      return <>what it called to end</>;
    default:
      return <>{tokenWords(wait, model)}</>;
  }
}

function Attempts({ left }: { left: number }) {
  return <span class="muted">({left === 1 ? "1 attempt left" : `${left} attempts left`})</span>;
}

function isAhead(at: string): boolean {
  return moment(at).getTime() > Date.now();
}

function isOffered(wait: Wait): boolean {
  return wait.candidateGroups.length + wait.candidateUsers.length > 0;
}

/** What a token waits for that waits for no task, job or event. */
function tokenWords(wait: Wait, model: Model | null): string {
  if (/Gateway$/.test(wait.activityType ?? "")) return "the other branches";
  if (/^compensation/.test(wait.activityType ?? "") || model?.elements.get(wait.activityId)?.event === "compensate") return "what is undone to be done";
  if (wait.activityType === "adHocSubProcess") return "somebody to begin one of its activities";
  return "somebody to go on with it";
}

/** How long until then, counted down every second. */
function Countdown({ to }: { to: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, []);
  const left = moment(to).getTime() - now;
  return <time dateTime={moment(to).toISOString()} title={moment(to).toLocaleString()}>{left > 0 ? `in ${span(Math.max(1000, left))}` : "due now"}</time>;
}
