/** All processes: what goes on in each, and in all of them. */

import { Workflow } from "lucide-preact";
import { useAddress } from "../../address";
import { get, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty, Pill, Shown, span, When } from "../../components/basics";
import { Search } from "../../components/list";
import { stamp } from "../../components/process";
import { Listed, type Column } from "../../components/table";
import { useEvery } from "../../live";
import { usePage } from "../../paging";
import { Trend } from "./trend";
import "./processes.css";

/** Where midnight is. */
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const TOPICS = ["instances", "incidents", "definitions"];
/** Time passes, too: tasks become overdue. */
const LOOK_MS = 60_000;

type Process = OwnSchemas["Process"];

const keyOf = (process: Process) => process.key + process.tenantId;
const quiet = (count: number) => count || <span class="muted">0</span>;

const COLUMNS: readonly Column<Process>[] = [
  {
    id: "name",
    label: "Name",
    sortBy: "name",
    show: (process) => (
      <>
        <a class="strong" href={`/processes/${encodeURIComponent(process.key)}${process.tenantId ? `?tenant=${encodeURIComponent(process.tenantId)}` : ""}`}>
          {process.name ?? process.key}
        </a>{" "}
        {process.suspended && <Pill tone="grey">Suspended</Pill>} {process.tenantId && <Pill tone="grey">{process.tenantId}</Pill>}
      </>
    ),
    inFile: [
      { label: "Name", path: ["name"] },
      { label: "Tenant", path: ["tenantId"] },
      { label: "Suspended", path: ["suspended"] },
    ],
  },
  { id: "key", label: "Key", sortBy: "key", mono: true, show: (process) => <span class="muted">{process.key}</span> },
  { id: "versions", label: "Versions", sortBy: "versions", number: true, show: (process) => process.versions },
  { id: "tag", label: "Version tag", extra: true, show: (process) => process.versionTag, inFile: [{ label: "Version tag", path: ["versionTag"] }] },
  { id: "instances", label: "Running", sortBy: "instances", number: true, show: (process) => quiet(process.instances) },
  {
    id: "incidents",
    label: "Incidents",
    sortBy: "incidents",
    number: true,
    show: (process) =>
      process.incidents ? (
        <a href={`/incidents?process=${encodeURIComponent(process.key)}`} aria-label={`${process.incidents} incidents of ${process.name ?? process.key}`}>
          <Pill tone="red">{process.incidents}</Pill>
        </a>
      ) : (
        quiet(0)
      ),
  },
  { id: "failedJobs", label: "Failed jobs", sortBy: "failedJobs", number: true, show: (process) => quiet(process.failedJobs) },
  {
    id: "duration",
    label: "Duration",
    hint: "How long those that ended in the last 14 days took, on average",
    number: true,
    show: (process) => (process.averageDuration === null ? <span class="muted">–</span> : span(process.averageDuration)),
    inFile: [{ label: "Average duration (milliseconds)", path: ["averageDuration"] }],
  },
  {
    id: "trend",
    label: "Last 14 days",
    hint: "How many started (blue) and ended (green) on each of the last 14 days",
    show: (process) => <Trend started={process.started} ended={process.ended} />,
    inFile: [
      { label: "Started on the last 14 days", path: ["started"] },
      { label: "Ended on the last 14 days", path: ["ended"] },
    ],
  },
  { id: "deployed", label: "Last deployed", sortBy: "deployed", show: (process) => <When at={process.deployed} /> },
];

export default function ProcessList() {
  const { query, set } = useAddress();
  const list = usePage<Process, OwnSchemas["Processes"]>(
    "/api/v1/process",
    { search: query.search, zone: ZONE },
    { columns: COLUMNS, by: "name", keyOf, topics: TOPICS, read: ({ processes, total }) => ({ rows: processes, total }) },
  );
  return (
    <main class="page">
      <h1>Processes</h1>
      <Tiles />
      <section class="card" aria-label="List of processes">
        <Listed plain name="processes" label="Processes" look="process-table" of={list} columns={COLUMNS} empty={<Nothing searched={query.search} />}>
          <Search of="Processes" placeholder="Name or key" value={query.search} search={(text) => set({ search: text, page: null })} />
        </Listed>
      </section>
    </main>
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
