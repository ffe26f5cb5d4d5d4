/** A list that the server gives page by page: what is asked for stands in the address. */

import { useAddress } from "./address";
import { get, type Query } from "./api/client";
import { useLoad, type Loaded } from "./api/load";

export const PAGE = 50;

export interface Page<T> {
  rows: T[];
  more: boolean;
}

/**
 * One page of `path`, one row more being asked for to know whether there is a next one; `go` takes the first row.
 *
 * It is read again when something of `topics` changes. `parameter` tells the pages of several lists on a screen from one
 * another.
 */
export function usePage<T>(path: string, query: Query, parameter = "page", topics: readonly string[] = []): Loaded<Page<T>> & { first: number; go: (first: number) => void } {
  const address = useAddress();
  const first = PAGE * Math.max(0, Number(address.query[parameter] ?? 0) || 0);
  const read = async (signal: AbortSignal) => {
    const rows = await get<T[]>(path, { ...query, firstResult: first, maxResults: PAGE + 1 }, { signal });
    return { rows: rows.slice(0, PAGE), more: rows.length > PAGE };
  };
  const loaded = useLoad(`${path} ${JSON.stringify(query)} ${first}`, read, topics);
  return { ...loaded, first, go: (to) => address.set({ [parameter]: to / PAGE || null }, true) };
}

/** A text that stands in the address as a parameter, set when the person has finished typing. */
export function useParameter(name: string): [string, (value: string) => void] {
  const { query, set } = useAddress();
  return [query[name] ?? "", (value) => set({ [name]: value, page: null })];
}

/** What `like` filters of the server take for "contains this". */
export function containing(text: string): string | undefined {
  return text ? `%${text}%` : undefined;
}
