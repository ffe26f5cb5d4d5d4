/** Starts an instance that begins as this one was at a moment: tells what would come of it, and then does it. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { get, post, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { absolute, Button, Failure, Field, Skeleton } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { attempt } from "../../components/toasts";
import type { Model } from "../../diagram/model";
import { useHere } from "../../here";
import type { Definition } from "../definition/definition";
import { readVariables } from "./values";

export function Fork({ instance, time, model, close }: { instance: Schemas["HistoricProcessInstance"]; time: string; model: Model | null; close: () => void }) {
  const { route } = useLocation();
  const [version, setVersion] = useState(instance.processDefinitionId ?? "");
  const [text, setText] = useState("");
  const [keyless, setKeyless] = useState(false);
  const [skipListeners, setSkipListeners] = useState(false);
  const [skipMappings, setSkipMappings] = useState(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const key = instance.processDefinitionKey;
  const versions = useLoad(key, (signal) =>
    get<Definition[]>(
      "/process-definition",
      { key, sortBy: "version", sortOrder: "desc", maxResults: 500, ...(instance.tenantId ? { tenantIdIn: instance.tenantId } : { withoutTenantId: true }) },
      { signal },
    ),
  );
  const variables = readVariables(text);
  const body = {
    time,
    processDefinitionId: version,
    variables: variables instanceof Error ? {} : variables,
    withoutBusinessKey: keyless,
    skipCustomListeners: skipListeners,
    skipIoMappings: skipMappings,
  };
  const path = `/api/v1/process-instance/${instance.id}/fork`;
  const preview = useLoad(JSON.stringify(body), (signal) => post<OwnSchemas["ForkPreview"]>(`${path}/preview`, body, { signal }));
  const here = useHere();
  const fork = async () => {
    setBusy(true);
    let made: OwnSchemas["Forked"] | null = null;
    const done = await attempt(async () => (made = await post<OwnSchemas["Forked"]>(path, body, { reason })), "The fork has begun");
    setBusy(false);
    if (!done || !made || !here()) return;
    close();
    route(`/instances/${(made as OwnSchemas["Forked"]).id}`);
  };
  const refused = Boolean(preview.error) || !preview.data || preview.data.refusals.length > 0;
  return (
    <Dialog title="Fork from this moment" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!refused && !(variables instanceof Error)) void fork();
        }}
      >
        <p class="muted">A new instance begins as this one was at {absolute(time)}. What was active then begins anew; this one stays as it is.</p>
        {preview.error ? <Failure error={preview.error} retry={preview.reload} /> : preview.data ? <Outcome preview={preview.data} model={model} /> : <Skeleton lines={2} />}
        {(versions.data?.length ?? 0) > 1 && (
          <Field label="Version">
            <select value={version} onChange={(event) => setVersion(event.currentTarget.value)}>
              {versions.data!.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.version}
                  {one.versionTag && ` (${one.versionTag})`}
                  {one.id === instance.processDefinitionId && ", that of this instance"}
                </option>
              ))}
            </select>
          </Field>
        )}
        <Field label="Variables to set otherwise" hint='As JSON, such as {"amount": 100}; all others are as they were' error={variables instanceof Error ? variables.message : undefined}>
          <textarea class="mono" rows={2} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </Field>
        {instance.businessKey && (
          <label class="row">
            <input type="checkbox" checked={keyless} onChange={(event) => setKeyless(event.currentTarget.checked)} /> Without the business key {instance.businessKey}
          </label>
        )}
        <label class="row">
          <input type="checkbox" checked={skipListeners} onChange={(event) => setSkipListeners(event.currentTarget.checked)} /> Without listeners
        </label>
        <label class="row">
          <input type="checkbox" checked={skipMappings} onChange={(event) => setSkipMappings(event.currentTarget.checked)} /> Without input and output mappings
        </label>
        <Field label="Reason" hint="Goes into the audit log of both">
          <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy} disabled={refused || variables instanceof Error}>
            Fork
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What the fork would begin with and what would be there in the end, or why there can be none. */
function Outcome({ preview, model }: { preview: OwnSchemas["ForkPreview"]; model: Model | null }) {
  const name = (id: string) => model?.elements.get(id.replace(/#.*$/, ""))?.name ?? id;
  if (preview.refusals.length > 0) {
    return (
      <div class="notice bad" role="status">
        <p>There can be no fork of this moment:</p>
        <ul>
          {preview.refusals.map((one) => (
            <li key={`${one.activityId} ${one.message}`}>
              {one.activityId && <strong>{name(one.activityId)}: </strong>}
              {one.message}
            </li>
          ))}
        </ul>
      </div>
    );
  }
  const passed = preview.elements.filter((one) => one.passing > 0);
  return (
    <div class="notice good" role="status">
      <p>It begins</p>
      <ul>
        {preview.places.map((one) => (
          <li key={`${one.scopes.join(" ")} ${one.activityId} ${one.behind}`}>
            {one.behind ? "behind" : "with"} <strong>{name(one.activityId)}</strong>
            {one.number > 1 && `, ${one.number} times`}
            {one.scopes.length > 0 && `, in ${[...new Set(one.scopes.map(name))].join(" › ")}`}
          </li>
        ))}
      </ul>
      {passed.length > 0 && <p>At once it passes {passed.map((one) => name(one.id)).join(", ")}.</p>}
      {preview.ends && <p>Then nothing is left: it would end at once.</p>}
    </div>
  );
}
