/** Draws models that say nowhere how they are drawn: reads what is to be drawn, and writes where it is. */

import { drawPools, drawScope, type Drawn, type Flow, type Lane, type Link, type Node, type Pool, type Remark, type Scope } from "./layout";
import { BPMN, BPMNDI, isActivity, isDrawn, isNode, isScope, parse, plain, processOf } from "./model";

const DC = "http://www.omg.org/spec/DD/20100524/DC";
const DI = "http://www.omg.org/spec/DD/20100524/DI";

const REMARK = /^(textAnnotation|dataObjectReference|dataStoreReference)$/;

/** The model, with a diagram of its first process if there was none. */
export function withDiagram(xml: string): string {
  const file = parse(xml);
  const process = processOf(file);
  return isDrawn(file, process) ? xml : laidOut(file, process);
}

/** The file with a diagram of all its pools, or of the one process if that is in none. */
export function laidOut(file: Document, process: Element): string {
  const collaboration = [...file.getElementsByTagNameNS(BPMN, "collaboration")].find((one) =>
    [...one.children].some((child) => child.localName === "participant" && plain(child.getAttribute("processRef")) === idOf(process)),
  );
  if (collaboration) write(file, collaboration, drawCollaboration(file, collaboration));
  else write(file, process, drawScope(readScope(process)));
  return new XMLSerializer().serializeToString(file);
}

function drawCollaboration(file: Document, collaboration: Element): Drawn {
  const processes = new Map([...file.getElementsByTagNameNS(BPMN, "process")].map((one) => [idOf(one), one]));
  const pools: Pool[] = [];
  for (const child of collaboration.children) {
    if (child.localName !== "participant") continue;
    const process = processes.get(plain(child.getAttribute("processRef")));
    const empty = !process || ![...process.children].some((one) => isNode(one));
    pools.push({ id: idOf(child), inside: empty ? null : readScope(process) });
  }
  const messages = [...collaboration.children].filter((child) => child.localName === "messageFlow").map(readFlow);
  return drawPools(pools, messages, ...readRemarks(collaboration));
}

// ---------------------------------------------------------------- reading

/** What is directly in a process or sub-process, with what is inside of that. */
export function readScope(scope: Element): Scope {
  const children = [...scope.children].filter((child) => child.namespaceURI === BPMN);
  const attached = children.filter((child) => child.localName === "boundaryEvent");
  const nodes = children
    .filter((child) => isNode(child) && child.localName !== "boundaryEvent")
    .map((child): Node => {
      const boundaries = attached.filter((one) => plain(one.getAttribute("attachedToRef")) === idOf(child));
      const inside = isScope(child) ? readScope(child) : null;
      const activity = isActivity(child.localName);
      return { id: idOf(child), ...sizeOf(child), label: activity ? "" : nameOf(child), inside, boundaries: boundaries.map((one) => ({ id: idOf(one), label: nameOf(one) })) };
    });
  const [remarks, links] = readRemarks(scope);
  const boundaries = new Set(attached.map(idOf));
  // What compensates is led to by an association: it is placed like what follows.
  const handlers = links.filter((link) => boundaries.has(link.from) && nodes.some((node) => node.id === link.to));
  const flows = children.filter((child) => child.localName === "sequenceFlow").map(readFlow);
  return {
    nodes,
    flows: [...flows, ...handlers.map((link) => ({ ...link, label: "" }))],
    lanes: children.filter((child) => child.localName === "laneSet").flatMap(readLanes),
    remarks,
    links: links.filter((link) => !handlers.includes(link)),
  };
}

function readLanes(set: Element): Lane[] {
  return [...set.children]
    .filter((child) => child.localName === "lane")
    .map((lane) => ({
      id: idOf(lane),
      nodes: [...lane.children].filter((child) => child.localName === "flowNodeRef").map((child) => plain(child.textContent?.trim() ?? "")),
      lanes: [...lane.children].filter((child) => child.localName === "childLaneSet").flatMap(readLanes),
    }));
}

/** Text annotations and data, and what links them to other things. */
function readRemarks(scope: Element): [Remark[], Link[]] {
  const remarks: Remark[] = [];
  const links: Link[] = [];
  for (const child of scope.children) {
    if (child.namespaceURI !== BPMN) continue;
    if (child.localName === "association") links.push({ id: idOf(child), from: plain(child.getAttribute("sourceRef")), to: plain(child.getAttribute("targetRef")) });
    if (REMARK.test(child.localName)) remarks.push(readRemark(child));
    for (const inner of child.children) {
      if (!/^data(Input|Output)Association$/.test(inner.localName)) continue;
      const out = inner.localName === "dataOutputAssociation";
      const other = plain([...inner.children].find((one) => one.localName === (out ? "targetRef" : "sourceRef"))?.textContent?.trim() ?? "");
      links.push(out ? { id: idOf(inner), from: idOf(child), to: other } : { id: idOf(inner), from: other, to: idOf(child) });
    }
  }
  return [remarks, links.filter((link) => link.id)];
}

function readRemark(child: Element): Remark {
  const id = idOf(child);
  if (child.localName !== "textAnnotation") return { id, width: 50, height: 50, label: nameOf(child), above: false };
  const text = [...child.children].find((one) => one.localName === "text")?.textContent?.trim() ?? "";
  const width = Math.min(220, Math.max(100, text.length * 2));
  const lines = text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil((line.length * 7) / (width - 10))), 0);
  return { id, width, height: Math.max(30, 12 + lines * 15), label: "", above: true };
}

function readFlow(flow: Element): Flow {
  return { id: idOf(flow), from: plain(flow.getAttribute("sourceRef")), to: plain(flow.getAttribute("targetRef")), label: nameOf(flow) };
}

function idOf(element: Element): string {
  return element.getAttribute("id") ?? "";
}

function nameOf(element: Element): string {
  return element.getAttribute("name")?.trim() ?? "";
}

function sizeOf(node: Element): { width: number; height: number } {
  if (isActivity(node.localName)) return { width: 100, height: 80 };
  return node.localName.endsWith("Gateway") ? { width: 50, height: 50 } : { width: 36, height: 36 };
}

// ---------------------------------------------------------------- writing

function write(file: Document, shown: Element, drawn: Drawn): void {
  const make = (namespace: string, name: string, attributes: Record<string, string | number>) => {
    const element = file.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  const bounds = (box: { x: number; y: number; width: number; height: number }) =>
    make(DC, "dc:Bounds", { x: Math.round(box.x), y: Math.round(box.y), width: Math.round(box.width), height: Math.round(box.height) });
  const withLabel = (element: Element, id: string) => {
    const box = drawn.labels.get(id);
    if (!box) return;
    const label = make(BPMNDI, "bpmndi:BPMNLabel", {});
    label.append(bounds(box));
    element.append(label);
  };
  for (const old of [...file.getElementsByTagNameNS(BPMNDI, "BPMNDiagram")]) old.remove();
  const diagram = make(BPMNDI, "bpmndi:BPMNDiagram", { id: "baton_diagram" });
  const plane = make(BPMNDI, "bpmndi:BPMNPlane", { id: "baton_plane", bpmnElement: idOf(shown) });
  for (const [id, box] of drawn.boxes) {
    const shape = make(BPMNDI, "bpmndi:BPMNShape", { id: `baton_${id}`, bpmnElement: id, isExpanded: "true", isHorizontal: "true" });
    shape.append(bounds(box));
    withLabel(shape, id);
    plane.append(shape);
  }
  for (const [id, points] of drawn.lines) {
    const edge = make(BPMNDI, "bpmndi:BPMNEdge", { id: `baton_${id}`, bpmnElement: id });
    for (const point of points) edge.append(make(DI, "di:waypoint", { x: Math.round(point.x), y: Math.round(point.y) }));
    withLabel(edge, id);
    plane.append(edge);
  }
  diagram.append(plane);
  file.documentElement.append(diagram);
}
