"""intermediateThrowEvent (BPMN 2.0.2, 10.5.4)."""

from __future__ import annotations

from engine.core.throwing import Thrower


class ThrowEvent(Thrower):
    """Throws, and goes on; one that throws nothing marks a point that was reached."""
