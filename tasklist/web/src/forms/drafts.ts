/** Drafts of forms, kept on the server while a person writes. */

import { signal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, ask, put, remove } from "../api/client";
import type { FormData } from "./form-view";

export interface Draft {
  data: FormData;
  savedAt: string | null;
}

export type Saving = "no" | "waiting" | "saved" | "failed";

/** How long nothing must change before a draft is saved. */
const PAUSE_MS = 2_000;

/** What was asked about each draft last, by its path, and is not answered yet. */
const underway = new Map<string, Promise<unknown>>();

/** Runs one thing after the other: the server does at the same time what it is asked at the same time, in any order. */
async function inTurn<T>(path: string, run: () => Promise<T>): Promise<T> {
  const before = underway.get(path) ?? Promise.resolve();
  const mine = before.then(run, run);
  underway.set(path, mine);
  try {
    return await mine;
  } finally {
    if (underway.get(path) === mine) underway.delete(path);
  }
}

export async function readDraft(path: string, stop?: AbortSignal): Promise<Draft | null> {
  return (await inTurn(path, () => ask<Draft | undefined>("GET", path, { signal: stop }))) ?? null;
}

/**
 * Saves what is told to `write` two seconds after the last change; what waits is saved when the page is left.
 * `stop` saves no more, and waits for what is being saved: the task may end, or the form be sent, after that.
 */
export function useDraft(path: string): {
  state: Signal<Saving>;
  write: (data: FormData) => void;
  forget: () => Promise<void>;
  stop: () => Promise<void>;
} {
  const state = useRef(signal<Saving>("no")).current;
  const waiting = useRef<{ data: FormData; timer: number; path: string } | null>(null);

  const save = async () => {
    const now = waiting.current;
    if (!now) return;
    window.clearTimeout(now.timer);
    waiting.current = null;
    try {
      await inTurn(now.path, () => put(now.path, { data: withoutFiles(now.data) }));
      if (!waiting.current && state.value === "waiting") state.value = "saved";
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      if (state.value === "waiting") state.value = "failed";
    }
  };
  const drop = () => {
    if (waiting.current) window.clearTimeout(waiting.current.timer);
    waiting.current = null;
  };

  useEffect(() => {
    state.value = "no";
    return () => void save();
  }, [path]);

  return {
    state,
    write: (data) => {
      drop();
      state.value = "waiting";
      waiting.current = { data, path, timer: window.setTimeout(() => void save(), PAUSE_MS) };
    },
    forget: async () => {
      drop();
      state.value = "no";
      await inTurn(path, () => remove(path));
    },
    stop: async () => {
      drop();
      await inTurn(path, () => Promise.resolve()).catch(() => undefined);
    },
  };
}

/** Files that were chosen are not kept: the texts that stand for them would stand for nothing later. */
function withoutFiles(data: FormData): FormData {
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => !(typeof value === "string" && value.startsWith("files::"))),
  );
}
