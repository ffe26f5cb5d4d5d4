/** The moments of an instance in words and on the slider: what happened at each, and what stands out. */

import type { OwnSchemas } from "../../api/client";

export type Moment = OwnSchemas["Moment"];
export type Past = OwnSchemas["Past"];

const WORDS: readonly [keyof Omit<Moment, "time">, string, string][] = [
  ["entered", "began", "began"],
  ["completed", "ended", "ended"],
  ["canceled", "cancelled", "cancelled"],
  ["variables", "value set", "values set"],
  ["tasks", "part in a task changed", "parts in tasks changed"],
  ["failures", "attempt failed", "attempts failed"],
  ["incidents", "new incident", "new incidents"],
  ["resolved", "incident over", "incidents over"],
];

/** "2 began, 1 ended"; of what happened nothing else is told where a job alone moved on. */
export function happened(moment: Moment): string {
  const told = WORDS.filter(([kind]) => moment[kind] > 0).map(([kind, one, many]) => `${moment[kind]} ${moment[kind] === 1 ? one : many}`);
  return told.join(", ") || (moment.tokens > 0 ? "a job moved on" : "the instance itself");
}

/** What stands out at a moment decides the colour of its tick. */
export function tone(moment: Moment): "red" | "amber" | "blue" | "grey" {
  if (moment.incidents > 0 || moment.failures > 0) return "red";
  if (moment.canceled > 0) return "amber";
  return moment.entered > 0 || moment.completed > 0 ? "blue" : "grey";
}

export const MOST_TICKS = 400;

/** The moments that get a tick: all where there is room, else those that stand out; with their places from 0 to 1. */
export function ticks(moments: readonly Moment[], first: number, total: number): { place: number; tone: ReturnType<typeof tone> }[] {
  return moments
    .map((moment, index) => ({ place: total > 1 ? (first + index) / (total - 1) : 0, tone: tone(moment) }))
    .filter((tick) => total <= MOST_TICKS || tick.tone === "red" || tick.tone === "amber");
}

export type Activity = Past["activities"][number];

/** The activities in the order of what they are in, each with how deep it is. */
export function nested(activities: readonly Activity[]): { activity: Activity; depth: number }[] {
  const known = new Set(activities.map((one) => one.id));
  const inside = new Map<string, Activity[]>();
  for (const one of activities) {
    const parent = known.has(one.parentId) ? one.parentId : "";
    inside.set(parent, [...(inside.get(parent) ?? []), one]);
  }
  const rows: { activity: Activity; depth: number }[] = [];
  const waiting = (inside.get("") ?? []).map((activity) => ({ activity, depth: 0 })).reverse();
  for (let row = waiting.pop(); row; row = waiting.pop()) {
    rows.push(row);
    const depth = row.depth + 1;
    waiting.push(...(inside.get(row.activity.id) ?? []).map((activity) => ({ activity, depth })).reverse());
  }
  return rows;
}
