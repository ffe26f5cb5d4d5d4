/** Time travel: a slider over the history of an instance, what it was at the chosen moment, and what was new then. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight, GitFork, X } from "lucide-preact";
import { get, type OwnSchemas } from "../../api/client";
import { useLoad, type Loaded } from "../../api/load";
import { absolute, Button, Empty, Failure, moment as read, Pill, Shown, When } from "../../components/basics";
import { kindWords, type Model } from "../../diagram/model";
import { useKeys } from "../../keys";
import { happened, nested, ticks, type Moment, type Past } from "./moments";
import { editable } from "./values";
import { Difference, ShownValue } from "./variables";
import "./travel.css";

/** So many moments are read at once. */
const PAGE = 1000;
/** In the address: the last moment there is. */
export const LAST = "last";
const END_OF_TIME = "9999-12-31T23:59:59Z";
/** Milliseconds that the slider must rest before a moment is read. */
const REST = 80;

export interface Travel {
  /** What the instance was; while another moment is read the one before it stays. */
  past: Past | null;
  found: Loaded<Past | null>;
  moments: Loaded<OwnSchemas["Moments"] | null>;
  /** The moment at which the slider is, counted from 1; it may not be read yet. */
  position: number;
  total: number;
  moment: Moment | undefined;
  /** Where the page of moments that was read begins. */
  first: number;
  go: (position: number) => void;
}

/** Reads the past of an instance at the time `at`, which `set` changes; null: nobody looks back. */
export function useTravel(instance: string, at: string | null, set: (at: string) => void): Travel {
  const topics = at === null ? [] : [`instance:${instance}`];
  const found = useLoad<Past | null>(
    `${instance} ${at ?? ""}`,
    (signal) => (at === null ? Promise.resolve(null) : get<Past>(`/api/v1/process-instance/${instance}/past`, { time: at === LAST ? END_OF_TIME : at }, { signal })),
    topics,
  );
  const kept = useRef<Past | null>(null);
  kept.current = at === null ? null : (found.data ?? kept.current);
  const past = kept.current;
  const [wanted, setWanted] = useState<number | null>(null);
  const total = past?.total ?? 0;
  const position = Math.min(Math.max(wanted ?? past?.position ?? 1, 1), Math.max(total, 1));
  const first = Math.floor((position - 1) / PAGE) * PAGE;
  const moments = useLoad<OwnSchemas["Moments"] | null>(
    `${instance} ${past ? first : ""}`,
    (signal) => (past ? get<OwnSchemas["Moments"]>(`/api/v1/process-instance/${instance}/moments`, { firstResult: first, maxResults: PAGE }, { signal }) : Promise.resolve(null)),
    topics,
  );
  const moment = moments.data?.moments[position - 1 - first];
  const time = moment?.time ?? null;
  useEffect(() => {
    if (wanted === null || time === null) return;
    if (time === at) {
      setWanted(null);
      return;
    }
    const timer = window.setTimeout(() => set(time), REST);
    return () => window.clearTimeout(timer);
  }, [wanted, time]);
  useEffect(() => {
    if (!found.data) return;
    if (at === LAST && found.data.moment) set(found.data.moment);
    else if (found.data.position === wanted) setWanted(null);
  }, [found.data]);
  return { past, found, moments, position, total, moment, first, go: setWanted };
}

/** The slider, with a tick for each moment, and what happened at the one where it is. */
export function TimeBar({ travel, leave, fork }: { travel: Travel; leave: () => void; fork: () => void }) {
  const { past, position, total, moment, go } = travel;
  const to = (next: number) => next >= 1 && next <= total && go(next);
  useKeys("Back in time", [
    { keys: "[", does: "The moment before", run: () => to(position - 1) },
    { keys: "]", does: "The next moment", run: () => to(position + 1) },
  ]);
  const error = travel.found.error ?? travel.moments.error;
  if (error) {
    return (
      <section class="card padded stack" aria-label="Back in time">
        <Failure error={error} retry={() => (travel.found.reload(), travel.moments.reload())} />
        <div class="row end">
          <Button onClick={leave}>Back to now</Button>
        </div>
      </section>
    );
  }
  const time = moment?.time ?? past?.moment ?? null;
  const words = time ? `${exactly(time)}${moment ? `: ${happened(moment)}` : ""}` : "";
  return (
    <section class="card time-bar" aria-label="Back in time">
      <div class="row time-line">
        <Button look="quiet" icon={ChevronFirst} aria-label="The first moment" title="The first moment" disabled={position <= 1} onClick={() => go(1)} />
        <Button look="quiet" icon={ChevronLeft} aria-label="The moment before" title="The moment before ([)" disabled={position <= 1} onClick={() => to(position - 1)} />
        <div class="time-slider">
          <input
            type="range"
            min={1}
            max={Math.max(total, 1)}
            value={position}
            aria-label="Moment in the history"
            aria-valuetext={`Moment ${position} of ${total}. ${words}`}
            onInput={(event) => to(Number(event.currentTarget.value))}
          />
          <svg class="time-ticks" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
            {ticks(travel.moments.data?.moments ?? [], travel.first, total).map((tick, index) => (
              <line key={index} class={tick.tone} x1={tick.place * 1000} x2={tick.place * 1000} y1={0} y2={8} vector-effect="non-scaling-stroke" />
            ))}
          </svg>
        </div>
        <Button look="quiet" icon={ChevronRight} aria-label="The next moment" title="The next moment (])" disabled={position >= total} onClick={() => to(position + 1)} />
        <Button look="quiet" icon={ChevronLast} aria-label="The last moment" title="The last moment" disabled={position >= total} onClick={() => go(total)} />
      </div>
      <div class="row between">
        <p role="status">
          <strong>
            Moment {position} of {total}
          </strong>{" "}
          <span class="muted">{words}</span>
        </p>
        <div class="row">
          <Button icon={GitFork} disabled={!past?.moment} onClick={fork}>
            Fork from here
          </Button>
          <Button look="quiet" icon={X} onClick={leave}>
            Back to now
          </Button>
        </div>
      </div>
    </section>
  );
}

/** To the millisecond: moments may be closer to each other than seconds. */
function exactly(time: string): string {
  return read(time).toLocaleString(undefined, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
}

/** What was active at the moment, what was new, and what ended. */
export function PastActivities({ past, model, element, choose }: { past: Past; model: Model | null; element: string | null; choose: (id: string) => void }) {
  const here = (id: string) => !element || plain(id) === element;
  const active = nested(past.activities).filter(({ activity }) => here(activity.activityId));
  const left = past.left.filter((one) => here(one.activityId));
  const incidents = past.incidents.filter((one) => here(one.activityId ?? ""));
  const places = new Set(active.map(({ activity }) => activity.id));
  const elsewhere = incidents.filter((one) => !places.has(one.activityInstanceId ?? ""));
  const name = (one: { activityId: string; activityName: string | null }) => one.activityName ?? model?.elements.get(plain(one.activityId))?.name ?? one.activityId;
  const kind = (id: string) => {
    const known = model?.elements.get(plain(id));
    return known ? kindWords(known) : "";
  };
  return (
    <section class="card waiting" aria-label="What it was">
      <h2 class="card-title">At this moment</h2>
      {active.length === 0 && <Empty title={element ? "Nothing was at this element" : "Nothing was active"} />}
      <ul role="list" class="waits">
        {active.map(({ activity, depth }) => (
          <li key={activity.id} class="past-activity" style={{ paddingInlineStart: `${0.75 + depth}rem` }}>
            <div class="grow stack-small">
              <div class="row">
                <button type="button" class="link wait-place" title={kind(activity.activityId)} onClick={() => choose(plain(activity.activityId))}>
                  {name(activity)}
                </button>
                {activity.activityId.endsWith("#multiInstanceBody") && <span class="muted small">all instances</span>}
                {activity.loopCounter !== null && <span class="muted small">instance {activity.loopCounter + 1}</span>}
                {activity.new && <Pill tone="blue">New</Pill>}
              </div>
              <div class="muted small">
                {activity.transition === "before" && "waits for its turn to begin, "}
                {activity.transition === "after" && "waits for its turn to go on, "}
                since {absolute(activity.since ?? "")}
                {activity.assignee && ` · ${activity.assignee}`}
              </div>
              {incidents
                .filter((one) => one.activityInstanceId === activity.id)
                .map((one) => (
                  <div key={one.id} class="small wait-error">
                    {one.message ?? one.incidentType}
                  </div>
                ))}
              {activity.calledProcessInstanceId && (
                <div class="row small">
                  <a href={`/instances/${activity.calledProcessInstanceId}?at=${encodeURIComponent(past.time ?? "")}`}>What it called, at this time</a>
                </div>
              )}
            </div>
          </li>
        ))}
      </ul>
      {elsewhere.length > 0 && (
        <>
          <h3 class="past-left">Incidents</h3>
          <ul role="list" class="waits">
            {elsewhere.map((one) => (
              <li key={one.id} class="small wait-error">
                {one.message ?? one.incidentType}
              </li>
            ))}
          </ul>
        </>
      )}
      {left.length > 0 && (
        <>
          <h3 class="past-left">Ended at this moment</h3>
          <ul role="list" class="waits">
            {left.map((one) => (
              <li key={one.id} class="row">
                <button type="button" class="link wait-place" title={kind(one.activityId)} onClick={() => choose(plain(one.activityId))}>
                  {name(one)}
                </button>
                {one.canceled ? <Pill tone="amber">Cancelled</Pill> : one.entered && <span class="muted small">passed</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      <More of={past} lists={["activities", "left", "incidents"]} />
    </section>
  );
}

function More({ of: past, lists }: { of: Past; lists: readonly string[] }) {
  return past.more.some((one) => lists.includes(one)) ? <p class="notice">There was more; this is the beginning.</p> : null;
}

type Variable = Past["variables"][number];

const CHANGES: Record<string, [string, "blue" | "green" | "amber"]> = {
  added: ["New", "green"],
  changed: ["Changed", "blue"],
  removed: ["Gone", "amber"],
};

/** The variables at the moment, by what they belonged to; what has changed since the moment before comes with it. */
export function PastVariables({ travel, instance, model, element }: { travel: Travel; instance: string; model: Model | null; element: string | null }) {
  const [changed, setChanged] = useState(false);
  return (
    <section class="card" aria-label="Variables at this moment">
      <div class="row between scope-head">
        <h2>Variables at this moment</h2>
        <label class="row">
          <input type="checkbox" checked={changed} onChange={(event) => setChanged(event.currentTarget.checked)} /> Only what changed
        </label>
      </div>
      <Shown of={{ ...travel.found, data: travel.past }}>
        {(past) => {
          const shown = past!.variables.filter((one) => (!changed || one.change) && (!element || one.activityId === null || plain(one.activityId) === element));
          if (shown.length === 0) return <Empty title={changed ? "No variable changed" : "There were no variables"} />;
          return (
            <>
              {scopes(shown, instance).map(([place, variables]) => (
                <PastScope key={place} label={labelOf(variables[0]!, past!, model)} variables={variables} />
              ))}
              <More of={past!} lists={["variables"]} />
            </>
          );
        }}
      </Shown>
    </section>
  );
}

function PastScope({ label, variables }: { label: string; variables: readonly Variable[] }) {
  return (
    <div>
      <h3 class="past-scope">{label}</h3>
      <div class="scroll-x">
        <table class="table variable-table">
          <thead>
            <tr>
              <th>Name</th>
              <th>Value</th>
              <th>Before</th>
              <th>Since</th>
            </tr>
          </thead>
          <tbody>
            {variables.map((one) => (
              <tr key={one.id}>
                <td>
                  <span class="mono strong-text">{one.name}</span> {one.change && <Pill tone={CHANGES[one.change]![1]}>{CHANGES[one.change]![0]}</Pill>}
                </td>
                <td>
                  {one.unknown ? (
                    <span class="muted">not kept in history</span>
                  ) : one.value ? (
                    <Difference now={one.value} before={one.change === "changed" ? one.before : null} />
                  ) : (
                    <span class="muted">gone</span>
                  )}
                </td>
                <td>{one.before && !isDrawn(one) && <ShownValue variable={one.before} />}</td>
                <td class="muted">
                  <When at={(one.value ?? one.before)?.time} />
                  {one.value?.user && ` by ${one.value.user}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Does its value say what is different, so that the one before need not be shown? */
function isDrawn({ value, before }: Variable): boolean {
  return value !== null && (editable(value.value) + editable(before?.value)).includes("\n");
}

/** The variables by what they belonged to, the whole instance first. */
function scopes(variables: readonly Variable[], instance: string): [string, Variable[]][] {
  const found = new Map<string, Variable[]>([[instance, []]]);
  for (const one of variables) {
    const place = one.taskId ? `task ${one.taskId}` : (one.activityInstanceId ?? instance);
    found.set(place, [...(found.get(place) ?? []), one]);
  }
  return [...found].filter(([, own]) => own.length > 0);
}

function labelOf(variable: Variable, past: Past, model: Model | null): string {
  if (variable.activityId === null) return "The whole instance";
  const name = model?.elements.get(plain(variable.activityId))?.name ?? variable.activityId;
  const loop = past.activities.find((one) => one.id === variable.activityInstanceId)?.loopCounter ?? null;
  return `${variable.taskId ? "The task " : ""}${name}${loop === null ? "" : `, instance ${loop + 1}`}`;
}

function plain(id: string): string {
  return id.replace(/#.*$/, "");
}

/** What an instance was forked from, and what was forked from it. */
export function Lineage({ instance }: { instance: string }) {
  const { data } = useLoad(instance, (signal) => get<OwnSchemas["Lineage"]>(`/api/v1/process-instance/${instance}/lineage`, {}, { signal }), [`instance:${instance}`]);
  if (!data || (!data.origin && data.forks.length === 0)) return null;
  return (
    <div class="muted small">
      {data.origin && (
        <p>
          A fork of{" "}
          <a href={`/instances/${data.origin.id}?at=${encodeURIComponent(data.origin.time ?? "")}`}>
            instance {data.origin.id} as it was at {absolute(data.origin.time ?? "")}
          </a>
        </p>
      )}
      {data.forks.length > 0 && (
        <details>
          <summary>{data.forks.length === 1 ? "1 fork" : `${data.forks.length} forks`}</summary>
          <ul role="list">
            {data.forks.map((one) => (
              <li key={one.id}>
                <a href={`/instances/${one.id}`}>{one.businessKey ?? `Instance ${one.id}`}</a> from {absolute(one.time ?? "")}
                {one.startUserId && `, by ${one.startUserId}`}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
