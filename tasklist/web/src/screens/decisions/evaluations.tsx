/** What was decided when: the inputs, the outputs, the rules, and who asked. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { History, Table2 } from "lucide-preact";
import { useAddress } from "../../address";
import type { Query } from "../../api/client";
import { Empty, Field, When } from "../../components/basics";
import { Filters } from "../../components/list";
import { Listed, type Column } from "../../components/table";
import { midnight } from "../../days";
import type { Clause, Decision } from "../../decisions/model";
import { usePage } from "../../paging";
import { evaluationPath, shown, type DecisionDefinition, type Evaluation } from "./shapes";

/** Those of a version; `decision` names its rules by their numbers. */
export function EvaluationsTab({ definition, decision }: { definition: DecisionDefinition; decision: Decision | undefined }) {
  const { query, set } = useAddress();
  const columns = useMemo(() => [WHEN, ...valuesOf(decision), ...rulesOf(decision), ASKED, ELEMENT], [decision]);
  const narrowed = Boolean(query.from ?? query.to);
  return (
    <Evaluations
      name="evaluations"
      query={{ decisionDefinitionId: definition.id, evaluatedAfter: midnight(query.from), evaluatedBefore: midnight(query.to, 1) }}
      topics={["decisions"]}
      columns={columns}
      chosen={query.evaluation}
      empty={<Empty icon={History} title={narrowed ? "Nothing was decided in these days" : `Version ${definition.version} has decided nothing yet`} />}
    >
      <Filters label="Find evaluations">
        <Field label="From">
          <input type="date" value={query.from ?? ""} onChange={(event) => set({ from: event.currentTarget.value, page: null })} />
        </Field>
        <Field label="To">
          <input type="date" value={query.to ?? ""} onChange={(event) => set({ to: event.currentTarget.value, page: null })} />
        </Field>
      </Filters>
    </Evaluations>
  );
}

/** Those that the elements of an instance asked for; `nameOf` tells what an element is called. */
export function InstanceEvaluations({ id, element, nameOf }: { id: string; element: string | null; nameOf: (element: string) => string }) {
  const columns: readonly Column<Evaluation>[] = [
    WHEN,
    {
      id: "decision",
      label: "Decision",
      show: (one) => one.decisionDefinitionName ?? one.decisionDefinitionKey,
      inFile: [
        { label: "Decision", path: ["decisionDefinitionKey"] },
        { label: "Name", path: ["decisionDefinitionName"] },
      ],
    },
    ...valuesOf(undefined),
    { id: "activityId", label: "Element", show: (one) => one.activityId && nameOf(one.activityId) },
  ];
  return (
    <Evaluations
      name="instance-decisions"
      query={{ processInstanceId: id, activityIdIn: element }}
      topics={[`instance:${id}`]}
      columns={columns}
      empty={<Empty icon={Table2} title="No decision was made here" />}
    />
  );
}

interface EvaluationsProps {
  name: string;
  query: Query;
  topics: readonly string[];
  columns: readonly Column<Evaluation>[];
  chosen?: string;
  empty: ComponentChildren;
  children?: ComponentChildren;
}

function Evaluations({ name, query, topics, columns, chosen, empty, children }: EvaluationsProps) {
  const asked = { ...query, includeInputs: true, includeOutputs: true, disableBinaryFetching: true };
  const list = usePage<Evaluation>("/history/decision-instance", asked, { columns, by: "evaluationTime", down: true, keyOf: (one) => one.id, topics });
  return (
    <div class="card">
      <Listed plain name={name} label="Evaluations" of={list} columns={columns} empty={empty} rowProps={(one) => ({ "aria-current": one.id === chosen || undefined })}>
        {children}
      </Listed>
    </div>
  );
}

// ---------------------------------------------------------------- columns

const WHEN: Column<Evaluation> = {
  id: "evaluationTime",
  label: "When",
  sortBy: "evaluationTime",
  show: (one) => (
    <a href={evaluationPath(one)}>
      <When at={one.evaluationTime} />
    </a>
  ),
};

const ASKED: Column<Evaluation> = {
  id: "asked",
  label: "Asked by",
  show: (one) =>
    one.processInstanceId ? (
      <a href={`/instances/${one.processInstanceId}${one.activityId ? `?element=${encodeURIComponent(one.activityId)}` : ""}`}>
        {one.processDefinitionKey} {one.processInstanceId}
      </a>
    ) : (
      one.userId
    ),
  inFile: [
    { label: "Process", path: ["processDefinitionKey"] },
    { label: "Instance", path: ["processInstanceId"] },
    { label: "User", path: ["userId"] },
  ],
};

const ELEMENT: Column<Evaluation> = { id: "activityId", label: "Element", extra: true, show: (one) => one.activityId };

/** What went in and came out; in a file the heads name the clauses of a table, if it is always the same one. */
function valuesOf(decision: Decision | undefined): Column<Evaluation>[] {
  const table = decision?.logic.kind === "table" ? decision.logic : undefined;
  return [
    {
      id: "inputs",
      label: "Inputs",
      show: (one) => <span class="mono small">{(one.inputs ?? []).map((input) => `${input.clauseName ?? input.clauseId} = ${shown(input.value)}`).join(", ")}</span>,
      inFile: [
        ...(table ? [] : [{ label: "Names of the inputs", path: ["inputs", "clauseName"] }]),
        { label: `Inputs${inBrackets(table?.inputs)}`, path: ["inputs", "value"] },
      ],
    },
    {
      id: "result",
      label: "Result",
      show: (one) => <span class="mono small">{resultOf(one)}</span>,
      inFile: [
        ...(table ? [] : [{ label: "Names of the outputs", path: ["outputs", "variableName"] }]),
        { label: `Outputs${inBrackets(table?.outputs)}`, path: ["outputs", "value"] },
        { label: "Taken together", path: ["collectResultValue"] },
      ],
    },
  ];
}

function inBrackets(clauses: readonly Clause[] | undefined): string {
  return clauses?.length ? ` (${clauses.map((one) => one.label).join(", ")})` : "";
}

function rulesOf(decision: Decision | undefined): Column<Evaluation>[] {
  if (decision?.logic.kind !== "table") return [];
  const { rules } = decision.logic;
  const numbers = new Map(rules.map((rule, index) => [rule.id, index + 1]));
  const matched = (one: Evaluation) => [...new Set((one.outputs ?? []).flatMap(({ ruleId }) => numbers.get(ruleId ?? "") ?? []))];
  return [
    {
      id: "rules",
      label: "Rules",
      show: (one) =>
        matched(one)
          .sort((a, b) => a - b)
          .join(", "),
      inFile: [{ label: "Rules", path: ["outputs", "ruleId"] }],
    },
  ];
}

function resultOf(one: Evaluation): string {
  if (one.collectResultValue !== null && one.collectResultValue !== undefined) return shown(one.collectResultValue);
  const outputs = one.outputs ?? [];
  return outputs.length ? outputs.map((output) => `${output.variableName ?? output.clauseName ?? ""} = ${shown(output.value)}`).join(", ") : "nothing";
}

/** What went in and what came out. */
export function Values({ evaluation }: { evaluation: Evaluation }) {
  return (
    <p class="small">
      {(evaluation.inputs ?? []).map((input) => (
        <span key={input.id}>
          {input.clauseName ?? input.clauseId} = <span class="mono">{shown(input.value)}</span>,{" "}
        </span>
      ))}
      so <span class="mono">{resultOf(evaluation)}</span>
    </p>
  );
}
