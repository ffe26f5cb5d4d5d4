/** bpmn-js with its properties panel, as the modeler uses it. Loaded only when the modeler is opened. */

import Modeler from "bpmn-js/lib/Modeler";
import {
  BpmnPropertiesPanelModule,
  BpmnPropertiesProviderModule,
  CamundaPlatformPropertiesProviderModule,
  ZeebePropertiesProviderModule,
} from "bpmn-js-properties-panel";
import camundaPlatformBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-platform";
import camundaCloudBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import minimap from "diagram-js-minimap";
import type { Dialect } from "../../diagram/dialect";
import { extensions } from "../../diagram/differences";

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
