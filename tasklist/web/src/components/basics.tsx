/** The small parts of every screen: buttons, states, times, ids, and what stands where there is nothing yet. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { LucideIcon } from "lucide-preact";
import { ApiError } from "../api/client";
import { useStrip } from "../strip";
import { useTyped } from "../typed";
import { copied } from "./toasts";

type ButtonProps = Omit<JSX.IntrinsicElements["button"], "icon"> & {
  look?: "primary" | "danger" | "quiet";
  icon?: LucideIcon;
  /** Shown as a hint with the button, for example "c". */
  keys?: string;
  busy?: boolean;
};

export function Button({ look, icon: Icon, keys, busy, children, class: extra, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={["button", look, !children && "square", extra].filter(Boolean).join(" ")}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    >
      {Icon && <Icon size={16} aria-hidden="true" />}
      {children && <span>{children}</span>}
      {keys && <kbd aria-hidden="true">{keys}</kbd>}
    </button>
  );
}

export type Tone = "blue" | "green" | "amber" | "red" | "grey";

/** A state: always with a word, never by colour alone. */
export function Pill({ tone, icon: Icon, children, title }: { tone: Tone; icon?: LucideIcon; children: ComponentChildren; title?: string }) {
  return (
    <span class={`pill ${tone}`} title={title}>
      {Icon && <Icon size={12} aria-hidden="true" />}
      {children}
    </span>
  );
}

/** A moment, relative to now; the absolute time in the person's zone is the tooltip. */
export function When({ at, late }: { at: string | null | undefined; late?: boolean }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => tick((n) => n + 1), 30_000);
    return () => window.clearInterval(timer);
  }, []);
  if (!at) return null;
  const time = moment(at);
  return (
    <time dateTime={time.toISOString()} title={absolute(at)} class={late && time.getTime() < Date.now() ? "late" : undefined}>
      {relative(time, new Date())}
    </time>
  );
}

/** Reads the server's dates, whose zone has no colon. */
export function moment(text: string): Date {
  return new Date(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
}

export function absolute(text: string): string {
  return moment(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });

const DAY = 86_400;

function midnight(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

export function relative(time: Date, now: Date): string {
  let seconds = Math.round((time.getTime() - now.getTime()) / 1000);
  // From a day on people count midnights: what is due at nine in a week is so at ten, too.
  if (Math.abs(seconds) >= DAY) seconds = Math.round((midnight(time) - midnight(now)) / 86_400_000) * DAY;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return RELATIVE.format(Math.trunc(seconds / size), unit);
  }
  return seconds > 5 ? `in ${seconds} s` : seconds < -5 ? `${-seconds} s ago` : "just now";
}

/** A length of time in words, from milliseconds: "3 d 4 h", "12 min", "420 ms". */
export function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const parts: string[] = [];
  let left = Math.round(milliseconds / 1000);
  for (const [word, size] of [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]] as const) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count) parts.push(`${count} ${word}`);
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** An id, shortened, that a click copies. */
export function Id({ value, whole }: { value: string; whole?: boolean }) {
  const short = whole || value.length <= 12 ? value : `…${value.slice(-8)}`;
  return (
    <button
      type="button"
      class="id"
      title={`${value} (click to copy)`}
      aria-label={`Copy ${value}`}
      onClick={(event) => {
        event.stopPropagation();
        void navigator.clipboard.writeText(value).then(() => copied(value));
      }}
    >
      {short}
    </button>
  );
}

/** Nothing here: says so, and what to do. */
export function Empty({ icon: Icon, title, children }: { icon?: LucideIcon; title: string; children?: ComponentChildren }) {
  return (
    <div class="nothing">
      {Icon && <Icon size={28} aria-hidden="true" />}
      <p class="nothing-title">{title}</p>
      {children && <div class="nothing-text">{children}</div>}
    </div>
  );
}

export function Skeleton({ lines = 4 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  );
}

/** What went wrong, in words, with a way to try again. */
export function Failure({ error, retry }: { error: ApiError | Error; retry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>{error.message}</p>
      {error instanceof ApiError && error.request && (
        <p class="small muted">
          {error.request} · {error.status} {error.type}
        </p>
      )}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** Shows `children` of what was loaded, or that it loads, or why it does not. */
export function Shown<T>({
  of,
  children,
  lines,
}: {
  of: { data: T | null; error: ApiError | null; reload: () => void };
  children: (data: T) => ComponentChildren;
  lines?: number;
}) {
  if (of.data !== null) {
    return (
      <>
        {of.error && <Failure error={of.error} retry={of.reload} />}
        {children(of.data)}
      </>
    );
  }
  return of.error ? <Failure error={of.error} retry={of.reload} /> : <Skeleton lines={lines} />;
}

type SearchProps = { label: string; placeholder: string; value: string; apply: (value: string) => void; class: string };

/** A field that narrows a list down. */
export function SearchField({ label, placeholder, value, apply, class: looks }: SearchProps) {
  return <input class={`filter-input ${looks}`} type="search" aria-label={label} placeholder={placeholder} {...useTyped(value, apply)} />;
}

export function Field({ label, hint, error, children }: { label: string; hint?: string; error?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      {children}
      {hint && <span class="field-hint">{hint}</span>}
      {error && (
        <span class="field-error" role="alert">
          {error}
        </span>
      )}
    </label>
  );
}

export interface Tab {
  id: string;
  label: string;
  count?: number;
}

/** The tab that an address wants, or the first one where there is no such tab. */
export function tabOf(tabs: readonly Tab[], wanted: string | undefined): string {
  return (tabs.find((tab) => tab.id === wanted) ?? tabs[0])?.id ?? "";
}

/** Tabs by WAI-ARIA: arrows move, the panel follows. The panel's id is `panel-${id}`. */
export function Tabs({ tabs, chosen, choose, label }: { tabs: readonly Tab[]; chosen: string; choose: (id: string) => void; label: string }) {
  const strip = useStrip("[aria-selected=true]", chosen);
  const move = (event: KeyboardEvent, index: number) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (!next) return;
    choose(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div ref={strip} class="tabs" role="tablist" aria-label={label}>
      {tabs.map((tab, index) => (
        <button
          key={tab.id}
          id={`tab-${tab.id}`}
          type="button"
          role="tab"
          aria-selected={tab.id === chosen}
          aria-controls={`panel-${tab.id}`}
          tabIndex={tab.id === chosen ? 0 : -1}
          onClick={() => choose(tab.id)}
          onKeyDown={(event) => move(event, index)}
        >
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && <span class="count">{tab.count}</span>}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <div class="tab-panel" role="tabpanel" id={`panel-${id}`} aria-labelledby={`tab-${id}`} tabIndex={0}>
      {children}
    </div>
  );
}

/** A person as a small round mark with initials; the name is its text. */
export function Avatar({ name }: { name: string }) {
  const initials = name
    .split(/[\s._-]+/)
    .map((part) => [...part][0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
  return (
    <span class="avatar" title={name}>
      <span aria-hidden="true">{initials}</span>
      <span class="hidden">{name}</span>
    </span>
  );
}
