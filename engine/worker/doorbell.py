"""The doorbell over Celery: tells the workers of all machines that there are jobs, and makes nobody wait."""

from __future__ import annotations

import heapq
import logging
import random
import threading
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from celery import Celery
from kombu import Connection, Queue

from engine.core.state import Job
from engine.worker.celery_app import INTERNAL, WORK, queue_of

MOST_WAITING = 10_000
"""How many topics may wait to be rung for while the broker is away, and how many jobs to become due."""
HORIZON = timedelta(seconds=10)
"""Jobs that are due later than that are left to the workers, who will have looked by then."""

_ANSWER = 5.0
"""Seconds a broker may take to confirm a message."""
_LONGEST_PAUSE = 15.0
_FIRST_PAUSE = 0.25
_NONE = timedelta(0)

log = logging.getLogger(__name__)


class CeleryBell:
    """Publishes rings on a thread of its own, each topic once however often it was rung for meanwhile.

    A queue that holds a message already gets no second one: whoever takes the first finds all that is due by then. So
    no queue grows, even if nobody works on it. While the broker is away, the rings wait here; what does not get out
    is found by the workers when they sweep.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._changed = threading.Condition()
        self._internal = False
        self._topics: dict[str, None] = {}
        # When on the monotonic clock to ring for which topic; "" is what has none.
        self._soon: list[tuple[float, str]] = []
        self._closed = False
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._connection: Connection | None = None
        self._failures = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ring(self, internal: bool, topics: Collection[str]) -> None:
        """Are continuations and timers due, and of which topics is work?"""
        self._add(internal, topics, ())

    def hear(self, jobs: Collection[Job], now: datetime) -> None:
        """These jobs wait: ring for those that are due, and in time for those that will be before anyone looks."""
        ready, soon = [], []
        for job in jobs:
            wait = max((each - now for each in (job.due_at, job.lock_expires_at) if each is not None), default=_NONE)
            if wait <= _NONE:
                ready.append(job.topic)
            elif wait <= HORIZON:
                soon.append((time.monotonic() + wait.total_seconds(), job.topic or ""))
        self._add(None in ready, [topic for topic in ready if topic is not None], soon)

    def _add(self, internal: bool, topics: Collection[str], soon: Collection[tuple[float, str]]) -> None:
        with self._changed:
            if self._closed or not (internal or topics or soon):
                return
            self._internal = self._internal or internal
            for topic in topics:
                if len(self._topics) < MOST_WAITING:
                    self._topics[topic] = None
            for each in soon:
                if len(self._soon) < MOST_WAITING:
                    heapq.heappush(self._soon, each)
            if self._thread is None:
                self._thread = threading.Thread(target=self._publish_all, name="doorbell", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self, timeout: float = 2.0) -> None:
        """Send what was rung for if the broker lets us, within so many seconds; later rings are for nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout)

    # ------------------------------------------------------------ on the thread

    def _publish_all(self) -> None:
        while True:
            with self._changed:
                while not (self._internal or self._topics or self._closed):
                    self._changed.wait(self._soon[0][0] - time.monotonic() if self._soon else None)
                    self._move_what_is_due()
                if not (self._internal or self._topics):
                    break
                internal, topics = self._internal, list(self._topics)
                self._internal, self._topics = False, {}
            if not self._publish(internal, topics) and self._stop.wait(self._pause()):
                break
        self._disconnect()

    def _move_what_is_due(self) -> None:
        while self._soon and self._soon[0][0] <= time.monotonic():
            _, topic = heapq.heappop(self._soon)
            if topic:
                self._topics[topic] = None
            else:
                self._internal = True

    def _publish(self, internal: bool, topics: list[str]) -> bool:
        """False when the broker could not be told; then the rest waits again."""
        try:
            if internal:
                self._send(INTERNAL, [], self._app.amqp.queues[INTERNAL])
                internal = False
            while topics:
                self._send(WORK, [topics[-1]], queue_of(topics[-1]))
                topics.pop()
        except Exception as problem:  # noqa: BLE001 - transports raise what they like, and the thread has to live
            self._disconnect()
            self._failures += 1
            if self._failures == 2:
                log.warning("The broker cannot be told of jobs, which wait until a worker looks: %s", problem)
            with self._changed:
                self._internal = self._internal or internal
                self._topics = {**dict.fromkeys(topics), **self._topics}
            return False
        if self._failures >= 2:
            log.warning("The broker can be told of jobs again")
        self._failures = 0
        return True

    def _pause(self) -> float:
        if self._failures == 1:
            return 0.0  # most likely a connection that was closed while nobody rang
        longest = min(_FIRST_PAUSE * 2.0 ** min(self._failures, 16), _LONGEST_PAUSE)
        return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, no secret

    def _send(self, name: str, arguments: list[str], queue: Queue) -> None:
        connection = self._connected()
        channel: Any = connection.default_channel
        declared = channel.queue_declare(queue=queue.name, durable=True, exclusive=False, auto_delete=False)
        if declared.message_count:
            return
        producer = self._app.amqp.Producer(connection, auto_declare=False)
        options: dict[str, Any] = {"queue": queue, "producer": producer, "declare": []}
        self._app.send_task(name, args=arguments, retry=False, confirm_timeout=_ANSWER, **options)

    def _connected(self) -> Connection:
        if self._connection is None:
            # Without a heartbeat, as nobody sends one while nobody rings. One attempt, as the loop makes the next.
            connection = self._app.connection_for_write(heartbeat=0)
            connection.ensure_connection(max_retries=1, timeout=self._app.conf.broker_connection_timeout)
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:
                log.debug("The connection to the broker did not close", exc_info=True)
