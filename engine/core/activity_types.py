"""What history calls an element: Camunda's activity types, which tell events by what they are about."""

from __future__ import annotations

from bpmn.model import Element, Kind, Trigger

START = {
    None: "startEvent",
    Trigger.MESSAGE: "messageStartEvent",
    Trigger.TIMER: "startTimerEvent",
    Trigger.SIGNAL: "signalStartEvent",
    Trigger.ERROR: "errorStartEvent",
    Trigger.ESCALATION: "escalationStartEvent",
    Trigger.CONDITIONAL: "conditionalStartEvent",
    Trigger.COMPENSATION: "compensationStartEvent",
}
END = {
    None: "noneEndEvent",
    Trigger.MESSAGE: "messageEndEvent",
    Trigger.SIGNAL: "signalEndEvent",
    Trigger.ERROR: "errorEndEvent",
    Trigger.ESCALATION: "escalationEndEvent",
    Trigger.TERMINATE: "terminateEndEvent",
    Trigger.CANCEL: "cancelEndEvent",
    Trigger.COMPENSATION: "compensationEndEvent",
}
CATCH: dict[Trigger | None, str] = {
    Trigger.MESSAGE: "intermediateMessageCatch",
    Trigger.TIMER: "intermediateTimer",
    Trigger.SIGNAL: "intermediateSignalCatch",
    Trigger.CONDITIONAL: "intermediateConditional",
    Trigger.LINK: "intermediateLinkCatch",
}
THROW = {
    None: "intermediateNoneThrowEvent",
    Trigger.MESSAGE: "intermediateMessageThrowEvent",
    Trigger.SIGNAL: "intermediateSignalThrow",
    Trigger.ESCALATION: "intermediateEscalationThrowEvent",
    Trigger.COMPENSATION: "intermediateCompensationThrowEvent",
    Trigger.LINK: "intermediateLinkThrow",
}
BOUNDARY: dict[Trigger | None, str] = {
    Trigger.MESSAGE: "boundaryMessage",
    Trigger.TIMER: "boundaryTimer",
    Trigger.SIGNAL: "boundarySignal",
    Trigger.ERROR: "boundaryError",
    Trigger.ESCALATION: "boundaryEscalation",
    Trigger.CONDITIONAL: "boundaryConditional",
    Trigger.CANCEL: "cancelBoundaryCatch",
    Trigger.COMPENSATION: "compensationBoundaryCatch",
}
POSITIONS: dict[Kind, dict[Trigger | None, str]] = {
    Kind.START_EVENT: START,
    Kind.END_EVENT: END,
    Kind.INTERMEDIATE_CATCH_EVENT: CATCH,
    Kind.INTERMEDIATE_THROW_EVENT: THROW,
    Kind.BOUNDARY_EVENT: BOUNDARY,
}


def activity_type(element: Element) -> str:
    """Camunda's activity type of an element; for an event of several definitions, its BPMN name."""
    types = POSITIONS.get(element.kind)
    if types is None or len(element.events) > 1:
        return str(element.kind)
    trigger = element.events[0].trigger if element.events else None
    return types.get(trigger, str(element.kind))
