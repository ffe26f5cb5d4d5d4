/** What is different between two models, element by element. Large: to be loaded when it is asked for. */

import { diff } from "bpmn-js-differ";
import { BpmnModdle } from "bpmn-moddle";
import camundaDescriptor from "camunda-bpmn-moddle/resources/camunda.json";
import zeebeDescriptor from "zeebe-bpmn-moddle/resources/zeebe.json";
import { dialect, type Dialect } from "./dialect";

export interface Difference {
  id: string;
  name: string;
  kind: "added" | "removed" | "changed" | "moved";
}

interface Compared {
  _added: Record<string, { name?: string; $type: string }>;
  _removed: Record<string, { name?: string; $type: string }>;
  _changed: Record<string, { model: { name?: string; $type: string } }>;
  _layoutChanged: Record<string, { name?: string; $type: string }>;
}

/** The attributes that are known beside BPMN's. The two dialects cannot be known at once: they name things alike. */
export function extensions(dialect: Dialect): Record<string, object> {
  return dialect === "cloud" ? { zeebe: zeebeDescriptor } : { camunda: camundaDescriptor };
}

/** What is different in `after`, by element. */
export async function compare(before: string, after: string): Promise<Difference[]> {
  const moddle = new BpmnModdle(extensions(dialect(after)));
  const [old, fresh] = await Promise.all([moddle.fromXML(before), moddle.fromXML(after)]);
  const found = diff(old.rootElement, fresh.rootElement) as Compared;
  const told = (kind: Difference["kind"], id: string, one: { name?: string; $type: string }): Difference => ({
    id,
    name: one.name || id,
    kind,
  });
  return [
    ...Object.entries(found._added).map(([id, one]) => told("added", id, one)),
    ...Object.entries(found._removed).map(([id, one]) => told("removed", id, one)),
    ...Object.entries(found._changed).map(([id, one]) => told("changed", id, one.model)),
    ...Object.entries(found._layoutChanged).map(([id, one]) => told("moved", id, one)),
  ];
}
