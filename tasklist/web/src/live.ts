/** What changes on the server: told by server-sent events while somebody looks at the tab, or looked for now and then. */

import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { leaving, signedOut } from "./api/client";
import type { Word } from "./hub";
import { openLine, type Line } from "./line";
import { soon } from "./pace";

export type Liveness = "live" | "polling" | "offline";

export const liveness = signal<Liveness>("polling");

type Listener = () => unknown;

const POLL_MS = 5_000;
/** Screens come and go in crowds: what is wanted is said once per this many milliseconds. */
const GATHER_MS = 50;

/** What a screen hears of that shows nothing live, so that it hears of the end of its session. */
const ALWAYS = ["definitions"];

const listeners = new Map<string, Set<Listener>>();
let line: Line | null = null;
let saying: number | null = null;

/**
 * Calls `reload` when something of a topic changes: "tasks", "instances", "incidents", "definitions", "decisions",
 * "batches", "deployments", "instance:ID", "process:KEY". It is never called twice at once; if it gives a promise, that is waited for.
 */
export function useLive(topics: readonly string[], reload: Listener): void {
  const key = topics.join(" ");
  useEffect(() => {
    for (const topic of topics) {
      const known = listeners.get(topic) ?? new Set();
      listeners.set(topic, known.add(reload));
    }
    saySoon();
    return () => {
      for (const topic of topics) {
        const known = listeners.get(topic);
        known?.delete(reload);
        if (known?.size === 0) listeners.delete(topic);
      }
      saySoon();
    };
  }, [key, reload]);
}

/** Calls `run` every so often while the page is seen: for what no event tells of. */
export function useEvery(milliseconds: number, run: Listener): void {
  useEffect(() => {
    const timer = window.setInterval(() => isSeen() && run(), milliseconds);
    return () => window.clearInterval(timer);
  }, [milliseconds, run]);
}

function isSeen(): boolean {
  return document.visibilityState === "visible" && !signedOut.value && !leaving.value;
}

function saySoon(): void {
  if (saying !== null) return;
  saying = window.setTimeout(() => {
    saying = null;
    line ??= openLine(hear);
    const wanted = listeners.size > 0 ? [...listeners.keys()] : ALWAYS;
    line.want(isSeen() ? wanted : []);
  }, GATHER_MS);
}

function hear(word: Word): void {
  if ("topics" in word) {
    for (const topic of word.topics) for (const listener of listeners.get(topic) ?? []) wake(listener);
    return;
  }
  const before = liveness.value;
  liveness.value = word.live ? "live" : navigator.onLine ? "polling" : "offline";
  // Something may have been missed before a stream begins; and when one ends, the session may have ended with it.
  if (word.live !== (before === "live")) wakeAll();
}

function wake(listener: Listener): void {
  soon(listener, () => isSeen() && [...listeners.values()].some((known) => known.has(listener)));
}

function wakeAll(): void {
  for (const known of listeners.values()) for (const listener of known) wake(listener);
}

window.setInterval(() => {
  if (liveness.value !== "live" && isSeen()) wakeAll();
}, POLL_MS);
document.addEventListener("visibilitychange", () => {
  saySoon();
  if (isSeen()) wakeAll();
});
effect(() => {
  document.documentElement.dataset.live = liveness.value;
});
effect(() => {
  if (!signedOut.value) wakeAll();
  saySoon();
});
