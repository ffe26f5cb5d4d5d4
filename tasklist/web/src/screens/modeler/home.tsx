/** The page with what one has drawn, and with what one may begin with. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { FolderOpen, PenTool } from "lucide-preact";
import { get, put, remove } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Pill, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { attempt, tell } from "../../components/toasts";
import { filesOf } from "../../dropped";
import { useKeys } from "../../keys";
import { copies, dropCopy, type Copy, type Files, type Listed, type Project } from "./drafts";
import { kindOf, stem } from "./file";
import { TEMPLATES } from "./templates";

/** Files that were opened from disk, on their way to the editor. */
let handed: Project | null = null;

export function handedFiles(): Project | null {
  return handed;
}

/** Reads files of texts; a model first. Says so of what is none. */
export async function readFiles(chosen: readonly File[]): Promise<Files> {
  const read = await Promise.all(chosen.map(async (file) => [file.name, await file.text()] as const));
  const texts = read.filter(([, text]) => !text.includes("\0"));
  for (const [name] of read) if (!texts.some(([known]) => known === name)) tell(`${name} is not a file of text`, { tone: "bad" });
  return Object.fromEntries(texts.sort(([one], [other]) => Number(kindOf(other) === "bpmn") - Number(kindOf(one) === "bpmn")));
}

export function Home() {
  const { route } = useLocation();
  const input = useRef<HTMLInputElement>(null);
  const loaded = useLoad<Listed[]>("model drafts", (signal) => get("/api/v1/model-draft", undefined, { signal }));
  const [local, setLocal] = useState<Copy[]>([]);
  useEffect(() => setLocal(copies()), [loaded.data]);
  const alone = local.filter(({ project }) => project.id === null || !loaded.data?.some(({ id }) => id === project.id));

  const openFiles = (chosen: readonly File[]) =>
    void attempt(async () => {
      const files = await readFiles(chosen);
      const [first] = Object.keys(files);
      if (first === undefined) return;
      handed = { id: null, name: stem(first), files, revision: 0 };
      route("/modeler?new=files");
    });
  useKeys("Modeler", [{ keys: "$mod+o", does: "Open files", everywhere: true, run: () => input.current?.click() }]);

  return (
    <main
      class="page modeler-home"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        openFiles(filesOf(event));
      }}
    >
      <div class="row between">
        <h1>Modeler</h1>
        <Button icon={FolderOpen} onClick={() => input.current?.click()}>
          Open files
        </Button>
        <input ref={input} type="file" hidden multiple aria-label="Open files" accept=".bpmn,.bpmn2,.xml,.form,.dmn,.js,.py,.json,.txt" onChange={(event) => openFiles([...(event.currentTarget.files ?? [])])} />
      </div>
      <section class="stack" aria-label="Begin with">
        <h2 class="start-heading">Begin with</h2>
        <ul class="templates" role="list">
          {TEMPLATES.map((template) => (
            <li key={template.id}>
              <a class="card template" href={`/modeler?new=${template.id}`}>
                <strong>{template.label}</strong>
                <span class="muted small">{template.about}</span>
              </a>
            </li>
          ))}
        </ul>
      </section>
      <section class="stack" aria-label="Your drafts">
        <h2 class="start-heading">Your drafts</h2>
        <Alone of={alone} changed={() => setLocal(copies())} />
        <Shown of={loaded}>{(drafts) => (drafts.length + alone.length === 0 ? <Nothing /> : <Drafts of={drafts} changed={loaded.reload} />)}</Shown>
      </section>
    </main>
  );
}

function Nothing() {
  return (
    <Empty icon={PenTool} title="You have no drafts">
      What you draw is saved here by itself; only you see it. Drop files into this page to open them.
    </Empty>
  );
}

/** What stands only in this browser: the server has not got it. */
function Alone({ of, changed }: { of: readonly Copy[]; changed: () => void }) {
  if (of.length === 0) return null;
  const take = async ({ token, project }: Copy) => {
    const sure = await confirm({ title: `Delete “${project.name}”?`, text: "It stands only in this browser and cannot be brought back.", confirm: "Delete it", danger: true });
    if (sure === null) return;
    dropCopy(token);
    changed();
  };
  return (
    <ul class="draft-list card" role="list" aria-label="Only in this browser">
      {of.map((copy) => (
        <li key={copy.token} class="row">
          <a class="grow cut" href={`/modeler?copy=${encodeURIComponent(copy.token)}`} dir="auto">
            {copy.project.name}
          </a>
          <Pill tone="amber">Only in this browser</Pill>
          <span class="muted small">
            <When at={copy.at} />
          </span>
          <Menu label={`More for ${copy.project.name}`} actions={[{ label: "Delete", danger: true, run: () => void take(copy) }]} />
        </li>
      ))}
    </ul>
  );
}

function Drafts({ of, changed }: { of: readonly Listed[]; changed: () => void }) {
  const [renaming, rename] = useState<Listed | null>(null);
  const take = async (draft: Listed) => {
    const sure = await confirm({ title: `Delete the draft “${draft.name}”?`, text: "What was deployed from it stays. The draft cannot be brought back.", confirm: "Delete it", danger: true });
    if (sure === null) return;
    await attempt(() => remove(`/api/v1/model-draft/${draft.id}`), `“${draft.name}” is deleted`);
    changed();
  };
  if (of.length === 0) return null;
  return (
    <>
      <ul class="draft-list card" role="list">
        {of.map((draft) => (
          <li key={draft.id} class="row">
            <a class="cut" href={`/modeler?draft=${draft.id}`} dir="auto">
              {draft.name}
            </a>
            <span class="muted small cut grow" dir="auto">
              {draft.fileNames.join(", ")}
            </span>
            <span class="muted small draft-saved">
              <When at={draft.savedAt} />
            </span>
            <Menu
              label={`More for ${draft.name}`}
              actions={[
                { label: "Rename…", run: () => rename(draft) },
                { label: "Delete", danger: true, run: () => void take(draft) },
              ]}
            />
          </li>
        ))}
      </ul>
      {renaming && (
        <NameDialog
          title={`Rename “${renaming.name}”`}
          label="Name"
          value={renaming.name}
          confirm="Rename"
          close={() => rename(null)}
          chosen={(name) => void attempt(() => put(`/api/v1/model-draft/${renaming.id}/name`, { name })).then(changed)}
        />
      )}
    </>
  );
}

/** Asks for a name; `wrong` says what speaks against one. */
export function NameDialog({ title, label, value, confirm: word, close, chosen, wrong }: { title: string; label: string; value: string; confirm: string; close: () => void; chosen: (name: string) => void; wrong?: (name: string) => string | null }) {
  const [name, setName] = useState(value);
  const problem = name.trim() === value ? null : (wrong?.(name.trim()) ?? null);
  return (
    <Dialog title={title} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (problem) return;
          close();
          if (name.trim() !== value) chosen(name.trim());
        }}
      >
        <Field label={label} error={problem ?? undefined}>
          <input required maxLength={255} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            {word}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
