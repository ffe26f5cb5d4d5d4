/** What a person does to tasks: requests, messages, undo. Every change is told to the lists of this page at once. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { post, type OwnSchemas } from "../../api/client";
import { attempt, tell } from "../../components/toasts";
import { me } from "../../session";
import { nameOf, type TaskRow } from "./views";

const changes = signal(0);

/** Tells the lists of this page that the person has changed something. */
export function changedHere(): void {
  changes.value += 1;
}

/** How often the person has changed something on this page. */
export function changesHere(): number {
  return changes.value;
}

/** Calls `reload` after each change that the person makes on this page. */
export function useChangedHere(reload: () => void): void {
  useEffect(() => {
    const before = changes.value;
    return changes.subscribe((now) => now !== before && reload());
  }, [reload]);
}

async function change(task: { id: string }, run: () => Promise<unknown>, done: string, undo?: () => Promise<unknown>): Promise<boolean> {
  const action = undo && { about: task.id, action: { label: "Undo", run: () => void change(task, undo, "Undone") } };
  const went = await attempt(run, done, action);
  changedHere(); // also after a failure: somebody else was faster then
  return went;
}

const to = (task: { id: string }, path: string) => `/task/${task.id}/${path}`;

export function claim(task: TaskRow): Promise<boolean> {
  return change(
    task,
    () => post(to(task, "claim"), { userId: me() }),
    `You have claimed “${nameOf(task)}”`,
    () => post(to(task, "unclaim")),
  );
}

export function unclaim(task: TaskRow): Promise<boolean> {
  const before = task.assignee;
  return change(
    task,
    () => post(to(task, "unclaim")),
    `“${nameOf(task)}” is open to others again`,
    before ? () => post(to(task, before === me() ? "claim" : "assignee"), { userId: before }) : undefined,
  );
}

export function assign(task: TaskRow, user: string | null): Promise<boolean> {
  const before = task.assignee;
  return change(
    task,
    () => post(to(task, "assignee"), { userId: user }),
    user ? `“${nameOf(task)}” is now ${user}’s` : `“${nameOf(task)}” is nobody’s now`,
    () => post(to(task, "assignee"), { userId: before }),
  );
}

export function delegate(task: TaskRow, user: string): Promise<boolean> {
  return change(task, () => post(to(task, "delegate"), { userId: user }), `“${nameOf(task)}” is delegated to ${user}`);
}

export function resolve(task: TaskRow): Promise<boolean> {
  return change(task, () => post(to(task, "resolve")), `“${nameOf(task)}” went back to ${task.owner ?? "its owner"}`);
}

export type Attributes = Partial<Record<"due" | "followUp" | "priority" | "name" | "description", string | number | null>>;

export function set(task: TaskRow, values: Attributes, done: string): Promise<boolean> {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, task[name as keyof Attributes] ?? null]));
  const one = (wanted: Attributes) => async () => {
    const { results } = await changeMany([task.id], { action: "set", values: wanted });
    const problem = results[0]?.problem;
    if (problem) throw new RefusedChange(problem);
  };
  return change(task, one(values), done, one(before as Attributes));
}

/** What the server answered about one of many. */
class RefusedChange extends Error {}

export type ManyChange = { action: "claim" | "unclaim" | "complete" } | { action: "assign"; userId: string | null } | { action: "set"; values: Attributes };

export function changeMany(ids: readonly string[], body: ManyChange): Promise<OwnSchemas["Results"]> {
  return post<OwnSchemas["Results"]>("/api/v1/task/changes", { ids, ...body });
}

export function link(task: TaskRow, type: string, who: { userId: string } | { groupId: string }, remove = false): Promise<boolean> {
  const path = (away: boolean) => to(task, away ? "identity-links/delete" : "identity-links");
  const name = "userId" in who ? who.userId : who.groupId;
  return change(
    task,
    () => post(path(remove), { ...who, type }),
    remove ? `${name} is no longer a candidate` : `${name} is a candidate now`,
    () => post(path(!remove), { ...who, type }),
  );
}

export async function copyLink(task: TaskRow): Promise<void> {
  await navigator.clipboard.writeText(`${location.origin}/tasks?task=${task.id}`);
  tell("Copied the link to this task");
}
