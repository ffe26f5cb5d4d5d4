/** bpmn-js with its properties panel, as the modeler uses it. Loaded only when the modeler is opened. */

import Modeler from "bpmn-js/lib/Modeler";
import { BpmnModdle } from "bpmn-moddle";
import {
  BpmnPropertiesPanelModule,
  BpmnPropertiesProviderModule,
  CamundaPlatformPropertiesProviderModule,
  ZeebePropertiesProviderModule,
} from "bpmn-js-properties-panel";
import camundaPlatformBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-platform";
import camundaCloudBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import camundaDescriptor from "camunda-bpmn-moddle/resources/camunda.json";
import zeebeDescriptor from "zeebe-bpmn-moddle/resources/zeebe.json";
import minimap from "diagram-js-minimap";
import { dialect as dialectOf, type Dialect } from "./file";

export type Canvas = InstanceType<typeof Modeler>;

/** One element of the canvas, as far as the modeler looks at it. */
export interface Element {
  id: string;
  type: string;
  businessObject: { name?: string };
}

/** A canvas and a properties panel in two places of the page. */
export function createCanvas(container: HTMLElement, panel: HTMLElement, dialect: Dialect): Canvas {
  const root = getComputedStyle(document.documentElement);
  const colour = (name: string) => root.getPropertyValue(name).trim();
  const cloud = dialect === "cloud";
  return new Modeler({
    container,
    propertiesPanel: { parent: panel, layout: { groups: { general: { open: true } } } },
    bpmnRenderer: {
      defaultFillColor: colour("--diagram-fill"),
      defaultStrokeColor: colour("--diagram-stroke"),
      defaultLabelColor: colour("--diagram-label"),
    },
    additionalModules: [
      BpmnPropertiesPanelModule,
      BpmnPropertiesProviderModule,
      ...(cloud
        ? [ZeebePropertiesProviderModule, camundaCloudBehaviors]
        : [CamundaPlatformPropertiesProviderModule, camundaPlatformBehaviors]),
      minimap,
    ],
    moddleExtensions: extensions(dialect),
  });
}

/** The attributes that bpmn-js knows beside BPMN's. The two dialects cannot be known at once: they name things alike. */
function extensions(dialect: Dialect): Record<string, object> {
  return dialect === "cloud" ? { zeebe: zeebeDescriptor } : { camunda: camundaDescriptor };
}

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

/** What is different in `after`, by element. */
export async function compare(before: string, after: string): Promise<Difference[]> {
  const { diff } = await import("bpmn-js-differ");
  const moddle = new BpmnModdle(extensions(dialectOf(after)));
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
