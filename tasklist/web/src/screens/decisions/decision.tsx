/** One decision: its rules and how often they matched, a form that tries it, what requires what, its evaluations and versions. */

import { useMemo, useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { Table2, X } from "lucide-preact";
import { useAddress } from "../../address";
import { get, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Pill, Shown, Skeleton, type Tab, tabOf, TabPanel, Tabs, When } from "../../components/basics";
import { Menu } from "../../components/menu";
import { counted, stamp } from "../../components/process";
import { VersionPicker } from "../../components/versions";
import { dmnOf } from "../../decisions/files";
import { calledBy, readModel, type Decision, type Knowledge, type Model } from "../../decisions/model";
import { Requirements } from "../../decisions/requirements";
import { Called, DecisionLogic, type Hits } from "../../decisions/table";
import { save } from "../../save";
import { may } from "../../session";
import { XmlTab } from "../definition/tabs";
import { EvaluateForm } from "./evaluate";
import { EvaluationsTab, Values } from "./evaluations";
import { shown, type DecisionDefinition, type Evaluation, type Trial } from "./shapes";
import { VersionsTab } from "./versions";
import "./decisions.css";

const DAYS = [
  { days: 1, label: "The last day" },
  { days: 7, label: "The last week" },
  { days: 30, label: "The last 30 days" },
  { days: 90, label: "The last 90 days" },
  { days: 365, label: "The last year" },
] as const;

export default function DecisionScreen() {
  const { params } = useRoute();
  const { query } = useAddress();
  const key = params["key"] ?? "";
  const versions = useLoad(
    `${key} ${query.tenant ?? ""}`,
    (signal) =>
      get<DecisionDefinition[]>(
        "/decision-definition",
        { key, sortBy: "version", sortOrder: "desc", maxResults: 500, ...(query.tenant ? { tenantIdIn: query.tenant } : { withoutTenantId: true }) },
        { signal },
      ),
    ["decisions"],
  );
  return (
    <Shown of={versions}>
      {(known) => {
        const definition = known.find((one) => String(one.version) === query.version) ?? known[0];
        if (!definition) {
          return (
            <main class="page">
              <Empty icon={Table2} title={`There is no decision “${key}”`}>
                <a href="/decisions">All decisions</a>
              </Empty>
            </main>
          );
        }
        return <OneDecision key={definition.id} definition={definition} versions={known} />;
      }}
    </Shown>
  );
}

function OneDecision({ definition, versions }: { definition: DecisionDefinition; versions: readonly DecisionDefinition[] }) {
  const { query, set } = useAddress();
  const xml = useLoad(definition.id, () => dmnOf(definition.id));
  const model = useMemo(() => (xml.data ? understood(xml.data) : null), [xml.data]);
  const decision = model instanceof Error ? undefined : model?.decisions.get(definition.key);
  const [trial, setTrial] = useState<Trial | null>(null);
  const evaluation = useLoad(query.evaluation ?? "", (signal) =>
    query.evaluation ? get<Evaluation>(`/history/decision-instance/${encodeURIComponent(query.evaluation)}`, { includeInputs: true, includeOutputs: true, disableBinaryFetching: true }, { signal }) : Promise.resolve(null),
  );
  const tabs: readonly Tab[] = [
    { id: "evaluations", label: "Evaluations" },
    { id: "requirements", label: "Requirements" },
    { id: "versions", label: "Versions" },
    { id: "xml", label: "XML" },
  ];
  const tab = tabOf(tabs, query.tab);
  const looked = query.evaluation ? evaluation.data : null;
  const matched = useMemo(() => matchedIn(looked ?? trial?.decisions.at(-1)), [looked, trial]);
  return (
    <main class="page decision-page">
      <Head definition={definition} versions={versions} xml={xml.data} decision={decision} />
      {looked && <Looked evaluation={looked} close={() => set({ evaluation: null })} />}
      {query.evaluation && evaluation.error && <Empty title="There is no such evaluation">It may have been deleted since.</Empty>}
      <Shown of={xml}>
        {() =>
          model instanceof Error ? (
            <Empty title="This file cannot be shown">{model.message}</Empty>
          ) : decision && model ? (
            <div class="decision-split">
              <Rules definition={definition} decision={decision} called={calledBy(model, decision.id)} matched={matched} />
              <EvaluateForm
                key={definition.id}
                definition={definition}
                model={model}
                evaluated={(made) => {
                  set({ evaluation: null });
                  setTrial(made);
                }}
                trial={query.evaluation ? null : trial}
              />
            </div>
          ) : (
            <Skeleton />
          )
        }
      </Shown>
      <section>
        <Tabs
          label="About this decision"
          chosen={tab}
          choose={(id) => set({ tab: id === "evaluations" ? null : id, page: null })}
          tabs={tabs}
        />
        <TabPanel id={tab}>
          {tab === "evaluations" && <EvaluationsTab definition={definition} decision={decision} />}
          {tab === "requirements" && model && !(model instanceof Error) && (
            <div class="card">
              <Requirements
                model={model}
                label={`What ${definition.name ?? definition.key} requires`}
                chosen={definition.key}
                href={(id) => (isDeployed(model.decisions.get(id)) ? `/decisions/${encodeURIComponent(id)}?tab=requirements${definition.tenantId ? `&tenant=${encodeURIComponent(definition.tenantId)}` : ""}` : null)}
              />
            </div>
          )}
          {tab === "versions" && <VersionsTab definition={definition} versions={versions} />}
          {tab === "xml" && xml.data && <XmlTab xml={xml.data} name={definition.resource ?? `${definition.key}.dmn`} />}
        </TabPanel>
      </section>
    </main>
  );
}

/** What has no logic stands in the diagram alone. */
function isDeployed(decision: Decision | undefined): boolean {
  return decision !== undefined && (decision.logic.kind !== "other" || decision.logic.word !== "");
}

function understood(xml: string): Model | Error {
  try {
    return readModel(xml);
  } catch (problem) {
    return problem instanceof Error ? problem : new Error(String(problem));
  }
}

interface Made {
  inputs?: readonly { clauseId: string | null; value: unknown }[];
  outputs?: readonly { ruleId: string | null }[];
}

/** The rules of an evaluation, and what its inputs were. */
function matchedIn(made: Made | null | undefined): { rules: ReadonlySet<string>; values: ReadonlyMap<string, string> } | null {
  if (!made) return null;
  return {
    rules: new Set((made.outputs ?? []).flatMap(({ ruleId }) => (ruleId ? [ruleId] : []))),
    values: new Map((made.inputs ?? []).flatMap(({ clauseId, value }) => (clauseId ? [[clauseId, shown(value)] as const] : []))),
  };
}

function Head({ definition, versions, xml, decision }: { definition: DecisionDefinition; versions: readonly DecisionDefinition[]; xml: string | null; decision: Decision | undefined }) {
  const { set } = useAddress();
  const { route } = useLocation();
  return (
    <header class="row between">
      <div class="stack-small">
        <nav class="crumbs" aria-label="Where this is">
          <a href="/decisions">Decisions</a>
        </nav>
        <h1>{definition.name ?? definition.key}</h1>
        <p class="muted small">
          <span class="mono">{definition.key}</span>
          {definition.versionTag && <> · {definition.versionTag}</>}
          {definition.tenantId && <> · {definition.tenantId}</>}
          {decision?.question && <> · {decision.question}</>}
        </p>
      </div>
      <div class="row">
        <VersionPicker versions={versions} version={definition.version} choose={(version) => set({ version, evaluation: null, page: null })} />
        <Menu
          label="More actions"
          actions={[
            may("modeler") && { label: "Open in the modeler", run: () => route(`/modeler?decision=${encodeURIComponent(definition.id)}`) },
            { label: "Save as a file", disabled: !xml, run: () => save((definition.resource ?? `${definition.key}.dmn`).split("/").pop() ?? "", xml ?? "", "application/xml") },
          ]}
        />
      </div>
    </header>
  );
}

/** Which evaluation the table shows. */
function Looked({ evaluation, close }: { evaluation: Evaluation; close: () => void }) {
  return (
    <div class="notice decision-looked" role="status">
      <div class="row between">
        <span>
          Evaluated <When at={evaluation.evaluationTime} />
          {evaluation.processInstanceId ? (
            <>
              {" "}
              by <a href={`/instances/${evaluation.processInstanceId}${evaluation.activityId ? `?element=${encodeURIComponent(evaluation.activityId)}` : ""}`}>an instance of {evaluation.processDefinitionKey}</a>
            </>
          ) : (
            evaluation.userId && ` by ${evaluation.userId}`
          )}
        </span>
        <Button look="quiet" icon={X} aria-label="Show no evaluation" onClick={close} />
      </div>
      <Values evaluation={evaluation} />
    </div>
  );
}

function Rules({ definition, decision, called, matched }: { definition: DecisionDefinition; decision: Decision; called: readonly Knowledge[]; matched: ReturnType<typeof matchedIn> }) {
  const { query, set } = useAddress();
  const days = DAYS.find((one) => String(one.days) === query.days)?.days ?? null;
  const tabular = decision.logic.kind === "table";
  const found = useLoad(
    `${definition.id} ${days} ${tabular}`,
    (signal) => {
      if (!tabular) return Promise.resolve(null);
      const since = days === null ? null : stamp(new Date(Date.now() - days * 86_400_000));
      return get<OwnSchemas["RuleHits"]>(`/api/v1/decision-definition/${encodeURIComponent(definition.id)}/rules`, { since }, { signal });
    },
    ["decisions"],
  );
  const hits = useMemo(() => (found.data ? new Map(found.data.rules.map((one) => [one.ruleId, { count: one.count, last: one.last } satisfies Hits])) : null), [found.data]);
  const never = decision.logic.kind === "table" && hits ? decision.logic.rules.filter((rule) => !hits.has(rule.id)).length : 0;
  return (
    <section class="card decision-rules" aria-label="Rules">
      {tabular && (
        <div class="row between decision-rules-head">
          <span role="status">
            {found.data && (
              <>
                {counted(found.data.evaluations, "evaluation")}
                {found.data.evaluations > 0 && never > 0 && (
                  <>
                    , <Pill tone="amber">{counted(never, "rule")} never matched</Pill>
                  </>
                )}
              </>
            )}
          </span>
          <select class="filter-input" aria-label="Since when" value={String(days ?? "")} onChange={(event) => set({ days: event.currentTarget.value || null })}>
            <option value="">All that is known</option>
            {DAYS.map((one) => (
              <option key={one.days} value={String(one.days)}>
                {one.label}
              </option>
            ))}
          </select>
        </div>
      )}
      <DecisionLogic decision={decision} hits={found.data?.evaluations ? hits : null} matched={matched?.rules} values={matched?.values} />
      {called.map((one) => (
        <Called key={one.id} knowledge={one} />
      ))}
    </section>
  );
}
