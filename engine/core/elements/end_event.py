"""endEvent (BPMN 2.0.2, 10.5.3): where a token ends."""

from __future__ import annotations

from engine.core.throwing import Thrower


class EndEvent(Thrower):
    """Ends its token, when it has thrown what it throws."""
