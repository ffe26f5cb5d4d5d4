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
import minimap from "diagram-js-minimap";
import { dialect as dialectOf, type Dialect } from "../../diagram/dialect";
import { extensions } from "../../diagram/differences";

export type Canvas = InstanceType<typeof Modeler>;

/** One element of the canvas, as far as the modeler looks at it. */
export interface Element {
  id: string;
  type: string;
  labelTarget?: unknown;
  businessObject: Moddle;
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

/** Throws for what is no XML, or no BPMN; the browser's own parser would say so in styles, which the policy forbids. */
export async function judge(xml: string): Promise<void> {
  await new BpmnModdle(extensions(dialectOf(xml))).fromXML(xml);
}

const FITTED = new WeakSet<Canvas>();
const EDGE = 30;

interface View {
  inner: { x: number; y: number; width: number; height: number };
  outer: { width: number; height: number };
}

/** Shows the whole diagram beside the tools, not larger than it is. */
export function fit(canvas: Canvas): void {
  const place = canvas.get<{ viewbox(box?: object): View; _container: HTMLElement }>("canvas");
  const { inner, outer } = place.viewbox();
  if (!outer.width || !outer.height) return; // it is hidden
  FITTED.add(canvas);
  const tools = (place._container.querySelector(".djs-palette")?.clientWidth ?? 0) + EDGE;
  const [width, height] = [outer.width - tools - EDGE, outer.height - 2 * EDGE];
  const scale = Math.max(0.2, Math.min(1, width / inner.width, height / inner.height));
  place.viewbox({
    x: inner.x - (tools + Math.max(0, width - inner.width * scale) / 2) / scale,
    y: inner.y - (EDGE + Math.max(0, height - inner.height * scale) / 2) / scale,
    width: outer.width / scale,
    height: outer.height / scale,
  });
}

/** As `fit`, of a diagram that was drawn while it was hidden. */
export function fitOnce(canvas: Canvas): void {
  canvas.get<{ resized(): void }>("canvas").resized();
  if (!FITTED.has(canvas)) fit(canvas);
}

/** Chooses an element and brings it in sight; false if there is no such one. */
export function select(canvas: Canvas, id: string): boolean {
  const element = canvas.get<{ get(id: string): Element | undefined }>("elementRegistry").get(id);
  if (!element) return false;
  canvas.get<{ select(element: Element): void }>("selection").select(element);
  canvas.get<{ scrollToElement(element: Element): void }>("canvas").scrollToElement(element);
  return true;
}

/** The elements that can have a form: tasks of people, and the start events of processes; the chosen one first. */
export function formPlaces(canvas: Canvas): Element[] {
  const chosen = canvas.get<{ get(): Element[] }>("selection").get();
  const known = canvas.get<{ filter(fits: (element: Element) => boolean): Element[] }>("elementRegistry").filter(
    (element) => !element.labelTarget && (element.type === "bpmn:UserTask" || (element.type === "bpmn:StartEvent" && element.businessObject.$parent?.$type === "bpmn:Process")),
  );
  return [...known.filter((one) => chosen.includes(one)), ...known.filter((one) => !chosen.includes(one))];
}

/** The tasks that can make a decision; the chosen one first. */
export function decisionPlaces(canvas: Canvas): Element[] {
  const chosen = canvas.get<{ get(): Element[] }>("selection").get();
  const known = canvas.get<{ filter(fits: (element: Element) => boolean): Element[] }>("elementRegistry").filter((element) => !element.labelTarget && element.type === "bpmn:BusinessRuleTask");
  return [...known.filter((one) => chosen.includes(one)), ...known.filter((one) => !chosen.includes(one))];
}

interface Moddle {
  $type: string;
  $parent?: Moddle;
  name?: string;
  values?: Moddle[];
  extensionElements?: Moddle;
}

/** Makes an element use the form with that id, of the same deployment. */
export function bindForm(canvas: Canvas, element: Element, id: string, dialect: Dialect): void {
  if (dialect === "platform") {
    canvas.get<{ updateProperties(element: Element, properties: object): void }>("modeling").updateProperties(element, { "camunda:formRef": id, "camunda:formRefBinding": "deployment" });
    return;
  }
  extend(canvas, element, "zeebe:FormDefinition", { formId: id, bindingType: "deployment" });
}

/** Makes a task make the decision with the id, of the same deployment, and keep its result under that name. */
export function bindDecision(canvas: Canvas, element: Element, id: string, result: string, dialect: Dialect): void {
  if (dialect === "cloud") return extend(canvas, element, "zeebe:CalledDecision", { decisionId: id, resultVariable: result, bindingType: "deployment" });
  canvas.get<{ updateProperties(element: Element, properties: object): void }>("modeling").updateProperties(element, {
    "camunda:decisionRef": id,
    "camunda:decisionRefBinding": "deployment",
    "camunda:mapDecisionResult": "singleEntry",
    "camunda:resultVariable": result,
  });
}

/** Gives an element one extension of that type, in the place of the one that it has. */
function extend(canvas: Canvas, element: Element, type: string, properties: object): void {
  const modeling = canvas.get<{ updateModdleProperties(element: Element, moddle: object, properties: object): void }>("modeling");
  const factory = canvas.get<{ create(type: string, properties: object): Moddle }>("bpmnFactory");
  const { businessObject } = element;
  const before = businessObject.extensionElements?.values ?? [];
  const extensions = factory.create("bpmn:ExtensionElements", { values: [] });
  extensions.$parent = businessObject;
  extensions.values = [...before.filter((one) => one.$type !== type), factory.create(type, properties)];
  for (const one of extensions.values) one.$parent = extensions;
  modeling.updateModdleProperties(element, businessObject, { extensionElements: extensions });
}
