/** The list in the middle: rows, search, order, pages, and what can be done to several tasks at once. */

import { Fragment, type RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { AlarmClock, ChevronLeft, ChevronRight, CircleAlert, Clock, Flag, MessageSquare, Pencil, RefreshCw } from "lucide-preact";
import { Avatar, Button, Empty, Failure, moment, Skeleton, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Fresh, type Order } from "../../components/list";
import { Menu } from "../../components/menu";
import { GroupName, inGroups, SaveList, Table, useColumns } from "../../components/table";
import { attempt, tell } from "../../components/toasts";
import { useKeys } from "../../keys";
import { rowClass } from "../../steady";
import { me } from "../../session";
import { useTyped } from "../../typed";
import { changedHere, changeMany, type ManyChange } from "./actions";
import { MomentDialog, PriorityDialog, WhoDialog } from "./dialogs";
import { countText, type Counts } from "./rail";
import { PAGE, type Row, type Rows } from "./rows";
import { IN_ROW, valueText, type By, type Mode, type ShownVariable } from "./shown";
import { columnsOf } from "./table";
import { ViewMenu } from "./viewing";
import { hrefOf, nameOf, ORDERS, processOf, type Place, type View } from "./views";

export function List({
  place,
  view,
  known,
  rows,
  counts,
  mode,
  group,
  variables,
}: {
  place: Place;
  view: View;
  known: readonly View[];
  rows: Rows;
  counts: Counts | null;
  mode: Mode;
  group: By | "";
  variables: readonly ShownVariable[];
}) {
  const { route } = useLocation();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<string | null>(place.task);
  const anchor = useRef<string | null>(null);
  const element = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const go = (change: Partial<Place>, replace = false) => route(hrefOf({ ...place, ...change }), replace);

  useEffect(() => setChosen(new Set()), [place.filter, place.search, place.page, place.sort]);
  useEffect(() => setCursor(place.task), [place.task]);

  const ids = rows.rows.map((row) => row.id);
  const move = (step: number) => {
    const at = cursor === null ? -1 : ids.indexOf(cursor);
    const next = ids[Math.max(0, Math.min(ids.length - 1, at + step))];
    if (next === undefined) return;
    setCursor(next);
    element.current?.querySelector<HTMLElement>(`[data-task="${next}"] a`)?.focus();
  };
  const choose = (id: string, range: boolean) => {
    const from = range && anchor.current !== null ? ids.indexOf(anchor.current) : -1;
    const at = ids.indexOf(id);
    const wanted = new Set(chosen);
    if (from >= 0) for (const one of ids.slice(Math.min(from, at), Math.max(from, at) + 1)) wanted.add(one);
    else if (!wanted.delete(id)) wanted.add(id);
    anchor.current = id;
    setChosen(wanted);
  };
  useKeys("List of tasks", [
    { keys: "j", does: "Next task", run: () => move(1) },
    { keys: "k", does: "Previous task", run: () => move(-1) },
    { keys: "x", does: "Select", run: () => cursor && choose(cursor, false) },
    { keys: "Shift+X", does: "Select up to here", run: () => cursor && choose(cursor, true) },
    { keys: "/", does: "Search in the list", run: () => search.current?.focus() },
    { keys: "r", does: "Show what there is now", run: () => (rows.apply(), rows.loaded.reload()) },
    { keys: "Control+Alt+L", does: "To the list", everywhere: true, run: () => move(0) },
    { keys: "Control+Alt+F", does: "To the lists on the left", everywhere: true, run: () => document.querySelector<HTMLElement>(".task-rail a")?.focus() },
  ]);

  const offered = place.filter === "mine" ? countText(counts, "group") : "";
  const many = rows.rows.filter((row) => chosen.has(row.id));
  const href = (row: Row) => hrefOf({ ...place, task: row.id, tab: null });
  const { shown, menu } = useColumns("tasks", columnsOf(variables, href, (row) => setCursor(row.id)));
  const { query, ...more } = rows.asked();
  const isOpen = (row: Row) => place.task === row.id;
  return (
    <section class="task-list" aria-label={view.label} ref={element}>
      <header class="task-list-head">
        <h1 class="list-title">
          <span class="cut" title={view.label}>
            {view.label}
          </span>
          {view.saved && view.id && (
            <a class="edit-filter" href={`/tasks/filter?id=${view.id}`} aria-label={`Change the filter ${view.label}`}>
              <Pencil size={14} aria-hidden="true" />
            </a>
          )}
        </h1>
        <select class="list-picker filter-input" aria-label="List" value={place.filter} onChange={(event) => go({ filter: event.currentTarget.value, page: 1, task: null })}>
          {known.map((one) => (
            <option key={one.id} value={one.id}>
              {`${one.label} ${countText(counts, one.id)}`}
            </option>
          ))}
        </select>
        <select class="filter-input sorting" aria-label="Order" value={place.sort} onChange={(event) => go({ sort: event.currentTarget.value, page: 1 }, true)}>
          {ORDERS.map((order) => (
            <option key={order.id} value={order.id}>
              {order.label}
            </option>
          ))}
        </select>
        <div class="row task-tools">
          {mode === "table" && menu}
          <SaveList name="tasks" columns={shown} of="/task/page" query={query} more={more} />
          <ViewMenu view={view} mode={mode} group={group} sample={ids[0]} go={(change) => go(change, true)} />
        </div>
        <Search key={place.filter} field={search} value={place.search} apply={(text) => go({ search: text, page: 1 }, true)} />
      </header>
      {many.length > 0 && <Bulk rows={many} all={rows.rows} choose={(wanted) => setChosen(new Set(wanted.map((row) => row.id)))} />}
      <Fresh of={rows} />
      <div class="task-rows">
        {rows.loaded.error && <Failure error={rows.loaded.error} retry={rows.loaded.reload} />}
        {!rows.loaded.data && !rows.loaded.error && <Skeleton lines={8} />}
        {rows.loaded.data && rows.rows.length === 0 && <Nothing place={place} view={view} offered={offered} />}
        {mode === "table" && rows.rows.length > 0 && (
          <Table
            label={view.label}
            columns={shown}
            rows={rows.rows}
            keyOf={(row) => row.id}
            order={orderOf(place.sort)}
            sort={({ by }) => go({ sort: by === "created" ? (place.sort === "newest" ? "oldest" : "newest") : by, page: 1 }, true)}
            groupOf={rows.groupOf}
            rowProps={(row) => ({ "data-task": row.id, class: [isOpen(row) && "open", chosen.has(row.id) && "chosen"].filter(Boolean).join(" ") })}
            chosen={{
              has: (row) => chosen.has(row.id),
              toggle: (row, range) => choose(row.id, range),
              label: (row) => `Select ${nameOf(row)}`,
              head: <span class="hidden">Selected</span>,
            }}
          />
        )}
        {mode === "rows" &&
          inGroups(rows.rows, rows.groupOf).map((part) => (
            <Fragment key={part.group?.id ?? ""}>
              {part.group && (
                <h2 class="task-group">
                  <GroupName group={part.group} />
                </h2>
              )}
              <ul role="list" aria-label={part.group ? `${view.label}: ${part.group.label}` : view.label}>
                {part.rows.map((row) => (
                  <TaskItem
                    key={row.id}
                    row={row}
                    variables={variables}
                    href={href(row)}
                    open={isOpen(row)}
                    chosen={chosen.has(row.id)}
                    choosing={chosen.size > 0}
                    choose={(range) => choose(row.id, range)}
                    focused={() => setCursor(row.id)}
                  />
                ))}
              </ul>
            </Fragment>
          ))}
      </div>
      {(place.page > 1 || rows.more) && (
        <footer class="task-pages">
          <Button look="quiet" icon={ChevronLeft} aria-label="Previous page" disabled={place.page === 1} onClick={() => go({ page: place.page - 1 })} />
          <span class="small muted">
            {(place.page - 1) * PAGE + 1} to {(place.page - 1) * PAGE + rows.rows.length}
          </span>
          <Button look="quiet" icon={ChevronRight} aria-label="Next page" disabled={!rows.more} onClick={() => go({ page: place.page + 1 })} />
        </footer>
      )}
    </section>
  );
}

/** The orders that the heads of columns stand for: one way each, and for the age of tasks both. */
const BY_HEAD: Readonly<Record<string, Order>> = {
  newest: { by: "created", down: true },
  oldest: { by: "created", down: false },
  due: { by: "due", down: false },
  priority: { by: "priority", down: true },
  name: { by: "name", down: false },
  changed: { by: "changed", down: true },
};

function orderOf(sort: string): Order {
  return BY_HEAD[sort] ?? { by: "", down: false };
}

function Search({ field, value, apply }: { field: RefObject<HTMLInputElement>; value: string; apply: (text: string) => void }) {
  const typed = useTyped(value, apply);
  return (
    <input
      ref={field}
      class="filter-input"
      type="search"
      aria-label="Search in the list"
      placeholder="Name, process, business key"
      {...typed}
      onKeyDown={(event) => (event.key === "Escape" ? event.currentTarget.blur() : typed.onKeyDown(event))}
    />
  );
}

function Nothing({ place, view, offered }: { place: Place; view: View; offered: string }) {
  if (place.search) {
    return (
      <Empty title="Nothing found">
        No task of this list has “{place.search}” in its name, its process or its business key.{" "}
        <a href={hrefOf({ ...place, search: "", page: 1 })}>Show all</a>
      </Empty>
    );
  }
  return (
    <Empty icon={view.icon} title="Nothing to do here">
      {view.empty}
      <p>
        {offered !== "" && offered !== "0" ? (
          <a href={hrefOf({ ...place, filter: "group", page: 1 })}>{offered === "1" ? "1 task waits for somebody in your groups" : `${offered} tasks wait for somebody in your groups`}</a>
        ) : (
          <a href="/start">Start a process</a>
        )}
      </p>
    </Empty>
  );
}

function TaskItem({ row, variables, href, open, chosen, choosing, choose, focused }: { row: Row; variables: readonly ShownVariable[]; href: string; open: boolean; chosen: boolean; choosing: boolean; choose: (range: boolean) => void; focused: () => void }) {
  const name = nameOf(row);
  return (
    <li class={["task-item", open && "open", rowClass(row), chosen && "chosen", choosing && "choosing"].filter(Boolean).join(" ")} data-task={row.id}>
      <input
        type="checkbox"
        aria-label={`Select ${name}`}
        checked={chosen}
        onClick={(event) => {
          event.preventDefault();
          choose(event.shiftKey);
        }}
      />
      <a href={href} aria-current={open ? "true" : undefined} onFocus={focused}>
        <span class="task-line">
          <span class="task-name grow cut" dir="auto">
            {name}
          </span>
          {row.gone ? <span class="small muted">no longer here</span> : <Due row={row} />}
        </span>
        <span class="task-line muted small">
          <span class="grow cut" dir="auto">
            {processOf(row)}
            {row.businessKey ? ` · ${row.businessKey}` : ""}
          </span>
          <When at={row.created} />
        </span>
        <Variables row={row} variables={variables} />
        <span class="task-line small">
          <Who row={row} />
          <span class="grow" />
          {row.suspended && <span class="muted">suspended</span>}
          {row.followUp && moment(row.followUp) > new Date() && (
            <span class="mark-text" title="Snoozed">
              <Clock size={12} aria-hidden="true" /> <When at={row.followUp} />
            </span>
          )}
          {row.priority > 50 && (
            <span class="mark-text important">
              <Flag size={12} aria-hidden="true" /> {row.priority >= 100 ? "Urgent" : "High"}
            </span>
          )}
          {row.comments > 0 && (
            <span class="mark-text muted" title={`${row.comments} comments`}>
              <MessageSquare size={12} aria-hidden="true" /> {row.comments}
              <span class="hidden"> comments</span>
            </span>
          )}
        </span>
      </a>
    </li>
  );
}

/** What the row shows of its variables; those that the task does not have are left out. */
function Variables({ row, variables }: { row: Row; variables: readonly ShownVariable[] }) {
  const there = variables.filter(({ name }) => row.shown[name]).slice(0, IN_ROW);
  if (there.length === 0) return null;
  return (
    <span class="task-line small task-variables">
      {there.map(({ name, label }) => (
        <span key={name} class="cut">
          <span class="muted">{label}:</span> <span dir="auto">{valueText(row.shown[name])}</span>
        </span>
      ))}
    </span>
  );
}

function Due({ row }: { row: Row }) {
  if (!row.due) return null;
  const late = moment(row.due) < new Date();
  return (
    <span class={late ? "small late mark-text" : "small mark-text"}>
      {late ? <CircleAlert size={12} aria-hidden="true" /> : <AlarmClock size={12} aria-hidden="true" />}
      <span class="hidden">{late ? "Overdue, " : "Due "}</span>
      <When at={row.due} late />
    </span>
  );
}

function Who({ row }: { row: Row }) {
  if (row.assignee) {
    return (
      <span class="mark-text">
        <Avatar name={row.assignee} /> <span aria-hidden="true">{row.assignee === me() ? "You" : row.assignee}</span>
      </span>
    );
  }
  const candidates = [...row.candidateGroups, ...row.candidateUsers];
  return <span class="muted cut">{candidates.length ? candidates.join(", ") : "nobody"}</span>;
}

type Asking = "assign" | "due" | "snooze" | "priority" | null;

function Bulk({ rows, all, choose }: { rows: readonly Row[]; all: readonly Row[]; choose: (rows: readonly Row[]) => void }) {
  const [asking, ask] = useState<Asking>(null);
  const close = () => ask(null);
  const tasks = rows.length === 1 ? "1 task" : `${rows.length} tasks`;

  const run = async (change: ManyChange, done: string) => {
    await attempt(async () => {
      const { results } = await changeMany(rows.map((row) => row.id), change);
      const failed = results.filter((result) => !result.done);
      const went = results.length - failed.length;
      if (went) tell(`${done}: ${went === 1 ? "1 task" : `${went} tasks`}`, { tone: "good" });
      for (const result of failed.slice(0, 3)) {
        const row = rows.find((one) => one.id === result.id);
        tell(`“${row ? nameOf(row) : result.id}”: ${result.problem ?? "was refused"}`, { tone: "bad" });
      }
      if (failed.length > 3) tell(`${failed.length - 3} more were refused; they stay selected`, { tone: "bad" });
      choose(rows.filter((row) => failed.some((result) => result.id === row.id)));
    });
    changedHere();
  };
  const complete = async () => {
    const sure = await confirm({
      title: `Complete ${tasks}?`,
      text: "Their forms are handed in as they are. Tasks whose forms need an answer stay open.",
      confirm: `Complete ${tasks}`,
    });
    if (sure !== null) await run({ action: "complete" }, "Completed");
  };
  return (
    <div class="bulk" role="toolbar" aria-label="Selected tasks">
      <strong>{tasks}</strong>
      {me() && <Button onClick={() => void run({ action: "claim" }, "Claimed")}>Claim</Button>}
      <Button onClick={() => void complete()}>Complete</Button>
      <Menu
        label="More for the selected tasks"
        actions={[
          { label: "Unclaim", run: () => void run({ action: "unclaim" }, "Given back") },
          { label: "Assign…", run: () => ask("assign") },
          { label: "Due…", run: () => ask("due") },
          { label: "Snooze…", run: () => ask("snooze") },
          { label: "Priority…", run: () => ask("priority") },
          { label: `Select all ${all.length} of this page`, icon: RefreshCw, apart: true, run: () => choose(all) },
        ]}
      />
      <Button look="quiet" onClick={() => choose([])}>
        Clear
      </Button>
      {asking === "assign" && (
        <WhoDialog
          title={`Assign ${tasks}`}
          label="To"
          confirm="Assign"
          close={close}
          chosen={(user) => void run({ action: "assign", userId: user }, `Assigned to ${user}`)}
          nobody={() => void run({ action: "assign", userId: null }, "Assigned to nobody")}
        />
      )}
      {asking === "due" && <MomentDialog title={`When are ${tasks} due?`} value={null} none="Never" close={close} chosen={(at) => void run({ action: "set", values: { due: at } }, "Due date set")} />}
      {asking === "snooze" && <MomentDialog title={`Snooze ${tasks} until`} value={null} none="Not any more" close={close} chosen={(at) => void run({ action: "set", values: { followUp: at } }, at ? "Snoozed" : "Back")} />}
      {asking === "priority" && <PriorityDialog title={`How important are ${tasks}?`} value={50} close={close} chosen={(priority) => void run({ action: "set", values: { priority } }, "Priority set")} />}
    </div>
  );
}
