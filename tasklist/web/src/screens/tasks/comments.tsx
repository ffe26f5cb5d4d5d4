/** What people say about a task. */

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { get, post, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Avatar, Button, Empty, Shown, When } from "../../components/basics";
import { attempt } from "../../components/toasts";
import { Markdown } from "../../markdown";
import { changedHere } from "./actions";
import { TextWithPeople } from "./people";
import type { TaskRow } from "./views";

export function Comments({ task, field }: { task: TaskRow; field: RefObject<HTMLTextAreaElement> }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const loaded = useLoad<Schemas["Comment"][]>(`comments ${task.id}`, (signal) => get(`/task/${task.id}/comment`, undefined, { signal }), ["tasks"]);
  const send = async () => {
    if (!text.trim() || busy) return;
    setBusy(true);
    if (await attempt(() => post(`/task/${task.id}/comment/create`, { message: text.trim() }))) {
      setText("");
      loaded.reload();
      changedHere();
    }
    setBusy(false);
  };
  return (
    <div class="stack">
      {!task.ended && (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <TextWithPeople
            label="Comment"
            hint="Markdown: **bold**, _italic_, `code`, - list, [link](https://…). @ tells somebody of it."
            field={field}
            value={text}
            change={setText}
            send={() => void send()}
          />
          <div class="row end">
            <Button look="primary" type="submit" busy={busy} disabled={!text.trim()}>
              Comment
            </Button>
          </div>
        </form>
      )}
      <Shown of={loaded} lines={3}>
        {(comments) =>
          comments.length === 0 ? (
            <Empty title="No comments yet">Say what others should know about this task.</Empty>
          ) : (
            <ul role="list" class="comments" aria-label="Comments">
              {comments.map((comment) => (
                <li key={comment.id}>
                  <Avatar name={comment.userId ?? "Nobody"} />
                  <div class="grow">
                    <p class="small muted">
                      <strong>{comment.userId ?? "Nobody signed in"}</strong> <When at={comment.time} />
                    </p>
                    <Markdown text={comment.message} lines />
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </div>
  );
}
