/** The keyboard: who wants which key, and the list of them that `?` shows. */

import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { tinykeys } from "tinykeys";
import { preferences } from "./preferences";

export interface Shortcut {
  /** In tinykeys' notation: "g t", "$mod+k", "Shift+X", "j". */
  keys: string;
  does: string;
  run: (event: KeyboardEvent) => void;
  /** Under which heading the help lists it. */
  group?: string;
  /** Also inside text fields. */
  everywhere?: boolean;
}

export const shortcuts = signal<readonly Shortcut[]>([]);

/** Gives a component its keys while it is shown. The latest functions are called; the keys must stay the same. */
export function useKeys(group: string, wanted: readonly Shortcut[]): void {
  const latest = useRef(wanted);
  latest.current = wanted;
  const key = wanted.map((one) => one.keys).join("|");
  // before it is painted, so that what can be seen can be done
  useLayoutEffect(() => {
    const known = latest.current.map((one) => ({ ...one, group: one.group ?? group }));
    shortcuts.value = [...shortcuts.value, ...known];
    const bindings: Record<string, (event: KeyboardEvent) => void> = {};
    latest.current.forEach((one, index) => {
      bindings[one.keys] = (event) => {
        if (event.defaultPrevented || (!one.everywhere && !listens(event, one.keys))) return;
        event.preventDefault();
        latest.current[index]?.run(event);
      };
    });
    const stop = tinykeys(window, bindings);
    return () => {
      stop();
      shortcuts.value = shortcuts.value.filter((one) => !known.includes(one as (typeof known)[number]));
    };
  }, [key, group]);
}

function listens(event: KeyboardEvent, keys: string): boolean {
  const target = event.target as HTMLElement | null;
  if (target?.closest("input, textarea, select, [contenteditable=''], [contenteditable=true], .djs-container, dialog")) {
    return false;
  }
  // A letter with Shift, or a mark such as "?", is a single letter too: who dictates says it by accident (WCAG 2.1.4).
  return preferences.value.letters || /\+|Escape|Enter|Arrow/.test(keys.replaceAll("Shift+", ""));
}

/** A key as people read it: "Ctrl K", "g then t". */
export function readable(keys: string): string {
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  return keys
    .split(" ")
    .map((press) =>
      press
        .split("+")
        .map((part) => (part === "$mod" ? (mac ? "⌘" : "Ctrl") : part === "Escape" ? "Esc" : part))
        .join(" "),
    )
    .join(" then ");
}
