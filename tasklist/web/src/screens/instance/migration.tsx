/** Moves instances to another version: which element becomes which, side by side; what speaks against it; and the move. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { ArrowRight, Unlink } from "lucide-preact";
import { ApiError, post, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Failure, Field, Skeleton } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { beginBatch, counted, xmlOf } from "../../components/process";
import { attempt } from "../../components/toasts";
import { Diagram, type Badges, type Mark } from "../../diagram";
import { isActivity, kindWords, readModel, type Model, type ModelElement } from "../../diagram/model";
import type { Definition } from "../definition/definition";
import "./migration.css";

interface Refusal {
  instruction: { sourceActivityIds: string[]; targetActivityIds: string[] };
  failures: string[];
}

interface Side {
  xml: string;
  model: Model;
}

type Pairs = Readonly<Record<string, string>>;

const BODY = "#multiInstanceBody";
/** How long is waited for the next change of the plan before instances are tried. */
const CALM_MS = 400;
const REFUSALS_SHOWN = 10;

/** `chosen` has the ids of instances, or a query of historic ones. */
export function Migration({
  source,
  versions,
  chosen,
  count,
  close,
}: {
  source: Definition;
  versions: readonly Definition[];
  chosen: Record<string, unknown>;
  count: number;
  close: (done: boolean) => void;
}) {
  const targets = versions.filter((one) => one.id !== source.id);
  const [target, setTarget] = useState(targets[0]?.id ?? "");
  const [sides, setSides] = useState<{ from: Side; to: Side } | null>(null);
  const [automatic, setAutomatic] = useState<Pairs>({});
  const [pairs, setPairs] = useState<Pairs>({});
  const [picked, setPicked] = useState<string | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [refusals, setRefusals] = useState<Record<string, string[]> | null>(null);
  const [timers, setTimers] = useState(false);
  const [skip, setSkip] = useState(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const version = versions.find((one) => one.id === target)?.version;

  useEffect(() => {
    let gone = false;
    setSides(null);
    setProblem(null);
    setPicked(null);
    const load = async () => {
      const [from, to, plan] = await Promise.all([
        xmlOf(source.id),
        xmlOf(target),
        post<Schemas["Plan"]>("/migration/generate", { sourceProcessDefinitionId: source.id, targetProcessDefinitionId: target }),
      ]);
      if (gone) return;
      const keyOf = (id: string) => versions.find((one) => one.id === id)?.key ?? source.key;
      const found = Object.fromEntries(plan.instructions.map((one) => [one.sourceActivityIds[0] ?? "", one.targetActivityIds[0] ?? ""]));
      setSides({ from: { xml: from, model: readModel(from, keyOf(source.id)) }, to: { xml: to, model: readModel(to, keyOf(target)) } });
      setAutomatic(found);
      setPairs(found);
    };
    load().catch((reason: unknown) => !gone && setProblem(reason instanceof ApiError ? reason : new ApiError(0, "", String(reason))));
    return () => (gone = true);
  }, [source.id, target]);

  const plan = useMemo(
    () => ({
      sourceProcessDefinitionId: source.id,
      targetProcessDefinitionId: target,
      instructions: Object.entries(pairs).map(([from, to]) => ({
        sourceActivityIds: [from],
        targetActivityIds: [to],
        updateEventTrigger: timers && isEvent(sides?.from.model.elements.get(from)),
      })),
    }),
    [source.id, target, pairs, timers, sides],
  );

  // What speaks against the plan is asked again at every change of it.
  useEffect(() => {
    if (!sides) return;
    const stop = new AbortController();
    setRefusals(null);
    post<{ instructionReports: Refusal[] }>("/migration/validate", plan, { signal: stop.signal })
      .then((report) => setRefusals(Object.fromEntries(report.instructionReports.map((one) => [one.instruction.sourceActivityIds[0] ?? "", one.failures]))))
      .catch((reason: unknown) => {
        if (!stop.signal.aborted && reason instanceof ApiError) setProblem(reason);
      });
    return () => stop.abort();
  }, [plan, sides]);

  const wrong = Object.values(refusals ?? {}).some((failures) => failures.length > 0);
  const body = { migrationPlan: plan, ...running(chosen), skipCustomListeners: skip, skipIoMappings: skip };
  const valid = sides !== null && refusals !== null && !wrong;
  const check = useLoad(
    valid ? JSON.stringify(body) : "",
    async (signal) => {
      if (!valid) return null;
      await new Promise((resolve) => window.setTimeout(resolve, CALM_MS));
      return signal.aborted ? null : await post<OwnSchemas["MigrationCheck"]>("/api/v1/migration/check", body, { signal });
    },
  );
  const held = useMemo(() => new Set((check.data?.refused ?? []).flatMap((one) => one.failures.flatMap((each) => each.activityId ?? []))), [check.data]);

  const pair = (from: string, to: string | null) => {
    const next = { ...pairs };
    delete next[from];
    delete next[from + BODY];
    if (to) {
      next[from] = to;
      if (sides?.from.model.elements.get(from)?.repeated && sides.to.model.elements.get(to)?.repeated) next[from + BODY] = to + BODY;
    }
    setPairs(next);
  };
  const run = async (batch: boolean) => {
    setBusy(true);
    const done = batch
      ? await beginBatch("/migration/executeAsync", body, "Migrating", reason)
      : await attempt(() => post("/migration/execute", body, { reason }), `Migrated to version ${version}`);
    setBusy(false);
    if (done) close(true);
  };

  return (
    <Dialog title={`Migrate ${counted(count, "instance")}`} whole close={() => close(false)}>
      <div class="row">
        <span>
          Version <strong>{source.version}</strong>
        </span>
        <ArrowRight size={16} aria-label="to" />
        <Field label="To version">
          <select value={target} onChange={(event) => setTarget(event.currentTarget.value)}>
            {targets.map((one) => (
              <option key={one.id} value={one.id}>
                {one.version} {one.versionTag ? `· ${one.versionTag}` : ""}
              </option>
            ))}
          </select>
        </Field>
      </div>
      {problem && <Failure error={problem} />}
      {!sides && !problem && <Skeleton />}
      {sides && (
        <>
          <Pictures source={source} version={version} sides={sides} pairs={pairs} refusals={refusals ?? {}} held={held} picked={picked} pick={setPicked} pair={pair} />
          <div class="row">
            <Button disabled={same(pairs, automatic)} onClick={() => setPairs(automatic)}>
              Map again what is the same
            </Button>
            <Button disabled={Object.keys(pairs).length === 0} onClick={() => setPairs({})}>
              Map nothing
            </Button>
          </div>
          <Checked check={check.data} checking={valid && check.loading} error={check.error} wrong={wrong} model={sides.from.model} />
          <Table version={source.version} sides={sides} pairs={pairs} refusals={refusals ?? {}} pair={pair} />
        </>
      )}
      <div class="row">
        <label class="row">
          <input type="checkbox" checked={timers} onChange={(event) => setTimers(event.currentTarget.checked)} /> Timers and messages begin anew as the new version has them
        </label>
        <label class="row">
          <input type="checkbox" checked={skip} onChange={(event) => setSkip(event.currentTarget.checked)} /> Skip listeners and mappings
        </label>
      </div>
      <Field label="Reason" hint="Goes into the audit log">
        <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
      </Field>
      <div class="row end">
        <Button onClick={() => close(false)}>Cancel</Button>
        {count === 1 && (
          <Button look="primary" busy={busy} disabled={!valid} onClick={() => void run(false)}>
            Migrate now
          </Button>
        )}
        <Button look={count === 1 ? undefined : "primary"} busy={busy} disabled={!valid} onClick={() => void run(true)}>
          {count === 1 ? "As a batch" : `Migrate ${counted(count, "instance")}`}
        </Button>
      </div>
    </Dialog>
  );
}

/** Both versions beside each other. What is mapped has the same number on both sides; a click on each side maps. */
function Pictures({
  source,
  version,
  sides,
  pairs,
  refusals,
  held,
  picked,
  pick,
  pair,
}: {
  source: Definition;
  version: number | undefined;
  sides: { from: Side; to: Side };
  pairs: Pairs;
  refusals: Record<string, string[]>;
  held: ReadonlySet<string>;
  picked: string | null;
  pick: (id: string | null) => void;
  pair: (from: string, to: string | null) => void;
}) {
  const [shown, setShown] = useState<string | null>(null);
  const shapes = useMemo(() => numbered(sides, pairs, refusals, held), [sides, pairs, refusals, held]);
  const chosen = picked ? (pairs[picked] ?? null) : shown;
  const nameOf = (side: Side, id: string) => side.model.elements.get(id)?.name ?? id;
  const from = (id: string | null) => {
    setShown(null);
    pick(id && id !== picked && migrates(sides.from.model.elements.get(id)) ? id : null);
  };
  const to = (id: string | null) => {
    if (picked && id && migrates(sides.to.model.elements.get(id))) {
      pair(picked, id);
      pick(null);
      setShown(id);
    } else setShown(id === shown ? null : id);
  };
  const backwards = shown ? (Object.entries(pairs).find(([, end]) => end === shown)?.[0] ?? null) : null;
  return (
    <div class="stack">
      <div class="migration-sides">
        <section aria-label={`Version ${source.version}, from which it moves`}>
          <h3>Version {source.version}</h3>
          <div class="migration-diagram">
            <Diagram
              xml={sides.from.xml}
              process={source.key}
              label={`Diagram of version ${source.version}`}
              fileName={`${source.key}-${source.version}`}
              badges={shapes.from.badges}
              marks={shapes.from.marks}
              chosen={picked ?? backwards}
              onElement={from}
            />
          </div>
        </section>
        <section aria-label={`Version ${version}, to which it moves`}>
          <h3>Version {version}</h3>
          <div class="migration-diagram">
            <Diagram
              xml={sides.to.xml}
              process={source.key}
              label={`Diagram of version ${version}`}
              fileName={`${source.key}-${version}`}
              badges={shapes.to.badges}
              marks={shapes.to.marks}
              chosen={chosen}
              onElement={to}
            />
          </div>
        </section>
      </div>
      <p role="status" class="row migration-hint">
        {picked ? (
          <>
            <span>
              Now choose what <strong>{nameOf(sides.from, picked)}</strong> becomes, at the other side.
              {pairs[picked] && ` It becomes ${nameOf(sides.to, pairs[picked])} so far.`}
            </span>
            {pairs[picked] && (
              <Button icon={Unlink} onClick={() => (pair(picked, null), pick(null))}>
                Map it to nothing
              </Button>
            )}
          </>
        ) : (
          <span class="muted">
            What has the same number becomes each other. Choose an element of version {source.version}, then what it becomes. Red: mapped to nothing, so nothing may wait there.
          </span>
        )}
      </p>
    </div>
  );
}

/** What the instances themselves say against it. */
function Checked({ check, checking, error, wrong, model }: { check: OwnSchemas["MigrationCheck"] | null; checking: boolean; error: ApiError | null; wrong: boolean; model: Model }) {
  if (wrong) return <p class="notice">The plan itself cannot be done yet: what is wrong stands in the table.</p>;
  if (error) return <Failure error={error} />;
  if (!check) return checking ? <p class="muted" role="status">Trying it with the instances…</p> : null;
  const tried = check.checked < check.total ? `${check.checked} of ${counted(check.total, "instance")} tried` : `${counted(check.checked, "instance")} tried`;
  if (check.refused.length === 0) {
    return (
      <p class="notice good" role="status">
        {tried}: {check.checked === 1 ? "it" : "all of them"} can be migrated.
      </p>
    );
  }
  return (
    <section class="notice bad" role="status" aria-label="What speaks against it">
      <p>
        {tried}: {check.refused.length === 1 ? "one" : check.refused.length} would stay behind, and count as failed.
      </p>
      <ul>
        {check.refused.slice(0, REFUSALS_SHOWN).map((one) => (
          <li key={one.processInstanceId}>
            <a href={`/instances/${one.processInstanceId}`} target="_blank" rel="noreferrer">
              Instance {one.processInstanceId}
            </a>
            {one.failures.map((each) => (
              <span key={each.activityId}>
                {" · "}
                {each.activityId && <strong>{model.elements.get(each.activityId.replace(BODY, ""))?.name ?? each.activityId}: </strong>}
                {each.failures.join(", ")}
              </span>
            ))}
          </li>
        ))}
      </ul>
      {check.refused.length > REFUSALS_SHOWN && <p>and {check.refused.length - REFUSALS_SHOWN} more</p>}
    </section>
  );
}

/** The same as a table, which can be changed too. */
function Table({ version, sides, pairs, refusals, pair }: { version: number; sides: { from: Side; to: Side }; pairs: Pairs; refusals: Record<string, string[]>; pair: (from: string, to: string | null) => void }) {
  const rows = [...sides.from.model.elements.values()].filter(migrates);
  const ends = [...sides.to.model.elements.values()].filter(migrates);
  return (
    <div class="migration-pairs scroll-x" tabIndex={0} role="group" aria-label="Which element becomes which">
      <table class="table">
        <thead>
          <tr>
            <th>In version {version}</th>
            <th>becomes</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((from) => (
            <tr key={from.id}>
              <td>
                {from.name}
                <div class="muted small">{kindWords(from)}</div>
              </td>
              <td>
                <select class="filter-input" aria-label={`What ${from.name} becomes`} value={pairs[from.id] ?? ""} onChange={(event) => pair(from.id, event.currentTarget.value || null)}>
                  <option value="">Nothing: nothing may wait there</option>
                  {ends.map((to) => (
                    <option key={to.id} value={to.id}>
                      {to.name} ({kindWords(to)})
                    </option>
                  ))}
                </select>
                {[...(refusals[from.id] ?? []), ...(refusals[from.id + BODY] ?? [])].map((failure) => (
                  <div key={failure} class="field-error" role="alert">
                    {failure}
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Shapes {
  badges: Record<string, Badges>;
  marks: Record<string, Mark>;
}

/** The same number at both ends of each pair; red where nothing is mapped, or where something speaks against it. */
export function numbered(sides: { from: { model: Model }; to: { model: Model } }, pairs: Pairs, refusals: Record<string, string[]>, held: ReadonlySet<string>): { from: Shapes; to: Shapes } {
  const from: Shapes = { badges: {}, marks: {} };
  const to: Shapes = { badges: {}, marks: {} };
  const numbers = new Map<string, number>();
  for (const element of sides.from.model.elements.values()) {
    if (!migrates(element)) continue;
    const end = pairs[element.id];
    const refused = Boolean(refusals[element.id]?.length) || held.has(element.id);
    if (end === undefined) {
      from.marks[element.id] = "removed";
      continue;
    }
    const number = numbers.get(end) ?? numbers.size + 1;
    numbers.set(end, number);
    from.badges[element.id] = { pair: number };
    to.badges[end] = { pair: number };
    from.marks[element.id] = refused ? "failed" : "done";
    to.marks[end] = refused ? "failed" : "done";
  }
  return { from, to };
}

/** Whether something can wait there, or for it. */
function migrates(element: ModelElement | undefined): element is ModelElement {
  if (!element) return false;
  if (element.kind === "startEvent") return element.event !== null && element.inside;
  return isActivity(element.kind) || element.kind === "boundaryEvent" || element.kind === "intermediateCatchEvent" || (element.kind.endsWith("Gateway") && element.kind !== "exclusiveGateway");
}

function isEvent(element: ModelElement | undefined): boolean {
  return element !== undefined && (element.kind.endsWith("Event") || element.kind === "receiveTask");
}

function same(one: Pairs, other: Pairs): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}

/** What is chosen, without what has ended: that stays where it was. */
function running(chosen: Record<string, unknown>): Record<string, unknown> {
  const query = chosen["historicProcessInstanceQuery"] as Record<string, unknown> | undefined;
  return query ? { historicProcessInstanceQuery: { ...query, unfinished: true } } : chosen;
}
