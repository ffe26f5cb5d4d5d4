/** Questions about a task, or about several: to whom, until when, how important. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { get } from "../../api/client";
import { Button, Field } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { containing } from "../../like";
import { dayStart, serverDate } from "./views";

interface Known {
  id: string;
  label: string;
}

/** A field for a person or group: free text, with suggestions from whom one may see. */
export function Who({ kind, value, change, label }: { kind: "user" | "group"; value: string; change: (value: string) => void; label: string }) {
  const [known, setKnown] = useState<readonly Known[]>([]);
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      void suggestions(kind, value.trim(), stop.signal).then((found) => !stop.signal.aborted && setKnown(found));
    }, 150);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [kind, value]);
  return (
    <Field label={label}>
      <input ref={input} list={list} value={value} autocomplete="off" required onInput={(event) => change(event.currentTarget.value)} />
      <datalist id={list}>
        {known.map((one) => (
          <option key={one.id} value={one.id}>
            {one.label}
          </option>
        ))}
      </datalist>
    </Field>
  );
}

async function suggestions(kind: "user" | "group", text: string, stop: AbortSignal): Promise<Known[]> {
  const like = containing(text);
  try {
    if (kind === "group") {
      const groups = await get<{ id: string; name?: string | null }[]>("/group", { nameLike: like, maxResults: 10 }, { signal: stop });
      return groups.map((group) => ({ id: group.id, label: group.name ?? group.id }));
    }
    const users = await get<{ id: string; firstName?: string | null; lastName?: string | null }[]>(
      "/user",
      { idLike: like, maxResults: 10 },
      { signal: stop },
    );
    return users.map((user) => ({ id: user.id, label: [user.firstName, user.lastName].filter(Boolean).join(" ") || user.id }));
  } catch {
    return []; // suggestions are a help; whoever may not see people types a name
  }
}

function Ask({ title, confirm, close, children, done, more }: { title: string; confirm: string; close: () => void; children: ComponentChildren; done: () => void; more?: ComponentChildren }) {
  return (
    <Dialog title={title} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          close();
          done();
        }}
      >
        {children}
        <div class="row end">
          {more}
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function WhoDialog({ title, label, confirm, kind = "user", close, chosen, nobody }: { title: string; label: string; confirm: string; kind?: "user" | "group"; close: () => void; chosen: (id: string) => void; nobody?: () => void }) {
  const [who, setWho] = useState("");
  const more = nobody && (
    <Button look="quiet" onClick={() => (close(), nobody())}>
      Nobody
    </Button>
  );
  return (
    <Ask title={title} confirm={confirm} close={close} done={() => chosen(who.trim())} more={more}>
      <Who kind={kind} value={who} change={setWho} label={label} />
    </Ask>
  );
}

export function MomentDialog({ title, value, close, chosen, none }: { title: string; value: string | null; close: () => void; chosen: (at: string | null) => void; none: string }) {
  const now = new Date();
  const first = value ? new Date(value.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")) : at(dayStart(now, 1), 9);
  const [text, setText] = useState(local(first));
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const choose = (time: Date | null) => {
    close();
    chosen(time && serverDate(time));
  };
  const shortcuts: [string, Date][] = [
    ["In an hour", new Date(now.getTime() + 3_600_000)],
    ["Tonight", at(dayStart(now), 18)],
    ["Tomorrow", at(dayStart(now, 1), 9)],
    ["Next Monday", at(dayStart(now, ((8 - now.getDay()) % 7) || 7), 9)],
    ["In a week", at(dayStart(now, 7), 9)],
  ];
  return (
    <Ask title={title} confirm="Set" close={close} done={() => chosen(serverDate(new Date(text)))} more={<Button look="quiet" onClick={() => choose(null)}>{none}</Button>}>
      <div class="row">
        {shortcuts
          .filter(([, time]) => time > now)
          .map(([label, time]) => (
            <Button key={label} onClick={() => choose(time)}>
              {label}
            </Button>
          ))}
      </div>
      <Field label="Or at">
        <input ref={input} type="datetime-local" required value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </Field>
    </Ask>
  );
}

function at(day: Date, hour: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour);
}

/** As `<input type="datetime-local">` has it. */
function local(date: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function PriorityDialog({ title, value, close, chosen }: { title: string; value: number; close: () => void; chosen: (priority: number) => void }) {
  const [number, setNumber] = useState(String(value));
  return (
    <Ask title={title} confirm="Set" close={close} done={() => chosen(Number(number))}>
      <div class="row">
        {([["Low", 25], ["Normal", 50], ["High", 75], ["Urgent", 100]] as const).map(([label, priority]) => (
          <Button key={label} onClick={() => (close(), chosen(priority))}>
            {label}
          </Button>
        ))}
      </div>
      <Field label="Or a number" hint="The higher, the more important; 50 is normal">
        <input type="number" step="1" min="-2147483647" max="2147483647" required value={number} onInput={(event) => setNumber(event.currentTarget.value)} />
      </Field>
    </Ask>
  );
}
