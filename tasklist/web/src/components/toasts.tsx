/** Short messages at the edge of the page: what was done, what went wrong, and six seconds to undo. */

import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Terminal, X } from "lucide-preact";
import { ApiError, curl, lastChange, type Change } from "../api/client";

interface Toast {
  id: number;
  tone: "plain" | "good" | "bad";
  text: string;
  action?: { label: string; run: () => void };
  /** What the action is about; `forgetUndo` takes it away. */
  about?: string;
  link?: { label: string; href: string };
  /** What was asked of the server, to be copied as a command. */
  change?: Change;
}

const shown = signal<readonly Toast[]>([]);
let next = 1;

/** For `z`: takes back what the newest toast offers to. */
export function undoLast(): void {
  const newest = [...shown.value].reverse().find((one) => one.action?.label === "Undo");
  if (newest) act(newest);
}

export function tell(text: string, more: Partial<Omit<Toast, "id" | "text">> = {}): void {
  const toast: Toast = { id: next++, tone: "plain", ...more, text };
  shown.value = [...shown.value.slice(-3), toast];
  const seconds = toast.tone === "bad" ? 12 : toast.action || toast.link ? 6 : 4;
  window.setTimeout(() => close(toast.id), seconds * 1000);
}

/** Nothing that was done to this can be undone any more. */
export function forgetUndo(about: string): void {
  shown.value = shown.value.filter((one) => one.about !== about);
}

export function copied(text: string): void {
  tell(`Copied ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`);
}

/** Tells a person what went wrong, whatever it was. */
export function tellProblem(problem: unknown): void {
  if (problem instanceof ApiError) {
    if (problem.status !== 401) tell(problem.message, { tone: "bad" });
    return;
  }
  console.error(problem);
  tell(`Something went wrong on this page: ${problem instanceof Error ? problem.message : String(problem)}`, { tone: "bad" });
}

/** Does something and tells how it went; true when it went well. */
export async function attempt(run: () => Promise<unknown>, done?: string, more: Partial<Omit<Toast, "id" | "text">> = {}): Promise<boolean> {
  const before = lastChange.value;
  try {
    await run();
  } catch (problem) {
    tellProblem(problem);
    return false;
  }
  const change = lastChange.value !== before && lastChange.value ? lastChange.value : undefined;
  if (done) tell(done, { tone: "good", change, ...more });
  return true;
}

export async function copyCurl(): Promise<void> {
  const change = lastChange.value;
  if (!change) return tell("Nothing has been changed from this page yet");
  await copyAsCurl(change);
}

async function copyAsCurl(change: Change): Promise<void> {
  await navigator.clipboard.writeText(curl(change));
  copied(`${change.method} ${change.url} as curl`);
}

function close(id: number): void {
  shown.value = shown.value.filter((one) => one.id !== id);
}

function act(toast: Toast): void {
  toast.action?.run();
  close(toast.id);
}

export function Toasts() {
  const place = useRef<HTMLDivElement>(null);
  const toasts = shown.value;
  useLayoutEffect(() => {
    // what is shown last lies on top, also over dialogs
    if (place.current?.matches(":popover-open")) place.current.hidePopover();
    if (toasts.length) place.current?.showPopover();
  }, [toasts]);
  return (
    <div ref={place} class="toasts" role="status" aria-live="polite" popover="manual">
      {toasts.map((toast) => (
        <div key={toast.id} class={`toast ${toast.tone}`}>
          <span>{toast.text}</span>
          {toast.link && <a href={toast.link.href}>{toast.link.label}</a>}
          {toast.action && (
            <button type="button" class="button quiet" onClick={() => act(toast)}>
              {toast.action.label}
            </button>
          )}
          {toast.change && (
            <button type="button" class="button quiet square" aria-label="Copy as curl" title="Copy as curl" onClick={() => void copyAsCurl(toast.change!)}>
              <Terminal size={14} aria-hidden="true" />
            </button>
          )}
          <button type="button" class="button quiet square" aria-label="Close" onClick={() => close(toast.id)}>
            <X size={14} aria-hidden="true" />
          </button>
        </div>
      ))}
    </div>
  );
}
