/** A file as it is drawn, of a process or of decisions: drawn anew in other colours, and written when it rests. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, Failure, Skeleton } from "../../components/basics";
import { tell } from "../../components/toasts";
import { theme } from "../../diagram/theme";
import type { Canvas } from "./canvas";
import type { Found, Given, History } from "./parts";

/** What draws one file, and changes it. */
export interface Drawing {
  /** Draws the file; gives what is odd about it. Throws for what cannot be drawn. */
  open(text: string): Promise<readonly string[]>;
  /** The file as it is drawn. */
  text(): Promise<string>;
  undo(): void;
  redo(): void;
  /** Leads to what a problem is about; false if it is not here. */
  show(problem: Found): boolean;
  /** Marks what something is said about. */
  remark(problems: readonly Found[]): void;
  /** Shows the whole diagram, where it is one; for what was drawn while it was hidden too. */
  fit(): void;
  close(): void;
  canvas?: Canvas;
}

/** What a drawing tells. */
export interface Listener {
  changed(): void;
  stepped(history: History): void;
}

/** Makes the drawing of a text in two places of the page. */
export type Make = (place: HTMLElement, panel: HTMLElement, text: string, listener: Listener) => Drawing;

interface DrawnPartProps extends Given {
  toText: () => void;
  /** What a screen reader calls it. */
  label: string;
  /** A class of its own. */
  look?: string;
  /** Loads what draws, which is much. */
  load: () => Promise<Make>;
  /** Its properties are not shown now. */
  plain?: boolean;
  /** What stands above it. */
  children?: ComponentChildren;
}

/** How long a drawing must rest before its text is made: that of a big one takes a while. */
const PAUSE_MS = 300;

export function DrawnPart({ name, text, problems, hidden, changed, stepped, ready, toText, label, look, load, plain, children }: DrawnPartProps) {
  const place = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const now = useRef(text);
  const latest = useRef({ changed, stepped, ready, problems, hidden });
  latest.current = { changed, stepped, ready, problems, hidden };
  const [drawn, setDrawn] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const colours = theme.value;

  useEffect(() => {
    let gone = false;
    let timer = 0;
    let made: Drawing | null = null;
    const write = async (): Promise<string> => {
      window.clearTimeout(timer);
      if (timer && made) {
        timer = 0;
        now.current = await made.text();
        latest.current.changed(now.current);
      }
      return now.current;
    };
    const open = async () => {
      const make = await load();
      if (gone || !place.current || !panel.current) return;
      const opened = make(place.current, panel.current, now.current, {
        changed: () => {
          window.clearTimeout(timer);
          timer = window.setTimeout(() => void write(), PAUSE_MS);
        },
        stepped: (history) => !gone && latest.current.stepped(history),
      });
      made = opened;
      const [warning] = await opened.open(now.current);
      if (gone) return;
      drawing.current = opened;
      if (warning) tell(`${name}: ${warning}`, { tone: "bad" });
      if (!latest.current.hidden) opened.fit();
      opened.remark(latest.current.problems);
      latest.current.ready({ text: write, undo: () => opened.undo(), redo: () => opened.redo(), show: (problem) => opened.show(problem), canvas: opened.canvas });
      setDrawn(true);
    };
    setFailure(null);
    open().catch((problem: unknown) => !gone && setFailure(problem instanceof Error ? problem : new Error(String(problem))));
    return () => {
      gone = true;
      latest.current.ready(null);
      void write().finally(() => made?.close());
      drawing.current = null;
    };
    // a change of theme draws anew, from the text as it is then
  }, [colours]);

  useEffect(() => {
    if (!hidden) drawing.current?.fit();
  }, [hidden]);
  useEffect(() => drawing.current?.remark(problems), [problems]);

  return (
    <>
      <div class={look ? `modeler-canvas ${look}` : "modeler-canvas"} hidden={hidden} aria-label={label} role="group">
        {failure && <Unshown error={`This file cannot be drawn. ${failure.message}`} word="XML" toText={toText} />}
        {!failure && !drawn && <Skeleton />}
        {!failure && children}
        <div class="modeler-drawing" ref={place} hidden={failure !== null} />
      </div>
      <aside class="modeler-panel" ref={panel} aria-label="Properties" hidden={hidden || failure !== null || plain} />
    </>
  );
}

/** Stands in the place of what cannot be shown, and leads to its text. */
export function Unshown({ error, word, toText }: { error: string; word: string; toText: () => void }) {
  return (
    <div class="modeler-failure">
      <Failure error={new Error(error)} />
      <Button onClick={toText}>Show the {word}</Button>
    </div>
  );
}
