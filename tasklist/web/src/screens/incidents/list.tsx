/** Incidents one by one: with retry, what was noted, and the stack trace. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { RotateCcw } from "lucide-preact";
import { get, put, type Query, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Id, Shown, When } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { Listed, Table, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import { usePage } from "../../paging";

type Incident = Schemas["Incident"];

const INSTANCE: Column<Incident> = {
  id: "processInstanceId",
  label: "Instance",
  show: (one) => (
    <>
      <a href={`/instances/${one.processInstanceId}`}>Instance</a> <Id value={one.processInstanceId ?? ""} />
    </>
  ),
};
const MESSAGE: Column<Incident> = {
  id: "incidentMessage",
  label: "What happened",
  sortBy: "incidentMessage",
  show: (one) => (
    <>
      <span class="muted">{one.activityId}:</span> {one.incidentMessage ?? typeWords(one.incidentType)}
    </>
  ),
  inFile: [
    { label: "Element", path: ["activityId"] },
    { label: "Message", path: ["incidentMessage"] },
  ],
};
const SINCE: Column<Incident> = { id: "incidentTimestamp", label: "Since", sortBy: "incidentTimestamp", show: (one) => <When at={one.incidentTimestamp} /> };
const NOTE: Column<Incident> = { id: "annotation", label: "Note", show: (one) => one.annotation };

const COLUMNS: readonly Column<Incident>[] = [
  INSTANCE,
  MESSAGE,
  SINCE,
  NOTE,
  { id: "incidentType", label: "Kind", sortBy: "incidentType", extra: true, show: (one) => typeWords(one.incidentType) },
  { id: "processDefinitionId", label: "Version", sortBy: "processDefinitionId", extra: true, mono: true, show: (one) => one.processDefinitionId },
  { id: "tenantId", label: "Tenant", sortBy: "tenantId", extra: true, show: (one) => one.tenantId },
];

/** A page of the open incidents that `query` finds. */
export function IncidentList({ query, topics, empty, children }: { query: Query; topics: readonly string[]; empty: ComponentChildren; children?: ComponentChildren }) {
  const list = usePage<Incident>("/incident", query, { columns: COLUMNS, by: "incidentTimestamp", down: true, keyOf: (one) => one.id, topics, name: "incidents" });
  const { actions, trace } = useActions(list.changed);
  return (
    <>
      <Listed plain name="incidents" label="Incidents" of={list} columns={COLUMNS} empty={empty} actions={actions}>
        {children}
      </Listed>
      {trace}
    </>
  );
}

/** Some incidents that say the same. */
export function IncidentTable({ incidents, changed }: { incidents: readonly Incident[]; changed: () => void }) {
  const { actions, trace } = useActions(changed);
  return (
    <div class="scroll-x">
      <Table label="Incidents of this group" columns={[INSTANCE, SINCE, NOTE]} rows={incidents} keyOf={(one) => one.id} actions={actions} />
      {trace}
    </div>
  );
}

function useActions(changed: () => void): { actions: (incident: Incident) => ComponentChildren; trace: ComponentChildren } {
  const [shown, show] = useState<Incident | null>(null);
  const retry = async (incident: Incident) => {
    if (await attempt(() => retryIncident(incident), "It is tried again")) changed();
  };
  const actions = (one: Incident) => (
    <div class="row end nowrap">
      {one.configuration && (
        <Button look="quiet" onClick={() => show(one)}>
          Details
        </Button>
      )}
      <Button look="quiet" icon={RotateCcw} disabled={!one.configuration} onClick={() => void retry(one)}>
        Retry
      </Button>
    </div>
  );
  return { actions, trace: shown && <Trace incident={shown} close={() => show(null)} /> };
}

function Trace({ incident, close }: { incident: Incident; close: () => void }) {
  const path = isWork(incident) ? `/external-task/${incident.configuration}/errorDetails` : `/job/${incident.configuration}/stacktrace`;
  const found = useLoad(path, (signal) => get<string>(path, {}, { as: "text", signal }));
  return (
    <Dialog title="What happened" wide close={close}>
      <p>{incident.incidentMessage}</p>
      <Shown of={found}>{(text) => (text ? <pre class="code">{text}</pre> : <p class="muted">Nothing more was said.</p>)}</Shown>
    </Dialog>
  );
}

function isWork(incident: Incident): boolean {
  return incident.incidentType === "failedExternalTask";
}

/** Gives the job or work of the incident one more attempt. */
export function retryIncident(incident: Incident, reason?: string): Promise<void> {
  return put(`/${isWork(incident) ? "external-task" : "job"}/${incident.configuration}/retries`, { retries: 1 }, { reason });
}

export function typeWords(type: string): string {
  return { failedJob: "a job failed", failedExternalTask: "work failed" }[type] ?? type;
}
