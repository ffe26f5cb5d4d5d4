/** Moves tokens of an instance by hand: a list of instructions that is put together at the diagram and then done as one. */

import { useState } from "preact/hooks";
import { X } from "lucide-preact";
import { post } from "../../api/client";
import { Button, Field } from "../../components/basics";
import { attempt } from "../../components/toasts";
import type { Model } from "../../diagram/model";
import { readVariables } from "./values";

export interface Instruction {
  type: "startBeforeActivity" | "startAfterActivity" | "startTransition" | "cancel";
  activityId?: string;
  transitionId?: string;
}

/** The panel of the modify mode: what can be done at the chosen element, what is planned, and Apply. */
export function Modification({
  instance,
  model,
  element,
  active,
  planned,
  plan,
  close,
}: {
  instance: string;
  model: Model | null;
  element: string | null;
  active: ReadonlySet<string>;
  planned: readonly Instruction[];
  plan: (instructions: readonly Instruction[]) => void;
  close: (done: boolean) => void;
}) {
  const [text, setText] = useState("");
  const [reason, setReason] = useState("");
  const [skip, setSkip] = useState(false);
  const [busy, setBusy] = useState(false);
  const variables = readVariables(text);
  const name = (id: string | undefined) => model?.elements.get(id ?? "")?.name ?? id ?? "";
  const flowName = (id: string) => {
    const flow = model?.flows.find((one) => one.id === id);
    return flow ? (flow.name ?? `${name(flow.source)} → ${name(flow.target)}`) : id;
  };
  const words = (one: Instruction) =>
    one.type === "cancel"
      ? `Cancel all at ${name(one.activityId)}`
      : one.type === "startTransition"
        ? `Start on the flow ${flowName(one.transitionId ?? "")}`
        : `Start ${one.type === "startBeforeActivity" ? "before" : "after"} ${name(one.activityId)}`;
  const add = (one: Instruction) => plan([...planned, one]);
  const outgoing = model?.flows.filter((flow) => flow.source === element) ?? [];
  const apply = async () => {
    setBusy(true);
    const instructions = planned.map((one) =>
      one.type === "cancel" ? { ...one, cancelCurrentActiveActivityInstances: true } : { ...one, variables: variables instanceof Error ? {} : variables },
    );
    const body = { instructions, skipCustomListeners: skip, skipIoMappings: skip, annotation: reason || null };
    const done = await attempt(() => post(`/process-instance/${instance}/modification`, body, { reason }), "The instance is modified");
    setBusy(false);
    if (done) close(true);
  };
  return (
    <section class="card padded stack modification" aria-label="Modify">
      <div class="row between">
        <h2>Modify</h2>
        <Button look="quiet" icon={X} aria-label="Leave without a change" onClick={() => close(false)} />
      </div>
      {element && model?.elements.has(element) ? (
        <div class="stack">
          <p>
            At <strong>{name(element)}</strong>:
          </p>
          <div class="row">
            <Button onClick={() => add({ type: "startBeforeActivity", activityId: element })}>Start before</Button>
            <Button onClick={() => add({ type: "startAfterActivity", activityId: element })}>Start after</Button>
            <Button look="danger" disabled={!active.has(element)} onClick={() => add({ type: "cancel", activityId: element })}>
              Cancel all here
            </Button>
          </div>
          {outgoing.length > 1 && (
            <div class="row">
              {outgoing.map((flow) => (
                <Button key={flow.id} look="quiet" onClick={() => add({ type: "startTransition", transitionId: flow.id })}>
                  On {flowName(flow.id)}
                </Button>
              ))}
            </div>
          )}
        </div>
      ) : (
        <p class="muted">Choose an element in the diagram, or in its list.</p>
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
      <Field label="Reason" hint="Goes into the audit log">
        <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
      </Field>
      <label class="row">
        <input type="checkbox" checked={skip} onChange={(event) => setSkip(event.currentTarget.checked)} /> Skip listeners and mappings
      </label>
      <div class="row end">
        <Button onClick={() => close(false)}>Cancel</Button>
        <Button look="primary" busy={busy} disabled={planned.length === 0 || variables instanceof Error} onClick={() => void apply()}>
          Apply
        </Button>
      </div>
    </section>
  );
}
