/** Queries that somebody has saved, as lists of the rail. */

import { Filter } from "lucide-preact";
import { get, type Schemas } from "../../api/client";
import { useLoad, type Loaded } from "../../api/load";
import { useChangedHere } from "./actions";
import { variablesOf } from "./shown";
import type { View } from "./views";

export type Saved = Schemas["ShownFilter"];

export function useSaved(): Loaded<Saved[]> {
  const loaded = useLoad<Saved[]>("filters", (signal) => get("/filter", { resourceType: "Task", sortBy: "name", sortOrder: "asc", maxResults: 50 }, { signal }));
  useChangedHere(loaded.reload);
  return { ...loaded, data: loaded.data && [...loaded.data].sort((one, other) => placeInList(one) - placeInList(other)) };
}

/** Where a filter stands among the others; those that say nothing come first, in the order of their names. */
export function placeInList(saved: Saved): number {
  const { priority } = saved.properties as { priority?: unknown };
  return typeof priority === "number" && Number.isFinite(priority) ? priority : 0;
}

export function viewOf(saved: Saved): View {
  const properties = saved.properties as { description?: string; color?: string };
  return {
    id: saved.id,
    label: saved.name,
    icon: Filter,
    empty: properties.description || "No task fits this filter now.",
    colour: colourOf(saved),
    saved: true,
    variables: variablesOf(saved.properties),
    query: () => ({}),
  };
}

/** The colour of a filter, if it is one that a browser knows as such. */
export function colourOf(saved: Saved): string | undefined {
  const colour = (saved.properties as { color?: unknown }).color;
  return typeof colour === "string" && /^#[0-9a-f]{3,8}$/i.test(colour) ? colour : undefined;
}
