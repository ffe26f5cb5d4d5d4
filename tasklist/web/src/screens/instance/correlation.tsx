/** Brings a message to an instance, with variables. */

import { useState } from "preact/hooks";
import { post } from "../../api/client";
import { Button, Field } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { attempt } from "../../components/toasts";
import { readVariables } from "./values";

export function Correlation({ instance, name, execution, close }: { instance: string; name: string; execution?: string | null; close: (done: boolean) => void }) {
  const [message, setMessage] = useState(name);
  const [text, setText] = useState("");
  const variables = readVariables(text);
  const send = () =>
    attempt(
      () =>
        execution && message === name
          ? post(`/execution/${execution}/messageSubscriptions/${encodeURIComponent(message)}/trigger`, { variables })
          : post("/message", { messageName: message, processInstanceId: instance, processVariables: variables }),
      `“${message}” has come`,
    );
  return (
    <Dialog title="Send a message" close={() => close(false)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send().then((done) => done && close(true));
        }}
      >
        <Field label="Message">
          <input required value={message} onInput={(event) => setMessage(event.currentTarget.value)} />
        </Field>
        <Field label="Variables" hint='As JSON: {"amount": 100}' error={variables instanceof Error ? variables.message : undefined}>
          <textarea class="mono" rows={4} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={() => close(false)}>Cancel</Button>
          <Button look="primary" type="submit" disabled={variables instanceof Error}>
            Send
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
