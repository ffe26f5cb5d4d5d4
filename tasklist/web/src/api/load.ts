/** Reading for a screen: what is shown while it loads, when it fails, and again when something has changed. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useLive } from "../live";
import { ApiError } from "./client";

export interface Loaded<T> {
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  reload: () => void;
}

/** How long after a question that did not reach the server it is asked again. */
const AGAIN_MS = 5_000;

/**
 * Runs `read` when `key` changes and when one of `topics` does; the old data stay on the screen meanwhile.
 * An answer that is overtaken by a later question is thrown away. While the server cannot be reached it is asked again.
 */
export function useLoad<T>(key: string, read: (signal: AbortSignal) => Promise<T>, topics: readonly string[] = []): Loaded<T> {
  const [state, set] = useState<{ key: string; data: T | null; error: ApiError | null; loading: boolean }>({
    key,
    data: null,
    error: null,
    loading: true,
  });
  const latest = useRef(read);
  latest.current = read;
  const running = useRef<AbortController | null>(null);
  const wanted = useRef(key);
  wanted.current = key;

  const reload = useCallback(() => {
    if (wanted.current !== key) return; // whoever calls this late would read again what is no longer shown
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    return latest
      .current(mine.signal)
      .then((data) => !mine.signal.aborted && set({ key, data, error: null, loading: false }))
      .catch((reason: unknown) => {
        if (mine.signal.aborted) return;
        const error = reason instanceof ApiError ? reason : new ApiError(0, "", String(reason));
        set((before) => ({ key, data: before.key === key ? before.data : null, error, loading: false }));
      });
  }, [key]);

  useEffect(() => {
    set((before) => ({ ...before, key, loading: true, data: before.key === key ? before.data : null }));
    reload();
    return () => running.current?.abort();
  }, [key, reload]);
  useLive(topics, reload);

  const { error } = state;
  useEffect(() => {
    if (error?.type !== "Offline") return;
    const timer = window.setTimeout(reload, AGAIN_MS);
    window.addEventListener("online", reload);
    return () => {
      window.clearTimeout(timer);
      window.removeEventListener("online", reload);
    };
  }, [error, reload]);

  const mine = state.key === key;
  return { data: mine ? state.data : null, error: mine ? state.error : null, loading: !mine || state.loading, reload };
}
