/** The shapes of the REST API that the screens of decisions read, and how they are shown. */

import type { OwnSchemas, Schemas } from "../../api/client";

export type DecisionDefinition = Schemas["DecisionDefinition"];
export type Evaluation = Schemas["HistoricDecisionInstance"];
export type Trial = OwnSchemas["Trial"];

/** The version in an id: 3 of "discount:3:42". */
function versionIn(id: string | null): string {
  return id?.split(":").at(-2) ?? "";
}

/** Where a decision of an evaluation is shown, with its rules. */
export function evaluationPath(one: Evaluation): string {
  const tenant = one.tenantId ? `&tenant=${encodeURIComponent(one.tenantId)}` : "";
  return `/decisions/${encodeURIComponent(one.decisionDefinitionKey)}?version=${versionIn(one.decisionDefinitionId)}${tenant}&evaluation=${one.id}`;
}

/** A value as people read it. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return typeof value === "string" ? value : JSON.stringify(value);
}
