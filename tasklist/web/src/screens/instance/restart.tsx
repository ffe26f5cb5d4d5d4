/** Starts ended instances again, where one wants, with the values that they had: one at once, many as a batch. */

import { useState } from "preact/hooks";
import { post } from "../../api/client";
import { Button, Field } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { beginBatch, counted } from "../../components/process";
import { attempt } from "../../components/toasts";
import { isActivity, kindWords, type Model } from "../../diagram/model";

/** `chosen` has the ids of instances, or a query of historic ones. */
export function Restart({
  definition,
  model,
  chosen,
  count,
  start: usual,
  businessKey,
  close,
}: {
  definition: { id: string; key: string; version: number };
  model: Model;
  chosen: Record<string, unknown>;
  count: number;
  /** Where it began. */
  start?: string | null;
  businessKey?: string | null;
  close: (done: boolean) => void;
}) {
  const elements = [...model.elements.values()];
  const [start, setStart] = useState(usual ?? elements.find((one) => one.kind === "startEvent")?.id ?? "");
  const [initial, setInitial] = useState(false);
  const [keyless, setKeyless] = useState(false);
  const [reason, setReason] = useState("");
  const query = chosen["historicProcessInstanceQuery"] as Record<string, unknown> | undefined;
  const body = {
    ...(query ? { historicProcessInstanceQuery: { ...query, finished: true } } : chosen),
    instructions: [{ type: "startBeforeActivity", activityId: start }],
    initialVariables: initial,
    withoutBusinessKey: keyless,
  };
  const path = `/process-definition/${encodeURIComponent(definition.id)}/restart`;
  const run = () =>
    count > 1
      ? beginBatch(`${path}-async`, body, "Starting again", reason)
      : attempt(() => post(path, body, { reason }), "Started again", {
          link: { label: "Show the running ones", href: `/processes/${encodeURIComponent(definition.key)}?version=${definition.version}` },
        });
  return (
    <Dialog title={count > 1 ? `Start ${counted(count, "instance")} again` : "Start this instance again"} close={() => close(false)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run().then((done) => done && close(true));
        }}
      >
        <p class="muted">{count > 1 ? "New instances begin; these stay as they are." : "A new instance begins; this one stays as it is."}</p>
        <Field label="Begin before">
          <select required value={start} onChange={(event) => setStart(event.currentTarget.value)}>
            {elements
              .filter((one) => one.parent === model.process && (isActivity(one.kind) || one.kind !== "boundaryEvent"))
              .map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name} ({kindWords(one)})
                </option>
              ))}
          </select>
        </Field>
        <Field label="Variables">
          <select value={initial ? "initial" : "last"} onChange={(event) => setInitial(event.currentTarget.value === "initial")}>
            <option value="last">As they were at the end</option>
            <option value="initial">As they were at the start</option>
          </select>
        </Field>
        {(businessKey || count > 1) && (
          <label class="row">
            <input type="checkbox" checked={keyless} onChange={(event) => setKeyless(event.currentTarget.checked)} /> Without the business key {businessKey}
          </label>
        )}
        <Field label="Reason" hint="Goes into the audit log">
          <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={() => close(false)}>Cancel</Button>
          <Button look="primary" type="submit">
            Start again
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
