/** Moves tokens of an instance by hand: a list of instructions that is put together at the diagram and then done as one. */

import { useEffect, useState } from "preact/hooks";
import { X } from "lucide-preact";
import { post, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Field, Id } from "../../components/basics";
import { attempt } from "../../components/toasts";
import type { Model } from "../../diagram/model";
import { useKeys } from "../../keys";
import { readVariables } from "./values";

export interface Instruction {
  type: "startBeforeActivity" | "startAfterActivity" | "startTransition" | "cancel";
  activityId?: string;
  transitionId?: string;
  /** Of a cancellation: one visit alone. */
  activityInstanceId?: string;
}

/** The panel of the modify mode: what can be done at what is chosen, what is planned, what would come of it, and Apply. */
export function Modification({
  instance,
  model,
  element,
  tokens,
  planned,
  plan,
  close,
}: {
  instance: string;
  model: Model | null;
  /** The id of the chosen element or flow. */
  element: string | null;
  /** The visits at which tokens are, by element. */
  tokens: ReadonlyMap<string, readonly string[]>;
  planned: readonly Instruction[];
  plan: (instructions: readonly Instruction[]) => void;
  close: (done: boolean) => void;
}) {
  const [text, setText] = useState("");
  const [local, setLocal] = useState(false);
  const [reason, setReason] = useState("");
  const [skipListeners, setSkipListeners] = useState(false);
  const [skipMappings, setSkipMappings] = useState(false);
  const [busy, setBusy] = useState(false);
  const [moving, setMoving] = useState<string | null>(null);
  const variables = readVariables(text);
  const name = (id: string | undefined) => model?.elements.get(id ?? "")?.name ?? id ?? "";
  const flow = model?.flows.find((one) => one.id === element);
  const flowName = (id: string) => {
    const found = model?.flows.find((one) => one.id === id);
    return found ? `${found.name ? `“${found.name}” ` : ""}from ${name(found.source)} to ${name(found.target)}` : id;
  };
  const words = (one: Instruction) => {
    if (one.type === "cancel") return one.activityInstanceId ? `Cancel one visit at ${name(one.activityId)}` : `Cancel all at ${name(one.activityId)}`;
    if (one.type === "startTransition") return `Start on the flow ${flowName(one.transitionId ?? "")}`;
    return `Start ${one.type === "startBeforeActivity" ? "before" : "after"} ${name(one.activityId)}`;
  };
  const add = (...more: Instruction[]) => plan([...planned, ...more]);
  const here = element ? (tokens.get(element) ?? []) : [];
  const known = element !== null && model?.elements.has(element);
  const given = variables instanceof Error ? {} : Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, { ...value, local }]));
  const body = {
    instructions: planned.map((one) => {
      if (one.type !== "cancel") return { ...one, variables: given };
      return one.activityInstanceId ? { type: one.type, activityInstanceId: one.activityInstanceId } : { ...one, cancelCurrentActiveActivityInstances: true };
    }),
    skipCustomListeners: skipListeners,
    skipIoMappings: skipMappings,
  };
  const preview = useLoad(planned.length ? JSON.stringify(body) : "", (signal) =>
    planned.length ? post<OwnSchemas["ModificationPreview"]>(`/api/v1/process-instance/${instance}/modification/preview`, body, { signal }) : Promise.resolve(null),
  );

  // What is moved goes to what is chosen next.
  useEffect(() => {
    if (!moving || !element || element === moving) return;
    const start: Instruction | null = flow ? { type: "startTransition", transitionId: flow.id } : known ? { type: "startBeforeActivity", activityId: element } : null;
    if (!start) return;
    add({ type: "cancel", activityId: moving }, start);
    setMoving(null);
  }, [element]);

  useKeys("Modify", [
    { keys: "Delete", does: "Cancel what is at the chosen element", run: () => element && here.length > 0 && add({ type: "cancel", activityId: element }) },
    { keys: "b", does: "Start before the chosen element", run: () => known && add({ type: "startBeforeActivity", activityId: element }) },
  ]);

  const apply = async () => {
    setBusy(true);
    const done = await attempt(() => post(`/process-instance/${instance}/modification`, { ...body, annotation: reason || null }, { reason }), "The instance is modified");
    setBusy(false);
    if (done) close(true);
  };
  return (
    <section class="card padded stack modification" aria-label="Modify">
      <div class="row between">
        <h2>Modify</h2>
        <Button look="quiet" icon={X} aria-label="Leave without a change" onClick={() => close(false)} />
      </div>
      {moving ? (
        <div class="notice row between" role="status">
          <span>
            Choose where what is at <strong>{name(moving)}</strong> goes.
          </span>
          <Button onClick={() => setMoving(null)}>Not now</Button>
        </div>
      ) : flow ? (
        <div class="stack">
          <p>
            On the flow <strong>{flowName(flow.id)}</strong>:
          </p>
          <div class="row">
            <Button onClick={() => add({ type: "startTransition", transitionId: flow.id })}>Start on this flow</Button>
          </div>
        </div>
      ) : known ? (
        <div class="stack">
          <p>
            At <strong>{name(element)}</strong>:
          </p>
          <div class="row">
            <Button onClick={() => add({ type: "startBeforeActivity", activityId: element })}>Start before</Button>
            <Button onClick={() => add({ type: "startAfterActivity", activityId: element })}>Start after</Button>
            {here.length > 0 && <Button onClick={() => setMoving(element)}>Move</Button>}
            <Button look="danger" disabled={here.length === 0} onClick={() => add({ type: "cancel", activityId: element })}>
              Cancel all here
            </Button>
          </div>
          {here.length > 1 && (
            <ul role="list" class="planned">
              {here.map((visit) => (
                <li key={visit}>
                  <span class="grow">
                    One visit <Id value={visit} />
                  </span>
                  <Button
                    look="quiet"
                    disabled={planned.some((one) => one.activityInstanceId === visit)}
                    onClick={() => add({ type: "cancel", activityId: element, activityInstanceId: visit })}
                  >
                    Cancel it
                  </Button>
                </li>
              ))}
            </ul>
          )}
          <Outgoing model={model} element={element} flowName={flowName} add={add} />
        </div>
      ) : (
        <p class="muted">Choose an element or a flow in the diagram, or an element in its list.</p>
      )}
      <div>
        <h3>Planned</h3>
        {planned.length === 0 ? (
          <p class="muted">Nothing yet</p>
        ) : (
          <ol class="planned">
            {planned.map((one, index) => (
              <li key={index}>
                <span class="grow">{words(one)}</span>
                <Button look="quiet" icon={X} aria-label={`Take back: ${words(one)}`} onClick={() => plan(planned.filter((_, at) => at !== index))} />
              </li>
            ))}
          </ol>
        )}
      </div>
      <Field label="Variables for what starts" hint='As JSON: {"amount": 100}' error={variables instanceof Error ? variables.message : undefined}>
        <textarea class="mono" rows={2} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </Field>
      <label class="row">
        <input type="checkbox" checked={local} onChange={(event) => setLocal(event.currentTarget.checked)} /> Only there, and not in the whole instance
      </label>
      <label class="row">
        <input type="checkbox" checked={skipListeners} onChange={(event) => setSkipListeners(event.currentTarget.checked)} /> Skip listeners
      </label>
      <label class="row">
        <input type="checkbox" checked={skipMappings} onChange={(event) => setSkipMappings(event.currentTarget.checked)} /> Skip input and output mappings
      </label>
      {planned.length > 0 && (
        <section class="stack-small" aria-label="What would happen">
          <h3>What would happen</h3>
          {preview.error ? (
            <p class="notice bad" role="alert">
              {preview.error.message}
            </p>
          ) : preview.data ? (
            <Preview preview={preview.data} name={name} />
          ) : (
            <p class="muted">Trying it…</p>
          )}
        </section>
      )}
      <Field label="Reason" hint="Goes into the audit log">
        <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
      </Field>
      <div class="row end">
        <Button onClick={() => close(false)}>Cancel</Button>
        <Button look="primary" busy={busy} disabled={planned.length === 0 || variables instanceof Error || preview.error !== null} onClick={() => void apply()}>
          Apply
        </Button>
      </div>
    </section>
  );
}

/** The flows out of an element, as far as there is a choice. */
function Outgoing({ model, element, flowName, add }: { model: Model | null; element: string; flowName: (id: string) => string; add: (one: Instruction) => void }) {
  const outgoing = model?.flows.filter((flow) => flow.source === element) ?? [];
  if (outgoing.length < 2) return null;
  return (
    <div class="row">
      {outgoing.map((flow) => (
        <Button key={flow.id} look="quiet" onClick={() => add({ type: "startTransition", transitionId: flow.id })}>
          On {flowName(flow.id)}
        </Button>
      ))}
    </div>
  );
}

function Preview({ preview, name }: { preview: OwnSchemas["ModificationPreview"]; name: (id: string) => string }) {
  const told = preview.elements.map((one) => ({ id: one.id, words: wordsOf(one) })).filter((one) => one.words);
  return (
    <div role="status">
      {told.length === 0 && !preview.ends && <p class="muted">Nothing</p>}
      <ul role="list" class="planned">
        {told.map((one) => (
          <li key={one.id}>
            <strong>{name(one.id.replace(/#.*$/, ""))}</strong> {one.words}
          </li>
        ))}
      </ul>
      {preview.ends && <p class="notice">The instance would end: nothing of it would be left.</p>}
    </div>
  );
}

function wordsOf(one: OwnSchemas["ElementPreview"]): string {
  const counted = (count: number, word: string) => (count === 0 ? [] : count === 1 ? [word] : [`${word} ${count} times`]);
  return [...counted(one.cancelling, "is cancelled"), ...counted(one.completing, "ends"), ...counted(one.passing, "is passed"), ...counted(one.arriving, "begins")].join(", ");
}
