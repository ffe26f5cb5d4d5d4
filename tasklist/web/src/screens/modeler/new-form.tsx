/** Asks what a new form or decision is called, and where it is to be used. */

import { useState } from "preact/hooks";
import { Button, Field } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import type { Element } from "./canvas";
import { idOf } from "./file";

const WORDS = {
  form: { title: "New form", where: "Where it is filled in", name: "Title", taken: "There is a form with that id already" },
  decision: { title: "New decision", where: "What makes it", name: "Name", taken: "There is a decision with that id already" },
} as const;

interface Props {
  what: keyof typeof WORDS;
  places: readonly Element[];
  taken: readonly (string | null)[];
  close: () => void;
  made: (title: string, id: string, place: Element | null) => void;
}

export function NewForm({ what, places, taken, close, made }: Props) {
  const words = WORDS[what];
  const [place, setPlace] = useState(places[0]?.id ?? "");
  const named = (id: string) => places.find((one) => one.id === id)?.businessObject.name ?? "";
  const [title, setTitle] = useState(named(place));
  const [own, setOwn] = useState<string | null>(null);
  const id = own ?? idOf(title, what);
  const problem = taken.includes(id) ? words.taken : undefined;
  return (
    <Dialog title={words.title} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (problem) return;
          close();
          made(title.trim(), id, places.find((one) => one.id === place) ?? null);
        }}
      >
        {places.length > 0 && (
          <Field label={words.where}>
            <select
              value={place}
              onChange={(event) => {
                const chosen = event.currentTarget.value;
                if (title === named(place)) setTitle(named(chosen));
                setPlace(chosen);
              }}
            >
              {places.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.businessObject.name || one.id}
                  {one.type === "bpmn:StartEvent" ? " (when an instance is started)" : ""}
                </option>
              ))}
              <option value="">Nowhere yet</option>
            </select>
          </Field>
        )}
        <Field label={words.name}>
          <input required maxLength={200} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </Field>
        <Field label="Id" hint="By which models refer to it" error={problem}>
          <input required pattern="[A-Za-z][A-Za-z0-9_\-]*" maxLength={200} value={id} onInput={(event) => setOwn(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            Make it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
