/** A list that the server gives page by page: what is asked for stands in the address. */

import { useEffect } from "preact/hooks";
import { useAddress } from "./address";
import { get, type Query } from "./api/client";
import { useLoad, type Loaded } from "./api/load";
import type { Order } from "./components/list";
import { readOrder, type Sortable } from "./sorting";
import { useSteady, type SteadyRow } from "./steady";

export const PAGE = 50;

export interface Page<T> {
  rows: T[];
  more: boolean;
  /** How many there are in the whole list, where the server says so. */
  total?: number;
}

/** A page, and what can be asked of its list. */
export interface Paged<T> extends Loaded<Page<T>> {
  path: string;
  /** What narrows the list down and orders it. */
  asked: Query;
  /** The rows that are shown: they stay in their places, while others change them. */
  rows: readonly SteadyRow<T>[];
  more: boolean;
  total?: number;
  keyOf: (row: T) => string;
  /** How many rows there are that are not shown yet, and what shows them. */
  fresh: number;
  apply: () => void;
  /** To be called when the person has changed something: that is shown at once. */
  changed: () => void;
  first: number;
  size: number;
  /** Goes to the page that begins with that row. */
  go: (first: number) => void;
  order: Order;
  sort: (order: Order) => void;
  /** What it is called by in the address. */
  parameters: { page: string; sort: string; columns: string };
}

interface Wanted<T, Answer> {
  /** What can be sorted by, besides `by`. */
  columns: readonly Sortable[];
  /** How it is sorted while nobody says otherwise. */
  by: string;
  down?: boolean;
  keyOf: (row: T) => string;
  /** It is read again when something of these changes. */
  topics?: readonly string[];
  /** Tells several lists on a screen from one another. */
  name?: string;
  /** Where the rows are in an answer that holds more than them. */
  read?: (answer: Answer) => { rows: T[]; total: number };
}

/** One page of `path`, one row more being asked for to know whether there is a next one. */
export function usePage<T extends object, Answer = T[]>(path: string, query: Query, { columns, by, down = false, keyOf, topics = [], name, read }: Wanted<T, Answer>): Paged<T> {
  const address = useAddress();
  const called = (word: string) => (name ? `${name}-${word}` : word);
  const parameters = { page: called("page"), sort: called("sort"), columns: called("columns") };
  const first = PAGE * Math.max(0, Number(address.query[parameters.page] ?? 0) || 0);
  const wanted = address.query[parameters.sort];
  const known = readOrder(wanted, [{ sortBy: by }, ...columns]);
  const order = known ?? { by, down };
  useWithout(wanted !== undefined && !known, parameters.sort);
  const asked: Query = { ...query, sortBy: order.by, sortOrder: order.down ? "desc" : "asc" };
  const key = `${path} ${JSON.stringify(asked)} ${first}`;
  const load = async (signal: AbortSignal): Promise<Page<T>> => {
    const answer = await get<unknown>(path, { ...asked, firstResult: first, maxResults: PAGE + 1 }, { signal });
    const { rows, total } = read ? read(answer as Answer) : { rows: answer as T[] };
    return { rows: rows.slice(0, PAGE), more: rows.length > PAGE, total };
  };
  const loaded = useLoad(key, load, topics);
  const more = loaded.data?.more ?? false;
  const list = useSteady(key, loaded.data?.rows, more, keyOf);
  return {
    ...loaded,
    path,
    asked,
    rows: list.rows,
    more,
    total: loaded.data?.total,
    keyOf,
    fresh: list.fresh,
    apply: list.apply,
    changed: () => {
      list.changed();
      loaded.reload();
    },
    first,
    size: PAGE,
    go: (to) => address.set({ [parameters.page]: to / PAGE || null }, true),
    order,
    sort: (chosen) =>
      address.set({ [parameters.sort]: chosen.by === by && chosen.down === down ? null : `${chosen.by}.${chosen.down ? "desc" : "asc"}`, [parameters.page]: null }),
    parameters,
  };
}

/** Takes parameters out of the address while they say nothing. */
export function useWithout(empty: boolean, ...names: readonly string[]): void {
  const { set } = useAddress();
  useEffect(() => {
    if (empty) set(Object.fromEntries(names.map((name) => [name, null])));
  });
}

/** A text that stands in the address as a parameter, set when the person has finished typing. */
export function useParameter(name: string): [string, (value: string) => void] {
  const { query, set } = useAddress();
  return [query[name] ?? "", (value) => set({ [name]: value, page: null })];
}
