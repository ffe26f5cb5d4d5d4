/** Batches: what is done to many things, how far it is, and what of it failed. */

import { Layers, Pause, Play, RotateCcw, Trash2 } from "lucide-preact";
import { useAddress } from "../../address";
import { get, put, remove, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Id, moment, Pill, Shown, span, TabPanel, Tabs, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Fresh, Pager } from "../../components/list";
import { counted } from "../../components/process";
import { Listed, SaveList, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import { usePage } from "../../paging";
import { rowClass, useSteady } from "../../steady";
import "./batches.css";

const PAGE = 25;
const WORDS: Record<string, string> = {
  "instance-deletion": "Cancel instances",
  "instance-migration": "Migrate instances",
  "instance-modification": "Modify instances",
  "instance-restart": "Restart instances",
  "instance-update-suspension-state": "Suspend or activate instances",
  "set-job-retries": "Retry jobs",
  "set-external-task-retries": "Retry work",
  "set-variables": "Set variables",
  "correlate-message": "Correlate a message",
  "historic-instance-deletion": "Delete ended instances",
};

export default function Batches() {
  const { query, set } = useAddress();
  const tab = query.tab === "ended" ? "ended" : "running";
  return (
    <main class="page">
      <h1>Batches</h1>
      <div>
        <Tabs
          label="Batches"
          tabs={[
            { id: "running", label: "Running" },
            { id: "ended", label: "Ended" },
          ]}
          chosen={tab}
          choose={(id) => set({ tab: id === "running" ? null : id, first: null, page: null, sort: null })}
        />
        <TabPanel id={tab}>{tab === "running" ? <Running chosen={query.batch} /> : <Ended />}</TabPanel>
      </div>
    </main>
  );
}

/** In a file: on the screen each is a card. */
const RUNNING: readonly Column<Schemas["BatchStatistics"]>[] = (
  [
    ["id", "Batch"],
    ["type", "What"],
    ["totalJobs", "Jobs"],
    ["completedJobs", "Done"],
    ["failedJobs", "Failed"],
    ["remainingJobs", "Left"],
    ["suspended", "Suspended"],
    ["startTime", "Begun"],
    ["createUserId", "By"],
    ["tenantId", "Tenant"],
  ] as const
).map(([id, label]) => ({ id, label, show: (batch) => batch[id] }));

function Running({ chosen }: { chosen: string | undefined }) {
  const { query, set } = useAddress();
  const first = Number(query.first ?? 0);
  const asked = { sortBy: "batchId", sortOrder: "desc" };
  const found = useLoad(
    `running ${first}`,
    (signal) => get<Schemas["BatchStatistics"][]>("/batch/statistics", { ...asked, firstResult: first, maxResults: PAGE + 1 }, { signal }),
    ["batches"],
  );
  const list = useSteady(`running ${first}`, found.data?.slice(0, PAGE), (found.data?.length ?? 0) > PAGE, (one) => one.id);
  const act = (run: () => Promise<unknown>, told: string) =>
    attempt(run, told).then((done) => {
      if (!done) return;
      list.changed();
      found.reload();
    });
  const erase = async (batch: Schemas["BatchStatistics"]) => {
    const reason = await confirm({
      title: "End this batch?",
      text: `${counted(batch.remainingJobs, "job")} of it are not done yet and never will be. What is done already stays.`,
      confirm: "End it",
      danger: true,
      reason: true,
    });
    if (reason !== null) await act(() => remove(`/batch/${batch.id}`, { query: { cascade: false }, reason }), "Ended");
  };
  const retry = (batch: Schemas["BatchStatistics"]) =>
    act(() => put(`/job-definition/${batch.batchJobDefinitionId}/retries`, { retries: 1 }), "What failed is tried again");
  return (
    <Shown of={found}>
      {(batches) =>
        batches.length === 0 ? (
          <div class="card">
            <Empty icon={Layers} title="No batch runs">
              Choose several instances of a process and do something to them: it runs here, one after the other. <a href="?tab=ended">What has ended</a>.
            </Empty>
          </div>
        ) : (
          <>
            <div class="list-bar steady">
              <Fresh of={list} />
              <div class="row list-tools">
                <SaveList name="running-batches" columns={RUNNING} of="/batch/statistics" query={asked} />
              </div>
            </div>
            <ul class="batches" role="list">
              {list.rows.map((batch) => {
                const done = batch.completedJobs;
                const share = batch.totalJobs ? Math.round((100 * done) / batch.totalJobs) : 0;
                return (
                  <li key={batch.id} class={`card padded batch ${batch.id === chosen ? "chosen" : ""} ${rowClass(batch)}`}>
                    <div class="row between">
                      <div class="row">
                        <h2>{WORDS[batch.type] ?? batch.type}</h2>
                        {batch.suspended ? <Pill tone="grey">Suspended</Pill> : batch.failedJobs ? <Pill tone="red">{batch.failedJobs} failed</Pill> : <Pill tone="blue">Running</Pill>}
                      </div>
                      <div class="row">
                        {batch.failedJobs > 0 && (
                          <Button icon={RotateCcw} onClick={() => void retry(batch)}>
                            Retry failed
                          </Button>
                        )}
                        <Button
                          icon={batch.suspended ? Play : Pause}
                          onClick={() => void act(() => put(`/batch/${batch.id}/suspended`, { suspended: !batch.suspended }), batch.suspended ? "It goes on" : "It rests")}
                        >
                          {batch.suspended ? "Go on" : "Suspend"}
                        </Button>
                        <Button icon={Trash2} look="danger" onClick={() => void erase(batch)}>
                          End
                        </Button>
                      </div>
                    </div>
                    <progress max={batch.totalJobs || 1} value={done} aria-label={`${share} percent done`} />
                    <p class="muted small">
                      {done.toLocaleString("en")} of {counted(batch.totalJobs, "job")} done · begun <When at={batch.startTime} />
                      {batch.createUserId && ` by ${batch.createUserId}`} · <Id value={batch.id} />
                    </p>
                  </li>
                );
              })}
            </ul>
            <Pager first={first} size={PAGE} shown={Math.min(PAGE, batches.length)} more={batches.length > PAGE} go={(start) => set({ first: start || null }, true)} />
          </>
        )
      }
    </Shown>
  );
}

const ENDED: readonly Column<Schemas["HistoricBatch"]>[] = [
  {
    id: "type",
    label: "What",
    show: (batch) => (
      <>
        {WORDS[batch.type] ?? batch.type} <Id value={batch.id} />
      </>
    ),
    inFile: [
      { label: "What", path: ["type"] },
      { label: "Batch", path: ["id"] },
    ],
  },
  { id: "totalJobs", label: "Jobs", number: true, show: (batch) => batch.totalJobs },
  { id: "startTime", label: "Begun", sortBy: "startTime", show: (batch) => <When at={batch.startTime} /> },
  {
    id: "endTime",
    label: "Took",
    show: (batch) => (batch.startTime && batch.endTime ? span(moment(batch.endTime).getTime() - moment(batch.startTime).getTime()) : ""),
    inFile: [{ label: "Ended", path: ["endTime"] }],
  },
  { id: "createUserId", label: "By", show: (batch) => batch.createUserId },
  { id: "tenantId", label: "Tenant", extra: true, show: (batch) => batch.tenantId },
];

function Ended() {
  const list = usePage<Schemas["HistoricBatch"]>("/history/batch", { completed: true }, { columns: ENDED, by: "endTime", down: true, keyOf: (batch) => batch.id, topics: ["batches"] });
  const erase = async (batch: Schemas["HistoricBatch"]) => {
    const reason = await confirm({ title: "Delete what is known of this batch?", text: "What it did stays.", confirm: "Delete", danger: true, reason: true });
    if (reason !== null && (await attempt(() => remove(`/history/batch/${batch.id}`, { reason }), "Deleted"))) list.changed();
  };
  return (
    <div class="card">
      <Listed
        plain
        name="ended-batches"
        label="Ended batches"
        of={list}
        columns={ENDED}
        empty={<Empty icon={Layers} title="No batch has ended yet" />}
        actions={(batch) => <Button look="quiet" icon={Trash2} aria-label="Delete" title="Delete" onClick={() => void erase(batch)} />}
      />
    </div>
  );
}
