/** The instances of a process, found by what they are and what they hold; with what can be done to many at once. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Ban, Braces, Mail, Pause, Play, RotateCcw, Route, Shuffle, Trash2 } from "lucide-preact";
import { useAddress } from "../../address";
import { post, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Id, Shown, span, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Filters, Fresh, Pager } from "../../components/list";
import { Menu } from "../../components/menu";
import { beginBatch, counted, InstanceState } from "../../components/process";
import { SaveList, Table, useColumns, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import { midnight } from "../../days";
import type { Model } from "../../diagram/model";
import { containing } from "../../like";
import { useWithout } from "../../paging";
import { useSteady } from "../../steady";
import { useTyped } from "../../typed";
import { Migration } from "../instance/migration";
import { Restart } from "../instance/restart";
import { Bring } from "./bulk";
import type { Definition } from "./definition";

const PAGE = 25;
const STATES = [
  { id: "", label: "Running" },
  { id: "incidents", label: "With incidents" },
  { id: "suspended", label: "Suspended" },
  { id: "completed", label: "Completed" },
  { id: "cancelled", label: "Cancelled" },
  { id: "all", label: "All" },
] as const;

type Row = OwnSchemas["InstanceRow"];
type Filter = Record<string, unknown>;
type BulkDialog = "migrate" | "restart" | "variables" | "message";

export function InstancesTab({ definition, versions, model, element }: { definition: Definition; versions: readonly Definition[]; model: Model | null; element: string | null }) {
  const { query, set } = useAddress();
  const first = Number(query.first ?? 0);
  const columns = useMemo(() => columnsOf(model), [model]);
  const wanted = query.sort ?? "startTime";
  const known = columns.some((one) => one.sortBy === wanted);
  const order = known ? { by: wanted, down: query.order !== "asc" } : { by: "startTime", down: true };
  useWithout(!known, "sort", "order");
  const condition = readCondition(query.variable ?? "");
  const filter = filterOf(query, definition, element, condition);
  const key = JSON.stringify([filter, order, first]);
  const asked = { ...filter, sortBy: order.by, sortOrder: order.down ? "desc" : "asc" };
  const found = useLoad(
    key,
    (signal) => post<OwnSchemas["InstancePage"]>("/api/v1/process-instance/page", { query: asked, first, size: PAGE }, { signal, reads: true }),
    [`process:${definition.key}`],
  );
  const list = useSteady(key, found.data?.instances, found.data?.more ?? false, (one) => one.id);
  // What is being typed is kept apart from what is asked for, which only changes with a whole condition.
  const [typing, setTyping] = useState(query.variable ?? "");
  useEffect(() => setTyping(query.variable ?? ""), [query.variable]);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [every, setEvery] = useState<number | null>(null);
  const [dialog, setDialog] = useState<BulkDialog | null>(null);
  const { shown, menu } = useColumns("instances", columns);
  const sort = (chosen: { by: string; down: boolean }) => set({ sort: chosen.by, order: chosen.down ? null : "asc", first: null });
  const narrow = (changes: Record<string, string | null>) => set({ ...changes, first: null });
  const business = useTyped(query.business ?? "", (text) => narrow({ business: text }));
  const chosen = every === null ? { processInstanceIds: [...picked] } : { historicProcessInstanceQuery: filter };
  const count = every ?? picked.size;
  // While all that match are counted nothing is done to what was chosen before; and who chooses something else meanwhile
  // wants that.
  const [counting, setCounting] = useState(false);
  const turn = useRef(0);
  const choose = (ids: ReadonlySet<string>) => {
    turn.current++;
    setPicked(ids);
    setEvery(null);
    setCounting(false);
  };
  const clear = () => choose(new Set());
  // What narrows the list may also be an element of the diagram, or a step back in the history: what was chosen, and
  // counted, is not what the new list holds.
  useEffect(clear, [JSON.stringify(filter)]);
  const pick = (id: string) => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    choose(next);
  };
  const pickAll = async () => {
    const mine = ++turn.current;
    setCounting(true);
    await attempt(async () => {
      const answer = await post<Schemas["CountAnswer"]>("/history/process-instance/count", filter, { reads: true });
      if (mine === turn.current) setEvery(answer.count);
    });
    if (mine === turn.current) setCounting(false);
  };

  return (
    <div class="card">
      <div class="list-head">
        <Filters label="Find instances">
          <Field label="State">
            <select value={query.state ?? ""} onChange={(event) => narrow({ state: event.currentTarget.value })}>
              {STATES.map((state) => (
                <option key={state.id} value={state.id}>
                  {state.label}
                </option>
              ))}
            </select>
          </Field>
          <Field label="Business key">
            <input type="search" placeholder="A part of it" {...business} />
          </Field>
          <Field label="Variable" error={condition instanceof Error ? condition.message : undefined}>
            <input
              type="search"
              value={typing}
              placeholder="amount >= 100"
              onInput={(event) => setTyping(event.currentTarget.value)}
              onChange={(event) => narrow({ variable: event.currentTarget.value })}
            />
          </Field>
          <Field label="Started after">
            <input type="date" value={query.after ?? ""} onChange={(event) => narrow({ after: event.currentTarget.value })} />
          </Field>
          <Field label="Started before">
            <input type="date" value={query.before ?? ""} onChange={(event) => narrow({ before: event.currentTarget.value })} />
          </Field>
          <div class="row list-tools">
            {menu}
            <SaveList name={`${definition.key}-${definition.version}-instances`} columns={shown} of="/process-instance/page" query={asked} />
          </div>
        </Filters>
      </div>
      {count > 0 && (
        <div class="bulk" role="region" aria-label="What is chosen">
          <strong>{counted(count, "instance")} chosen</strong>
          {every === null && found.data && (found.data.more || first > 0) && (
            <Button look="quiet" busy={counting} onClick={() => void pickAll()}>
              Choose all that match
            </Button>
          )}
          <span class="grow" />
          <fieldset disabled={counting} aria-label="What to do with it">
            <BulkActions chosen={chosen} count={count} state={query.state ?? ""} done={clear} open={setDialog} versions={versions} />
          </fieldset>
          <Button look="quiet" onClick={clear}>
            Choose none
          </Button>
        </div>
      )}
      <Shown of={found}>
        {(page) =>
          page.instances.length === 0 ? (
            <Empty icon={Route} title={Object.keys(filter).length > 2 || query.state ? "No instance is like this" : "Nothing runs here now"}>
              {query.state || query.business || query.variable || element ? (
                <Button onClick={() => narrow({ state: null, business: null, variable: null, after: null, before: null, element: null })}>Show all that run</Button>
              ) : (
                <>
                  <a href={`/start?process=${encodeURIComponent(definition.key)}`}>Start one</a>, or look at those that have <a href="?state=all">ended</a>.
                </>
              )}
            </Empty>
          ) : (
            <>
              <div class="steady">
                <Fresh of={list} />
                <div class="scroll-x">
                  <Table
                    label="Instances"
                    columns={shown}
                    rows={list.rows}
                    keyOf={(one) => one.id}
                    order={order}
                    sort={sort}
                    chosen={{
                      has: (one) => every !== null || picked.has(one.id),
                      toggle: (one) => pick(one.id),
                      label: (one) => `Choose ${one.businessKey ?? one.id}`,
                      head: (
                        <input
                          type="checkbox"
                          aria-label="Choose all on this page"
                          checked={list.rows.every((one) => picked.has(one.id)) || every !== null}
                          onChange={(event) => choose(new Set(event.currentTarget.checked ? list.rows.filter((one) => !one.gone).map((one) => one.id) : []))}
                        />
                      ),
                    }}
                  />
                </div>
              </div>
              <Pager first={first} size={PAGE} shown={page.instances.length} more={page.more} go={(start) => set({ first: start || null }, true)} />
            </>
          )
        }
      </Shown>
      {dialog === "restart" && model && (
        <Restart
          definition={definition}
          model={model}
          chosen={chosen}
          count={count}
          close={(done) => {
            setDialog(null);
            if (done) clear();
          }}
        />
      )}
      {(dialog === "variables" || dialog === "message") && (
        <Bring
          what={dialog}
          chosen={chosen}
          count={count}
          close={(done) => {
            setDialog(null);
            if (done) clear();
          }}
        />
      )}
      {dialog === "migrate" && (
        <Migration
          source={definition}
          versions={versions}
          chosen={chosen}
          count={count}
          close={(done) => {
            setDialog(null);
            if (done) clear();
          }}
        />
      )}
    </div>
  );
}

function columnsOf(model: Model | null): Column<Row>[] {
  return [
    { id: "state", label: "State", show: (row) => <InstanceState state={row.state} incidents={row.incidents} /> },
    {
      id: "key",
      label: "Business key",
      sortBy: "businessKey",
      show: (row) => (
        <a class="strong" href={`/instances/${row.id}`}>
          {row.businessKey ?? <span class="muted">None</span>}
          {!row.businessKey && <span class="hidden"> (instance {row.id})</span>}
        </a>
      ),
      inFile: [{ label: "Business key", path: ["businessKey"] }],
    },
    { id: "id", label: "Instance", sortBy: "instanceId", show: (row) => <Id value={row.id} /> },
    {
      id: "where",
      label: "Where",
      show: (row) => <Where elements={row.elements} model={model} />,
      inFile: [{ label: "Where", path: ["elements"] }],
    },
    { id: "started", label: "Started", sortBy: "startTime", show: (row) => <When at={row.startTime} />, inFile: [{ label: "Started", path: ["startTime"] }] },
    {
      id: "took",
      label: "Took",
      sortBy: "duration",
      number: true,
      show: (row) => (row.durationInMillis === null ? "" : span(row.durationInMillis)),
      inFile: [{ label: "Took (milliseconds)", path: ["durationInMillis"] }],
    },
    { id: "ended", label: "Ended", sortBy: "endTime", extra: true, show: (row) => <When at={row.endTime} />, inFile: [{ label: "Ended", path: ["endTime"] }] },
    { id: "by", label: "Started by", extra: true, show: (row) => row.startUserId, inFile: [{ label: "Started by", path: ["startUserId"] }] },
    { id: "reason", label: "Why it ended", extra: true, show: (row) => row.deleteReason, inFile: [{ label: "Why it ended", path: ["deleteReason"] }] },
    { id: "incidents", label: "Incidents", extra: true, number: true, show: (row) => row.incidents || "" },
  ];
}

function Where({ elements, model }: { elements: Record<string, number>; model: Model | null }) {
  const places = Object.entries(elements);
  if (places.length === 0) return <span class="muted">–</span>;
  const named = places.slice(0, 3).map(([id, count]) => `${model?.elements.get(id)?.name ?? id}${count > 1 ? ` (${count})` : ""}`);
  return (
    <span>
      {named.join(", ")}
      {places.length > 3 && <span class="muted"> and {places.length - 3} more</span>}
    </span>
  );
}

function BulkActions({ chosen, count, state, done, open, versions }: { chosen: Filter; count: number; state: string; done: () => void; open: (dialog: BulkDialog) => void; versions: readonly Definition[] }) {
  const ended = state === "completed" || state === "cancelled";
  const what = counted(count, "instance");
  const ask = async (title: string, text: string, word: string, danger: boolean, run: (reason: string) => Promise<boolean>) => {
    const reason = await confirm({ title, text, confirm: word, danger, reason: true });
    if (reason !== null && (await run(reason))) done();
  };
  const cancel = () =>
    ask(`Cancel ${what}?`, "Their open tasks and jobs disappear, also those of what they have called. This cannot be undone.", `Cancel ${what}`, true, (reason) =>
      beginBatch(
        chosen["processInstanceIds"] ? "/process-instance/delete" : "/process-instance/delete-historic-query-based",
        { ...chosen, deleteReason: reason || "Cancelled by an operator" },
        "Cancelling",
        reason,
      ),
    );
  const suspend = (suspended: boolean) =>
    ask(
      `${suspended ? "Suspend" : "Activate"} ${what}?`,
      suspended ? "Their tasks cannot be completed and their jobs rest until you activate them." : "Their tasks and jobs go on.",
      suspended ? "Suspend" : "Activate",
      false,
      (reason) => beginBatch("/process-instance/suspended-async", { ...chosen, suspended }, suspended ? "Suspending" : "Activating", reason),
    );
  const retry = () =>
    ask(`Retry the failed jobs of ${what}?`, "Each of them is tried once more.", "Retry", false, (reason) =>
      chosen["processInstanceIds"]
        ? beginBatch("/process-instance/job-retries", { processInstances: chosen["processInstanceIds"], retries: 1 }, "Retrying", reason)
        : beginBatch("/process-instance/job-retries-historic-query-based", { ...chosen, retries: 1 }, "Retrying", reason),
    );
  const erase = () =>
    ask(`Delete the history of ${what}?`, "Nothing of them is left. This cannot be undone.", "Delete", true, (reason) => {
      const { processInstanceIds: ids, historicProcessInstanceQuery: query } = chosen;
      const meant = ids ? { historicProcessInstanceIds: ids } : { historicProcessInstanceQuery: { ...(query as Filter), finished: true } };
      return beginBatch("/history/process-instance/delete", { ...meant, deleteReason: reason }, "Deleting", reason);
    });
  if (ended) {
    return (
      <>
        <Button icon={RotateCcw} onClick={() => open("restart")}>
          Start again
        </Button>
        <Button icon={Trash2} look="danger" onClick={() => void erase()}>
          Delete
        </Button>
      </>
    );
  }
  return (
    <>
      <Button icon={RotateCcw} onClick={() => void retry()}>
        Retry
      </Button>
      <Button icon={Shuffle} disabled={versions.length < 2} title={versions.length < 2 ? "There is no other version" : undefined} onClick={() => open("migrate")}>
        Migrate
      </Button>
      <Button icon={Ban} look="danger" onClick={() => void cancel()}>
        Cancel
      </Button>
      <Menu
        label="More for what is chosen"
        actions={[
          { label: "Suspend", icon: Pause, run: () => void suspend(true) },
          { label: "Activate", icon: Play, run: () => void suspend(false) },
          { label: "Set variables", icon: Braces, apart: true, run: () => open("variables") },
          { label: "Send a message", icon: Mail, run: () => open("message") },
        ]}
      />
    </>
  );
}

// ---------------------------------------------------------------- filters

interface Condition {
  name: string;
  operator: string;
  value: unknown;
}

const OPERATORS: Record<string, string> = { "=": "eq", "==": "eq", "!=": "neq", ">": "gt", ">=": "gteq", "<": "lt", "<=": "lteq", "~": "like", like: "like" };

/** Reads "amount >= 100", "name ~ %smith%" or "open = true"; null for nothing, an Error in words for what cannot be read. */
export function readCondition(text: string): Condition | Error | null {
  if (!text.trim()) return null;
  const match = /^\s*([^\s=!<>~]+)\s*(>=|<=|!=|==|=|>|<|~|like\b)\s*(.*?)\s*$/.exec(text);
  if (!match) return new Error("Write a name, an operator and a value, as in amount >= 100");
  const [, name = "", operator = "", raw = ""] = match;
  return { name, operator: OPERATORS[operator] ?? "eq", value: readValue(raw) };
}

/** A number, a truth value, null, or the text with or without quotes. */
export function readValue(raw: string): unknown {
  const quoted = /^(["'])(.*)\1$/.exec(raw);
  if (quoted) return quoted[2];
  if (raw === "true" || raw === "false") return raw === "true";
  if (raw === "null") return null;
  return raw !== "" && Number.isFinite(Number(raw)) ? Number(raw) : raw;
}

function filterOf(query: Record<string, string>, definition: Definition, element: string | null, condition: Condition | Error | null): Filter {
  const filter: Filter = { processDefinitionId: definition.id };
  const state = query.state ?? "";
  if (state === "" || state === "incidents" || state === "suspended") filter["unfinished"] = true;
  if (state === "incidents") filter["incidentStatus"] = "open";
  if (state === "suspended") filter["suspended"] = true;
  if (state === "completed") filter["completed"] = true;
  if (state === "cancelled") filter["finished"] = true;
  if (state === "cancelled") Object.assign(filter, { orQueries: [{ externallyTerminated: true, internallyTerminated: true }] });
  if (query.business) filter["processInstanceBusinessKeyLike"] = containing(query.business);
  if (condition && !(condition instanceof Error)) filter["variables"] = [condition];
  if (element) filter[state === "" || state === "incidents" || state === "suspended" ? "activeActivityIdIn" : "executedActivityIdIn"] = [element];
  filter["startedAfter"] = midnight(query.after);
  filter["startedBefore"] = midnight(query.before);
  return filter;
}
