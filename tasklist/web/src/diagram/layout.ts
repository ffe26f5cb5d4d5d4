/** Draws what says nowhere how it is drawn: elements in layers, lanes and pools below each other, nothing over anything. */

import { placeInLayers, type Edge, type Point, type Slot } from "./layers";

export interface Box extends Point {
  width: number;
  height: number;
}

/** What is inside of a process or sub-process. */
export interface Scope {
  nodes: readonly Node[];
  /** From nodes or boundary events to nodes. */
  flows: readonly Flow[];
  /** The lanes at the top, which hold others or nodes; none for most scopes. */
  lanes: readonly Lane[];
  remarks: readonly Remark[];
  links: readonly Link[];
}

export interface Node {
  id: string;
  width: number;
  height: number;
  /** What is written below it. */
  label: string;
  inside: Scope | null;
  boundaries: readonly { id: string; label: string }[];
}

export interface Flow {
  id: string;
  from: string;
  to: string;
  label: string;
}

export interface Lane {
  id: string;
  nodes: readonly string[];
  lanes: readonly Lane[];
}

/** A text annotation, or data. */
export interface Remark {
  id: string;
  width: number;
  height: number;
  label: string;
  above: boolean;
}

/** A straight line between a remark and anything, or between two other things. */
export interface Link {
  id: string;
  from: string;
  to: string;
}

export interface Pool {
  id: string;
  /** null for a pool of which nothing is known but its name. */
  inside: Scope | null;
}

/** What has been placed: boxes and lines, all counted from the same corner. */
export interface Drawn {
  boxes: Map<string, Box>;
  lines: Map<string, Point[]>;
  /** Of the labels that do not stand where they always do. */
  labels: Map<string, Box>;
  width: number;
  height: number;
}

const EVENT = 36;
const INSIDE = 30;
/** Where the name of a sub-process stands. */
const TITLE = 36;
/** The narrow side of a pool or lane, with its name. */
const HEADER = 30;
const SPACE = 30;
const LINE = 14;
const LETTER = 6.5;
/** How wide labels below things are. */
const LABEL = 90;
const LEAST_LANE = 90;
const EMPTY_POOL = { width: 500, height: 70 };

/** How many lines a label takes, and how high they are. */
export function heightOf(label: string, width = LABEL): number {
  return label ? LINE * Math.min(6, Math.ceil((label.length * LETTER) / width)) + 6 : 0;
}

// ---------------------------------------------------------------- pools

/** Draws pools below each other, with what is in them and the messages between them. */
export function drawPools(pools: readonly Pool[], messages: readonly Flow[], remarks: readonly Remark[], links: readonly Link[]): Drawn {
  const whole: Drawn = { boxes: new Map(), lines: new Map(), labels: new Map(), width: 0, height: 0 };
  const channel = SPACE + 12 * messages.length;
  const poolOf = new Map<string, string>();
  for (const pool of pools) {
    const inside = pool.inside && drawScope(pool.inside);
    const pad = pool.inside?.lanes.length ? 0 : INSIDE;
    const top = whole.height ? whole.height + channel : 0;
    const height = inside ? Math.max(EMPTY_POOL.height, inside.height + 2 * pad) : EMPTY_POOL.height;
    whole.boxes.set(pool.id, { x: 0, y: top, width: 0, height });
    poolOf.set(pool.id, pool.id);
    if (inside) {
      for (const id of inside.boxes.keys()) poolOf.set(id, pool.id);
      move(inside, HEADER + pad, top + pad, whole);
    }
    whole.width = Math.max(whole.width, HEADER + (inside ? inside.width + 2 * pad : EMPTY_POOL.width));
    whole.height = top + height;
  }
  for (const pool of pools) {
    whole.boxes.get(pool.id)!.width = whole.width;
    for (const lane of lanesOf(pool.inside?.lanes ?? [])) {
      const box = whole.boxes.get(lane)!;
      box.width = whole.width - box.x;
    }
  }
  const width = whole.width;
  messages.forEach((message, index) => {
    const line = messageLine(message, index, messages.length, whole, poolOf, width);
    if (line) whole.lines.set(message.id, line);
  });
  let left = 0;
  const top = whole.height + SPACE;
  for (const remark of remarks) {
    whole.boxes.set(remark.id, { x: left, y: top, width: remark.width, height: remark.height });
    whole.height = Math.max(whole.height, top + remark.height + heightOf(remark.label));
    left += remark.width + SPACE;
    whole.width = Math.max(whole.width, left - SPACE);
  }
  drawLinks(links, whole);
  return whole;
}

function* lanesOf(lanes: readonly Lane[]): Iterable<string> {
  for (const lane of lanes) {
    yield lane.id;
    yield* lanesOf(lane.lanes);
  }
}

/** A line that leaves its pool and comes into the other where nothing stands in its way, if there is such a place. */
function messageLine(message: Flow, index: number, count: number, drawn: Drawn, poolOf: Map<string, string>, width: number): Point[] | null {
  const from = drawn.boxes.get(message.from);
  const to = drawn.boxes.get(message.to);
  const [source, target] = [poolOf.get(message.from), poolOf.get(message.to)];
  if (!from || !to || !source || !target) return null;
  const [above, below] = [drawn.boxes.get(source)!, drawn.boxes.get(target)!];
  if (source === target) return [edgeOf(from, middleOf(to)), edgeOf(to, middleOf(from))];
  const down = above.y < below.y;
  const shift = SPACE / 2 + 12 * index;
  const leave = down ? above.y + above.height + shift : above.y - shift;
  const arrive = down ? below.y - (SPACE / 2 + 12 * (count - 1 - index)) : below.y + below.height + (SPACE / 2 + 12 * (count - 1 - index));
  const part = (index + 1) / (count + 1);
  const begin = message.from === source ? null : freeColumn(from, message.from, down, above, drawn);
  const end = message.to === target ? null : freeColumn(to, message.to, !down, below, drawn);
  const nearby = (one: number | null, other: number | null) => one ?? other ?? Math.round(HEADER + (width - HEADER) * part);
  const [x1, x2] = [nearby(begin, end), nearby(end, begin)];
  const y1 = down ? from.y + from.height : from.y;
  const y2 = down ? to.y : to.y + to.height;
  const between = [...drawn.boxes.entries()].some(([id, box]) => poolOf.get(id) === id && id !== source && id !== target && (box.y > above.y) === down && (box.y < below.y) === down);
  const start = begin !== null && (begin < from.x || begin > from.x + from.width) ? [{ x: begin > from.x ? from.x + from.width : from.x, y: from.y + from.height / 2 }, { x: begin, y: from.y + from.height / 2 }] : [{ x: x1, y: y1 }];
  const stop = end !== null && (end < to.x || end > to.x + to.width) ? [{ x: end, y: to.y + to.height / 2 }, { x: end > to.x ? to.x + to.width : to.x, y: to.y + to.height / 2 }] : [{ x: x2, y: y2 }];
  if (between) {
    const aside = width + SPACE / 2 + 12 * index;
    drawn.width = Math.max(drawn.width, aside);
    return [...start, { x: x1, y: leave }, { x: aside, y: leave }, { x: aside, y: arrive }, { x: x2, y: arrive }, ...stop];
  }
  return x1 === x2 ? [...start, ...stop] : [...start, { x: x1, y: leave }, { x: x2, y: leave }, ...stop];
}

/** Where a line can go straight from a box out of its pool without crossing another box; else from its middle. */
function freeColumn(box: Box, id: string, down: boolean, pool: Box, drawn: Drawn): number {
  const [low, high] = down ? [box.y + box.height, pool.y + pool.height] : [pool.y, box.y];
  const inWay = ([other, one]: [string, Box]) => other !== id && one !== pool && one.y < high && one.y + one.height > low && !holds(one, box);
  const others = [...drawn.boxes.entries()].filter(inWay).map(([, one]) => one);
  const middle = box.x + box.width / 2;
  const wishes = [middle, box.x + box.width - 12, box.x + 12, box.x + box.width + 14, box.x - 14];
  return wishes.find((x) => others.every((one) => x < one.x - 4 || x > one.x + one.width + 4)) ?? middle;
}

function holds(outer: Box, inner: Box): boolean {
  return outer.x <= inner.x && outer.y <= inner.y && outer.x + outer.width >= inner.x + inner.width && outer.y + outer.height >= inner.y + inner.height;
}

// ---------------------------------------------------------------- a process, or a sub-process

/** Part of a scope that no flow leads out of: it is placed as a whole. */
interface Part {
  nodes: Node[];
  flows: Flow[];
}

/** Places what is in a process or sub-process. The lanes, if there are any, begin at its corner and fill it. */
export function drawScope(scope: Scope): Drawn {
  const leaves: { lane: Lane; depth: number }[] = [];
  const collect = (lanes: readonly Lane[], depth: number) => {
    for (const lane of lanes) {
      if (lane.lanes.length) collect(lane.lanes, depth + 1);
      else leaves.push({ lane, depth });
    }
  };
  collect(scope.lanes, 1);
  const bandOf = new Map<string, number>();
  leaves.forEach(({ lane }, band) => lane.nodes.forEach((id) => bandOf.set(id, band)));
  const outside = leaves.length > 0 && scope.nodes.some((node) => !bandOf.has(node.id));
  const bands = Math.max(1, leaves.length + (outside ? 1 : 0)); // what is in no lane comes below them
  for (const node of scope.nodes) if (!bandOf.has(node.id)) bandOf.set(node.id, leaves.length === 0 ? 0 : bands - 1);

  const insides = new Map<string, Drawn>();
  for (const node of scope.nodes) if (node.inside && node.inside.nodes.length + node.inside.remarks.length > 0) insides.set(node.id, drawScope(node.inside));
  const remarksAt = beside(scope);
  const [main, others] = partsOf(scope, bandOf);
  const blocks: { band: number; drawn: Drawn }[] = others.map((part) => ({
    band: bandOf.get(part.nodes[0]!.id)!,
    drawn: drawPart(part, insides, remarksAt, null, 1, () => [0]),
  }));
  const placed = new Set([...remarksAt.values()].flat().map((remark) => remark.id));
  for (const remark of scope.remarks) {
    if (placed.has(remark.id)) continue;
    const box = { x: 0, y: 0, width: remark.width, height: remark.height };
    const height = remark.height + heightOf(remark.label);
    blocks.push({ band: Math.max(0, Math.min(leaves.length, bands) - 1), drawn: { boxes: new Map([[remark.id, box]]), lines: new Map(), labels: new Map(), width: remark.width, height } });
  }

  const deepest = Math.max(0, ...leaves.map(({ depth }) => depth));
  const pad = leaves.length ? INSIDE : 0;
  const reach = Math.max(700, main.nodes.length * 60, ...blocks.map(({ drawn }) => drawn.width));
  const shelves = Array.from({ length: bands }, (_, band) => shelve(blocks.filter((block) => block.band === band).map((block) => block.drawn), reach));
  const tops: number[] = [];
  const ends: number[] = [];
  const shelfTops: number[] = [];
  // Between bands flows run up and down: there the shelves stand at the right, and not below.
  const below = bands === 1;
  const topsOf = (heights: number[]) => {
    let y = 0;
    heights.forEach((height, band) => {
      tops.push(y);
      const shelf = shelves[band]!;
      const between = height && shelf.height ? SPACE + 10 : 0;
      const used = below ? height + between + shelf.height : Math.max(height, shelf.height);
      shelfTops.push(y + pad + (below ? height + between : 0));
      y += leaves.length ? Math.max(LEAST_LANE, used + 2 * pad) : used;
      ends.push(y);
    });
    return tops.map((top) => top + pad);
  };
  const drawn = drawPart(main, insides, remarksAt, bandOf, bands, topsOf);
  const aside = below ? 0 : drawn.width + SPACE;
  shelves.forEach((shelf, band) => shelf.boxes.size && move(shelf, aside, shelfTops[band]!, drawn));
  const whole: Drawn = { boxes: new Map(), lines: new Map(), labels: new Map(), width: 0, height: 0 };
  move(drawn, deepest * HEADER + pad, 0, whole);
  whole.width += pad;
  whole.height = Math.max(drawn.height, ends[bands - 1] ?? 0);
  const byLane = new Map(leaves.map(({ lane }, band) => [lane.id, band]));
  drawLanes(scope.lanes, 0, byLane, tops, ends, whole);
  drawLinks(scope.links, whole);
  return whole;
}

/** Draws lanes and those in them; each reaches to the right end. */
function drawLanes(lanes: readonly Lane[], depth: number, bandOf: Map<string, number>, tops: readonly number[], ends: readonly number[], drawn: Drawn): [number, number] {
  const reach: [number, number] = [Infinity, -Infinity];
  for (const lane of lanes) {
    const band = bandOf.get(lane.id);
    const [top, end] = band === undefined ? drawLanes(lane.lanes, depth + 1, bandOf, tops, ends, drawn) : [tops[band]!, ends[band]!];
    const x = depth * HEADER;
    drawn.boxes.set(lane.id, { x, y: top, width: drawn.width - x, height: end - top });
    reach[0] = Math.min(reach[0], top);
    reach[1] = Math.max(reach[1], end);
  }
  return reach;
}

/** What is placed with its flows as one, and what stands for itself below it in its band. */
function partsOf(scope: Scope, bandOf: Map<string, number>): [Part, Part[]] {
  const hostOf = new Map(scope.nodes.flatMap((node) => node.boundaries.map((boundary) => [boundary.id, node.id] as const)));
  const group = new Map(scope.nodes.map((node) => [node.id, node.id]));
  const rootOf = (id: string) => {
    let root = id;
    while (group.get(root) !== root) root = group.get(root)!;
    for (let one = id; one !== root; ) {
      const next = group.get(one)!;
      group.set(one, root);
      one = next;
    }
    return root;
  };
  const flows = scope.flows.filter((flow) => group.has(hostOf.get(flow.from) ?? flow.from) && group.has(flow.to));
  for (const flow of flows) group.set(rootOf(hostOf.get(flow.from) ?? flow.from), rootOf(flow.to));
  const parts = new Map<string, Part>();
  for (const node of scope.nodes) {
    const root = rootOf(node.id);
    const part = parts.get(root) ?? { nodes: [], flows: [] };
    part.nodes.push(node);
    parts.set(root, part);
  }
  for (const flow of flows) parts.get(rootOf(flow.to))!.flows.push(flow);
  const largest = [...parts.values()].reduce<Part | null>((best, part) => (best && best.nodes.length >= part.nodes.length ? best : part), null);
  const main: Part = { nodes: [], flows: [] };
  const others: Part[] = [];
  for (const part of parts.values()) {
    if (part === largest || new Set(part.nodes.map((node) => bandOf.get(node.id))).size > 1) {
      main.nodes.push(...part.nodes);
      main.flows.push(...part.flows);
    } else others.push(part);
  }
  return [main, others];
}

/** The remarks by the node that they stand at: the first one that they are linked to. */
function beside(scope: Scope): Map<string, Remark[]> {
  const nodeOf = new Map<string, string>();
  for (const node of scope.nodes) {
    nodeOf.set(node.id, node.id);
    for (const boundary of node.boundaries) nodeOf.set(boundary.id, node.id);
  }
  for (const flow of scope.flows) nodeOf.set(flow.id, nodeOf.get(flow.from) ?? flow.to);
  const found = new Map<string, Remark[]>();
  for (const remark of scope.remarks) {
    const place = scope.links.flatMap((link) => (link.from === remark.id ? [link.to] : link.to === remark.id ? [link.from] : [])).map((end) => nodeOf.get(end)).find((node) => node !== undefined);
    if (place !== undefined) found.set(place, [...(found.get(place) ?? []), remark]);
  }
  return found;
}

/** How much a node takes with all that belongs to it, and where these things are, from its middle. */
interface Shape {
  slot: Slot;
  boxes: [string, Box][];
  labels: [string, Box][];
  /** Where flows leave from boundary events. */
  below: Map<string, { x: number; from: number; y: number }>;
}

function shapeOf(node: Node, inside: Drawn | undefined, remarks: readonly Remark[], band: number): Shape {
  const spaces = node.boundaries.map((boundary) => (boundary.label ? LABEL + 12 : EVENT + 12));
  const width = Math.max(inside ? inside.width + 2 * INSIDE : node.width, spaces.reduce((sum, space) => sum + space, 0));
  const height = inside ? inside.height + INSIDE + TITLE : node.height;
  const shape: Shape = { slot: { id: node.id, width, body: width, up: height / 2, down: height / 2, band }, boxes: [], labels: [], below: new Map() };
  shape.boxes.push([node.id, { x: -width / 2, y: -height / 2, width, height }]);
  const { slot } = shape;
  if (node.boundaries.length) {
    // From the right: so the lines that go down and then to the right do not cross each other.
    const labels = Math.max(...node.boundaries.map((boundary) => heightOf(boundary.label)));
    let right = width / 2;
    [...node.boundaries].reverse().forEach((boundary, index) => {
      const x = right - 6 - EVENT;
      const y = height / 2 - EVENT / 2;
      shape.boxes.push([boundary.id, { x, y, width: EVENT, height: EVENT }]);
      const middle = x + EVENT / 2;
      if (boundary.label) shape.labels.push([boundary.id, { x: middle - LABEL - 3, y: y + EVENT + 2, width: LABEL, height: heightOf(boundary.label) }]);
      shape.below.set(boundary.id, { x: middle, from: y + EVENT, y: y + EVENT + labels + 10 + 8 * index });
      right -= spaces[spaces.length - 1 - index]!;
    });
    slot.down += EVENT / 2 + labels + 14 + 8 * node.boundaries.length;
  } else if (node.label) {
    slot.down += heightOf(node.label);
    slot.width = Math.max(slot.width, LABEL);
  }
  for (const above of [true, false]) {
    const here = remarks.filter((remark) => (remark.above || node.boundaries.length > 0) === above);
    if (here.length === 0) continue;
    const row = here.reduce((sum, remark) => sum + spaceOf(remark) + 14, -14);
    const high = Math.max(...here.map((remark) => remark.height + heightOf(remark.label)));
    let left = -row / 2;
    for (const remark of here) {
      const y = above ? -slot.up - 22 - remark.height - heightOf(remark.label) : slot.down + 22;
      shape.boxes.push([remark.id, { x: left + (spaceOf(remark) - remark.width) / 2, y, width: remark.width, height: remark.height }]);
      left += spaceOf(remark) + 14;
    }
    slot.width = Math.max(slot.width, row);
    if (above) slot.up += 22 + high;
    else slot.down += 22 + high;
  }
  return shape;
}

function spaceOf(remark: Remark): number {
  return remark.label ? Math.max(remark.width, LABEL) : remark.width;
}

function drawPart(part: Part, insides: Map<string, Drawn>, remarks: Map<string, Remark[]>, bandOf: Map<string, number> | null, bands: number, topsOf: (heights: number[]) => number[]): Drawn {
  const shapes = new Map(part.nodes.map((node) => [node.id, shapeOf(node, insides.get(node.id), remarks.get(node.id) ?? [], bandOf?.get(node.id) ?? 0)]));
  const hostOf = new Map(part.nodes.flatMap((node) => node.boundaries.map((boundary) => [boundary.id, node.id] as const)));
  const edges: Edge[] = part.flows.map((flow) => {
    const host = hostOf.get(flow.from);
    const label = flow.label ? Math.min(LABEL, flow.label.length * LETTER + 6) : 0;
    return host === undefined ? { ...flow, label } : { ...flow, label, from: host, below: shapes.get(host)!.below.get(flow.from)! };
  });
  const placed = placeInLayers([...shapes.values()].map((shape) => shape.slot), edges, bands, topsOf);
  const drawn: Drawn = { boxes: new Map(), lines: placed.lines, labels: new Map(), width: placed.width, height: 0 };
  for (const [id, shape] of shapes) {
    const middle = placed.middles.get(id)!;
    for (const [own, box] of shape.boxes) drawn.boxes.set(own, { ...box, x: box.x + middle.x, y: box.y + middle.y });
    for (const [own, box] of shape.labels) drawn.labels.set(own, { ...box, x: box.x + middle.x, y: box.y + middle.y });
    const box = drawn.boxes.get(id)!;
    const inside = insides.get(id);
    if (inside) move(inside, box.x + (box.width - inside.width) / 2, box.y + TITLE, drawn);
    drawn.height = Math.max(drawn.height, middle.y + shape.slot.down);
  }
  for (const line of placed.lines.values()) for (const point of line) drawn.height = Math.max(drawn.height, point.y + 8);
  for (const flow of part.flows) {
    const at = placed.labels.get(flow.id);
    if (!at) continue;
    const width = Math.min(LABEL, flow.label.length * LETTER + 6);
    const height = heightOf(flow.label);
    drawn.labels.set(flow.id, { x: at.x, y: at.y - height + 2, width, height });
  }
  return drawn;
}

/** Things side by side, in as many rows as they need. */
function shelve(things: readonly Drawn[], reach: number): Drawn {
  const whole: Drawn = { boxes: new Map(), lines: new Map(), labels: new Map(), width: 0, height: 0 };
  let [left, top] = [0, 0];
  for (const thing of things) {
    if (left > 0 && left + thing.width > reach) {
      left = 0;
      top = whole.height + SPACE;
    }
    move(thing, left, top, whole);
    left += thing.width + SPACE + 10;
  }
  return whole;
}

function move(part: Drawn, x: number, y: number, into: Drawn): void {
  const moved = (box: Box) => ({ ...box, x: box.x + x, y: box.y + y });
  for (const [id, box] of part.boxes) into.boxes.set(id, moved(box));
  for (const [id, box] of part.labels) into.labels.set(id, moved(box));
  for (const [id, line] of part.lines) into.lines.set(id, line.map((point) => ({ x: point.x + x, y: point.y + y })));
  into.width = Math.max(into.width, part.width + x);
  into.height = Math.max(into.height, part.height + y);
}

// ---------------------------------------------------------------- straight lines

function drawLinks(links: readonly Link[], drawn: Drawn): void {
  for (const link of links) {
    const from = drawn.boxes.get(link.from) ?? pointOn(drawn.lines.get(link.from));
    const to = drawn.boxes.get(link.to) ?? pointOn(drawn.lines.get(link.to));
    if (from && to) drawn.lines.set(link.id, [edgeOf(from, middleOf(to)), edgeOf(to, middleOf(from))]);
  }
}

function pointOn(line: readonly Point[] | undefined): Box | undefined {
  const point = line?.[0];
  return point && { ...point, width: 0, height: 0 };
}

function middleOf(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Where the line from the middle of a box to a point leaves the box. */
function edgeOf(box: Box, to: Point): Point {
  const from = middleOf(box);
  const [across, down] = [to.x - from.x, to.y - from.y];
  const part = Math.min(across ? box.width / 2 / Math.abs(across) : Infinity, down ? box.height / 2 / Math.abs(down) : Infinity);
  return part === Infinity ? from : { x: from.x + across * part, y: from.y + down * part };
}
