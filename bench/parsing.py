"""How long `bpmn.check` takes, and how much memory the process that calls it needs at most."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.models import large
from bpmn.check import check


@dataclass(frozen=True)
class Parsed:
    """A file of `elements` elements was read and linted in `milliseconds`; the process peaked at `megabytes`."""

    elements: int
    milliseconds: float
    megabytes: float


def measure(elements: int) -> Parsed:
    """Reads a generated file in a process of its own, so that nothing else is counted in its memory."""
    command = [sys.executable, "-m", "bench.parsing", str(elements)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Parsed(**json.loads(answer))


def _here(elements: int) -> Parsed:
    data = large(elements)
    durations = []
    for _ in range(max(3, 3_000 // elements)):
        begun = time.perf_counter()
        definitions, problems = check(data, "large.bpmn")
        durations.append(time.perf_counter() - begun)
        if definitions is None or any(problem.severity == "error" for problem in problems):
            raise RuntimeError(f"the generated model has problems: {problems[:3]}")
    return Parsed(elements, 1000 * statistics.median(durations), _peak_megabytes())


def _peak_megabytes() -> float:
    # On Linux ru_maxrss begins with the memory of the parent process, the high-water mark in /proc with one's own.
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    print(json.dumps(asdict(_here(int(sys.argv[1])))))
