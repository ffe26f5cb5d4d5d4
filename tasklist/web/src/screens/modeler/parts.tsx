/** The ways in which one file is shown and changed: as a diagram, as a form, as text. */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { OwnSchemas } from "../../api/client";
import { Failure, Skeleton } from "../../components/basics";
import { dialect } from "../../diagram/dialect";
import type { Canvas } from "./canvas";
import { DrawnPart, Unshown, type Make } from "./drawing";
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

/** The steps that an editor of bpmn.io can take back. */
export interface Stack {
  canUndo(): boolean;
  canRedo(): boolean;
  undo(): void;
  redo(): void;
}

export function DiagramPart(given: Given & { toText: () => void }) {
  return <DrawnPart {...given} label={`Diagram ${given.name}`} load={loadDiagrams} />;
}

async function loadDiagrams(): Promise<Make> {
  const { DiagramEditor } = await import("./canvas");
  return (place, panel, text, listener) => new DiagramEditor(place, panel, dialect(text), listener);
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
      {failure && <Unshown error={`This file cannot be shown as a form. ${failure.message}`} word="JSON" toText={toText} />}
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
