/** What changes on the server, told by one stream of server-sent events per tab, or looked for where there is none. */

import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { address } from "./api/client";

export type Liveness = "live" | "polling" | "offline";

export const liveness = signal<Liveness>("polling");

type Listener = () => void;

const POLL_MS = 5_000;
/** Changes come in crowds: what they lead to is done once per this many milliseconds. */
const CALM_MS = 150;

const listeners = new Map<string, Set<Listener>>();
const due = new Set<Listener>();
let source: EventSource | null = null;
let calming: number | null = null;
let changed: number | null = null;

/** Calls `reload` when something of a topic changes: "tasks", "instances", "incidents", "definitions", "instance:ID". */
export function useLive(topics: readonly string[], reload: Listener): void {
  const key = topics.join(" ");
  useEffect(() => {
    for (const topic of topics) {
      const known = listeners.get(topic) ?? new Set();
      listeners.set(topic, known.add(reload));
    }
    reconnectSoon();
    return () => {
      for (const topic of topics) {
        const known = listeners.get(topic);
        known?.delete(reload);
        if (known?.size === 0) listeners.delete(topic);
      }
      reconnectSoon();
    };
  }, [key, reload]);
}

/** Calls `run` every so often while the page is seen: for what no event tells of. */
export function useEvery(milliseconds: number, run: Listener): void {
  useEffect(() => {
    const timer = window.setInterval(() => document.visibilityState === "visible" && run(), milliseconds);
    return () => window.clearInterval(timer);
  }, [milliseconds, run]);
}

function reconnectSoon(): void {
  if (changed !== null) return;
  changed = window.setTimeout(() => {
    changed = null;
    connect();
  }, 50);
}

let connectedTo = "";

function connect(): void {
  const topics = [...listeners.keys()].sort();
  const wanted = topics.join(",");
  if (wanted === connectedTo && source !== null && source.readyState !== EventSource.CLOSED) return;
  source?.close();
  source = null;
  connectedTo = wanted;
  if (!wanted) return;
  const opened = new EventSource(address("/api/v1/events", { topics: wanted }));
  source = opened;
  opened.onopen = () => {
    if (liveness.value !== "live") tellAll(); // something may have been missed in between
    liveness.value = "live";
  };
  opened.onerror = () => {
    liveness.value = navigator.onLine ? "polling" : "offline";
    if (opened.readyState === EventSource.CLOSED) {
      window.setTimeout(() => source === opened && ((connectedTo = ""), connect()), POLL_MS * 2);
    }
  };
  opened.addEventListener("change", (event) => {
    const told = JSON.parse((event as MessageEvent<string>).data) as { topics: string[] };
    for (const topic of told.topics) for (const listener of listeners.get(topic) ?? []) due.add(listener);
    soon();
  });
}

function tellAll(): void {
  for (const known of listeners.values()) for (const listener of known) due.add(listener);
  soon();
}

function soon(): void {
  if (calming !== null) return;
  calming = window.setTimeout(() => {
    calming = null;
    const now = [...due];
    due.clear();
    for (const listener of now) listener();
  }, CALM_MS);
}

window.setInterval(() => {
  if (liveness.value !== "live" && document.visibilityState === "visible") tellAll();
}, POLL_MS);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") tellAll();
});
effect(() => {
  document.documentElement.dataset.live = liveness.value;
});
