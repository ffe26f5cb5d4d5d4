/** What is brought to many instances at once: variables, or a message with variables. */

import { useState } from "preact/hooks";
import { Button, Field } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { beginBatch, counted } from "../../components/process";
import { readVariables } from "../instance/values";

/** `chosen` has the ids of instances, or a query of historic ones. */
export function Bring({ what, chosen, count, close }: { what: "variables" | "message"; chosen: Record<string, unknown>; count: number; close: (done: boolean) => void }) {
  const [message, setMessage] = useState("");
  const [text, setText] = useState("");
  const [reason, setReason] = useState("");
  const variables = readVariables(text);
  const empty = !(variables instanceof Error) && Object.keys(variables).length === 0;
  const send = what === "message";
  const run = () =>
    send
      ? beginBatch("/process-instance/message-async", { ...chosen, messageName: message, variables }, `Sending “${message}”`, reason)
      : beginBatch("/process-instance/variables-async", { ...chosen, variables }, "Setting variables", reason);
  return (
    <Dialog title={send ? `Send a message to ${counted(count, "instance")}` : `Set variables of ${counted(count, "instance")}`} close={() => close(false)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run().then((done) => done && close(true));
        }}
      >
        {send && (
          <Field label="Message" hint="An instance that does not wait for it counts as failed">
            <input required value={message} onInput={(event) => setMessage(event.currentTarget.value)} />
          </Field>
        )}
        <Field label="Variables" hint='As JSON: {"amount": 100}' error={variables instanceof Error ? variables.message : undefined}>
          <textarea class="mono" rows={4} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </Field>
        <Field label="Reason" hint="Goes into the audit log">
          <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={() => close(false)}>Cancel</Button>
          <Button look="primary" type="submit" disabled={variables instanceof Error || (!send && empty)}>
            {send ? "Send" : "Set"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
