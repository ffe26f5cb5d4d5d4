"""The doorbell over Celery: what it says, that no queue grows, and that a broker which is away holds nobody up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery
from kombu import Connection
from kombu.transport import pyamqp, redis

from engine.core.state import Job
from engine.worker.celery_app import INTERNAL, WORK, UnknownBroker, create_celery, queue_of
from engine.worker.celery_worker import LARGEST_BATCH, Pace
from engine.worker.doorbell import HORIZON, CeleryBell
from tests.brokers import Broker
from tests.worker.celery_probe import eventually

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def broker(broker: Broker) -> Broker:
    """With none of the messages of other tests."""
    broker.ensure()
    with Connection(broker.url) as connection:
        for name in (INTERNAL, queue_of("a").name, queue_of("b").name):
            connection.default_channel.queue_delete(name)
    return broker


@pytest.fixture
def app(broker: Broker) -> Celery:
    return create_celery(broker.url)


@pytest.fixture
def bell(app: Celery) -> Iterator[CeleryBell]:
    with CeleryBell(app) as bell:
        yield bell


def _waiting(broker: Broker) -> dict[str, int]:
    names = {INTERNAL: INTERNAL, "a": queue_of("a").name, "b": queue_of("b").name}
    with Connection(broker.url) as connection:
        declare = connection.default_channel.queue_declare
        return {
            each: declare(queue=name, durable=True, auto_delete=False).message_count for each, name in names.items()
        }


def _job(**given: object) -> Job:
    return Job(**({"id": 1, "kind": "timer", "created_at": NOW} | given))


def test_many_rings_leave_one_message_in_each_queue(broker: Broker, bell: CeleryBell) -> None:
    for _ in range(200):
        bell.ring(True, ["a", "b"])
    eventually(lambda: _waiting(broker) == {INTERNAL: 1, "a": 1, "b": 1}, "each queue has a message")
    bell.ring(True, ["b"])
    bell.close()
    assert _waiting(broker) == {INTERNAL: 1, "a": 1, "b": 1}


def test_a_message_says_which_topic_and_nothing_else(broker: Broker, app: Celery, bell: CeleryBell) -> None:
    bell.ring(False, ["a"])
    with app.connection_for_read() as connection:
        message = connection.SimpleQueue(queue_of("a")).get(timeout=180)
        arguments, named, _ = message.payload
        assert (message.headers["task"], arguments, named) == (WORK, ["a"], {})
        assert message.content_type == "application/json"
        assert message.properties["delivery_mode"] == 1
        message.ack()


def test_a_ring_while_the_broker_is_down_is_heard_when_it_is_back(broker: Broker, bell: CeleryBell) -> None:
    bell.ring(False, ["a"])
    eventually(lambda: _waiting(broker)["a"] == 1, "the first ring is heard")
    broker.kill()
    for _ in range(1000):
        bell.ring(True, ["b"])
    broker.ensure()
    eventually(lambda: _waiting(broker).items() >= {INTERNAL: 1, "b": 1}.items(), "the others are heard")


def test_a_bell_that_is_closed_without_a_broker_ends(broker: Broker, bell: CeleryBell) -> None:
    broker.kill()
    bell.ring(True, ["a"])
    bell.close()
    bell.ring(True, ["b"])
    broker.ensure()
    assert _waiting(broker)["b"] == 0


def test_jobs_ring_when_they_are_due(broker: Broker, bell: CeleryBell) -> None:
    soon, late = NOW + timedelta(milliseconds=300), NOW + HORIZON + timedelta(seconds=1)
    bell.hear([_job(due_at=soon), _job(due_at=late, topic="b"), _job(topic="a", lock_expires_at=NOW)], NOW)
    eventually(lambda: _waiting(broker) == {INTERNAL: 1, "a": 1, "b": 0}, "what is due soon has rung")


def test_redis_is_spoken_to_in_our_own_way_however_it_is_named() -> None:
    for url in ("redis://h", "rediss://:pw@h:1/2", "redis://a;redis://b", "rediss://h?ssl_cert_reqs=required"):
        with create_celery(url).connection_for_write() as connection:
            assert issubclass(connection.get_transport_cls(), redis.Transport)
            for each in (connection, connection.clone()):
                assert each.get_transport_cls() is not redis.Transport
            connection.maybe_switch_next()
            assert connection.get_transport_cls() is not redis.Transport
            assert connection.as_uri().startswith(url.partition("://")[0])
    with create_celery("amqp://h//").connection_for_write() as connection:
        assert connection.get_transport_cls() is pyamqp.Transport


def test_what_is_not_a_broker_is_refused() -> None:
    for url in ("sqla+sqlite:///broker.db", "filesystem://", "memory://"):
        with pytest.raises(UnknownBroker, match="redis, rediss, amqp, amqps"):
            create_celery(url)


def test_a_topic_too_long_for_a_queue_has_a_queue_all_the_same() -> None:
    long = queue_of("ü" * 200)
    assert len(long.name) < 100
    assert long.name != queue_of("ü" * 201).name
    assert queue_of("charge card").name == "baton.work.charge card"


def test_the_pace_follows_the_work() -> None:
    pace = Pace()
    sizes = []
    for _ in range(8):
        sizes.append(pace.size("quick"))
        pace.tell("quick", pace.size("quick"), 0.001)
    assert sizes == [1, 2, 4, 8, 16, 32, 64, LARGEST_BATCH]
    pace.tell("quick", 0, 0.001)
    assert pace.size("quick") == LARGEST_BATCH
    pace.tell("quick", LARGEST_BATCH, 60.0)
    assert (pace.size("quick"), pace.size("other")) == (1, 1)
