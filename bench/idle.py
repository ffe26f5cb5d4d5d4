"""How soon `baton serve` answers, and how much memory it holds when nobody asks for anything."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.server import serving

SETTLE = 3.0
_IMPORT = "import baton.cli, baton.jobs, baton.server, baton.wsgi"


@dataclass(frozen=True)
class Idle:
    """Seconds from the start of the process to its first answer, and the memory of all its processes when idle."""

    seconds: float
    megabytes: float


def measure(url: str) -> Idle:
    """Starts a server on a database that it has to make first; its modules have been compiled, as pip does."""
    with tempfile.TemporaryDirectory() as compiled:
        variables = {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        subprocess.run([sys.executable, "-c", _IMPORT], env=os.environ | variables, check=True)
        with serving(url, **variables) as server:
            time.sleep(SETTLE)
            return Idle(server.start_up, sum(map(_memory, _family(server.pid))) / 1024)


def _family(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    parents = {int(child): int(parent) for child, parent in map(str.split, listed.splitlines())}
    return [process for process in parents if pid in (process, parents[process])]


def _memory(pid: int) -> int:
    """Kilobytes; what processes share is divided among them where the system says how much that is."""
    details = Path(f"/proc/{pid}/smaps_rollup")
    if details.exists():
        return next(int(line.split()[1]) for line in details.read_text().splitlines() if line.startswith("Pss:"))
    listed = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], check=True, capture_output=True, text=True).stdout
    return int(listed)
