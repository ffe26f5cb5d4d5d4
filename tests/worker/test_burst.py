"""Bursts of instances: all reach the same end, work is done as often as it has to be, and nothing piles up.

BURST says how many there are (2,000); `make soak` runs 10,000.
"""

from __future__ import annotations

import gc
import os
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from engine import Engine, HandlerRegistry, Job, Retry
from engine.services.queries import Query
from tests.worker.conftest import StartRunner
from tests.worker.models import deploy, incidents, run, sequence, work
from tests.worker.process import worker
from tests.worker.witness import Witness

INSTANCES = int(os.environ.get("BURST", "2000"))
WAVES = 4
CALLERS = 16
PATIENCE = 180.0
SQLITE_CACHE = 16 * 1024
"""Kilobytes of the database that its writer keeps in memory, once there are so many."""
SLACK = 4 * 1024

TIMER = (
    '<intermediateCatchEvent id="pause"><timerEventDefinition><timeDuration>PT0.2S</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>"
)
ELEMENTS = (
    '<startEvent id="start"/>',
    work("count", "burst.count"),
    '<task id="later" camunda:asyncBefore="true"/>',
    '<parallelGateway id="fork"/>',
    work("stumble", "burst.stumble"),
    TIMER,
    '<parallelGateway id="join"/>',
    '<endEvent id="end"/>',
)
FLOWS = (
    ("start", "count"), ("count", "later"), ("later", "fork"), ("fork", "stumble"), ("fork", "pause"),
    ("stumble", "join"), ("pause", "join"), ("join", "end"),
)  # fmt: skip
BODY = "".join(ELEMENTS) + "".join(
    f'<sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}"/>'
    for number, (source, target) in enumerate(FLOWS)
)
PASSES = {"start": 1, "count": 1, "later": 1, "fork": 1, "stumble": 1, "pause": 1, "join": 2, "end": 1}


@pytest.mark.slow
def test_all_of_a_burst_reach_the_same_end(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    lock, attempts = threading.Lock(), Counter[int]()

    @registry.handler("burst.count")
    def count(number: int) -> dict[str, int]:
        return {"square": number * number}

    @registry.handler("burst.stumble")
    def stumble(job: Job, number: int, square: int) -> dict[str, int]:
        with lock:
            attempts[number] += 1
        if number % 100 == 0 and job.attempt == 1:
            raise Retry(after=timedelta(milliseconds=10))
        return {"cube": number * square}

    deploy(engine, BODY)
    start(threads=8)
    memory = []
    for wave in range(WAVES):
        _run(engine, range(wave * INSTANCES // WAVES, (wave + 1) * INSTANCES // WAVES))
        memory.append(_memory())

    assert incidents(engine) == []
    assert attempts == {number: 2 if number % 100 == 0 else 1 for number in range(INSTANCES)}
    history = engine.queries.historic_element_instances
    passed = {element: history.count(Query({"activityId": element, "finished": True})) for element in PASSES}
    assert passed == {element: times * INSTANCES for element, times in PASSES.items()}
    values = engine.queries.historic_variables
    for name, power in (("number", 1), ("square", 2), ("cube", 3)):
        kept = sorted(int(str(each.value)) for each in values.list({"variableName": name}))
        assert kept == [number**power for number in range(INSTANCES)]
    assert engine.check() == []
    _assert_flat(memory, cached=SQLITE_CACHE if engine.database.dialect == "sqlite" else 0)


@pytest.mark.slow
def test_a_burst_is_done_by_several_processes_each_piece_once(
    engine: Engine, database_url: str, witness: Witness
) -> None:
    deploy(engine, sequence('<task id="begin" camunda:asyncBefore="true"/>', work("one", "note")))
    with worker(database_url, witness), worker(database_url, witness):
        with ThreadPoolExecutor(8) as clients:
            list(clients.map(lambda _: run(engine), range(INSTANCES)))
        _until_all_have_ended(engine, INSTANCES)
    jobs = [job for job, _ in witness.starts()]
    assert len(jobs) == len(set(jobs)) == INSTANCES
    assert incidents(engine) == []
    assert engine.check() == []


def _run(engine: Engine, numbers: range) -> None:
    """Start an instance for each number, with many callers, and wait until all have ended."""

    def begin(number: int) -> None:
        engine.process_instances.start(key="p", variables={"number": number})

    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(begin, numbers))
    _until_all_have_ended(engine, len(numbers))


def _until_all_have_ended(engine: Engine, left: int) -> None:
    """Wait for so many instances, for as long as some end now and then."""
    deadline = time.monotonic() + PATIENCE
    while left:
        now_left = engine.queries.process_instances.count()
        if now_left < left:
            left, deadline = now_left, time.monotonic() + PATIENCE
        assert time.monotonic() < deadline, f"{left} instances do not go on"
        time.sleep(0.1)


def _memory() -> tuple[int, int]:
    """How many objects Python keeps, and how many kilobytes the process has."""
    gc.collect()
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], check=True, capture_output=True, text=True)
    return len(gc.get_objects()), int(told.stdout)


def _assert_flat(memory: list[tuple[int, int]], *, cached: int) -> None:
    """From the second wave on, when all is warm, an instance leaves nothing behind but pages in the cache.

    The threads keep hold of their last batches, so a few hundred objects come and go.
    """
    instances = (WAVES - 2) * INSTANCES // WAVES
    objects, kilobytes = (last - second for last, second in zip(memory[-1], memory[1], strict=True))
    assert objects < 2 * instances, memory
    assert kilobytes < cached + SLACK + instances, memory
