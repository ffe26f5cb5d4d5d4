/** What is different between two versions of a decision: its rules, columns, and the rest. */

import { inWords, partsOf } from "./logic";
import { policyOf, type Boxed, type Logic, type Clause, type Decision, type Rule, type Table } from "./model";
import type { Difference } from "../diagram/differences";

/** What is different in `after`; ids are those of rules and clauses. */
export function compareDecisions(before: Decision, after: Decision): Difference[] {
  const found: Difference[] = [];
  const whole = (name: string, one: string, other: string) => one !== other && found.push({ id: `${after.id} ${name}`, name: `${name}: ${one || "nothing"} → ${other || "nothing"}`, kind: "changed" });
  whole("Name", before.name, after.name);
  const [old, fresh] = [before.logic, after.logic];
  if (old.kind === "table" && fresh.kind === "table") {
    whole("Hit policy", policyOf(old), policyOf(fresh));
    return [...found, ...clauses("Input", old.inputs, fresh.inputs), ...clauses("Output", old.outputs, fresh.outputs), ...rules(old, fresh)];
  }
  return [...found, ...logics(after.id, "Logic", old, fresh)];
}

/** By the boxes in which they differ; what cannot be told box by box is told as a whole. */
function logics(id: string, name: string, before: Logic, after: Logic): Difference[] {
  if (before.kind === "table" && after.kind === "table") return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ id: `${id} ${name}`, name: `${name}: its table`, kind: "changed" }];
  const [one, other] = [inWords(before), inWords(after)];
  if (isBoxed(before) && isBoxed(after) && frame(before) === frame(after)) {
    const [old, fresh] = [new Map(partsOf(before).map((part) => [part.label, part])), partsOf(after)];
    const path = (label: string) => (name === "Logic" ? label : `${name}, ${label}`);
    return [
      ...fresh.flatMap(({ label, type, logic }): Difference[] => {
        const was = old.get(label);
        if (!was) return [{ id: `${id} ${path(label)}`, name: `${path(label)}: ${inWords(logic)}`, kind: "added" }];
        const retyped: Difference[] = was.type === type ? [] : [{ id: `${id} ${path(label)} type`, name: `Type of ${path(label)}: ${was.type || "nothing"} → ${type || "nothing"}`, kind: "changed" }];
        return [...retyped, ...logics(id, path(label), was.logic, logic)];
      }),
      ...[...old.values()].filter(({ label }) => !fresh.some((part) => part.label === label)).map(({ label, logic }): Difference => ({ id: `${id} ${path(label)}`, name: `${path(label)}: ${inWords(logic)}`, kind: "removed" })),
    ];
  }
  return one === other ? [] : [{ id: `${id} ${name}`, name: `${name}: ${one || "nothing"} → ${other || "nothing"}`, kind: "changed" }];
}

function isBoxed(logic: Logic): logic is Boxed {
  return logic.kind !== "table" && logic.kind !== "expression" && logic.kind !== "other";
}

/** What two boxes must have in common, so that their parts can be compared. */
function frame(boxed: Boxed): string {
  if (boxed.kind === "steps") return `${boxed.word} ${boxed.variable}`;
  return boxed.kind === "function" ? `${boxed.kind} ${JSON.stringify(boxed.parameters)}` : boxed.kind;
}

function clauses(word: string, before: readonly Clause[], after: readonly Clause[]): Difference[] {
  const told = (clause: Clause) => [clause.label, clause.expression, clause.type, clause.values].filter((part, index, all) => part && all.indexOf(part) === index).join(", ");
  return changes(before, after, told, (clause) => `${word} ${told(clause)}`);
}

function rules(before: Table, after: Table): Difference[] {
  const told = (rule: Rule) => `${rule.inputs.map((text) => text || "-").join(", ")} → ${rule.outputs.join(", ")}`;
  const same = (rule: Rule) => `${told(rule)} ${rule.annotations.join(" ")}`;
  const name = (rule: Rule, table: Table) => `Rule ${table.rules.indexOf(rule) + 1}: ${told(rule)}`;
  return changes(before.rules, after.rules, same, (rule) => name(rule, after.rules.includes(rule) ? after : before));
}

function changes<T extends { id: string }>(before: readonly T[], after: readonly T[], text: (one: T) => string, name: (one: T) => string): Difference[] {
  const old = new Map(before.map((one) => [one.id, one]));
  const fresh = new Set(after.map((one) => one.id));
  const kept = after.filter((one) => old.has(one.id)).map((one) => one.id);
  const order = before.filter((one) => fresh.has(one.id)).map((one) => one.id);
  const moved = kept.some((id, index) => order[index] !== id);
  return [
    ...after.flatMap((one): Difference[] => {
      const was = old.get(one.id);
      if (!was) return [{ id: one.id, name: name(one), kind: "added" }];
      if (text(was) !== text(one)) return [{ id: one.id, name: `${name(one)} (was ${text(was).trim()})`, kind: "changed" }];
      return moved && order.indexOf(one.id) !== kept.indexOf(one.id) ? [{ id: one.id, name: name(one), kind: "moved" }] : [];
    }),
    ...before.filter((one) => !fresh.has(one.id)).map((one): Difference => ({ id: one.id, name: name(one), kind: "removed" })),
  ];
}
