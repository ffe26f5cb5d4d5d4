/** The automatic layout: nothing over anything, all inside of what it belongs to, flows from end to end. */

import { describe, expect, it } from "vitest";
import { layersOf, type Point } from "./layers";
import { drawPools, drawScope, type Box, type Drawn, type Flow, type Lane, type Node, type Scope } from "./layout";

const SLACK = 0.5;

function task(id: string, more: Partial<Node> = {}): Node {
  return { id, width: 100, height: 80, label: "", inside: null, boundaries: [], ...more };
}

function gateway(id: string, label = ""): Node {
  return task(id, { width: 50, height: 50, label });
}

function event(id: string, label = ""): Node {
  return task(id, { width: 36, height: 36, label });
}

function flows(...pairs: string[]): Flow[] {
  return pairs.map((pair) => {
    const [from = "", to = "", label = ""] = pair.split(" ");
    return { id: `${from}-${to}`, from, to, label };
  });
}

function scope(nodes: Node[], more: Partial<Scope> = {}): Scope {
  return { nodes, flows: [], lanes: [], remarks: [], links: [], ...more };
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width - SLACK && b.x < a.x + a.width - SLACK && a.y < b.y + b.height - SLACK && b.y < a.y + a.height - SLACK;
}

function inside(outer: Box, inner: Box): boolean {
  return inner.x >= outer.x - SLACK && inner.y >= outer.y - SLACK && inner.x + inner.width <= outer.x + outer.width + SLACK && inner.y + inner.height <= outer.y + outer.height + SLACK;
}

function onBorder(box: Box, point: Point): boolean {
  const near = { x: box.x - SLACK, y: box.y - SLACK, width: box.width + 2 * SLACK, height: box.height + 2 * SLACK };
  const within = point.x >= near.x && point.x <= near.x + near.width && point.y >= near.y && point.y <= near.y + near.height;
  const core = point.x > box.x + SLACK && point.x < box.x + box.width - SLACK && point.y > box.y + SLACK && point.y < box.y + box.height - SLACK;
  return within && !core;
}

/** All that is wrong with a drawing of a scope, in words. */
function wrongIn(shown: Scope, drawn: Drawn, parent: Box | null): string[] {
  const wrong: string[] = [];
  const box = (id: string) => drawn.boxes.get(id) ?? (wrong.push(`${id} is drawn nowhere`), { x: 0, y: 0, width: 0, height: 0 });
  const things = [...shown.nodes.map((node) => node.id), ...shown.remarks.map((remark) => remark.id)];
  const boundaries = new Map(shown.nodes.flatMap((node) => node.boundaries.map((one) => [one.id, node.id] as const)));
  const solid = [...things, ...boundaries.keys()];
  for (const [index, one] of solid.entries()) {
    if (parent && !inside(parent, box(one))) wrong.push(`${one} is not inside of its parent`);
    for (const other of solid.slice(index + 1)) {
      if (boundaries.get(one) === other || boundaries.get(other) === one) continue;
      if (overlap(box(one), box(other))) wrong.push(`${one} lies over ${other}`);
    }
  }
  for (const [id, host] of boundaries) if (!overlap(box(id), box(host))) wrong.push(`${id} is not at ${host}`);
  const leaves = (lanes: readonly Lane[], around: Box | null): void => {
    for (const [index, lane] of lanes.entries()) {
      const own = box(lane.id);
      if (around && !inside(around, own)) wrong.push(`${lane.id} is not inside of its lane`);
      for (const other of lanes.slice(index + 1)) if (overlap(own, box(other.id))) wrong.push(`${lane.id} lies over ${other.id}`);
      for (const id of lane.nodes) if (drawn.boxes.has(id) && !inside(own, box(id))) wrong.push(`${id} is not inside of ${lane.id}`);
      leaves(lane.lanes, own);
    }
  };
  leaves(shown.lanes, parent);
  for (const flow of shown.flows) {
    const line = drawn.lines.get(flow.id);
    if (!line || line.length < 2) {
      wrong.push(`${flow.id} is drawn nowhere`);
      continue;
    }
    if (!onBorder(box(flow.from), line[0]!)) wrong.push(`${flow.id} does not begin at ${flow.from}`);
    if (!onBorder(box(flow.to), line[line.length - 1]!)) wrong.push(`${flow.id} does not end at ${flow.to}`);
    for (const [index, to] of line.slice(1).entries()) {
      const from = line[index]!;
      if (from.x !== to.x && from.y !== to.y) wrong.push(`${flow.id} runs askew`);
      const stroke = { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
      for (const id of solid) {
        const other = box(id);
        const core = { x: other.x + 1, y: other.y + 1, width: other.width - 2, height: other.height - 2 };
        const crosses = stroke.x < core.x + core.width && core.x < stroke.x + stroke.width + 0.001 && stroke.y < core.y + core.height && core.y < stroke.y + stroke.height + 0.001;
        if (crosses) wrong.push(`${flow.id} runs over ${id}`);
      }
    }
  }
  for (const link of shown.links) {
    const line = drawn.lines.get(link.id);
    if (!line) wrong.push(`${link.id} is drawn nowhere`);
    else if (drawn.boxes.has(link.from) && !onBorder(box(link.from), line[0]!)) wrong.push(`${link.id} does not begin at ${link.from}`);
  }
  for (const node of shown.nodes) if (node.inside) wrong.push(...wrongIn(node.inside, drawn, box(node.id)));
  return wrong;
}

const LOOP = scope([event("start", "Order received"), task("check"), gateway("good", "Is it good?"), task("mend"), event("end")], {
  flows: flows("start check", "check good", "good end yes", "good mend no", "mend check", "check check"),
});

const BOUNDARIES = scope(
  [
    event("start"),
    task("work", { boundaries: [{ id: "late", label: "After two weeks without an answer" }, { id: "broken", label: "" }, { id: "gone", label: "Order withdrawn" }, { id: "undo", label: "" }] }),
    task("remind"),
    task("repair"),
    task("tell"),
    task("revert"),
    event("end", "Done"),
    event("other"),
  ],
  { flows: flows("start work", "work end", "late remind", "remind end", "broken repair", "repair work", "gone tell", "gone other", "undo revert") },
);

const NESTED = scope(
  [
    event("start"),
    task("sub", {
      boundaries: [{ id: "limit", label: "One day" }],
      inside: scope(
        [event("begin"), task("first"), task("inner", { inside: scope([event("b2"), task("t2"), event("e2")], { flows: flows("b2 t2", "t2 e2") }) }), event("finish"), task("watch", { inside: scope([event("w1"), task("w2")], { flows: flows("w1 w2") }) })],
        { flows: flows("begin first", "first inner", "inner finish", "inner first") },
      ),
    }),
    task("empty", { inside: scope([]) }),
    task("rescue", { inside: scope([event("r1"), task("r2"), event("r3")], { flows: flows("r1 r2", "r2 r3") }) }),
    task("alone"),
    event("end"),
  ],
  { flows: flows("start sub", "sub empty", "empty end", "limit end") },
);

const REMARKS = scope([event("start"), task("a", { boundaries: [{ id: "t", label: "" }] }), gateway("split", "Which way?"), task("b"), task("c"), event("end", "Over")], {
  flows: flows("start a", "a split", "split b", "split c", "b end", "c end", "t end"),
  remarks: [
    { id: "note", width: 160, height: 60, label: "", above: true },
    { id: "note2", width: 160, height: 45, label: "", above: true },
    { id: "data", width: 50, height: 50, label: "Invoice as it was sent", above: false },
    { id: "store", width: 50, height: 50, label: "Archive", above: false },
    { id: "lost", width: 160, height: 40, label: "", above: true },
    { id: "onflow", width: 100, height: 40, label: "", above: true },
  ],
  links: [
    { id: "l1", from: "note", to: "a" },
    { id: "l2", from: "note2", to: "a" },
    { id: "l3", from: "a", to: "data" },
    { id: "l4", from: "data", to: "c" },
    { id: "l5", from: "store", to: "b" },
    { id: "l6", from: "onflow", to: "split-b" },
  ],
});

function lane(id: string, nodes: string[], lanes: Lane[] = []): Lane {
  return { id, nodes, lanes };
}

const LANES = scope(
  [event("start"), task("ask"), task("weigh"), gateway("ok"), task("pay"), task("book"), event("end"), task("aside"), task("file", { boundaries: [{ id: "slow", label: "Slow" }] }), task("nowhere")],
  {
    flows: flows("start ask", "ask weigh", "weigh ok", "ok ask again", "ok pay", "pay book", "book file", "file end", "slow weigh"),
    lanes: [lane("sales", ["start", "ask", "end"]), lane("money", [], [lane("boss", ["weigh", "ok"]), lane("clerk", ["pay", "book", "aside"])]), lane("idle", []), lane("office", ["file"])],
  },
);

/** A number between 0 and 1, the same ones for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function anyScope(next: () => number, prefix: string, size: number, depth: number): Scope {
  const upTo = (most: number) => Math.floor(next() * most);
  const nodes: Node[] = [];
  for (let index = 0; index < size; index++) {
    const id = `${prefix}${index}`;
    const kind = next();
    const label = next() < 0.4 ? "A name of some length".slice(0, 4 + upTo(16)) : "";
    if (kind < 0.2) nodes.push(gateway(id, label));
    else if (kind < 0.35) nodes.push(event(id, label));
    else {
      const boundaries = next() < 0.3 ? Array.from({ length: 1 + upTo(3) }, (_, nth) => ({ id: `${id}_b${nth}`, label: nth % 2 ? label : "" })) : [];
      nodes.push(task(id, { boundaries, inside: depth > 0 && next() < 0.2 ? anyScope(next, `${id}_`, 1 + upTo(6), depth - 1) : null }));
    }
  }
  const sources = nodes.flatMap((node) => [node.id, ...node.boundaries.map((one) => one.id)]);
  const made = new Map<string, Flow>();
  for (let index = 0; index < size * 1.4; index++) {
    const from = sources[upTo(sources.length)]!;
    const to = nodes[upTo(nodes.length)]!.id;
    made.set(`${from}-${to}`, { id: `${from}-${to}`, from, to, label: next() < 0.2 ? "yes" : "" });
  }
  const remarks = Array.from({ length: upTo(4) }, (_, index) => ({ id: `${prefix}r${index}`, width: index % 2 ? 50 : 150, height: 50, label: index % 2 ? "Data" : "", above: index % 2 === 0 }));
  const links = remarks.filter(() => next() < 0.7).map((one, index) => ({ id: `${prefix}l${index}`, from: one.id, to: sources[upTo(sources.length)]! }));
  const lanes = next() < 0.5 && depth > 1 ? Array.from({ length: 2 + upTo(3) }, (_, band) => lane(`${prefix}lane${band}`, nodes.filter((_, index) => index % 5 === band).map((node) => node.id))) : [];
  return scope(nodes, { flows: [...made.values()], remarks, links, lanes });
}

describe("a drawing", () => {
  it.each(Object.entries({ LOOP, BOUNDARIES, NESTED, REMARKS, LANES, EMPTY: scope([]) }))("of %s", (_, shown) => {
    expect(wrongIn(shown, drawScope(shown), null)).toEqual([]);
  });

  it.each(Array.from({ length: 150 }, (_, seed) => seed))("of anything (%i)", (seed) => {
    const shown = anyScope(random(seed * 7919 + 1), "n", 3 + (seed % 25), 2);
    expect(wrongIn(shown, drawScope(shown), null)).toEqual([]);
  });

  it("of 400 elements", () => {
    const shown = anyScope(random(5), "n", 400, 1);
    expect(wrongIn(shown, drawScope(shown), null)).toEqual([]);
  });

  it("of pools, and of messages between them", () => {
    const inside = LANES;
    const other = { ...LOOP, nodes: LOOP.nodes.map((node) => ({ ...node, id: `o_${node.id}` })), flows: [] };
    const messages = [...flows("pay buyer", "buyer ask"), ...flows("weigh o_check"), { id: "around", from: "o_mend", to: "buyer", label: "" }];
    const drawn = drawPools([{ id: "buyer", inside: null }, { id: "shop", inside }, { id: "bank", inside: other }], messages, [], []);
    const pools = ["buyer", "shop", "bank"].map((id) => drawn.boxes.get(id)!);
    expect(overlap(pools[0]!, pools[1]!) || overlap(pools[1]!, pools[2]!)).toBe(false);
    expect(wrongIn(inside, drawn, pools[1]!)).toEqual([]);
    expect(wrongIn(other, drawn, pools[2]!)).toEqual([]);
    for (const message of messages) {
      const line = drawn.lines.get(message.id)!;
      expect(onBorder(drawn.boxes.get(message.from)!, line[0]!), message.id).toBe(true);
      expect(onBorder(drawn.boxes.get(message.to)!, line[line.length - 1]!), message.id).toBe(true);
    }
  });

  it("puts what follows one thing alone exactly behind it", () => {
    const drawn = drawScope(scope([event("a"), task("b"), task("c"), event("d")], { flows: flows("a b", "b c", "c d") }));
    expect([...drawn.lines.values()].map((line) => line.length)).toEqual([2, 2, 2]);
  });

  it("of a process from left to right", () => {
    const drawn = drawScope(LOOP);
    const order = ["start", "check", "good", "mend"].map((id) => drawn.boxes.get(id)!.x);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
  });
});

describe("layersOf", () => {
  const edges = (...pairs: string[]) => flows(...pairs);

  it("puts everything behind what leads to it", () => {
    expect(layersOf(["start", "split", "a", "b", "c", "join"], edges("start split", "split a", "split b", "a join", "b c", "c join"))).toEqual([["start"], ["split"], ["a", "b"], ["c"], ["join"]]);
  });

  it("lets a loop lead back", () => {
    expect(layersOf(["start", "work", "check", "end"], edges("start work", "work check", "check work", "check end"))).toEqual([["start"], ["work"], ["check"], ["end"]]);
  });

  it("draws ten thousand elements in a row", () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `e${index}`);
    const shown = scope(ids.map((id) => task(id)), { flows: ids.slice(1).map((id, index) => ({ id: `f${index}`, from: ids[index]!, to: id, label: "" })) });
    const drawn = drawScope(shown);
    expect(drawn.boxes.get("e9999")!.x).toBeGreaterThan(1_000_000);
  });
});
