"""task and manualTask (BPMN 2.0.2, 10.3.1 and 10.3.3): nothing to do for an engine."""

from __future__ import annotations

from engine.core.behavior import Behavior


class Task(Behavior):
    """Passed through at once."""
