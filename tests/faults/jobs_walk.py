"""The process that is to be killed while it does jobs: runs the probes until an instance has ended.

`python -m tests.faults.jobs_walk` reads requests from its standard input, a JSON object in each line, and lives through
them: it forks for each, and answers with which code the fork ended.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import timedelta

from engine import Engine
from engine.failpoints import arm
from engine.worker.embedded import EmbeddedRunner
from tests.faults import probes
from tests.faults.patience import eventually
from tests.worker.models import ended

LEASE = timedelta(seconds=60)
"""Long, so that nothing is taken from one that is only slow; from one that was killed, the test takes it."""


def walk(url: str, instance: int) -> None:
    """Do jobs until the instance has ended."""
    engine = Engine.open(url)
    runner = EmbeddedRunner(engine, threads=2, sweep=0.1, lease=LEASE)
    runner.start()
    eventually(lambda: ended(engine, instance), "the instance has ended")
    runner.stop()
    engine.close()


def fork(folder: str, failpoints: str, url: str, instance: int) -> int:
    """Walk in a process of its own; its exit code (negative: the signal)."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.environ[probes.FOLDER] = folder
            arm(failpoints)
            walk(url, instance)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(fork(**json.loads(line))), flush=True)
