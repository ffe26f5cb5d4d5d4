/** How long the instances of a process took that have ended, which elements took the time, and what became of them. */

import type { ComponentChildren } from "preact";
import { ChartNoAxesColumn } from "lucide-preact";
import { useAddress } from "../../address";
import { get, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty, Field, Shown, span } from "../../components/basics";
import { Filters } from "../../components/list";
import { counted, stamp } from "../../components/process";
import { midnight } from "../../days";
import type { Model } from "../../diagram/model";
import { useEvery } from "../../live";
import type { Definition } from "./definition";
import "./statistics.css";

type Found = OwnSchemas["Statistics"];

const LOOK_MS = 60_000;
const BETWEEN = "between";
const USUAL = 30;
const RANGES = [
  { days: 1, label: "In the last day" },
  { days: 7, label: "In the last week" },
  { days: USUAL, label: "In the last 30 days" },
  { days: 365, label: "In the last year" },
] as const;
/** These take no time of their own. */
const PASSED = /^(.*Gateway|startEvent|endEvent|boundaryEvent)$/;

export function StatisticsTab({ definition, model, element }: { definition: Definition; model: Model | null; element: string | null }) {
  const { query, set } = useAddress();
  const between = query.ended === BETWEEN;
  const days = RANGES.find((one) => String(one.days) === query.ended)?.days ?? USUAL;
  const found = useLoad(`${definition.id} ${query.ended} ${query.from} ${query.to}`, (signal) => {
    const range = between
      ? { since: midnight(query.from), until: midnight(query.to, 1) }
      : { since: query.ended === "ever" ? null : stamp(new Date(Date.now() - days * 86_400_000)) };
    return get<Found>(`/api/v1/process-definition/${encodeURIComponent(definition.id)}/statistics`, range, { signal });
  });
  useEvery(LOOK_MS, found.reload);
  const mark = (id: string) => set({ element: id === element ? null : id });
  return (
    <div class="stack statistics">
      <Filters label="Which instances">
        <Field label="Ended">
          <select value={between || query.ended === "ever" ? query.ended : String(days)} onChange={(event) => set({ ended: event.currentTarget.value, from: null, to: null })}>
            {RANGES.map((one) => (
              <option key={one.days} value={String(one.days)}>
                {one.label}
              </option>
            ))}
            <option value="ever">Ever</option>
            <option value={BETWEEN}>Between two days</option>
          </select>
        </Field>
        {between && (
          <>
            <Field label="From">
              <input type="date" value={query.from ?? ""} onChange={(event) => set({ from: event.currentTarget.value })} />
            </Field>
            <Field label="To">
              <input type="date" value={query.to ?? ""} onChange={(event) => set({ to: event.currentTarget.value })} />
            </Field>
          </>
        )}
      </Filters>
      <Shown of={found}>
        {(numbers) =>
          numbers.instances === 0 ? (
            <section class="card">
              <Empty icon={ChartNoAxesColumn} title="No instance has ended in this time">
                Choose a longer time above.
              </Empty>
            </section>
          ) : (
            <>
              <Instances numbers={numbers} />
              <Outcomes numbers={numbers} model={model} element={element} mark={mark} />
              <Elements numbers={numbers} model={model} element={element} mark={mark} />
            </>
          )
        }
      </Shown>
    </div>
  );
}

function Instances({ numbers }: { numbers: Found }) {
  const facts = [
    ["Half took at most", numbers.p50],
    ["90 of 100 at most", numbers.p90],
    ["99 of 100 at most", numbers.p99],
    ["On average", numbers.average],
  ] as const;
  return (
    <section class="card statistics-head" aria-label="Instances">
      <dl>
        <div>
          <dt>Ended</dt>
          <dd>{numbers.ended.toLocaleString("en")}</dd>
        </div>
        {facts.map(([label, taken]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{time(taken)}</dd>
          </div>
        ))}
      </dl>
      {numbers.ended > numbers.instances && <p class="muted small">All other numbers are of the {counted(numbers.instances, "instance")} that ended last.</p>}
    </section>
  );
}

interface Rows {
  numbers: Found;
  model: Model | null;
  element: string | null;
  mark: (id: string) => void;
}

function Outcomes({ numbers, model, element, mark }: Rows) {
  const ends = numbers.elements.filter((one) => one.outcomes > 0).sort((one, other) => other.outcomes - one.outcomes);
  return (
    <section class="card" aria-label="Outcomes">
      <h2 class="card-title">Outcomes</h2>
      <div class="scroll-x" tabIndex={0} role="group" aria-label="Table of outcomes">
        <table class="table statistics-table">
          <thead>
            <tr>
              <th>What became of them</th>
              <th class="number">Instances</th>
              <th class="number">Share</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <td>Completed</td>
              <td class="number">{numbers.completed.toLocaleString("en")}</td>
              <Share part={numbers.completed} whole={numbers.instances} />
            </tr>
            {ends.map((one) => (
              <Marking key={one.id} id={one.id} element={element} mark={mark} name={nameOf(model, one.id)} inside>
                <td class="number">{one.outcomes.toLocaleString("en")}</td>
                <Share part={one.outcomes} whole={numbers.instances} />
              </Marking>
            ))}
            <tr>
              <td>Cancelled</td>
              <td class="number">{numbers.canceled.toLocaleString("en")}</td>
              <Share part={numbers.canceled} whole={numbers.instances} />
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Elements({ numbers, model, element, mark }: Rows) {
  const rows = numbers.elements.filter((one) => !PASSED.test(model?.elements.get(one.id)?.kind ?? "Gateway"));
  return (
    <section class="card" aria-label="Elements">
      <h2 class="card-title">Where the time went</h2>
      <div class="scroll-x">
        <table class="table statistics-table">
          <thead>
            <tr>
              <th>Element</th>
              <th class="number">Visits</th>
              <th class="number">Cancelled</th>
              <th class="number" title="Half of the visits took no longer">50 of 100</th>
              <th class="number" title="90 of 100 visits took no longer">90 of 100</th>
              <th class="number" title="99 of 100 visits took no longer">99 of 100</th>
              <th class="number" title="What is done at the same time, or inside of a sub-process, adds up to more than the whole">
                Share of the time
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <Marking key={one.id} id={one.id} element={element} mark={mark} name={nameOf(model, one.id)}>
                <td class="number">{one.visits.toLocaleString("en")}</td>
                <td class="number">{one.canceled.toLocaleString("en")}</td>
                <td class="number">{time(one.p50)}</td>
                <td class="number">{time(one.p90)}</td>
                <td class="number">{time(one.p99)}</td>
                <Share part={one.total} whole={numbers.total} />
              </Marking>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** A row of an element; a click marks it in the diagram, another one takes the mark away. */
function Marking({ id, element, mark, name, inside, children }: { id: string; element: string | null; mark: (id: string) => void; name: string; inside?: boolean; children: ComponentChildren }) {
  return (
    <tr class={id === element ? "marked" : undefined} onClick={() => mark(id)}>
      <td class={inside ? "inside" : undefined}>
        <button type="button" class="marks" aria-pressed={id === element} title="Mark it in the diagram">
          {name}
        </button>
      </td>
      {children}
    </tr>
  );
}

function Share({ part, whole }: { part: number; whole: number }) {
  const share = whole === 0 ? 0 : part / whole;
  return (
    <td class="number share">
      <span>
        <svg viewBox="0 0 100 6" width="100" height="6" aria-hidden="true">
          <rect class="whole" width="100" height="6" rx="3" />
          {share > 0 && <rect class="part" width={Math.min(100, Math.max(2, share * 100))} height="6" rx="3" />}
        </svg>
        <span>{share.toLocaleString("en", { style: "percent", maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 })}</span>
      </span>
    </td>
  );
}

function nameOf(model: Model | null, id: string): string {
  return model?.elements.get(id)?.name ?? id;
}

function time(milliseconds: number | null): string {
  return milliseconds === null ? "–" : span(milliseconds);
}
