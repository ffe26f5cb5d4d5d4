/** What happened when: every visit to an element as a bar, inside of what it belongs to. */

import { useMemo, useState } from "preact/hooks";
import { Clock } from "lucide-preact";
import { get, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { absolute, Empty, moment, span } from "../../components/basics";
import { isActivity, kindWords, type Model } from "../../diagram/model";
import { may } from "../../session";

type Visit = Schemas["HistoricActivityInstance"];

interface Row {
  visit: Visit;
  depth: number;
}

export const MOST_VISITS = 500;

export function Timeline({ visits, model, instance, element, choose }: { visits: readonly Visit[]; model: Model | null; instance: Schemas["HistoricProcessInstance"]; element: string | null; choose: (id: string | null) => void }) {
  const [minor, setMinor] = useState(false);
  const failed = useLoad(
    instance.id,
    async (signal): Promise<Attempt[]> => {
      const asked = { processInstanceId: instance.id, failureLog: true, sortBy: "timestamp", sortOrder: "asc", maxResults: MOST_VISITS };
      const [jobs, work] = await Promise.all([
        get<Schemas["HistoricJobLog"][]>("/history/job-log", asked, { signal }),
        get<Schemas["HistoricExternalTaskLog"][]>("/history/external-task-log", asked, { signal }),
      ]);
      return [
        ...jobs.map((one) => ({ element: one.activityId ?? "", at: one.timestamp ?? "", why: one.jobExceptionMessage })),
        ...work.map((one) => ({ element: one.activityId ?? "", at: one.timestamp ?? "", why: one.errorMessage })),
      ];
    },
    [`instance:${instance.id}`],
  );
  const rows = useMemo(() => treeOf(visits, instance.id).filter(({ visit }) => minor || isMajor(visit)), [visits, instance.id, minor]);
  const begin = moment(instance.startTime ?? visits[0]?.startTime ?? new Date().toISOString()).getTime();
  const end = instance.endTime ? moment(instance.endTime).getTime() : Date.now();
  const whole = Math.max(1, end - begin);
  const attempts = (failed.data ?? []).filter((one) => !element || one.element === element);
  const { within, before } = placed(attempts, visits);
  if (visits.length === 0 && before.length === 0) return <Empty icon={Clock} title="Nothing has happened yet" />;
  return (
    <div class="card timeline">
      <div class="row between timeline-head">
        <span class="muted">
          {span(whole)} from {absolute(instance.startTime ?? "")}
          {visits.length >= MOST_VISITS && ` · the newest ${MOST_VISITS} visits`}
        </span>
        <label class="row">
          <input type="checkbox" checked={minor} onChange={(event) => setMinor(event.currentTarget.checked)} /> Events and gateways too
        </label>
      </div>
      <ol class="timeline-rows" role="list">
        {rows.map(({ visit, depth }) => {
          const from = moment(visit.startTime ?? "").getTime();
          const to = visit.endTime ? moment(visit.endTime).getTime() : end;
          const state = visit.canceled ? "cancelled" : visit.endTime ? "done" : "running";
          const plain = visit.activityId.replace(/#.*$/, "");
          const known = model?.elements.get(plain);
          const words = `${state === "running" ? "for" : state === "done" ? "took" : "cancelled after"} ${span(to - from)}`;
          return (
            <li key={visit.id} class="timeline-row" aria-current={element === plain || undefined}>
              <button type="button" class="timeline-name cut" style={{ paddingInlineStart: `${depth}rem` }} title={known ? kindWords(known) : visit.activityType} onClick={() => choose(plain)}>
                {visit.activityName ?? known?.name ?? visit.activityId}
                {visit.assignee && <span class="muted"> · {visit.assignee}</span>}
              </button>
              <span class="timeline-track" title={`${absolute(visit.startTime ?? "")}${visit.endTime ? ` – ${absolute(visit.endTime)}` : ""}`}>
                <span class={`timeline-bar ${state}`} style={{ insetInlineStart: `${((from - begin) / whole) * 100}%`, inlineSize: `max(4px, ${((to - from) / whole) * 100}%)` }} />
                <Marks attempts={within.get(visit.id) ?? []} begin={begin} whole={whole} />
              </span>
              <span class="timeline-took muted small">
                {words}
                {failures(within.get(visit.id) ?? [])}
              </span>
              {visit.calledProcessInstanceId && <a href={`/instances/${visit.calledProcessInstanceId}`}>Called</a>}
              {visit.activityType === "businessRuleTask" && may("decisions") && <a href={`/instances/${instance.id}?tab=decisions&element=${encodeURIComponent(plain)}`}>Decided</a>}
            </li>
          );
        })}
        {before.map(([id, own]) => {
          const from = moment(own[0]!.at).getTime();
          const to = moment(own[own.length - 1]!.at).getTime();
          return (
            <li key={`before ${id}`} class="timeline-row" aria-current={element === id || undefined}>
              <button type="button" class="timeline-name cut" title="Before it began" onClick={() => choose(id)}>
                {model?.elements.get(id)?.name ?? id}
              </button>
              <span class="timeline-track">
                <span class="timeline-bar failed" style={{ insetInlineStart: `${((from - begin) / whole) * 100}%`, inlineSize: `max(4px, ${((to - from) / whole) * 100}%)` }} />
                <Marks attempts={own} begin={begin} whole={whole} />
              </span>
              <span class="timeline-took muted small">not begun{failures(own)}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** An attempt that failed. */
interface Attempt {
  element: string;
  at: string;
  why: string | null;
}

/** The failed attempts by the visit in which they were made, and those of elements that had not begun yet. */
function placed(attempts: readonly Attempt[], visits: readonly Visit[]): { within: ReadonlyMap<string, readonly Attempt[]>; before: readonly (readonly [string, readonly Attempt[]])[] } {
  const within = new Map<string, Attempt[]>();
  const before = new Map<string, Attempt[]>();
  for (const one of attempts) {
    const visit = visits.find((each) => each.activityId === one.element && (each.startTime ?? "") <= one.at && (!each.endTime || one.at <= each.endTime));
    const [map, key] = visit ? [within, visit.id] : [before, one.element];
    map.set(key, [...(map.get(key) ?? []), one]);
  }
  return { within, before: [...before] };
}

function Marks({ attempts, begin, whole }: { attempts: readonly Attempt[]; begin: number; whole: number }) {
  return (
    <>
      {attempts.map((one, index) => (
        <span
          key={index}
          class="timeline-attempt"
          title={`Failed at ${absolute(one.at)}${one.why ? `: ${one.why}` : ""}`}
          style={{ insetInlineStart: `min(calc(100% - 4px), ${((moment(one.at).getTime() - begin) / whole) * 100}%)` }}
        />
      ))}
    </>
  );
}

function failures(attempts: readonly Attempt[]): string {
  return attempts.length === 0 ? "" : attempts.length === 1 ? ", 1 failed attempt" : `, ${attempts.length} failed attempts`;
}

function isMajor(visit: Visit): boolean {
  return isActivity(visit.activityType) || visit.activityType === "multiInstanceBody" || !visit.endTime;
}

/** The visits in the order of what they are in, each with how deep it is. */
function treeOf(visits: readonly Visit[], root: string): Row[] {
  const inside = new Map<string, Visit[]>();
  const known = new Set(visits.map((one) => one.id));
  for (const visit of visits) {
    const parent = known.has(visit.parentActivityInstanceId) ? visit.parentActivityInstanceId : root;
    inside.set(parent, [...(inside.get(parent) ?? []), visit]);
  }
  const rows: Row[] = [];
  const waiting = (inside.get(root) ?? []).map((visit) => ({ visit, depth: 0 })).reverse();
  for (let row = waiting.pop(); row; row = waiting.pop()) {
    rows.push(row);
    const deeper = row.depth + 1;
    waiting.push(...(inside.get(row.visit.id) ?? []).map((visit) => ({ visit, depth: deeper })).reverse());
  }
  return rows;
}
