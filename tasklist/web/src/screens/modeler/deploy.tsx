/** The dialog that deploys a model: what is new in it, how much runs on the last version, and what belongs beside it. */

import { useEffect, useState } from "preact/hooks";
import { ask, get, type Schemas } from "../../api/client";
import { Button, Field, Skeleton } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { Differences } from "../../components/differences";
import { tell, tellProblem } from "../../components/toasts";
import type { Difference } from "../../diagram/differences";
import type { Files } from "./drafts";
import { kindOf, processKeys } from "./file";

interface Last {
  definition: Schemas["ProcessDefinition"];
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
      const [definition] = Object.values(answer.deployedProcessDefinitions ?? {});
      if (definition) {
        tell(`Deployed ${definition.name ?? definition.key}, version ${definition.version}`, {
          tone: "good",
          link: { label: "Open", href: `/processes/${encodeURIComponent(definition.key)}` },
        });
      } else {
        tell(Object.keys(files).some((file) => kindOf(file) === "bpmn") ? "The same model is deployed already; nothing is new" : `Deployed “${name}”`);
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
          {last === null ? <Skeleton lines={2} /> : last.length === 0 ? <p class="muted">This process has not been deployed before.</p> : last.map((one) => <Changes key={one.definition.id} last={one} />)}
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
  const { compare } = await import("../../diagram/differences");
  const models = Object.entries(files).filter(([file]) => kindOf(file) === "bpmn");
  const found = await Promise.all(
    models.flatMap(([, xml]) =>
      processKeys(xml).map(async (key): Promise<Last | null> => {
        const belongs = tenant ? { tenantIdIn: tenant } : { withoutTenantId: true };
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
