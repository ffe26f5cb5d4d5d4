"""Event definitions (BPMN 2.0.2, 10.5.5) read, with what they refer to resolved."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn.model import (
    Error,
    Escalation,
    EventDefinition,
    Expression,
    Implementation,
    Message,
    Signal,
    Trigger,
)
from bpmn.reading import Context, Parts, Reading, extensions_of
from bpmn.vocabulary import camunda, zeebe
from bpmn.vocabulary.text import comma_separated, element_expression, expression, flag, local_name
from bpmn.xml import Node

TRIGGERS: Mapping[str, Trigger] = {f"{trigger.value}EventDefinition": trigger for trigger in Trigger}
"""The tag of an event definition to its trigger."""


def read_event_definitions(context: Context) -> tuple[EventDefinition, ...]:
    """The event definitions of an event, in document order; `eventDefinitionRef` is followed."""
    reading = context.reading
    nodes = [child for child in context.node.children if child.tag in TRIGGERS]
    for ref in context.parts.get("eventDefinitionRef", ()):
        target = reading.roots.event_definitions.get(local_name(ref.text) or "")
        if target is None:
            context.error(
                "bpmn.event_definition_ref",
                f"Invalid 'eventDefinitionRef': no event definition with id '{ref.text.strip()}' found",
            )
        else:
            nodes.append(target)
    return tuple(read_event_definition(reading, node, context.extensions, context.id) for node in nodes)


def read_event_definition(reading: Reading, node: Node, event_extensions: Parts, owner: str) -> EventDefinition:
    """One event definition; `event_extensions` are those of the event that has it (where `zeebe:` puts its own)."""
    return _READERS[TRIGGERS[node.tag]](reading, node, event_extensions, owner)


def _message(reading: Reading, node: Node, outer: Parts, owner: str) -> EventDefinition:
    ref = local_name(node.get("messageRef"))
    message = reading.roots.messages.get(ref or "")
    ins = camunda.mappings(extensions_of(node), "camunda:in")
    return EventDefinition(
        Trigger.MESSAGE,
        id=node.get("id"),
        ref=ref,
        name=message.name if message else camunda.optional(node, "camunda:messageExpression"),
        message_variable=node.get("camunda:messageVariable"),
        correlation_key=message.correlation_key if message else camunda.optional(node, "camunda:correlationKey"),
        implementation=_message_implementation(reading, node, outer, owner),
        in_mappings=ins.variables,
        business_key=ins.business_key,
        place=node.place,
    )


def _message_implementation(reading: Reading, node: Node, outer: Parts, owner: str) -> Implementation | None:
    inner = extensions_of(node)
    if camunda.names_implementation(node) or "camunda:connector" in inner:
        return camunda.implementation(reading, node, inner, owner)
    return zeebe.implementation(reading, outer, owner)


def _timer(reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    return EventDefinition(
        Trigger.TIMER, id=node.get("id"), timer=camunda.timer(node, reading.language), place=node.place
    )


def _signal(reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    ref = local_name(node.get("signalRef"))
    signal = reading.roots.signals.get(ref or "")
    ins = camunda.mappings(extensions_of(node), "camunda:in")
    return EventDefinition(
        Trigger.SIGNAL,
        id=node.get("id"),
        ref=ref,
        name=signal.name if signal else camunda.optional(node, "camunda:signalExpression"),
        in_mappings=ins.variables,
        business_key=ins.business_key,
        asynchronous=flag(node.get("camunda:async")),
        place=node.place,
    )


def _error(reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    ref = local_name(node.get("errorRef"))
    error = reading.roots.errors.get(ref or "")
    code = error.code if error else ref
    return EventDefinition(
        Trigger.ERROR,
        id=node.get("id"),
        ref=ref,
        name=_constant(code, node),
        code_variable=node.get("camunda:errorCodeVariable"),
        message_variable=node.get("camunda:errorMessageVariable"),
        error_message=error.message if error else None,
        place=node.place,
    )


def _escalation(reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    ref = local_name(node.get("escalationRef"))
    escalation = reading.roots.escalations.get(ref or "")
    return EventDefinition(
        Trigger.ESCALATION,
        id=node.get("id"),
        ref=ref,
        name=_constant(escalation.code if escalation else None, node),
        code_variable=node.get("camunda:escalationCodeVariable"),
        place=node.place,
    )


def _conditional(reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    names, events = zeebe.conditional_filter(extensions_of(node))
    return EventDefinition(
        Trigger.CONDITIONAL,
        id=node.get("id"),
        condition=element_expression(node.child("condition"), reading.language),
        variable_name=node.get("camunda:variableName") or names,
        variable_events=tuple(comma_separated(node.get("camunda:variableEvents") or "")) or events,
        place=node.place,
    )


def _link(_reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    return EventDefinition(Trigger.LINK, id=node.get("id"), name=_constant(node.get("name"), node), place=node.place)


def _terminate(_reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    return EventDefinition(Trigger.TERMINATE, id=node.get("id"), place=node.place)


def _cancel(_reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    return EventDefinition(Trigger.CANCEL, id=node.get("id"), place=node.place)


def _compensate(_reading: Reading, node: Node, _outer: Parts, _owner: str) -> EventDefinition:
    return EventDefinition(
        Trigger.COMPENSATION,
        id=node.get("id"),
        activity_ref=local_name(node.get("activityRef")),
        wait_for_completion=flag(node.get("waitForCompletion"), True),
        place=node.place,
    )


def _constant(text: str | None, node: Node) -> Expression | None:
    return Expression(text, place=node.place) if text else None


_READERS = {
    Trigger.MESSAGE: _message,
    Trigger.TIMER: _timer,
    Trigger.SIGNAL: _signal,
    Trigger.ERROR: _error,
    Trigger.ESCALATION: _escalation,
    Trigger.CONDITIONAL: _conditional,
    Trigger.LINK: _link,
    Trigger.TERMINATE: _terminate,
    Trigger.CANCEL: _cancel,
    Trigger.COMPENSATION: _compensate,
}


def read_roots(reading: Reading, root: Node) -> None:
    """Fill `reading.roots` with the messages, signals, errors, escalations and reusable event definitions of a file."""
    roots = reading.roots
    for node in root.children:
        tag = node.tag
        if tag in TRIGGERS:
            roots.event_definitions[node.get("id") or ""] = node
        elif tag == "itemDefinition":
            type_name = local_name(node.get("structureRef"))
            if type_name is not None:
                roots.item_types[node.get("id") or ""] = type_name
        elif tag in ("message", "signal", "error", "escalation"):
            identity = node.get("id")
            if not identity:
                reading.error(f"bpmn.{tag}_id", f"{tag} must have an id", node.place)
                continue
            extensions = extensions_of(node)
            name = node.get("name")
            if tag == "message":
                roots.messages[identity] = Message(
                    id=identity,
                    name=expression(name, reading.language, node.place) if name else None,
                    correlation_key=zeebe.correlation_key(extensions),
                    place=node.place,
                )
            elif tag == "signal":
                named = expression(name, reading.language, node.place) if name else None
                roots.signals[identity] = Signal(identity, named, node.place)
            elif tag == "error":
                message = node.get("camunda:errorMessage")
                roots.errors[identity] = Error(
                    identity,
                    name,
                    node.get("errorCode"),
                    expression(message, "juel", node.place) if message else None,
                    node.place,
                )
            else:
                roots.escalations[identity] = Escalation(identity, name, node.get("escalationCode"), node.place)
