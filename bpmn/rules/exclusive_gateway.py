"""An exclusive gateway can decide: conditions on all outgoing flows but the default one (BPMN 2.0.2, 10.6.2)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Dialect, Element, Kind, Process
from bpmn.problems import Problem, error, warning

RULE = "bpmn.exclusive_gateway"

_ASKED_IN_ORDER = (Dialect.ACTIVITI, Dialect.FLOWABLE)
"""They take the first flow whose condition holds or is missing, and only warn."""


def check(definitions: Definitions) -> Iterator[Problem]:
    """The checks that Camunda 7 makes when it reads an exclusive gateway."""
    for process, element in definitions.elements():
        if element.kind is Kind.EXCLUSIVE_GATEWAY:
            yield from _check(definitions, process, element)


def _check(definitions: Definitions, process: Process, gateway: Element) -> Iterator[Problem]:
    resource = definitions.resource
    flows = [process.flows[flow] for flow in gateway.outgoing]
    if not flows:
        message = f"Exclusive Gateway '{gateway.id}' has no outgoing sequence flows."
        yield error(resource, RULE, message, gateway.place, gateway.id)
        return
    if len(flows) == 1:
        if flows[0].condition is not None:
            yield error(
                resource,
                RULE,
                f"Exclusive Gateway '{gateway.id}' has only one outgoing sequence flow ('{flows[0].id}'). "
                "This is not allowed to have a condition.",
                flows[0].place,
                gateway.id,
                flows[0].id,
            )
        return
    default = gateway.default
    for flow in flows:
        if flow.id == default and flow.condition is not None:
            yield error(
                resource,
                RULE,
                f"Exclusive Gateway '{gateway.id}' has outgoing sequence flow '{flow.id}' which is the default flow "
                "but has a condition too.",
                flow.place,
                gateway.id,
                flow.id,
            )
    unconditional = [flow for flow in flows if flow.id != default and flow.condition is None]
    if not unconditional:
        return
    if definitions.dialect not in _ASKED_IN_ORDER and (default is not None or len(unconditional) > 1):
        for flow in unconditional:
            yield error(
                resource,
                RULE,
                f"Exclusive Gateway '{gateway.id}' has outgoing sequence flow '{flow.id}' without condition which is "
                "not the default flow.",
                flow.place,
                gateway.id,
                flow.id,
            )
        return
    yield warning(
        resource,
        RULE,
        f"Exclusive Gateway '{gateway.id}' has outgoing sequence flow '{unconditional[0].id}' without condition which "
        "is not the default flow: it is taken when it is reached; better make it the default flow.",
        unconditional[0].place,
        gateway.id,
        unconditional[0].id,
    )
