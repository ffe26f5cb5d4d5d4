/** All processes: what goes on in each, and in all of them. */

import { useRef } from "preact/hooks";
import { Workflow } from "lucide-preact";
import { useAddress } from "../../address";
import { get, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty, Field, Pill, Shown, span, When } from "../../components/basics";
import { Filters, Fresh, Pager, Sorted } from "../../components/list";
import { stamp } from "../../components/process";
import { useKeys } from "../../keys";
import { useEvery } from "../../live";
import { rowClass, useSteady, type SteadyRow } from "../../steady";
import { Trend } from "./trend";
import "./processes.css";

const PAGE = 50;
/** Where midnight is. */
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const TOPICS = ["instances", "incidents", "definitions"];
/** Time passes, too: tasks become overdue. */
const LOOK_MS = 60_000;

export default function ProcessList() {
  const { query, set } = useAddress();
  const search = useRef<HTMLInputElement>(null);
  const order = { by: query.sort ?? "name", down: query.order === "desc" };
  const first = Number(query.first ?? 0);
  const found = useLoad(
    JSON.stringify([query.search, order, first]),
    (signal) =>
      get<OwnSchemas["Processes"]>(
        "/api/v1/process",
        { search: query.search, sortBy: order.by, sortOrder: order.down ? "desc" : "asc", firstResult: first, maxResults: PAGE, zone: ZONE },
        { signal },
      ),
    TOPICS,
  );
  const list = useSteady(JSON.stringify([query.search, order, first]), found.data?.processes, true, (one) => one.key + one.tenantId);
  const sort = (chosen: { by: string; down: boolean }) => set({ sort: chosen.by, order: chosen.down ? "desc" : null, first: null });
  useKeys("Processes", [{ keys: "/", does: "Search", run: () => search.current?.focus() }]);

  return (
    <main class="page">
      <h1>Processes</h1>
      <Tiles />
      <section class="card" aria-label="List of processes">
        <div class="list-head">
          <Filters label="Find processes">
            <Field label="Search">
              <input
                ref={search}
                type="search"
                placeholder="Name or key"
                value={query.search ?? ""}
                onInput={(event) => set({ search: event.currentTarget.value, first: null })}
              />
            </Field>
          </Filters>
        </div>
        <Shown of={found}>
          {(page) =>
            page.processes.length === 0 ? (
              <Nothing searched={query.search} />
            ) : (
              <>
                <div class="scroll-x steady">
                  <Fresh of={list} />
                  <table class="table process-table">
                    <thead>
                      <tr>
                        <Sorted by="name" order={order} sort={sort}>Name</Sorted>
                        <Sorted by="key" order={order} sort={sort}>Key</Sorted>
                        <Sorted by="versions" order={order} sort={sort} number>Versions</Sorted>
                        <Sorted by="instances" order={order} sort={sort} number>Running</Sorted>
                        <Sorted by="incidents" order={order} sort={sort} number>Incidents</Sorted>
                        <Sorted by="failedJobs" order={order} sort={sort} number>Failed jobs</Sorted>
                        <th class="number" title="How long those that ended in the last 14 days took, on average">
                          Duration
                        </th>
                        <th title="How many started (blue) and ended (green) on each of the last 14 days">Last 14 days</th>
                        <Sorted by="deployed" order={order} sort={sort}>Last deployed</Sorted>
                      </tr>
                    </thead>
                    <tbody>
                      {list.rows.map((one) => (
                        <Row key={one.key + one.tenantId} process={one} />
                      ))}
                    </tbody>
                  </table>
                </div>
                <Pager
                  first={first}
                  size={PAGE}
                  shown={page.processes.length}
                  more={first + page.processes.length < page.total}
                  total={page.total}
                  go={(start) => set({ first: start || null }, true)}
                />
              </>
            )
          }
        </Shown>
      </section>
    </main>
  );
}

function Row({ process }: { process: SteadyRow<OwnSchemas["Process"]> }) {
  const tenant = process.tenantId ? `?tenant=${encodeURIComponent(process.tenantId)}` : "";
  return (
    <tr class={rowClass(process)}>
      <td>
        <a class="strong" href={`/processes/${encodeURIComponent(process.key)}${tenant}`}>
          {process.name ?? process.key}
        </a>{" "}
        {process.suspended && <Pill tone="grey">Suspended</Pill>} {process.tenantId && <Pill tone="grey">{process.tenantId}</Pill>}
      </td>
      <td class="mono muted">{process.key}</td>
      <td class="number">{process.versions}</td>
      <td class="number">{process.instances || <span class="muted">0</span>}</td>
      <td class="number">
        {process.incidents ? (
          <a href={`/incidents?process=${encodeURIComponent(process.key)}`} aria-label={`${process.incidents} incidents of ${process.name ?? process.key}`}>
            <Pill tone="red">{process.incidents}</Pill>
          </a>
        ) : (
          <span class="muted">0</span>
        )}
      </td>
      <td class="number">{process.failedJobs || <span class="muted">0</span>}</td>
      <td class="number">{process.averageDuration === null ? <span class="muted">–</span> : span(process.averageDuration)}</td>
      <td>
        <Trend started={process.started} ended={process.ended} />
      </td>
      <td>
        <When at={process.deployed} />
      </td>
    </tr>
  );
}

function Nothing({ searched }: { searched: string | undefined }) {
  if (searched) return <Empty icon={Workflow} title={`No process is called “${searched}”`}>Search for a part of its name or of its key.</Empty>;
  return (
    <Empty icon={Workflow} title="Nothing is deployed yet">
      <a href="/modeler">Draw a process</a>, or deploy one from Camunda Modeler or with <code>baton deploy</code>.
    </Empty>
  );
}

interface Totals {
  instances: number;
  incidents: number;
  today: number;
  overdue: number;
}

function Tiles() {
  const found = useLoad<Totals>(
    "tiles",
    async (signal) => {
      const midnight = new Date();
      midnight.setHours(0, 0, 0, 0);
      const count = (path: string, query: Record<string, string>) => get<Schemas["CountAnswer"]>(path, query, { signal }).then((answer) => answer.count);
      const [all, today, overdue] = await Promise.all([
        get<OwnSchemas["Processes"]>("/api/v1/process", { maxResults: 0 }, { signal }),
        count("/history/process-instance/count", { startedAfter: stamp(midnight) }),
        count("/task/count", { dueBefore: stamp(new Date()) }),
      ]);
      return { instances: all.instances, incidents: all.incidents, today, overdue };
    },
    [...TOPICS, "tasks"],
  );
  useEvery(LOOK_MS, found.reload);
  return (
    <Shown of={found} lines={1}>
      {(totals) => (
        <ul class="tiles" role="list">
          <Tile count={totals.instances} label="Running instances" />
          <Tile count={totals.incidents} label="Open incidents" href="/incidents" tone={totals.incidents ? "red" : undefined} />
          <Tile count={totals.today} label="Started today" />
          <Tile count={totals.overdue} label="Overdue tasks" href="/tasks" tone={totals.overdue ? "amber" : undefined} />
        </ul>
      )}
    </Shown>
  );
}

function Tile({ count, label, href, tone }: { count: number; label: string; href?: string; tone?: string }) {
  const inside = (
    <>
      <span class={`tile-count ${tone ?? ""}`}>{count.toLocaleString("en")}</span>
      <span class="muted">{label}</span>
    </>
  );
  return <li class="card tile">{href ? <a href={href}>{inside}</a> : <div>{inside}</div>}</li>;
}
