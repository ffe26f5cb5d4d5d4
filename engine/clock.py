"""The engine's clock: what every part asks for the time, and what tests move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present as an aware UTC datetime in whole milliseconds."""


def system_clock() -> datetime:
    """The time of this machine."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
