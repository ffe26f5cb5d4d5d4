/** What a person has chosen for this browser. `public/theme.js` reads the same before the first paint. */

import { effect, signal } from "@preact/signals";

export interface Preferences {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  /** Whether single letters do things (WCAG 2.1.4 lets people turn them off). */
  letters: boolean;
  /** Whether completing a task opens the next one. */
  advance: boolean;
  /** The columns of lists by their names, where they are not the usual ones. */
  columns: Readonly<Record<string, string>>;
  /** How the lists of tasks are shown. */
  tasks: TaskPreferences;
}

export interface TaskPreferences {
  mode: "rows" | "table";
  group: string;
  /** The variables that the built-in lists show beside each task. */
  variables: readonly { name: string; label: string }[];
}

const KEY = "baton.preferences";
const DEFAULTS: Preferences = { theme: "system", density: "comfortable", letters: true, advance: true, columns: {}, tasks: { mode: "rows", group: "", variables: [] } };

export const preferences = signal<Preferences>({ ...DEFAULTS, ...read() });

effect(() => {
  const { theme, density } = preferences.value;
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.density = density;
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences.value));
  } catch {
    // private windows may refuse: the choice then lasts as long as the page
  }
});

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
}

/** The columns of a list from now on; null for the usual ones. */
export function remember(list: string, columns: string | null): void {
  const { [list]: _, ...others } = preferences.value.columns;
  prefer({ columns: columns === null ? others : { ...others, [list]: columns } });
}

function read(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
  } catch {
    return {};
  }
}
