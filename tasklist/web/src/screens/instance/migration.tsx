/** Moves instances to another version: which element becomes which, what speaks against it, and the move itself. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { ArrowRight } from "lucide-preact";
import { ApiError, post, type Schemas } from "../../api/client";
import { Button, Failure, Field, Skeleton } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { beginBatch, counted, xmlOf } from "../../components/process";
import { attempt } from "../../components/toasts";
import { isActivity, kindWords, readModel, type Model, type ModelElement } from "../../diagram/model";
import type { Definition } from "../definition";
import "./migration.css";

interface Refusal {
  instruction: { sourceActivityIds: string[]; targetActivityIds: string[] };
  failures: string[];
}

const MOST = 10_000;

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
  const [models, setModels] = useState<{ from: Model; to: Model } | null>(null);
  const [pairs, setPairs] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [refusals, setRefusals] = useState<Record<string, string[]>>({});
  const [timers, setTimers] = useState(false);
  const [skip, setSkip] = useState(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    let gone = false;
    setModels(null);
    setProblem(null);
    const load = async () => {
      const [from, to, plan] = await Promise.all([
        xmlOf(source.id),
        xmlOf(target),
        post<Schemas["Plan"]>("/migration/generate", { sourceProcessDefinitionId: source.id, targetProcessDefinitionId: target }),
      ]);
      if (gone) return;
      const keyOf = (id: string) => versions.find((one) => one.id === id)?.key ?? source.key;
      setModels({ from: readModel(from, keyOf(source.id)), to: readModel(to, keyOf(target)) });
      setPairs(Object.fromEntries(plan.instructions.map((one) => [one.sourceActivityIds[0] ?? "", one.targetActivityIds[0] ?? ""])));
    };
    load().catch((reason: unknown) => !gone && setProblem(reason instanceof ApiError ? reason : new ApiError(0, "", String(reason))));
    return () => (gone = true);
  }, [source.id, target]);

  const plan = useMemo(
    () => ({
      sourceProcessDefinitionId: source.id,
      targetProcessDefinitionId: target,
      instructions: Object.entries(pairs)
        .filter(([, to]) => to)
        .map(([from, to]) => ({ sourceActivityIds: [from], targetActivityIds: [to], updateEventTrigger: timers && isEvent(models?.from.elements.get(from)) })),
    }),
    [source.id, target, pairs, timers, models],
  );

  // What speaks against the plan is asked again at every change of it.
  useEffect(() => {
    if (!models) return;
    const stop = new AbortController();
    post<{ instructionReports: Refusal[] }>("/migration/validate", plan, { signal: stop.signal })
      .then((report) => setRefusals(Object.fromEntries(report.instructionReports.map((one) => [one.instruction.sourceActivityIds[0] ?? "", one.failures]))))
      .catch((reason: unknown) => {
        if (!stop.signal.aborted && reason instanceof ApiError) setProblem(reason);
      });
    return () => stop.abort();
  }, [plan, models]);

  const run = async (batch: boolean) => {
    setBusy(true);
    const ids = await idsOf(chosen);
    const body = { migrationPlan: plan, processInstanceIds: ids, skipCustomListeners: skip, skipIoMappings: skip };
    const done = batch
      ? await beginBatch("/migration/executeAsync", body, "Migrating", reason)
      : await attempt(() => post("/migration/execute", body, { reason }), `Migrated to version ${versions.find((one) => one.id === target)?.version}`);
    setBusy(false);
    if (done) close(true);
  };

  const rows = models ? [...models.from.elements.values()].filter(migrates) : [];
  const wrong = Object.values(refusals).some((failures) => failures.length > 0);
  return (
    <Dialog title={`Migrate ${counted(count, "instance")}`} wide close={() => close(false)}>
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
      {!models && !problem && <Skeleton />}
      {models && (
        <div class="migration-pairs scroll-x" tabIndex={0} role="group" aria-label="Which element becomes which">
          <table class="table">
            <thead>
              <tr>
                <th>In version {source.version}</th>
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
                    <select
                      class="filter-input"
                      aria-label={`What ${from.name} becomes`}
                      value={pairs[from.id] ?? ""}
                      onChange={(event) => setPairs({ ...pairs, [from.id]: event.currentTarget.value })}
                    >
                      <option value="">Nothing: it must not be active</option>
                      {[...models.to.elements.values()].filter(migrates).map((to) => (
                        <option key={to.id} value={to.id}>
                          {to.name} ({kindWords(to)})
                        </option>
                      ))}
                    </select>
                    {(refusals[from.id] ?? []).map((failure) => (
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
          <Button look="primary" busy={busy} disabled={!models || wrong} onClick={() => void run(false)}>
            Migrate now
          </Button>
        )}
        <Button look={count === 1 ? undefined : "primary"} busy={busy} disabled={!models || wrong} onClick={() => void run(true)}>
          {count === 1 ? "As a batch" : `Migrate ${counted(count, "instance")}`}
        </Button>
      </div>
    </Dialog>
  );
}

function migrates(element: ModelElement): boolean {
  return isActivity(element.kind) || element.kind === "boundaryEvent" || element.kind === "intermediateCatchEvent" || element.kind.endsWith("Gateway");
}

function isEvent(element: ModelElement | undefined): boolean {
  return element !== undefined && (element.kind.endsWith("Event") || element.kind === "receiveTask");
}

async function idsOf(chosen: Record<string, unknown>): Promise<string[]> {
  if (Array.isArray(chosen["processInstanceIds"])) return chosen["processInstanceIds"] as string[];
  const query = { ...(chosen["historicProcessInstanceQuery"] as Record<string, unknown>), unfinished: true };
  const found = await post<Schemas["HistoricProcessInstance"][]>("/history/process-instance", query, { query: { maxResults: MOST } });
  return found.map((one) => one.id);
}
