/** What happened when: every visit to an element as a bar, inside of what it belongs to. */

import { useMemo, useState } from "preact/hooks";
import { Clock } from "lucide-preact";
import type { Schemas } from "../../api/client";
import { absolute, Empty, moment, span } from "../../components/basics";
import { isActivity, kindWords, type Model } from "../../diagram/model";

type Visit = Schemas["HistoricActivityInstance"];

interface Row {
  visit: Visit;
  depth: number;
}

export const MOST_VISITS = 500;

export function Timeline({ visits, model, instance, element, choose }: { visits: readonly Visit[]; model: Model | null; instance: Schemas["HistoricProcessInstance"]; element: string | null; choose: (id: string | null) => void }) {
  const [minor, setMinor] = useState(false);
  const rows = useMemo(() => treeOf(visits, instance.id).filter(({ visit }) => minor || isMajor(visit)), [visits, instance.id, minor]);
  const begin = moment(instance.startTime ?? visits[0]?.startTime ?? new Date().toISOString()).getTime();
  const end = instance.endTime ? moment(instance.endTime).getTime() : Date.now();
  const whole = Math.max(1, end - begin);
  if (visits.length === 0) return <Empty icon={Clock} title="Nothing has happened yet" />;
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
              </span>
              <span class="timeline-took muted small">{words}</span>
              {visit.calledProcessInstanceId && <a href={`/instances/${visit.calledProcessInstanceId}`}>Called</a>}
            </li>
          );
        })}
      </ol>
    </div>
  );
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
