/** What a new model may begin with. Each is laid out by hand, deploys as it is, and is small enough to understand. */

export interface Template {
  id: string;
  label: string;
  about: string;
  /** The model of a process with that key; of a decision, where `decides`. */
  make: (key: string) => string;
  decides?: boolean;
  /** Its forms, by the names of their files. */
  forms?: Readonly<Record<string, object>>;
}

/** A node of a template: kind, id, name, column and row of a grid, and what stands inside its element. */
interface Node {
  kind: "startEvent" | "endEvent" | "userTask" | "serviceTask" | "exclusiveGateway" | "boundaryEvent";
  id: string;
  name?: string;
  at: [number, number];
  attributes?: string;
  inside?: string;
}

interface Flow {
  id: string;
  from: string;
  to: string;
  name?: string;
  condition?: string;
}

const SIZES: Record<Node["kind"], [number, number]> = {
  startEvent: [36, 36],
  endEvent: [36, 36],
  boundaryEvent: [36, 36],
  exclusiveGateway: [50, 50],
  userTask: [100, 80],
  serviceTask: [100, 80],
};

const start: Node = { kind: "startEvent", id: "start", name: "Request received", at: [0, 0] };

export const TEMPLATES: readonly Template[] = [
  {
    id: "empty",
    label: "Empty",
    about: "One start event",
    make: (key) => model(key, "New process", [{ ...start, name: "Start" }], []),
  },
  {
    id: "approval",
    label: "Approval",
    about: "Somebody asks, somebody else approves or rejects; with both forms",
    make: (key) =>
      model(
        key,
        "Approval",
        [
          { ...start, attributes: using("request") },
          { kind: "userTask", id: "approve", name: "Approve the request", at: [1, 0], attributes: `camunda:candidateGroups="management" ${using("approve")}` },
          { kind: "exclusiveGateway", id: "decided", name: "Approved?", at: [2, 0], attributes: 'default="rejected"' },
          { kind: "endEvent", id: "done", name: "Approved", at: [3, 0] },
          { kind: "endEvent", id: "refused", name: "Rejected", at: [3, 1] },
        ],
        [
          { id: "f1", from: "start", to: "approve" },
          { id: "f2", from: "approve", to: "decided" },
          { id: "accepted", from: "decided", to: "done", name: "yes", condition: "${approved}" },
          { id: "rejected", from: "decided", to: "refused", name: "no" },
        ],
      ),
    forms: {
      "request.form": asking("request", "Request", [
        { type: "textfield", id: "Subject", key: "subject", label: "What is it about?", validate: { required: true } },
        { type: "textarea", id: "Reason", key: "reason", label: "Why?" },
      ]),
      "approve.form": asking("approve", "Approve the request", [
        { type: "textfield", id: "Subject", key: "subject", label: "What is it about?", readonly: true },
        { type: "textarea", id: "Reason", key: "reason", label: "Why?", readonly: true },
        { type: "checkbox", id: "Approved", key: "approved", label: "Approved" },
        { type: "textarea", id: "Remark", key: "remark", label: "Remark" },
      ]),
    },
  },
  {
    id: "four-eyes",
    label: "Four eyes",
    about: "One person prepares, another one checks",
    make: (key) =>
      model(
        key,
        "Four eyes",
        [
          start,
          { kind: "userTask", id: "prepare", name: "Prepare", at: [1, 0], attributes: 'camunda:candidateGroups="accounting"' },
          { kind: "userTask", id: "check", name: "Check", at: [2, 0], attributes: 'camunda:candidateGroups="management"', inside: form("accepted", "In order?") },
          { kind: "exclusiveGateway", id: "checked", name: "In order?", at: [3, 0], attributes: 'default="back"' },
          { kind: "endEvent", id: "done", name: "Done", at: [4, 0] },
        ],
        [
          { id: "f1", from: "start", to: "prepare" },
          { id: "f2", from: "prepare", to: "check" },
          { id: "f3", from: "check", to: "checked" },
          { id: "good", from: "checked", to: "done", name: "yes", condition: "${accepted}" },
          { id: "back", from: "checked", to: "prepare", name: "no" },
        ],
      ),
  },
  {
    id: "service",
    label: "Service with retries",
    about: "A worker does something; what fails three times becomes a person's task",
    make: (key) =>
      model(
        key,
        "Service with retries",
        [
          start,
          {
            kind: "serviceTask",
            id: "call",
            name: "Call the service",
            at: [1, 0],
            attributes: 'camunda:type="external" camunda:topic="call-service" camunda:asyncBefore="true"',
            inside: "<extensionElements><camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle></extensionElements>",
          },
          { kind: "boundaryEvent", id: "refused", name: "Refused", at: [1, 0], attributes: 'attachedToRef="call"', inside: '<errorEventDefinition id="any" />' },
          { kind: "userTask", id: "mend", name: "Mend by hand", at: [2, 1] },
          { kind: "endEvent", id: "done", name: "Done", at: [3, 0] },
          { kind: "endEvent", id: "mended", name: "Done by hand", at: [3, 1] },
        ],
        [
          { id: "f1", from: "start", to: "call" },
          { id: "f2", from: "call", to: "done" },
          { id: "f3", from: "refused", to: "mend" },
          { id: "f4", from: "mend", to: "mended" },
        ],
      ),
  },
  {
    id: "escalation",
    label: "Deadline",
    about: "A task that goes to somebody else when it lies too long",
    make: (key) =>
      model(
        key,
        "Deadline",
        [
          start,
          { kind: "userTask", id: "answer", name: "Answer", at: [1, 0], attributes: 'camunda:candidateGroups="sales"' },
          {
            kind: "boundaryEvent",
            id: "late",
            name: "2 days",
            at: [1, 0],
            attributes: 'attachedToRef="answer"',
            inside: '<timerEventDefinition id="deadline"><timeDuration>P2D</timeDuration></timerEventDefinition>',
          },
          { kind: "userTask", id: "escalated", name: "Answer as the manager", at: [2, 1], attributes: 'camunda:candidateGroups="management"' },
          { kind: "endEvent", id: "done", name: "Answered", at: [3, 0] },
          { kind: "endEvent", id: "late-done", name: "Answered late", at: [3, 1] },
        ],
        [
          { id: "f1", from: "start", to: "answer" },
          { id: "f2", from: "answer", to: "done" },
          { id: "f3", from: "late", to: "escalated" },
          { id: "f4", from: "escalated", to: "late-done" },
        ],
      ),
  },
  {
    id: "discount",
    label: "Decision table",
    about: "What discount a customer gets, by rules",
    decides: true,
    make: (key) =>
      decisionTable(
        key,
        "Discount",
        [
          ["Customer", "customer", "string"],
          ["Amount", "amount", "double"],
        ],
        ["Discount in percent", "discount", "integer"],
        [
          ['not("regular")', "-", "0"],
          ['"regular"', "< 1000", "5"],
          ['"regular"', ">= 1000", "10"],
        ],
      ),
  },
];

/** A decision by one table of a column for each input and one for the output: names, variables, types; and its rules. */
export function decisionTable(key: string, name: string, inputs: readonly [string, string, string][], [label, variable, type]: readonly [string, string, string], rules: readonly (readonly string[])[]): string {
  const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  const clauses = inputs.map(
    ([title, expression, kind], index) =>
      `      <input id="${key}_input${index + 1}" label="${escape(title)}"><inputExpression id="${key}_expression${index + 1}" typeRef="${kind}"><text>${escape(expression)}</text></inputExpression></input>`,
  );
  const entry = (kind: string, id: string, text: string) => `<${kind} id="${id}"><text>${text === "-" ? "" : escape(text)}</text></${kind}>`;
  const lines = rules.map((texts, index) => {
    const id = `${key}_rule${index + 1}`;
    const entries = texts.map((text, column) => entry(column < inputs.length ? "inputEntry" : "outputEntry", `${id}_${column + 1}`, text));
    return `      <rule id="${id}">${entries.join("")}</rule>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" xmlns:camunda="http://camunda.org/schema/1.0/dmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="${key}_requirements" name="${escape(name)}" namespace="http://camunda.org/schema/1.0/dmn" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0">
  <decision id="${key}" name="${escape(name)}" camunda:historyTimeToLive="180">
    <decisionTable id="${key}_table" hitPolicy="UNIQUE">
${clauses.join("\n")}
      <output id="${key}_output" label="${escape(label)}" name="${escape(variable)}" typeRef="${type}" />
${lines.join("\n")}
    </decisionTable>
  </decision>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram>
      <dmndi:DMNShape dmnElementRef="${key}"><dc:Bounds height="80" width="180" x="160" y="100" /></dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
`;
}

/** The attributes of an element that uses the form with that id. */
function using(id: string): string {
  return `camunda:formRef="${id}" camunda:formRefBinding="deployment"`;
}

function asking(id: string, title: string, fields: readonly object[]): object {
  const heading = { type: "text", id: "Title", text: `# ${title}` };
  return { type: "default", id, components: [heading, ...fields], executionPlatform: "Camunda Platform", executionPlatformVersion: "7.24.0", schemaVersion: 19 };
}

function form(id: string, label: string): string {
  return `<extensionElements><camunda:formData><camunda:formField id="${id}" label="${label}" type="boolean" /></camunda:formData></extensionElements>`;
}

function model(key: string, name: string, nodes: readonly Node[], flows: readonly Flow[]): string {
  const boxes = new Map(nodes.map((node) => [node.id, box(node)]));
  const elements = nodes.map((node) => {
    const ends = [
      ...flows.filter((flow) => flow.to === node.id).map((flow) => `<incoming>${flow.id}</incoming>`),
      ...flows.filter((flow) => flow.from === node.id).map((flow) => `<outgoing>${flow.id}</outgoing>`),
    ].join("");
    const inside = node.inside ?? "";
    // the schema wants extension elements first and event definitions last
    const content = inside.startsWith("<extensionElements") ? inside + ends : ends + inside;
    return `    <${node.kind} id="${node.id}"${node.name ? ` name="${node.name}"` : ""}${node.attributes ? ` ${node.attributes}` : ""}>${content}</${node.kind}>`;
  });
  const arrows = flows.map((flow) => {
    const condition = flow.condition ? `<conditionExpression xsi:type="tFormalExpression">${flow.condition}</conditionExpression>` : "";
    return `    <sequenceFlow id="${flow.id}"${flow.name ? ` name="${flow.name}"` : ""} sourceRef="${flow.from}" targetRef="${flow.to}">${condition}</sequenceFlow>`;
  });
  const shapes = nodes.map((node) => {
    const [x, y, width, height] = boxes.get(node.id) ?? [0, 0, 0, 0];
    const marked = node.kind === "exclusiveGateway" ? ' isMarkerVisible="true"' : "";
    return `      <bpmndi:BPMNShape id="${node.id}_di" bpmnElement="${node.id}"${marked}><dc:Bounds x="${x}" y="${y}" width="${width}" height="${height}" /></bpmndi:BPMNShape>`;
  });
  const edges = flows.map((flow) => {
    const from = nodes.find((node) => node.id === flow.from);
    const points = route(from?.kind, boxes.get(flow.from) ?? [0, 0, 0, 0], boxes.get(flow.to) ?? [0, 0, 0, 0]);
    return `      <bpmndi:BPMNEdge id="${flow.id}_di" bpmnElement="${flow.id}">${points.map(([x, y]) => `<di:waypoint x="${x}" y="${y}" />`).join("")}</bpmndi:BPMNEdge>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="definitions" targetNamespace="http://bpmn.io/schema/bpmn" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0">
  <process id="${key}" name="${name}" isExecutable="true" camunda:historyTimeToLive="180">
${[...elements, ...arrows].join("\n")}
  </process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="${key}">
${[...shapes, ...edges].join("\n")}
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</definitions>
`;
}

type Box = [x: number, y: number, width: number, height: number];

function box(node: Node): Box {
  const [width, height] = SIZES[node.kind];
  const [x, y] = [200 + node.at[0] * 170, 180 + node.at[1] * 150];
  if (node.kind === "boundaryEvent") return [x + 32, y + 22, width, height]; // on the lower edge of what it is attached to
  return [x - width / 2, y - height / 2, width, height];
}

function route(kind: Node["kind"] | undefined, from: Box, to: Box): [number, number][] {
  const middle = ([x, y, width, height]: Box): [number, number] => [x + width / 2, y + height / 2];
  const [fromX, fromY] = middle(from);
  const [toX, toY] = middle(to);
  if (toX < fromX) {
    const above = Math.min(from[1], to[1]) - 40; // backwards, over the top
    return [[fromX, from[1]], [fromX, above], [toX, above], [toX, to[1]]];
  }
  if (fromY === toY) return [[from[0] + from[2], fromY], [to[0], toY]];
  if (kind === "exclusiveGateway" || kind === "boundaryEvent") return [[fromX, from[1] + from[3]], [fromX, toY], [to[0], toY]];
  return [[from[0] + from[2], fromY], [toX, fromY], [toX, toY > fromY ? to[1] : to[1] + to[3]]];
}
