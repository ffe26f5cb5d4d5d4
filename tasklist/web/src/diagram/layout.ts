/** Draws a process that says nowhere how it is drawn: elements in layers from left to right, sub-processes opened. */

import { isActivity, isNode, isScope, plain } from "./model";

const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI";
const DC = "http://www.omg.org/spec/DD/20100524/DC";
const DI = "http://www.omg.org/spec/DD/20100524/DI";

const ACROSS = 60;
const DOWN = 50;
const INSIDE = 40;
const LABEL = 30;

interface Point {
  x: number;
  y: number;
}

interface Box extends Point {
  width: number;
  height: number;
}

/** What has been placed: boxes and lines, all counted from the same corner. */
interface Drawn {
  boxes: Map<string, Box>;
  lines: Map<string, Point[]>;
  width: number;
  height: number;
}

/** Adds a diagram to the file that shows all its processes, or the one if there is no collaboration. Changes the file. */
export function addLayout(file: Document, process: Element): void {
  const collaboration = file.getElementsByTagNameNS(BPMN, "collaboration")[0];
  const participants = collaboration ? [...collaboration.children].filter((child) => child.localName === "participant") : [];
  const byId = new Map([...file.getElementsByTagNameNS(BPMN, "process")].map((one) => [one.getAttribute("id") ?? "", one]));
  const whole: Drawn = { boxes: new Map(), lines: new Map(), width: 0, height: 0 };
  const shown = participants.some((one) => plain(one.getAttribute("processRef")) === process.getAttribute("id"));
  if (collaboration && shown) {
    const pools: string[] = [];
    for (const participant of participants) {
      const inside = byId.get(plain(participant.getAttribute("processRef")));
      const drawn = inside ? layScope(inside) : { boxes: new Map(), lines: new Map(), width: 500, height: 0 };
      const top = whole.height + (pools.length ? DOWN : 0);
      move(drawn, 30 + INSIDE, top + INSIDE, whole);
      const id = participant.getAttribute("id") ?? "";
      pools.push(id);
      whole.boxes.set(id, { x: 0, y: top, width: drawn.width + 30 + 2 * INSIDE, height: inside ? drawn.height + 2 * INSIDE : 80 });
      whole.height = top + (inside ? drawn.height + 2 * INSIDE : 80);
      whole.width = Math.max(whole.width, drawn.width + 30 + 2 * INSIDE);
    }
    for (const id of pools) whole.boxes.get(id)!.width = whole.width;
    for (const flow of collaboration.children) {
      if (flow.localName !== "messageFlow") continue;
      const from = whole.boxes.get(plain(flow.getAttribute("sourceRef")));
      const to = whole.boxes.get(plain(flow.getAttribute("targetRef")));
      if (from && to) whole.lines.set(flow.getAttribute("id") ?? "", betweenPools(from, to));
    }
  } else {
    move(layScope(process), 0, 0, whole);
  }
  write(file, shown && collaboration ? collaboration : process, whole);
}

function move(part: Drawn, x: number, y: number, into: Drawn): void {
  for (const [id, box] of part.boxes) into.boxes.set(id, { ...box, x: box.x + x, y: box.y + y });
  for (const [id, line] of part.lines) into.lines.set(id, line.map((point) => ({ x: point.x + x, y: point.y + y })));
  into.width = Math.max(into.width, part.width + x);
  into.height = Math.max(into.height, part.height + y);
}

/** Places what is directly in a process or sub-process, with what is inside of it. */
function layScope(scope: Element): Drawn {
  const children = [...scope.children].filter((child) => child.namespaceURI === BPMN);
  const nodes = children.filter((child) => isNode(child) && child.localName !== "boundaryEvent");
  const boundaries = children.filter((child) => child.localName === "boundaryEvent");
  const insides = new Map<string, Drawn>();
  const sizes = new Map<string, { width: number; height: number }>();
  for (const node of nodes) {
    const inside = isScope(node) ? layScope(node) : null;
    if (inside) insides.set(idOf(node), inside);
    sizes.set(idOf(node), inside ? { width: inside.width + 2 * INSIDE, height: inside.height + 2 * INSIDE } : sizeOf(node));
  }
  const hostOf = new Map(boundaries.map((one) => [idOf(one), one.getAttribute("attachedToRef") ?? ""]));
  const flows = children
    .filter((child) => child.localName === "sequenceFlow")
    .map((flow) => ({ id: idOf(flow), from: flow.getAttribute("sourceRef") ?? "", to: flow.getAttribute("targetRef") ?? "" }));
  const edges = flows
    .map((flow) => ({ from: hostOf.get(flow.from) ?? flow.from, to: flow.to }))
    .filter((edge) => sizes.has(edge.from) && sizes.has(edge.to) && edge.from !== edge.to);
  const layers = layersOf([...sizes.keys()], edges);
  const drawn = place(layers, sizes, edges);
  for (const [id, inside] of insides) {
    const box = drawn.boxes.get(id)!;
    move(inside, box.x + INSIDE, box.y + INSIDE, drawn);
  }
  attach(boundaries, hostOf, drawn);
  for (const flow of flows) {
    const from = drawn.boxes.get(flow.from);
    const to = drawn.boxes.get(flow.to);
    if (from && to) drawn.lines.set(flow.id, connect(from, to, hostOf.has(flow.from), drawn));
  }
  placeArtifacts(children, drawn);
  return drawn;
}

function idOf(element: Element): string {
  return element.getAttribute("id") ?? "";
}

function sizeOf(node: Element): { width: number; height: number } {
  if (isActivity(node.localName)) return { width: 100, height: 80 };
  return node.localName.endsWith("Gateway") ? { width: 50, height: 50 } : { width: 36, height: 36 };
}

interface Edge {
  from: string;
  to: string;
}

/** The nodes in layers: each behind all that lead to it, but for flows that lead back. */
export function layersOf(ids: readonly string[], edges: readonly Edge[]): string[][] {
  const outgoing = new Map<string, string[]>(ids.map((id) => [id, []]));
  const incoming = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const edge of edges) {
    outgoing.get(edge.from)?.push(edge.to);
    incoming.set(edge.to, (incoming.get(edge.to) ?? 0) + 1);
  }
  // Depth first, without recursion: a flow to what is still open leads back.
  const state = new Map<string, "open" | "done">();
  const finished: string[] = [];
  const back = new Set<string>();
  const roots = [...ids].sort((a, b) => Number((incoming.get(a) ?? 0) > 0) - Number((incoming.get(b) ?? 0) > 0));
  for (const root of roots) {
    if (state.has(root)) continue;
    const stack: { id: string; next: number }[] = [{ id: root, next: 0 }];
    state.set(root, "open");
    while (stack.length) {
      const top = stack[stack.length - 1]!;
      const target = outgoing.get(top.id)?.[top.next++];
      if (target === undefined) {
        state.set(top.id, "done");
        finished.push(top.id);
        stack.pop();
      } else if (state.get(target) === "open") {
        back.add(`${top.id} ${target}`);
      } else if (!state.has(target)) {
        state.set(target, "open");
        stack.push({ id: target, next: 0 });
      }
    }
  }
  const rank = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const id of finished.reverse()) {
    for (const target of outgoing.get(id) ?? []) {
      if (!back.has(`${id} ${target}`)) rank.set(target, Math.max(rank.get(target)!, rank.get(id)! + 1));
    }
  }
  const layers: string[][] = [];
  for (const id of ids) (layers[rank.get(id)!] ??= []).push(id);
  return layers.map((layer) => layer ?? []);
}

/** Gives every node its place: its layer from the left, and in it near to those that lead to it. */
function place(layers: readonly string[][], sizes: Map<string, { width: number; height: number }>, edges: readonly Edge[]): Drawn {
  const sources = new Map<string, string[]>();
  for (const edge of edges) sources.set(edge.to, [...(sources.get(edge.to) ?? []), edge.from]);
  const middle = new Map<string, number>();
  const boxes = new Map<string, Box>();
  let left = 0;
  for (const layer of layers) {
    const wish = new Map(
      layer.map((id, index) => {
        const known = (sources.get(id) ?? []).map((source) => middle.get(source)).filter((y) => y !== undefined);
        return [id, known.length ? known.reduce((sum, y) => sum + y, 0) / known.length : index * (80 + DOWN)];
      }),
    );
    const ordered = [...layer].sort((a, b) => wish.get(a)! - wish.get(b)!);
    const heights = ordered.map((id) => sizes.get(id)!.height + LABEL);
    const total = heights.reduce((sum, height) => sum + height + DOWN - LABEL, 0);
    const centre = ordered.reduce((sum, id) => sum + wish.get(id)!, 0) / (ordered.length || 1);
    let top = ordered.length > 1 ? centre - total / 2 : -Infinity;
    const width = Math.max(0, ...layer.map((id) => sizes.get(id)!.width));
    for (const id of ordered) {
      const size = sizes.get(id)!;
      const y = ordered.length > 1 ? top + size.height / 2 : wish.get(id)!;
      middle.set(id, y);
      boxes.set(id, { x: left + (width - size.width) / 2, y: y - size.height / 2, ...size });
      top += size.height + DOWN;
    }
    left += width + ACROSS;
  }
  const highest = Math.min(0, ...[...boxes.values()].map((box) => box.y));
  for (const box of boxes.values()) box.y -= highest;
  const height = Math.max(60, ...[...boxes.values()].map((box) => box.y + box.height));
  return { boxes, lines: new Map(), width: Math.max(100, left - ACROSS), height };
}

function attach(boundaries: readonly Element[], hostOf: Map<string, string>, drawn: Drawn): void {
  const count = new Map<string, number>();
  for (const one of boundaries) {
    const host = drawn.boxes.get(hostOf.get(idOf(one)) ?? "");
    if (!host) continue;
    const nth = count.get(hostOf.get(idOf(one))!) ?? 0;
    count.set(hostOf.get(idOf(one))!, nth + 1);
    const right = host.x + host.width - 18 - 12 - nth * 44;
    drawn.boxes.set(idOf(one), { x: right - 18, y: host.y + host.height - 18, width: 36, height: 36 });
    drawn.height = Math.max(drawn.height, host.y + host.height + 18);
  }
}

function placeArtifacts(children: readonly Element[], drawn: Drawn): void {
  const artifacts = children.filter((child) => /^(textAnnotation|dataObjectReference|dataStoreReference)$/.test(child.localName));
  let left = 0;
  const top = drawn.height + DOWN;
  for (const one of artifacts) {
    const size = one.localName === "textAnnotation" ? { width: 160, height: 50 } : { width: 50, height: 50 };
    drawn.boxes.set(idOf(one), { x: left, y: top, ...size });
    left += size.width + ACROSS;
    drawn.height = top + size.height + LABEL;
    drawn.width = Math.max(drawn.width, left - ACROSS);
  }
  for (const one of children) {
    if (one.localName !== "association") continue;
    const from = drawn.boxes.get(plain(one.getAttribute("sourceRef")));
    const to = drawn.boxes.get(plain(one.getAttribute("targetRef")));
    if (from && to) drawn.lines.set(idOf(one), [centreOf(from), centreOf(to)]);
  }
}

function centreOf(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** A line with right angles: forwards through the gap before the target, backwards below everything. */
function connect(from: Box, to: Box, fromBelow: boolean, drawn: Drawn): Point[] {
  const target = { x: to.x, y: to.y + to.height / 2 };
  if (fromBelow) {
    const start = { x: from.x + from.width / 2, y: from.y + from.height };
    const low = Math.max(start.y + 20, to.x > start.x ? target.y : drawn.height + 20);
    drawn.height = Math.max(drawn.height, low);
    if (to.x > start.x) return straight([start, { x: start.x, y: low }, { x: to.x - 25, y: low }, { x: to.x - 25, y: target.y }, target]);
    const under = { x: to.x + to.width / 2, y: to.y + to.height };
    return straight([start, { x: start.x, y: low }, { x: under.x, y: low }, under]);
  }
  const start = { x: from.x + from.width, y: from.y + from.height / 2 };
  if (to.x >= start.x) {
    const turn = to.x - ACROSS / 2 + 5;
    return straight([start, { x: turn, y: start.y }, { x: turn, y: target.y }, target]);
  }
  const low = drawn.height + 25;
  drawn.height = low;
  const out = { x: from.x + from.width / 2, y: from.y + from.height };
  const under = { x: to.x + to.width / 2, y: to.y + to.height };
  return straight([out, { x: out.x, y: low }, { x: under.x, y: low }, under]);
}

/** Without points that lie where the one before does. */
function straight(points: Point[]): Point[] {
  return points.filter((point, index) => {
    const before = points[index - 1];
    return index === points.length - 1 || !before || before.x !== point.x || before.y !== point.y;
  });
}

function betweenPools(from: Box, to: Box): Point[] {
  const down = from.y < to.y;
  const start = { x: from.x + from.width / 2, y: down ? from.y + from.height : from.y };
  const end = { x: to.x + to.width / 2, y: down ? to.y : to.y + to.height };
  const half = (start.y + end.y) / 2;
  return straight([start, { x: start.x, y: half }, { x: end.x, y: half }, end]);
}

function write(file: Document, shown: Element, drawn: Drawn): void {
  const make = (namespace: string, name: string, attributes: Record<string, string | number>) => {
    const element = file.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  for (const old of [...file.getElementsByTagNameNS(BPMNDI, "BPMNDiagram")]) old.remove();
  const diagram = make(BPMNDI, "bpmndi:BPMNDiagram", { id: "baton_diagram" });
  const plane = make(BPMNDI, "bpmndi:BPMNPlane", { id: "baton_plane", bpmnElement: idOf(shown) });
  for (const [id, box] of drawn.boxes) {
    const shape = make(BPMNDI, "bpmndi:BPMNShape", { id: `baton_${id}`, bpmnElement: id, isExpanded: "true", isHorizontal: "true" });
    shape.append(make(DC, "dc:Bounds", { x: box.x, y: box.y, width: box.width, height: box.height }));
    plane.append(shape);
  }
  for (const [id, points] of drawn.lines) {
    const edge = make(BPMNDI, "bpmndi:BPMNEdge", { id: `baton_${id}`, bpmnElement: id });
    for (const point of points) edge.append(make(DI, "di:waypoint", { x: point.x, y: point.y }));
    plane.append(edge);
  }
  diagram.append(plane);
  file.documentElement.append(diagram);
}
