/** Drafts of models: kept on the server, and in this browser as long as the server has not got them. */

import { signal } from "@preact/signals";
import { ApiError, get, post, put, type OwnSchemas } from "../../api/client";
import { me } from "../../session";

export type Files = Readonly<Record<string, string>>;
export type Listed = OwnSchemas["ListedModelDraft"];
export type Whole = OwnSchemas["WholeModelDraft"];

/** Files that are drawn together. `id` null: the server does not know them yet. `revision`: what of them was read. */
export interface Project {
  id: string | null;
  name: string;
  files: Files;
  revision: number;
}

const PATH = "/api/v1/model-draft";
const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;

export const readDraft = (id: string, signal?: AbortSignal): Promise<Whole> => get<Whole>(pathOf(id), undefined, { signal });

// ---------------------------------------------------------------- copies in this browser

/** What this browser keeps of a project; `token` is what it is kept under. */
export interface Copy {
  token: string;
  at: string;
  project: Project;
}

const prefix = () => `baton.model.${me()}.`;

export function copies(): Copy[] {
  const found: Copy[] = [];
  try {
    for (const [key, text] of Object.entries(localStorage)) {
      if (!key.startsWith(prefix())) continue;
      const kept = JSON.parse(String(text)) as Omit<Copy, "token">;
      if (typeof kept.project?.name === "string" && typeof kept.project.files === "object") found.push({ ...kept, token: key.slice(prefix().length) });
    }
  } catch {
    // forbidden or spoilt: there is nothing that could be shown
  }
  return found.sort((one, other) => other.at.localeCompare(one.at));
}

export function dropCopy(token: string): void {
  try {
    localStorage.removeItem(prefix() + token);
  } catch {
    // forbidden: then nothing was kept either
  }
}

function keepCopy(token: string, project: Project): void {
  try {
    localStorage.setItem(prefix() + token, JSON.stringify({ at: new Date().toISOString(), project }));
  } catch {
    // full or forbidden: the model is then only on this page, and soon on the server
  }
}

// ---------------------------------------------------------------- keeping

/**
 * fresh: nothing was changed. waiting, saving: on its way. offline: the server cannot take it now, it is tried again.
 * refused: the server does not want it as it is. conflict: it was saved elsewhere, a person has to choose.
 */
export type Keeping = "fresh" | "waiting" | "saving" | "saved" | "offline" | "refused" | "conflict";

const PAUSE_MS = 1_500;
const AGAIN_MS = 8_000;

/** Saves a project while it is changed: in this browser at once, on the server after a pause. */
export class Keeper {
  readonly state = signal<Keeping>("fresh");
  /** Why it is refused. */
  readonly problem = signal("");
  private readonly token = Date.now().toString(36) + Math.random().toString(36).slice(2);
  private timer = 0;
  private running: Promise<void> | null = null;
  private changed = false;
  private renamed = false;
  private forgotten = false;

  constructor(
    private project: Project,
    private readonly created: (id: string) => void = () => {},
  ) {
    if (project.id !== null) this.state.value = "saved";
  }

  get id(): string | null {
    return this.project.id;
  }

  get waits(): boolean {
    return this.changed;
  }

  /** Was what is kept here saved elsewhere, if that is the revision of the server? It may tell an older one, late. */
  isBehind(revision: number): boolean {
    return this.state.value === "saved" && revision > this.project.revision;
  }

  change(files: Files): void {
    this.project = { ...this.project, files };
    this.touch();
  }

  rename(name: string): void {
    this.project = { ...this.project, name };
    this.renamed = this.project.id !== null;
    this.touch();
  }

  /** Saves what waits, now. */
  async save(): Promise<void> {
    window.clearTimeout(this.timer);
    if (this.running) await this.running;
    if (!this.changed || this.state.value === "conflict") return;
    this.running = this.send();
    await this.running;
    this.running = null;
  }

  /** There is another one on the server: nothing is saved before somebody chooses. */
  collide(): void {
    window.clearTimeout(this.timer);
    this.changed = true;
    keepCopy(this.token, this.project);
    this.state.value = "conflict";
  }

  /** Writes over what was saved elsewhere. */
  async overwrite(): Promise<void> {
    if (this.project.id === null) return;
    const { revision } = await readDraft(this.project.id);
    this.project = { ...this.project, revision };
    await this.sendAnyway();
  }

  /** Keeps this as a draft of its own, beside the other one. */
  async branch(name: string): Promise<void> {
    this.project = { ...this.project, id: null, revision: 0, name };
    this.renamed = false;
    await this.sendAnyway();
  }

  /** Forgets what has not been saved, and what is changed from now on: the last of what was drawn comes in late. */
  forget(): void {
    window.clearTimeout(this.timer);
    this.forgotten = true;
    this.changed = false;
    dropCopy(this.token);
  }

  /** For the end of the page: what waits is sent. */
  close(): void {
    void this.save();
  }

  private touch(): void {
    if (this.forgotten) return;
    this.changed = true;
    keepCopy(this.token, this.project);
    if (this.state.value === "conflict") return;
    this.state.value = "waiting";
    this.arm(PAUSE_MS);
  }

  private arm(pause: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), pause);
  }

  private async sendAnyway(): Promise<void> {
    this.changed = true;
    this.state.value = "waiting";
    await this.save();
  }

  private async send(): Promise<void> {
    const sent = this.project;
    const { renamed } = this;
    this.changed = this.renamed = false;
    this.state.value = "saving";
    try {
      if (sent.id !== null && renamed) await put(`${pathOf(sent.id)}/name`, { name: sent.name });
      const kept =
        sent.id === null
          ? await post<Listed>(PATH, { name: sent.name, files: sent.files })
          : await put<Listed>(pathOf(sent.id), { files: sent.files, revision: sent.revision });
      this.project = { ...this.project, id: kept.id, revision: kept.revision };
      if (sent.id === null) {
        this.renamed = this.project.name !== sent.name;
        this.created(kept.id);
      }
      this.settle();
    } catch (problem) {
      this.changed = true;
      this.renamed ||= renamed;
      this.fail(problem);
    }
  }

  private settle(): void {
    if (this.changed) {
      keepCopy(this.token, this.project);
      this.state.value = "waiting";
      this.arm(PAUSE_MS);
    } else {
      dropCopy(this.token);
      this.state.value = "saved";
    }
  }

  private fail(problem: unknown): void {
    if (!(problem instanceof ApiError)) throw problem;
    if (problem.status === 409) return this.collide();
    if (problem.status === 404) {
      this.project = { ...this.project, id: null, revision: 0 }; // thrown away elsewhere: it becomes a new one
      this.state.value = "waiting";
      return this.arm(0);
    }
    const later = problem.status === 0 || problem.status >= 500;
    this.state.value = later ? "offline" : "refused";
    this.problem.value = problem.message;
    if (later) this.arm(AGAIN_MS);
  }
}

/** The files are the same, by their names and texts. */
export function same(one: Files, other: Files): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
