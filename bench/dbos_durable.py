"""DBOS 3.4 as a contender for durable steps: a workflow that calls functions, each of them a step."""

from __future__ import annotations

import itertools
import time
from typing import Any

from dbos import DBOS

from bench.durable import Done
from bench.loop import closed_loop
from bench.models import STEPS


class Dbos:
    """`@DBOS.workflow` and `@DBOS.step`, called by threads: there is no quicker way, as no queue is in between."""

    name = "DBOS"

    def __init__(self, url: str, at_once: int) -> None:
        self._at_once = at_once
        DBOS(
            config={
                "name": "bench",
                "system_database_url": url.replace("postgresql+psycopg://", "postgresql://"),
                # A connection for each thread, and some for DBOS itself.
                "sys_db_pool_size": at_once + 8,
                "log_level": "ERROR",
            }
        )
        self._workflow = _workflow()
        DBOS.launch()

    def run(self, seconds: float) -> Done:
        """Each thread runs one workflow after the other."""
        begun = time.perf_counter()
        work = itertools.repeat((None,))
        ran = closed_loop(work, lambda _: self._workflow(), callers=self._at_once, seconds=seconds)
        return Done(len(ran.results), time.perf_counter() - begun)

    def close(self) -> None:
        """Ends DBOS, and forgets what was decorated."""
        DBOS.destroy(destroy_registry=True)


def _workflow() -> Any:
    def step_of(number: int) -> Any:
        @DBOS.step(name=f"step{number}")
        def step() -> dict[str, int]:
            return {"step": number}

        return step

    steps = [step_of(number) for number in range(STEPS)]

    @DBOS.workflow(name="steps")
    def run_all() -> None:
        for step in steps:
            step()

    return run_all
