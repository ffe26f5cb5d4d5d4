/** Starts an ended instance again, where one wants, with the values that it had. */

import { useState } from "preact/hooks";
import { post, type Schemas } from "../../api/client";
import { Button, Field } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { attempt } from "../../components/toasts";
import { isActivity, kindWords, type Model } from "../../diagram/model";

export function Restart({ instance, model, close }: { instance: Schemas["HistoricProcessInstance"]; model: Model; close: (done: boolean) => void }) {
  const elements = [...model.elements.values()];
  const [start, setStart] = useState(instance.startActivityId ?? elements.find((one) => one.kind === "startEvent")?.id ?? "");
  const [initial, setInitial] = useState(false);
  const [keyless, setKeyless] = useState(false);
  const [reason, setReason] = useState("");
  const run = () =>
    attempt(
      () =>
        post(
          `/process-definition/${encodeURIComponent(instance.processDefinitionId ?? "")}/restart`,
          {
            processInstanceIds: [instance.id],
            instructions: [{ type: "startBeforeActivity", activityId: start }],
            initialVariables: initial,
            withoutBusinessKey: keyless,
          },
          { reason },
        ),
      "Started again",
      { link: { label: "Show the running ones", href: `/processes/${encodeURIComponent(instance.processDefinitionKey)}?version=${instance.processDefinitionVersion}` } },
    );
  return (
    <Dialog title="Start this instance again" close={() => close(false)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run().then((done) => done && close(true));
        }}
      >
        <p class="muted">A new instance begins; this one stays as it is.</p>
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
        {instance.businessKey && (
          <label class="row">
            <input type="checkbox" checked={keyless} onChange={(event) => setKeyless(event.currentTarget.checked)} /> Without the business key {instance.businessKey}
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
