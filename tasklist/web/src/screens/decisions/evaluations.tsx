/** What was decided when: the inputs, the outputs, the rules, and who asked. */

import { History } from "lucide-preact";
import { useAddress } from "../../address";
import { Empty, Field, Shown, When } from "../../components/basics";
import { Filters, Fresh, Pager } from "../../components/list";
import { stamp } from "../../components/process";
import type { Decision } from "../../decisions/model";
import { PAGE, usePage } from "../../paging";
import { rowClass, type SteadyRow } from "../../steady";
import { evaluationPath, shown, type DecisionDefinition, type Evaluation } from "./shapes";

export function EvaluationsTab({ definition, decision }: { definition: DecisionDefinition; decision: Decision | undefined }) {
  const { query, set } = useAddress();
  const day = (text: string | undefined, later: number) => (text ? stamp(new Date(new Date(`${text}T00:00`).getTime() + later * 86_400_000)) : undefined);
  const asked = {
    decisionDefinitionId: definition.id,
    evaluatedAfter: day(query.from, 0),
    evaluatedBefore: day(query.to, 1),
    includeInputs: true,
    includeOutputs: true,
    disableBinaryFetching: true,
  };
  const found = usePage<Evaluation>("/history/decision-instance", asked, { by: "evaluationTime", down: true, keyOf: (one) => one.id, topics: ["decisions"] });
  const narrowed = Boolean(query.from ?? query.to);
  return (
    <div class="card">
      <div class="list-head">
        <Filters label="Find evaluations">
          <Field label="From">
            <input type="date" value={query.from ?? ""} onChange={(event) => set({ from: event.currentTarget.value, page: null })} />
          </Field>
          <Field label="To">
            <input type="date" value={query.to ?? ""} onChange={(event) => set({ to: event.currentTarget.value, page: null })} />
          </Field>
        </Filters>
      </div>
      <Shown of={found}>
        {({ rows, more }) =>
          rows.length === 0 ? (
            <Empty icon={History} title={narrowed ? "Nothing was decided in these days" : "Version " + definition.version + " has decided nothing yet"} />
          ) : (
            <div class="steady">
              <Fresh of={found} />
              <EvaluationTable evaluations={found.rows} decision={decision} chosen={query.evaluation} />
              <Pager first={found.first} size={PAGE} shown={rows.length} more={more} go={found.go} />
            </div>
          )
        }
      </Shown>
    </div>
  );
}

interface TableProps {
  evaluations: readonly SteadyRow<Evaluation>[];
  /** Names the rules by their numbers; without it each row says which decision it is of. */
  decision?: Decision;
  chosen?: string;
  /** What elements are called. */
  nameOf?: (element: string) => string;
}

export function EvaluationTable({ evaluations, decision, chosen, nameOf = (element) => element }: TableProps) {
  return (
    <div class="scroll-x">
      <table class="table">
        <thead>
          <tr>
            <th>When</th>
            {!decision && <th>Decision</th>}
            <th>Inputs</th>
            <th>Result</th>
            {decision && <th>Rules</th>}
            <th>{decision ? "Asked by" : "Element"}</th>
          </tr>
        </thead>
        <tbody>
          {evaluations.map((one) => (
            <tr key={one.id} class={rowClass(one)} aria-current={one.id === chosen || undefined}>
              <td>
                <a href={evaluationPath(one)}>
                  <When at={one.evaluationTime} />
                </a>
              </td>
              {!decision && <td>{one.decisionDefinitionName ?? one.decisionDefinitionKey}</td>}
              <td class="mono small">{(one.inputs ?? []).map((input) => `${input.clauseName ?? input.clauseId} = ${shown(input.value)}`).join(", ")}</td>
              <td class="mono small">{resultOf(one)}</td>
              {decision && <td>{rulesOf(one, decision).join(", ")}</td>}
              <td>
                {!decision ? (
                  one.activityId && nameOf(one.activityId)
                ) : one.processInstanceId ? (
                  <a href={`/instances/${one.processInstanceId}${one.activityId ? `?element=${encodeURIComponent(one.activityId)}` : ""}`}>
                    {one.processDefinitionKey} {one.processInstanceId}
                  </a>
                ) : (
                  (one.userId ?? "")
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function resultOf(one: Evaluation): string {
  if (one.collectResultValue !== null && one.collectResultValue !== undefined) return shown(one.collectResultValue);
  const outputs = one.outputs ?? [];
  return outputs.length ? outputs.map((output) => `${output.variableName ?? output.clauseName ?? ""} = ${shown(output.value)}`).join(", ") : "nothing";
}

/** The numbers of the rules in the table, as far as the table has them still. */
function rulesOf(one: Evaluation, { logic }: Decision): number[] {
  if (logic.kind !== "table") return [];
  const ids = new Set((one.outputs ?? []).map(({ ruleId }) => ruleId));
  return logic.rules.flatMap((rule, index) => (ids.has(rule.id) ? [index + 1] : []));
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
