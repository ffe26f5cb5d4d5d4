"""Celery workers, their processes and their broker (F3, F4, F9, F10, F11): a lost message costs time, never work."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from kombu import Connection

from engine import Engine
from engine.worker.celery_app import INTERNAL, WORK, create_celery, queue_of
from tests.brokers import Broker
from tests.faults.ledger import done, waiting
from tests.faults.patience import eventually
from tests.faults.probes import ProbeWitness
from tests.faults.servers import Server, blocking, server, worker
from tests.worker.models import end_leases, process, sequence, work

pytestmark = pytest.mark.slow

TIMER = (
    '<intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>PT0.1S</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>"
)
TOPICS = ("quick", "waiting")
NEVER = "3600"


@pytest.fixture
def empty(broker: Broker) -> Broker:
    """A broker without the messages of other tests."""
    broker.ensure()
    with Connection(broker.url) as connection:
        for name in (INTERNAL, *(queue_of(topic).name for topic in TOPICS)):
            connection.default_channel.queue_delete(name)
    return broker


def deploy_all(engine: Engine) -> None:
    """A process for each topic, of that name: with a timer before the work."""
    for topic in TOPICS:
        body = sequence(TIMER, work("w", topic))
        engine.deployments.deploy({f"{topic}.bpmn": process(body, key=topic)})


def begin(asked: Server, topic: str = "quick") -> None:
    """Start an instance; it must be answered, and soon, whatever the broker does."""
    began = time.monotonic()
    answer = asked.post(f"/process-definition/key/{topic}/start")
    assert answer.status_code == 200, answer.text
    assert time.monotonic() - began < 30


def all_done(engine: Engine, count: int) -> bool:
    """Have so many instances ended, each after a timer and a piece of work?"""
    return len(done(engine)) == 2 * count and not waiting(engine)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_work_goes_on_whatever_happens_to_the_broker(
    engine: Engine, database_url: str, empty: Broker, witness: ProbeWitness, tmp_path: Path
) -> None:
    broker = empty
    deploy_all(engine)
    broker.kill()
    rings = {"BATON_JOB_RUNNER": "off", "BATON_BROKER_URL": broker.url}
    with (
        server(database_url, tmp_path, **rings) as asked,
        worker(database_url, tmp_path, broker.url, ready=False) as working,
    ):
        begin(asked)
        broker.start()
        eventually(lambda: all_done(engine, 1), "it is done when the broker has come")
        broker.kill()
        for _ in range(3):
            begin(asked)
        broker.start()
        eventually(lambda: all_done(engine, 4), "it is done when the broker is back")
        begin(asked, "waiting")
        eventually(lambda: len(witness.starts()) == 5, "it runs")
        broker.wipe()
        for _ in range(3):
            begin(asked)
        broker.wipe()
        (tmp_path / "go").touch()
        eventually(lambda: all_done(engine, 8), "it is done although the broker knows nothing of it")
        assert working.poll() is None
        assert asked.process.poll() is None
    assert set(done(engine)) == {1}
    assert list(witness.attempts().values()) == [[1]] * 8


def test_messages_that_come_again_too_late_or_for_nothing_do_nothing(
    engine: Engine, database_url: str, empty: Broker, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy_all(engine)
    app = create_celery(empty.url, TOPICS)

    def say_thrice() -> None:
        for topic in (*TOPICS, "quick"):
            for _ in range(3):
                app.send_task(INTERNAL, queue=INTERNAL)
                app.send_task(WORK, args=[topic], queue=queue_of(topic).name)

    with (
        worker(database_url, tmp_path, empty.url, BATON_SWEEP_SECONDS=NEVER),
        worker(database_url, tmp_path, empty.url, BATON_SWEEP_SECONDS=NEVER),
    ):
        cancelled = engine.process_instances.start(key="waiting").id
        for _ in range(5):
            engine.process_instances.start(key="quick")
        engine.process_instances.delete(cancelled)
        time.sleep(0.1)  # until the timers are due

        def heard(count: int) -> bool:
            say_thrice()
            return all_done(engine, count)

        eventually(lambda: heard(5), "all is done")
        engine.process_instances.start(key="quick")
        eventually(lambda: heard(6), "what comes later is done")
    assert list(witness.attempts().values()) == [[1]] * 6
    assert set(done(engine)) == {1}


def test_processes_of_workers_that_are_killed(
    engine: Engine, database_url: str, empty: Broker, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy_all(engine)
    rings = {"BATON_JOB_RUNNER": "off", "BATON_BROKER_URL": empty.url}
    with server(database_url, tmp_path, **rings) as asked:
        with worker(database_url, tmp_path, empty.url) as first:
            begin(asked, "waiting")
            eventually(witness.starts, "it runs")
            [child] = witness.processes()
            assert child != first.pid
            os.kill(child, signal.SIGKILL)
            end_leases(engine)
            eventually(lambda: len(witness.starts()) == 2, "another process has it")
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
        end_leases(engine)
        here = tmp_path / "here"
        begin(asked)
        with worker(database_url, tmp_path, empty.url, **blocking("worker.after_report", here)) as second:
            # Done, and not acknowledged.
            (tmp_path / "go").touch()
            eventually(lambda: here.exists() and all_done(engine, 2), "it is done")
            os.killpg(second.pid, signal.SIGKILL)
            second.wait()
        with worker(database_url, tmp_path, empty.url):
            begin(asked)
            eventually(lambda: all_done(engine, 3), "what comes later is done")
    assert sorted(witness.attempts().values()) == [[1], [1], [1, 2, 3]]
    assert set(done(engine)) == {1}
