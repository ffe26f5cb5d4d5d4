/** The ways in which one file is shown and changed: as a diagram, as a form, as text. */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { OwnSchemas } from "../../api/client";
import { Button, Failure, Skeleton } from "../../components/basics";
import { tell } from "../../components/toasts";
import { dialect } from "../../diagram/dialect";
import { theme } from "../../diagram/theme";
import type { Canvas, Element } from "./canvas";
import type { FormEditor } from "./form-editor";
import type { TextField } from "./text";

export type Found = OwnSchemas["FoundProblem"];

/** What can be done with a part while it is shown. */
export interface Part {
  /** The file as it is now. */
  text: () => Promise<string>;
  undo: () => void;
  redo: () => void;
  /** Leads to what a problem is about; false if it is not here. */
  show: (problem: Found) => boolean;
  /** The diagram, where it is one. */
  canvas?: Canvas;
}

export interface History {
  undo: boolean;
  redo: boolean;
}

export interface Given {
  name: string;
  text: string;
  problems: readonly Found[];
  hidden: boolean;
  changed: (text: string) => void;
  stepped: (history: History) => void;
  ready: (part: Part | null) => void;
}

/** How long a drawing must rest before its text is made: that of a big one takes a while. */
export const PAUSE_MS = 300;

interface Stack {
  canUndo(): boolean;
  canRedo(): boolean;
  undo(): void;
  redo(): void;
}

export function DiagramPart({ name, text, problems, hidden, changed, stepped, ready, toText }: Given & { toText: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLElement>(null);
  const canvas = useRef<Canvas | null>(null);
  const now = useRef(text);
  const latest = useRef({ changed, stepped, ready });
  latest.current = { changed, stepped, ready };
  const shown = useRef(!hidden);
  const [drawn, setDrawn] = useState(0);
  const [failure, setFailure] = useState<Error | null>(null);
  const colours = theme.value;

  useEffect(() => {
    let gone = false;
    let timer = 0;
    let made: Canvas | null = null;
    const write = async (): Promise<string> => {
      window.clearTimeout(timer);
      if (timer && made) {
        timer = 0;
        now.current = (await made.saveXML({ format: true })).xml ?? now.current;
        latest.current.changed(now.current);
      }
      return now.current;
    };
    const open = async () => {
      const [{ createCanvas, fit, judge, select }, { withDiagram }] = await Promise.all([import("./canvas"), import("../../diagram/automatic")]);
      if (gone || !place.current || !panel.current) return;
      await judge(now.current);
      if (gone || !place.current || !panel.current) return;
      const opened = createCanvas(place.current, panel.current, dialect(now.current));
      made = canvas.current = opened;
      const { warnings } = await opened.importXML(withDiagram(now.current));
      if (gone) return;
      if (warnings.length) tell(`${name}: ${String((warnings[0] as unknown as Error).message)}`, { tone: "bad" });
      if (shown.current) fit(opened);
      const stack = opened.get<Stack>("commandStack");
      opened.on("commandStack.changed", () => {
        latest.current.stepped({ undo: stack.canUndo(), redo: stack.canRedo() });
        window.clearTimeout(timer);
        timer = window.setTimeout(() => void write(), PAUSE_MS);
      });
      latest.current.ready({
        text: write,
        undo: () => stack.undo(),
        redo: () => stack.redo(),
        show: (problem) => problem.elementIds.some((id) => select(opened, id)),
        canvas: opened,
      });
      setDrawn((count) => count + 1);
    };
    setFailure(null);
    open().catch((problem: unknown) => !gone && setFailure(problem instanceof Error ? problem : new Error(String(problem))));
    return () => {
      gone = true;
      latest.current.ready(null);
      void write().finally(() => made?.destroy());
      canvas.current = null;
    };
    // a change of theme draws anew, from the text as it is then
  }, [colours]);

  useEffect(() => {
    shown.current = !hidden;
    if (!hidden && canvas.current) void import("./canvas").then(({ fitOnce }) => canvas.current && fitOnce(canvas.current));
  }, [hidden]);
  useEffect(() => {
    if (drawn && canvas.current) mark(canvas.current, problems);
  }, [problems, drawn]);

  return (
    <>
      <div class="modeler-canvas" hidden={hidden} aria-label={`Diagram ${name}`} role="group">
        {failure && (
          <div class="modeler-failure">
            <Failure error={new Error(`This file cannot be drawn. ${failure.message}`)} />
            <Button onClick={toText}>Show the XML</Button>
          </div>
        )}
        {!failure && !drawn && <Skeleton />}
        <div class="modeler-drawing" ref={place} hidden={failure !== null} />
      </div>
      <aside class="modeler-panel" ref={panel} aria-label="Properties" hidden={hidden || failure !== null} />
    </>
  );
}

export function FormPart({ name, text, hidden, changed, stepped, ready, toText }: Given & { toText: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const now = useRef(text);
  const latest = useRef({ changed, stepped, ready });
  latest.current = { changed, stepped, ready };
  const [shown, setShown] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);

  useEffect(() => {
    let gone = false;
    let made: FormEditor | null = null;
    const open = async () => {
      const { createFormEditor } = await import("./form-editor");
      if (gone || !place.current) return;
      const opened = createFormEditor(place.current);
      made = opened;
      await opened.importSchema(JSON.parse(now.current));
      if (gone) return;
      const stack = opened.get<Stack>("commandStack");
      opened.on("commandStack.changed", () => {
        latest.current.stepped({ undo: stack.canUndo(), redo: stack.canRedo() });
        now.current = JSON.stringify(opened.saveSchema(), null, 2);
        latest.current.changed(now.current);
      });
      latest.current.ready({
        text: () => Promise.resolve(now.current),
        undo: () => stack.undo(),
        redo: () => stack.redo(),
        show: () => false,
      });
      setShown(true);
    };
    open().catch((problem: unknown) => !gone && setFailure(problem instanceof Error ? problem : new Error(String(problem))));
    return () => {
      gone = true;
      latest.current.ready(null);
      made?.destroy();
    };
  }, []);

  return (
    <div class="modeler-form" hidden={hidden} role="group" aria-label={`Form ${name}`}>
      {failure && (
        <div class="modeler-failure">
          <Failure error={new Error(`This file cannot be shown as a form. ${failure.message}`)} />
          <Button onClick={toText}>Show the JSON</Button>
        </div>
      )}
      {!failure && !shown && <Skeleton />}
      <div class="modeler-form-editor" ref={place} hidden={failure !== null} />
    </div>
  );
}

export function TextPart({ name, text, problems, hidden, changed, ready, wanted }: Omit<Given, "stepped"> & { wanted: RefObject<number> }) {
  const place = useRef<HTMLDivElement>(null);
  const field = useRef<TextField | null>(null);
  const now = useRef(text);
  const latest = useRef({ changed, ready, problems });
  latest.current = { changed, ready, problems };
  const [failure, setFailure] = useState<Error | null>(null);

  useEffect(() => {
    let gone = false;
    import("./text")
      .then(({ TextField: Made }) => {
        if (gone || !place.current) return;
        const made = new Made(place.current, `Text of ${name}`, name, now.current, (changedText) => {
          now.current = changedText;
          latest.current.changed(changedText);
        });
        field.current = made;
        made.remark(latest.current.problems);
        if (wanted.current) made.goTo(wanted.current);
        wanted.current = 0;
        latest.current.ready({
          text: () => Promise.resolve(now.current),
          undo: () => made.undo(),
          redo: () => made.redo(),
          show: ({ line }) => (line > 0 && made.goTo(line), line > 0),
        });
      })
      .catch((problem: unknown) => !gone && setFailure(problem instanceof Error ? problem : new Error(String(problem))));
    return () => {
      gone = true;
      latest.current.ready(null);
      field.current?.close();
      field.current = null;
    };
  }, []);
  useEffect(() => field.current?.remark(problems), [problems]);

  return (
    <div class="modeler-text" hidden={hidden}>
      {failure && <Failure error={failure} />}
      <div class="modeler-text-field" ref={place} />
    </div>
  );
}

/** Puts a mark beside every element that something is said about. */
function mark(canvas: Canvas, problems: readonly Found[]): void {
  const overlays = canvas.get<{ add(id: string, type: string, what: object): void; remove(which: object): void }>("overlays");
  const registry = canvas.get<{ get(id: string): Element | undefined }>("elementRegistry");
  overlays.remove({ type: "problem" });
  const told = new Map<string, { error: boolean; messages: string[] }>();
  for (const problem of problems) {
    const id = problem.elementIds.find((one) => registry.get(one));
    if (!id) continue;
    const known = told.get(id) ?? { error: false, messages: [] };
    known.error ||= problem.severity === "error";
    known.messages.push(problem.message);
    told.set(id, known);
  }
  for (const [id, { error, messages }] of told) {
    const html = document.createElement("span");
    html.className = error ? "problem-mark error" : "problem-mark";
    html.textContent = error ? "✕" : "!";
    html.title = messages.join("\n");
    overlays.add(id, "problem", { position: { top: -10, right: 10 }, html });
  }
}
