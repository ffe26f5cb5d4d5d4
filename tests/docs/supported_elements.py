"""Makes docs/supported-elements.md: what of BPMN can be executed, found out by trying it.

Every line is a small model that is valid by the rules; it is supported if it can be bound, which is what deploying it
asks too. So the page cannot say more than the engine does.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from xml.sax.saxutils import escape

from bpmn.check import check
from bpmn.model import Kind
from engine.core.definition import Identity, bind
from engine.core.elements import BEHAVIORS

HEAD = """\
# What of BPMN is executed

A model that uses anything else is refused when it is deployed, or a warning tells what fails when it is reached, with
the line and the reason; nothing is passed over in silence ([models of other engines](models.md)). Each line here was
tried on the engine to make this page.

<!-- Made by `python -m tests.docs`; do not edit. -->
"""

FILE = """\
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <message id="m" name="paid"/><signal id="sig" name="alert"/>
  <error id="err" errorCode="E1"/><escalation id="esc" escalationCode="X1"/>
  <process id="p" isExecutable="true" camunda:historyTimeToLive="P30D">{}</process>
</definitions>"""

YES, NO = "yes", "–"


class InvalidTrial(Exception):
    """A model made here is not valid BPMN, so that refusing it says nothing."""


def is_executed(body: str) -> bool:
    """Can a process with this body be executed?"""
    definitions, problems = check(FILE.format(body).encode(), "trial.bpmn")
    errors = [str(problem) for problem in problems if problem.is_error]
    if definitions is None or errors:
        raise InvalidTrial("\n".join([*errors, body]))
    (process,) = definitions.processes
    _, refused = bind(process, Identity(1, process.id, 1, None, 1, ""), "trial.bpmn", definitions.errors)
    return not refused


# ---------------------------------------------------------------- models


def _flow(source: str, target: str) -> str:
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'


def _through(element: str) -> str:
    """start -> the element `x` -> end."""
    return f'<startEvent id="start"/>{element}<endEvent id="end"/>{_flow("start", "x")}{_flow("x", "end")}'


def _element(tag: str, attributes: str = "", inner: str = "") -> str:
    return _through(f'<{tag} id="x" {attributes}>{inner}</{tag}>')


def _extended(tag: str, extensions: str, attributes: str = "") -> str:
    return _element(tag, attributes, f"<extensionElements>{extensions}</extensionElements>")


INSIDE = '<startEvent id="in"/><task id="t"/>' + _flow("in", "t")
TASK = '<task id="t"/>'

EVENTS = {
    "none": "",
    "message": '<messageEventDefinition messageRef="m"/>',
    "timer": "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
    "signal": '<signalEventDefinition signalRef="sig"/>',
    "conditional": '<conditionalEventDefinition><condition xsi:type="tFormalExpression">${x}</condition>'
    "</conditionalEventDefinition>",
    "error": '<errorEventDefinition errorRef="err"/>',
    "escalation": '<escalationEventDefinition escalationRef="esc"/>',
    "compensation": "<compensateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
    "link": '<linkEventDefinition name="there"/>',
    "terminate": "<terminateEventDefinition/>",
}


def _start(event: str) -> str:
    return f'<startEvent id="x">{EVENTS[event]}</startEvent>{TASK}{_flow("x", "t")}'


def _event_sub_process(event: str, interrupting: bool) -> str:
    start = f'<startEvent id="on" isInterrupting="{str(interrupting).lower()}">{EVENTS[event]}</startEvent>'
    inner = f'{start}<task id="handle"/>{_flow("on", "handle")}'
    handler = f'<subProcess id="handler" triggeredByEvent="true">{inner}</subProcess>'
    return _element("subProcess", "", INSIDE + handler)


def _catch(event: str) -> str:
    caught = f'<intermediateCatchEvent id="x">{EVENTS[event]}</intermediateCatchEvent>'
    if event == "link":
        thrown = f'<intermediateThrowEvent id="from">{EVENTS[event]}</intermediateThrowEvent>'
        return f'<startEvent id="start"/>{thrown}{caught}{TASK}{_flow("start", "from")}{_flow("x", "t")}'
    return _through(caught)


def _throw(event: str) -> str:
    thrown = f'<intermediateThrowEvent id="x">{EVENTS[event]}</intermediateThrowEvent>'
    return _catch(event) if event == "link" else _through(thrown)


def _boundary(event: str, interrupting: bool) -> str:
    attributes = f'id="x" attachedToRef="a" cancelActivity="{str(interrupting).lower()}"'
    boundary = f"<boundaryEvent {attributes}>{EVENTS[event]}</boundaryEvent>"
    activity = f'<transaction id="a">{INSIDE}</transaction>' if event == "cancel" else '<userTask id="a"/>'
    if event == "compensation":
        handler = '<task id="undo" isForCompensation="true"/><association id="as" sourceRef="x" targetRef="undo"/>'
        return f'<startEvent id="start"/>{activity}{_flow("start", "a")}{boundary}{handler}'
    return f'<startEvent id="start"/>{activity}{_flow("start", "a")}{boundary}<task id="b"/>{_flow("x", "b")}'


def _end(event: str) -> str:
    ended = f'<endEvent id="x">{EVENTS[event]}</endEvent>'
    if event == "cancel":
        inner = f'<startEvent id="in"/>{ended}{_flow("in", "x")}'
        return f'<startEvent id="start"/><transaction id="a">{inner}</transaction>{_flow("start", "a")}'
    return f'<startEvent id="start"/>{ended}{_flow("start", "x")}'


# ---------------------------------------------------------------- tables


@dataclass(frozen=True)
class Trial:
    """A line of a table: what is tried, and the body of the process that tries it."""

    what: str
    body: str


def _loop(attributes: str = "", inner: str = "<loopCardinality>3</loopCardinality>") -> str:
    return _element(
        "userTask",
        "",
        f"<multiInstanceLoopCharacteristics {attributes}>{inner}</multiInstanceLoopCharacteristics>",
    )


ELEMENTS = {
    Kind.TASK: _element("task"),
    Kind.MANUAL_TASK: _element("manualTask"),
    Kind.USER_TASK: _element("userTask"),
    Kind.SERVICE_TASK: _element("serviceTask", 'camunda:expression="${1}"'),
    Kind.SEND_TASK: _element("sendTask", 'camunda:expression="${1}"'),
    Kind.BUSINESS_RULE_TASK: _element("businessRuleTask", 'camunda:expression="${1}"'),
    Kind.SCRIPT_TASK: _element("scriptTask", 'scriptFormat="juel"', "<script>${1}</script>"),
    Kind.RECEIVE_TASK: _element("receiveTask"),
    Kind.CALL_ACTIVITY: _element("callActivity", 'calledElement="q"'),
    Kind.SUB_PROCESS: _element("subProcess", "", INSIDE),
    Kind.TRANSACTION: _element("transaction", "", INSIDE),
    Kind.AD_HOC_SUB_PROCESS: _element("adHocSubProcess", "", TASK),
    Kind.EXCLUSIVE_GATEWAY: _element("exclusiveGateway"),
    Kind.PARALLEL_GATEWAY: _element("parallelGateway"),
    Kind.INCLUSIVE_GATEWAY: _element("inclusiveGateway"),
    Kind.EVENT_BASED_GATEWAY: (
        '<startEvent id="start"/><eventBasedGateway id="x"/>'
        f'<intermediateCatchEvent id="a">{EVENTS["message"]}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="b">{EVENTS["timer"]}</intermediateCatchEvent>'
        f"{_flow('start', 'x')}{_flow('x', 'a')}{_flow('x', 'b')}"
    ),
    Kind.COMPLEX_GATEWAY: _element("complexGateway"),
}

POSITIONS = {
    "start": (_start, "none message timer signal conditional"),
    "start of an event sub-process": (
        lambda event: _event_sub_process(event, True),
        "message timer signal conditional error escalation compensation",
    ),
    "the same, not interrupting": (
        lambda event: _event_sub_process(event, False),
        "message timer signal conditional escalation",
    ),
    "intermediate, catching": (_catch, "message timer signal conditional link"),
    "intermediate, throwing": (_throw, "none message signal escalation compensation link"),
    "boundary": (
        lambda event: _boundary(event, True),
        "message timer signal conditional error escalation compensation cancel",
    ),
    "boundary, not interrupting": (
        lambda event: _boundary(event, False),
        "message timer signal conditional escalation",
    ),
    "end": (_end, "none message signal error escalation compensation cancel terminate"),
}
"""Where events stand, with the events that BPMN 2.0.2 allows there (table 10.93)."""

IMPLEMENTATIONS = (
    Trial("`camunda:expression`, with `camunda:resultVariable`", ELEMENTS[Kind.SERVICE_TASK]),
    Trial("`camunda:class`", _element("serviceTask", 'camunda:class="com.example.Pay"')),
    Trial("`camunda:delegateExpression`", _element("serviceTask", 'camunda:delegateExpression="${pay}"')),
    Trial(
        'external tasks: `camunda:type="external"`',
        _element("serviceTask", 'camunda:type="external" camunda:topic="pay"'),
    ),
    Trial(
        "`camunda:connector`",
        _extended(
            "serviceTask",
            "<camunda:connector><camunda:connectorId>http-connector</camunda:connectorId></camunda:connector>",
        ),
    ),
    Trial("`camunda:decisionRef` (business rule task)", _element("businessRuleTask", 'camunda:decisionRef="d"')),
    Trial(
        "`zeebe:calledDecision` (business rule task)",
        _extended("businessRuleTask", '<zeebe:calledDecision decisionId="d" resultVariable="r"/>'),
    ),
    Trial("`zeebe:taskDefinition`", _extended("serviceTask", '<zeebe:taskDefinition type="pay"/>')),
    *(
        Trial(
            f'scripts in {name} (`scriptFormat="{language}"`)',
            _element("scriptTask", f'scriptFormat="{language}"', f"<script>{escape(text)}</script>"),
        )
        for name, language, text in (
            ("JUEL", "juel", "${1}"),
            ("FEEL", "feel", "1"),
            ("JavaScript", "javascript", "1"),
            ("Python", "python", "1"),
        )
    ),
)

DETAILS = (
    Trial("multi-instance, parallel", _loop()),
    Trial("multi-instance, sequential", _loop('isSequential="true"')),
    Trial(
        "multi-instance over `camunda:collection`",
        _loop('camunda:collection="items" camunda:elementVariable="item"', ""),
    ),
    Trial(
        "multi-instance with a completion condition",
        _loop("", "<loopCardinality>3</loopCardinality><completionCondition>${x}</completionCondition>"),
    ),
    Trial(
        "ad-hoc sub-process with `zeebe:adHoc` in a model of Camunda 7",
        _extended("adHocSubProcess", '<zeebe:adHoc activeElementsCollection="${todo}"/><camunda:inputOutput/>').replace(
            "</adHocSubProcess>", f"<completionCondition>${{done}}</completionCondition>{TASK}</adHocSubProcess>"
        ),
    ),
    Trial(
        "complex gateway with an activation condition",
        '<startEvent id="start"/><parallelGateway id="f"/><task id="a"/><task id="b"/><complexGateway id="x">'
        "<activationCondition>${activationCount >= 1}</activationCondition></complexGateway>"
        + "".join(_flow(*pair) for pair in (("start", "f"), ("f", "a"), ("f", "b"), ("a", "x"), ("b", "x"))),
    ),
    Trial(
        "data objects and properties with a value",
        ELEMENTS[Kind.TASK]
        + '<dataObject id="d" name="count" itemSubjectRef="xsd:int"><extensionElements><camunda:value>1</camunda:value>'
        "</extensionElements></dataObject>",
    ),
    Trial("standard loop", _element("userTask", "", '<standardLoopCharacteristics loopMaximum="3"/>')),
    Trial(
        "`camunda:asyncBefore`, `camunda:asyncAfter`",
        _element("userTask", 'camunda:asyncBefore="true" camunda:asyncAfter="true"'),
    ),
    Trial(
        "`camunda:inputOutput`: expressions, lists, maps",
        _extended(
            "userTask",
            '<camunda:inputOutput><camunda:inputParameter name="a">${b}</camunda:inputParameter>'
            '<camunda:outputParameter name="c"><camunda:list><camunda:value>1</camunda:value></camunda:list>'
            "</camunda:outputParameter></camunda:inputOutput>",
        ),
    ),
    Trial(
        "`camunda:inputOutput`: scripts",
        _extended(
            "userTask",
            '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:script scriptFormat="javascript">1'
            "</camunda:script></camunda:inputParameter></camunda:inputOutput>",
        ),
    ),
    Trial(
        "execution listeners with an expression",
        _extended("userTask", '<camunda:executionListener event="start" expression="${1}"/>'),
    ),
    Trial(
        "execution listeners with a class",
        _extended("userTask", '<camunda:executionListener event="start" class="com.example.L"/>'),
    ),
    Trial(
        "execution listeners with a delegate expression",
        _extended("userTask", '<camunda:executionListener event="start" delegateExpression="${l}"/>'),
    ),
    Trial(
        "task listeners with an expression",
        _extended("userTask", '<camunda:taskListener event="create" expression="${1}"/>'),
    ),
    Trial(
        "task listeners with a class",
        _extended("userTask", '<camunda:taskListener event="create" class="com.example.L"/>'),
    ),
    Trial(
        "task listeners on time-out",
        _extended(
            "userTask",
            '<camunda:taskListener event="timeout" id="late" expression="${1}">'
            f"{EVENTS['timer']}</camunda:taskListener>",
        ),
    ),
    Trial("a message to a receive task", _element("receiveTask", 'messageRef="m"')),
    Trial(
        "a receive task that begins instances",
        f'<receiveTask id="r" instantiate="true" messageRef="m"/>{TASK}{_flow("r", "t")}',
    ),
    Trial(
        "an event-based gateway that begins instances",
        '<eventBasedGateway id="g" instantiate="true"/>'
        f'<receiveTask id="r" messageRef="m"/>{TASK}{_flow("g", "r")}{_flow("r", "t")}',
    ),
    Trial(
        "a parallel event-based gateway that begins instances",
        '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
        f'<receiveTask id="r" messageRef="m"/>{TASK}{_flow("g", "r")}{_flow("r", "t")}',
    ),
    Trial(
        "conditions in FEEL",
        _through('<exclusiveGateway id="x" default="x_end"/><task id="t"/>')
        + '<sequenceFlow id="x_t" sourceRef="x" targetRef="t"><conditionExpression xsi:type="tFormalExpression" '
        'language="feel">a &gt; 1</conditionExpression></sequenceFlow>',
    ),
    Trial(
        "call activities by version, version tag and deployment",
        _element(
            "callActivity",
            'calledElement="q" camunda:calledElementBinding="versionTag" camunda:calledElementVersionTag="1"',
        ),
    ),
    Trial("Zeebe's user tasks", _extended("userTask", '<zeebe:assignmentDefinition assignee="ann"/>')),
)


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            HEAD,
            *_elements(),
            *_events(),
            *_trials("Implementations of tasks", IMPLEMENTATIONS),
            *_trials("Details", DETAILS),
        ]
    )


def _mark(body: str) -> str:
    return YES if is_executed(body) else NO


def _elements() -> list[str]:
    lines = ["## Elements", "", "| element | executed | what it does |", "|---|---|---|"]
    for kind, body in ELEMENTS.items():
        behavior = BEHAVIORS.get(kind)
        about = "" if behavior is None else inspect.cleandoc(behavior.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        lines.append(f"| {kind} | {_mark(body)} | {about} |")
    return [*lines, ""]


def _events() -> list[str]:
    lines = ["## Events", "", "Empty where BPMN does not allow the event.", ""]
    lines += [f"| | {' | '.join(EVENTS)} |", "|---" * (len(EVENTS) + 1) + "|"]
    for position, (model, allowed) in POSITIONS.items():
        marks = [_mark(model(event)) if event in allowed.split() else "" for event in EVENTS]
        lines.append(f"| {position} | {' | '.join(marks)} |")
    return [*lines, ""]


def _trials(title: str, trials: tuple[Trial, ...]) -> list[str]:
    lines = [f"## {title}", "", "| | executed |", "|---|---|"]
    return [*lines, *(f"| {trial.what} | {_mark(trial.body)} |" for trial in trials), ""]
