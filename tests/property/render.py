"""The renderer: a block tree in, a BPMN file out, valid by construction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from xml.sax.saxutils import escape, quoteattr

from tests.property.model import (
    AdHoc,
    Block,
    Call,
    Caught,
    End,
    Escalate,
    EventSub,
    Expr,
    First,
    Held,
    Loop,
    Model,
    Multi,
    Process,
    Race,
    Repeat,
    Seq,
    Split,
    Sub,
    Task,
)

TAGS = {
    "user": "userTask",
    "work": "serviceTask",
    "timer": "intermediateCatchEvent",
    "message": "intermediateCatchEvent",
    "signal": "intermediateCatchEvent",
    "service": "serviceTask",
    "rule": "businessRuleTask",
    "script": "scriptTask",
}
NAMED = ("message", "signal")
"""Catch events that wait for a name: their own id."""
CODED = ("error", "escalation")
TOPIC = "work"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'id="definitions" targetNamespace="random">'
)


@dataclass
class Node:
    tag: str
    id: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)

    def xml(self) -> str:
        attributes = "".join(
            f" {name}={quoteattr(value)}" for name, value in {"id": self.id, **self.attributes}.items()
        )
        return f"<bpmn:{self.tag}{attributes}>{''.join(self.children)}</bpmn:{self.tag}>"


@dataclass
class Flow:
    id: str
    source: Node
    condition: Expr | None = None
    target: Node | None = None

    def xml(self) -> str:
        assert self.target is not None
        condition = ""
        if self.condition is not None:
            condition = (
                '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
                f"{escape(_juel(self.condition))}</bpmn:conditionExpression>"
            )
        ends = f'sourceRef="{self.source.id}" targetRef="{self.target.id}"'
        return f'<bpmn:sequenceFlow id="{self.id}" {ends}>{condition}</bpmn:sequenceFlow>'


@dataclass
class Drawing:
    """One scope. Its methods take the flows that lead to a block and give those that lead out of it."""

    prefix: str
    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    def scope(self, scope: str, body: Seq) -> str:
        return self.rest(scope, body, self.node("startEvent", f"{scope}_start", []))

    def rest(self, scope: str, body: Seq, start: Node) -> str:
        """What follows a start event, up to the end event of the scope."""
        way_out = self.block(body, [self.flow(start)])
        if way_out:
            self.node("endEvent", f"{scope}_end", way_out)
        return "\n".join([node.xml() for node in self.nodes] + [flow.xml() for flow in self.flows])

    def node(self, tag: str, name: str, way_in: list[Flow]) -> Node:
        if tag == "parallelGateway" and len(way_in) > 1 and not name.endswith("_join"):
            way_in = [self.merge(name, way_in)]
        node = Node(tag, name)
        self.nodes.append(node)
        for flow in way_in:
            flow.target = node
        return node

    def merge(self, name: str, way_in: list[Flow]) -> Flow:
        return self.flow(self.node("exclusiveGateway", f"{name}_merge{len(self.nodes)}", way_in))

    def flow(self, source: Node, condition: Expr | None = None) -> Flow:
        flow = Flow(f"{self.prefix}_flow{len(self.flows)}", source, condition)
        self.flows.append(flow)
        return flow

    def block(self, block: Block, way_in: list[Flow]) -> list[Flow]:
        match block:
            case Seq(items):
                for item in items:
                    way_in = self.block(item, way_in)
                return way_in
            case End():
                end = self.node("endEvent", block.id, way_in)
                if block.terminate:
                    end.children.append("<bpmn:terminateEventDefinition/>")
                if block.error is not None:
                    end.children.append(_event("error", block.error))
                return []
            case Escalate():
                node = self.node("endEvent" if block.ends else "intermediateThrowEvent", block.id, way_in)
                node.children.append(_event("escalation", block.code))
                return [] if block.ends else [self.flow(node)]
            case First():
                return self.first(block, way_in)
            case Caught():
                way_out = self.block(block.inner, way_in)
                boundary = self.node("boundaryEvent", block.id, [])
                boundary.attributes["attachedToRef"] = block.inner.id
                if not block.interrupting:
                    boundary.attributes["cancelActivity"] = "false"
                boundary.children.append(_event(block.kind, block.error))
                return way_out + self.block(block.body, [self.flow(boundary)])
            case Split():
                return self.split(block, way_in)
            case Loop():
                return self.loop(block, way_in)
            case Held():
                return self.held(block, way_in)
            case _:
                node = self.perhaps_multi(block, way_in)
        return [self.flow(node)]

    def perhaps_multi(self, block: Task | Sub | Call | Multi | Repeat | AdHoc | Race, way_in: list[Flow]) -> Node:
        if not isinstance(block, Multi | Repeat):
            return self.activity(block, way_in)
        node = self.activity(block.inner, way_in)
        node.children.append(_multi(block) if isinstance(block, Multi) else _repeat(block))
        return node

    def held(self, block: Held, way_in: list[Flow]) -> list[Flow]:
        node = self.perhaps_multi(block.inner, way_in)
        for name, given in (("asyncBefore", block.before), ("asyncAfter", block.after)):
            if given:
                node.attributes[f"camunda:{name}"] = "true"
        way_out = [self.flow(node)]
        if block.timer is not None:
            boundary = self.node("boundaryEvent", block.timer.id, [])
            boundary.attributes["attachedToRef"] = node.id
            repeats = block.timer.repeats
            if repeats:
                boundary.attributes["cancelActivity"] = "false"
            if block.timer.kind != "timer":
                boundary.children.append(_event(block.timer.kind, block.timer.id))
            else:
                boundary.children.append(_timer("Cycle", f"R{repeats}/PT1H") if repeats else _timer("Duration", "PT1H"))
            way_out += self.block(block.timer.body, [self.flow(boundary)])
        return way_out

    def split(self, block: Split, way_in: list[Flow]) -> list[Flow]:
        tag = {"xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway"}[block.kind]
        if block.gateway:
            source = self.node(tag, f"{block.id}_split", way_in)
        else:
            [flow] = way_in
            source = flow.source
            self.flows.remove(flow)
        first = [self.flow(source, branch.condition) for branch in block.branches]
        if block.kind != "and":
            [default] = [flow for flow in first if flow.condition is None]
            source.attributes["default"] = default.id
        ways = [self.block(branch.body, [flow]) for branch, flow in zip(block.branches, first, strict=True)]
        if block.kind == "and":
            ways = [[self.merge(block.id, way)] if len(way) > 1 else way for way in ways]
        way_out = [flow for way in ways for flow in way]
        if block.join == "gateway" and way_out:
            return [self.flow(self.node(tag, f"{block.id}_join", way_out))]
        return way_out

    def race(self, block: Race) -> str:
        split = self.node(
            "parallelGateway", f"{block.id}_split", [self.flow(self.node("startEvent", f"{block.id}_start", []))]
        )
        ways = [self.block(branch, [self.flow(split)]) for branch in block.branches]
        join = self.node(
            "complexGateway",
            f"{block.id}_join",
            [self.merge(block.id, way) if len(way) > 1 else way[0] for way in ways],
        )
        join.children.append(
            f"<bpmn:activationCondition>${{activationCount &gt;= {block.needed}}}</bpmn:activationCondition>"
        )
        return self.rest(block.id, block.body, join)

    def first(self, block: First, way_in: list[Flow]) -> list[Flow]:
        gateway = self.node("eventBasedGateway", block.id, way_in)
        way_out = []
        for event, body in block.branches:
            way_out += self.block(body, self.block(event, [self.flow(gateway)]))
        return way_out

    def loop(self, block: Loop, way_in: list[Flow]) -> list[Flow]:
        before = len(self.nodes)
        if block.gateway:
            way_in = [self.flow(self.node("exclusiveGateway", f"{block.id}_in", way_in))]
        way_out = self.block(block.body, way_in)
        decide = self.node("exclusiveGateway", f"{block.id}_out", way_out)
        back, on = self.flow(decide, block.again), self.flow(decide)
        decide.attributes["default"] = on.id
        back.target = self.nodes[before]
        return [on]

    def activity(self, block: Task | Sub | Call | AdHoc | Race, way_in: list[Flow]) -> Node:
        match block:
            case AdHoc():
                node = self.node("adHocSubProcess", block.id, way_in)
                node.children += _ad_hoc(block)
                if block.sequential:
                    node.attributes["ordering"] = "Sequential"
            case Race():
                node = self.node("subProcess", block.id, way_in)
                node.children.append(Drawing(block.id).race(block))
            case Sub():
                node = self.node("subProcess", block.id, way_in)
                node.children += [_mapping(block.inputs, block.outputs), Drawing(block.id).scope(block.id, block.body)]
                if block.event_sub is not None:
                    node.children.append(_event_sub(block.event_sub))
            case Call():
                node = self.node("callActivity", block.id, way_in)
                node.attributes["calledElement"] = block.process
                node.children.append(_passing(block))
            case _:
                node = self.node(TAGS.get(block.kind, block.kind), block.id, way_in)
                node.children.append(_mapping(block.inputs, block.outputs))
                if block.kind == "work":
                    node.attributes |= {"camunda:type": "external", "camunda:topic": TOPIC}
                if block.kind == "timer":
                    node.children.append(_timer("Duration", "PT1H"))
                if block.kind in NAMED:
                    node.children.append(_event(block.kind, block.id))
                if block.result is not None:
                    name, value = block.result
                    node.attributes["camunda:resultVariable"] = name
                    if block.kind == "service":
                        node.attributes["camunda:expression"] = _juel(value)
                    elif block.kind == "rule":
                        node.attributes |= {"camunda:decisionRef": block.id, "camunda:mapDecisionResult": "singleEntry"}
                    else:
                        node.attributes["scriptFormat"] = "juel"
                        node.children.append(f"<bpmn:script>{escape(_juel(value))}</bpmn:script>")
        return node


def _juel(expression: Expr) -> str:
    return f"${{{expression.text()}}}"


def _extension(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if inner else ""


def _mapping(inputs: tuple[tuple[str, Expr], ...], outputs: tuple[tuple[str, Expr], ...]) -> str:
    parts = [
        f'<camunda:{tag} name="{name}">{escape(_juel(value))}</camunda:{tag}>'
        for tag, pairs in (("inputParameter", inputs), ("outputParameter", outputs))
        for name, value in pairs
    ]
    return _extension(f"<camunda:inputOutput>{''.join(parts)}</camunda:inputOutput>" if parts else "")


def _passing(call: Call) -> str:
    parts = ['<camunda:in variables="all"/>', '<camunda:out variables="all"/>'] if call.everything else []
    for target, value in call.inputs:
        parts.append(f'<camunda:in sourceExpression={quoteattr(_juel(value))} target="{target}"/>')
    for target, source in call.outputs:
        parts.append(f'<camunda:out source="{source}" target="{target}"/>')
    return _extension("".join(parts))


def _event(kind: str, name: str) -> str:
    """An event definition; what it names is written once for each use, before the process."""
    return f'<bpmn:{kind}EventDefinition {kind}Ref="{kind}_{name}"/>'


def _event_sub(event_sub: EventSub) -> str:
    drawing = Drawing(event_sub.id)
    start = drawing.node("startEvent", f"{event_sub.id}_start", [])
    start.attributes["isInterrupting"] = str(event_sub.interrupting).lower()
    start.children.append(_event("message", event_sub.id))
    content = drawing.rest(event_sub.id, event_sub.body, start)
    return f'<bpmn:subProcess id="{event_sub.id}" triggeredByEvent="true">{content}</bpmn:subProcess>'


def _roots(content: str) -> str:
    """The messages, signals, errors and escalations that a process names."""
    found = sorted(set(re.findall(r'(message|signal|error|escalation)Ref="\1_(\w+)"', content)))
    return "".join(
        f'<bpmn:{kind} id="{kind}_{name}" name="{name}"' + (f' {kind}Code="{name}"' if kind in CODED else "") + "/>"
        for kind, name in found
    )


def _timer(way: str, text: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:time{way}>{text}</bpmn:time{way}></bpmn:timerEventDefinition>"


def _multi(block: Multi) -> str:
    attributes = f'isSequential="{"true" if block.sequential else "false"}"'
    parts = []
    if block.items is not None:
        attributes += f' camunda:collection="{block.items}" camunda:elementVariable="item"'
    else:
        assert block.count is not None
        parts.append(f"<bpmn:loopCardinality>{escape(_juel(block.count))}</bpmn:loopCardinality>")
    if block.until is not None:
        parts.append(f"<bpmn:completionCondition>{escape(_juel(block.until))}</bpmn:completionCondition>")
    tag = "bpmn:multiInstanceLoopCharacteristics"
    return f"<{tag} {attributes}>{''.join(parts)}</{tag}>"


def _repeat(block: Repeat) -> str:
    condition = ""
    if block.again is not None:
        condition = f"<bpmn:loopCondition>{escape(_juel(block.again))}</bpmn:loopCondition>"
    attributes = f'loopMaximum="{block.maximum}" testBefore="{str(block.asks_first).lower()}"'
    return f"<bpmn:standardLoopCharacteristics {attributes}>{condition}</bpmn:standardLoopCharacteristics>"


def _ad_hoc(block: AdHoc) -> list[str]:
    """What is in it; it activates the first task of each flow."""
    drawing = Drawing(block.id)
    for flow in block.flows:
        way: list[Flow] = []
        for number, task in enumerate(flow):
            node = drawing.activity(task, way)
            way = [drawing.flow(node)] if number + 1 < len(flow) else []
    begins = ",".join(flow[0].id for flow in block.flows)
    parts = [_extension(f"<zeebe:adHoc activeElementsCollection=\"${{'{begins}'.split(',')}}\"/>")]
    parts += [node.xml() for node in drawing.nodes] + [flow.xml() for flow in drawing.flows]
    if block.until is not None:
        parts.append(f"<bpmn:completionCondition>{escape(_juel(block.until))}</bpmn:completionCondition>")
    return parts


def process_xml(process: Process) -> str:
    """One process as a BPMN file."""
    content = Drawing(process.id).scope(process.id, process.body)
    attributes = f'id="{process.id}" name={quoteattr(process.id)} isExecutable="true" camunda:historyTimeToLive="180"'
    return f"{HEAD}{_roots(content)}\n<bpmn:process {attributes}>\n{content}\n</bpmn:process>\n</bpmn:definitions>\n"


def decisions_xml(rules: Iterable[Task]) -> str:
    """The decisions of business rule tasks as a DMN file."""
    decisions = "".join(
        f'<decision id="{rule.id}" name="{rule.id}"><variable name="{rule.result[0]}"/>'
        f'<literalExpression expressionLanguage="juel"><text>{escape(_juel(rule.result[1]))}</text></literalExpression>'
        "</decision>"
        for rule in rules
        if rule.result is not None
    )
    model = "https://www.omg.org/spec/DMN/20191111/MODEL/"
    return f'<definitions xmlns="{model}" id="decisions" name="random" namespace="random">{decisions}</definitions>'


def _rules(part: object) -> Iterator[Task]:
    """The business rule tasks in a part of a model."""
    if isinstance(part, Task):
        if part.kind == "rule":
            yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from _rules(each)
    elif is_dataclass(part):
        for each in fields(part):
            yield from _rules(getattr(part, each.name))


def files(model: Model) -> dict[str, bytes]:
    """The BPMN files of a model, one for each process, and one with the decisions that they ask, by file name."""
    made = {f"{process.id}.bpmn": process_xml(process).encode() for process in model.processes}
    rules = list(_rules(tuple(model.processes)))
    return {**made, "decisions.dmn": decisions_xml(rules).encode()} if rules else made
