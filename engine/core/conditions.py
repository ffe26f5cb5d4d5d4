"""Conditional events are asked whether their conditions hold (Camunda manual, "Conditional Events").

Asked is, after a change of a variable, whatever waits in the scope of that variable or below; and at the beginning of a
scope what waits directly in it. What answers yes gets what it waits for, the oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.core import subscriptions
from engine.core.events import conditional
from engine.core.graph import Node
from engine.core.lifecycle import ElementState
from engine.core.state import ElementInstance, Scope, Subscription
from engine.core.step import Change, Deliver, Step
from engine.core.unit_of_work import NotLoaded, Spine


def due(step: Step) -> list[Deliver]:
    """What comes of the changes since the last time: once for every change that an event is to be asked about.

    Raises NotLoaded, ExecutionFailed.
    """
    changes, step.unasked = step.unasked, []
    return [Deliver(each) for change in changes for each in _answering(step, change)]


def at(step: Step, element: ElementInstance, events: Iterable[Node]) -> list[Deliver]:
    """What comes of the beginning of an element instance, at which these events wait from now on."""
    return [
        Deliver(each)
        for event in events
        for each in subscriptions.of_event(step, event, element)
        if each.kind == subscriptions.CONDITIONAL and conditional.of_subscription(event, each).holds(step, element)
    ]


def _answering(step: Step, change: Change) -> list[Subscription]:
    """The subscriptions that are to be asked about a change, and whose conditions hold."""
    nodes = step.definition(change.place).nodes
    found = []
    for each in _waiting(step, change):
        condition = conditional.of_subscription(nodes[each.element_id], each)
        if condition.holds(step, step.uow.scope(each.scope_id or 0)):
            found.append(each)
    return found


def _waiting(step: Step, change: Change) -> list[Subscription]:
    """Who is to be asked about a change."""
    place = change.place
    nodes = step.definition(place).nodes
    if place.ended_at is not None:
        return []
    if change.name is None or (isinstance(place, ElementInstance) and not place.tokens):
        inside = step.uow.subscriptions_of(place)
    else:
        inside = step.uow.subscriptions_in(place.root_id)
    asked = [
        each
        for each in inside
        if each.kind == subscriptions.CONDITIONAL
        and each.process_instance_id == step.process_instance(place).id
        and (
            change.name is None
            or conditional.of_subscription(nodes[each.element_id], each).concerns(change.name, change.event or "")
        )
    ]
    _ensure_loaded(step, asked)
    return [each for each in asked if _is_asked(step, each, place)]


def _ensure_loaded(step: Step, asked: Iterable[Subscription]) -> None:
    """Ask for all that is around what is asked at once. Raises NotLoaded."""
    known = step.uow.elements
    missing = {each.element_instance_id for each in asked if each.element_instance_id not in known} - {None}
    if missing:
        raise NotLoaded(*(Spine(id) for id in missing if id is not None))


def _is_asked(step: Step, subscription: Subscription, place: Scope) -> bool:
    """Is what waits in a scope, and begun (what has not is asked when it begins) and not about to end?"""
    waiting: Scope = step.uow.scope(subscription.scope_id or 0)
    if isinstance(waiting, ElementInstance) and waiting.state is not ElementState.ACTIVE:
        return False
    while waiting is not place:
        if not isinstance(waiting, ElementInstance):
            return False
        waiting = step.parent(waiting)
    return True
