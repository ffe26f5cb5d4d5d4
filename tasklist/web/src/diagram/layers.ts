/**
 * Places what flows connect: in layers from left to right, each thing behind what leads to it.
 *
 * After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981). A flow
 * over several layers has a place of its own in each of them, so it runs between the things and never over one. What
 * runs up or down does so in the gaps between the layers, where nothing else is.
 */

export interface Point {
  x: number;
  y: number;
}

/** Something to place: how far it reaches to each side of the line through its middle, from left to right. */
export interface Slot {
  id: string;
  width: number;
  /** How wide it is where flows come and go. */
  body: number;
  up: number;
  down: number;
  /** The band that it is in, counted from above. */
  band: number;
}

export interface Edge {
  id: string;
  from: string;
  to: string;
  /** Leaves below: from here, counted from the middle of the slot, and runs to the right so far below its middle line. */
  below?: { x: number; from: number; y: number };
  /** How wide its label is; 0 for none. */
  label: number;
}

export interface Layered {
  /** The middle of each slot. */
  middles: Map<string, Point>;
  lines: Map<string, Point[]>;
  /** Where the labels of flows begin: on their lines, at the left end. */
  labels: Map<string, Point>;
  width: number;
}

/** What stands in a layer: a slot, or the place of a flow that passes. */
interface Item {
  slot: Slot | null;
  band: number;
  up: number;
  down: number;
  y: number;
  /** How much its wish for a height counts. */
  weight: number;
  /** Where it stands in its layer. */
  rank: number;
  before: Tie[];
  after: Tie[];
  /** At a flow that leads back, what stands in the same layer and is its end. */
  beside: Item | null;
}

interface Tie {
  item: Item;
  /** How far below the middle of the item the flow runs. */
  shift: number;
}

/** A flow through one gap: from the height at its left to that at its right. */
interface Step {
  key: string;
  gap: number;
  left: () => number;
  right: () => number;
}

interface Run {
  edge: Edge;
  items: Item[];
  back: boolean;
}

const BETWEEN = 34;
const PASSING = 14;
const GAP = 44;
const TRACK = 12;
/** A step in a line that is no higher than this looks like a mistake. */
const NEARLY = 24;
const SWEEPS = 6;

/** The nodes in layers: each behind all that lead to it, but for flows that lead back. */
export function layersOf(ids: readonly string[], edges: readonly { from: string; to: string }[]): string[][] {
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

/**
 * Places the slots and leads the edges. The edges' ends are slots; there may be any number between two of them.
 * `topsOf` says where each band begins, from how high each is.
 */
export function placeInLayers(slots: readonly Slot[], edges: readonly Edge[], bands: number, topsOf: (heights: number[]) => number[]): Layered {
  const items = new Map<string, Item>(slots.map((slot) => [slot.id, itemOf(slot)]));
  const layers: Item[][] = layersOf(slots.map((slot) => slot.id), edges).map((layer) => layer.map((id) => items.get(id)!));
  const layerOf = new Map<Item, number>();
  layers.forEach((layer, index) => layer.forEach((item) => layerOf.set(item, index)));
  const runs = edges.map((edge) => runOf(edge, items.get(edge.from)!, items.get(edge.to)!, layers, layerOf));
  order(layers);
  align(layers, bands);
  stack(layers, bands, topsOf);
  const { xs, tracks, labelled, width } = spread(layers, layerOf, runs);
  const middles = new Map<string, Point>();
  for (const [id, item] of items) middles.set(id, { x: xs[layerOf.get(item)!]!, y: item.y });
  const lines = new Map<string, Point[]>();
  const labels = new Map<string, Point>();
  for (const run of runs) {
    lines.set(run.edge.id, lead(run, layerOf, middles, tracks));
    const first = stepsOf(run, layerOf)[0]!;
    if (run.edge.label) labels.set(run.edge.id, { x: labelled[first.gap]!, y: first.right() });
  }
  return { middles, lines, labels, width };
}

function itemOf(slot: Slot | null, band = 0): Item {
  const reach = PASSING / 2;
  return { slot, band: slot?.band ?? band, up: slot?.up ?? reach, down: slot?.down ?? reach, y: 0, weight: 1, rank: 0, before: [], after: [], beside: null };
}

/** Gives a flow its places in the layers that it passes. One that leads back goes around both its ends. */
function runOf(edge: Edge, from: Item, to: Item, layers: Item[][], layerOf: Map<Item, number>): Run {
  const first = layerOf.get(from)!;
  const last = layerOf.get(to)!;
  const back = last <= first;
  const shift = edge.below?.y ?? 0;
  const passing: Item[] = [];
  const [low, high] = back ? [last, first] : [first + 1, last - 1];
  for (let layer = low; layer <= high; layer++) {
    const item = itemOf(null, from.band);
    if (back) item.weight = 0.05; // what leads back makes way for what leads on
    layers[layer]!.push(item);
    layerOf.set(item, layer);
    passing.push(item);
  }
  const chain = back ? passing : [from, ...passing, to];
  chain.forEach((item, index) => {
    const next = chain[index + 1];
    if (!next) return;
    item.after.push({ item: next, shift: 0 });
    next.before.push({ item, shift: item === from ? shift : 0 });
  });
  if (back) {
    passing[0]!.beside = to;
    passing[passing.length - 1]!.beside = from;
  }
  return { edge, items: back ? [from, ...passing.reverse(), to] : chain, back };
}

// ---------------------------------------------------------------- who is above whom

/** Orders each layer so that few flows cross: each thing near the middle of what it is connected to. */
function order(layers: Item[][]): void {
  for (const layer of layers) number(layer.sort((a, b) => a.band - b.band));
  let best = crossings(layers);
  let kept = layers.map((layer) => [...layer]);
  for (let sweep = 0; sweep < SWEEPS && best > 0; sweep++) {
    const forth = sweep % 2 === 0;
    const along = forth ? layers : [...layers].reverse();
    for (const layer of along) {
      const wish = new Map(layer.map((item) => [item, wishOf(item, forth)]));
      number(layer.sort((a, b) => a.band - b.band || wish.get(a)! - wish.get(b)! || a.rank - b.rank));
    }
    const now = crossings(layers);
    if (now < best) {
      best = now;
      kept = layers.map((layer) => [...layer]);
    }
  }
  kept.forEach((layer, index) => {
    layers[index] = layer;
    number(layer);
  });
}

function number(layer: readonly Item[]): void {
  layer.forEach((item, index) => (item.rank = index));
}

function wishOf(item: Item, forth: boolean): number {
  const ties = forth ? item.before : item.after;
  if (item.beside) return item.beside.rank + 0.6;
  if (ties.length === 0) return item.rank;
  return ties.reduce((sum, tie) => sum + tie.item.rank + (tie.shift > 0 ? 0.4 : 0), 0) / ties.length;
}

/** How many pairs of flows cross between neighbouring layers. */
function crossings(layers: readonly Item[][]): number {
  let count = 0;
  for (const layer of layers) {
    const ends: [number, number][] = layer.flatMap((item) => item.after.map((tie): [number, number] => [item.rank, tie.item.rank]));
    ends.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (let one = 0; one < ends.length; one++) {
      for (let other = one + 1; other < ends.length; other++) if (ends[one]![1] > ends[other]![1] && ends[one]![0] < ends[other]![0]) count++;
    }
  }
  return count;
}

// ---------------------------------------------------------------- how far down

/** Gives each item its height: as near to what it is connected to as the others in its layer and band let it. */
function align(layers: readonly Item[][], bands: number): void {
  const groups = layers.map((layer) => Array.from({ length: bands }, (_, band) => layer.filter((item) => item.band === band)));
  for (const layer of groups) for (const group of layer) settle(group, () => null);
  for (let sweep = 0; sweep <= SWEEPS; sweep++) {
    // The last sweep goes forth: what follows one thing alone then stands exactly behind it.
    const forth = sweep % 2 === 0;
    for (const layer of forth ? groups : [...groups].reverse()) for (const group of layer) settle(group, (item) => heightOf(item, forth));
  }
  for (const layer of groups) for (const group of layer) group.forEach((item, index) => straighten(item, group[index - 1], group[index + 1]));
}

/** Moves an item a little, where there is room, so that the line from what is before it runs straight. */
function straighten(item: Item, above: Item | undefined, below: Item | undefined): void {
  const heights = item.before.filter((tie) => tie.item.band === item.band).map((tie) => tie.item.y + tie.shift);
  const nearest = heights.sort((a, b) => Math.abs(a - item.y) - Math.abs(b - item.y))[0];
  if (nearest === undefined || Math.abs(nearest - item.y) > NEARLY) return;
  if (above && nearest - above.y < apart(above, item)) return;
  if (below && below.y - nearest < apart(item, below)) return;
  item.y = nearest;
}

function heightOf(item: Item, forth: boolean): number | null {
  const ties = (forth ? item.before : item.after).filter((tie) => tie.item.band === item.band);
  if (ties.length) return ties.reduce((sum, tie) => sum + tie.item.y + tie.shift, 0) / ties.length;
  return item.beside && item.beside.band === item.band ? item.beside.y + item.beside.down : null;
}

/** Moves each item as near to its wish as the order and the distances allow: pools of neighbours share their wishes' mean. */
function settle(group: readonly Item[], wishOf: (item: Item) => number | null): void {
  interface Pool {
    items: Item[];
    offsets: number[];
    /** Of the wishes for the first item, each by its weight. */
    sum: number;
    weight: number;
  }
  const pools: Pool[] = [];
  for (const item of group) {
    pools.push({ items: [item], offsets: [0], sum: (wishOf(item) ?? item.y) * item.weight, weight: item.weight });
    for (let last = pools.length - 1; last > 0; last--) {
      const above = pools[last - 1]!;
      const below = pools[last]!;
      const end = above.items[above.items.length - 1]!;
      const step = above.offsets[above.offsets.length - 1]! + apart(end, below.items[0]!);
      if (above.sum / above.weight + step <= below.sum / below.weight) break;
      above.items.push(...below.items);
      above.offsets.push(...below.offsets.map((offset) => offset + step));
      above.sum += below.sum - step * below.weight;
      above.weight += below.weight;
      pools.pop();
    }
  }
  for (const pool of pools) pool.items.forEach((item, index) => (item.y = pool.sum / pool.weight + pool.offsets[index]!));
}

/** How far the middles of two neighbours are apart at least. */
function apart(above: Item, below: Item): number {
  return above.down + below.up + (above.slot && below.slot ? BETWEEN : above.slot || below.slot ? BETWEEN / 2 : 0);
}

/** Puts the bands where they begin. */
function stack(layers: readonly Item[][], bands: number, topsOf: (heights: number[]) => number[]): void {
  const tops = new Array<number>(bands).fill(Infinity);
  const ends = new Array<number>(bands).fill(-Infinity);
  for (const layer of layers) {
    for (const item of layer) {
      tops[item.band] = Math.min(tops[item.band]!, item.y - item.up);
      ends[item.band] = Math.max(ends[item.band]!, item.y + item.down);
    }
  }
  const begins = topsOf(tops.map((top, band) => (top === Infinity ? 0 : Math.ceil(ends[band]! - top))));
  for (const layer of layers) for (const item of layer) item.y = Math.round(item.y - tops[item.band]! + begins[item.band]!);
}

// ---------------------------------------------------------------- how far to the right

/** Gives layers and tracks their places: a gap is as wide as its tracks and labels need. */
function spread(layers: readonly Item[][], layerOf: Map<Item, number>, runs: readonly Run[]): { xs: number[]; tracks: Map<string, number>; labelled: number[]; width: number } {
  const steps: Step[][] = Array.from({ length: layers.length + 1 }, () => []);
  const labels = new Array<number>(layers.length + 1).fill(0);
  for (const run of runs) {
    const own = stepsOf(run, layerOf);
    for (const step of own) if (step.left() !== step.right()) steps[step.gap]!.push(step);
    labels[own[0]!.gap] = Math.max(labels[own[0]!.gap]!, run.edge.label);
  }
  const tracks = new Map<string, number>();
  const labelled: number[] = [];
  const xs: number[] = [];
  let left = 0;
  for (let gap = 0; gap <= layers.length; gap++) {
    const { count, indexes } = assign(steps[gap]!);
    for (const [key, index] of indexes) tracks.set(key, left + GAP / 2 + TRACK * index);
    labelled.push(left + GAP / 2 + TRACK * Math.max(0, count - 1) + 4);
    const outside = gap === 0 || gap === layers.length;
    left += outside && count === 0 ? 0 : GAP + TRACK * Math.max(0, count - 1) + labels[gap]!;
    if (gap === layers.length) break;
    const widest = Math.max(0, ...layers[gap]!.map((item) => item.slot?.width ?? 0));
    xs.push(left + widest / 2);
    left += widest;
  }
  return { xs, tracks, labelled, width: left };
}

function stepsOf(run: Run, layerOf: Map<Item, number>): Step[] {
  const shift = run.edge.below?.y ?? 0;
  const steps: Step[] = [];
  run.items.slice(1).forEach((item, index) => {
    const from = run.items[index]!;
    const first = index === 0;
    const height = () => from.y + (first ? shift : 0);
    const layer = layerOf.get(from)!;
    // back: out at the right of the source, between the places from right to left, and in at the left of the target
    const gap = run.back && !first ? layer : layer + 1;
    const key = `${first && !run.edge.below ? `from ${from.slot!.id}` : `flow ${run.edge.id}`} ${gap}`;
    const turned = run.back && !first;
    steps.push({ key, gap, left: turned ? () => item.y : height, right: turned ? height : () => item.y });
  });
  return steps;
}

/** Gives the flows through a gap their tracks, counted from the left, so that no two lie on each other. */
function assign(steps: readonly Step[]): { count: number; indexes: Map<string, number> } {
  const spans = new Map<string, { key: string; low: number; high: number; begin: number; down: boolean }>();
  for (const step of steps) {
    const [left, right] = [step.left(), step.right()];
    const span = spans.get(step.key) ?? { key: step.key, low: Infinity, high: -Infinity, begin: left, down: right > left };
    span.low = Math.min(span.low, left, right);
    span.high = Math.max(span.high, left, right);
    spans.set(step.key, span);
  }
  const sorted = [...spans.values()].sort((a, b) => Number(a.down) - Number(b.down) || (a.down ? b.begin - a.begin : a.begin - b.begin));
  const taken: { low: number; high: number }[][] = [];
  const indexes = new Map<string, number>();
  for (const span of sorted) {
    let index = taken.findIndex((others) => others.every((other) => other.high + 6 < span.low || span.high + 6 < other.low));
    if (index < 0) index = taken.push([]) - 1;
    taken[index]!.push(span);
    indexes.set(span.key, index);
  }
  return { count: taken.length, indexes };
}

// ---------------------------------------------------------------- lines

function lead(run: Run, layerOf: Map<Item, number>, middles: Map<string, Point>, tracks: Map<string, number>): Point[] {
  const { edge, items } = run;
  const source = items[0]!.slot!;
  const target = items[items.length - 1]!.slot!;
  const from = middles.get(source.id)!;
  const to = middles.get(target.id)!;
  const points: Point[] = [];
  if (edge.below) {
    points.push({ x: from.x + edge.below.x, y: from.y + edge.below.from }, { x: from.x + edge.below.x, y: from.y + edge.below.y });
  } else points.push({ x: from.x + source.body / 2, y: from.y });
  for (const [index, step] of stepsOf(run, layerOf).entries()) {
    const turned = run.back && index > 0;
    const [begin, end] = turned ? [step.right(), step.left()] : [step.left(), step.right()];
    const track = tracks.get(step.key);
    if (track !== undefined && begin !== end) points.push({ x: track, y: begin }, { x: track, y: end });
  }
  points.push({ x: to.x - target.body / 2, y: to.y });
  return plainer(points);
}

/** Without points that lie on the line between their neighbours. */
function plainer(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const last = kept[kept.length - 1];
    if (last && last.x === point.x && last.y === point.y) continue;
    const before = kept[kept.length - 2];
    if (last && before && ((before.x === last.x && last.x === point.x) || (before.y === last.y && last.y === point.y))) kept.pop();
    kept.push(point);
  }
  return kept;
}
