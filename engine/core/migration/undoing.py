"""What can be compensated goes along with a process instance (Camunda manual, "Process Instance Migration",
"Compensation"): an instruction for the compensation boundary event or start event says which handler it is to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bpmn.model import Kind
from engine.core import subscriptions
from engine.core.events import compensation
from engine.core.graph import Definition, Node
from engine.core.migration.plan import Pair, Pairing
from engine.core.state import ElementInstance, ProcessInstance, Subscription
from engine.core.step import Step

_GONE = ""
"""In place of what a scope becomes that no instruction names."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """A compensation subscription on its way: `now` is the handler, or the scope, that it becomes; None if nothing."""

    subscription: Subscription
    pair: Pair | None
    now: Node | None


def undoings(step: Step, where: ProcessInstance, pairing: Pairing, found: list[ElementInstance]) -> Iterator[Undoing]:
    """All that can be compensated in an instance, whose living element instances are `found`, outer ones first."""
    if not pairing.source.is_compensable:
        return
    yield from _inside(step, where, pairing, where.id, None)
    for each in found:
        pair = pairing.by_source.get(each.element_id)
        yield from _inside(step, where, pairing, each.id, _GONE if pair is None else pair.target.id)


def _inside(step: Step, where: ProcessInstance, pairing: Pairing, scope_id: int, home: str | None) -> Iterator[Undoing]:
    """What can be compensated in a scope, which `home` is in the other definition."""
    for each in step.uow.subscriptions_inside(where, scope_id):
        if each.kind != subscriptions.COMPENSATE:
            continue
        pair = pairing.by_source.get(_mapped_as(pairing.source, each))
        now = None if pair is None else _called(pairing.target, pair.target)
        done = now if now is None or each.configuration is None or not now.is_handler else _around(pairing.target, now)
        yield Undoing(each, pair, now if done is not None and done.scope == home else None)
        if each.configuration is not None:
            yield from _inside(step, where, pairing, int(each.configuration), _GONE if done is None else done.id)


def _around(definition: Definition, handler: Node) -> Node | None:
    """The scope that a compensation event sub-process is in, and compensates."""
    return definition.nodes.get(handler.scope or "")


def _mapped_as(definition: Definition, subscription: Subscription) -> str:
    """The id of the element that an instruction must name for a subscription."""
    handler = definition.nodes[subscription.element_id]
    if not handler.is_handler:
        return handler.id
    for node in definition.nodes.values():
        if compensation.is_compensation(node.element) and (
            (node.kind is Kind.BOUNDARY_EVENT and node.element.compensation_handler == handler.id)
            or (node.kind is Kind.START_EVENT and node.scope == handler.id)
        ):
            return node.id
    return handler.id


def _called(definition: Definition, mapped: Node) -> Node | None:
    """What a subscription is about that has become this element."""
    if mapped.kind is Kind.BOUNDARY_EVENT:
        return definition.nodes.get(mapped.element.compensation_handler or "")
    if mapped.kind is Kind.START_EVENT:
        return definition.nodes.get(mapped.scope or "")
    return mapped
