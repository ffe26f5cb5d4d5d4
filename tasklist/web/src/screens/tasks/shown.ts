/** How a list of tasks is shown: as rows or as a table, in which groups, and which variables stand beside each task. */

import type { OwnSchemas } from "../../api/client";
import { absolute, moment } from "../../components/basics";
import type { Group } from "../../components/table";
import { me } from "../../session";
import { dayStart, processOf, serverDate, type Place, type TaskRow, type View } from "./views";

export type Grouping = OwnSchemas["Grouping"];
export type Mode = "rows" | "table";
export type By = Grouping["by"];

/** A variable that is shown beside each task, as Camunda's Tasklist keeps it with a filter. */
export interface ShownVariable {
  name: string;
  label: string;
}

export const GROUPINGS: readonly { id: By; label: string }[] = [
  { id: "process", label: "By process" },
  { id: "due", label: "By due date" },
  { id: "assignee", label: "By assignee" },
  { id: "priority", label: "By priority" },
];

/** So many have room in a row; a table shows all that the server gives. */
export const IN_ROW = 2;
const MOST = 10;

/** The variables of a filter: `properties.variables` of Camunda, of which whatever is not understood is left out. */
export function variablesOf(properties: unknown): ShownVariable[] {
  const { variables } = properties as { variables?: unknown };
  if (!Array.isArray(variables)) return [];
  const read = (one: unknown): ShownVariable[] => {
    const { name, label } = (one ?? {}) as Record<string, unknown>;
    return typeof name === "string" && name ? [{ name, label: typeof label === "string" && label ? label : name }] : [];
  };
  return variables.flatMap(read).slice(0, MOST);
}

/** What the server is asked for: where days begin is where the person is. */
export function groupingOf(by: By | "", now: Date): Grouping | undefined {
  if (by === "") return undefined;
  if (by === "due") return { by, bounds: [now, dayStart(now, 1), dayStart(now, 2), dayStart(now, 7)].map(serverDate) };
  return { by, bounds: by === "priority" ? [50, 51, 100] : [] };
}

const DUE = ["Overdue", "Today", "Tomorrow", "The next days", "Later", "Without a due date"];
const PRIORITY = ["Low", "Normal", "High", "Urgent"];

/** The group of a task, as the server has put it there. */
export function groupOf(task: TaskRow, { by, bounds = [] }: Grouping): Omit<Group, "count"> {
  if (by === "process") return { id: task.processDefinitionKey ?? "", label: processOf(task) || "Without a process" };
  if (by === "assignee") return { id: task.assignee ?? "", label: !task.assignee ? "Nobody" : task.assignee === me() ? "You" : task.assignee };
  const index = by === "due" ? reached(task.due && moment(task.due).getTime(), bounds.map((bound) => moment(String(bound)).getTime())) : reached(task.priority, bounds.map(Number));
  return { id: String(index), label: (by === "due" ? DUE : PRIORITY)[index] ?? "" };
}

/** How many of the bounds the value has reached; one more than there are for none. */
function reached(value: number | "" | null | undefined, bounds: readonly number[]): number {
  if (typeof value !== "number") return bounds.length + 1;
  return bounds.filter((bound) => value >= bound).length;
}

/** A variable as people read it. */
export function valueText(value: OwnSchemas["ShownValue"] | undefined): string | null {
  if (!value) return null;
  if (value.type === "Null") return "none";
  if (value.value === null) return `(${value.type})`;
  if (typeof value.value === "boolean") return value.value ? "yes" : "no";
  if (value.type === "Date") return absolute(String(value.value));
  return typeof value.value === "number" ? value.value.toLocaleString() : value.value;
}

/** The variables that a list shows: those of a saved filter, or those that the person likes to see. */
export function wantedVariables(view: View, mine: readonly ShownVariable[]): readonly ShownVariable[] {
  return view.saved ? (view.variables ?? []) : mine;
}

/** What the address says, or what the person has chosen last. */
export function chosenMode(place: Place, last: string): Mode {
  return (place.mode ?? last) === "table" ? "table" : "rows";
}

export function chosenGroup(place: Place, last: string): By | "" {
  const wanted = place.group ?? last;
  return GROUPINGS.find((one) => one.id === wanted)?.id ?? "";
}
