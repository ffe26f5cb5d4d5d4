"""Worker processes that are killed, frozen or told to end at the worst moments: nothing is lost, effects come once."""

from __future__ import annotations

import signal

import pytest

from engine import Engine
from tests.worker.freezing import freeze_between_transactions
from tests.worker.models import deploy, end_leases, ended, incidents, run, sequence, values, work
from tests.worker.process import worker
from tests.worker.witness import Witness, eventually

STOP = '<userTask id="stop"/>'
SHORT = 2.0
"""The lease of a worker whose death or standstill is to be noticed by its end. Others have long ones, so that nothing
is taken from a worker that was only slow."""


def at_the_end(engine: Engine) -> bool:
    """Has the one instance come to its user task?"""
    return engine.queries.tasks.count() == 1


def test_killed_in_the_middle_of_a_handler(engine: Engine, database_url: str, witness: Witness) -> None:
    deploy(engine, sequence(work("one", "slow at first"), STOP))
    with worker(database_url, witness, lease=SHORT) as first:
        instance = run(engine)
        eventually(witness.starts)
        first.kill()
        first.wait()
    with worker(database_url, witness):
        eventually(lambda: at_the_end(engine))
    assert [attempt for _, attempt in witness.starts()] == [1, 2]
    assert values(engine, instance) == {"by": 2}
    assert engine.check() == []


@pytest.mark.parametrize(
    ("failpoint", "starts"),
    [
        ("worker.after_claim=kill", 1),
        ("worker.after_handler=kill", 2),
        ("worker.before_report=kill", 2),
        ("executor.before_commit=kill", 2),
        ("executor.after_commit=kill", 1),
        ("worker.after_report=kill", 1),
    ],
)
def test_killed_around_a_handler(
    engine: Engine, database_url: str, witness: Witness, failpoint: str, starts: int
) -> None:
    deploy(engine, sequence(work("one", "note"), STOP))
    with worker(database_url, witness, failpoints=failpoint) as first:
        instance = run(engine)
        assert first.wait(180) == -signal.SIGKILL
    end_leases(engine)
    with worker(database_url, witness):
        eventually(lambda: at_the_end(engine))
    assert len(witness.starts()) == starts
    assert len({job for job, _ in witness.starts()}) == 1
    assert set(values(engine, instance)) == {"by"}
    assert engine.check() == []


@pytest.mark.parametrize("failpoint", ["worker.after_claim", "executor.before_commit", "executor.after_commit"])
def test_killed_around_a_continuation(engine: Engine, database_url: str, witness: Witness, failpoint: str) -> None:
    deploy(engine, sequence('<task id="one" camunda:asyncBefore="true"/>', STOP))
    with worker(database_url, witness, failpoints=f"{failpoint}=kill") as first:
        run(engine)
        assert first.wait(180) == -signal.SIGKILL
    end_leases(engine)
    with worker(database_url, witness):
        eventually(lambda: at_the_end(engine))
    assert engine.check() == []


def test_a_job_that_kills_its_workers_ends_in_an_incident(engine: Engine, database_url: str, witness: Witness) -> None:
    deploy(engine, sequence(work("one", "poison")))
    run(engine)
    for _ in range(3):
        with worker(database_url, witness) as victim:
            assert victim.wait(180) == -signal.SIGKILL
        end_leases(engine)
    deploy(engine, sequence(work("one", "note"), STOP))
    with worker(database_url, witness):
        eventually(lambda: incidents(engine))
        run(engine)
        eventually(lambda: at_the_end(engine))
    (message,) = incidents(engine)
    assert "died or hung during attempt 3" in (message or "")
    assert [attempt for _, attempt in witness.starts()] == [1, 2, 3, 1]
    assert engine.check() == []


def test_a_frozen_process_is_not_listened_to(engine: Engine, database_url: str, witness: Witness) -> None:
    deploy(engine, sequence(work("one", "held up at first"), STOP))
    with worker(database_url, witness, lease=SHORT) as zombie:
        instance = run(engine)
        eventually(witness.starts)
        freeze_between_transactions(zombie.send_signal, database_url)
        with worker(database_url, witness):
            eventually(lambda: at_the_end(engine))
        witness.let_go()
        zombie.send_signal(signal.SIGCONT)
        zombie.terminate()
        assert zombie.wait(180) == 0
    assert [attempt for _, attempt in witness.starts()] == [1, 2]
    assert values(engine, instance)["by"] == 2
    assert engine.check() == []


def test_sigterm_lets_running_work_end_and_leaves_no_lease(engine: Engine, database_url: str, witness: Witness) -> None:
    deploy(engine, sequence(work("one", "slow")))
    with worker(database_url, witness, threads=2, grace=60.0) as stopped:
        instances = [run(engine, seconds=0.6) for _ in range(5)]
        eventually(witness.starts)
        stopped.terminate()
        assert stopped.wait(180) == 0
    assert sum(ended(engine, each) for each in instances) == len(witness.starts()) >= 1
    assert [each.lock_owner for each in engine.queries.external_tasks.list({})] == [None] * (5 - len(witness.starts()))


def test_sigterm_gives_back_what_takes_too_long(engine: Engine, database_url: str, witness: Witness) -> None:
    deploy(engine, sequence(work("one", "slow at first"), STOP))
    with worker(database_url, witness, lease=3600.0, grace=0.2) as stopped:
        run(engine)
        eventually(witness.starts)
        stopped.terminate()
        assert stopped.wait(180) == 0
    with worker(database_url, witness):
        # Its lease would have lasted for an hour.
        eventually(lambda: at_the_end(engine))
    assert [attempt for _, attempt in witness.starts()] == [1, 2]


def test_a_burst_over_two_processes_with_one_killed(engine: Engine, database_url: str, witness: Witness) -> None:
    deploy(engine, sequence(work("one", "note"), work("two", "note")))
    with worker(database_url, witness, lease=SHORT) as first, worker(database_url, witness):
        for number in range(300):
            run(engine)
            if number == 150:
                first.kill()
        eventually(lambda: engine.queries.process_instances.count() == 0)
    jobs = [job for job, _ in witness.starts()]
    assert len(set(jobs)) == 600
    assert incidents(engine) == []
    assert engine.check() == []
