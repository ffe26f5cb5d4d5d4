/** One instance, running or ended: where it is, what it waits for, what happened, and what can be done about it. */

import { useMemo, useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { Ban, History, Link, Move, Pause, Play, RotateCcw, Route as RouteIcon, Shuffle, Table2, Trash2 } from "lucide-preact";
import { useAddress } from "../../address";
import { ApiError, get, put, remove, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Failure, Id, Shown, Skeleton, span, type Tab, tabOf, TabPanel, Tabs, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { InstanceState, xmlOf } from "../../components/process";
import { attempt, copied } from "../../components/toasts";
import { Diagram, type Badges, type Mark } from "../../diagram";
import { readModel, type Model } from "../../diagram/model";
import { type Erase, useErasing } from "../../erasing";
import { useKeys } from "../../keys";
import { may } from "../../session";
import type { Definition } from "../definition/definition";
import { Fork } from "./fork";
import { Migration } from "./migration";
import { Modification, type Instruction } from "./modification";
import { Restart } from "./restart";
import { AuditTab, CalledTab, DecisionsTab, IncidentsTab, JobsTab, MessagesTab, TasksTab } from "./tabs";
import { MOST_VISITS, Timeline } from "./timeline";
import { LAST, Lineage, PastActivities, PastVariables, TimeBar, useTravel } from "./travel";
import { VariablesTab } from "./variables";
import { Waiting } from "./waiting";
import "./instance.css";

type Instance = Schemas["HistoricProcessInstance"];
const NO_PROGRESS: OwnSchemas["Progress"] = { elements: [], flows: [] };

export default function InstanceScreen() {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const { erased, erase } = useErasing(id);
  const gone = id === erased; // or it would be asked for once more when its end is told
  const found = useLoad(id, (signal) => get<Instance>(`/history/process-instance/${encodeURIComponent(id)}`, {}, { signal }), gone ? [] : [`instance:${id}`]);
  if (gone) return <Skeleton />;
  if (found.error?.status === 404) {
    return (
      <main class="page">
        <Empty icon={RouteIcon} title={`There is no instance ${id}`}>
          It may have been deleted. <a href="/processes">All processes</a>
        </Empty>
      </main>
    );
  }
  return <Shown of={found}>{(instance) => <OneInstance key={id} instance={instance} changed={found.reload} erase={erase} />}</Shown>;
}

interface Given {
  instance: Instance;
  changed: () => void;
  erase: Erase;
}

function OneInstance({ instance, changed, erase }: Given) {
  const { query, set } = useAddress();
  const { route } = useLocation();
  const id = instance.id;
  const live = !instance.endTime;
  const topics = [`instance:${id}`];
  const definition = instance.processDefinitionId ?? "";
  const xml = useLoad(definition, () => xmlOf(definition));
  const model = useMemo(() => understood(xml.data, instance.processDefinitionKey), [xml.data, instance.processDefinitionKey]);
  const progress = useLoad(id, (signal) => get<OwnSchemas["Progress"]>(`/api/v1/process-instance/${id}/progress`, {}, { signal }), topics);
  const waits = useLoad(id, (signal) => (live ? get<OwnSchemas["Wait"][]>(`/api/v1/process-instance/${id}/waiting`, {}, { signal }) : Promise.resolve([])), topics);
  const visits = useLoad(
    id,
    async (signal) => {
      const asked = { processInstanceId: id, sortBy: "startTime", sortOrder: "desc", maxResults: MOST_VISITS };
      const newest = await get<Schemas["HistoricActivityInstance"][]>("/history/activity-instance", asked, { signal });
      // What began in the same millisecond stands in its order already, so that turning it all round would be wrong.
      return newest.sort((one, other) => (one.startTime ?? "").localeCompare(other.startTime ?? ""));
    },
    topics,
  );
  const [planned, setPlanned] = useState<readonly Instruction[] | null>(null);
  const [open, setOpen] = useState<"migrate" | "restart" | "fork" | null>(null);
  const at = query.at ?? null;
  const travel = useTravel(id, at, (time) => set({ at: time }));
  const look = () => (setPlanned(null), set({ at: at === null ? LAST : null }));
  const element = query.element ?? null;
  // Flows can be chosen while tokens are moved: one can start on them.
  const [flow, setFlow] = useState<string | null>(null);
  const choose = (chosen: string | null) => {
    setFlow(planned && chosen && model?.flows.some((one) => one.id === chosen) ? chosen : null);
    set({ element: chosen && (!model || model.elements.has(chosen)) ? chosen : null });
  };
  const again = () => {
    changed();
    for (const one of [progress, waits, visits]) one.reload();
  };
  const { elements, flows } = (at === null ? progress.data : travel.past) ?? NO_PROGRESS;
  const badges = useMemo<Record<string, Badges>>(
    () => Object.fromEntries(elements.map((one) => [one.id, { tokens: one.tokens, incidents: one.incidents, finished: one.finished > 1 ? one.finished : 0 }])),
    [elements],
  );
  const marks = useMemo(() => marksOf(elements, flows, planned ?? []), [elements, flows, planned]);
  const tokens = useMemo(() => visitsWithTokens(visits.data ?? [], elements), [visits.data, elements]);
  const called = useMemo(
    () => new Map((visits.data ?? []).flatMap((one) => (one.calledProcessInstanceId ? [[one.activityId, one.calledProcessInstanceId] as const] : []))),
    [visits.data],
  );
  const calls = useMemo(() => [...called.keys()], [called]);
  const incidents = elements.reduce((sum, one) => sum + one.incidents, 0);
  const modify = () => (set({ at: null }), setPlanned(planned ?? []));
  useKeys("Instance", [{ keys: "h", does: "Back in time, and to now", run: look }, ...(live ? [{ keys: "m", does: "Modify", run: modify }] : [])]);

  const tabs: readonly Tab[] = [
    { id: "timeline", label: "Timeline" },
    { id: "variables", label: "Variables" },
    { id: "jobs", label: "Jobs" },
    { id: "tasks", label: "User tasks" },
    { id: "incidents", label: "Incidents", count: incidents },
    ...(may("decisions") ? [{ id: "decisions", label: "Decisions" }] : []),
    { id: "messages", label: "Messages" },
    { id: "called", label: "Called instances" },
    { id: "audit", label: "Audit" },
  ];
  const tab = tabOf(tabs, query.tab);
  return (
    <main class="page instance-page">
      <Head
        instance={instance}
        incidents={progress.data?.elements.reduce((sum, one) => sum + one.incidents, 0) ?? 0}
        past={at !== null}
        changed={again}
        erase={erase}
        look={look}
        modify={modify}
        migrate={() => setOpen("migrate")}
        restart={() => setOpen("restart")}
      />
      {at !== null && <TimeBar travel={travel} leave={() => set({ at: null })} fork={() => setOpen("fork")} />}
      <div class={`instance-split ${live || planned || at !== null ? "" : "alone"}`}>
        <section class="card instance-diagram" aria-label="Diagram">
          {xml.error && <Failure error={xml.error} retry={xml.reload} />}
          {xml.data ? (
            <Diagram
              xml={xml.data}
              process={instance.processDefinitionKey}
              label={`Diagram of instance ${instance.businessKey ?? id}`}
              fileName={instance.processDefinitionKey}
              badges={badges}
              marks={marks}
              chosen={element ?? (planned && flow)}
              onElement={choose}
              calls={calls}
              onCall={(from) => route(`/instances/${called.get(from)}`)}
            />
          ) : (
            !xml.error && <Skeleton />
          )}
        </section>
        {at !== null ? (
          <Shown of={{ ...travel.found, data: travel.past }}>{(past) => <PastActivities past={past!} model={model} element={element} choose={choose} />}</Shown>
        ) : planned ? (
          <Modification
            instance={id}
            model={model}
            element={element ?? flow}
            tokens={tokens}
            planned={planned}
            plan={setPlanned}
            close={(done) => {
              setPlanned(null);
              setFlow(null);
              if (done) again();
            }}
          />
        ) : (
          live && <Shown of={waits}>{(found) => <Waiting waits={found} model={model} instance={id} element={element} choose={choose} changed={again} />}</Shown>
        )}
      </div>
      {element && (
        <p class="chosen-element" role="status">
          Only what is at <strong>{model?.elements.get(element)?.name ?? element}</strong>
          {model?.elements.get(element)?.kind === "businessRuleTask" && may("decisions") && tab !== "decisions" && (
            <Button look="quiet" icon={Table2} onClick={() => set({ tab: "decisions" })}>
              What it decided
            </Button>
          )}
          <Button look="quiet" onClick={() => set({ element: null })}>
            Show all
          </Button>
        </p>
      )}
      {at !== null ? (
        <PastVariables travel={travel} instance={id} model={model} element={element} />
      ) : (
        <section>
          <Tabs
            label="About this instance"
            chosen={tab}
            choose={(chosen) => set({ tab: chosen === "timeline" ? null : chosen })}
            tabs={tabs}
          />
          <TabPanel id={tab}>
            {tab === "timeline" && (
              <Shown of={visits}>
                {(all) => {
                  const shown = element ? all.filter((one) => one.activityId.replace(/#.*$/, "") === element) : all;
                  return <Timeline visits={shown} model={model} instance={instance} element={element} choose={choose} />;
                }}
              </Shown>
            )}
            {tab === "variables" && <VariablesTab instance={instance} model={model} live={live} />}
            {tab === "jobs" && <JobsTab id={id} model={model} element={element} waits={waits.data ?? []} />}
            {tab === "tasks" && <TasksTab id={id} model={model} element={element} />}
            {tab === "incidents" && <IncidentsTab id={id} model={model} element={element} />}
            {tab === "decisions" && <DecisionsTab id={id} model={model} element={element} />}
            {tab === "messages" && <MessagesTab id={id} model={model} element={element} waits={waits.data ?? []} live={live} changed={again} />}
            {tab === "called" && <CalledTab id={id} />}
            {tab === "audit" && <AuditTab id={id} />}
          </TabPanel>
        </section>
      )}
      {open === "migrate" && <MigrateOne instance={instance} close={(done) => (setOpen(null), done && again())} />}
      {open === "fork" && travel.past?.moment && <Fork instance={instance} time={travel.past.moment} model={model} close={() => setOpen(null)} />}
      {open === "restart" && model && (
        <Restart
          definition={{ id: definition, key: instance.processDefinitionKey, version: instance.processDefinitionVersion ?? 0 }}
          model={model}
          chosen={{ processInstanceIds: [id] }}
          count={1}
          start={instance.startActivityId}
          businessKey={instance.businessKey}
          close={() => setOpen(null)}
        />
      )}
    </main>
  );
}

function understood(xml: string | null, key: string): Model | null {
  if (!xml) return null;
  try {
    return readModel(xml, key);
  } catch {
    return null;
  }
}

/** The ids of the visits that go on, by element; where they are not known there is one that has no id. */
function visitsWithTokens(visits: readonly Schemas["HistoricActivityInstance"][], elements: readonly OwnSchemas["ElementProgress"][]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>(elements.filter((one) => one.tokens > 0).map((one) => [one.id, []]));
  for (const visit of visits) if (!visit.endTime) found.get(visit.activityId)?.push(visit.id);
  return new Map([...found].map(([id, own]) => [id, own.length ? own : [""]]));
}

function marksOf(elements: readonly OwnSchemas["ElementProgress"][], flows: readonly string[], planned: readonly Instruction[]): Record<string, Mark> {
  const marks: Record<string, Mark> = Object.fromEntries(flows.map((flow) => [flow, "done"]));
  for (const one of elements) {
    if (one.incidents > 0) marks[one.id] = "failed";
    else if (one.tokens > 0) marks[one.id] = "current";
    else if (one.finished > 0) marks[one.id] = "done";
  }
  for (const one of planned) {
    const place = one.activityId ?? one.transitionId;
    if (place) marks[place] = one.type === "cancel" ? "removed" : "planned";
  }
  return marks;
}

function Head({
  instance,
  incidents,
  past,
  changed,
  erase,
  look,
  modify,
  migrate,
  restart,
}: Given & {
  incidents: number;
  /** Is it shown as it was? */
  past: boolean;
  look: () => void;
  modify: () => void;
  migrate: () => void;
  restart: () => void;
}) {
  const { route } = useLocation();
  const live = !instance.endTime;
  const suspended = instance.state === "SUSPENDED";
  const name = instance.businessKey ?? `instance ${instance.id}`;
  const process = `/processes/${encodeURIComponent(instance.processDefinitionKey)}?version=${instance.processDefinitionVersion}`;
  const suspend = () =>
    attempt(() => put(`/process-instance/${instance.id}/suspended`, { suspended: !suspended }), suspended ? "It goes on" : "It rests", {
      action: { label: "Undo", run: () => void attempt(() => put(`/process-instance/${instance.id}/suspended`, { suspended })).then(changed) },
    }).then((done) => done && changed());
  const cancel = async () => {
    const reason = await confirm({
      title: `Cancel ${name}?`,
      text: "Its open tasks and jobs disappear, also those of what it has called. This cannot be undone.",
      confirm: "Cancel the instance",
      danger: true,
      reason: true,
    });
    if (reason !== null && (await attempt(() => remove(`/process-instance/${instance.id}`, { reason }), "Cancelled"))) changed();
  };
  const drop = async () => {
    const reason = await confirm({ title: `Delete the history of ${name}?`, text: "Nothing of it is left. This cannot be undone.", confirm: "Delete", danger: true, reason: true });
    if (reason === null) return;
    await erase(instance.id, () => remove(`/history/process-instance/${instance.id}`, { reason }), () => route(process));
  };
  return (
    <header class="row between instance-head">
      <div class="stack-small">
        <nav class="crumbs" aria-label="Where this is">
          <a href="/processes">Processes</a>
          <span aria-hidden="true">/</span>
          <a href={process}>
            {instance.processDefinitionName ?? instance.processDefinitionKey} · version {instance.processDefinitionVersion}
          </a>
          {instance.superProcessInstanceId && (
            <>
              <span aria-hidden="true">/</span>
              {instance.rootProcessInstanceId !== instance.superProcessInstanceId && (
                <>
                  <a href={`/instances/${instance.rootProcessInstanceId}`}>Root instance</a>
                  <span aria-hidden="true">/</span>
                </>
              )}
              <a href={`/instances/${instance.superProcessInstanceId}`}>Calling instance</a>
            </>
          )}
        </nav>
        <div class="row">
          <h1>{instance.businessKey ?? <>Instance</>}</h1>
          <InstanceState state={instance.state} incidents={incidents} />
        </div>
        <p class="muted small">
          <Id value={instance.id} /> · started <When at={instance.startTime} />
          {instance.startUserId && ` by ${instance.startUserId}`}
          {instance.durationInMillis !== null && ` · took ${span(instance.durationInMillis)}`}
          {instance.restartedProcessInstanceId && (
            <>
              {" "}
              · again after <a href={`/instances/${instance.restartedProcessInstanceId}`}>an earlier one</a>
            </>
          )}
          {instance.deleteReason && ` · ${instance.deleteReason}`}
        </p>
        <Lineage instance={instance.id} />
      </div>
      <div class="row">
        <Button icon={History} keys="h" aria-pressed={past} onClick={look}>
          Back in time
        </Button>
        {live && (
          <>
            <Button icon={suspended ? Play : Pause} onClick={() => void suspend()}>
              {suspended ? "Activate" : "Suspend"}
            </Button>
            <Button icon={Move} keys="m" onClick={modify}>
              Modify
            </Button>
          </>
        )}
        {!live && (
          <Button icon={RotateCcw} onClick={restart}>
            Restart
          </Button>
        )}
        <Menu
          label="More actions"
          actions={[
            live && { label: "Migrate to another version", icon: Shuffle, run: migrate },
            { label: "Copy the link", icon: Link, run: () => void navigator.clipboard.writeText(location.href).then(() => copied(location.href)) },
            live && { label: "Cancel the instance", icon: Ban, danger: true, apart: true, run: () => void cancel() },
            !live && { label: "Delete the history", icon: Trash2, danger: true, apart: true, run: () => void drop() },
          ]}
        />
      </div>
    </header>
  );
}

function MigrateOne({ instance, close }: { instance: Instance; close: (done: boolean) => void }) {
  const key = instance.processDefinitionKey;
  const found = useLoad(key, (signal) =>
    get<Definition[]>(
      "/process-definition",
      { key, sortBy: "version", sortOrder: "desc", maxResults: 500, ...(instance.tenantId ? { tenantIdIn: instance.tenantId } : { withoutTenantId: true }) },
      { signal },
    ),
  );
  if (!found.data) return null;
  const source = found.data.find((one) => one.id === instance.processDefinitionId);
  if (!source || found.data.length < 2) {
    return <NoTarget close={() => close(false)} />;
  }
  return <Migration source={source} versions={found.data} chosen={{ processInstanceIds: [instance.id] }} count={1} close={close} />;
}

function NoTarget({ close }: { close: () => void }) {
  const error = new ApiError(0, "", "There is no other version of this process to migrate to. Deploy one first.");
  return (
    <div role="alert">
      <Failure error={error} retry={close} />
    </div>
  );
}
