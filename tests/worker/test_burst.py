"""A burst of instances, done by several processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import Engine
from tests.worker.models import deploy, incidents, run, sequence, work
from tests.worker.process import worker
from tests.worker.witness import Witness, eventually

INSTANCES = 2_000


@pytest.mark.slow
def test_a_burst_is_done_by_several_processes_each_piece_once(
    engine: Engine, database_url: str, witness: Witness
) -> None:
    deploy(engine, sequence('<task id="begin" camunda:asyncBefore="true"/>', work("one", "note")))
    with worker(database_url, witness, lease=60.0), worker(database_url, witness, lease=60.0):
        with ThreadPoolExecutor(8) as clients:
            list(clients.map(lambda _: run(engine), range(INSTANCES)))
        eventually(lambda: engine.queries.process_instances.count() == 0, patience=120)
    jobs = [job for job, _ in witness.starts()]
    assert len(jobs) == len(set(jobs)) == INSTANCES
    assert incidents(engine) == []
    assert engine.check() == []
