"""Execution and task listeners, in document order (Camunda manual, "Delegation Code", listeners)."""

from __future__ import annotations

from collections.abc import Iterable

from engine.core import host
from engine.core.graph import BoundListener
from engine.core.state import Scope, UserTask
from engine.core.step import Step


def notify(
    step: Step,
    listeners: Iterable[BoundListener],
    event: str,
    scope: Scope,
    *,
    task: UserTask | None = None,
    flow_id: str | None = None,
) -> None:
    """Run the listeners of one event at a scope."""
    for listener in listeners:
        if listener.event == event:
            host.evaluate(step, listener.expression, scope, task=task, event=event, flow_id=flow_id)
