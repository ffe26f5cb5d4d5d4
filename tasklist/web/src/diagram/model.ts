/** Reads a BPMN file as far as screens need it: elements with names and kinds, and the flows between them. */

export const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";
export const BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI";

export interface ModelElement {
  id: string;
  /** The name on one line, or the id if it has none. */
  name: string;
  /** The name of its tag, "userTask". */
  kind: string;
  /** What kind of event: "timer"; null for other elements and plain events. */
  event: string | null;
  /** The sub-process or process that it is in. */
  parent: string;
  /** Whether that is a sub-process. */
  inside: boolean;
  /** What a boundary event is attached to. */
  attachedTo: string | null;
  /** How often: each of a multi-instance activity or loop is an instance of its own. */
  repeated: boolean;
  /** The process that a call activity calls, as the model names it: a key, or an expression. */
  calls: string | null;
  /** The condition that a conditional event waits for, as the model has it. */
  condition: string | null;
}

export interface ModelFlow {
  id: string;
  name: string | null;
  source: string;
  target: string;
  condition: string | null;
}

export interface Model {
  /** The id of the process that is shown. */
  process: string;
  elements: ReadonlyMap<string, ModelElement>;
  flows: readonly ModelFlow[];
}

const NODES = /^(task|.*Task|.*Event|.*Gateway|subProcess|adHocSubProcess|transaction|callActivity)$/;
const ACTIVITIES = /^(task|.*Task|subProcess|adHocSubProcess|transaction|callActivity)$/;

/** Parses XML. Throws an Error in words if it is none. */
export function parse(xml: string): Document {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  if (parsed.getElementsByTagName("parsererror").length) throw new Error("The file of this process is no XML that can be shown.");
  return parsed;
}

/** The process with this id, or else the first one that can be executed, or the first one. */
export function processOf(file: Document, id?: string | null): Element {
  const processes = [...file.getElementsByTagNameNS(BPMN, "process")];
  const found =
    processes.find((one) => one.getAttribute("id") === id) ??
    processes.find((one) => one.getAttribute("isExecutable") === "true") ??
    processes[0];
  if (!found) throw new Error("The file contains no process.");
  return found;
}

export function readModel(xml: string, id?: string | null): Model {
  const process = processOf(parse(xml), id);
  const elements = new Map<string, ModelElement>();
  const flows: ModelFlow[] = [];
  const waiting = [process];
  for (let scope = waiting.pop(); scope; scope = waiting.pop()) {
    for (const child of scope.children) {
      if (child.namespaceURI !== BPMN) continue;
      const own = child.getAttribute("id");
      if (!own) continue;
      if (child.localName === "sequenceFlow") flows.push(readFlow(child, own));
      else if (isNode(child)) elements.set(own, readElement(child, own, scope.getAttribute("id") ?? ""));
      if (isScope(child)) waiting.push(child);
    }
  }
  return { process: process.getAttribute("id") ?? "", elements, flows };
}

function readFlow(flow: Element, id: string): ModelFlow {
  const condition = [...flow.children].find((child) => child.localName === "conditionExpression")?.textContent?.trim();
  return {
    id,
    name: flow.getAttribute("name"),
    source: flow.getAttribute("sourceRef") ?? "",
    target: flow.getAttribute("targetRef") ?? "",
    condition: condition || null,
  };
}

function readElement(node: Element, id: string, parent: string): ModelElement {
  const definition = [...node.children].find((child) => child.localName.endsWith("EventDefinition"));
  const extension = [...node.getElementsByTagName("*")].find((child) => child.localName === "calledElement");
  return {
    id,
    name: node.getAttribute("name")?.replace(/\s+/g, " ").trim() || id,
    kind: node.localName,
    event: definition ? definition.localName.replace("EventDefinition", "") : null,
    parent,
    inside: node.parentElement !== null && isScope(node.parentElement),
    attachedTo: node.getAttribute("attachedToRef"),
    repeated: [...node.children].some((child) => /LoopCharacteristics$/.test(child.localName)),
    condition: [...(definition?.children ?? [])].find((child) => child.localName === "condition")?.textContent?.trim() || null,
    calls: node.getAttribute("calledElement") ?? extension?.getAttribute("processId") ?? null,
  };
}

export function isNode(element: Element): boolean {
  return element.namespaceURI === BPMN && NODES.test(element.localName);
}

export function isScope(element: Element): boolean {
  return element.namespaceURI === BPMN && /^(subProcess|adHocSubProcess|transaction)$/.test(element.localName);
}

export function isActivity(kind: string): boolean {
  return ACTIVITIES.test(kind);
}

/** Whether the file says where the elements of the process are drawn: true if at least one is. */
export function isDrawn(file: Document, process: Element): boolean {
  const drawn = new Set([...file.getElementsByTagNameNS(BPMNDI, "BPMNShape")].map((shape) => plain(shape.getAttribute("bpmnElement"))));
  return [...process.children].some((child) => isNode(child) && drawn.has(child.getAttribute("id") ?? ""));
}

/** The id of the diagram that shows the process; null if the first one does. */
export function diagramOf(file: Document, process: Element): string | null {
  const id = process.getAttribute("id");
  const collaborations = [...file.getElementsByTagNameNS(BPMN, "participant")]
    .filter((one) => plain(one.getAttribute("processRef")) === id)
    .map((one) => one.parentElement?.getAttribute("id"));
  for (const diagram of file.getElementsByTagNameNS(BPMNDI, "BPMNDiagram")) {
    const shown = plain(diagram.getElementsByTagNameNS(BPMNDI, "BPMNPlane")[0]?.getAttribute("bpmnElement") ?? null);
    if (shown === id || collaborations.includes(shown)) return diagram.getAttribute("id");
  }
  return null;
}

/** A qualified name without its prefix. */
export function plain(name: string | null): string {
  return name?.replace(/^.*:/, "") ?? "";
}

/** The kind of an element in words: "User task", "Timer boundary event". */
export function kindWords(element: { kind: string; event?: string | null }): string {
  const words = element.kind.replace(/([A-Z])/g, " $1").toLowerCase().trim();
  const whole = element.event ? `${element.event} ${words}` : words;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
