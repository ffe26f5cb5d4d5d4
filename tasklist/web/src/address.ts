/** The state of a screen that is kept in its address: filters, the page, what is chosen. */

import { useLocation } from "preact-iso";

export type Changes = Record<string, string | number | null | undefined>;

/** The query of the address, and a way to change parts of it; empty values are left out. Only choices of a person go into the history. */
export function useAddress(): { query: Record<string, string>; set: (changes: Changes, remember?: boolean) => void; href: (changes: Changes) => string } {
  const { path, query, route } = useLocation();
  const href = (changes: Changes) => path + changed(query, changes);
  return { query, href, set: (changes, remember = false) => route(href(changes), !remember) };
}

/** The query with these changes, as text: "?a=1", or "" where nothing is left. */
export function changed(query: Record<string, string>, changes: Changes): string {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") parameters.delete(name);
    else parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}
