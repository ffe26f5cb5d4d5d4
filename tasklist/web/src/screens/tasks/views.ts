/** The lists of the rail as queries, the orders of a list, and the address that says which is shown. */

import { AlarmClock, CalendarClock, Clock, Inbox, Layers, UserRound, UsersRound, type LucideIcon } from "lucide-preact";
import type { OwnSchemas } from "../../api/client";
import { containing } from "../../like";
import { me, session } from "../../session";

export type TaskRow = OwnSchemas["TaskRow"];
export type Query = Record<string, unknown>;

export interface View {
  id: string;
  label: string;
  icon: LucideIcon;
  /** What is said where it is empty. */
  empty: string;
  query: (now: Date) => Query;
  /** It was saved by somebody: the server knows its query. */
  saved?: boolean;
  colour?: string;
  /** The variables that it shows beside each task, if it was saved. */
  variables?: readonly { name: string; label: string }[];
}

/** A moment as the server reads it. */
export function serverDate(date: Date): string {
  return date.toISOString().replace("Z", "+0000");
}

/** The same hour of another day, where the person is. */
export function dayStart(now: Date, days = 0): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
}

function mayTake(): Query {
  const groups = (session.value?.groups ?? []).map((group) => group.id);
  return { candidateUser: me(), ...(groups.length ? { candidateGroups: groups } : {}) };
}

/** What a person has or may take; everything where nobody has to sign in. */
function concerning(): Query {
  return me() ? { orQueries: [{ assignee: me(), ...mayTake() }] } : {};
}

const notSnoozed = (now: Date): Query => ({ followUpBeforeOrNotExistent: serverDate(now) });

const MINE: View = {
  id: "mine",
  label: "My tasks",
  icon: UserRound,
  empty: "Tasks that are given to you, or that you claim, stand here.",
  query: (now) => ({ assignee: me(), ...notSnoozed(now) }),
};
const GROUP: View = {
  id: "group",
  label: "Unassigned in my groups",
  icon: UsersRound,
  empty: "When a task is offered to you or to one of your groups it appears here at once.",
  query: (now) => ({ unassigned: true, orQueries: [mayTake()], ...notSnoozed(now) }),
};
const UNASSIGNED: View = {
  id: "group",
  label: "Unassigned",
  icon: UsersRound,
  empty: "Every open task has somebody who works on it.",
  query: (now) => ({ unassigned: true, ...notSnoozed(now) }),
};
const ALL: View = {
  id: "all",
  label: "All open tasks",
  icon: Layers,
  empty: "Start a process, and its first tasks appear here.",
  query: () => ({}),
};
const TODAY: View = {
  id: "today",
  label: "Due today",
  icon: CalendarClock,
  empty: "Nothing of yours has to be done by tonight.",
  query: (now) => ({ ...concerning(), dueAfter: serverDate(dayStart(now)), dueBefore: serverDate(dayStart(now, 1)) }),
};
const OVERDUE: View = {
  id: "overdue",
  label: "Overdue",
  icon: AlarmClock,
  empty: "Nothing of yours is late.",
  query: (now) => ({ ...concerning(), dueBefore: serverDate(now) }),
};
const SNOOZED: View = {
  id: "snoozed",
  label: "Snoozed",
  icon: Clock,
  empty: "Snooze a task with “s”, and it stands here until the time that you choose.",
  query: (now) => ({ ...concerning(), followUpAfter: serverDate(now) }),
};
const WAITING: View = {
  id: "waiting",
  label: "Delegated to others",
  icon: Inbox,
  empty: "Tasks that you delegate stand here until they come back to you.",
  query: () => ({ owner: me(), delegationState: "PENDING" }),
};

export function views(): readonly View[] {
  return me() ? [MINE, GROUP, ALL, TODAY, OVERDUE, SNOOZED, WAITING] : [UNASSIGNED, ALL, TODAY, OVERDUE, SNOOZED];
}

export interface Order {
  id: string;
  label: string;
  sorting: readonly { sortBy: string; sortOrder: "asc" | "desc" }[];
}

export const ORDERS: readonly Order[] = [
  { id: "newest", label: "Newest first", sorting: [{ sortBy: "created", sortOrder: "desc" }] },
  { id: "oldest", label: "Oldest first", sorting: [{ sortBy: "created", sortOrder: "asc" }] },
  { id: "due", label: "Due first", sorting: [{ sortBy: "dueDateOrNever", sortOrder: "asc" }, { sortBy: "created", sortOrder: "asc" }] },
  { id: "priority", label: "Highest priority", sorting: [{ sortBy: "priority", sortOrder: "desc" }, { sortBy: "created", sortOrder: "asc" }] },
  { id: "name", label: "Name", sorting: [{ sortBy: "nameCaseInsensitive", sortOrder: "asc" }] },
  { id: "changed", label: "Last changed", sorting: [{ sortBy: "lastUpdated", sortOrder: "desc" }] },
];

/** What the address says. */
export interface Place {
  filter: string;
  task: string | null;
  sort: string;
  page: number;
  search: string;
  /** How the list is shown; null for what the person has chosen last. */
  mode: string | null;
  group: string | null;
  columns: string | null;
  /** The part of the task that is shown; null for its form. */
  tab: string | null;
}

export function placeOf(query: Record<string, string>): Place {
  const page = Number.parseInt(query.page ?? "1", 10);
  return {
    filter: query.filter ?? views()[0]?.id ?? "all",
    task: query.task ?? null,
    sort: ORDERS.some((one) => one.id === query.sort) ? query.sort! : "newest",
    page: Number.isFinite(page) && page > 0 ? page : 1,
    search: query.search ?? "",
    mode: query.mode ?? null,
    group: query.group ?? null,
    columns: query.columns ?? null,
    tab: query.tab ?? null,
  };
}

export function hrefOf(place: Place): string {
  const known: Record<string, string> = { filter: place.filter };
  if (place.sort !== "newest") known.sort = place.sort;
  if (place.search) known.search = place.search;
  if (place.page > 1) known.page = String(place.page);
  if (place.mode) known.mode = place.mode;
  if (place.group) known.group = place.group;
  if (place.columns) known.columns = place.columns;
  if (place.task) known.task = place.task;
  if (place.task && place.tab) known.tab = place.tab;
  return `/tasks?${new URLSearchParams(known).toString()}`;
}

/** A list's query, narrowed down to what was searched for. */
export function searched(query: Query, search: string): Query {
  const text = search.trim();
  if (!text) return query;
  const like = containing(text);
  const groups = (query.orQueries as readonly Query[] | undefined) ?? [];
  const found = { nameLike: like, processInstanceBusinessKeyLike: like, processDefinitionNameLike: like };
  return { ...query, orQueries: [...groups, found] };
}

export function nameOf(task: { name?: string | null; taskDefinitionKey?: string | null; id: string }): string {
  return task.name || task.taskDefinitionKey || `Task ${task.id}`;
}

export function processOf(task: TaskRow): string {
  return task.processDefinitionName || task.processDefinitionKey || "";
}

/** May the person fill in the form and complete? Where nobody has to sign in, everybody may. */
export function mineToDo(task: TaskRow): boolean {
  return !task.ended && (!me() || task.assignee === me());
}
