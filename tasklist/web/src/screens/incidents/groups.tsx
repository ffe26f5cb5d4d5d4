/** Open incidents in groups that say the same; a group opens to its instances, and is retried as a whole or one by one. */

import { useState } from "preact/hooks";
import { ChevronDown, ChevronRight, CircleCheck, MessageSquare, RotateCcw } from "lucide-preact";
import { useAddress } from "../../address";
import { get, post, put, type OwnSchemas, type Query, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Pill, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Fresh, Pager } from "../../components/list";
import { counted, tellBatch } from "../../components/process";
import { attempt, tell } from "../../components/toasts";
import type { Model } from "../../diagram/model";
import { rowClass, useSteady, type SteadyRow } from "../../steady";
import { IncidentTable, retryIncident, typeWords } from "./list";
import "./incidents.css";

type Group = OwnSchemas["Group"];

const PAGE = 25;
const SHOWN = 20;

/** The groups that a question finds; `model` gives the names of elements where there is only one process. */
export function Groups({ asked, model = null, quiet }: { asked: Query; model?: Model | null; quiet?: boolean }) {
  const { query, set } = useAddress();
  const first = Number(query.first ?? 0);
  const found = useLoad(
    JSON.stringify([asked, first]),
    (signal) => get<OwnSchemas["Groups"]>("/api/v1/incident-group", { ...asked, firstResult: first, maxResults: PAGE }, { signal }),
    ["incidents"],
  );
  const list = useSteady(JSON.stringify([asked, first]), found.data?.groups, true, keyOf);
  const changed = () => {
    list.changed();
    found.reload();
  };
  return (
    <Shown of={found}>
      {(page) =>
        page.total === 0 ? (
          <Empty icon={CircleCheck} title={quiet || Object.values(asked).some(Boolean) ? "No incident here" : "No incident is open"}>
            A job that fails until it has no attempts left appears here at once, with what it said.
          </Empty>
        ) : (
          <>
            <p class="incident-sum muted">
              {counted(page.incidents, "incident")} in {counted(page.total, "group")}
            </p>
            <div class="steady">
              <Fresh of={list} />
            </div>
            <ul class="incident-groups" role="list">
              {list.rows.map((group) => (
                <GroupRow key={keyOf(group)} group={group} model={model} changed={changed} />
              ))}
            </ul>
            <Pager first={first} size={PAGE} shown={page.groups.length} more={first + page.groups.length < page.total} total={page.total} go={(start) => set({ first: start || null }, true)} />
          </>
        )
      }
    </Shown>
  );
}

function keyOf(group: Group): string {
  return `${group.processDefinitionId} ${group.activityId} ${group.incidentType} ${group.messageLike}`;
}

function queryOf(group: Group): Query {
  return {
    processDefinitionId: group.processDefinitionId,
    activityId: group.activityId,
    incidentType: group.incidentType,
    incidentMessageLike: group.messageLike,
  };
}

function GroupRow({ group, model, changed }: { group: SteadyRow<Group>; model: Model | null; changed: () => void }) {
  const [open, setOpen] = useState(false);
  const [noting, setNoting] = useState(false);
  const element = model?.elements.get(group.activityId ?? "")?.name ?? group.activityId;
  const process = group.processDefinitionName ?? group.processDefinitionKey;
  const Mark = open ? ChevronDown : ChevronRight;
  const retryAll = async () => {
    const reason = await confirm({
      title: `Retry ${counted(group.count, "incident")}?`,
      text: `Each failed job at ${element} is tried once more. What fails again comes back here.`,
      confirm: `Retry ${group.count}`,
      reason: true,
    });
    if (reason === null) return;
    await attempt(async () => {
      if (group.count > 1) {
        const { batches } = await post<OwnSchemas["Retried"]>("/api/v1/incident/retry", { query: queryOf(group) }, { reason });
        return batches.forEach((batch) => tellBatch(batch, "Retrying"));
      }
      const [only] = await get<Schemas["Incident"][]>("/incident", { ...queryOf(group), maxResults: 1 });
      if (!only?.configuration) return tell("This incident cannot be retried: nothing of it is left that could be done again", { tone: "bad" });
      await retryIncident(only, reason);
      tell("It is tried again", { tone: "good" });
    });
    changed();
  };
  return (
    <li class={`incident-group ${rowClass(group)}`}>
      <div class="incident-head">
        <button type="button" class="incident-open" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Mark size={16} aria-hidden="true" />
          <Pill tone="red">{group.count}</Pill>
          <span class="incident-message">{group.message ?? group.incidentType}</span>
        </button>
        <div class="row">
          <Button look="quiet" icon={MessageSquare} aria-label={`Note something about ${group.message ?? group.incidentType}`} title="Note" onClick={() => setNoting(true)} />
          <Button icon={RotateCcw} onClick={() => void retryAll()}>
            {group.count === 1 ? "Retry" : "Retry all"}
          </Button>
        </div>
      </div>
      <p class="incident-where muted small">
        <a href={`/processes/${encodeURIComponent(group.processDefinitionKey ?? "")}?version=${group.processDefinitionVersion}&element=${encodeURIComponent(group.activityId ?? "")}&state=incidents`}>
          {process} · version {group.processDefinitionVersion}
        </a>{" "}
        · {element} · {typeWords(group.incidentType)} · first <When at={group.first} />
        {group.last !== group.first && (
          <>
            , last <When at={group.last} />
          </>
        )}
      </p>
      {group.annotation && <p class="notice incident-note">{group.annotation}</p>}
      {open && <GroupInside group={group} changed={changed} />}
      {noting && <Note group={group} close={() => setNoting(false)} changed={changed} />}
    </li>
  );
}

function GroupInside({ group, changed }: { group: Group; changed: () => void }) {
  const [first, setFirst] = useState(0);
  const found = useLoad(
    JSON.stringify([queryOf(group), first]),
    (signal) =>
      get<Schemas["Incident"][]>("/incident", { ...queryOf(group), sortBy: "incidentTimestamp", sortOrder: "desc", firstResult: first, maxResults: SHOWN + 1 }, { signal }),
    ["incidents"],
  );
  return (
    <div class="incident-inside">
      <Shown of={found} lines={2}>
        {(incidents) => <IncidentTable incidents={incidents.slice(0, SHOWN)} changed={() => (found.reload(), changed())} />}
      </Shown>
      <Pager first={first} size={SHOWN} shown={Math.min(SHOWN, found.data?.length ?? 0)} more={(found.data?.length ?? 0) > SHOWN} go={setFirst} />
    </div>
  );
}

function Note({ group, close, changed }: { group: Group; close: () => void; changed: () => void }) {
  const [text, setText] = useState(group.annotation ?? "");
  const save = () =>
    attempt(async () => {
      const incidents = await get<Schemas["Incident"][]>("/incident", { ...queryOf(group), maxResults: 50 });
      await Promise.all(incidents.map((one) => put(`/incident/${one.id}/annotation`, { annotation: text || null })));
      if (group.count > incidents.length) tell(`Noted at the ${incidents.length} oldest of ${group.count} incidents`);
    }, "Noted");
  return (
    <Dialog title="Note about these incidents" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save().then((done) => done && (changed(), close()));
        }}
      >
        <p class="muted">{group.message}</p>
        <Field label="Note" hint="Everybody sees it here: who looks at it, what is known, a link to a ticket.">
          <textarea rows={4} maxLength={4000} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
