"""Subscriptions: what waits for a message, a signal, a condition, or to be compensated."""

from __future__ import annotations

from engine.core.graph import Definition, Node
from engine.core.lifecycle import SUBSCRIPTION, SubscriptionState, fire
from engine.core.state import ElementInstance, Scope, Subscription
from engine.core.step import Step

MESSAGE, SIGNAL, CONDITIONAL, COMPENSATE = "message", "signal", "conditional", "compensate"


def open_at(
    step: Step, node: Node, place: Scope, kind: str, name: str | None, *, configuration: str | None = None
) -> Subscription:
    """Let a scope wait for an event; `node` is the event's (or task's) element."""
    element = place if isinstance(place, ElementInstance) else None
    return _begin(
        step,
        Subscription(
            id=step.next_id(),
            kind=kind,
            name=name,
            scope_id=place.id,
            process_instance_id=place.id if element is None else element.process_instance_id,
            root_id=place.root_id,
            element_instance_id=None if element is None else element.id,
            execution_id=place.id if element is None else element.execution_id,
            definition_id=place.definition_id,
            element_id=node.id,
            tenant_id=place.tenant_id,
            configuration=configuration,
            created_at=step.now,
        ),
    )


def open_start(step: Step, definition: Definition, node: Node, kind: str, name: str | None) -> Subscription:
    """Let a definition wait for an event that starts an instance at `node`."""
    return _begin(
        step,
        Subscription(
            id=step.next_id(),
            kind=kind,
            name=name,
            definition_id=definition.id,
            element_id=node.id,
            tenant_id=definition.tenant_id,
            created_at=step.now,
        ),
    )


def _begin(step: Step, subscription: Subscription) -> Subscription:
    fire(SUBSCRIPTION, subscription, SubscriptionState.OPEN, born=True)
    return step.uow.add(subscription)


def of_event(step: Step, node: Node, place: Scope) -> list[Subscription]:
    """The open subscriptions of one event at a scope; raises NotLoaded."""
    return [each for each in step.uow.subscriptions_of(place) if each.element_id == node.id]


def close_all(step: Step, place: Scope) -> None:
    """A scope waits for nothing any more, except that what was done in it may still be compensated."""
    for each in step.uow.subscriptions_of(place):
        if each.kind != COMPENSATE:
            close(step, each)


def close(step: Step, subscription: Subscription) -> None:
    """Nobody waits for it any more."""
    step.uow.touch(subscription)
    fire(SUBSCRIPTION, subscription, SubscriptionState.CLOSED)
    subscription.ended_at = step.now
