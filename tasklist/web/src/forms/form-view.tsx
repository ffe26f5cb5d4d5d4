/** A form of form-js with its data; says what it was filled in with, and shows what the server thinks of it. */

import type { Form } from "@bpmn-io/form-js";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure, Skeleton } from "../components/basics";
import { filesOf } from "../dropped";

export type FormData = Record<string, unknown>;

/** What a form was filled in with; files by the texts that stand for them in the data. */
export interface Filled {
  data: FormData;
  files: Map<string, File[]>;
}

/** What can be done with a form that is shown. */
export interface FormHandle {
  /** Judges the form; what is right is given to `submit`. */
  submit: () => void;
  /** Puts messages of the server at their fields; gives those that no field takes. */
  complain: (problems: Record<string, string[]>) => string[];
  focus: () => void;
}

interface FormField {
  id: string;
  key?: string;
  path?: string;
  _path?: string[];
}

interface Inside {
  _getState(): { data: FormData; errors: Record<string, unknown> };
  _setState(state: { errors: Record<string, unknown> }): void;
}

export function FormView({
  schema,
  data,
  readonly,
  changed,
  submit,
  ready,
}: {
  schema: object;
  data: FormData;
  readonly: boolean;
  /** Is told the data after every change by a person. */
  changed?: (data: FormData) => void;
  /** Is told what the form was filled in with, or how many fields are wrong. */
  submit: (filled: Filled | null, wrong: number) => void;
  ready?: (handle: FormHandle | null) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const [shown, setShown] = useState(false);
  const [form, setForm] = useState<Form | null>(null);
  const latest = useRef({ changed, submit, ready });
  latest.current = { changed, submit, ready };
  const wanted = useRef(readonly);
  wanted.current = readonly;
  const applied = useRef(readonly);

  useEffect(() => {
    let gone = false;
    let made: Form | null = null;
    setShown(false);
    void import("./form-js")
      .then(async ({ Form: Viewer }) => {
        if (gone || !place.current) return;
        // Without a pause after each letter: whoever types and presses Ctrl Enter at once means all that they typed.
        made = new Viewer({ container: place.current, debounce: false } as never);
        const opened = made;
        await opened.importSchema(schema as never, data as never);
        if (gone) return;
        opened.setProperty("readOnly" as never, wanted.current);
        applied.current = wanted.current;
        let before = JSON.stringify((opened as unknown as Inside)._getState().data);
        opened.on("changed", (event: unknown) => {
          const { data: now } = event as { data: FormData };
          const text = JSON.stringify(now);
          if (text === before) return; // it was looked at, or its fields were judged
          before = text;
          latest.current.changed?.(now);
        });
        opened.on("submit", (event: unknown) => {
          const { errors, ...filled } = event as Filled & { errors: Record<string, unknown> };
          const wrong = Object.keys(errors).length;
          if (wrong) focusWrong(place.current);
          latest.current.submit(wrong ? null : filled, wrong);
        });
        setForm(opened);
        setShown(true);
        latest.current.ready?.(handleOf(opened, place.current));
      })
      .catch((reason: unknown) => !gone && setProblem(reason instanceof Error ? reason : new Error(String(reason))));
    return () => {
      gone = true;
      latest.current.ready?.(null);
      made?.destroy();
    };
  }, [schema, data]);

  useEffect(() => {
    if (!shown || applied.current === readonly) return;
    applied.current = readonly;
    form?.setProperty("readOnly" as never, readonly);
  }, [readonly, form, shown]);

  if (problem) return <Failure error={new Error(`The form cannot be shown. ${problem.message}`)} />;
  return (
    <>
      {!shown && <Skeleton />}
      <div
        class="form-view"
        ref={place}
        hidden={!shown}
        onDragOver={(event) => pickerAt(event) && event.preventDefault()}
        onDrop={(event) => {
          const picker = pickerAt(event);
          if (!picker) return;
          event.preventDefault();
          give(picker, filesOf(event));
        }}
      />
    </>
  );
}

/** The field for files that an event is about, if files can be put there. */
function pickerAt(event: DragEvent): HTMLInputElement | null {
  const field = event.target instanceof Element ? event.target.closest(".fjs-form-field-filepicker") : null;
  return field?.querySelector<HTMLInputElement>("input[type=file]:not([disabled])") ?? null;
}

/** Puts files into a field as if they had been chosen there. */
function give(picker: HTMLInputElement, files: readonly File[]): void {
  const given = new DataTransfer();
  for (const file of picker.multiple ? files : files.slice(0, 1)) given.items.add(file);
  picker.files = given.files;
  picker.dispatchEvent(new Event("change", { bubbles: true }));
}

function handleOf(form: Form, place: HTMLElement | null): FormHandle {
  const inside = form as unknown as Inside;
  return {
    submit: () => void form.submit(),
    complain: (problems) => {
      const fields = form.get<{ getAll(): FormField[] }>("formFieldRegistry").getAll();
      const errors: Record<string, unknown> = {};
      const rest: string[] = [];
      for (const [name, messages] of Object.entries(problems)) {
        const field = fields.find((one) => one.key === name || one._path?.join(".") === name);
        if (field) errors[field.id] = messages;
        else rest.push(...messages.map((message) => `${name}: ${message}`));
      }
      inside._setState({ errors });
      window.setTimeout(() => focusWrong(place));
      return rest;
    },
    focus: () => place?.querySelector<HTMLElement>("input:not([disabled]), select, textarea, [tabindex='0']")?.focus(),
  };
}

function focusWrong(place: HTMLElement | null): void {
  window.setTimeout(() => place?.querySelector<HTMLElement>("[aria-invalid='true'], .fjs-has-errors input")?.focus());
}

/** The body of a request with what a form was filled in with: JSON, or in parts where there are files. */
export function bodyOf(filled: Filled, businessKey?: string): { json: unknown } | { body: FormDataParts } {
  const json = { data: filled.data, ...(businessKey ? { businessKey } : {}) };
  if (![...filled.files.values()].some((files) => files.length)) return { json };
  const parts = new window.FormData();
  parts.set("data", JSON.stringify(filled.data));
  if (businessKey) parts.set("businessKey", businessKey);
  for (const [key, files] of filled.files) for (const file of files) parts.append(key, file, file.name);
  return { body: parts };
}

type FormDataParts = InstanceType<typeof window.FormData>;
