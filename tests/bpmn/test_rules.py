"""Every rule: a model that breaks it, and which problem it brings; the sound models are in the other tests."""

import pytest

from bpmn.check import check
from bpmn.rules import HISTORY_TIME_TO_LIVE_REQUIRED, RULES
from tests.bpmn.models import between, file_of, flow, problems_of, process_of

S = '<startEvent id="s"/>'
TASK = S + '<userTask id="a"/>' + flow("s", "a")


def gateway(kind: str, *flows: str, attributes: str = "") -> str:
    """s -> g -> a, b."""
    targets = '<userTask id="a"/><userTask id="b"/>'
    return S + flow("s", "g") + f'<{kind} id="g" {attributes}/>' + targets + "".join(flows)


def catching(definition: str) -> str:
    return between(f'<intermediateCatchEvent id="a">{definition}</intermediateCatchEvent>')


def throwing(definition: str) -> str:
    return between(f'<intermediateThrowEvent id="a">{definition}</intermediateThrowEvent>')


def ending(definition: str) -> str:
    return S + f'<endEvent id="e">{definition}</endEvent>' + flow("s", "e")


def starting(definition: str, identity: str = "s") -> str:
    return f'<startEvent id="{identity}">{definition}</startEvent>'


def boundary(definition: str, host: str = "a", identity: str = "b", attributes: str = "") -> str:
    return f'<boundaryEvent id="{identity}" attachedToRef="{host}" {attributes}>{definition}</boundaryEvent>'


def sub_process(inner: str, kind: str = "subProcess", attributes: str = "") -> str:
    return between(f'<{kind} id="a" {attributes}>{inner}</{kind}>')


def event_sub_process(start: str, identity: str = "h", attributes: str = "") -> str:
    """Not inside anything, or to be put into a sub-process."""
    return (
        f'<subProcess id="{identity}" triggeredByEvent="true" {attributes}><startEvent id="{identity}s">{start}'
        "</startEvent></subProcess>"
    )


def extended(tag: str, extensions: str, attributes: str = "") -> str:
    return between(f'<{tag} id="a" {attributes}><extensionElements>{extensions}</extensionElements></{tag}>')


def looped(attributes: str, inner: str = "") -> str:
    return between(
        f'<userTask id="a"><multiInstanceLoopCharacteristics {attributes}>{inner}</multiInstanceLoopCharacteristics>'
        "</userTask>"
    )


MESSAGE = '<messageEventDefinition messageRef="m"/>'
TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
SIGNAL = '<signalEventDefinition signalRef="sig"/>'
ERROR = '<errorEventDefinition errorRef="err"/>'
ESCALATION = '<escalationEventDefinition escalationRef="esc"/>'
CONDITION = "<conditionalEventDefinition><condition>${x}</condition></conditionalEventDefinition>"
COMPENSATION = "<compensateEventDefinition/>"
CANCEL = "<cancelEventDefinition/>"
LINK = '<linkEventDefinition name="L"/>'
TERMINATE = "<terminateEventDefinition/>"

VALUE = "<extensionElements><activiti:value>1</activiti:value></extensionElements>"

BROKEN = {
    # flows
    "unknown source": (S + flow("nowhere", "s"), "bpmn.flow_ends", "nowhere_s"),
    "unknown target": (S + flow("s", "nowhere"), "bpmn.flow_ends", "s_nowhere"),
    "no target": (S + '<sequenceFlow id="f" sourceRef="s"/>', "bpmn.flow_ends", "f"),
    "target is no flow node": (S + '<dataObject id="d"/>' + flow("s", "d"), "bpmn.flow_ends", "s_d"),
    "into a sub-process": (
        sub_process(S + '<userTask id="u"/>' + flow("s", "u")) + flow("start", "u"),
        "bpmn.flow_ends",
        "start_u",
    ),
    "out of a sub-process": (
        sub_process(S + '<userTask id="u"/>' + flow("s", "u")) + flow("u", "end"),
        "bpmn.flow_ends",
        "u_end",
    ),
    "into a start event": (TASK + flow("a", "s"), "bpmn.flow_direction", "a_s"),
    "out of an end event": (between('<task id="a"/>') + flow("end", "a"), "bpmn.flow_direction", "end_a"),
    "into a boundary event": (TASK + boundary(TIMER) + flow("a", "b"), "bpmn.flow_direction", "a_b"),
    "into an event sub-process": (TASK + event_sub_process(MESSAGE) + flow("a", "h"), "bpmn.flow_direction", "a_h"),
    "out of an event sub-process": (TASK + event_sub_process(MESSAGE) + flow("h", "a"), "bpmn.flow_direction", "h_a"),
    "into a compensation activity": (
        TASK + '<task id="c" isForCompensation="true"/>' + flow("a", "c"),
        "bpmn.flow_direction",
        "a_c",
    ),
    "out of a repeated compensation activity": (
        TASK
        + '<task id="c" isForCompensation="true"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>'
        "</multiInstanceLoopCharacteristics></task>" + flow("c", "a"),
        "bpmn.flow_direction",
        "c_a",
    ),
    "out of a compensation boundary event": (
        TASK + boundary(COMPENSATION) + '<task id="c"/>' + flow("b", "c"),
        "bpmn.flow_direction",
        "b_c",
    ),
    "default flow of another node": (
        S + flow("s", "a") + '<userTask id="a" default="s_a"/>',
        "bpmn.default_flow",
        "a",
    ),
    "default flow that does not exist": (
        gateway("inclusiveGateway", flow("g", "a"), attributes='default="none"'),
        "bpmn.default_flow",
        "g",
    ),
    # gateways
    "exclusive gateway leads nowhere": (gateway("exclusiveGateway"), "bpmn.exclusive_gateway", "g"),
    "condition on the only flow": (gateway("exclusiveGateway", flow("g", "a", "${x}")), "bpmn.exclusive_gateway", "g"),
    "condition on the default flow": (
        gateway("exclusiveGateway", flow("g", "a", "${x}"), flow("g", "b", "${y}"), attributes='default="g_b"'),
        "bpmn.exclusive_gateway",
        "g",
    ),
    "two flows without a condition": (
        gateway("exclusiveGateway", flow("g", "a"), flow("g", "b")),
        "bpmn.exclusive_gateway",
        "g",
    ),
    "no condition beside a default flow": (
        gateway("exclusiveGateway", flow("g", "a"), flow("g", "b"), attributes='default="g_b"'),
        "bpmn.exclusive_gateway",
        "g",
    ),
    "event gateway leads nowhere": (gateway("eventBasedGateway"), "bpmn.event_based_gateway", "g"),
    "event gateway leads to a task": (gateway("eventBasedGateway", flow("g", "a")), "bpmn.event_based_gateway", "g"),
    "job after an event gateway": (
        gateway(
            "eventBasedGateway",
            f'<intermediateCatchEvent id="c">{TIMER}</intermediateCatchEvent>',
            flow("g", "c"),
            attributes='camunda:asyncAfter="true"',
        ),
        "bpmn.event_based_gateway",
        "g",
    ),
    "link after an event gateway": (
        gateway("eventBasedGateway", f'<intermediateCatchEvent id="c">{LINK}</intermediateCatchEvent>', flow("g", "c")),
        "bpmn.event_based_gateway",
        "g",
    ),
    "second way to the event after a gateway": (
        gateway(
            "eventBasedGateway",
            f'<intermediateCatchEvent id="c">{TIMER}</intermediateCatchEvent>',
            flow("g", "c") + flow("a", "c"),
        ),
        "bpmn.event_based_gateway",
        "g",
    ),
    # beginnings
    "no start event": ('<userTask id="a"/>', "bpmn.start_events", "p"),
    "empty process": ("", "bpmn.start_events", "p"),
    "two none start events": (starting("", "one") + starting("", "two"), "bpmn.start_events", "one"),
    "sub-process without a start": (sub_process('<task id="t"/>'), "bpmn.start_events", "a"),
    "sub-process with two starts": (sub_process(S + starting("", "s2")), "bpmn.start_events", "a"),
    "event sub-process with two starts": (
        TASK + event_sub_process(MESSAGE).replace("</subProcess>", starting(TIMER, "s2") + "</subProcess>"),
        "bpmn.start_events",
        "h",
    ),
    "transaction without a start": (sub_process("", "transaction"), "bpmn.start_events", "a"),
    "ad-hoc sub-process with a start": (sub_process(S, "adHocSubProcess"), "bpmn.ad_hoc", "s"),
    "ad-hoc sub-process without an activity": (
        sub_process('<parallelGateway id="g"/>', "adHocSubProcess"),
        "bpmn.ad_hoc",
        "a",
    ),
    "ad-hoc sub-process with half an output": (
        sub_process(
            '<extensionElements><zeebe:adHoc outputCollection="all"/></extensionElements><task id="t"/>',
            "adHocSubProcess",
        ),
        "bpmn.ad_hoc",
        "a",
    ),
    "ad-hoc sub-process with an end": (sub_process('<endEvent id="x"/>', "adHocSubProcess"), "bpmn.ad_hoc", "x"),
    # positions
    "error start of a process": (starting(ERROR), "bpmn.event_position", "s"),
    "escalation start of a process": (starting(ESCALATION), "bpmn.event_position", "s"),
    "compensation start of a process": (starting(COMPENSATION), "bpmn.event_position", "s"),
    "timer start in a sub-process": (sub_process(starting(TIMER)), "bpmn.event_position", "s"),
    "message start in a sub-process": (sub_process(starting(MESSAGE)), "bpmn.event_position", "s"),
    "none start of an event sub-process": (TASK + event_sub_process(""), "bpmn.event_position", "hs"),
    "terminate start of an event sub-process": (TASK + event_sub_process(TERMINATE), "bpmn.event_position", "hs"),
    "catch event without a definition": (catching(""), "bpmn.event_position", "a"),
    "catching an error": (catching(ERROR), "bpmn.event_position", "a"),
    "throwing a timer": (throwing(TIMER), "bpmn.event_position", "a"),
    "throwing an error": (throwing(ERROR), "bpmn.event_position", "a"),
    "ending with a timer": (ending(TIMER), "bpmn.event_position", "e"),
    "boundary event without a definition": (TASK + boundary(""), "bpmn.event_position", "b"),
    "boundary event that terminates": (TASK + boundary(TERMINATE), "bpmn.event_position", "b"),
    # boundary events
    "attached to nothing": (
        TASK + f'<boundaryEvent id="b">{TIMER}</boundaryEvent>',
        "bpmn.boundary_attachment",
        "b",
    ),
    "attached to something unknown": (TASK + boundary(TIMER, "x"), "bpmn.boundary_attachment", "b"),
    "attached to a start event": (TASK + boundary(TIMER, "s"), "bpmn.boundary_attachment", "b"),
    "attached to a gateway": (
        gateway("parallelGateway", flow("g", "a")) + boundary(TIMER, "g", "x"),
        "bpmn.boundary_attachment",
        "x",
    ),
    "attached across a border": (
        sub_process(S + '<task id="t"/>') + boundary(TIMER, "t"),
        "bpmn.boundary_attachment",
        "b",
    ),
    "attached to an event sub-process": (
        TASK + event_sub_process(MESSAGE) + boundary(TIMER, "h"),
        "bpmn.boundary_attachment",
        "b",
    ),
    # cancel
    "cancel on a task": (TASK + boundary(CANCEL), "bpmn.cancel_event", "b"),
    "cancel twice": (
        sub_process(S, "transaction") + boundary(CANCEL) + boundary(CANCEL, identity="b2"),
        "bpmn.cancel_event",
        "b",
    ),
    "cancel end outside of a transaction": (ending(CANCEL), "bpmn.cancel_event", "e"),
    "cancel end in a sub-process": (
        sub_process(S + f'<endEvent id="x">{CANCEL}</endEvent>'),
        "bpmn.cancel_event",
        "x",
    ),
    # compensation
    "handler that is not for compensation": (
        TASK + boundary(COMPENSATION) + '<task id="c"/><association id="x" sourceRef="b" targetRef="c"/>',
        "bpmn.compensation",
        "b",
    ),
    "compensated twice": (
        TASK + boundary(COMPENSATION) + boundary(COMPENSATION, identity="b2"),
        "bpmn.compensation",
        "a",
    ),
    "compensating the unknown": (
        throwing('<compensateEventDefinition activityRef="x"/>'),
        "bpmn.compensation",
        "a",
    ),
    "compensating an activity in an inner scope": (
        sub_process(
            S
            + '<intermediateThrowEvent id="t"><compensateEventDefinition activityRef="y"/></intermediateThrowEvent>'
            + '<subProcess id="x"><startEvent id="xs"/><task id="y"/></subProcess>'
        ),
        "bpmn.compensation",
        "t",
    ),
    "compensation from a boundary event and inside": (
        sub_process(S + event_sub_process(COMPENSATION)) + boundary(COMPENSATION),
        "bpmn.compensation",
        "b",
    ),
    "compensation event sub-process of a process": (
        TASK + event_sub_process(COMPENSATION),
        "bpmn.compensation",
        "h",
    ),
    "two compensation event sub-processes": (
        sub_process(S + event_sub_process(COMPENSATION) + event_sub_process(COMPENSATION, "h2")),
        "bpmn.compensation",
        "h",
    ),
    # links
    "link without a name": (throwing("<linkEventDefinition/>"), "bpmn.link_event", "a"),
    "link that leads nowhere": (throwing(LINK), "bpmn.link_event", "a"),
    "link into another scope": (
        throwing(LINK)
        + '<subProcess id="x"><startEvent id="xs"/>'
        + f'<intermediateCatchEvent id="c">{LINK}</intermediateCatchEvent></subProcess>',
        "bpmn.link_event",
        "a",
    ),
    "two targets of a link": (
        "".join(f'<intermediateCatchEvent id="c{i}">{LINK}</intermediateCatchEvent>' for i in (1, 2)) + TASK,
        "bpmn.link_event",
        "c2",
    ),
    # messages
    "no messageRef": (catching("<messageEventDefinition/>"), "bpmn.message_event", "a"),
    "unknown message": (catching('<messageEventDefinition messageRef="x"/>'), "bpmn.message_event", "a"),
    "unknown message of a receive task": (between('<receiveTask id="a" messageRef="x"/>'), "bpmn.message_event", "a"),
    "message without a name": (
        catching('<messageEventDefinition messageRef="nameless"/>'),
        "bpmn.message_event",
        "a",
    ),
    "expression in the name at a start": (
        starting('<messageEventDefinition messageRef="dynamic"/>'),
        "bpmn.message_event",
        "s",
    ),
    "one message starts a process twice": (
        starting(MESSAGE, "s1") + starting(MESSAGE, "s2"),
        "bpmn.message_event",
        "s2",
    ),
    "one message at two boundary events": (
        TASK + boundary(MESSAGE) + boundary(MESSAGE, identity="b2"),
        "bpmn.message_event",
        "b2",
    ),
    "one message for two event sub-processes": (
        TASK + event_sub_process(MESSAGE) + event_sub_process(MESSAGE, "h2"),
        "bpmn.message_event",
        "h2s",
    ),
    "one message begins instances at two receive tasks": (
        "".join(f'<receiveTask id="r{i}" instantiate="true" messageRef="m"/>' for i in (1, 2)),
        "bpmn.message_event",
        "r2",
    ),
    "expression in the name behind an instantiating gateway": (
        '<eventBasedGateway id="g" instantiate="true"/><intermediateCatchEvent id="a">'
        '<messageEventDefinition messageRef="dynamic"/></intermediateCatchEvent>' + flow("g", "a"),
        "bpmn.message_event",
        "a",
    ),
    # instantiation
    "receive task that begins instances without a message": (
        '<receiveTask id="r" instantiate="true"/>',
        "bpmn.instantiation",
        "r",
    ),
    "receive task that begins instances by a job": (
        '<receiveTask id="r" instantiate="true" messageRef="m" camunda:asyncBefore="true"/>',
        "bpmn.instantiation",
        "r",
    ),
    "receive task that begins instances in a sub-process": (
        sub_process(S + '<receiveTask id="r" instantiate="true" messageRef="m"/>'),
        "bpmn.instantiation",
        "r",
    ),
    "flow to a gateway that begins instances": (
        gateway("eventBasedGateway", attributes='instantiate="true"')
        + f'<intermediateCatchEvent id="c">{MESSAGE}</intermediateCatchEvent>'
        + flow("g", "c"),
        "bpmn.instantiation",
        "g",
    ),
    "timer behind a gateway that begins instances": (
        '<eventBasedGateway id="g" instantiate="true"/>'
        f'<intermediateCatchEvent id="c">{TIMER}</intermediateCatchEvent>' + flow("g", "c"),
        "bpmn.instantiation",
        "c",
    ),
    "signal behind a parallel gateway that begins instances": (
        '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
        f'<intermediateCatchEvent id="c">{SIGNAL}</intermediateCatchEvent>' + flow("g", "c"),
        "bpmn.instantiation",
        "c",
    ),
    "receive task without a message behind a gateway that begins instances": (
        '<eventBasedGateway id="g" instantiate="true"/><receiveTask id="c"/>' + flow("g", "c"),
        "bpmn.instantiation",
        "c",
    ),
    # signals
    "no signalRef": (catching("<signalEventDefinition/>"), "bpmn.signal_event", "a"),
    "unknown signal": (throwing('<signalEventDefinition signalRef="x"/>'), "bpmn.signal_event", "a"),
    "one signal starts a process twice": (starting(SIGNAL, "s1") + starting(SIGNAL, "s2"), "bpmn.signal_event", "s2"),
    "one signal at two boundary events": (
        TASK + boundary(SIGNAL) + boundary(SIGNAL, identity="b2"),
        "bpmn.signal_event",
        "b2",
    ),
    # errors and escalations
    "throwing no error": (ending("<errorEventDefinition/>"), "bpmn.error_event", "e"),
    "throwing an error without a code": (
        ending('<errorEventDefinition errorRef="codeless"/>'),
        "bpmn.error_event",
        "e",
    ),
    "throwing no escalation": (throwing("<escalationEventDefinition/>"), "bpmn.escalation_event", "a"),
    "throwing an unknown escalation": (
        ending('<escalationEventDefinition escalationRef="x"/>'),
        "bpmn.escalation_event",
        "e",
    ),
    "throwing an escalation without a code": (
        ending('<escalationEventDefinition escalationRef="quiet"/>'),
        "bpmn.escalation_event",
        "e",
    ),
    "escalation of a manual task": (
        between('<manualTask id="a"/>') + boundary(ESCALATION),
        "bpmn.escalation_event",
        "b",
    ),
    "one escalation caught twice": (
        TASK + boundary(ESCALATION) + boundary(ESCALATION, identity="b2"),
        "bpmn.escalation_event",
        "b2",
    ),
    "escalation caught by code and by all": (
        TASK + boundary(ESCALATION) + boundary("<escalationEventDefinition/>", identity="b2"),
        "bpmn.escalation_event",
        "b2",
    ),
    "escalation caught by two event sub-processes": (
        TASK + event_sub_process(ESCALATION) + event_sub_process(ESCALATION, "h2"),
        "bpmn.escalation_event",
        "h2s",
    ),
    # timers and conditions
    "timer without a time": (catching("<timerEventDefinition/>"), "bpmn.timer_event", "a"),
    "timer with an empty time": (
        catching("<timerEventDefinition><timeDate> </timeDate></timerEventDefinition>"),
        "bpmn.timer_event",
        "a",
    ),
    "timer with two times": (
        catching(TIMER.replace("</timerEvent", "<timeCycle>R/PT1H</timeCycle></timerEvent")),
        "bpmn.timer_event",
        "a",
    ),
    "conditional event without a condition": (
        catching("<conditionalEventDefinition/>"),
        "bpmn.conditional_event",
        "a",
    ),
    "unknown variable event": (
        catching(
            CONDITION.replace("<conditionalEventDefinition", '<conditionalEventDefinition camunda:variableEvents="x"')
        ),
        "bpmn.conditional_event",
        "a",
    ),
    "one condition starts a process twice": (
        starting(CONDITION, "s1") + starting(CONDITION, "s2"),
        "bpmn.conditional_event",
        "s2",
    ),
    "unknown event definition": (catching("<sunriseEventDefinition/>"), "bpmn.unsupported", "a"),
    "unknown shared event definition": (
        catching("<eventDefinitionRef>x</eventDefinitionRef>"),
        "bpmn.event_definition_ref",
        "a",
    ),
    # tasks
    "service task without an implementation": (between('<serviceTask id="a"/>'), "camunda.implementation", "a"),
    "send task without an implementation": (between('<sendTask id="a"/>'), "camunda.implementation", "a"),
    "business rule task without a decision": (between('<businessRuleTask id="a"/>'), "camunda.implementation", "a"),
    "external task without a topic": (
        between('<serviceTask id="a" camunda:type="external"/>'),
        "camunda.implementation",
        "a",
    ),
    "result variable of a class": (
        between('<serviceTask id="a" camunda:class="x.Y" camunda:resultVariable="r"/>'),
        "camunda.implementation",
        "a",
    ),
    "error mapping without an expression": (
        extended(
            "serviceTask",
            '<camunda:errorEventDefinition errorRef="err"/>',
            'camunda:type="external" camunda:topic="t"',
        ),
        "camunda.implementation",
        "a",
    ),
    "error mapping to an error without a code": (
        extended(
            "serviceTask",
            '<camunda:errorEventDefinition errorRef="codeless" expression="${x}"/>',
            'camunda:type="external" camunda:topic="t"',
        ),
        "camunda.implementation",
        "a",
    ),
    "connector without an id": (
        extended("serviceTask", "<camunda:connector/>", 'camunda:expression="${x}"'),
        "camunda.connector",
        "a",
    ),
    "unknown mapping of a decision": (
        between('<businessRuleTask id="a" camunda:decisionRef="d" camunda:mapDecisionResult="all"/>'),
        "camunda.decision_reference",
        "a",
    ),
    "decision of no version": (
        between('<businessRuleTask id="a" camunda:decisionRef="d" camunda:decisionRefBinding="version"/>'),
        "camunda.reference_binding",
        "a",
    ),
    "call of no version tag": (
        between('<callActivity id="a" calledElement="q" camunda:calledElementBinding="versionTag"/>'),
        "camunda.reference_binding",
        "a",
    ),
    "form of no version": (
        between('<userTask id="a" camunda:formRef="f" camunda:formRefBinding="version"/>'),
        "camunda.reference_binding",
        "a",
    ),
    "unknown binding": (
        between('<callActivity id="a" calledElement="q" camunda:calledElementBinding="newest"/>'),
        "camunda.binding",
        "a",
    ),
    "unknown binding of a Camunda 8 call": (
        extended("callActivity", '<zeebe:calledElement processId="q" bindingType="newest"/>'),
        "zeebe.binding",
        "a",
    ),
    "call of nothing": (between('<callActivity id="a"/>'), "bpmn.call_activity", "a"),
    "in without a source": (
        extended("callActivity", "<camunda:in/>", 'calledElement="q"'),
        "camunda.variable_mapping",
        "a",
    ),
    "in with an empty source": (
        extended("callActivity", '<camunda:in source="" target="x"/>', 'calledElement="q"'),
        "camunda.variable_mapping",
        "a",
    ),
    "out without a target": (
        extended("callActivity", '<camunda:out source="x"/>', 'calledElement="q"'),
        "camunda.variable_mapping",
        "a",
    ),
    "out with an empty target": (
        extended("callActivity", '<camunda:out source="x" target=""/>', 'calledElement="q"'),
        "camunda.variable_mapping",
        "a",
    ),
    "signal payload without a target": (
        throwing(
            '<signalEventDefinition signalRef="sig"><extensionElements><camunda:in source="x"/></extensionElements>'
            "</signalEventDefinition>"
        ),
        "camunda.variable_mapping",
        "a",
    ),
    "script task without a script": (between('<scriptTask id="a" scriptFormat="juel"/>'), "bpmn.script_task", "a"),
    "two assignees": (
        between(
            '<userTask id="a" camunda:assignee="x"><humanPerformer><resourceAssignmentExpression><formalExpression>y'
            "</formalExpression></resourceAssignmentExpression></humanPerformer></userTask>"
        ),
        "bpmn.assignee",
        "a",
    ),
    "complex gateway that does not say what it waits for": (
        S + '<complexGateway id="g"/>' + flow("s", "g") + flow("s", "g", identity="again"),
        "bpmn.complex_gateway",
        "g",
    ),
    # loops
    "multi-instance over nothing": (looped(""), "bpmn.multi_instance", "a"),
    "element variable without a collection": (
        looped('camunda:elementVariable="x"', "<loopCardinality>2</loopCardinality>"),
        "bpmn.multi_instance",
        "a",
    ),
    "repeated event sub-process": (
        TASK
        + event_sub_process(MESSAGE).replace(
            "<startEvent",
            "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
            "<startEvent",
            1,
        ),
        "bpmn.multi_instance",
        "h",
    ),
    "event sub-process in a loop": (
        TASK
        + event_sub_process(MESSAGE).replace(
            "<startEvent", '<standardLoopCharacteristics loopMaximum="2"/><startEvent', 1
        ),
        "bpmn.standard_loop",
        "h",
    ),
    "two ways to repeat": (
        between(
            '<task id="a"><standardLoopCharacteristics loopMaximum="2"/>'
            "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
            "</task>"
        ),
        "bpmn.loop",
        "a",
    ),
    "loop maximum of nothing": (
        between('<task id="a"><standardLoopCharacteristics loopMaximum="0"/></task>'),
        "bpmn.loop_maximum",
        "a",
    ),
    "loop maximum that is no number": (
        between('<task id="a"><standardLoopCharacteristics loopMaximum="-1"/></task>'),
        "bpmn.loop_maximum",
        "a",
    ),
    "endless loop of tasks": (
        S + '<task id="a"/><manualTask id="b"/>' + flow("s", "a") + flow("a", "b") + flow("b", "a"),
        "bpmn.endless_loop",
        "a",
    ),
    "endless loop through gateways": (
        S
        + '<exclusiveGateway id="a"/><parallelGateway id="b"/><userTask id="c"/>'
        + flow("s", "a")
        + flow("a", "b")
        + flow("b", "c")
        + flow("b", "a", identity="back"),
        "bpmn.endless_loop",
        "a",
    ),
    "a task that follows itself": (
        S + '<task id="a"/>' + flow("s", "a") + flow("a", "a"),
        "bpmn.endless_loop",
        "a",
    ),
    # data
    "one name for two values": (
        TASK + f'<dataObject id="d" name="x">{VALUE}</dataObject><dataObject id="e" name="x">{VALUE}</dataObject>',
        "bpmn.data_object",
        "e",
    ),
    # extensions
    "mapping on a gateway": (
        extended(
            "parallelGateway",
            '<camunda:inputOutput><camunda:inputParameter name="x">1</camunda:inputParameter></camunda:inputOutput>',
        ),
        "camunda.input_output",
        "a",
    ),
    "mapping on an event sub-process": (
        TASK
        + event_sub_process(MESSAGE).replace(
            "<startEvent",
            '<extensionElements><camunda:inputOutput><camunda:inputParameter name="x">1</camunda:inputParameter>'
            "</camunda:inputOutput></extensionElements><startEvent",
            1,
        ),
        "camunda.input_output",
        "h",
    ),
    "mapping on a start event": (
        starting(
            '<extensionElements><camunda:inputOutput><camunda:outputParameter name="x">1</camunda:outputParameter>'
            "</camunda:inputOutput></extensionElements>"
        ),
        "camunda.input_output",
        "s",
    ),
    "mapping on a boundary event": (
        TASK
        + boundary(
            "<extensionElements><camunda:inputOutput><camunda:inputParameter name='x'>1</camunda:inputParameter>"
            f"</camunda:inputOutput></extensionElements>{TIMER}"
        ),
        "camunda.input_output",
        "b",
    ),
    "output of an end event": (
        S
        + flow("s", "e")
        + '<endEvent id="e"><extensionElements><camunda:inputOutput><camunda:outputParameter name="x">1'
        "</camunda:outputParameter></camunda:inputOutput></extensionElements></endEvent>",
        "camunda.input_output",
        "e",
    ),
    "parameter without a name": (
        extended(
            "task", "<camunda:inputOutput><camunda:inputParameter>1</camunda:inputParameter></camunda:inputOutput>"
        ),
        "camunda.parameter",
        "a",
    ),
    "map entry without a key": (
        extended(
            "task",
            '<camunda:inputOutput><camunda:inputParameter name="x"><camunda:map><camunda:entry>1</camunda:entry>'
            "</camunda:map></camunda:inputParameter></camunda:inputOutput>",
        ),
        "camunda.map_key",
        "a",
    ),
    "script without a format": (
        extended(
            "task",
            '<camunda:inputOutput><camunda:inputParameter name="x"><camunda:script>1</camunda:script>'
            "</camunda:inputParameter></camunda:inputOutput>",
        ),
        "camunda.script",
        "a",
    ),
    "listener of an unknown event": (
        extended("task", '<camunda:executionListener event="middle" class="x.Y"/>'),
        "camunda.listener",
        "a",
    ),
    "listener of no event": (extended("task", '<camunda:executionListener class="x.Y"/>'), "camunda.listener", "a"),
    "listener that does nothing": (
        extended("task", '<camunda:executionListener event="start"/>'),
        "camunda.listener",
        "a",
    ),
    "task listener of an unknown event": (
        extended("userTask", '<camunda:taskListener event="start" class="x.Y"/>'),
        "camunda.listener",
        "a",
    ),
    "timeout listener without a timer": (
        extended("userTask", '<camunda:taskListener event="timeout" class="x.Y" id="t"/>'),
        "camunda.listener",
        "a",
    ),
    "form key and form reference": (
        between('<userTask id="a" camunda:formKey="k" camunda:formRef="f" camunda:formRefBinding="latest"/>'),
        "camunda.form",
        "a",
    ),
    "form reference without a binding": (between('<userTask id="a" camunda:formRef="f"/>'), "camunda.form", "a"),
    "form field of an unknown type": (
        extended("userTask", '<camunda:formData><camunda:formField id="f" type="money"/></camunda:formData>'),
        "camunda.form_field",
        "a",
    ),
    "form field without an id": (
        extended("userTask", '<camunda:formData><camunda:formField type="long"/></camunda:formData>'),
        "camunda.form_field",
        "a",
    ),
    "job priority that is no number": (
        between('<task id="a" camunda:jobPriority="high"/>'),
        "camunda.priority",
        "a",
    ),
    "task priority that is no number": (
        between('<serviceTask id="a" camunda:type="external" camunda:topic="t" camunda:taskPriority="1.5"/>'),
        "camunda.priority",
        "a",
    ),
    # the file
    "duplicate id": (S + '<task id="s"/>', "bpmn.duplicate_id", "s"),
    "duplicate id of a flow": (
        TASK + '<sequenceFlow id="s_a" sourceRef="s" targetRef="a"/>',
        "bpmn.duplicate_id",
        "s_a",
    ),
    "id that names a body": (S + '<task id="a#multiInstanceBody"/>', "bpmn.invalid_id", "a#multiInstanceBody"),
    "id that names an implicit flow": (
        TASK + '<sequenceFlow id="s-&gt;a" sourceRef="s" targetRef="a"/>',
        "bpmn.invalid_id",
        "s->a",
    ),
    "flow node without an id": (S + "<task/>", "bpmn.missing_id", ""),
    "start by an event registry": (
        starting("<extensionElements><flowable:eventType>x</flowable:eventType></extensionElements>"),
        "bpmn.unsupported",
        "s",
    ),
    "wait for a variable": (
        catching('<extensionElements><flowable:variableListenerEventDefinition variableName="x"/></extensionElements>'),
        "bpmn.unsupported",
        "a",
    ),
    "unknown element": (S + '<teaBreak id="x"/>', "bpmn.unsupported", "x"),
    "choreography inside a process": (S + '<choreographyTask id="x"/>', "bpmn.unsupported", "x"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_model_is_refused(case):
    body, rule, element = BROKEN[case]
    _, problems = check(file_of(body), "model.bpmn")
    errors = {(p.rule, p.element_ids[0] if p.element_ids else "") for p in problems if p.is_error}
    assert (rule, element) in errors


WARNED = {
    "throwing an unknown message": (
        throwing('<messageEventDefinition messageRef="x"/>'),
        "bpmn.message_event",
        "a",
    ),
    "loop without an end": (
        between('<task id="a"><standardLoopCharacteristics testBefore="true"/></task>'),
        "bpmn.standard_loop",
        "a",
    ),
    "form field twice": (
        extended(
            "userTask",
            '<camunda:formData><camunda:formField id="f" type="long"/><camunda:formField id="f" type="date"/>'
            "</camunda:formData>",
        ),
        "camunda.form_field",
        "a",
    ),
    "skip expression": (between('<userTask id="a" flowable:skipExpression="${x}"/>'), "bpmn.skip_expression", "a"),
    "skip expression of a flow": (
        S + '<userTask id="a"/><sequenceFlow id="f" sourceRef="s" targetRef="a" flowable:skipExpression="${x}"/>',
        "bpmn.skip_expression",
        "f",
    ),
    "extension outside of the extension elements": (
        between('<userTask id="a"><camunda:taskListener event="create" class="x.Y"/></userTask>'),
        "bpmn.misplaced_extension",
        "a",
    ),
    "event listener of a process": (
        '<extensionElements><flowable:eventListener class="x.Y"/></extensionElements>' + TASK,
        "bpmn.event_listener",
        "p",
    ),
    "listener for no event in Flowable": (
        between(
            '<userTask id="a"><extensionElements><flowable:taskListener event="start" class="x.Y"/>'
            "</extensionElements></userTask>"
        ),
        "camunda.listener",
        "a",
    ),
    "ad-hoc sub-process in which nothing can be activated": (
        sub_process('<userTask id="t"/><task id="u"/>' + flow("t", "u") + flow("u", "t"), "adHocSubProcess"),
        "bpmn.ad_hoc",
        "a",
    ),
    "reference to no data object": (
        TASK + '<dataObjectReference id="r" dataObjectRef="d"/>',
        "bpmn.data_object",
        "r",
    ),
    "sent message that is not defined": (
        throwing('<messageEventDefinition messageRef="x" camunda:expression="${1}"/>'),
        "bpmn.message_event",
        "a",
    ),
    "condition of a default flow": (
        gateway("inclusiveGateway", flow("g", "a", "${x}"), flow("g", "b", "${y}"), attributes='default="g_b"'),
        "bpmn.default_flow",
        "g_b",
    ),
    "one flow without a condition": (
        gateway("exclusiveGateway", flow("g", "a", "${x}"), flow("g", "b")),
        "bpmn.exclusive_gateway",
        "g",
    ),
    "condition after a parallel gateway": (
        gateway("parallelGateway", flow("g", "a", "${x}"), flow("g", "b")),
        "bpmn.ignored_condition",
        "g_a",
    ),
    "flows without a condition in an Activiti model": (
        gateway("exclusiveGateway", flow("g", "a"), flow("g", "b")).replace(
            '<userTask id="a"', '<userTask id="a" activiti:assignee="x"'
        ),
        "bpmn.exclusive_gateway",
        "g",
    ),
    "empty condition": (S + '<userTask id="a"/>' + flow("s", "a", " "), "bpmn.empty_condition", "s_a"),
    "unknown error is a code": (
        ending('<errorEventDefinition errorRef="x"/>'),
        "bpmn.error_event",
        "e",
    ),
    "error that should not interrupt": (
        between('<userTask id="a"/>') + boundary(ERROR, attributes='cancelActivity="false"'),
        "bpmn.interrupting",
        "b",
    ),
    "unreached task": (TASK + '<userTask id="x"/>', "bpmn.disconnected", "x"),
    "compensation without a handler": (TASK + boundary(COMPENSATION), "bpmn.compensation", "b"),
    "compensation from another scope": (
        sub_process(S + '<userTask id="t"/>' + boundary(COMPENSATION, "t"))
        + '<task id="x" isForCompensation="true"/><association id="y" sourceRef="b" targetRef="x"/>',
        "bpmn.compensation",
        "b",
    ),
    "cancel end in a transaction that it cannot leave": (
        sub_process(S + flow("s", "x") + f'<endEvent id="x">{CANCEL}</endEvent>', "transaction"),
        "bpmn.cancel_event",
        "x",
    ),
    "compensation that nobody calls": (TASK + '<task id="x" isForCompensation="true"/>', "bpmn.compensation", "x"),
    "foreign element": (
        TASK + '<x:sticker xmlns:x="urn:x" id="x"/>',
        "bpmn.foreign_element",
        "x",
    ),
}


@pytest.mark.parametrize("case", WARNED)
def test_doubtful_model_is_warned_of_and_accepted(case):
    body, rule, element = WARNED[case]
    assert (rule, element) in problems_of(body)
    process_of(body)


SOUND = {
    "ad-hoc sub-process": sub_process(
        '<task id="t"/><userTask id="u"/><parallelGateway id="g"/>' + flow("t", "g"), "adHocSubProcess"
    ),
    "data objects of the same name": TASK
    + f'<dataObject id="d" name="x">{VALUE}</dataObject><dataObject id="e" name="x"/>'
    + '<dataObjectReference id="r" dataObjectRef="d"/><dataObjectReference id="q"/>',
    "escalations of two codes": TASK
    + boundary(ESCALATION)
    + boundary('<escalationEventDefinition escalationRef="esc2"/>', identity="b2"),
    "escalation of a repeated sub-process": sub_process(
        S + "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    )
    + boundary(ESCALATION),
    "receive task after an event gateway": gateway("eventBasedGateway", '<receiveTask id="r"/>', flow("g", "r")),
    "loop with a wait": S + '<task id="a"/><userTask id="b"/>' + flow("s", "a") + flow("a", "b") + flow("b", "a"),
    "loop with a way out": S
    + '<task id="a"/><exclusiveGateway id="g" default="g_a"/><endEvent id="e"/>'
    + flow("s", "a")
    + flow("a", "g")
    + flow("g", "e", "${done}")
    + flow("g", "a"),
    "loop over a transaction boundary": S
    + '<task id="a" camunda:asyncBefore="true"/>'
    + flow("s", "a")
    + flow("a", "a"),
    "loop that waits at a join": S
    + '<parallelGateway id="a"/><task id="b"/>'
    + flow("s", "a")
    + flow("a", "b")
    + flow("b", "a"),
    "send task of a message": between('<sendTask id="a" messageRef="m"/>'),
    "throwing message without an implementation": throwing("<messageEventDefinition/>"),
    "compensating beside an event sub-process": sub_process(
        S
        + '<userTask id="x"/>'
        + event_sub_process(ERROR).replace(
            "</startEvent>",
            '</startEvent><endEvent id="t"><compensateEventDefinition activityRef="x"/></endEvent>',
        )
    ),
    "result variable beside a class in a Flowable model": between(
        '<serviceTask id="a" flowable:class="x" flowable:resultVariableName="y"/>'
    ),
    "external task error that never holds": extended(
        "serviceTask",
        '<camunda:errorEventDefinition errorRef="err" expression=""/>',
        'camunda:type="external" camunda:topic="t"',
    ),
    "receive task without a message": between('<receiveTask id="a"/>'),
    "instantiating receive task": '<receiveTask id="r" instantiate="true" messageRef="m"/>',
    "instantiating gateway": '<eventBasedGateway id="g" instantiate="true"/>'
    f'<intermediateCatchEvent id="c">{MESSAGE}</intermediateCatchEvent>'
    f'<intermediateCatchEvent id="d">{SIGNAL}</intermediateCatchEvent>' + flow("g", "c") + flow("g", "d"),
    "none and message start": starting("", "s1") + starting(MESSAGE, "s2") + starting(TIMER, "s3"),
    "cancel in a transaction": sub_process(S + flow("s", "x") + f'<endEvent id="x">{CANCEL}</endEvent>', "transaction")
    + boundary(CANCEL),
    "cancel in a repeated transaction": sub_process(
        "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
        + S
        + flow("s", "x")
        + f'<endEvent id="x">{CANCEL}</endEvent>',
        "transaction",
    )
    + boundary(CANCEL),
    "priority by expression": between('<task id="a" camunda:jobPriority="${p}"/>'),
    "message caught in two places": sub_process(S + event_sub_process(MESSAGE)) + event_sub_process(MESSAGE, "h2"),
}


@pytest.mark.parametrize("case", SOUND)
def test_sound_model_is_accepted(case):
    process_of(SOUND[case])


def test_all_problems_come_at_once_in_the_order_of_the_file():
    body = "\n".join(
        [S, flow("s", "nowhere"), '<serviceTask id="t"/>', '<scriptTask id="u"/>', '<callActivity id="v"/>']
    )
    _, problems = check(file_of(body), "model.bpmn")
    errors = [problem for problem in problems if problem.is_error]
    assert [problem.rule for problem in errors] == [
        "bpmn.flow_ends",
        "camunda.implementation",
        "bpmn.script_task",
        "bpmn.call_activity",
    ]
    assert [problem.line for problem in errors] == [2, 3, 4, 5]


def test_a_problem_tells_where_what_and_which_rule():
    _, problems = check(file_of('\n\n  <serviceTask id="t"/>' + S), "shop.bpmn")
    problem = next(problem for problem in problems if problem.rule == "camunda.implementation")
    assert (problem.resource, problem.line, problem.column, problem.element_ids) == ("shop.bpmn", 3, 3, ("t",))
    assert str(problem).startswith("shop.bpmn:3:3: error: One of the attributes")
    assert str(problem).endswith("(t) [camunda.implementation]")


@pytest.mark.parametrize(
    ("process", "refused", "refused_when_required"),
    [
        ("", False, True),
        ('camunda:historyTimeToLive=""', False, True),
        ('camunda:historyTimeToLive="30"', False, False),
        ('camunda:historyTimeToLive="P30D"', False, False),
        ('camunda:historyTimeToLive="-1"', True, True),
        ('camunda:historyTimeToLive="P1M"', True, True),
        ('camunda:historyTimeToLive="soon"', True, True),
    ],
)
def test_history_time_to_live(process, refused, refused_when_required):
    data = file_of(S, process=process)
    for rules, expected in ((RULES, refused), ((*RULES, HISTORY_TIME_TO_LIVE_REQUIRED), refused_when_required)):
        _, problems = check(data, "model.bpmn", rules)
        found = {problem.rule for problem in problems if problem.is_error}
        assert found == ({"camunda.history_time_to_live"} if expected else set())
