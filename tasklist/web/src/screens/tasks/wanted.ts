/** What a saved filter asks for, as its page shows it, and as the query that the server keeps. */

import { ORDERS, type Query } from "./views";

export type Who = "anybody" | "me" | "nobody" | "mine" | "person";
export type Due = "any" | "overdue" | "none";

/** The members of a query that the page sets; it leaves the others alone. */
const OURS = [
  "assignee",
  "assigneeExpression",
  "unassigned",
  "candidateGroup",
  "candidateGroupsExpression",
  "processDefinitionKey",
  "nameLike",
  "processInstanceBusinessKeyLike",
  "minPriority",
  "dueBeforeExpression",
  "withoutDueDate",
  "sorting",
] as const;

export interface Wanted {
  who: Who;
  person: string;
  group: string;
  process: string;
  name: string;
  businessKey: string;
  priority: string;
  due: Due;
  order: string;
}

const within = (value: unknown) => (typeof value === "string" ? value.replace(/^%|%$/g, "") : "");
const text = (value: unknown) => (typeof value === "string" ? value : "");

export function wantedOf(query: Query): Wanted {
  const sorting = JSON.stringify(((query.sorting as { sortBy: string; sortOrder: string }[] | undefined) ?? []).map((one) => [one.sortBy, one.sortOrder]));
  const order = ORDERS.find((one) => JSON.stringify(one.sorting.map((each) => [each.sortBy, each.sortOrder])) === sorting);
  const who: Who = query.assigneeExpression
    ? "me"
    : query.assignee
      ? "person"
      : query.candidateGroupsExpression
        ? "mine"
        : query.unassigned
          ? "nobody"
          : "anybody";
  return {
    who,
    person: text(query.assignee),
    group: text(query.candidateGroup),
    process: text(query.processDefinitionKey),
    name: within(query.nameLike),
    businessKey: within(query.processInstanceBusinessKeyLike),
    priority: query.minPriority === undefined || query.minPriority === null ? "" : String(query.minPriority),
    due: query.dueBeforeExpression ? "overdue" : query.withoutDueDate ? "none" : "any",
    order: order?.id ?? "newest",
  };
}

export function queryOf(wanted: Wanted, before: Query): Query {
  const query: Query = Object.fromEntries(
    Object.entries(before).filter(([name, value]) => !(OURS as readonly string[]).includes(name) && !(Array.isArray(value) && value.length === 0)),
  );
  if (wanted.who === "me") query.assigneeExpression = "${currentUser()}";
  if (wanted.who === "person") query.assignee = wanted.person.trim();
  if (wanted.who === "nobody") query.unassigned = true;
  if (wanted.who === "mine") query.candidateGroupsExpression = "${currentUserGroups()}";
  else if (wanted.group.trim()) query.candidateGroup = wanted.group.trim();
  if (wanted.process.trim()) query.processDefinitionKey = wanted.process.trim();
  if (wanted.name.trim()) query.nameLike = `%${wanted.name.trim()}%`;
  if (wanted.businessKey.trim()) query.processInstanceBusinessKeyLike = `%${wanted.businessKey.trim()}%`;
  if (wanted.priority !== "") query.minPriority = Number(wanted.priority);
  if (wanted.due === "overdue") query.dueBeforeExpression = "${now()}";
  if (wanted.due === "none") query.withoutDueDate = true;
  query.sorting = ORDERS.find((one) => one.id === wanted.order)?.sorting;
  return query;
}
