"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 180.0
"""Seconds after which what has not happened will not."""


def eventually(holds: Callable[[], object], what: str) -> None:
    """Return when that holds; fail, saying what was waited for, when it does not for too long."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"did not happen: {what}"
        time.sleep(0.02)
