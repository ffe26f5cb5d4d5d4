/** Which processes a person likes to start and has started last, in this browser. */

import { signal } from "@preact/signals";
import { me } from "../../session";

interface Known {
  favourites: string[];
  /** The newest first. */
  recent: string[];
}

const MOST_RECENT = 6;
const place = () => `baton.start.${me()}`;

export const known = signal<Known>({ favourites: [], recent: [] });

export function readKnown(): void {
  try {
    known.value = { favourites: [], recent: [], ...(JSON.parse(localStorage.getItem(place()) ?? "{}") as Partial<Known>) };
  } catch {
    known.value = { favourites: [], recent: [] };
  }
}

function keep(next: Known): void {
  known.value = next;
  try {
    localStorage.setItem(place(), JSON.stringify(next));
  } catch {
    // private windows may refuse: it is then known as long as the page is open
  }
}

export function toggleFavourite(key: string): void {
  const { favourites, recent } = known.value;
  keep({ recent, favourites: favourites.includes(key) ? favourites.filter((one) => one !== key) : [...favourites, key] });
}

export function started(key: string): void {
  const { favourites, recent } = known.value;
  keep({ favourites, recent: [key, ...recent.filter((one) => one !== key)].slice(0, MOST_RECENT) });
}
