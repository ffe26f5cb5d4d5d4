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

export async function readDraft(path: string, stop?: AbortSignal): Promise<Draft | null> {
  return (await ask<Draft | undefined>("GET", path, { signal: stop })) ?? null;
}

/** Saves what is told to `write` two seconds after the last change; what waits is saved when the page is left. */
export function useDraft(path: string): {
  state: Signal<Saving>;
  write: (data: FormData) => void;
  forget: () => Promise<void>;
  stop: () => void;
} {
  const state = useRef(signal<Saving>("no")).current;
  const waiting = useRef<{ data: FormData; timer: number; path: string } | null>(null);

  const save = async () => {
    const now = waiting.current;
    if (!now) return;
    window.clearTimeout(now.timer);
    waiting.current = null;
    try {
      await put(now.path, { data: withoutFiles(now.data) });
      if (!waiting.current) state.value = "saved";
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      state.value = "failed";
    }
  };
  const stop = () => {
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
      stop();
      state.value = "waiting";
      waiting.current = { data, path, timer: window.setTimeout(() => void save(), PAUSE_MS) };
    },
    forget: async () => {
      stop();
      state.value = "no";
      await remove(path);
    },
    stop,
  };
}

/** Files that were chosen are not kept: the texts that stand for them would stand for nothing later. */
function withoutFiles(data: FormData): FormData {
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => !(typeof value === "string" && value.startsWith("files::"))),
  );
}
