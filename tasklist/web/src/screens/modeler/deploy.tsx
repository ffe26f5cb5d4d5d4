/** The dialog that deploys a model: what is new in it, how much runs on the last version, and what belongs beside it. */

import { useEffect, useState } from "preact/hooks";
import { ask, get, type Query, type Schemas } from "../../api/client";
import { Button, Field, Skeleton } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { Differences } from "../../components/differences";
import { tell, tellProblem } from "../../components/toasts";
import { compareDecisions } from "../../decisions/differences";
import { dmnOf } from "../../decisions/files";
import { readModel } from "../../decisions/model";
import type { Difference } from "../../diagram/differences";
import type { Files } from "./drafts";
import { kindOf, processKeys } from "./file";

/** The version that was deployed last; `running` of a process alone. */
interface Last {
  definition: Pick<Schemas["DecisionDefinition"], "name" | "key" | "version">;
  running: number;
  differences: Difference[];
}

export function Deploy({ name: called, files, close, done }: { name: string; files: Files; close: () => void; done: () => void }) {
  const [name, setName] = useState(called);
  const [tenant, setTenant] = useState("");
  const [last, setLast] = useState<Last[] | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    let gone = false;
    findLast(files, tenant).then(
      (found) => !gone && setLast(found),
      (problem: unknown) => {
        if (gone) return;
        setLast([]);
        tellProblem(problem);
      },
    );
    return () => {
      gone = true;
    };
  }, [files, tenant]);

  const deploy = async () => {
    setBusy(true);
    const form = new FormData();
    form.set("deployment-name", name);
    form.set("deployment-source", "Baton modeler");
    form.set("enable-duplicate-filtering", "true");
    if (tenant) form.set("tenant-id", tenant);
    for (const [file, text] of Object.entries(files)) form.set(file, new File([text], file));
    try {
      const answer = await ask<Schemas["DeploymentWithDefinitions"]>("POST", "/deployment/create", { body: form });
      const [process] = Object.values(answer.deployedProcessDefinitions ?? {});
      const [decision] = Object.values(answer.deployedDecisionDefinitions ?? {});
      const definition = process ?? decision;
      if (definition) {
        const query = tenant && !process ? `?tenant=${encodeURIComponent(tenant)}` : "";
        tell(`Deployed ${definition.name ?? definition.key}, version ${definition.version}`, {
          tone: "good",
          link: { label: "Open", href: `/${process ? "processes" : "decisions"}/${encodeURIComponent(definition.key)}${query}` },
        });
      } else {
        tell(Object.keys(files).some((file) => kindOf(file) === "bpmn" || kindOf(file) === "dmn") ? "The same model is deployed already; nothing is new" : `Deployed “${name}”`);
      }
      done();
    } catch (problem) {
      tellProblem(problem);
      setBusy(false);
    }
  };

  return (
    <Dialog title="Deploy" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void deploy();
        }}
      >
        <Field label="Name of the deployment">
          <input value={name} required onInput={(event) => setName(event.currentTarget.value)} />
        </Field>
        <Field label="Tenant" hint="Leave it empty if you do not use tenants">
          <input value={tenant} onChange={(event) => setTenant(event.currentTarget.value.trim())} />
        </Field>
        <section aria-label="Files" class="stack">
          <h3>Files</h3>
          <p class="muted">{Object.keys(files).join(", ")}</p>
        </section>
        <section aria-label="What changes" class="stack">
          <h3>What changes</h3>
          {last === null ? <Skeleton lines={2} /> : last.length === 0 ? <p class="muted">This has not been deployed before.</p> : last.map((one) => <Changes key={one.definition.key} last={one} />)}
        </section>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy}>
            Deploy
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Changes({ last }: { last: Last }) {
  const { definition, running, differences } = last;
  return (
    <div class="stack">
      <p>
        Compared with version {definition.version} of {definition.name ?? definition.key}
        {running > 0 && <>, on which {running === 1 ? "1 instance goes" : `${running} instances go`} on running</>}:
      </p>
      <Differences differences={differences} />
    </div>
  );
}

async function findLast(files: Files, tenant: string): Promise<Last[]> {
  const belongs = tenant ? { tenantIdIn: tenant } : { withoutTenantId: true };
  return (await Promise.all([lastProcesses(files, belongs), lastDecisions(files, belongs)])).flat();
}

async function lastDecisions(files: Files, belongs: Query): Promise<Last[]> {
  const models = Object.entries(files).filter(([file]) => kindOf(file) === "dmn");
  const found = await Promise.all(
    models.flatMap(([, xml]) =>
      [...readModel(xml).decisions.values()].map(async (decision): Promise<Last[]> => {
        const [definition] = await get<Schemas["DecisionDefinition"][]>("/decision-definition", { key: decision.id, latestVersion: true, maxResults: 1, ...belongs });
        if (!definition) return [];
        const before = readModel(await dmnOf(definition.id)).decisions.get(decision.id);
        return before ? [{ definition, running: 0, differences: compareDecisions(before, decision) }] : [];
      }),
    ),
  );
  return found.flat();
}

async function lastProcesses(files: Files, belongs: Query): Promise<Last[]> {
  const { compare } = await import("../../diagram/differences");
  const models = Object.entries(files).filter(([file]) => kindOf(file) === "bpmn");
  const found = await Promise.all(
    models.flatMap(([, xml]) =>
      processKeys(xml).map(async (key): Promise<Last | null> => {
        const [definition] = await get<Schemas["ProcessDefinition"][]>("/process-definition", { key, latestVersion: true, maxResults: 1, ...belongs });
        if (!definition) return null;
        const [model, { count }] = await Promise.all([
          get<{ bpmn20Xml: string }>(`/process-definition/${encodeURIComponent(definition.id ?? "")}/xml`),
          get<{ count: number }>("/process-instance/count", { processDefinitionId: definition.id }),
        ]);
        return { definition, running: count, differences: await compare(model.bpmn20Xml, xml) };
      }),
    ),
  );
  return found.filter((one): one is Last => one !== null);
}
