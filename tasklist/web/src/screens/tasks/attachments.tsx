/** Files at a task, and addresses of things elsewhere. */

import { useRef, useState } from "preact/hooks";
import { ExternalLink, FileText, Link2, Paperclip, Trash2 } from "lucide-preact";
import { ask, get, remove, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { attempt } from "../../components/toasts";
import { filesOf } from "../../dropped";
import type { TaskRow } from "./views";

type Attachment = Schemas["Attachment"];

export function Attachments({ task }: { task: TaskRow }) {
  const [linking, setLinking] = useState(false);
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const loaded = useLoad<Attachment[]>(`attachments ${task.id}`, (signal) => get(`/task/${task.id}/attachment`, undefined, { signal }), ["tasks"]);

  const add = async (parts: Record<string, string | File>, done: string) => {
    const body = new window.FormData();
    for (const [name, value] of Object.entries(parts)) body.append(name, value);
    if (await attempt(() => ask("POST", `/task/${task.id}/attachment/create`, { body }), done)) loaded.reload();
  };
  const upload = async (files: readonly File[]) => {
    setBusy(true);
    for (const file of files) {
      await add({ "attachment-name": file.name, "attachment-type": file.type || "application/octet-stream", content: file }, `“${file.name}” is attached`);
    }
    setBusy(false);
  };
  const take = async (one: Attachment) => {
    const name = one.name ?? "the attachment";
    const sure = await confirm({ title: `Delete “${name}”?`, text: "It cannot be brought back.", confirm: "Delete it", danger: true, reason: true });
    if (sure !== null && (await attempt(() => remove(`/task/${task.id}/attachment/${one.id}`, { reason: sure }), `“${name}” is deleted`))) loaded.reload();
  };
  return (
    <div class="stack">
      {!task.ended && (
        <div
          class={over ? "drop over" : "drop"}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            void upload(filesOf(event));
          }}
        >
          <p>Drop files here, or</p>
          <div class="row">
            <Button icon={Paperclip} busy={busy} onClick={() => picker.current?.click()}>
              Choose files
            </Button>
            <Button icon={Link2} onClick={() => setLinking(true)}>
              Add a link
            </Button>
          </div>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="Files to attach"
            onChange={(event) => {
              void upload([...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = "";
            }}
          />
        </div>
      )}
      <Shown of={loaded} lines={2}>
        {(attachments) =>
          attachments.length === 0 ? (
            <Empty title="No attachments">Files and links that belong to this task stand here.</Empty>
          ) : (
            <ul role="list" class="attachments" aria-label="Attachments">
              {attachments.map((one) => (
                <li key={one.id} class="row">
                  {one.url ? <ExternalLink size={16} aria-hidden="true" /> : <FileText size={16} aria-hidden="true" />}
                  <div class="grow">
                    <p>
                      <Named task={task} attachment={one} />
                    </p>
                    <p class="small muted">
                      {one.description && `${one.description} · `}
                      <When at={one.createTime} />
                    </p>
                  </div>
                  {!task.ended && <Button look="quiet" icon={Trash2} aria-label={`Delete ${one.name ?? one.id}`} onClick={() => void take(one)} />}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      {linking && <NewLink close={() => setLinking(false)} add={(name, url) => void add({ "attachment-name": name, "attachment-type": "url", url }, `“${name}” is attached`)} />}
    </div>
  );
}

function Named({ task, attachment }: { task: TaskRow; attachment: Attachment }) {
  const name = attachment.name || attachment.url || attachment.id;
  if (!attachment.url) {
    return (
      <a href={`/engine-rest/task/${task.id}/attachment/${attachment.id}/data`} download={name}>
        {name}
      </a>
    );
  }
  if (!/^https?:\/\//i.test(attachment.url)) return <span title={attachment.url}>{name}</span>; // nothing that could run here
  return (
    <a href={attachment.url} target="_blank" rel="noopener noreferrer">
      {name}
    </a>
  );
}

function NewLink({ close, add }: { close: () => void; add: (name: string, url: string) => void }) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  return (
    <Dialog title="Add a link" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          close();
          add(name.trim() || url, url);
        }}
      >
        <Field label="Address">
          <input type="url" required pattern="https?://.*" placeholder="https://" value={url} onInput={(event) => setUrl(event.currentTarget.value)} />
        </Field>
        <Field label="Name">
          <input value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
