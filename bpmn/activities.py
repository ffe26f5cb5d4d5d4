"""What only one kind of flow node says: the attributes and children of tasks, sub-processes, gateways and events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from bpmn.events import TRIGGERS, read_event_definition, read_event_definitions
from bpmn.model import (
    AdHoc,
    Dialect,
    EventDefinition,
    Expression,
    Implementation,
    Kind,
    MultiInstance,
    StandardLoop,
    Trigger,
    UserTask,
)
from bpmn.reading import Context, Parts, extensions_of
from bpmn.vocabulary import camunda, zeebe
from bpmn.vocabulary.text import comma_separated, element_expression, expression, flag, juel, language, local_name
from bpmn.xml import Node

Specifics = dict[str, Any]
"""Keyword arguments of `bpmn.model.Element` that belong to one kind."""

_ASSIGNMENT = re.compile(r"(user|group)\((.*)\)", re.DOTALL)


# ---------------------------------------------------------------- tasks


def _implementation(context: Context) -> Implementation:
    of_zeebe = zeebe.implementation(context.reading, context.extensions, context.id)
    if of_zeebe is not None:
        return of_zeebe
    found = camunda.implementation(context.reading, context.node, context.extensions, context.id)
    if found.is_empty and context.reading.dialect in _LENIENT:
        named = context.node.get("implementation") or ""
        if named and not named.startswith("##"):
            return replace(found, topic=juel(named, context.node.place))
    return found


_LENIENT = (Dialect.ACTIVITI, Dialect.FLOWABLE)
"""To Activiti's cloud `implementation` names a connector, which is a worker of that name."""


def _service_task(context: Context) -> Specifics:
    return {"implementation": _implementation(context)}


def _message_task(context: Context) -> EventDefinition | None:
    """The message of a receive or send task, as if it had a message event definition."""
    if not context.node.get("messageRef"):
        return None
    return read_event_definition(
        context.reading,
        Node("messageEventDefinition", {"messageRef": context.node.attributes["messageRef"]}, context.node.place),
        {},
        context.id,
    )


def _send_task(context: Context) -> Specifics:
    message = _message_task(context)
    if message is not None:
        ins = camunda.mappings(context.extensions, "camunda:in")
        message = replace(message, in_mappings=ins.variables, business_key=ins.business_key)
    return {"implementation": _implementation(context), "message": message}


def _receive_task(context: Context) -> Specifics:
    return {"message": _message_task(context), "instantiate": flag(context.node.get("instantiate"))}


def _business_rule_task(context: Context) -> Specifics:
    runs = _implementation(context)
    decision = camunda.decision(context.reading, context.node, context.id)
    if decision is None and runs.is_empty and context.reading.dialect in _LENIENT:
        decision = camunda.rules(context.node)
        context.reading.warning(
            "bpmn.unsupported",
            f"'{context.id}' runs rules of Drools: here it asks the decision of DMN with the key "
            f"'{decision.reference.key.text}', and fails when there is none",
            context.node.place,
            context.id,
        )
    return {"implementation": runs if decision is None else replace(runs, decision=decision)}


def _script_task(context: Context) -> Specifics:
    node = context.node
    of_zeebe = zeebe.script(context.extensions)
    if of_zeebe is not None:
        return {"script": of_zeebe[0], "result_variable": of_zeebe[1]}
    job = zeebe.implementation(context.reading, context.extensions, context.id)
    if job is not None:
        return {"implementation": job}
    text = context.first("script")
    resource = node.get("camunda:resource")
    script = None
    if text is not None or resource is not None:
        script = Expression(
            "" if text is None else text.text,
            language(node.get("scriptFormat") or context.reading.script_language),
            True,
            resource,
            node.place if text is None else text.place,
        )
    result = node.get("camunda:resultVariable") or node.get("camunda:resultVariableName")
    return {"script": script, "result_variable": result}


def _user_task(context: Context) -> Specifics:
    node, extensions = context.node, context.extensions
    if any(tag.startswith("zeebe:") for tag in extensions):
        return {"user_task": zeebe.user_task(context.reading, extensions, context.id)}
    assignee = camunda.optional(node, "camunda:assignee")
    for tag in ("humanPerformer", "performer"):
        performers = context.parts.get(tag, ())
        if len(performers) > 1:
            context.error("bpmn.assignee", f"Invalid task definition: multiple '{tag}' sub elements defined")
        for performer in performers[:1]:
            named = _assignment(performer)
            if named is None:
                continue
            if assignee is not None:
                context.error(
                    "bpmn.assignee", f"Invalid task definition: both the assignee attribute and a '{tag}' are given"
                )
            assignee = juel(named, performer.place)
    users, groups = candidates(context.parts.get("potentialOwner", ()))
    return {
        "user_task": UserTask(
            assignee=assignee,
            candidate_users=(*camunda.expressions(node, "camunda:candidateUsers"), *users),
            candidate_groups=(*camunda.expressions(node, "camunda:candidateGroups"), *groups),
            due_date=camunda.optional(node, "camunda:dueDate"),
            follow_up_date=camunda.optional(node, "camunda:followUpDate"),
            priority=camunda.optional(node, "camunda:priority"),
            form=camunda.form(context.reading, node, extensions, context.id),
            listeners=camunda.task_listeners(context.reading, extensions, context.id),
        )
    }


def candidates(roles: Iterable[Node]) -> tuple[list[Expression], list[Expression]]:
    """The users and the groups of potential owners or starters: `user(x), group(y), z`, where `z` is a group."""
    users: list[Expression] = []
    groups: list[Expression] = []
    for role in roles:
        for part in comma_separated(_assignment(role) or ""):
            match = _ASSIGNMENT.fullmatch(part)
            who = juel(match[2].strip() if match else part, role.place)
            (users if match and match[1] == "user" else groups).append(who)
    return users, groups


def _assignment(role: Node) -> str | None:
    """The text of a resource role's resourceAssignmentExpression (BPMN 2.0.2, 8.4.10)."""
    for assignment in role.all("resourceAssignmentExpression"):
        for formal in (*assignment.all("formalExpression"), *assignment.all("expression")):
            if text := formal.text.strip():
                return text
    return None


def _call_activity(context: Context) -> Specifics:
    of_zeebe = zeebe.call_activity(context.reading, context.extensions, context.id)
    if of_zeebe is not None:
        return {"call": of_zeebe}
    return {"call": camunda.call_activity(context.reading, context.node, context.extensions, context.id)}


def _sub_process(context: Context) -> Specifics:
    return {"triggered_by_event": flag(context.node.get("triggeredByEvent"))}


def _ad_hoc_sub_process(context: Context) -> Specifics:
    node = context.node
    base = AdHoc(
        ordering_sequential=(node.get("ordering") or "").lower() == "sequential",
        cancel_remaining=flag(node.get("cancelRemainingInstances"), True),
        completion_condition=context.formal("completionCondition"),
    )
    return {
        "ad_hoc": zeebe.ad_hoc(context.reading, context.extensions, base),
        "implementation": zeebe.implementation(context.reading, context.extensions, context.id),
    }


# ---------------------------------------------------------------- gateways


def _event_based_gateway(context: Context) -> Specifics:
    return {
        "instantiate": flag(context.node.get("instantiate")),
        "gateway_event_parallel": (context.node.get("eventGatewayType") or "").lower() == "parallel",
    }


def _complex_gateway(context: Context) -> Specifics:
    return {"activation_condition": context.formal("activationCondition")}


# ---------------------------------------------------------------- events


def _event(context: Context) -> Specifics:
    for child in context.node.children:
        if child.tag.endswith("EventDefinition") and ":" not in child.tag and child.tag not in TRIGGERS:
            context.error("bpmn.unsupported", f"the event definition <{child.tag}> is not known to BPMN 2.0")
    for tag, told in _EVENTS_OF_FLOWABLE.items():
        if tag in context.extensions:
            context.error("bpmn.unsupported", f"the event '{context.id}' waits for {told}, which is not supported")
    events = read_event_definitions(context)
    specifics: Specifics = {"events": events}
    if context.node.get("parallelMultiple") is not None:
        specifics["parallel_multiple"] = flag(context.node.get("parallelMultiple"))
    return specifics


_EVENTS_OF_FLOWABLE = {
    "camunda:eventType": "an event of Flowable's event registry (flowable:eventType)",
    "camunda:variableListenerEventDefinition": "a change of a variable (flowable:variableListenerEventDefinition)",
}
"""Extensions that are event definitions to Flowable."""


def _throw_event(context: Context) -> Specifics:
    specifics = _event(context)
    for event in specifics["events"]:
        if event.trigger is Trigger.MESSAGE and event.implementation is not None:
            specifics["implementation"] = event.implementation
    return specifics


def _interrupting(context: Context, events: tuple[EventDefinition, ...], attribute: str) -> bool:
    """Errors and cancels always interrupt (BPMN 2.0.2, 10.5.4 and 10.5.6), whatever the attribute says."""
    interrupting = flag(context.node.get(attribute), True)
    if not interrupting:
        for event in events:
            if event.trigger in (Trigger.ERROR, Trigger.CANCEL):
                context.reading.warning(
                    "bpmn.interrupting",
                    f"{attribute}='false' is ignored: an event of type '{event.trigger}' always interrupts",
                    context.node.place,
                    context.id,
                )
                return True
    return interrupting


def _start_event(context: Context) -> Specifics:
    specifics = _event(context)
    form = zeebe.form(context.reading, context.extensions, context.id)
    return {
        **specifics,
        "interrupting": _interrupting(context, specifics["events"], "isInterrupting"),
        "initiator": context.node.get("camunda:initiator"),
        "form": form or camunda.form(context.reading, context.node, context.extensions, context.id),
    }


def _boundary_event(context: Context) -> Specifics:
    specifics = _event(context)
    return {
        **specifics,
        "interrupting": _interrupting(context, specifics["events"], "cancelActivity"),
        "attached_to": local_name(context.node.get("attachedToRef")),
    }


def _nothing(_context: Context) -> Specifics:
    return {}


SPECIFICS: Mapping[Kind, Callable[[Context], Specifics]] = {
    Kind.START_EVENT: _start_event,
    Kind.END_EVENT: _throw_event,
    Kind.INTERMEDIATE_CATCH_EVENT: _event,
    Kind.INTERMEDIATE_THROW_EVENT: _throw_event,
    Kind.BOUNDARY_EVENT: _boundary_event,
    Kind.TASK: _nothing,
    Kind.MANUAL_TASK: _nothing,
    Kind.USER_TASK: _user_task,
    Kind.SERVICE_TASK: _service_task,
    Kind.SEND_TASK: _send_task,
    Kind.RECEIVE_TASK: _receive_task,
    Kind.SCRIPT_TASK: _script_task,
    Kind.BUSINESS_RULE_TASK: _business_rule_task,
    Kind.CALL_ACTIVITY: _call_activity,
    Kind.SUB_PROCESS: _sub_process,
    Kind.TRANSACTION: _sub_process,
    Kind.AD_HOC_SUB_PROCESS: _ad_hoc_sub_process,
    Kind.EXCLUSIVE_GATEWAY: _nothing,
    Kind.PARALLEL_GATEWAY: _nothing,
    Kind.INCLUSIVE_GATEWAY: _nothing,
    Kind.EVENT_BASED_GATEWAY: _event_based_gateway,
    Kind.COMPLEX_GATEWAY: _complex_gateway,
}
"""The kinds of flow node that a file can contain, and how the specifics of each are read."""


# ---------------------------------------------------------------- loops


def read_multi_instance(context: Context, node: Node) -> MultiInstance:
    """multiInstanceLoopCharacteristics; how many and over what is checked by the rules."""
    reading = context.reading
    extensions = extensions_of(node)
    is_sequential = flag(node.get("isSequential"))
    completion = element_expression(node.child("completionCondition"), reading.language)
    of_zeebe = zeebe.multi_instance(node, extensions, is_sequential=is_sequential, completion=completion)
    if of_zeebe is not None:
        return of_zeebe
    collection = node.get("camunda:collection") or None
    if collection is None and (ref := node.child("loopDataInputRef")) is not None:
        collection = ref.text.strip() or None
    item = node.child("inputDataItem")
    element_variable = node.get("camunda:elementVariable") or (item.get("name") if item is not None else None)
    return MultiInstance(
        is_sequential=is_sequential,
        cardinality=element_expression(node.child("loopCardinality"), reading.language),
        collection=expression(collection, reading.language, node.place) if collection else None,
        element_variable=element_variable,
        completion_condition=completion,
        place=node.place,
        **_of_each_time(node, extensions),
    )


def _of_each_time(node: Node, extensions: Parts) -> Specifics:
    """What loop characteristics say of each instance (Camunda manual, "Multiple Instance", and so of loops here)."""
    return {
        "async_before": flag(node.get("camunda:asyncBefore")) or flag(node.get("camunda:async")),
        "async_after": flag(node.get("camunda:asyncAfter")),
        "exclusive": flag(node.get("camunda:exclusive"), True),
        "retry_cycle": camunda.retry_cycle(extensions),
    }


def read_standard_loop(context: Context, node: Node) -> StandardLoop:
    """standardLoopCharacteristics; whether it says enough is checked by the rules."""
    written = (node.get("loopMaximum") or "").strip()
    maximum = None
    if written.isascii() and written.isdigit() and len(written) < 10 and int(written) > 0:
        maximum = int(written)
    elif written:
        context.error("bpmn.loop_maximum", f"'loopMaximum' must be a positive number, but was '{written}'")
    return StandardLoop(
        condition=element_expression(node.child("loopCondition"), context.reading.language),
        test_before=flag(node.get("testBefore")),
        maximum=maximum,
        place=node.place,
        **_of_each_time(node, extensions_of(node)),
    )
