"""What somebody who measures is told of the work that runs here."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Told by many threads; must return at once, and raise nothing. `topic` is None for continuations and timers."""

    def claimed(self, topic: str | None, waited: float) -> None:
        """A job was claimed, so many seconds after it could have been."""

    def ended(self, topic: str, outcome: str, seconds: float) -> None:
        """A handler ran for so long; `outcome` is "completed", "failed" or "error" (a BPMN error)."""


class Nobody:
    """Measures nothing."""

    def claimed(self, topic: str | None, waited: float) -> None:
        """Nothing."""

    def ended(self, topic: str, outcome: str, seconds: float) -> None:
        """Nothing."""
