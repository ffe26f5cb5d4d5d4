/** A decision as it is read: its table with the rules, or its boxes and expressions. What was found out about the rules stands beside them. */

import type { ComponentChildren } from "preact";
import { Pill, When } from "../components/basics";
import { BoxedTable, type ShowTable } from "./boxed";
import { policyOf, type Boxed, type Clause, type Decision, type Knowledge, type StepsWord, type Table } from "./model";
import type { Difference } from "../diagram/differences";
import "./decisions.css";

/** How often a rule was part of a result, and when last. */
export interface Hits {
  count: number;
  last: string | null;
}

interface Given {
  decision: Decision;
  /** By the ids of rules; those that are not there never matched. */
  hits?: ReadonlyMap<string, Hits> | null;
  /** The rules that matched in one evaluation. */
  matched?: ReadonlySet<string>;
  /** What the inputs were in it, by the ids of clauses. */
  values?: ReadonlyMap<string, string>;
  /** What is different from another version, by the ids of rules and clauses. */
  marks?: Readonly<Record<string, Difference["kind"]>>;
}

/** What hit policies mean. */
const POLICIES: Readonly<Record<string, string>> = {
  UNIQUE: "At most one rule matches",
  FIRST: "The first rule that matches counts",
  PRIORITY: "The rule with the output of the highest priority counts",
  ANY: "All rules that match say the same",
  COLLECT: "All rules that match count, in no order",
  "RULE ORDER": "All rules that match count, in the order of the table",
  "OUTPUT ORDER": "All rules that match count, in the order of their outputs",
  "COLLECT SUM": "The outputs of all rules that match are added up",
  "COLLECT MIN": "The least output of the rules that match counts",
  "COLLECT MAX": "The greatest output of the rules that match counts",
  "COLLECT COUNT": "The outputs of the rules that match are counted",
};

/** What boxes mean. */
const BOXES: Readonly<Record<Exclude<Boxed["kind"], "steps"> | StepsWord, string>> = {
  context: "Values with names; each can use those above it",
  invocation: "A function is called with these values",
  function: "A function of what it is given",
  relation: "A list with a value for each column",
  list: "A list",
  for: "A list with one value for each of another list",
  some: "Does it hold for any of a list?",
  every: "Does it hold for all of a list?",
  filter: "What is kept of a list",
  conditional: "One of two values",
};

export function DecisionLogic(given: Given) {
  const { decision } = given;
  const { logic } = decision;
  if (logic.kind === "table") return <RuleTable {...given} table={logic} />;
  if (logic.kind === "expression") {
    return (
      <div class="stack decision-expression">
        <p class="muted small">
          {logic.language}
          {decision.type && ` · ${decision.type}`} · as <span class="mono">{decision.variable}</span>
        </p>
        <pre class="code" tabIndex={0} aria-label={`Expression of ${decision.name}`}>
          {logic.text || "No expression"}
        </pre>
      </div>
    );
  }
  if (logic.kind === "other") return <p class="muted decision-expression">{logic.word ? `It is a ${logic.word}, which is shown as XML only.` : "It has no logic of its own."}</p>;
  return (
    <>
      <p class="muted small decision-policy">
        {BOXES[logic.kind === "steps" ? logic.word : logic.kind]}
        {decision.type && ` · ${decision.type}`} · as <span class="mono">{decision.variable}</span>
      </p>
      <Boxes logic={logic} name={decision.name} />
    </>
  );
}

/** What decisions call by its name. */
export function Called({ knowledge: { name, logic } }: { knowledge: Knowledge }) {
  if (logic.kind !== "function") return null;
  return (
    <details class="decision-called">
      <summary>
        <span class="mono">
          {name}({logic.parameters.map((one) => one.name).join(", ")})
        </span>
      </summary>
      <Boxes logic={logic} name={name} />
    </details>
  );
}

function Boxes({ logic, name }: { logic: Boxed; name: string }) {
  return (
    <div class="scroll-x boxes" tabIndex={0} role="group" aria-label={`Logic of ${name}`}>
      <BoxedTable logic={logic} name={name} table={showTable} />
    </div>
  );
}

const showTable: ShowTable = (table, name) => <RuleTable decision={{ name }} table={table} />;

function RuleTable({ decision, table, hits, matched, values, marks = {} }: Omit<Given, "decision"> & { decision: Pick<Decision, "name">; table: Table }) {
  const policy = policyOf(table);
  const annotated = table.rules.some((rule) => rule.annotations.some(Boolean));
  const notes = Math.max(1, table.annotations.length, ...table.rules.map((rule) => rule.annotations.length));
  const columns: readonly ComponentChildren[] = annotated ? Array.from({ length: notes }, (_, index) => table.annotations[index] || "Annotation") : [];
  return (
    <>
      <p class="muted small decision-policy">
        <Pill tone="grey">{policy}</Pill> {POLICIES[policy]}
      </p>
      <div class="scroll-x" tabIndex={0} role="group" aria-label={`Rules of ${decision.name}`}>
        <table class="table decision-table">
          <thead>
            <tr>
              <th class="number">Rule</th>
              {hits && <th class="number">Matched</th>}
              {table.inputs.map((clause, index) => (
                <Head key={clause.id || index} word={index ? "And" : "When"} clause={clause} mark={marks[clause.id]} value={values?.get(clause.id)} />
              ))}
              {table.outputs.map((clause, index) => (
                <Head key={clause.id || index} word={index ? "And" : "Then"} clause={clause} mark={marks[clause.id]} first={index === 0} output />
              ))}
              {columns.map((name, index) => (
                <th key={index}>{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rules.map((rule, index) => {
              const hit = matched?.has(rule.id);
              const mark = marks[rule.id];
              return (
                <tr key={rule.id || index} class={hit ? "matched" : (mark ?? (matched?.size ? "unmatched" : ""))} aria-current={hit || undefined}>
                  <td class="number">
                    {index + 1}
                    {hit && (
                      <>
                        {" "}
                        <Pill tone="green">Matched</Pill>
                      </>
                    )}
                    {mark && (
                      <>
                        {" "}
                        <Pill tone={mark === "added" ? "green" : mark === "removed" ? "red" : "amber"}>{mark}</Pill>
                      </>
                    )}
                  </td>
                  {hits && (
                    <td class="number">
                      <HitCount hits={hits.get(rule.id)} />
                    </td>
                  )}
                  {table.inputs.map((clause, column) => (
                    <td key={clause.id || column} class="mono">
                      {rule.inputs[column] || <span class="muted">-</span>}
                    </td>
                  ))}
                  {table.outputs.map((clause, column) => (
                    <td key={clause.id || column} class={column === 0 ? "mono output first" : "mono output"}>
                      {rule.outputs[column]}
                    </td>
                  ))}
                  {columns.map((_, column) => (
                    <td key={column} class="muted">
                      {rule.annotations[column]}
                    </td>
                  ))}
                </tr>
              );
            })}
            {table.rules.length === 0 && (
              <tr>
                <td colSpan={1 + (hits ? 1 : 0) + table.inputs.length + table.outputs.length} class="muted">
                  There are no rules.
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Head({ word, clause, mark, value, first, output }: { word: string; clause: Clause; mark?: Difference["kind"]; value?: string; first?: boolean; output?: boolean }) {
  return (
    <th class={[output && "output", first && "first", mark].filter(Boolean).join(" ")}>
      <span class="clause-word muted">{word}</span> {clause.label || clause.expression || "–"}
      <span class="clause-more muted">
        {[clause.label !== clause.expression && clause.expression, clause.type, clause.values && `one of ${clause.values}`].filter(Boolean).join(" · ")}
      </span>
      {value !== undefined && <span class="clause-value mono">= {value}</span>}
    </th>
  );
}

function HitCount({ hits }: { hits: Hits | undefined }) {
  if (!hits) return <Pill tone="amber">Never</Pill>;
  return (
    <>
      {hits.count.toLocaleString("en")}
      {hits.last && (
        <span class="clause-more muted">
          <When at={hits.last} />
        </span>
      )}
    </>
  );
}
