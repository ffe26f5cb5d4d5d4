/** A project that is open: its files as tabs, what keeps them, and what is done with them. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ArrowLeft, ClipboardPlus, Code, Download, FilePlus, FileText, Grid2x2Plus, Image, ListChecks, Pencil, Redo2, Rocket, Table2, Trash2, Undo2, Workflow } from "lucide-preact";
import { ApiError, post, type OwnSchemas } from "../../api/client";
import { Button, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { attempt, tell, tellProblem } from "../../components/toasts";
import { dialect } from "../../diagram/dialect";
import { pngOf } from "../../diagram/picture";
import { filesOf } from "../../dropped";
import { useKeys } from "../../keys";
import { save } from "../../save";
import type { Element } from "./canvas";
import { DecisionPart } from "./decision-part";
import { Deploy } from "./deploy";
import { Keeper, readDraft, type Files, type Project } from "./drafts";
import { decisionIds, formId, freeName, kindOf, newForm, stem } from "./file";
import { NameDialog, readFiles } from "./home";
import { NewForm } from "./new-form";
import { DiagramPart, FormPart, TextPart, type Found, type History, type Part } from "./parts";
import { Problems } from "./problems";
import { decisionTable } from "./templates";

type Report = OwnSchemas["Report"];
type Asking = "file name" | "form" | "decision" | "deploy" | null;

const CHECK_MS = 700;
const NOTHING: readonly Found[] = [];

export function Editor({ project, restored, collided, created, reopen }: { project: Project; restored?: boolean; collided?: boolean; created: (id: string) => void; reopen: () => void }) {
  const keeper = useMemo(() => new Keeper(project, created), []);
  const now = useRef<Files>(project.files);
  const [files, setFiles] = useState<Files>(project.files);
  const [name, setName] = useState(project.name);
  const [active, setActive] = useState(() => Object.keys(project.files)[0] ?? "");
  const [textual, setTextual] = useState(() => kindOf(active) === "text");
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set([active]));
  /** How often a file was changed as a text: what is drawn of it begins anew then. */
  const [generations, setGenerations] = useState<Readonly<Record<string, number>>>({});
  const touched = useRef(new Set<string>());
  const parts = useRef(new Map<string, Part>());
  const line = useRef(0);
  const [steps, setSteps] = useState<Readonly<Record<string, History>>>({});
  const [report, setReport] = useState<Report | null>(null);
  const [listing, setListing] = useState(false);
  const [asking, ask] = useState<Asking>(null);
  const [places, setPlaces] = useState<readonly Element[]>([]);
  const [notice, setNotice] = useState(Boolean(restored));
  const checking = useRef({ timer: 0, number: 0 });
  const input = useRef<HTMLInputElement>(null);

  const check = useCallback(async (): Promise<Report> => {
    window.clearTimeout(checking.current.timer);
    const number = ++checking.current.number;
    const found = await post<Report>("/api/v1/model/check", { files: now.current });
    if (number === checking.current.number) setReport(found);
    return found;
  }, []);
  const checkSoon = () => {
    window.clearTimeout(checking.current.timer);
    checking.current.timer = window.setTimeout(() => void check().catch(quietly), CHECK_MS);
  };
  const set = (next: Files) => {
    now.current = next;
    setFiles(next);
    keeper.change(next);
    checkSoon();
  };
  const write = (file: string, text: string) => {
    if (now.current[file] === text || !(file in now.current)) return;
    set({ ...now.current, [file]: text });
  };

  useEffect(() => {
    if (collided) keeper.collide();
    else if (restored) keeper.change(now.current);
    void check().catch(quietly);
    const look = () => document.visibilityState === "visible" && void compare().catch(quietly);
    const compare = async () => {
      if (keeper.id === null || keeper.state.value !== "saved") return;
      const there = await readDraft(keeper.id);
      await settled();
      if (!keeper.isBehind(there.revision)) return;
      tell(`“${there.name}” was changed elsewhere. This is how it is now.`);
      reopen();
    };
    document.addEventListener("visibilitychange", look);
    window.addEventListener("focus", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("focus", look);
      window.clearTimeout(checking.current.timer);
      checking.current.number++;
      keeper.close();
    };
  }, []);

  const part = (): Part | undefined => parts.current.get(textual ? `text ${active}` : active);
  /** All files as they are now: what is still being drawn goes into its text first. */
  const settled = async (): Promise<Files> => {
    await part()?.text();
    return now.current;
  };
  const go = async (file: string, asText = kindOf(file) === "text") => {
    await settled();
    if (!asText && touched.current.delete(file)) setGenerations((known) => ({ ...known, [file]: (known[file] ?? 0) + 1 }));
    setActive(file);
    setTextual(asText);
    if (!asText) setOpened((known) => new Set([...known, file]));
  };
  const toggleText = () => kindOf(active) !== "text" && void go(active, !textual);
  const show = async (problem: Found) => {
    if (problem.file !== active) {
      line.current = problem.line;
      return go(problem.file, kindOf(problem.file) === "text" || problem.elementIds.length === 0);
    }
    if (part()?.show(problem)) return;
    line.current = problem.line;
    if (!textual) await go(active, true);
  };
  const add = (more: Files) => {
    const [first] = Object.keys(more);
    if (first === undefined) return;
    for (const file of Object.keys(more)) touched.current.add(file);
    set({ ...now.current, ...more });
    void go(first);
  };
  const bring = (chosen: readonly File[]) =>
    void attempt(async () => {
      const more = await readFiles(chosen);
      const known = Object.keys(more).filter((file) => file in now.current);
      if (known.length && (await confirm({ title: `Replace ${known.join(", ")}?`, text: "A file of that name is part of this draft already.", confirm: "Replace" })) === null) return;
      add(more);
    });
  const rename = (file: string, to: string) => {
    touched.current.add(to);
    set(Object.fromEntries(Object.entries(now.current).map(([known, text]) => [known === file ? to : known, text])));
    void go(to);
  };
  const take = async (file: string) => {
    const sure = await confirm({ title: `Delete ${file}?`, text: "It is taken out of this draft. What was deployed stays.", confirm: "Delete it", danger: true });
    if (sure === null) return;
    const rest = Object.fromEntries(Object.entries(now.current).filter(([known]) => known !== file));
    const [next] = Object.keys(rest);
    if (next === undefined) return;
    set(rest);
    setActive(next);
    setTextual(kindOf(next) === "text");
    setOpened((known) => new Set([...known, next]));
  };
  const model = Object.keys(files).find((file) => kindOf(file) === "bpmn");
  const canvasOfModel = () => (model === undefined ? undefined : parts.current.get(model)?.canvas);
  const askForForm = async () => {
    const canvas = canvasOfModel();
    setPlaces(canvas ? (await import("./canvas")).formPlaces(canvas) : []);
    ask("form");
  };
  const makeForm = async (title: string, id: string, place: Element | null) => {
    const platform = dialect(now.current[model ?? ""] ?? "");
    const canvas = canvasOfModel();
    if (canvas && place && model) {
      (await import("./canvas")).bindForm(canvas, place, id, platform);
      await parts.current.get(model)?.text();
    }
    add({ [freeName(now.current, `${id}.form`)]: newForm(id, title, platform) });
  };

  const askForDecision = async () => {
    const canvas = canvasOfModel();
    setPlaces(canvas ? (await import("./canvas")).decisionPlaces(canvas) : []);
    ask("decision");
  };
  const makeDecision = async (title: string, id: string, place: Element | null) => {
    const platform = dialect(now.current[model ?? ""] ?? "");
    const canvas = canvasOfModel();
    if (canvas && place && model) {
      (await import("./canvas")).bindDecision(canvas, place, id, "result", platform);
      await parts.current.get(model)?.text();
    }
    add({ [freeName(now.current, `${id}.dmn`)]: decisionTable(id, title, [["Input", "input", "string"]], ["Result", "result", "string"], [["-", '"result"']]) });
  };

  const saveNow = async () => {
    await settled();
    await keeper.save();
    if (keeper.state.value === "saved") tell("Saved", { tone: "good" });
  };
  const saveFile = async () => save(active, (await settled())[active] ?? "", kindOf(active) === "form" ? "application/json" : "application/xml");
  const savePicture = async (points: boolean) => {
    const drawn = parts.current.get(active)?.canvas;
    if (!drawn) return;
    const { svg } = await drawn.saveSVG();
    const ground = getComputedStyle(document.documentElement).getPropertyValue("--surface").trim();
    if (points) save(`${stem(active)}.png`, await pngOf(svg, ground));
    else save(`${stem(active)}.svg`, svg, "image/svg+xml");
  };
  const deploy = async () => {
    await settled();
    const found = await check();
    if (found.deployable) return ask("deploy");
    setListing(true);
    tell("Mend the errors first: with them the server refuses the model", { tone: "bad" });
  };
  const list = () => {
    setListing((known) => !known);
    void settled().then(check).catch(tellProblem);
  };

  useKeys("Modeler", [
    { keys: "$mod+s", does: "Save now", everywhere: true, run: () => void attempt(saveNow) },
    { keys: "$mod+Shift+s", does: "Save as a file", everywhere: true, run: () => void attempt(saveFile) },
    { keys: "$mod+Shift+d", does: "Deploy", everywhere: true, run: () => void attempt(deploy) },
    { keys: "$mod+Shift+l", does: "Show the problems", everywhere: true, run: list },
    { keys: "$mod+e", does: "Show the file as text, or as it is drawn", everywhere: true, run: toggleText },
  ]);

  const kind = kindOf(active);
  const history = textual ? { undo: true, redo: true } : (steps[active] ?? { undo: false, redo: false });
  const problemsOf = useMemo(() => {
    const found = new Map<string, Found[]>();
    for (const problem of report?.problems ?? []) found.set(problem.file, [...(found.get(problem.file) ?? []), problem]);
    return found;
  }, [report]);
  const errors = report?.problems.filter((one) => one.severity === "error").length ?? 0;
  const warnings = (report?.problems.length ?? 0) - errors;
  const names = Object.keys(files);

  return (
    <div
      class="modeler-editor"
      onDragOver={(event) => event.dataTransfer?.types.includes("Files") && event.preventDefault()}
      onDrop={(event) => {
        if (filesOf(event).length === 0) return;
        event.preventDefault();
        bring(filesOf(event));
      }}
    >
      <div class="modeler-bar" role="toolbar" aria-label="Draft">
        <a class="button quiet square" href="/modeler" aria-label="Your drafts" title="Your drafts">
          <ArrowLeft size={16} aria-hidden="true" />
        </a>
        <input
          class="filter-input modeler-name"
          aria-label="Name of the draft"
          value={name}
          maxLength={255}
          onInput={(event) => {
            setName(event.currentTarget.value);
            if (event.currentTarget.value.trim()) keeper.rename(event.currentTarget.value.trim());
          }}
        />
        <KeepingState keeper={keeper} />
        <span class="grow" />
        <Button look="quiet" icon={Undo2} aria-label="Undo" title="Undo" disabled={!history.undo} onClick={() => part()?.undo()} />
        <Button look="quiet" icon={Redo2} aria-label="Redo" title="Redo" disabled={!history.redo} onClick={() => part()?.redo()} />
        {kind !== "text" && (
          <Button icon={Code} aria-pressed={textual} title="Ctrl E" onClick={toggleText}>
            {kind === "form" ? "JSON" : "XML"}
          </Button>
        )}
        <Button icon={ListChecks} aria-pressed={listing} title="Ctrl Shift L" onClick={list}>
          {report === null ? "Check" : errors ? plural(errors, "error") : warnings ? plural(warnings, "warning") : "No problems"}
        </Button>
        <Menu
          label="Save"
          icon={Download}
          actions={[
            { label: "Save as a file", icon: Download, run: () => void attempt(saveFile) },
            kind === "bpmn" && !textual && { label: "Save the picture (SVG)", icon: Image, run: () => void attempt(() => savePicture(false)) },
            kind === "bpmn" && !textual && { label: "Save the picture (PNG)", icon: Image, run: () => void attempt(() => savePicture(true)) },
          ]}
        />
        <Button look="primary" icon={Rocket} title="Ctrl Shift D" onClick={() => void attempt(deploy)}>
          Deploy
        </Button>
      </div>
      <div class="modeler-files">
        <div class="file-tabs" role="group" aria-label="Files">
          {names.map((file) => {
            const Icon = { bpmn: Workflow, dmn: Table2, form: FileText, text: FileText }[kindOf(file)];
            return (
              <button key={file} type="button" aria-pressed={file === active} onClick={() => file !== active && void go(file)}>
                <Icon size={14} aria-hidden="true" />
                <span class="cut" dir="auto">
                  {file}
                </span>
                {problemsOf.get(file)?.some((one) => one.severity === "error") && <span class="file-error" role="img" aria-label="has errors" />}
              </button>
            );
          })}
        </div>
        <Menu
          label={`More for ${active}`}
          actions={[
            { label: "Rename the file…", icon: Pencil, run: () => ask("file name") },
            { label: "Delete the file", icon: Trash2, danger: true, disabled: names.length === 1, run: () => void take(active) },
          ]}
        />
        <Button look="quiet" icon={ClipboardPlus} title="New form" onClick={() => void askForForm()}>
          New form
        </Button>
        <Button look="quiet" icon={Grid2x2Plus} title="New decision" onClick={() => void askForDecision()}>
          New decision
        </Button>
        <Button look="quiet" icon={FilePlus} aria-label="Add files" title="Add files" onClick={() => input.current?.click()} />
        <input ref={input} type="file" hidden multiple aria-label="Add files" onChange={(event) => bring([...(event.currentTarget.files ?? [])])} />
      </div>
      <Collision keeper={keeper} name={name} reopen={reopen} branched={setName} />
      {notice && (
        <p class="notice modeler-notice" role="status">
          This stood only in this browser, since the server could not be reached. It is saved now.{" "}
          <button type="button" class="link" onClick={() => setNotice(false)}>
            Hide this
          </button>
        </p>
      )}
      <div class="modeler-work">
        {names
          .filter((file) => opened.has(file) && kindOf(file) !== "text")
          .map((file) => {
            const Drawn = { form: FormPart, dmn: DecisionPart, bpmn: DiagramPart, text: DiagramPart }[kindOf(file)];
            return (
              <Drawn
                key={`${file} ${generations[file] ?? 0}`}
                name={file}
                text={files[file] ?? ""}
                problems={problemsOf.get(file) ?? NOTHING}
                hidden={file !== active || textual}
                changed={(text) => write(file, text)}
                stepped={(next) => setSteps((known) => ({ ...known, [file]: next }))}
                ready={(made) => void (made ? parts.current.set(file, made) : parts.current.delete(file))}
                toText={() => void go(file, true)}
              />
            );
          })}
        {textual && (
          <TextPart
            key={`text ${active}`}
            name={active}
            text={files[active] ?? ""}
            problems={problemsOf.get(active) ?? NOTHING}
            hidden={false}
            wanted={line}
            changed={(text) => {
              touched.current.add(active);
              write(active, text);
            }}
            ready={(made) => void (made ? parts.current.set(`text ${active}`, made) : parts.current.delete(`text ${active}`))}
          />
        )}
        {listing && <Problems report={report} several={names.length > 1} show={(problem) => void show(problem).catch(tellProblem)} close={() => setListing(false)} />}
      </div>
      {asking === "file name" && (
        <NameDialog
          title={`Rename ${active}`}
          label="Name of the file"
          value={active}
          confirm="Rename"
          close={() => ask(null)}
          wrong={(wanted) => (wanted in files ? "There is a file of that name already" : null)}
          chosen={(to) => rename(active, to)}
        />
      )}
      {asking === "form" && (
        <NewForm
          what="form"
          places={places}
          taken={names.map((file) => (kindOf(file) === "form" ? formId(files[file] ?? "") : null))}
          close={() => ask(null)}
          made={(title, id, place) => void attempt(() => makeForm(title, id, place))}
        />
      )}
      {asking === "decision" && (
        <NewForm
          what="decision"
          places={places}
          taken={names.flatMap((file) => (kindOf(file) === "dmn" ? decisionIds(files[file] ?? "") : []))}
          close={() => ask(null)}
          made={(title, id, place) => void attempt(() => makeDecision(title, id, place))}
        />
      )}
      {asking === "deploy" && <Deploy name={name} files={files} close={() => ask(null)} done={() => ask(null)} />}
    </div>
  );
}

function KeepingState({ keeper }: { keeper: Keeper }) {
  const state = keeper.state.value;
  const words = {
    fresh: "",
    waiting: "Changed",
    saving: "Saving…",
    saved: "Saved",
    offline: "Kept in this browser: the server cannot be reached",
    refused: `Not saved: ${keeper.problem.value}`,
    conflict: "Not saved: changed elsewhere",
  }[state];
  const bad = state === "offline" || state === "refused" || state === "conflict";
  return (
    <span class={bad ? "keeping bad small" : "keeping small muted"} role="status">
      {words}
    </span>
  );
}

/** Says that the draft was saved elsewhere, and lets the person choose. */
function Collision({ keeper, name, reopen, branched }: { keeper: Keeper; name: string; reopen: () => void; branched: (name: string) => void }) {
  const [at, setAt] = useState<string | null>(null);
  const collided = keeper.state.value === "conflict";
  useEffect(() => {
    if (collided && keeper.id !== null) void readDraft(keeper.id).then(({ savedAt }) => setAt(savedAt), quietly);
  }, [collided]);
  if (!collided) return null;
  const other = `${name} (2)`;
  return (
    <div class="notice modeler-notice collision" role="alert">
      <p>
        This draft was saved in another tab or browser {at && <When at={at} />} after you opened it here. What you have drawn here is kept in this browser until you choose.
      </p>
      <div class="row">
        <Button
          onClick={() => {
            keeper.forget();
            reopen();
          }}
        >
          Show the other one
        </Button>
        <Button onClick={() => void attempt(() => keeper.overwrite(), "This one is saved now")}>Keep this one</Button>
        <Button onClick={() => void attempt(async () => (await keeper.branch(other), branched(other)), `This one is kept as “${other}”`)}>Keep both</Button>
      </div>
    </div>
  );
}

/** What fails by itself in the background is told by the frame, where it is that the server cannot be reached. */
function quietly(problem: unknown): void {
  if (!(problem instanceof ApiError)) throw problem;
}

export function plural(count: number, word: string): string {
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}
