"""The Celery application: its queues, its two kinds of message, and the settings that make losing one harmless.

A message carries no work. `baton.internal` says that continuations or timers are due, `baton.work` that there is work
of a topic; what that is, the database tells. So every message may be lost, doubled, delayed or sent by a stranger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import timedelta

from celery import Celery
from kombu import Exchange, Queue

from engine.worker.redis_transport import BrokerAMQP

INTERNAL = "baton.internal"
"""The name of the message without arguments, and of its queue."""
WORK = "baton.work"
"""The name of the message whose one argument is a topic; its queue has the topic after another dot."""

SCHEMES = ("redis", "rediss", "amqp", "amqps")
"""What a broker's URL may begin with. Kombu's transports over SQLAlchemy and files lose messages and are none of it."""

_LONGEST_QUEUE = 255
_CONNECT = 4.0
_ANSWER = 10.0
_VISIBILITY = timedelta(minutes=10)


class UnknownBroker(Exception):
    """The URL is of no broker that this can use."""


def create_celery(broker_url: str, topics: Collection[str] = ()) -> Celery:
    """An application over the broker, nothing connected yet; its workers consume what is internal and these topics.

    Raises UnknownBroker.
    """
    scheme = broker_url.partition("://")[0]
    if scheme not in SCHEMES:
        raise UnknownBroker(f"There is no broker for {scheme}:// URLs; there are {', '.join(SCHEMES)}")
    app = Celery("baton", broker=broker_url, amqp=BrokerAMQP, set_as_current=False)
    app.conf.update(
        # A message is given back when the process that works on it dies, and not before.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        # Nobody reads results: what came of a job is in the database.
        task_ignore_result=True,
        result_backend=None,
        # JSON and nothing else: a message must never be code.
        accept_content=["json"],
        task_serializer="json",
        # A message need not survive the broker, as nothing is lost with it.
        task_default_delivery_mode="transient",
        task_default_queue=INTERNAL,
        task_queues=[_queue(INTERNAL), *(queue_of(topic) for topic in topics)],
        # A queue that was not named above holds work that no handler here can do.
        task_create_missing_queues=False,
        broker_connection_timeout=_CONNECT,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport_options(scheme),
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_detect_quorum_queues=False,
        # Whoever can reach the broker can ring, and do nothing else.
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        enable_utc=True,
    )
    return app


def queue_of(topic: str) -> Queue:
    """The queue for work of a topic."""
    name = f"{WORK}.{topic}"
    if len(name.encode()) > _LONGEST_QUEUE:
        name = f"{WORK}.{hashlib.sha256(topic.encode()).hexdigest()}"
    return _queue(name)


def _queue(name: str) -> Queue:
    return Queue(name, Exchange(""), routing_key=name, durable=True)


def _transport_options(scheme: str) -> dict[str, object]:
    if scheme.startswith("amqp"):
        return {"confirm_publish": True}
    # After this time Redis gives a message that was not acknowledged to another worker as well, which does no harm.
    return {
        "visibility_timeout": int(_VISIBILITY.total_seconds()),
        "socket_connect_timeout": _CONNECT,
        # Without it a worker waits for a broker that fell silent until its system gives the connection up.
        "socket_timeout": _ANSWER,
        "socket_keepalive": True,
    }
