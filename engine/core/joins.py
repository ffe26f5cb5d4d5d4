"""Tokens that wait for each other: each waits as an element instance at its gateway, with the flow it came over."""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.lifecycle import ELEMENT, ElementState, fire
from engine.core.state import ElementInstance, Scope
from engine.core.step import Complete, Step


def waiting(step: Step, scope: Scope, element_id: str) -> dict[str | None, list[ElementInstance]]:
    """The tokens that wait at a gateway, oldest first, by the flow they came over; raises NotLoaded."""
    found: dict[str | None, list[ElementInstance]] = {}
    for child in step.uow.children(scope):
        if child.element_id == element_id and child.state in (ElementState.ACTIVE, ElementState.ACTIVATING):
            found.setdefault(child.flow_id, []).append(child)
    return found


def merge(step: Step, scope: Scope, tokens: Iterable[ElementInstance]) -> None:
    """Make one token of several: the one that is just arriving, or else the latest, goes on; the others end here."""
    *absorbed, last = sorted(tokens, key=lambda token: (token.state is ElementState.ACTIVATING, token.id))
    root = step.uow.instance(scope.root_id)
    step.uow.touch(root)
    step.uow.touch(scope)
    for token in absorbed:
        step.uow.touch(token)
        fire(ELEMENT, token, ElementState.COMPLETING)
        fire(ELEMENT, token, ElementState.COMPLETED)
        token.ended_at = step.now
        step.uow.ended(token)
        scope.tokens -= 1
        root.live -= 1
    step.plan(Complete(last))
