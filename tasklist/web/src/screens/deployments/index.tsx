/** Deployments: what was deployed when, the files in it, and what became of them. */

import "./deployments.css";
import { useMemo, useRef, useState } from "preact/hooks";
import { Boxes, Download, FileText, RotateCw, Trash2, Upload } from "lucide-preact";
import { useAddress } from "../../address";
import { ask, get, post, remove, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Failure, Field, Id, SearchField, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { counted } from "../../components/process";
import { Listed, type Column } from "../../components/table";
import { attempt, tell, tellProblem } from "../../components/toasts";
import { readModel } from "../../decisions/model";
import { Requirements } from "../../decisions/requirements";
import { DecisionLogic } from "../../decisions/table";
import { Diagram } from "../../diagram";
import { filesOf } from "../../dropped";
import { containing } from "../../like";
import { usePage } from "../../paging";
import { may } from "../../session";
import { kindOf } from "../modeler/file";

type Deployment = Schemas["Deployment"];
type Resource = Schemas["DeploymentResource"];
type Definition = Schemas["ProcessDefinition"];
type Decision = Schemas["DecisionDefinition"];

const COLUMNS: readonly Column<Deployment>[] = [
  { id: "name", label: "Name", sortBy: "name", show: (one) => <a href={`/deployments?deployment=${one.id}`}>{one.name ?? "without a name"}</a> },
  { id: "source", label: "Source", show: (one) => one.source },
  { id: "deploymentTime", label: "Deployed", sortBy: "deploymentTime", show: (one) => <When at={one.deploymentTime} /> },
  { id: "tenantId", label: "Tenant", sortBy: "tenantId", show: (one) => one.tenantId },
  { id: "id", label: "Id", sortBy: "id", show: (one) => <Id value={one.id} /> },
];

export default function Deployments() {
  const { query, set: go } = useAddress();
  const deployments = usePage<Deployment>(
    "/deployment",
    { nameLike: containing(query.name ?? "") },
    { columns: COLUMNS, by: "deploymentTime", down: true, keyOf: (one) => one.id, topics: ["deployments"] },
  );
  const upload = useRef<HTMLInputElement>(null);

  const deploy = async (files: readonly File[]) => {
    const [first] = files;
    if (!first) return;
    const form = new FormData();
    form.set("deployment-name", first.name.replace(/\.[^.]*$/, ""));
    form.set("deployment-source", "Baton web app");
    form.set("enable-duplicate-filtering", "true");
    for (const file of files) form.set(file.name, file);
    try {
      const made = await ask<Schemas["DeploymentWithDefinitions"]>("POST", "/deployment/create", { body: form });
      const count = Object.keys({ ...made.deployedProcessDefinitions, ...made.deployedDecisionDefinitions }).length;
      tell(count ? `Deployed ${files.length === 1 ? first.name : `${files.length} files`}` : "These files are deployed already; nothing is new", { tone: "good" });
      deployments.changed();
      go({ deployment: made.id, page: null }, true);
    } catch (problem) {
      tellProblem(problem);
    }
  };

  return (
    <main
      class="page"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void deploy(filesOf(event));
      }}
    >
      <h1>Deployments</h1>
      <Listed
        name="deployments"
        label="Deployments"
        of={deployments}
        columns={COLUMNS}
        rowProps={(one) => ({ class: "clickable", onClick: () => go({ deployment: one.id }, true) })}
        empty={
          <Empty icon={Boxes} title={query.name ? "No deployment has such a name" : "Nothing is deployed yet"}>
            Drop models and forms here, draw one in the <a href="/modeler">modeler</a>, or deploy from Camunda Modeler to{" "}
            <code>{location.origin}/engine-rest</code>.
          </Empty>
        }
        add={
          may("deploy") && (
            <>
              <Button look="primary" icon={Upload} onClick={() => upload.current?.click()}>
                Deploy files
              </Button>
              <input ref={upload} type="file" multiple hidden aria-label="Files to deploy" onChange={(event) => void deploy([...(event.currentTarget.files ?? [])])} />
            </>
          )
        }
      >
        <SearchField class="deployment-search" label="Search by name" placeholder="Search by name" value={query.name ?? ""} apply={(name) => go({ name, page: null })} />
      </Listed>
      {query.deployment && <One key={query.deployment} id={query.deployment} close={() => go({ deployment: null }, true)} changed={deployments.changed} />}
    </main>
  );
}

function One({ id, close, changed }: { id: string; close: () => void; changed: () => void }) {
  const [chosen, setChosen] = useState<Resource | null>(null);
  const path = `/deployment/${encodeURIComponent(id)}`;
  const loaded = useLoad(`deployment ${id}`, async (signal) => {
    const [deployment, resources, definitions, decisions] = await Promise.all([
      get<Deployment>(path, {}, { signal }),
      get<Resource[]>(`${path}/resources`, {}, { signal }),
      get<Definition[]>("/process-definition", { deploymentId: id }, { signal }),
      get<Decision[]>("/decision-definition", { deploymentId: id, sortBy: "name", sortOrder: "asc" }, { signal }),
    ]);
    return { deployment, resources, definitions, decisions };
  });

  const redeploy = () =>
    attempt(async () => {
      await post(`${path}/redeploy`, { source: "Baton web app" });
      changed();
      close();
    }, "Deployed again");

  const drop = async (name: string, definitions: readonly Definition[], decisions: readonly Decision[]) => {
    const { count } = await get<{ count: number }>("/process-instance/count", { deploymentId: id });
    const reason = await confirm({
      title: `Delete the deployment ${name}?`,
      text: (
        <p>
          {counted(definitions.length, "process definition")}
          {decisions.length > 0 && <> and {counted(decisions.length, "decision definition")}</>} {definitions.length + decisions.length === 1 ? "goes" : "go"} with it
          {count > 0 && <strong>, and {count === 1 ? "1 running instance" : `${count} running instances`}, with their history</strong>}. This cannot be undone.
        </p>
      ),
      confirm: "Delete",
      danger: true,
      reason: true,
    });
    if (reason === null) return;
    const done = await attempt(() => remove(`${path}?cascade=${count > 0}`, { reason }), `Deleted ${name}`);
    if (done) {
      changed();
      close();
    }
  };

  return (
    <Dialog title="Deployment" close={close} drawer>
      <Shown of={loaded}>
        {({ deployment, resources, definitions, decisions }) => (
          <div class="stack">
            <dl class="facts">
              <dt>Name</dt>
              <dd>{deployment.name ?? "without a name"}</dd>
              <dt>Deployed</dt>
              <dd>
                <When at={deployment.deploymentTime} />
              </dd>
              <dt>Source</dt>
              <dd>{deployment.source ?? "–"}</dd>
              {deployment.tenantId && (
                <>
                  <dt>Tenant</dt>
                  <dd>{deployment.tenantId}</dd>
                </>
              )}
              <dt>Id</dt>
              <dd>
                <Id value={deployment.id} whole />
              </dd>
            </dl>
            <section class="stack" aria-label="Processes">
              <h3>Processes</h3>
              {definitions.length + decisions.length === 0 && <p class="muted">It made no process definition.</p>}
              <ul class="stack" role="list">
                {definitions.map((one) => (
                  <li key={one.id} class="row between">
                    <a href={`/processes/${encodeURIComponent(one.key)}?version=${one.version}`}>
                      {one.name ?? one.key}, version {one.version}
                    </a>
                    {may("modeler") && <a href={`/modeler?definition=${encodeURIComponent(one.id ?? "")}`}>Open in the modeler</a>}
                  </li>
                ))}
              </ul>
            </section>
            {decisions.length > 0 && (
              <section class="stack" aria-label="Decisions">
                <h3>Decisions</h3>
                <ul class="stack" role="list">
                  {decisions.map((one) => (
                    <li key={one.id} class="row between">
                      <a href={`/decisions/${encodeURIComponent(one.key)}?version=${one.version}${one.tenantId ? `&tenant=${encodeURIComponent(one.tenantId)}` : ""}`}>
                        {one.name ?? one.key}, version {one.version}
                      </a>
                      {may("modeler") && <a href={`/modeler?decision=${encodeURIComponent(one.id)}`}>Open in the modeler</a>}
                    </li>
                  ))}
                </ul>
              </section>
            )}
            <section class="stack" aria-label="Files">
              <h3>Files</h3>
              <ul class="stack" role="list">
                {resources.map((one) => (
                  <li key={one.id} class="row between">
                    <Button look="quiet" icon={FileText} aria-expanded={chosen?.id === one.id} onClick={() => setChosen(chosen?.id === one.id ? null : one)}>
                      {one.name}
                    </Button>
                    <a class="button quiet square" href={`/engine-rest${path}/resources/${one.id}/data`} download={one.name.split("/").pop()} aria-label={`Download ${one.name}`}>
                      <Download size={16} aria-hidden="true" />
                    </a>
                  </li>
                ))}
              </ul>
              {chosen && <Content key={chosen.id} deployment={id} resource={chosen} />}
            </section>
            <div class="row end">
              {may("deploy") && (
                <Button icon={RotateCw} onClick={() => void redeploy()}>
                  Deploy again
                </Button>
              )}
              <Button look="danger" icon={Trash2} onClick={() => void drop(deployment.name ?? deployment.id, definitions, decisions).catch(tellProblem)}>
                Delete
              </Button>
            </div>
          </div>
        )}
      </Shown>
    </Dialog>
  );
}

/** A file of a deployment: a model as a picture, decisions as their rules and what requires what, everything else that is text as text. */
function Content({ deployment, resource }: { deployment: string; resource: Resource }) {
  const text = useLoad(`resource ${resource.id}`, (signal) =>
    get<string>(`/deployment/${encodeURIComponent(deployment)}/resources/${resource.id}/data`, {}, { as: "text", signal }),
  );
  const [raw, setRaw] = useState(false);
  const kind = kindOf(resource.name);
  const drawn = kind === "bpmn" || kind === "dmn";
  return (
    <Shown of={text}>
      {(content) => (
        <div class="stack">
          {drawn && (
            <Field label="Show as">
              <select value={raw ? "text" : "picture"} onChange={(event) => setRaw(event.currentTarget.value === "text")}>
                <option value="picture">Picture</option>
                <option value="text">Text</option>
              </select>
            </Field>
          )}
          {kind === "dmn" && !raw ? (
            <Decisions xml={content} name={resource.name} />
          ) : drawn && !raw ? (
            <div class="deployment-diagram">
              <Diagram xml={content} label={`Diagram of ${resource.name}`} fileName={resource.name} />
            </div>
          ) : (
            <pre class="code deployment-text" tabIndex={0}>
              {content.includes("\0") ? "This file is no text; download it to see it." : content}
            </pre>
          )}
        </div>
      )}
    </Shown>
  );
}

/** The decisions of a file, as they are read. */
function Decisions({ xml, name }: { xml: string; name: string }) {
  const model = useMemo(() => {
    try {
      return readModel(xml);
    } catch (problem) {
      return problem instanceof Error ? problem : new Error(String(problem));
    }
  }, [xml]);
  if (model instanceof Error) return <Failure error={model} />;
  return (
    <div class="stack">
      {model.nodes.length > 1 && <Requirements model={model} label={`What requires what in ${name}`} />}
      {[...model.decisions.values()].map((decision) => (
        <section key={decision.id} class="card" aria-label={decision.name}>
          <h4 class="deployment-decision">{decision.name}</h4>
          <DecisionLogic decision={decision} />
        </section>
      ))}
    </div>
  );
}
