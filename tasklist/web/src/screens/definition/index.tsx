/** One process: its diagram with what goes on in it, and its instances, incidents, jobs, calls, timers, file and settings. */

import { useMemo } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { Pause, Play, Trash2, Workflow } from "lucide-preact";
import { useAddress } from "../../address";
import { get, put, remove, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Failure, Pill, Shown, Skeleton, span, type Tab, tabOf, TabPanel, Tabs } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { counted, stamp, xmlOf } from "../../components/process";
import { attempt } from "../../components/toasts";
import { VersionPicker } from "../../components/versions";
import { Diagram, type Badges, type Heat } from "../../diagram";
import { readModel, type Model } from "../../diagram/model";
import { type Erase, useErasing } from "../../erasing";
import { may } from "../../session";
import { CalledTab, JobsTab, SettingsTab, TimersTab, XmlTab } from "./tabs";
import type { Definition } from "./definition";
import { IncidentsTab } from "./incidents";
import { StatisticsTab } from "./statistics";
import { VersionsTab } from "./versions";
import { InstancesTab } from "./instances";
import "./definition.css";

type Layer = "live" | "frequency" | "duration";

const LAYERS: readonly { id: Layer; label: string; title: string }[] = [
  { id: "live", label: "Live", title: "What waits now" },
  { id: "frequency", label: "Frequency", title: "How often elements were visited" },
  { id: "duration", label: "Duration", title: "How long half of the visits took at most" },
];

const DAYS = [
  { days: 1, label: "The last day" },
  { days: 7, label: "The last week" },
  { days: 30, label: "The last 30 days" },
  { days: 365, label: "The last year" },
] as const;

export default function DefinitionScreen() {
  const { params } = useRoute();
  const { query } = useAddress();
  const key = params["key"] ?? "";
  const { erased, erase } = useErasing(`${key} ${query.tenant ?? ""} ${query.version ?? ""}`);
  const versions = useLoad(`${key} ${query.tenant ?? ""}`, (signal) =>
    get<Definition[]>(
      "/process-definition",
      { key, sortBy: "version", sortOrder: "desc", maxResults: 500, ...(query.tenant ? { tenantIdIn: query.tenant } : { withoutTenantId: true }) },
      { signal },
    ),
    ["definitions"],
  );
  return (
    <Shown of={versions}>
      {(known) => {
        const definition = known.find((one) => String(one.version) === query.version) ?? known[0];
        if (!definition) {
          return (
            <main class="page">
              <Empty icon={Workflow} title={`There is no process “${key}”`}>
                <a href="/processes">All processes</a>
              </Empty>
            </main>
          );
        }
        if (definition.id === erased) return <Skeleton />; // or it would be asked for once more when its end is told
        return <OneDefinition key={definition.id} definition={definition} versions={known} changed={versions.reload} erase={erase} />;
      }}
    </Shown>
  );
}

interface Given {
  definition: Definition;
  versions: readonly Definition[];
  changed: () => void;
  erase: Erase;
}

function OneDefinition({ definition, versions, changed, erase }: Given) {
  const { query, set } = useAddress();
  const xml = useLoad(definition.id, () => xmlOf(definition.id));
  const model = useMemo(() => (xml.data ? understood(xml.data, definition.key) : null), [xml.data, definition.key]);
  const element = query.element ?? null;
  const counts = useLoad(
    definition.id,
    (signal) => get<Schemas["ElementStatistics"][]>(`/process-definition/${encodeURIComponent(definition.id)}/statistics`, { incidents: true }, { signal }),
    [`process:${definition.key}`],
  );
  const incidents = useLoad(
    definition.id,
    (signal) => get<Schemas["CountAnswer"]>("/incident/count", { processDefinitionId: definition.id }, { signal }).then((answer) => answer.count),
    [`process:${definition.key}`],
  );

  const tabs: readonly Tab[] = [
    { id: "instances", label: "Instances" },
    { id: "incidents", label: "Incidents", count: incidents.data ?? 0 },
    { id: "jobs", label: "Jobs" },
    { id: "called", label: "Called processes" },
    { id: "timers", label: "Start timers" },
    { id: "statistics", label: "Statistics" },
    { id: "versions", label: "Versions" },
    { id: "xml", label: "XML" },
    { id: "settings", label: "Settings" },
  ];
  const tab = tabOf(tabs, query.tab);
  return (
    <main class="page definition-page">
      <Head definition={definition} versions={versions} changed={changed} erase={erase} />
      <section class="card definition-diagram" aria-label="Diagram">
        {xml.error && <Failure error={xml.error} retry={xml.reload} />}
        {xml.data && model ? <Picture definition={definition} xml={xml.data} model={model} counts={counts.data} /> : !xml.error && <Skeleton />}
      </section>
      {element && tab !== "statistics" && (
        <p class="chosen-element" role="status">
          Only what is at <strong>{model?.elements.get(element)?.name ?? element}</strong>
          <Button look="quiet" onClick={() => set({ element: null })}>
            Show all
          </Button>
        </p>
      )}
      <section>
        <Tabs
          label="About this process"
          chosen={tab}
          choose={(id) => set({ tab: id === "instances" ? null : id, first: null })}
          tabs={tabs}
        />
        <TabPanel id={tab}>
          {tab === "instances" && <InstancesTab definition={definition} versions={versions} model={model} element={element} />}
          {tab === "incidents" && <IncidentsTab definition={definition} model={model} element={element} />}
          {tab === "jobs" && <JobsTab definition={definition} model={model} element={element} />}
          {tab === "called" && <CalledTab definition={definition} model={model} element={element} />}
          {tab === "timers" && <TimersTab definition={definition} model={model} />}
          {tab === "statistics" && <StatisticsTab definition={definition} model={model} element={element} />}
          {tab === "versions" && <VersionsTab definition={definition} versions={versions} />}
          {tab === "xml" && xml.data && <XmlTab xml={xml.data} name={`${definition.key}-${definition.version}`} />}
          {tab === "settings" && <SettingsTab definition={definition} changed={changed} />}
        </TabPanel>
      </section>
    </main>
  );
}

function understood(xml: string, key: string): Model {
  try {
    return readModel(xml, key);
  } catch {
    return { process: key, elements: new Map(), flows: [] };
  }
}

function Head({ definition, versions, changed, erase }: Given) {
  const { set } = useAddress();
  const { route } = useLocation();
  const name = definition.name ?? definition.key;
  const suspend = async () => {
    const suspended = !definition.suspended;
    const reason = await confirm({
      title: suspended ? `Suspend ${name}?` : `Activate ${name}?`,
      text: suspended
        ? `Nobody can start version ${definition.version} any more, and its running instances rest until you activate it.`
        : `Version ${definition.version} can be started again, and its instances go on.`,
      confirm: suspended ? "Suspend" : "Activate",
      danger: suspended,
      reason: true,
    });
    if (reason === null) return;
    const done = await attempt(
      () => put(`/process-definition/${encodeURIComponent(definition.id)}/suspended`, { suspended, includeProcessInstances: true }, { reason }),
      suspended ? "Suspended" : "Activated",
    );
    if (done) changed();
  };
  const drop = async () => {
    const count = await get<Schemas["CountAnswer"]>("/process-instance/count", { processDefinitionId: definition.id });
    const reason = await confirm({
      title: `Delete version ${definition.version} of ${name}?`,
      text: `Its ${counted(count.count, "running instance")} and the history of all its instances are deleted with it. This cannot be undone.`,
      confirm: "Delete",
      danger: true,
      reason: true,
    });
    if (reason === null) return;
    const path = `/process-definition/${encodeURIComponent(definition.id)}`;
    await erase(definition.id, () => remove(path, { query: { cascade: true }, reason }), () => {
      if (versions.length === 1) return route("/processes");
      set({ version: null });
      changed();
    });
  };
  return (
    <header class="row between">
      <div class="stack-small">
        <nav class="crumbs" aria-label="Where this is">
          <a href="/processes">Processes</a>
        </nav>
        <div class="row">
          <h1>{name}</h1>
          {definition.suspended && <Pill tone="grey">Suspended</Pill>}
        </div>
        <p class="muted small">
          <span class="mono">{definition.key}</span>
          {definition.versionTag && <> · {definition.versionTag}</>}
        </p>
      </div>
      <div class="row">
        <VersionPicker versions={versions} version={definition.version} choose={(version) => set({ version, element: null, first: null })} />
        <a class="button primary" href={`/start?process=${encodeURIComponent(definition.key)}`}>
          <Play size={16} aria-hidden="true" />
          <span>Start</span>
        </a>
        <Menu
          label="More actions"
          actions={[
            { label: definition.suspended ? "Activate" : "Suspend", icon: definition.suspended ? Play : Pause, run: () => void suspend() },
            may("modeler") && { label: "Open in the modeler", run: () => route(`/modeler?definition=${encodeURIComponent(definition.id)}`) },
            { label: "Delete this version", icon: Trash2, danger: true, apart: true, run: () => void drop() },
          ]}
        />
      </div>
    </header>
  );
}

function Picture({ definition, xml, model, counts }: { definition: Definition; xml: string; model: Model; counts: Schemas["ElementStatistics"][] | null }) {
  const { query, set } = useAddress();
  const { route } = useLocation();
  const layer: Layer = query.layer === "frequency" || query.layer === "duration" ? query.layer : "live";
  const days = DAYS.find((one) => String(one.days) === query.days)?.days ?? null;
  const heat = useLoad(`${definition.id} ${layer !== "live"} ${days}`, (signal) => {
    if (layer === "live") return Promise.resolve([]);
    const since = days === null ? null : stamp(new Date(Date.now() - days * 86_400_000));
    return get<OwnSchemas["Heat"][]>(`/api/v1/process-definition/${encodeURIComponent(definition.id)}/heat`, { since }, { signal });
  });
  const called = useLoad(definition.id, (signal) =>
    get<Schemas["CalledDefinition"][]>(`/process-definition/${encodeURIComponent(definition.id)}/static-called-process-definitions`, {}, { signal }),
  );
  const badges = useMemo<Record<string, Badges>>(
    () =>
      Object.fromEntries(
        (counts ?? []).map((one) => [one.id, { tokens: one.instances, incidents: one.incidents.reduce((sum, each) => sum + each.incidentCount, 0) }]),
      ),
    [counts],
  );
  const shown = useMemo(() => (layer === "live" || !heat.data ? null : heatOf(heat.data, layer, model)), [heat.data, layer, model]);
  const calls = useMemo(() => (called.data ?? []).flatMap((one) => one.calledFromActivityIds), [called.data]);
  const open = (id: string) => {
    const target = called.data?.find((one) => one.calledFromActivityIds.includes(id));
    if (target) route(`/processes/${encodeURIComponent(target.key)}?version=${target.version}`);
  };
  return (
    <Diagram
      xml={xml}
      process={definition.key}
      label={`Diagram of ${definition.name ?? definition.key}`}
      fileName={`${definition.key}-${definition.version}`}
      badges={badges}
      heat={shown}
      chosen={query.element ?? null}
      onElement={(id) => set({ element: id && model.elements.has(id) ? id : null, first: null })}
      calls={calls}
      onCall={open}
    >
      {layer !== "live" && (
        <select class="filter-input" aria-label="Since when" value={String(days ?? "")} onChange={(event) => set({ days: event.currentTarget.value || null })}>
          <option value="">All that is known</option>
          {DAYS.map((one) => (
            <option key={one.days} value={String(one.days)}>
              {one.label}
            </option>
          ))}
        </select>
      )}
      <div class="segments" role="radiogroup" aria-label="What the diagram shows">
        {LAYERS.map((one) => (
          <button
            key={one.id}
            type="button"
            role="radio"
            class="button quiet"
            aria-checked={one.id === layer}
            title={one.title}
            onClick={() => set({ layer: one.id === "live" ? null : one.id })}
          >
            {one.label}
          </button>
        ))}
      </div>
    </Diagram>
  );
}

function heatOf(found: readonly OwnSchemas["Heat"][], layer: Layer, model: Model): Record<string, Heat> {
  const value = (one: OwnSchemas["Heat"]) => (layer === "frequency" ? one.visits : (one.median ?? 0));
  const here = found.filter((one) => model.elements.has(one.id) && value(one) > 0);
  const most = Math.max(1, ...here.map(value));
  return Object.fromEntries(
    here.map((one) => [one.id, { level: value(one) / most, text: layer === "frequency" ? one.visits.toLocaleString("en") : span(one.median ?? 0) }]),
  );
}
