/** The form of a task: filled in, kept as a draft, handed in; or the variables, where there is no form. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ExternalLink } from "lucide-preact";
import { ApiError, ask, get, post, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { absolute, Button, Field, Shown } from "../../components/basics";
import { tellProblem } from "../../components/toasts";
import { readDraft, useDraft, type Draft, type Saving } from "../../forms/drafts";
import { bodyOf, FormView, type Filled, type FormHandle } from "../../forms/form-view";
import { attention, DraftBar, FormProblems, refusal } from "../../forms/notices";
import { useHere } from "../../here";
import { changedHere } from "./actions";
import { Variables } from "./details";
import { mineToDo, type TaskRow } from "./views";
import { me } from "../../session";

/** What the button in the task's header does. */
export interface Completion {
  run: () => void;
  busy: boolean;
}

type TaskForm = OwnSchemas["Form"];
type Next = OwnSchemas["Completed"]["next"];

interface Given {
  task: TaskRow;
  ready: (handle: FormHandle | null) => void;
  offer: (completion: Completion | null) => void;
  /** `here`: the person still looks at the task. */
  done: (next: Next, here: boolean) => void;
}

export function FormTab(given: Given) {
  const { task } = given;
  const ended = Boolean(task.ended);
  // Whether the task is open is not part of the key: what was filled in stays when somebody else ends it.
  const loaded = useLoad<{ form: TaskForm; draft: Draft | null }>(`form ${task.id}`, async (signal) => {
    const [form, draft] = await Promise.all([
      get<TaskForm>(`/api/v1/task/${task.id}/form`, undefined, { signal }),
      ended ? null : readDraft(`/api/v1/task/${task.id}/draft`, signal),
    ]);
    return { form, draft };
  });
  return <Shown of={loaded}>{({ form, draft }) => <Filling key={task.id} {...given} form={form} draft={draft} />}</Shown>;
}

function Filling({ task, form, draft, ready, offer, done }: Given & { form: TaskForm; draft: Draft | null }) {
  const path = `/api/v1/task/${task.id}/draft`;
  const saving = useDraft(path);
  const [restored, setRestored] = useState(draft);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const sending = useRef(false); // keys can be faster than what is drawn
  const here = useHere();
  const [comment, setComment] = useState("");
  const [shown, setShown] = useState(false);
  const handle = useRef<FormHandle | null>(null);
  const data = useMemo(() => ({ ...form.variables, ...(restored?.data ?? {}) }), [form, restored]);
  const mine = mineToDo(task) && !form.readonly;
  const filled = form.kind === "form-js" || form.kind === "generated";
  const usable = mine && (shown || !filled);

  const send = async (request: () => Promise<OwnSchemas["Completed"]>) => {
    sending.current = true;
    setBusy(true);
    setProblems([]);
    try {
      await saving.stop();
      const { next } = await request();
      done(next, here());
    } catch (problem) {
      const refused = refusal(problem, handle);
      if (refused) setProblems(refused);
      else if (problem instanceof ApiError && problem.conflict) {
        setProblems([problem.message]);
        changedHere();
      } else tellProblem(problem);
    } finally {
      sending.current = false;
      setBusy(false);
    }
  };
  const submit = (given: Filled | null, wrong: number) => {
    if (!given) return setProblems([attention(wrong)]);
    void send(() => ask("POST", `/api/v1/task/${task.id}/submit`, bodyOf(given)));
  };
  const completeWithout = () =>
    void send(async () => {
      if (comment.trim()) await post(`/task/${task.id}/comment/create`, { message: comment.trim() });
      return post<OwnSchemas["Completed"]>(`/api/v1/task/${task.id}/submit`, { data: {} });
    });
  const run = () => !sending.current && (filled ? handle.current?.submit() : completeWithout());

  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    offer(usable ? { run: () => latest.current(), busy } : null);
    return () => offer(null);
  }, [usable, busy]);

  return (
    <div class="stack">
      {!mine && !task.ended && <p class="muted">{task.assignee ? `${task.assignee === me() ? "You have" : `${task.assignee} has`} this task.` : "Claim this task to work on it."}</p>}
      {restored && mine && (
        <DraftBar
          draft={restored}
          discard={() => {
            void saving.forget().catch(tellProblem);
            setRestored(null);
          }}
        />
      )}
      <FormProblems problems={problems} />
      {filled && form.schema && (
        <FormView
          schema={form.schema}
          data={data}
          readonly={!mine || busy}
          changed={mine ? saving.write : undefined}
          submit={submit}
          ready={(made) => {
            handle.current = made;
            setShown(made !== null);
            ready(made);
          }}
        />
      )}
      {form.kind === "external" && <Elsewhere form={form} />}
      {form.kind === "html" && (
        <p class="notice">
          The form of this task is a file of HTML ({form.key}), which this app does not run.{" "}
          {form.url && <a href={form.url}>Look at the file</a>}
        </p>
      )}
      {!filled && !task.ended && <Variables id={task.id} />}
      {!filled && mine && (
        <Field label="Comment" hint="Is kept with the task">
          <textarea rows={2} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        </Field>
      )}
      {mine && (
        <div class="form-end row">
          <Button look="primary" onClick={run} busy={busy} disabled={!usable || task.suspended} keys="Ctrl ⏎">
            {task.delegationState === "PENDING" ? "Hand back" : "Complete"}
          </Button>
          <Kept state={saving.state.value} />
        </div>
      )}
      {task.ended && <p class="muted small">Ended {absolute(task.ended)}. The values are those of then.</p>}
    </div>
  );
}

function Kept({ state }: { state: Saving }) {
  const texts: Record<Saving, string> = { no: "", waiting: "Not saved yet…", saved: "Draft saved", failed: "The draft could not be saved" };
  return (
    <span class="small muted" role="status">
      {texts[state]}
    </span>
  );
}

function Elsewhere({ form }: { form: TaskForm }) {
  if (!form.url) {
    return <p class="notice">The form of this task is elsewhere ({form.key}), at an address that this app does not open.</p>;
  }
  return (
    <div class="stack">
      <p>This task is worked on elsewhere. When you are done there, complete it here.</p>
      <p>
        <a class="button" href={form.url} target="_blank" rel="noopener noreferrer">
          <ExternalLink size={16} aria-hidden="true" /> Open {new URL(form.url, location.href).host}
        </a>
      </p>
    </div>
  );
}
