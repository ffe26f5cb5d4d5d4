/** The modeler: draw a process and its forms, check them as the server would, and deploy them. The address says what is open. */

import "./modeler.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { ApiError, get, type Schemas } from "../../api/client";
import { Empty, Failure, Skeleton } from "../../components/basics";
import { dmnOf } from "../../decisions/files";
import { useHere } from "../../here";
import { copies, dropCopy, readDraft, same, type Project } from "./drafts";
import { Editor } from "./editor";
import { kindOf, stem } from "./file";
import { handedFiles, Home } from "./home";
import { TEMPLATES } from "./templates";

/** A project as it is opened. `restored`: parts of it stood only in this browser. `collided`: and others on the server. */
interface Opened {
  project: Project;
  restored?: boolean;
  collided?: boolean;
}

/** `number` tells what was opened from what was opened before. */
type State = { wanted: string; number: number } & ({ opened: Opened } | { failed: Error });

export default function Modeler() {
  const { query, route } = useLocation();
  const wanted = wantedOf(query);
  const [state, setState] = useState<State | null>(null);
  const [again, setAgain] = useState(0);
  const current = useRef("");
  const count = useRef(0);
  const here = useHere();

  useEffect(() => {
    if (!wanted || current.current === wanted) return;
    current.current = wanted;
    const number = ++count.current;
    let gone = false;
    open(query).then(
      (opened) => !gone && setState({ wanted, number, opened }),
      (problem: unknown) => !gone && setState({ wanted, number, failed: problem instanceof Error ? problem : new Error(String(problem)) }),
    );
    return () => {
      gone = true;
    };
  }, [wanted, again]);

  if (!wanted) {
    current.current = "";
    return <Home />;
  }
  const shown = state && current.current === state.wanted ? state : null;
  const retry = () => {
    current.current = "";
    setAgain(again + 1);
  };
  return (
    <main class="modeler" aria-label="Modeler">
      <h1 class="hidden">Modeler</h1>
      {!shown && <Skeleton lines={6} />}
      {shown && "failed" in shown && <Absent error={shown.failed} retry={retry} />}
      {shown && "opened" in shown && (
        <Editor
          key={shown.number}
          {...shown.opened}
          created={(id) => {
            if (!here() || current.current === "" || count.current !== shown.number) return; // it was saved while it was left
            // the same editor goes on: only its address is another one now
            current.current = `draft ${id}`;
            setState((before) => before && { ...before, wanted: current.current });
            route(`/modeler?draft=${id}`, true);
          }}
          reopen={retry}
        />
      )}
    </main>
  );
}

function Absent({ error, retry }: { error: Error; retry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Empty title="There is no such draft">
        It may have been deleted, or it is somebody else’s. <a href="/modeler">Show your drafts</a>
      </Empty>
    );
  }
  return <Failure error={error} retry={retry} />;
}

/** What the address wants opened, as a text; "" for the page with the drafts. */
function wantedOf(query: Record<string, string>): string {
  if (query.draft) return `draft ${query.draft}`;
  if (query.definition) return `definition ${query.definition}`;
  if (query.decision) return `decision ${query.decision}`;
  if (query.copy) return `copy ${query.copy}`;
  if (query.new === "files") return handedFiles() ? "files" : "";
  return query.new ? `template ${query.new}` : "";
}

async function open(query: Record<string, string>): Promise<Opened> {
  if (query.draft) return openDraft(query.draft);
  if (query.definition) return { project: await openDefinition(query.definition) };
  if (query.decision) return { project: await openDecision(query.decision) };
  if (query.copy) {
    const kept = copies().find(({ token }) => token === query.copy);
    if (!kept) throw new Error("This browser has no such draft any more.");
    dropCopy(kept.token);
    return { project: { ...kept.project, id: null, revision: 0 }, restored: true };
  }
  const handed = query.new === "files" ? handedFiles() : null;
  if (handed) return { project: handed };
  return { project: fromTemplate(query.new ?? "") };
}

/** A draft of the server, with what of it stands only in this browser. */
async function openDraft(id: string): Promise<Opened> {
  const kept = copies().find(({ project }) => project.id === id);
  let project: Project;
  try {
    project = await readDraft(id);
  } catch (problem) {
    if (!kept || !(problem instanceof ApiError) || problem.status !== 0) throw problem;
    return { project: kept.project, restored: true };
  }
  if (!kept) return { project };
  dropCopy(kept.token);
  if (same(kept.project.files, project.files)) return { project };
  const mine = { ...project, files: kept.project.files };
  return kept.project.revision === project.revision ? { project: mine, restored: true } : { project: mine, collided: true };
}

async function openDefinition(id: string): Promise<Project> {
  const path = `/process-definition/${encodeURIComponent(id)}`;
  const [definition, model] = await Promise.all([
    get<{ key: string; name?: string | null; resource?: string | null; deploymentId: string }>(path),
    get<{ bpmn20Xml: string }>(`${path}/xml`),
  ]);
  const name = definition.resource ?? `${definition.key}.bpmn`;
  const beside = await besides(definition.deploymentId, name).catch(() => ({})); // who may not see the deployment still sees the model
  return { id: null, name: definition.name || stem(name.split("/").pop() ?? name), files: { [name]: model.bpmn20Xml, ...beside }, revision: 0 };
}

async function openDecision(id: string): Promise<Project> {
  const [definition, xml] = await Promise.all([get<Schemas["DecisionDefinition"]>(`/decision-definition/${encodeURIComponent(id)}`), dmnOf(id)]);
  const name = definition.resource ?? `${definition.key}.dmn`;
  return { id: null, name: definition.name || stem(name.split("/").pop() ?? name), files: { [name]: xml }, revision: 0 };
}

/** The forms and decisions that were deployed with a model. */
async function besides(deployment: string, model: string): Promise<Record<string, string>> {
  const path = `/deployment/${encodeURIComponent(deployment)}/resources`;
  const resources = await get<{ id: string; name: string }[]>(path);
  const wanted = resources.filter(({ name }) => name !== model && (kindOf(name) === "form" || kindOf(name) === "dmn"));
  const texts = await Promise.all(wanted.map(({ id }) => get<string>(`${path}/${encodeURIComponent(id)}/data`, undefined, { as: "text" })));
  return Object.fromEntries(wanted.map(({ name }, index) => [name, texts[index] ?? ""]));
}

function fromTemplate(id: string): Project {
  const template = TEMPLATES.find((one) => one.id === id) ?? TEMPLATES[0];
  if (!template) throw new Error("There are no templates.");
  // a key of its own: two people who begin with the same template do not deploy versions of one process
  const word = template.id === "empty" ? "process" : template.id;
  const key = `${word}-${Math.random().toString(36).slice(2, 7)}`;
  const forms = Object.fromEntries(Object.entries(template.forms ?? {}).map(([file, form]) => [file, JSON.stringify(form, null, 2)]));
  return { id: null, name: template.id === "empty" ? "New process" : template.label, files: { [`${word}.${template.decides ? "dmn" : "bpmn"}`]: template.make(key), ...forms }, revision: 0 };
}
