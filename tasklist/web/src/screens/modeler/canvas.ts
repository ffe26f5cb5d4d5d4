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
import { withDiagram } from "../../diagram/automatic";
import type { Dialect } from "../../diagram/dialect";
import { extensions } from "../../diagram/differences";
import type { Drawing, Listener } from "./drawing";
import { markShapes } from "./marks";
import type { Found, Stack } from "./parts";

export type Canvas = InstanceType<typeof Modeler>;

/** One element of the canvas, as far as the modeler looks at it. */
export interface Element {
  id: string;
  type: string;
  labelTarget?: unknown;
  businessObject: Moddle;
}

/** An editor of a diagram in two places of the page. */
export class DiagramEditor implements Drawing {
  readonly canvas: Canvas;
  private fitted = false;

  constructor(
    container: HTMLElement,
    panel: HTMLElement,
    private readonly dialect: Dialect,
    private readonly listener: Listener,
  ) {
    const root = getComputedStyle(document.documentElement);
    const colour = (name: string) => root.getPropertyValue(name).trim();
    const cloud = dialect === "cloud";
    this.canvas = new Modeler({
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

  async open(xml: string): Promise<readonly string[]> {
    // the browser's own parser would say what is no XML in styles, which the policy forbids
    await new BpmnModdle(extensions(this.dialect)).fromXML(xml);
    const { warnings } = await this.canvas.importXML(withDiagram(xml));
    this.canvas.on("commandStack.changed", () => {
      this.listener.stepped({ undo: this.stack().canUndo(), redo: this.stack().canRedo() });
      this.listener.changed();
    });
    return warnings.map((warning) => String((warning as unknown as Error).message));
  }

  async text(): Promise<string> {
    const { xml } = await this.canvas.saveXML({ format: true });
    if (xml === undefined) throw new Error("This diagram cannot be written.");
    return xml;
  }

  undo(): void {
    this.stack().undo();
  }

  redo(): void {
    this.stack().redo();
  }

  show(problem: Found): boolean {
    return problem.elementIds.some((id) => this.select(id));
  }

  remark(problems: readonly Found[]): void {
    markShapes(this.canvas, problems, ({ elementIds }) => elementIds);
  }

  /** Shows the whole diagram beside the tools, not larger than it is, when it is seen for the first time. */
  fit(): void {
    const place = this.canvas.get<{ resized(): void; viewbox(box?: object): View; _container: HTMLElement }>("canvas");
    place.resized();
    const { inner, outer } = place.viewbox();
    if (this.fitted || !outer.width || !outer.height) return;
    this.fitted = true;
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

  close(): void {
    this.canvas.destroy();
  }

  private stack(): Stack {
    return this.canvas.get<Stack>("commandStack");
  }

  /** Chooses an element and brings it in sight; false if there is no such one. */
  private select(id: string): boolean {
    const element = this.canvas.get<{ get(id: string): Element | undefined }>("elementRegistry").get(id);
    if (!element) return false;
    this.canvas.get<{ select(element: Element): void }>("selection").select(element);
    this.canvas.get<{ scrollToElement(element: Element): void }>("canvas").scrollToElement(element);
    return true;
  }
}

const EDGE = 30;

interface View {
  inner: { x: number; y: number; width: number; height: number };
  outer: { width: number; height: number };
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
