/** Lists that change while somebody looks at them: rows stay in their places, new ones wait until they are asked for. */

import { useCallback, useRef, useState } from "preact/hooks";

/** A row, whether it no longer belongs to the list, and how often it has changed while it was looked at. */
export type SteadyRow<T> = T & { gone?: boolean; turn?: number };

/** The rows that are shown, as they are now; `more`: the list goes on after the latest ones. */
export function steady<T>(shown: readonly T[], latest: readonly T[], more: boolean, idOf: (row: T) => string): { rows: SteadyRow<T>[]; fresh: number } {
  const now = new Map(latest.map((row) => [idOf(row), row]));
  const known = new Set(shown.map(idOf));
  const fresh = latest.filter((row) => !known.has(idOf(row))).length;
  // New rows push as many off the page; those at its end may well be on the next one.
  const pushed = more ? shown.length - fresh : Number.POSITIVE_INFINITY;
  const rows = shown.map((row, index) => now.get(idOf(row)) ?? { ...row, gone: index < pushed });
  return { rows, fresh };
}

interface Memory<T> {
  key: string;
  shown: readonly T[];
  latest: readonly T[];
  texts: Map<string, string>;
  turns: Map<string, number>;
  atOnce: boolean;
}

export interface SteadyRows<T> {
  rows: readonly SteadyRow<T>[];
  /** How many rows there are that are not shown yet. */
  fresh: number;
  /** Shows what there is now. */
  apply: () => void;
  /** The person has changed something: what there is now is shown, and what is read next. */
  changed: () => void;
}

/** Rows of a list that is read again and again; another `key` is another list, which is shown at once. */
export function useSteady<T extends object>(key: string, latest: readonly T[] | null | undefined, more: boolean, idOf: (row: T) => string): SteadyRows<T> {
  const memory = useRef<Memory<T> | null>(null);
  const [, draw] = useState(0);
  const show = useCallback((next: boolean) => {
    if (!memory.current) return;
    memory.current.atOnce = next;
    memory.current.shown = memory.current.latest;
    draw((count) => count + 1);
  }, []);
  const apply = useCallback(() => show(false), [show]);
  const changed = useCallback(() => show(true), [show]);
  if (!latest) return { rows: [], fresh: 0, apply, changed };
  let known = memory.current;
  if (!known || known.key !== key) {
    known = memory.current = { key, shown: latest, latest, texts: textsOf(latest, idOf), turns: new Map(), atOnce: false };
  } else if (known.latest !== latest) {
    note(known, latest, idOf);
  }
  if (known.shown.length === 0) known.shown = latest; // there was nothing that could be moved
  const { rows, fresh } = steady(known.shown, latest, more, idOf);
  const { turns } = known;
  return { rows: rows.map((row) => ({ ...row, turn: turns.get(idOf(row)) })), fresh, apply, changed };
}

function note<T>(known: Memory<T>, latest: readonly T[], idOf: (row: T) => string): void {
  const texts = textsOf(latest, idOf);
  for (const [id, text] of texts) {
    const before = known.texts.get(id);
    if (before !== undefined && before !== text) known.turns.set(id, (known.turns.get(id) ?? 0) + 1);
  }
  known.texts = texts;
  known.latest = latest;
  if (known.atOnce) known.shown = latest;
  known.atOnce = false;
}

function textsOf<T>(rows: readonly T[], idOf: (row: T) => string): Map<string, string> {
  return new Map(rows.map((row) => [idOf(row), JSON.stringify(row)]));
}

/** The class of a row: crossed out if it is gone, lit up once each time it changes. */
export function rowClass(row: { gone?: boolean; turn?: number }): string {
  return [row.gone && "gone", row.turn && (row.turn % 2 ? "changed" : "changed-again")].filter(Boolean).join(" ");
}
