/** A file of decisions as it is drawn: the diagram of what requires what, and each decision as a table or an expression. */

import { useRef, useState } from "preact/hooks";
import { dialect } from "../../diagram/dialect";
import type { DecisionEditor, View } from "./decisions";
import { DrawnPart, type Make } from "./drawing";
import type { Given } from "./parts";

const WORDS: Record<View["type"], string> = { drd: "Diagram", decisionTable: "Table", literalExpression: "Expression", boxedExpression: "Function" };

export function DecisionPart(given: Given & { toText: () => void }) {
  const editor = useRef<DecisionEditor | null>(null);
  const at = useRef<string>();
  const [views, setViews] = useState<readonly View[]>([]);
  const [active, setActive] = useState<View>();
  const load = async (): Promise<Make> => {
    const { DecisionEditor: Made } = await import("./decisions");
    return (place, panel, text, listener) => {
      const made = new Made(place, panel, dialect(text), at.current, {
        ...listener,
        views: (all, one) => {
          if (editor.current !== made) return; // it was drawn anew meanwhile
          at.current = one?.id;
          setViews(all);
          setActive(one);
        },
      });
      editor.current = made;
      return made;
    };
  };
  return (
    <DrawnPart {...given} label={`Decisions ${given.name}`} look="modeler-decisions" load={load} plain={active?.type !== "drd"}>
      {views.length > 1 && (
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
    </DrawnPart>
  );
}
