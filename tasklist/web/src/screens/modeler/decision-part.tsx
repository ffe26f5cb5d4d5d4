/** A file of decisions as it is drawn: the diagram of what requires what, and each decision as a table or an expression. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Button, Failure, Skeleton } from "../../components/basics";
import { tell } from "../../components/toasts";
import { dialect } from "../../diagram/dialect";
import { theme } from "../../diagram/theme";
import type { DecisionEditor, View } from "./decisions";
import { PAUSE_MS, type Given } from "./parts";

const WORDS: Record<View["type"], string> = { drd: "Diagram", decisionTable: "Table", literalExpression: "Expression", boxedExpression: "Function" };

export function DecisionPart({ name, text, problems, hidden, changed, stepped, ready, toText }: Given & { toText: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLElement>(null);
  const editor = useRef<DecisionEditor | null>(null);
  const now = useRef(text);
  const at = useRef<string>();
  const latest = useRef({ changed, stepped, ready, problems });
  latest.current = { changed, stepped, ready, problems };
  const [views, setViews] = useState<readonly View[]>([]);
  const [active, setActive] = useState<View>();
  const [drawn, setDrawn] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const colours = theme.value;

  useEffect(() => {
    let gone = false;
    let timer = 0;
    let made: DecisionEditor | null = null;
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
      const { DecisionEditor: Made } = await import("./decisions");
      if (gone || !place.current || !panel.current) return;
      const opened = new Made(place.current, panel.current, dialect(now.current), {
        views: (all, one) => {
          if (gone) return;
          at.current = one?.id;
          setViews(all);
          setActive(one);
        },
        changed: () => {
          window.clearTimeout(timer);
          timer = window.setTimeout(() => void write(), PAUSE_MS);
        },
        stepped: (history) => !gone && latest.current.stepped(history),
      });
      made = editor.current = opened;
      const [warning] = await opened.open(now.current, at.current);
      if (gone) return;
      if (warning) tell(`${name}: ${warning}`, { tone: "bad" });
      opened.remark(latest.current.problems);
      latest.current.ready({ text: write, undo: () => opened.undo(), redo: () => opened.redo(), show: (problem) => opened.show(problem) });
      setDrawn(true);
    };
    setFailure(null);
    open().catch((problem: unknown) => !gone && setFailure(problem instanceof Error ? problem : new Error(String(problem))));
    return () => {
      gone = true;
      latest.current.ready(null);
      void write().finally(() => made?.close());
      editor.current = null;
    };
    // a change of theme draws anew, from the text as it is then
  }, [colours]);

  useEffect(() => {
    if (!hidden) editor.current?.fit();
  }, [hidden]);
  useEffect(() => editor.current?.remark(problems), [problems]);

  return (
    <>
      <div class="modeler-canvas modeler-decisions" hidden={hidden} aria-label={`Decisions ${name}`} role="group">
        {failure && (
          <div class="modeler-failure">
            <Failure error={new Error(`This file cannot be drawn. ${failure.message}`)} />
            <Button onClick={toText}>Show the XML</Button>
          </div>
        )}
        {!failure && !drawn && <Skeleton />}
        {!failure && views.length > 1 && (
          <div class="decision-views" role="group" aria-label="Views">
            {views.map((view) => (
              <button key={view.id} type="button" aria-pressed={view.id === active?.id} onClick={() => view.id !== active?.id && void editor.current?.go(view)}>
                <span class="cut" dir="auto">
                  {view.type === "drd" ? WORDS.drd : view.name || view.id}
                </span>
                {view.type !== "drd" && <span class="muted small">{WORDS[view.type]}</span>}
              </button>
            ))}
          </div>
        )}
        <div class="modeler-drawing" ref={place} hidden={failure !== null} />
      </div>
      <aside class="modeler-panel" ref={panel} aria-label="Properties" hidden={hidden || failure !== null || active?.type !== "drd"} />
    </>
  );
}
