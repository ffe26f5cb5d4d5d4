"""The process that is to be killed: walks through one scenario and tells when a call of the engine has returned.

`python -m tests.faults.walk` reads requests from its standard input, a JSON object in each line, and lives through
them: it forks for each, and answers how many calls returned and with which code the fork ended.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

from engine import Engine
from engine.failpoints import arm
from engine.store.database import Database
from tests.faults.scenarios import MODELS, steps
from tests.property.observe import Observation
from tests.property.render import files


def walk(url: str, scenario: str, business_key: str, returned: int) -> None:
    """Deploy, start and complete all tasks; a byte goes to the file descriptor `returned` after each."""
    model = MODELS[scenario]
    engine, database = Engine.open(url), Database.open(url)
    engine.deployments.deploy(files(model))
    os.write(returned, b".")
    root_id = engine.process_instances.start(key="main", business_key=business_key, variables=model.variables).id
    os.write(returned, b".")
    for path, values in steps(model):
        engine.tasks.complete(Observation(database, root_id).ready()[path], values)
        os.write(returned, b".")
    engine.close()
    database.close()


def fork(failpoints: str, **request: str) -> tuple[int, int]:
    """Walk in a process of its own; how many calls returned, and its exit code (negative: the signal)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            arm(failpoints)
            walk(returned=writing, **request)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        returned = len(told.read())
    _, status = os.waitpid(child, 0)
    return returned, os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(fork(**json.loads(line))), flush=True)
