/** The modeler: draw a process, check it as the server would, and deploy it. */

import "./modeler.css";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Code, Download, FilePlus, FolderOpen, Image, ListChecks, Redo2, Rocket, Undo2, Upload } from "lucide-preact";
import { get, post, type OwnSchemas } from "../../api/client";
import { Button } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { attempt, tell, tellProblem } from "../../components/toasts";
import { theme } from "../../diagram/theme";
import { filesOf } from "../../dropped";
import { useKeys } from "../../keys";
import { save } from "../../save";
import { dialect } from "../../diagram/dialect";
import type { Canvas, Element } from "./canvas";
import { Deploy } from "./deploy";
import { dropDraft, keepDraft, readDraft } from "./drafts";
import type { ModelFile } from "./file";
import { Problems } from "./problems";
import { TEMPLATES } from "./templates";

type Report = OwnSchemas["Report"];
type Pane = "problems" | "xml" | null;

export default function Modeler() {
  const { query } = useLocation();
  const [file, setFile] = useState<ModelFile | null>(null);
  const [choosing, setChoosing] = useState(false);
  const [restored, setRestored] = useState(false);

  useEffect(() => {
    const definition = query.definition;
    const draft = readDraft();
    if (definition) {
      void attempt(async () => setFile(await openDefinition(definition)));
    } else if (draft) {
      setFile(draft);
      setRestored(true);
    } else {
      setChoosing(true);
    }
  }, [query.definition]);

  const open = (chosen: ModelFile) => {
    setFile({ ...chosen });
    setChoosing(false);
    setRestored(false);
  };

  return (
    <main class="modeler" aria-label="Modeler">
      <h1 class="hidden">Modeler</h1>
      {file && (
        <Editor
          key={file.name + file.xml.length + file.xml.slice(0, 2000)}
          file={file}
          restored={restored}
          open={open}
          choose={() => setChoosing(true)}
        />
      )}
      {choosing && <Chooser open={open} close={() => (file ? setChoosing(false) : open(fromTemplate("empty")))} />}
    </main>
  );
}

function Editor({ file, restored, open, choose }: { file: ModelFile; restored: boolean; open: (file: ModelFile) => void; choose: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const canvas = useRef<Canvas | null>(null);
  const [name, setName] = useState(file.name);
  const latestName = useRef(name);
  latestName.current = name;
  const [history, setHistory] = useState({ undo: false, redo: false });
  const [report, setReport] = useState<Report | null>(null);
  const [pane, setPane] = useState<Pane>(null);
  const [xml, setXml] = useState(file.xml);
  const [deploying, setDeploying] = useState(false);
  const [ready, setReady] = useState(false);
  const [notice, setNotice] = useState(restored);
  const colours = theme.value;

  const text = useCallback(async (): Promise<string> => {
    const drawn = canvas.current;
    return drawn ? ((await drawn.saveXML({ format: true })).xml ?? file.xml) : file.xml;
  }, [file]);

  const check = useCallback(async () => {
    const now = await text();
    setXml(now);
    const found = await post<Report>("/api/v1/model/check", { files: { [latestName.current]: now } });
    setReport(found);
    if (canvas.current) mark(canvas.current, found);
    return found;
  }, [text]);

  useEffect(() => {
    let gone = false;
    let timer = 0;
    let drawn: Canvas | null = null;
    void attempt(async () => {
      const [{ createCanvas }, { withDiagram }] = await Promise.all([import("./canvas"), import("../../diagram/automatic")]);
      if (gone || !place.current || !panel.current) return;
      drawn = createCanvas(place.current, panel.current, dialect(file.xml));
      canvas.current = drawn;
      const { warnings } = await drawn.importXML(withDiagram(xml));
      if (gone) return;
      if (warnings.length) tell(`${file.name}: ${String((warnings[0] as unknown as Error).message)}`, { tone: "bad" });
      fit(drawn);
      setReady(true);
      void check().catch(tellProblem);
      drawn.on("commandStack.changed", () => {
        const stack = drawn?.get<{ canUndo(): boolean; canRedo(): boolean }>("commandStack");
        if (stack) setHistory({ undo: stack.canUndo(), redo: stack.canRedo() });
        window.clearTimeout(timer);
        timer = window.setTimeout(() => {
          void text().then((now) => keepDraft({ name: latestName.current, xml: now }));
          void check().catch(tellProblem);
        }, 1000);
      });
    });
    return () => {
      gone = true;
      window.clearTimeout(timer);
      drawn?.destroy();
      canvas.current = null;
    };
    // a change of theme draws anew, from the text as it is then
  }, [file, colours]);

  const step = (name: "undo" | "redo") => canvas.current?.get<Record<string, () => void>>("commandStack")[name]?.();
  const saveFile = async () => save(name, await text());
  const savePicture = async () => {
    const { svg } = (await canvas.current?.saveSVG()) ?? {};
    if (svg) save(name.replace(/\.bpmn$/, "") + ".svg", svg, "image/svg+xml");
  };
  const show = (wanted: Pane) => {
    setPane((now) => (now === wanted ? null : wanted));
    void check().catch(tellProblem);
  };
  const deploy = async () => {
    const found = await check();
    if (found.deployable) return setDeploying(true);
    setPane("problems");
    tell("Mend the errors first: with them the server refuses the model", { tone: "bad" });
  };

  useKeys("Modeler", [
    { keys: "$mod+s", does: "Save as a file", everywhere: true, run: () => void attempt(saveFile) },
    { keys: "$mod+Shift+d", does: "Deploy", everywhere: true, run: () => void attempt(deploy) },
    { keys: "$mod+Shift+l", does: "Show the problems", everywhere: true, run: () => show("problems") },
    { keys: "$mod+e", does: "Show the XML", everywhere: true, run: () => show("xml") },
  ]);

  const errors = report?.problems.filter((one) => one.severity === "error").length ?? 0;
  const warnings = (report?.problems.length ?? 0) - errors;
  return (
    <div
      class="modeler-editor"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const [dropped] = filesOf(event);
        if (dropped) void attempt(async () => open({ name: dropped.name, xml: await dropped.text() }));
      }}
    >
      <div class="modeler-bar" role="toolbar" aria-label="Model">
        <Button icon={FilePlus} onClick={choose}>
          New
        </Button>
        <OpenFile open={open} />
        <input class="filter-input modeler-name" aria-label="File name" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <Button look="quiet" icon={Undo2} aria-label="Undo" title="Undo" disabled={!history.undo} onClick={() => step("undo")} />
        <Button look="quiet" icon={Redo2} aria-label="Redo" title="Redo" disabled={!history.redo} onClick={() => step("redo")} />
        <span class="grow" />
        <Button icon={ListChecks} aria-pressed={pane === "problems"} onClick={() => show("problems")}>
          {report === null ? "Check" : errors ? plural(errors, "error") : warnings ? plural(warnings, "warning") : "No problems"}
        </Button>
        <Button icon={Code} aria-pressed={pane === "xml"} onClick={() => show("xml")}>
          XML
        </Button>
        <Menu
          label="Save"
          icon={Download}
          actions={[
            { label: "Save as a file", icon: Download, run: () => void attempt(saveFile) },
            { label: "Save the picture (SVG)", icon: Image, run: () => void attempt(savePicture) },
          ]}
        />
        <Button look="primary" icon={Rocket} disabled={!ready} onClick={() => void attempt(deploy)}>
          Deploy
        </Button>
      </div>
      {notice && (
        <p class="notice modeler-notice" role="status">
          This is what you were drawing last time. <button type="button" class="link" onClick={() => void startAnew(choose)}>Begin anew</button>{" "}
          <button type="button" class="link" onClick={() => setNotice(false)}>
            Hide this
          </button>
        </p>
      )}
      <div class="modeler-canvas" ref={place} />
      <aside class="modeler-panel" ref={panel} aria-label="Properties" />
      {pane === "problems" && <Problems report={report} show={(id) => canvas.current && select(canvas.current, id)} close={() => setPane(null)} />}
      {pane === "xml" && (
        <section class="modeler-pane" aria-label="XML">
          <div class="row between modeler-pane-head">
            <h2>XML</h2>
            <Button onClick={() => void navigator.clipboard.writeText(xml).then(() => tell("Copied the XML"))}>Copy</Button>
          </div>
          <pre class="code" tabIndex={0}>
            {xml}
          </pre>
        </section>
      )}
      {deploying && (
        <Deploy
          file={{ name, xml }}
          close={() => setDeploying(false)}
          done={() => {
            setDeploying(false);
            dropDraft();
          }}
        />
      )}
    </div>
  );
}

function OpenFile({ open }: { open: (file: ModelFile) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button icon={FolderOpen} onClick={() => input.current?.click()}>
        Open
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Open a model"
        accept=".bpmn,.xml,.bpmn2"
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen) void attempt(async () => open({ name: chosen.name, xml: await chosen.text() }));
        }}
      />
    </>
  );
}

function Chooser({ open, close }: { open: (file: ModelFile) => void; close: () => void }) {
  return (
    <Dialog title="New model" close={close} wide>
      <ul class="templates" role="list">
        {TEMPLATES.map((template) => (
          <li key={template.id}>
            <button type="button" class="card template" onClick={() => open(fromTemplate(template.id))}>
              <strong>{template.label}</strong>
              <span class="muted">{template.about}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class="row muted">
        <Upload size={16} aria-hidden="true" /> Or open a file: <OpenFile open={open} />
      </p>
    </Dialog>
  );
}

function fromTemplate(id: string): ModelFile {
  const template = TEMPLATES.find((one) => one.id === id) ?? TEMPLATES[0];
  const key = id === "empty" ? "new-process" : id;
  return { name: `${key}.bpmn`, xml: template?.make(key) ?? "" };
}

async function openDefinition(id: string): Promise<ModelFile> {
  const path = `/process-definition/${encodeURIComponent(id)}`;
  const [definition, model] = await Promise.all([get<{ key: string; resource?: string | null }>(path), get<{ bpmn20Xml: string }>(`${path}/xml`)]);
  return { name: definition.resource?.split("/").pop() ?? `${definition.key}.bpmn`, xml: model.bpmn20Xml };
}

async function startAnew(choose: () => void): Promise<void> {
  const sure = await confirm({ title: "Begin anew?", text: "What you have drawn is thrown away, unless you save it as a file first.", confirm: "Throw it away", danger: true });
  if (sure === null) return;
  dropDraft();
  choose();
}

function fit(canvas: Canvas): void {
  canvas.get<{ zoom(how: string, center: string): void }>("canvas").zoom("fit-viewport", "auto");
}

/** Puts a mark beside every element that the report is about. */
function mark(canvas: Canvas, report: Report): void {
  const overlays = canvas.get<{ add(id: string, type: string, what: object): void; remove(which: object): void }>("overlays");
  const registry = canvas.get<{ get(id: string): Element | undefined }>("elementRegistry");
  overlays.remove({ type: "problem" });
  const told = new Map<string, { error: boolean; messages: string[] }>();
  for (const problem of report.problems) {
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

function select(canvas: Canvas, id: string): void {
  const element = canvas.get<{ get(id: string): Element | undefined }>("elementRegistry").get(id);
  if (!element) return;
  canvas.get<{ select(element: Element): void }>("selection").select(element);
  canvas.get<{ scrollToElement(element: Element): void }>("canvas").scrollToElement(element);
}

export function plural(count: number, word: string): string {
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

