"""Tokens that wait for each other: each waits as an element instance at its gateway, with the flow it came over."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable

from bpmn.model import Kind
from engine.core import incidents, listeners
from engine.core.graph import Definition, Node
from engine.core.lifecycle import ELEMENT, ElementState, fire
from engine.core.state import ElementInstance, Scope
from engine.core.step import Complete, Step


def waiting(step: Step, scope: Scope, element_id: str) -> dict[str | None, list[ElementInstance]]:
    """The tokens that wait at a gateway, oldest first, by the flow they came over; raises NotLoaded."""
    found: dict[str | None, list[ElementInstance]] = {}
    for child in step.uow.children(scope):
        if child.element_id == element_id and child.state in _WAITING and not resets(child) and _has_begun(step, child):
            found.setdefault(child.flow_id, []).append(child)
    return found


def _has_begun(step: Step, token: ElementInstance) -> bool:
    """Is no handler of a start listener at work, which a token waits for before it waits for others?"""
    return token.state is ElementState.ACTIVE or not (step.node(token).hands_over and listeners.pending(step, token))


_WAITING = (ElementState.ACTIVE, ElementState.ACTIVATING)


def resets(element: ElementInstance) -> bool:
    """Is it no token, but a complex gateway that has let its tokens go on and waits for its reset?"""
    return element.memory is not None and element.element_kind == Kind.COMPLEX_GATEWAY


def started_with(element: ElementInstance) -> list[str | None]:
    """The flows from which a complex gateway has taken a token at its start, while it waits for its reset."""
    flows: list[str | None] = json.loads(element.memory or "[]")
    return flows


def remember(step: Step, element: ElementInstance, flows: Iterable[str | None]) -> None:
    """Note from which flows a complex gateway has taken a token at its start."""
    step.uow.touch(element)
    element.memory = json.dumps(list(flows))


def expects(step: Step, scope: Scope, join: Node, received: Container[str | None]) -> bool:
    """Is a join to wait for tokens on their way to it, when those over some flows have been received?

    It is while another token of its scope can reach one of the other incoming flows, and none of those that have been
    received (BPMN 2.0.2, 13.4.3 and 13.4.5). Raises NotLoaded.
    """
    definition = step.definition(scope)
    for token in step.uow.children(scope):
        reached = () if resets(token) else _reached(step, definition, join, token)
        if reached and not any(flow in received for flow in reached):
            return True
    return False


def _reached(step: Step, definition: Definition, join: Node, token: ElementInstance) -> frozenset[str]:
    """The incoming flows of a join that a token can still come over; none for one that waits there already.

    One whose end listeners are at work there is about to leave, and may come back.
    """
    flow_id = token.flow_id or ""
    if token.transition == "after":
        return _over(definition, join, flow_id)
    if token.element_id != join.id:
        return definition.flows_reached(join, token.element_id)
    if token.state is ElementState.COMPLETING:
        return frozenset().union(*(_over(definition, join, flow.id) for flow in join.outgoing))
    return frozenset({flow_id}) if token.transition == "before" or not _has_begun(step, token) else frozenset()


def _over(definition: Definition, join: Node, flow_id: str) -> frozenset[str]:
    target = definition.process.flows[flow_id].target if flow_id else ""
    return frozenset({flow_id}) if target == join.id else definition.flows_reached(join, target)


def merge(step: Step, scope: Scope, tokens: Iterable[ElementInstance]) -> None:
    """Make one token of several, which goes on."""
    step.plan(Complete(combine(step, scope, tokens)))


def combine(step: Step, scope: Scope, tokens: Iterable[ElementInstance]) -> ElementInstance:
    """Make one token of several: the one that is just arriving, or else the latest, stays; the others end here."""
    *absorbed, last = sorted(tokens, key=lambda token: (token.state is ElementState.ACTIVATING, token.id))
    absorb(step, scope, absorbed)
    return last


def absorb(step: Step, scope: Scope, tokens: Iterable[ElementInstance]) -> None:
    """End tokens that wait at a gateway."""
    root = step.uow.instance(scope.root_id)
    step.uow.touch(root)
    step.uow.touch(scope)
    for token in tokens:
        step.uow.touch(token)
        fire(ELEMENT, token, ElementState.COMPLETING)
        fire(ELEMENT, token, ElementState.COMPLETED)
        token.ended_at = step.now
        incidents.close_at(step, token)
        step.uow.ended(token)
        scope.tokens -= 1
        root.live -= 1
