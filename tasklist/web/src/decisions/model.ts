/** A file of decisions (DMN 1.1 to 1.5) as the app shows it: tables, boxed and other expressions, and what requires what. */

export interface Clause {
  id: string;
  /** What people call it. */
  label: string;
  /** Of an input the expression, of an output the name of the variable. */
  expression: string;
  /** As the file says it: "string", "integer", "date"; "" where it says nothing. */
  type: string;
  /** The values that are allowed, as the file says it. */
  values: string;
}

export interface Rule {
  id: string;
  inputs: readonly string[];
  outputs: readonly string[];
  annotations: readonly string[];
}

export interface Table {
  kind: "table";
  hitPolicy: string;
  aggregation: string;
  inputs: readonly Clause[];
  outputs: readonly Clause[];
  annotations: readonly string[];
  rules: readonly Rule[];
}

export interface Expression {
  kind: "expression";
  text: string;
  language: string;
}

/** A name, with its type as the file says it. */
export interface Named {
  name: string;
  type: string;
}

/** A value with a name. */
export interface Entry extends Named {
  logic: Logic;
}

/** Values with names; each sees those before it. Without a `result` it is they that are the value. */
export interface Context {
  kind: "context";
  entries: readonly Entry[];
  result: Logic | null;
}

export interface Invocation {
  kind: "invocation";
  called: Logic;
  bindings: readonly Entry[];
}

/** `language` is FEEL where the body is a boxed expression. */
export interface FunctionDefinition {
  kind: "function";
  language: string;
  parameters: readonly Named[];
  body: Logic;
}

/** Rows with a value for each column. */
export interface Relation {
  kind: "relation";
  columns: readonly Named[];
  rows: readonly (readonly Logic[])[];
}

export interface List {
  kind: "list";
  items: readonly Logic[];
}

export type StepsWord = "for" | "some" | "every" | "filter" | "conditional";

/** What FEEL writes with words, in boxes: "in" and "return" of `for`, the `variable` of which the latter sees. */
export interface Steps {
  kind: "steps";
  word: StepsWord;
  variable: string;
  steps: readonly (readonly [word: string, logic: Logic])[];
}

/** What cannot be shown, or (without a word) is not there. */
export interface Other {
  kind: "other";
  word: string;
}

export type Boxed = Context | Invocation | FunctionDefinition | Relation | List | Steps;
export type Logic = Table | Expression | Boxed | Other;

export interface Decision {
  id: string;
  name: string;
  /** The variable that its result becomes, for what requires it; and its type. */
  variable: string;
  type: string;
  question: string;
  description: string;
  logic: Logic;
}

/** A function that decisions call by its name (DMN: business knowledge model). */
export interface Knowledge {
  id: string;
  name: string;
  variable: string;
  logic: Logic;
}

export type NodeKind = "decision" | "inputData" | "businessKnowledgeModel" | "knowledgeSource" | "decisionService";

/** One thing of the picture, and where it is drawn. */
export interface Node {
  id: string;
  kind: NodeKind;
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export type RequirementKind = "information" | "knowledge" | "authority";

export interface Requirement {
  id: string;
  kind: RequirementKind;
  from: string;
  to: string;
  points: readonly (readonly [number, number])[];
}

/** What can be given to decisions: the variable, and its type as the file says it. */
export interface InputData {
  id: string;
  variable: string;
  type: string;
}

export interface Model {
  name: string;
  decisions: ReadonlyMap<string, Decision>;
  inputs: ReadonlyMap<string, InputData>;
  knowledge: ReadonlyMap<string, Knowledge>;
  nodes: readonly Node[];
  requirements: readonly Requirement[];
}

const KINDS: readonly NodeKind[] = ["decision", "inputData", "businessKnowledgeModel", "knowledgeSource", "decisionService"];
const STEPS: Readonly<Record<StepsWord, readonly string[]>> = {
  for: ["in", "return"],
  some: ["in", "satisfies"],
  every: ["in", "satisfies"],
  filter: ["in", "match"],
  conditional: ["if", "then", "else"],
};
/** What stands in decisions and boxes beside their logic. */
const BESIDE = new Set(["description", "extensionElements", "question", "allowedAnswers", "variable", "informationRequirement", "knowledgeRequirement", "authorityRequirement", "supportedObjective", "impactedPerformanceIndicator", "decisionMaker", "decisionOwner", "usingProcess", "usingTask", "parameter", "binding", "formalParameter", "column", "row"]);

/** Reads a file. Throws an Error for what is none. */
export function readModel(xml: string): Model {
  const root = new DOMParser().parseFromString(xml, "application/xml").documentElement;
  if (root.localName !== "definitions") throw new Error("This is no file of decisions.");
  const elements = children(root).filter((one) => (KINDS as readonly string[]).includes(one.localName));
  const decisions = elements.filter((one) => one.localName === "decision").map(readDecision);
  const inputs = elements.filter((one) => one.localName === "inputData").map(readInput);
  const knowledge = elements.filter((one) => one.localName === "businessKnowledgeModel").map(readKnowledge);
  return {
    name: root.getAttribute("name") ?? "",
    decisions: new Map(decisions.map((one) => [one.id, one])),
    inputs: new Map(inputs.map((one) => [one.id, one])),
    knowledge: new Map(knowledge.map((one) => [one.id, one])),
    ...picture(root, elements),
  };
}

/** What a decision requires, directly and by what it requires: itself last, each once. */
export function required(model: Model, id: string, seen = new Set<string>()): string[] {
  if (seen.has(id)) return [];
  seen.add(id);
  const before = model.requirements.filter((one) => one.kind === "information" && one.to === id);
  return [...before.flatMap((one) => required(model, one.from, seen)), id];
}

/** The functions that a decision calls, and those that they call, each once. */
export function calledBy(model: Model, id: string, seen = new Set<string>()): Knowledge[] {
  const called = model.requirements.filter((one) => one.kind === "knowledge" && one.to === id && !seen.has(one.from));
  return called.flatMap(({ from }) => {
    if (seen.has(from)) return [];
    seen.add(from);
    const found = model.knowledge.get(from);
    return [...(found ? [found] : []), ...calledBy(model, from, seen)];
  });
}

/** How the hit policy is called: "UNIQUE", "COLLECT SUM". */
export function policyOf(table: Table): string {
  return table.aggregation ? `${table.hitPolicy} ${table.aggregation}` : table.hitPolicy;
}

// ---------------------------------------------------------------- decisions

function readDecision(element: Element): Decision {
  const id = element.getAttribute("id") ?? "";
  const variable = child(element, "variable");
  return {
    id,
    name: element.getAttribute("name") || id,
    variable: variable?.getAttribute("name") || id,
    type: typeOf(variable),
    question: textOf(element, "question"),
    description: textOf(element, "description"),
    logic: logicIn(element),
  };
}

function readKnowledge(element: Element): Knowledge {
  const id = element.getAttribute("id") ?? "";
  const name = element.getAttribute("name") || id;
  const logic = child(element, "encapsulatedLogic");
  return { id, name, variable: child(element, "variable")?.getAttribute("name") || name, logic: logic ? readFunction(logic) : NOTHING };
}

const NOTHING: Other = { kind: "other", word: "" };

/** The expression among the children of an element. */
function logicIn(element: Element | undefined): Logic {
  const found = element && children(element).find((one) => !BESIDE.has(one.localName));
  return found ? readLogic(found) : NOTHING;
}

function readLogic(element: Element): Logic {
  const word = element.localName;
  switch (word) {
    case "decisionTable":
      return readTable(element);
    case "literalExpression":
      return { kind: "expression", text: textOf(element, "text"), language: languageOf(element) };
    case "context": {
      const entries = children(element).filter((one) => one.localName === "contextEntry");
      const result = entries.find((one) => !child(one, "variable"));
      return { kind: "context", entries: entries.filter((one) => one !== result).map((one) => readEntry(one, "variable")), result: result ? logicIn(result) : null };
    }
    case "invocation":
      return { kind: "invocation", called: logicIn(element), bindings: children(element).filter((one) => one.localName === "binding").map((one) => readEntry(one, "parameter")) };
    case "functionDefinition":
      return readFunction(element);
    case "relation":
      return {
        kind: "relation",
        columns: children(element).filter((one) => one.localName === "column").map(readNamed),
        rows: children(element).filter((one) => one.localName === "row").map((row) => expressionsIn(row).map(readLogic)),
      };
    case "list":
      return { kind: "list", items: expressionsIn(element).map(readLogic) };
    default:
      if (!(word in STEPS)) return { kind: "other", word };
      return {
        kind: "steps",
        word: word as StepsWord,
        variable: element.getAttribute("iteratorVariable") ?? "",
        steps: STEPS[word as StepsWord].map((name) => [name, logicIn(child(element, name))]),
      };
  }
}

function expressionsIn(element: Element): Element[] {
  return children(element).filter((one) => !BESIDE.has(one.localName));
}

function readNamed(element: Element): Named {
  return { name: element.getAttribute("name") ?? "", type: typeOf(element) };
}

function readEntry(element: Element, name: "variable" | "parameter"): Entry {
  const named = child(element, name);
  return { ...(named ? readNamed(named) : { name: "", type: "" }), logic: logicIn(element) };
}

function readFunction(element: Element): FunctionDefinition {
  const kind = element.getAttribute("kind") ?? "FEEL";
  return { kind: "function", language: kind, parameters: children(element).filter((one) => one.localName === "formalParameter").map(readNamed), body: logicIn(element) };
}

function readTable(table: Element): Table {
  const parts = children(table);
  const named = (name: string) => parts.filter((one) => one.localName === name);
  const entries = (rule: Element, name: string) => children(rule).filter((one) => one.localName === name).map((one) => textOf(one, "text"));
  return {
    kind: "table",
    hitPolicy: table.getAttribute("hitPolicy") || "UNIQUE",
    aggregation: table.getAttribute("aggregation") ?? "",
    inputs: named("input").map((input) => {
      const expression = child(input, "inputExpression");
      const text = expression ? textOf(expression, "text") : "";
      return { id: input.getAttribute("id") ?? "", label: input.getAttribute("label") || text, expression: text, type: typeOf(expression), values: valuesOf(input, "inputValues") };
    }),
    outputs: named("output").map((output) => {
      const name = output.getAttribute("name") ?? "";
      return { id: output.getAttribute("id") ?? "", label: output.getAttribute("label") || name, expression: name, type: typeOf(output), values: valuesOf(output, "outputValues") };
    }),
    annotations: named("annotation").map((one) => one.getAttribute("name") ?? ""),
    rules: named("rule").map((rule) => {
      const annotations = entries(rule, "annotationEntry");
      const described = textOf(rule, "description"); // where Camunda keeps its annotations
      return { id: rule.getAttribute("id") ?? "", inputs: entries(rule, "inputEntry"), outputs: entries(rule, "outputEntry"), annotations: annotations.length || !described ? annotations : [described] };
    }),
  };
}

function readInput(element: Element): InputData {
  const id = element.getAttribute("id") ?? "";
  const variable = child(element, "variable");
  return { id, variable: variable?.getAttribute("name") || element.getAttribute("name") || id, type: typeOf(variable) };
}

// ---------------------------------------------------------------- the picture

const WIDTH = 180;
const HEIGHT = 80;
const APART = 60;

function picture(root: Element, elements: readonly Element[]): { nodes: Node[]; requirements: Requirement[] } {
  const bounds = new Map<string, Omit<Node, "id" | "kind" | "name">>();
  const ways = new Map<string, [number, number][]>();
  const number = (element: Element, name: string) => Number(element.getAttribute(name) ?? 0);
  for (const shape of root.getElementsByTagNameNS("*", "DMNShape")) {
    const box = child(shape, "Bounds");
    const id = local(shape.getAttribute("dmnElementRef"));
    if (box && !bounds.has(id)) bounds.set(id, { x: number(box, "x"), y: number(box, "y"), width: number(box, "width"), height: number(box, "height") });
  }
  for (const edge of root.getElementsByTagNameNS("*", "DMNEdge")) {
    const points = children(edge).filter((one) => one.localName === "waypoint");
    ways.set(local(edge.getAttribute("dmnElementRef")), points.map((one) => [number(one, "x"), number(one, "y")]));
  }
  const requirements = elements.flatMap((element) =>
    children(element)
      .filter((one) => one.localName.endsWith("Requirement"))
      .flatMap((one): Omit<Requirement, "points">[] => {
        const source = children(one).find((each) => each.localName.startsWith("required"));
        if (!source) return [];
        const kind = one.localName.replace("Requirement", "") as RequirementKind;
        return [{ id: one.getAttribute("id") ?? "", kind, from: local(source.getAttribute("href")), to: element.getAttribute("id") ?? "" }];
      }),
  );
  const known = new Set(elements.map((one) => one.getAttribute("id") ?? ""));
  const here = requirements.filter((one) => known.has(one.from));
  const drawn = elements.every((one) => bounds.has(one.getAttribute("id") ?? ""));
  const places = drawn ? bounds : laidOut([...known], here);
  const nodes = elements.map((one): Node => {
    const id = one.getAttribute("id") ?? "";
    const place = places.get(id) ?? { x: 0, y: 0, width: WIDTH, height: HEIGHT };
    return { id, kind: one.localName as NodeKind, name: one.getAttribute("name") || id, ...place };
  });
  const byId = new Map(nodes.map((one) => [one.id, one]));
  return {
    nodes,
    requirements: here.map((one) => {
      const way = drawn ? ways.get(one.id) : undefined;
      return { ...one, points: way && way.length > 1 ? way : between(byId.get(one.from)!, byId.get(one.to)!) };
    }),
  };
}

/** Each thing stands below all that requires it. */
function laidOut(ids: readonly string[], requirements: readonly Omit<Requirement, "points">[]): Map<string, Omit<Node, "id" | "kind" | "name">> {
  const levels = new Map<string, number>();
  const level = (id: string, above: ReadonlySet<string>): number => {
    if (above.has(id)) return 0; // a circle, which no server takes
    const known = levels.get(id);
    if (known !== undefined) return known;
    const users = requirements.filter((one) => one.from === id).map((one) => level(one.to, new Set([...above, id])) + 1);
    const found = Math.max(0, ...users);
    levels.set(id, found);
    return found;
  };
  for (const id of ids) level(id, new Set());
  const rows = new Map<number, string[]>();
  for (const id of ids) rows.set(levels.get(id) ?? 0, [...(rows.get(levels.get(id) ?? 0) ?? []), id]);
  const widest = Math.max(1, ...[...rows.values()].map((row) => row.length));
  const places = new Map<string, Omit<Node, "id" | "kind" | "name">>();
  for (const [row, members] of rows) {
    const indent = ((widest - members.length) * (WIDTH + APART)) / 2;
    members.forEach((id, index) => places.set(id, { x: indent + index * (WIDTH + APART), y: row * (HEIGHT + APART), width: WIDTH, height: HEIGHT }));
  }
  return places;
}

/** From the middle of one to the middle of the other, as far as it lies outside of both. */
function between(from: Node, to: Node): [number, number][] {
  const middle = (node: Node): [number, number] => [node.x + node.width / 2, node.y + node.height / 2];
  const [fromX, fromY] = middle(from);
  const [toX, toY] = middle(to);
  const edge = (node: Node, [x, y]: [number, number], across: number, down: number): [number, number] => {
    const part = Math.min(Math.abs(node.width / 2 / (across || 1e-9)), Math.abs(node.height / 2 / (down || 1e-9)), 1);
    return [x + across * part, y + down * part];
  };
  return [edge(from, [fromX, fromY], toX - fromX, toY - fromY), edge(to, [toX, toY], fromX - toX, fromY - toY)];
}

// ---------------------------------------------------------------- XML

function children(element: Element): Element[] {
  return [...element.children];
}

function child(element: Element, name: string): Element | undefined {
  return children(element).find((one) => one.localName === name);
}

function textOf(element: Element, name: string): string {
  return child(element, name)?.textContent?.trim() ?? "";
}

/** "string" of "feel:string" and of "string"; DMN 1.1 and Camunda write it both ways. */
function typeOf(element: Element | undefined): string {
  return element?.getAttribute("typeRef")?.replace(/^.*:/, "") ?? "";
}

function languageOf(element: Element): string {
  const named = element.getAttribute("expressionLanguage") ?? "";
  return /feel/i.test(named) || !named ? "FEEL" : named;
}

function valuesOf(element: Element, name: string): string {
  const values = child(element, name);
  return values ? textOf(values, "text") : "";
}

/** The id of "#id" and of "file#id". */
function local(reference: string | null): string {
  return reference?.replace(/^.*#/, "").replace(/^.*:/, "") ?? "";
}
