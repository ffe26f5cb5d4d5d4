/** A text in which people are named by `@`: whom one may see is offered while one types. */

import type { RefObject } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { get, type Schemas } from "../../api/client";
import { Avatar } from "../../components/basics";
import { containing } from "../../like";
import { personName } from "../../session";

type Person = Schemas["User"];

const SHOWN = 6;
const PAUSE_MS = 150;
/** What is typed of a name, at the place where one writes. */
const BEGUN = /(?:^|[\s(])@([^\s@]{0,50})$/;

interface Given {
  label: string;
  hint: string;
  field: RefObject<HTMLTextAreaElement>;
  value: string;
  change: (text: string) => void;
  send: () => void;
}

export function TextWithPeople({ label, hint, field, value, change, send }: Given) {
  const [begun, begin] = useState<string | null>(null);
  const [found, find] = useState<readonly Person[]>([]);
  const [chosen, mark] = useState<string | null>(null);
  const list = useId();
  const open = begun !== null && found.length > 0;
  // Who is chosen stays so when those who were asked for last come in late.
  const at = Math.max(0, found.findIndex((person) => person.id === chosen));

  useEffect(() => {
    if (begun === null) {
      mark(null);
      return find([]);
    }
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      void named(begun, stop.signal).then((people) => {
        if (!stop.signal.aborted) find(people);
      });
    }, PAUSE_MS);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [begun]);

  const look = (text: HTMLTextAreaElement) => begin(BEGUN.exec(text.value.slice(0, text.selectionEnd))?.[1] ?? null);
  const choose = (person: Person | undefined) => {
    const text = field.current;
    if (!text || !person || begun === null) return;
    const end = text.selectionEnd;
    const before = `${value.slice(0, end - begun.length)}${person.id} `;
    change(before + value.slice(end));
    begin(null);
    requestAnimationFrame(() => {
      text.focus();
      text.setSelectionRange(before.length, before.length);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      send();
      return;
    }
    if (!open) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) mark(found[(at + step + found.length) % found.length]!.id ?? null);
    else if (event.key === "Enter" || event.key === "Tab") choose(found[at]);
    else if (event.key === "Escape") begin(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="field with-people">
      <label class="field-label" for={`${list}-text`}>
        {label}
      </label>
      <textarea
        id={`${list}-text`}
        aria-describedby={`${list}-hint`}
        ref={field}
        rows={3}
        value={value}
        maxLength={4000}
        aria-autocomplete="list"
        aria-controls={open ? list : undefined}
        aria-activedescendant={open ? `${list}-${at}` : undefined}
        onInput={(event) => {
          change(event.currentTarget.value);
          look(event.currentTarget);
        }}
        onClick={(event) => look(event.currentTarget)}
        onBlur={() => begin(null)}
        onKeyDown={onKeyDown}
      />
      {open && (
        <ul class="people" id={list} role="listbox" aria-label="People">
          {found.map((person, index) => (
            <li
              key={person.id}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === at}
              // Before the text loses the focus.
              onMouseDown={(event) => {
                event.preventDefault();
                choose(person);
              }}
            >
              <Avatar name={personName(person)} />
              <span>
                {personName(person)} <span class="muted">{person.id}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      <span class="field-hint" id={`${list}-hint`}>
        {hint}
      </span>
    </div>
  );
}

async function named(text: string, signal: AbortSignal): Promise<Person[]> {
  const like = containing(text);
  try {
    return await get<Person[]>("/user", { nameOrIdLike: like, maxResults: SHOWN }, { signal });
  } catch {
    return []; // it is a help; whoever may not see people writes their ids
  }
}
