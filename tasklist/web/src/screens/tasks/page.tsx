/** One task: what it is, what can be done with it, and its tabs. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { AlarmClock, ArrowLeft, CalendarClock, Clock, Flag, Link2, UserMinus, UserPlus, UserRound, UsersRound } from "lucide-preact";
import { get, type ApiError, type OwnSchemas } from "../../api/client";
import { useAddress } from "../../address";
import { useLoad } from "../../api/load";
import { Button, Empty, Failure, moment, Pill, Skeleton, TabPanel, Tabs, When } from "../../components/basics";
import { Menu } from "../../components/menu";
import { forgetUndo, tell } from "../../components/toasts";
import type { FormHandle } from "../../forms/form-view";
import { useKeys } from "../../keys";
import { preferences } from "../../preferences";
import { may, me } from "../../session";
import { assign, changedHere, claim, copyLink, delegate, link, resolve, set, unclaim, useChangedHere } from "./actions";
import { Attachments } from "./attachments";
import { Comments } from "./comments";
import { Details } from "./details";
import { MomentDialog, PriorityDialog, WhoDialog } from "./dialogs";
import { FormTab, type Completion } from "./form-tab";
import { History } from "./history";
import { Related } from "./related";
import { mineToDo, nameOf, processOf, type TaskRow } from "./views";
import { Where } from "./where";

type Asking = "assign" | "delegate" | "due" | "snooze" | "priority" | "group" | "user" | null;

const TABS = [
  { id: "form", label: "Form" },
  { id: "details", label: "Details" },
  { id: "comments", label: "Comments" },
  { id: "attachments", label: "Attachments" },
  { id: "diagram", label: "Diagram" },
  { id: "history", label: "History" },
  { id: "related", label: "Related" },
] as const;

export function TaskPage({ id, back, done }: { id: string; back: string; done: (next: OwnSchemas["Completed"]["next"]) => void }) {
  const loaded = useLoad<TaskRow>(`task ${id}`, (signal) => get(`/api/v1/task/${id}`, undefined, { signal }), ["tasks"]);
  useChangedHere(loaded.reload);
  const task = loaded.data;
  if (!task) {
    return (
      <section class="task-page" aria-label="Task">
        <Back href={back} />
        {loaded.error ? <Absent error={loaded.error} retry={loaded.reload} /> : <Skeleton lines={6} />}
      </section>
    );
  }
  return <Opened key={id} task={task} back={back} done={done} />;
}

function Back({ href }: { href: string }) {
  return (
    <a class="button quiet back" href={href}>
      <ArrowLeft size={16} aria-hidden="true" /> Tasks
    </a>
  );
}

function Absent({ error, retry }: { error: ApiError; retry: () => void }) {
  if (error.status === 404) return <Empty title="There is no such task">It may have been deleted, or it belongs to others.</Empty>;
  if (error.status === 403) return <Empty title="You may not see this task">Ask an administrator for permission.</Empty>;
  return <Failure error={error} retry={retry} />;
}

function Opened({ task, back, done }: { task: TaskRow; back: string; done: (next: OwnSchemas["Completed"]["next"]) => void }) {
  const { route } = useLocation();
  const { query, set: goTo } = useAddress();
  const tab = TABS.find((one) => one.id === query.tab)?.id ?? "form";
  const setTab = (id: string) => goTo({ tab: id === "form" ? null : id });
  const [asking, ask] = useState<Asking>(null);
  const [completion, setCompletion] = useState<Completion | null>(null);
  const form = useRef<FormHandle | null>(null);
  const comment = useRef<HTMLTextAreaElement>(null);
  const close = () => ask(null);

  const open = !task.ended;
  const mine = mineToDo(task);
  const claimable = open && me() !== "" && task.assignee !== me() && (!task.assignee || may("admin"));
  const delegated = task.delegationState === "PENDING";

  const complete = () => {
    setTab("form");
    completion?.run();
  };
  const write = () => {
    setTab("comments");
    window.setTimeout(() => comment.current?.focus());
  };
  const choose = (number: number) => setTab(TABS[number]?.id ?? tab);
  useKeys("Task", [
    { keys: "c", does: "Claim", run: () => open && me() && !task.assignee && void claim(task) },
    { keys: "u", does: "Unclaim", run: () => open && task.assignee && void unclaim(task) },
    { keys: "a", does: "Assign", run: () => open && ask("assign") },
    { keys: "d", does: "Set the due date", run: () => open && ask("due") },
    { keys: "s", does: "Snooze", run: () => open && ask("snooze") },
    { keys: "m", does: "Comment", run: write },
    { keys: "v", does: "Show the variables", run: () => setTab("details") },
    { keys: "f", does: "To the form", run: () => (setTab("form"), form.current?.focus()) },
    { keys: "$mod+Enter", does: "Complete", everywhere: true, run: () => mine && complete() },
    ...TABS.map((one, index) => ({ keys: String(index + 1), does: one.label, run: () => choose(index) })),
    { keys: "Escape", does: "Close the task", run: () => route(back) },
    { keys: "Control+Alt+C", does: "Claim", everywhere: true, run: () => open && me() && !task.assignee && void claim(task) },
    { keys: "Control+Alt+P", does: "Complete", everywhere: true, run: () => mine && complete() },
  ]);

  const name = nameOf(task);
  return (
    <section class="task-page" aria-label={`Task ${name}`}>
      <Back href={back} />
      <header class="task-head">
        <div class="grow">
          <h1 class="task-title" dir="auto">
            {name}
          </h1>
          <p class="muted" dir="auto">
            {task.processInstanceId && may("processes") ? <a href={`/instances/${task.processInstanceId}`}>{processOf(task)}</a> : processOf(task) || "Task without a process"}
            {task.businessKey && ` · ${task.businessKey}`}
          </p>
        </div>
        <div class="row task-actions">
          {claimable && !task.assignee && (
            <Button look="primary" icon={UserPlus} keys="c" onClick={() => void claim(task)}>
              Claim
            </Button>
          )}
          {mine && (
            <Button look="primary" onClick={complete} busy={completion?.busy} disabled={!completion || task.suspended}>
              {delegated ? "Hand back" : "Complete"}
            </Button>
          )}
          {open && (
            <Menu
              label="More"
              actions={[
                task.assignee ? { label: "Unclaim", icon: UserMinus, run: () => void unclaim(task) } : null,
                { label: "Assign…", icon: UserRound, run: () => ask("assign") },
                !delegated && task.assignee === me() && me() ? { label: "Delegate…", icon: UserPlus, run: () => ask("delegate") } : null,
                delegated ? { label: "Resolve", icon: UserPlus, run: () => void resolve(task) } : null,
                { label: "Due…", icon: AlarmClock, apart: true, run: () => ask("due") },
                { label: "Snooze…", icon: Clock, run: () => ask("snooze") },
                { label: "Priority…", icon: Flag, run: () => ask("priority") },
                { label: "Add a candidate group…", icon: UsersRound, apart: true, run: () => ask("group") },
                { label: "Add a candidate…", icon: UserRound, run: () => ask("user") },
                { label: "Copy link", icon: Link2, apart: true, run: () => void copyLink(task) },
              ]}
            />
          )}
        </div>
      </header>
      <Chips task={task} ask={ask} />
      <Interference task={task} />
      <Tabs label="Parts of the task" tabs={TABS.map((one) => (one.id === "comments" ? { ...one, count: task.comments } : one))} chosen={tab} choose={setTab} />
      <TabPanel id={tab}>
        <div hidden={tab !== "form"}>
          <FormTab
            task={task}
            ready={(handle) => (form.current = handle)}
            offer={setCompletion}
            done={(next, here) => {
              finished(task, next, here);
              changedHere();
              if (here) done(next);
            }}
          />
        </div>
        {tab === "details" && <Details task={task} />}
        {tab === "comments" && <Comments task={task} field={comment} />}
        {tab === "attachments" && <Attachments task={task} />}
        {tab === "diagram" && <Where task={task} />}
        {tab === "history" && <History task={task} />}
        {tab === "related" && <Related task={task} />}
      </TabPanel>
      {asking === "assign" && <WhoDialog title={`Assign “${name}”`} label="To" confirm="Assign" close={close} chosen={(user) => void assign(task, user)} nobody={task.assignee ? () => void assign(task, null) : undefined} />}
      {asking === "delegate" && <WhoDialog title={`Delegate “${name}”`} label="To" confirm="Delegate" close={close} chosen={(user) => void delegate(task, user)} />}
      {asking === "due" && <MomentDialog title={`When is “${name}” due?`} value={task.due} none="Never" close={close} chosen={(at) => void set(task, { due: at }, at ? "Due date set" : "It is never due now")} />}
      {asking === "snooze" && <MomentDialog title={`Snooze “${name}” until`} value={task.followUp} none="Not any more" close={close} chosen={(at) => void set(task, { followUp: at }, at ? `“${name}” is snoozed` : `“${name}” is back`)} />}
      {asking === "priority" && <PriorityDialog title={`How important is “${name}”?`} value={task.priority} close={close} chosen={(priority) => void set(task, { priority }, "Priority set")} />}
      {asking === "group" && <WhoDialog title="Add a candidate group" label="Group" confirm="Add" kind="group" close={close} chosen={(groupId) => void link(task, "candidate", { groupId })} />}
      {asking === "user" && <WhoDialog title="Add a candidate" label="Person" confirm="Add" close={close} chosen={(userId) => void link(task, "candidate", { userId })} />}
    </section>
  );
}

function finished(task: TaskRow, next: OwnSchemas["Completed"]["next"], here: boolean): void {
  const name = nameOf(task);
  forgetUndo(task.id);
  if (!next) return tell(`Done: “${name}”`, { tone: "good" });
  const link = { label: nameOf(next), href: `/tasks?task=${next.id}` };
  tell(preferences.value.advance && here ? `Done: “${name}”. Now:` : `Done: “${name}”. Next:`, { tone: "good", link });
}

function Chips({ task, ask }: { task: TaskRow; ask: (what: Asking) => void }) {
  const late = task.due !== null && !task.ended && moment(task.due) < new Date();
  return (
    <div class="row chips">
      {task.ended ? (
        <Pill tone={task.taskState === "Completed" ? "green" : "grey"}>
          {task.taskState} <When at={task.ended} />
        </Pill>
      ) : (
        <button type="button" class="chip" onClick={() => ask("assign")}>
          <UserRound size={13} aria-hidden="true" />
          {task.assignee ? (task.assignee === me() ? "You" : task.assignee) : "Nobody yet"}
        </button>
      )}
      {task.delegationState && <Pill tone={task.delegationState === "PENDING" ? "amber" : "green"}>{task.delegationState === "PENDING" ? `Delegated by ${task.owner ?? "?"}` : "Handed back"}</Pill>}
      {[...task.candidateGroups, ...task.candidateUsers].map((who) => (
        <Pill key={who} tone="grey" icon={UsersRound}>
          {who}
        </Pill>
      ))}
      {task.suspended && <Pill tone="grey">Suspended</Pill>}
      {task.due && (
        <button type="button" class={late ? "chip late" : "chip"} onClick={() => ask("due")} disabled={Boolean(task.ended)}>
          <CalendarClock size={13} aria-hidden="true" />
          {late ? "Overdue, " : "Due "}
          <When at={task.due} />
        </button>
      )}
      {task.followUp && !task.ended && moment(task.followUp) > new Date() && (
        <button type="button" class="chip" onClick={() => ask("snooze")}>
          <Clock size={13} aria-hidden="true" />
          Snoozed, back <When at={task.followUp} />
        </button>
      )}
      {task.priority !== 50 && task.priority !== 0 && (
        <button type="button" class="chip" onClick={() => ask("priority")} disabled={Boolean(task.ended)}>
          <Flag size={13} aria-hidden="true" />
          Priority {task.priority}
        </button>
      )}
    </div>
  );
}

/** Says so when somebody else claims or ends the task that the person has before them. */
function Interference({ task }: { task: TaskRow }) {
  const [told, tellAbout] = useState<string | null>(null);
  const before = useRef(task);
  useEffect(() => {
    const was = before.current;
    before.current = task;
    const at = new Date().toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
    if (task.ended && !was.ended) {
      const by = task.assignee && task.assignee !== me() ? ` by ${task.assignee}` : "";
      tellAbout(`This task was ${task.taskState === "Completed" ? "completed" : "ended"}${by} at ${at}. What you wrote is still here, but cannot be handed in.`);
    } else if (task.assignee !== was.assignee) {
      if (task.assignee === me() || !me()) tellAbout(null);
      else if (task.assignee) tellAbout(`${task.assignee} has this task since ${at}. What you wrote is kept as your draft.`);
      else tellAbout(was.assignee === me() ? null : `${was.assignee} gave this task back at ${at}.`);
    }
  }, [task]);
  if (!told) return null;
  return (
    <p class="notice" role="alert">
      {told}
    </p>
  );
}
