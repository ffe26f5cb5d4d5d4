/** A list that the server gives page by page: what is asked for stands in the address. */

import { useLocation } from "preact-iso";
import { get, type Query } from "../../api/client";
import { useLoad, type Loaded } from "../../api/load";
import { Button } from "../../components/basics";

export const PAGE = 50;

export interface Page<T> {
  rows: T[];
  more: boolean;
}

/** One page of `path`, one row more being asked for to know whether there is a next one. */
export function usePage<T>(path: string, query: Query): Loaded<Page<T>> & { page: number; go: (page: number) => void } {
  const { query: address, path: here, route } = useLocation();
  const page = Math.max(0, Number(address.page ?? 0) || 0);
  const loaded = useLoad(`${path} ${JSON.stringify(query)} ${page}`, async (signal) => {
    const rows = await get<T[]>(path, { ...query, firstResult: page * PAGE, maxResults: PAGE + 1 }, { signal });
    return { rows: rows.slice(0, PAGE), more: rows.length > PAGE };
  });
  const go = (next: number) => route(`${here}?${new URLSearchParams({ ...address, page: String(next) })}`);
  return { ...loaded, page, go };
}

export function Pages({ page, more, go }: { page: number; more: boolean; go: (page: number) => void }) {
  if (page === 0 && !more) return null;
  return (
    <nav class="row end pages" aria-label="Pages">
      <Button disabled={page === 0} onClick={() => go(page - 1)}>
        Previous
      </Button>
      <Button disabled={!more} onClick={() => go(page + 1)}>
        Next
      </Button>
    </nav>
  );
}

/** A text that stands in the address as a parameter, set when the person has finished typing. */
export function useParameter(name: string): [string, (value: string) => void] {
  const { query, path, route } = useLocation();
  return [
    query[name] ?? "",
    (value) => {
      const next = new URLSearchParams(query);
      next.delete("page");
      if (value) next.set(name, value);
      else next.delete(name);
      route(`${path}?${next}`, true);
    },
  ];
}

/** What `like` filters of the server take for "contains this". */
export function containing(text: string): string | undefined {
  return text ? `%${text}%` : undefined;
}
