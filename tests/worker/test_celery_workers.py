"""Real Celery workers on real brokers: what is rung for is done, and whatever happens to messages loses nothing."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kombu import Connection

from engine.worker.celery_app import INTERNAL, WORK, create_celery, queue_of
from engine.worker.doorbell import CeleryBell
from tests.brokers import Broker
from tests.worker.celery_probe import Notes, eventually, lives, worker

pytestmark = pytest.mark.slow


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "notes.db").create()


@pytest.fixture
def bell(broker: Broker) -> Iterator[CeleryBell]:
    with CeleryBell(create_celery(broker.url)) as bell:
        yield bell


def _topic(word: str = "topic") -> str:
    """Of this test alone, as the tests share a broker."""
    return f"{word}-{uuid.uuid4().hex}"


def _awake(notes: Notes, processes: int = 2) -> None:
    """All processes have looked around for the first time, and will not again."""
    eventually(lambda: len(notes.lookers()) >= processes, "all processes have looked around", notes)


def _done(notes: Notes) -> None:
    eventually(notes.all_done, "all jobs are done", notes)


def _let_slow_work_end(notes: Notes) -> None:
    notes.path.with_name("go").touch()


def test_a_ring_makes_the_hands_work(broker: Broker, bell: CeleryBell, notes: Notes) -> None:
    topic = _topic()
    with worker(notes, broker.url, topic):
        _awake(notes)
        notes.add(topic, 300)
        notes.add(None, 3)
        bell.ring(True, [topic])
        _done(notes)
    assert {starts for _, starts, _ in notes.jobs()} == {1}


@pytest.mark.parametrize("pool", ["threads", "solo"])
def test_other_pools_do_as_well(broker: Broker, bell: CeleryBell, notes: Notes, pool: str) -> None:
    topic = _topic()
    with worker(notes, broker.url, topic, pool=pool) as running:
        _awake(notes, 1)
        notes.add(topic, 30)
        bell.ring(False, [topic])
        _done(notes)
        running.terminate()
        assert running.wait(180) == 0
    assert {starts for _, starts, _ in notes.jobs()} == {1}


def test_one_ring_occupies_all_processes(broker: Broker, bell: CeleryBell, notes: Notes) -> None:
    topic = _topic("slow")
    with worker(notes, broker.url, topic):
        _awake(notes)
        notes.add(topic, 3)
        bell.ring(False, [topic])
        eventually(lambda: len(set(notes.owners())) == 2, "both processes work", notes)
        _let_slow_work_end(notes)
        _done(notes)


def test_no_process_uses_what_the_worker_has_opened(broker: Broker, notes: Notes) -> None:
    with worker(notes, broker.url, _topic()) as watching:
        _awake(notes)
        assert {parent for _, parent in notes.processes()} == {watching.pid}
        assert len({pid for pid, _ in notes.processes()}) == 2


def test_messages_that_come_too_often_or_too_late_do_nothing(broker: Broker, notes: Notes) -> None:
    topic = _topic()
    app = create_celery(broker.url, [topic])
    notes.add(topic, 2)
    for _ in range(5):
        for other in (topic, "a topic that nobody knows"):
            app.send_task(WORK, args=[other], queue=queue_of(topic).name)
        app.send_task(WORK, args=[], queue=queue_of(topic).name)
        app.send_task(INTERNAL, queue=INTERNAL)
        app.send_task("no.such.task", queue=queue_of(topic).name)
    with worker(notes, broker.url, topic):
        eventually(lambda: _waiting(broker, queue_of(topic).name) == 0, "all messages were taken", notes)
        _done(notes)
        notes.add(topic)
        app.send_task(WORK, args=[topic], queue=queue_of(topic).name)
        _done(notes)
    assert notes.jobs() == [(topic, 1, True)] * 3


def test_pickle_is_refused(broker: Broker, bell: CeleryBell, notes: Notes, tmp_path: Path) -> None:
    topic, trap = _topic(), tmp_path / "trap"
    with worker(notes, broker.url, topic):
        _awake(notes)
        with Connection(broker.url) as connection:
            headers = {"task": WORK, "id": str(uuid.uuid4()), "lang": "py"}
            producer = connection.Producer(serializer="pickle")
            producer.publish(((_Trap(trap),), {}, {}), exchange="", routing_key=queue_of(topic).name, headers=headers)
        eventually(lambda: b"ontent" in (tmp_path / "log").read_bytes(), "the message was refused", notes)
        notes.add(topic)
        bell.ring(False, [topic])
        _done(notes)
    assert not trap.exists()


class _Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_work_of_a_process_that_was_killed_is_done_by_another(broker: Broker, bell: CeleryBell, notes: Notes) -> None:
    topic = _topic("slow")
    with worker(notes, broker.url, topic):
        _awake(notes)
        notes.add(topic)
        bell.ring(False, [topic])
        eventually(notes.owners, "the work has begun", notes)
        (victim,) = notes.owners()
        os.kill(victim, signal.SIGKILL)
        # Nobody rings again: the message is given back because the process that worked on it has died.
        eventually(lambda: set(notes.owners()) - {victim}, "another process has it", notes)
        _let_slow_work_end(notes)
        _done(notes)
    assert notes.jobs() == [(topic, 2, True)]


def test_what_was_rung_for_before_the_broker_was_wiped_is_found(broker: Broker, bell: CeleryBell, notes: Notes) -> None:
    topic = _topic()
    notes.add(topic, 5)
    bell.ring(False, [topic])
    eventually(lambda: _waiting(broker, queue_of(topic).name) == 1, "the message is there")
    broker.wipe()
    with worker(notes, broker.url, topic, sweep=0.2):
        _done(notes)


def test_workers_go_on_when_the_broker_comes_back_with_nothing(broker: Broker, bell: CeleryBell, notes: Notes) -> None:
    topic = _topic()
    with worker(notes, broker.url, topic, sweep=0.2):
        _awake(notes)
        broker.kill()
        notes.add(None, 3)
        eventually(notes.all_done, "what is internal is done without a broker", notes)
        notes.add(topic, 3)
        bell.ring(False, [topic])
        broker.wipe()
        _done(notes)


def test_a_broker_that_comes_back_is_listened_to_though_it_was_away_when_work_ended(
    broker: Broker, bell: CeleryBell, notes: Notes
) -> None:
    topic = _topic("slow")
    with worker(notes, broker.url, topic, processes=1):
        _awake(notes, 1)
        notes.add(topic)
        bell.ring(False, [topic])
        eventually(notes.owners, "the work has begun", notes)
        broker.kill()
        _let_slow_work_end(notes)
        # The one process is free again, and there was nobody to acknowledge the message to.
        eventually(lambda: b"succeeded in" in notes.path.with_name("log").read_bytes(), "the worker knows", notes)
        if broker.name == "Redis":
            eventually(lambda: b"Couldn't ack" in notes.path.with_name("log").read_bytes(), "it has failed", notes)
        broker.start()
        notes.add(topic)
        bell.ring(False, [topic])
        _done(notes)


def test_a_broker_that_falls_silent_is_not_waited_for(
    brokers: Callable[[str], Broker], notes: Notes, request: pytest.FixtureRequest
) -> None:
    broker, topic = brokers("redis"), _topic("slow")
    with CeleryBell(create_celery(broker.url)) as bell, worker(notes, broker.url, topic, processes=1):
        _awake(notes, 1)
        notes.add(topic)
        bell.ring(False, [topic])
        eventually(notes.owners, "the work has begun", notes)
        broker.freeze()
        request.addfinalizer(broker.thaw)
        _let_slow_work_end(notes)
        eventually(lambda: b"Couldn't ack" in notes.path.with_name("log").read_bytes(), "it has given up", notes)
        broker.thaw()
        notes.add(topic)
        bell.ring(False, [topic])
        _done(notes)


def test_sigterm_lets_running_work_end_and_claims_no_more(broker: Broker, bell: CeleryBell, notes: Notes) -> None:
    topic = _topic("slow")
    with worker(notes, broker.url, topic, processes=1) as running:
        _awake(notes, 1)
        notes.add(topic, 2)
        bell.ring(False, [topic])
        eventually(notes.owners, "the work has begun", notes)
        running.terminate()
        eventually(lambda: b"Warm shutdown" in notes.path.with_name("log").read_bytes(), "it stops", notes)
        _let_slow_work_end(notes)
        assert running.wait(180) == 0
    assert notes.jobs() == [(topic, 1, True), (topic, 0, False)]


def test_sigterm_gives_back_what_does_not_end_in_time(broker: Broker, bell: CeleryBell, notes: Notes) -> None:
    topic = _topic("slow")
    with worker(notes, broker.url, topic, grace=0.5) as running:
        _awake(notes)
        notes.add(topic)
        bell.ring(False, [topic])
        eventually(notes.owners, "the work has begun", notes)
        running.terminate()
        assert running.wait(180) == 0
    assert notes.owners() == []
    assert notes.jobs() == [(topic, 1, False)]


@pytest.mark.parametrize("by", [signal.SIGQUIT, signal.SIGINT])
def test_even_work_that_the_worker_does_not_know_to_have_begun_is_given_back(
    broker: Broker, bell: CeleryBell, notes: Notes, by: signal.Signals
) -> None:
    topic = _topic("slow")
    with worker(notes, broker.url, topic, lag=1) as running:
        _awake(notes)
        notes.add(topic)
        bell.ring(False, [topic])
        eventually(notes.owners, "the work has begun", notes)
        running.send_signal(by)
        if by == signal.SIGINT:
            eventually(lambda: b"Warm shutdown" in notes.path.with_name("log").read_bytes(), "it stops", notes)
            running.send_signal(by)
        running.wait(180)
    assert notes.owners() == []
    assert notes.jobs() == [(topic, 1, False)]


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_ends_whatever_its_work_does(broker: Broker, bell: CeleryBell, notes: Notes, pool: str) -> None:
    topic = _topic("deaf" if pool == "prefork" else "slow")
    with worker(notes, broker.url, topic, patience=1, pool=pool) as running:
        _awake(notes, 2 if pool == "prefork" else 1)
        notes.add(topic)
        bell.ring(False, [topic])
        eventually(notes.owners, "the work has begun", notes)
        running.send_signal(signal.SIGQUIT)
        assert running.wait(180) == 1
        eventually(lambda: not any(lives(pid) for pid, _ in notes.processes()), "all processes have ended", notes)
    # A process that heeds no signal gives nothing back: its lease has to end.
    assert len(notes.owners()) == (1 if pool == "prefork" else 0)


def _waiting(broker: Broker, queue: str) -> int:
    with Connection(broker.url) as connection:
        declared = connection.default_channel.queue_declare(queue=queue, durable=True, auto_delete=False)
        return int(declared.message_count)
