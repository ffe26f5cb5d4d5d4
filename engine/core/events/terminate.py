"""terminateEventDefinition (BPMN 2.0.2, 10.5.3; Camunda manual, "Terminate Events")."""

from __future__ import annotations

from engine.core.state import ElementInstance
from engine.core.step import Complete, Step, Terminate


def throw(step: Step, source: ElementInstance) -> None:
    """Cancel all else in the scope around an end event, and complete the scope."""
    scope = step.parent(source)
    others: list[Terminate] = []
    if scope.tokens > 1:
        step.uow.require_whole(scope.root_id)
        others = [Terminate(child, tell=False) for child in step.uow.children(scope) if child is not source]
    step.plan(Complete(source), *others, Complete(scope))
