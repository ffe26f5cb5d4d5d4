"""Live events as server-sent events (HTML standard, 9.2): what was changed, by its id, and nothing else of it.

Everybody hears of what their lists show. A client that hears of a change reads what it shows again over REST.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import g, request

from api.connection import watch_client
from api.errors import Answer, Refused, refuse
from api.routing import Routes, Stream
from engine import Engine
from engine.services.live import INSTANCE, KINDS, PROCESS, Listening, Live, NoSeat, Told, Topics
from engine.services.queries import parse_id

EVENTS = Routes("Event")

MOST_THINGS = 100
"""How many process instances and processes one stream may be about."""
HEARTBEAT = 15.0
"""Seconds after which a comment is sent where nothing else was, so that nobody takes the connection for a dead one."""
LONGEST = 600.0
"""Seconds after which a stream ends. The browser opens the next one by itself, and who may listen is asked again."""
TICK = 1.0
"""Seconds between two looks whether the client is still there."""
FULL = Answer(503, "TooManyStreamsException", headers={"Retry-After": "10"})


@EVENTS.get("/events", "Hear of changes as they happen: server-sent events")
def get_events(engine: Engine, topics: list[str], last_event_id: str | None = None) -> Stream:
    mark = request.headers.get("Last-Event-ID") or last_event_id
    try:
        listening = engine.live.listen(_read_topics(topics), mark, proof=g.get("proof"))
    except NoSeat:
        raise Refused(FULL, "Too many listen for events already; ask now and then instead") from None
    return Stream(_Events(engine.live, listening, watch_client()))


def _read_topics(names: list[str]) -> Topics:
    instances = [name.removeprefix(INSTANCE) for name in names if name.startswith(INSTANCE)]
    processes = frozenset(name.removeprefix(PROCESS) for name in names if name.startswith(PROCESS))
    if unknown := [name for name in names if name not in KINDS and not name.startswith((INSTANCE, PROCESS))]:
        raise refuse(
            f"There is no topic '{unknown[0][:100]}': there are {', '.join(KINDS)}, {INSTANCE}ID and {PROCESS}KEY"
        )
    if len(instances) + len(processes) > MOST_THINGS:
        raise refuse(f"One stream may be about {MOST_THINGS} process instances and processes")
    ids = [parse_id(text) for text in instances]
    if None in ids:
        raise refuse(f"The id of a process instance is a number, not '{instances[ids.index(None)][:100]}'")
    known = frozenset(id for id in ids if id is not None)
    return Topics(frozenset(names).intersection(KINDS), known, processes)


class _Events(Iterator[bytes]):
    """The bytes of one stream. `close` gives its seat back, also if nothing was ever read from it."""

    def __init__(self, live: Live, listening: Listening, is_there: Callable[[], bool]) -> None:
        self._live, self._listening, self._is_there = live, listening, is_there
        self._begin = self._last = time.monotonic()
        self._greeted = False

    def __next__(self) -> bytes:
        if not self._greeted:
            self._greeted = True
            return f"retry: 2000\nid: {self._listening.mark}\nevent: begin\ndata: {{}}\n\n".encode()
        while not self._live.is_over and not self._listening.is_over and self._is_there():
            told = self._listening.wait(TICK)
            now = time.monotonic()
            if told is not None:
                self._last = now
                return _write(told)
            if now - self._begin > LONGEST:
                break
            if now - self._last > HEARTBEAT:
                self._last = now
                return b":\n\n"
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Hear nothing any more."""
        self._listening.close()


def _write(told: Told) -> bytes:
    """One event for all that was changed: with several, a client that is cut off between them would miss the rest."""
    ids = {kind: _texts(getattr(told.news, kind)) for kind in KINDS if getattr(told.news, kind) != frozenset()}
    data = json.dumps({"topics": told.names, "ids": ids}, separators=(",", ":"))
    return f"id: {told.mark}\nevent: change\ndata: {data}\n\n".encode()


def _texts(ids: frozenset[Any] | None) -> list[str] | None:
    return None if ids is None else [str(id) for id in sorted(ids)]
