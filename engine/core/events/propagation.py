"""Where something thrown is caught: outwards from scope to scope, and through call activities (BPMN 2.0.2, 10.5.7)."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn.model import Trigger
from engine.core.graph import Catch, Node
from engine.core.state import ElementInstance, ProcessInstance
from engine.core.step import Step


@dataclass(frozen=True, slots=True)
class Catcher:
    """The boundary event that catches, the activity it is attached to, and the called instances left on the way out."""

    attached: ElementInstance
    boundary: Node
    catch: Catch
    crossed: tuple[tuple[ElementInstance, ProcessInstance], ...]
    """(call activity, called instance), the innermost first."""


def find(step: Step, source: ElementInstance, trigger: Trigger, code: str | None) -> Catcher | None:
    """The nearest boundary event at or around `source` that catches the code; one that names the code goes first."""
    crossed: list[tuple[ElementInstance, ProcessInstance]] = []
    element = source
    while True:
        found = _at(step.node(element), trigger, code)
        if found is not None:
            boundary, catch = found
            return Catcher(element, boundary, catch, tuple(crossed))
        scope = step.parent(element)
        if isinstance(scope, ElementInstance):
            element = scope
        elif scope.caller_id is None:
            return None
        else:
            element = step.uow.element(scope.caller_id)
            crossed.append((element, scope))


def _at(node: Node, trigger: Trigger, code: str | None) -> tuple[Node, Catch] | None:
    catching = [
        (boundary, boundary.behavior.catch)
        for boundary in node.boundary
        if boundary.behavior.catch is not None and boundary.behavior.catch.trigger is trigger
    ]
    for boundary, catch in catching:
        if catch.code is not None and catch.code == code:
            return boundary, catch
    return next(((boundary, catch) for boundary, catch in catching if catch.code is None), None)
