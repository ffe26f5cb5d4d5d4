"""Small models as text: `process("start > fork > a > join > end; fork > b > join")`, read by the real reader.

An id tells its kind by its first letters (`start end fork join xor or pass`); everything else is a user task unless a
part of that name is given. A flow may have a condition, `xor > [${x}] a`, or be the default one, `xor > *b`; the flow
from `a` to `b` is called `a_b`, a second one `a_b_again`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Platform" '
    'targetNamespace="t">'
)
KINDS = {
    "first": "eventBasedGateway",
    "start": "startEvent",
    "end": "endEvent",
    "fork": "parallelGateway",
    "join": "parallelGateway",
    "xor": "exclusiveGateway",
    "or": "inclusiveGateway",
    "complex": "complexGateway",
    "pass": "task",
}
OF_BPMN = {
    "name",
    "default",
    "calledElement",
    "attachedToRef",
    "cancelActivity",
    "triggeredByEvent",
    "isInterrupting",
    "parallelMultiple",
    "cancelRemainingInstances",
    "ordering",
    "messageRef",
    "scriptFormat",
    "isForCompensation",
    "instantiate",
    "eventGatewayType",
}
"""Attributes without the prefix of Camunda's vocabulary."""

_STOP = re.compile(r"\s*(?:\[(?P<condition>[^\]]*)\]\s*|(?P<default>\*))?(?P<id>\w+)\s*")


@dataclass(frozen=True)
class Part:
    """One flow node without its id and flows."""

    tag: str
    inner: str = ""
    extensions: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)
    handler: str | None = None
    """Of a compensation boundary event: what its association leads to."""

    def having(self, extensions: str = "", **attributes: object) -> Part:
        """The same with more extension elements and attributes."""
        return replace(self, extensions=self.extensions + extensions, attributes={**self.attributes, **attributes})

    def times(
        self,
        cardinality: object = None,
        *,
        collection: str | None = None,
        element: str | None = None,
        sequential: bool = False,
        until: str | None = None,
        extra: str = "",
    ) -> Part:
        """The same as a multi-instance activity."""
        loop = f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"{extra}'
        if collection is not None:
            loop += f" camunda:collection={quoteattr(collection)}"
        if element is not None:
            loop += f" camunda:elementVariable={quoteattr(element)}"
        loop += ">"
        if cardinality is not None:
            loop += f"<loopCardinality>{escape(str(cardinality))}</loopCardinality>"
        if until is not None:
            loop += f"<completionCondition>{escape(until)}</completionCondition>"
        return replace(self, inner=self.inner + loop + "</multiInstanceLoopCharacteristics>")

    def looping(
        self, condition: str | None = None, *, before: bool = False, maximum: int | None = None, extra: str = ""
    ) -> Part:
        """The same with a standard loop."""
        loop = f'<standardLoopCharacteristics testBefore="{str(before).lower()}"{extra}'
        if maximum is not None:
            loop += f' loopMaximum="{maximum}"'
        loop += ">"
        if condition is not None:
            loop += f"<loopCondition>{escape(condition)}</loopCondition>"
        return replace(self, inner=self.inner + loop + "</standardLoopCharacteristics>")

    def xml(self, id: str) -> str:
        """The element."""
        found = f"<{self.tag} id={quoteattr(id)}"
        for name, value in self.attributes.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            found += f" {name if name in OF_BPMN else f'camunda:{name}'}={quoteattr(text)}"
        extensions = f"<extensionElements>{self.extensions}</extensionElements>" if self.extensions else ""
        association = ""
        if self.handler is not None:
            association = f'<association id="{id}_{self.handler}" sourceRef="{id}" targetRef="{self.handler}"/>'
        return f"{found}>{extensions}{self.inner}</{self.tag}>{association}"


# ---------------------------------------------------------------- parts


def part(tag: str, extensions: str = "", inner: str = "", **attributes: object) -> Part:
    """Any element."""
    return Part(tag, inner, extensions, attributes)


def user(extensions: str = "", **attributes: object) -> Part:
    """A user task."""
    return part("userTask", extensions, **attributes)


def service(expression: str, result: str | None = None) -> Part:
    """A service task with an expression."""
    found = part("serviceTask", expression=expression)
    return found if result is None else found.having(resultVariable=result)


def decide(key: str, extensions: str = "", **attributes: object) -> Part:
    """A business rule task with a decision."""
    return part("businessRuleTask", extensions, decisionRef=key, **attributes)


def call(key: str, mappings: str = "", **attributes: object) -> Part:
    """A call activity."""
    return part("callActivity", mappings, calledElement=key, **attributes)


def event_sub(
    flows: str, event: str, parts: Mapping[str, Part] | None = None, *, start: str = "on", interrupting: bool = True
) -> Part:
    """An event sub-process that begins at `start`."""
    begin = Part("startEvent", event, "", {"isInterrupting": interrupting})
    return sub(flows, {start: begin, **(parts or {})}).having(triggeredByEvent=True)


def sub(flows: str, parts: Mapping[str, Part] | None = None, *, conditional: Mapping[str, str] | None = None) -> Part:
    """An embedded sub-process."""
    return Part("subProcess", _graph(flows, parts or {}, conditional or {}))


def boundary(attached_to: str, event: str, *, interrupting: bool = True) -> Part:
    """A boundary event."""
    return Part("boundaryEvent", event, "", {"attachedToRef": attached_to, "cancelActivity": interrupting})


def ad_hoc(
    flows: str,
    parts: Mapping[str, Part] | None = None,
    *,
    begins: str | None = None,
    until: str | None = None,
    keeps: bool = False,
    sequential: bool = False,
    output: tuple[str, str] | None = None,
) -> Part:
    """An ad-hoc sub-process: what it activates itself, its completion condition, its output collection and element."""
    found = sub(flows, parts)
    inner = found.inner
    if until is not None:
        inner += f"<completionCondition>{escape(until)}</completionCondition>"
    given = {"activeElementsCollection": begins}
    if output is not None:
        given |= {"outputCollection": output[0], "outputElement": output[1]}
    words = "".join(f" {name}={quoteattr(text)}" for name, text in given.items() if text is not None)
    return Part(
        "adHocSubProcess",
        inner,
        f"<zeebe:adHoc{words}/>" if words else "",
        {"cancelRemainingInstances": not keeps, "ordering": "Sequential" if sequential else "Parallel"},
    )


def complex_gateway(activation: str | None = None) -> Part:
    """A complex gateway with its activation condition."""
    inner = "" if activation is None else f"<activationCondition>{escape(activation)}</activationCondition>"
    return Part("complexGateway", inner)


def undone_by(handler: str, attached_to: str) -> Part:
    """A compensation boundary event, with its association."""
    return replace(boundary(attached_to, compensate()), handler=handler)


def transaction(flows: str, parts: Mapping[str, Part] | None = None) -> Part:
    """A transaction sub-process."""
    return replace(sub(flows, parts), tag="transaction")


def data(
    id: str, name: str | None, type_name: str | None, value: str, *, collection: bool = False, tag: str = "dataObject"
) -> str:
    """A data object (or property) with an initial value, as Activiti and Flowable write it."""
    given = {"name": name, "itemSubjectRef": type_name, "isCollection": "true" if collection else None}
    attributes = "".join(f" {key}={quoteattr(text)}" for key, text in given.items() if text is not None)
    inner = f"<extensionElements><camunda:value>{escape(value)}</camunda:value></extensionElements>"
    return f'<{tag} id="{id}"{attributes}>{inner}</{tag}>'


def end(event: str) -> Part:
    """An end event that throws something."""
    return Part("endEvent", event)


def throw(event: str = "") -> Part:
    """An intermediate throw event."""
    return Part("intermediateThrowEvent", event)


TERMINATE = "<terminateEventDefinition/>"
CANCEL = "<cancelEventDefinition/>"


def compensate(activity: str | None = None, *, waits: bool = True) -> str:
    """A compensation event definition."""
    given = "" if activity is None else f' activityRef="{activity}"'
    given += "" if waits else ' waitForCompletion="false"'
    return f"<compensateEventDefinition{given}/>"


def error(code: str | None, *, code_to: str | None = None, message_to: str | None = None) -> str:
    """An error event definition."""
    return _event("error", code, {"errorCodeVariable": code_to, "errorMessageVariable": message_to})


def escalation(code: str | None, *, code_to: str | None = None) -> str:
    """An escalation event definition."""
    return _event("escalation", code, {"escalationCodeVariable": code_to})


def message(name: str) -> str:
    """A message event definition."""
    return f'<messageEventDefinition messageRef="message_{name}"/>'


def signal(name: str) -> str:
    """A signal event definition."""
    return f'<signalEventDefinition signalRef="signal_{name}"/>'


def condition(text: str, name: str | None = None, events: str | None = None) -> str:
    """A conditional event definition."""
    given = {"variableName": name, "variableEvents": events}
    attributes = "".join(f' camunda:{key}="{value}"' for key, value in given.items() if value is not None)
    return f"<conditionalEventDefinition{attributes}><condition>{escape(text)}</condition></conditionalEventDefinition>"


def link(name: str) -> str:
    """A link event definition."""
    return f'<linkEventDefinition name="{name}"/>'


def catch(event: str) -> Part:
    """An intermediate catch event."""
    return Part("intermediateCatchEvent", event)


def _event(kind: str, code: str | None, variables: Mapping[str, str | None]) -> str:
    reference = "" if code is None else f' {kind}Ref="{kind}_{code}"'
    given = "".join(f' camunda:{name}="{value}"' for name, value in variables.items() if value is not None)
    return f"<{kind}EventDefinition{reference}{given}/>"


# ---------------------------------------------------------------- extension elements


def io(inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
    """An input and output mapping; values are texts or XML that begins with `<`."""
    ways = (("input", inputs or {}), ("output", outputs or {}))
    parameters = "".join(
        f'<camunda:{way}Parameter name="{name}">{value if value[:1] == "<" else escape(value)}</camunda:{way}Parameter>'
        for way, parameters in ways
        for name, value in parameters.items()
    )
    return f"<camunda:inputOutput>{parameters}</camunda:inputOutput>"


def listener(event: str, expression: str) -> str:
    """An execution listener."""
    return f'<camunda:executionListener event="{event}" expression={quoteattr(expression)}/>'


def task_listener(event: str, expression: str) -> str:
    """A task listener."""
    return f'<camunda:taskListener event="{event}" expression={quoteattr(expression)}/>'


def note(event: str, text: str) -> str:
    """An execution listener that writes a word into the variable `log`."""
    return listener(event, f"${{log.add('{text}')}}")


def task_note(event: str, text: str) -> str:
    """A task listener that writes a word into the variable `log`."""
    return task_listener(event, f"${{log.add('{text}')}}")


def mapping(way: str, **attributes: object) -> str:
    """`camunda:in` or `camunda:out`."""
    given = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items())
    return f"<camunda:{way}{given}/>"


# ---------------------------------------------------------------- files


def process(
    flows: str,
    parts: Mapping[str, Part] | None = None,
    *,
    id: str = "p",
    extensions: str = "",
    on_flow: Mapping[str, str] | None = None,
    **attributes: object,
) -> bytes:
    """A file with one executable process; `on_flow` gives extension elements to flows by id."""
    body = _graph(flows, parts or {}, on_flow or {})
    inner = f"<extensionElements>{extensions}</extensionElements>{body}" if extensions else body
    given = "".join(f" camunda:{name}={quoteattr(str(value))}" for name, value in attributes.items())
    roots = "".join(
        f'<{kind} id="{kind}_{code}" {kind}Code="{code}"/>'
        for kind in ("error", "escalation")
        for code in sorted(set(re.findall(rf'{kind}Ref="{kind}_([\w.]+)"', body)))
    )
    roots += "".join(
        f'<{kind} id="{kind}_{name}" name="{name}"/>'
        for kind in ("message", "signal")
        for name in sorted(set(re.findall(rf'{kind}Ref="{kind}_([\w.]+)"', body)))
    )
    return f'{HEAD}{roots}<process id="{id}" isExecutable="true"{given}>{inner}</process></definitions>'.encode()


def _graph(flows: str, parts: Mapping[str, Part], on_flow: Mapping[str, str]) -> str:
    ids, names, arrows, defaults = dict.fromkeys(parts), set(), [], {}
    for chain in re.split(r"[;\n]", flows):
        source: str | None = None
        for stop in _stops(chain):
            ids[stop["id"]] = None
            if source is not None:
                name = f"{source}_{stop['id']}"
                while name in names:
                    name += "_again"
                names.add(name)
                arrows.append(_arrow(name, source, stop["id"], stop["condition"], on_flow.get(name, "")))
                if stop["default"]:
                    defaults[source] = name
            source = stop["id"]
    nodes = []
    for id in ids:
        found = parts.get(id) or Part(KINDS.get(re.match(r"[a-z]*", id)[0], "userTask"))
        nodes.append(found.having(default=defaults[id]).xml(id) if id in defaults else found.xml(id))
    return "".join(nodes + arrows)


def _stops(chain: str) -> list[re.Match[str]]:
    found, position = [], 0
    while chain[position:].strip():
        stop = _STOP.match(chain, position)
        if stop is None or chain[stop.end() : stop.end() + 1] not in ("", ">"):
            raise ValueError(f"no chain of flows: {chain!r} at {position}")
        found.append(stop)
        position = stop.end() + 1
    return found


def _arrow(name: str, source: str, target: str, condition: str | None, extensions: str) -> str:
    inner = f"<extensionElements>{extensions}</extensionElements>" if extensions else ""
    if condition is not None:
        inner += f"<conditionExpression>{escape(condition)}</conditionExpression>"
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
