/** Words and marks for processes and their instances, the same on all screens that show them. */

import { AlertTriangle, CircleCheck, CirclePause, CirclePlay, CircleX } from "lucide-preact";
import { get, lastChange, post, type Schemas } from "../api/client";
import { Pill } from "./basics";
import { attempt, tell } from "./toasts";

/** The state of an instance as a mark with a word. */
export function InstanceState({ state, incidents = 0 }: { state: string; incidents?: number }) {
  if (state === "COMPLETED") return <Pill tone="green" icon={CircleCheck}>Completed</Pill>;
  if (state === "SUSPENDED") return <Pill tone="grey" icon={CirclePause}>Suspended</Pill>;
  if (state === "ACTIVE") {
    if (incidents > 0) return <Pill tone="red" icon={AlertTriangle}>{incidents === 1 ? "Incident" : `${incidents} incidents`}</Pill>;
    return <Pill tone="blue" icon={CirclePlay}>Running</Pill>;
  }
  return <Pill tone="grey" icon={CircleX} title={state}>Cancelled</Pill>;
}

const files = new Map<string, Promise<string>>();

/** The file of a definition; it never changes, so it is asked for once. */
export function xmlOf(definition: string): Promise<string> {
  const known = files.get(definition);
  if (known) return known;
  const asked = get<Schemas["Xml"]>(`/process-definition/${encodeURIComponent(definition)}/xml`).then((found) => found.bpmn20Xml);
  files.set(definition, asked);
  asked.catch(() => files.delete(definition));
  return asked;
}

/** "17 instances", "1 instance". */
export function counted(count: number, word: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? word : `${word}s`}`;
}

/** Begins a batch, and tells where it can be watched; true when it has begun. */
export async function beginBatch(path: string, body: unknown, what: string, reason: string | null = null): Promise<boolean> {
  return attempt(async () => {
    tellBatch(await post<Schemas["Batch"]>(path, body, { reason: reason ?? undefined }), what);
  });
}

/** Says that a batch has begun, and where it can be watched. */
export function tellBatch(batch: { id: string | null; totalJobs: number; invocationsPerBatchJob: number }, what: string): void {
  tell(`${what}: ${counted(batch.totalJobs * batch.invocationsPerBatchJob, "change")} at most, one after the other`, {
    tone: "good",
    link: { label: "Watch", href: `/batches?batch=${batch.id}` },
    change: lastChange.value ?? undefined,
  });
}

/** A moment as the REST API reads it. */
export function stamp(moment: Date): string {
  return moment.toISOString().replace("Z", "+0000");
}
