"""The child processes of a pool, seen from outside."""

import os
from pathlib import Path

import pytest

from engine.scripting import ScriptLimits, ScriptPool
from engine.scripting.process import ScriptProcess

PATIENT = ScriptLimits(seconds=60, wall_seconds=60, wait_seconds=60, start_seconds=60)
"""For scripts that are not about time: a busy machine takes its own."""
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def idle(pool: ScriptPool, language: str) -> list[ScriptProcess]:
    """The processes that wait for a script."""
    return list(pool._crews[language]._idle)


def descendants(session: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if os.getsid(int(entry.name)) == session and fields[0] != "Z":
                    found.append(int(entry.name))
            except (OSError, IndexError):
                continue
    return found
