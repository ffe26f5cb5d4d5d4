/** One field that finds pages, tasks, instances, processes and decisions, opened by Ctrl K. */

import { signal } from "@preact/signals";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { CheckSquare, CircleHelp, Play, Route, Table2, Workflow, type LucideIcon } from "lucide-preact";
import { get, type OwnSchemas, type Schemas } from "../api/client";
import { containing } from "../like";
import { may } from "../session";
import { visibleSections } from "../sections";
import { Dialog } from "./dialogs";
import { helpOpen } from "./help";

export const paletteOpen = signal(false);

interface Hit {
  id: string;
  icon: LucideIcon;
  label: string;
  more?: string;
  run: () => void;
}

export function Palette() {
  const { route } = useLocation();
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ text: string; hits: readonly Hit[] }>({ text: "", hits: [] });
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const hurried = useRef(false); // by Enter, before the answer to what was typed was there
  const list = useId();
  const close = () => (paletteOpen.value = false);
  const go = (path: string) => () => {
    close();
    route(path);
  };

  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    const asked = text.trim();
    setAt(0);
    if (asked.length < 2) return setFound({ text: asked, hits: [] });
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      void search(asked, go, stop.signal).then((hits) => {
        if (stop.signal.aborted) return;
        setFound({ text: asked, hits });
        if (hurried.current) hits[0]?.run();
      });
    }, 150);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [text]);

  const wanted = text.trim().toLowerCase();
  const pages: Hit[] = [
    ...visibleSections().map((section) => ({ id: section.path, icon: section.icon, label: section.label, run: go(section.path) })),
    { id: "keys", icon: CircleHelp, label: "Show the keys", run: () => (close(), (helpOpen.value = true)) },
  ].filter((hit) => hit.label.toLowerCase().includes(wanted));
  const hits = [...pages, ...found.hits];
  const searching = found.text !== text.trim();
  const enter = () => {
    if (searching && at >= pages.length) hurried.current = true;
    else hits[at]?.run();
  };
  useEffect(() => document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: "nearest" }), [at]);

  return (
    <Dialog title="Search" close={close}>
      <input
        ref={input}
        class="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={hits[at] ? `${list}-${at}` : undefined}
        aria-label="Search pages, tasks, instances, processes and decisions"
        placeholder="A page, a task, a business key, an id…"
        value={text}
        onInput={(event) => {
          hurried.current = false;
          setText(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step !== undefined && hits.length) {
            event.preventDefault();
            setAt((at + step + hits.length) % hits.length);
          } else if (event.key === "Enter") {
            event.preventDefault();
            enter();
          }
        }}
      />
      <ul class="palette-hits" role="listbox" id={list} aria-label="Found">
        {hits.map((hit, index) => (
          <li key={hit.id} id={`${list}-${index}`} role="option" aria-selected={index === at} onClick={hit.run} onPointerMove={() => setAt(index)}>
            <hit.icon size={16} aria-hidden="true" />
            <span>{hit.label}</span>
            {hit.more && <span class="muted small">{hit.more}</span>}
          </li>
        ))}
        {hits.length === 0 && <li class="muted">{searching ? "Searching…" : "Nothing found"}</li>}
      </ul>
    </Dialog>
  );
}

async function search(text: string, go: (path: string) => () => void, stop: AbortSignal): Promise<Hit[]> {
  const asked = { signal: stop };
  const like = containing(text);
  const questions: Promise<Hit[]>[] = [
    get<Schemas["Task"][]>("/task", { nameLike: like, maxResults: 5 }, asked).then((tasks) =>
      tasks.map((task) => ({ id: `t${task.id}`, icon: CheckSquare, label: task.name ?? task.taskDefinitionKey ?? task.id, more: "Task", run: go(`/tasks?task=${task.id}`) })),
    ),
    get<Schemas["ProcessDefinition"][]>("/process-definition", { nameOrKeyLike: like, latestVersion: true, maxResults: 5 }, asked).then((definitions) =>
      definitions.flatMap((one) => [
        ...(may("processes") ? [{ id: `p${one.id}`, icon: Workflow, label: one.name ?? one.key, more: "Process", run: go(`/processes/${encodeURIComponent(one.key)}`) }] : []),
        { id: `s${one.id}`, icon: Play, label: `Start ${one.name ?? one.key}`, run: go(`/start?process=${encodeURIComponent(one.key)}`) },
      ]),
    ),
  ];
  if (may("processes")) {
    const shown = (instances: { id: string; businessKey?: string | null }[]): Hit[] =>
      instances.map((one) => ({ id: `i${one.id}`, icon: Route, label: one.businessKey ?? one.id, more: `Instance ${one.id}`, run: go(`/instances/${one.id}`) }));
    questions.push(get<Schemas["ProcessInstance"][]>("/process-instance", { businessKeyLike: like, maxResults: 5 }, asked).then(shown));
    if (/^\d+$/.test(text)) {
      questions.push(get<Schemas["HistoricProcessInstance"][]>("/history/process-instance", { processInstanceIds: text }, asked).then(shown));
    }
  }
  if (may("decisions")) {
    questions.push(
      get<OwnSchemas["Decisions"]>("/api/v1/decision", { search: text, maxResults: 5 }, asked).then(({ decisions }) =>
        decisions.map((one) => ({ id: `d${one.id}`, icon: Table2, label: one.name ?? one.key, more: "Decision", run: go(`/decisions/${encodeURIComponent(one.key)}${one.tenantId ? `?tenant=${encodeURIComponent(one.tenantId)}` : ""}`) })),
      ),
    );
  }
  const answers = await Promise.allSettled(questions);
  const hits = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  return hits.filter((hit, index) => hits.findIndex((other) => other.id === hit.id) === index);
}
