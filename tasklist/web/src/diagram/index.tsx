/** A BPMN diagram with what goes on in it: tokens, incidents, the way that was taken, heat; and the same as a table. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { Download, List, Maximize, ZoomIn, ZoomOut } from "lucide-preact";
import { Button, Failure, Skeleton } from "../components/basics";
import { Menu } from "../components/menu";
import { attempt } from "../components/toasts";
import { save } from "../save";
import type { Drawing } from "./drawing";
import type { Badges, Heat, Mark } from "./marks";
import { kindWords, readModel, type Model } from "./model";
import { theme } from "./theme";
import "./diagram.css";

export type { Badges, Heat, Mark };

export interface DiagramProps {
  xml: string;
  /** What the diagram shows, for those who do not see it: "Diagram of Invoice". */
  label: string;
  /** The id of the process, if the file has several. */
  process?: string | null;
  badges?: Readonly<Record<string, Badges>>;
  marks?: Readonly<Record<string, Mark>>;
  heat?: Readonly<Record<string, Heat>> | null;
  chosen?: string | null;
  /** An element was clicked; null for the ground. */
  onElement?: (id: string | null) => void;
  /** The call activities that can be opened, and what opens them. */
  calls?: readonly string[];
  onCall?: (id: string) => void;
  /** What exported files are called, without ending. */
  fileName?: string;
  /** More buttons before those of the diagram. */
  children?: ComponentChildren;
}

const NONE = {};
const NO_CALLS: readonly string[] = [];

export function Diagram(props: DiagramProps) {
  const { xml, label, process, badges = NONE, marks = NONE, heat = null, chosen = null, calls = NO_CALLS, fileName = "diagram" } = props;
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const active = useRef(false);
  const [state, setState] = useState<"loading" | "drawn" | Error>("loading");
  const [listed, setListed] = useState(false);
  const colours = theme.value;
  const shown = useMemo(() => ({ badges, marks, heat, chosen, calls: new Set(calls) }), [badges, marks, heat, chosen, calls]);
  const current = useRef(shown);
  current.current = shown;

  useEffect(() => {
    let gone = false;
    setState("loading");
    const element = place.current;
    if (!element) return;
    let mine: Drawing | null = null;
    import("./drawing")
      .then(async ({ Drawing: Draw }) => {
        if (gone) return;
        mine = new Draw(element, {
          element: (id) => latest.current.onElement?.(id),
          call: (id) => latest.current.onCall?.(id),
        });
        drawing.current = mine;
        await mine.open(xml, process);
        if (gone) return;
        mine.show(current.current);
        setState("drawn");
      })
      .catch((problem: unknown) => !gone && setState(problem instanceof Error ? problem : new Error(String(problem))));
    return () => {
      gone = true;
      mine?.close();
      if (drawing.current === mine) drawing.current = null;
    };
  }, [xml, process, colours]);

  useEffect(() => drawing.current?.show(shown), [shown]);

  // The wheel scrolls the page until the diagram has been clicked into; with Ctrl it always zooms.
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const keep = (event: WheelEvent) => {
      if (!active.current && !event.ctrlKey && !event.metaKey) event.stopPropagation();
    };
    element.addEventListener("wheel", keep, { capture: true });
    return () => element.removeEventListener("wheel", keep, { capture: true });
  }, []);

  const press = (event: KeyboardEvent) => {
    const draw = drawing.current;
    if (!draw || event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 200 : 50;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => draw.pan(far, 0),
      ArrowRight: () => draw.pan(-far, 0),
      ArrowUp: () => draw.pan(0, far),
      ArrowDown: () => draw.pan(0, -far),
      "+": () => draw.zoom(1),
      "-": () => draw.zoom(-1),
      "0": () => draw.fit(),
      Escape: () => latest.current.onElement?.(null),
    };
    const action = actions[event.key];
    if (!action || event.target !== event.currentTarget) return;
    event.preventDefault();
    action();
  };

  return (
    <div class="diagram">
      <div class="diagram-tools" role="toolbar" aria-label="Diagram">
        {props.children}
        <Button look="quiet" icon={List} aria-label="Elements as a list" title="Elements as a list" aria-pressed={listed} onClick={() => setListed(!listed)} />
        <Button look="quiet" icon={ZoomOut} aria-label="Smaller" title="Smaller (-)" disabled={listed} onClick={() => drawing.current?.zoom(-1)} />
        <Button look="quiet" icon={ZoomIn} aria-label="Larger" title="Larger (+)" disabled={listed} onClick={() => drawing.current?.zoom(1)} />
        <Button look="quiet" icon={Maximize} aria-label="Whole diagram" title="Whole diagram (0)" disabled={listed} onClick={() => drawing.current?.fit()} />
        <Menu
          label="Save the diagram"
          icon={Download}
          actions={[
            { label: "As SVG", run: () => void attempt(async () => save(`${fileName}.svg`, new Blob([(await drawing.current?.svg()) ?? ""], { type: "image/svg+xml" }))) },
            { label: "As PNG", run: () => void attempt(async () => drawing.current && save(`${fileName}.png`, await drawing.current.png())) },
            { label: "As BPMN", run: () => save(`${fileName}.bpmn`, new Blob([xml], { type: "application/xml" })) },
          ]}
        />
      </div>
      {state === "loading" && !listed && <Skeleton lines={3} />}
      {state instanceof Error && <Failure error={state} />}
      <div
        ref={place}
        class="diagram-canvas"
        role="group"
        aria-label={`${label}. Arrow keys move it, plus and minus zoom; the list button shows the same as a table.`}
        tabIndex={0}
        hidden={listed || state instanceof Error}
        onKeyDown={press}
        onPointerDown={() => (active.current = true)}
        onPointerLeave={() => (active.current = false)}
      />
      {listed && <ElementTable {...props} />}
    </div>
  );
}

/** The elements of the diagram as rows, with the same numbers; for screen readers, and for those who prefer to read. */
function ElementTable({ xml, label, process, badges = NONE, heat, chosen, onElement, calls = NO_CALLS, onCall }: DiagramProps) {
  const model = useMemo<Model | Error>(() => {
    try {
      return readModel(xml, process);
    } catch (problem) {
      return problem instanceof Error ? problem : new Error(String(problem));
    }
  }, [xml, process]);
  if (model instanceof Error) return <Failure error={model} />;
  const number = (count: number | undefined) => count || "";
  const paired = Object.values(badges).some((one) => one.pair);
  return (
    <div class="diagram-list scroll-x" tabIndex={0} role="group" aria-label={`${label} as a table`}>
      <table class="table">
        <thead>
          <tr>
            <th>Element</th>
            <th>Kind</th>
            <th class="number">Waiting</th>
            <th class="number">Incidents</th>
            <th class="number">Finished</th>
            {heat && <th class="number">Heat</th>}
            {paired && <th class="number">Pair</th>}
          </tr>
        </thead>
        <tbody>
          {[...model.elements.values()].map((element) => {
            const count: Badges = badges[element.id] ?? NONE;
            return (
              <tr key={element.id} aria-current={element.id === chosen || undefined}>
                <td>
                  {onElement ? (
                    <button type="button" class="link" aria-pressed={element.id === chosen} onClick={() => onElement(element.id === chosen ? null : element.id)}>
                      {element.name}
                    </button>
                  ) : (
                    element.name
                  )}
                  {onCall && calls.includes(element.id) && (
                    <>
                      {" "}
                      <Button look="quiet" onClick={() => onCall(element.id)}>
                        Open what it calls
                      </Button>
                    </>
                  )}
                </td>
                <td class="muted">{kindWords(element)}</td>
                <td class="number">{number(count.tokens)}</td>
                <td class="number">{number(count.incidents)}</td>
                <td class="number">{number(count.finished)}</td>
                {heat && <td class="number">{heat[element.id]?.text}</td>}
                {paired && <td class="number">{number(count.pair)}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
