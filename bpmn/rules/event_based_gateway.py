"""An event-based gateway is followed by catch events and receive tasks of its own (BPMN 2.0.2, 10.6.6)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.event_based_gateway"

_CATCHABLE = frozenset({Trigger.MESSAGE, Trigger.TIMER, Trigger.SIGNAL, Trigger.CONDITIONAL})


def check(definitions: Definitions) -> Iterator[Problem]:
    """The targets, their triggers, that nothing else flows into them, and that no job stands between."""
    resource = definitions.resource
    for process, gateway in definitions.elements():
        if gateway.kind is not Kind.EVENT_BASED_GATEWAY:
            continue
        if not gateway.outgoing:
            message = f"Event based gateway '{gateway.id}' has no outgoing sequence flows."
            yield error(resource, RULE, message, gateway.place, gateway.id)
        if gateway.async_after:
            message = f"'asyncAfter' not supported for eventBasedGateway elements, such as '{gateway.id}'"
            yield error(resource, RULE, message, gateway.place, gateway.id)
        for flow_id in gateway.outgoing:
            target = process.elements.get(process.flows[flow_id].target)
            if target is None:
                continue
            ids = (gateway.id, target.written_id)
            if target.kind not in (Kind.INTERMEDIATE_CATCH_EVENT, Kind.RECEIVE_TASK):
                yield error(
                    resource,
                    RULE,
                    f"Event based gateway '{gateway.id}' can only be connected to elements of type "
                    f"intermediateCatchEvent or receiveTask, but '{target.written_id}' is a {target.kind}",
                    target.place,
                    *ids,
                )
                continue
            for event in target.events:
                if event.trigger not in _CATCHABLE:
                    yield error(
                        resource,
                        RULE,
                        f"the event '{target.id}' of type '{event.trigger}' is not allowed after the event based "
                        f"gateway '{gateway.id}'",
                        target.place,
                        *ids,
                    )
            if len(target.incoming) > 1:
                yield error(
                    resource,
                    RULE,
                    f"Invalid incoming sequence flow for '{target.id}': it follows the event based gateway "
                    f"'{gateway.id}', so no other flow may lead to it",
                    target.place,
                    *ids,
                )
