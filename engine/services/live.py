"""Live events: what others change is told to those who look at it, wherever it was changed.

What this process commits is told at once. Other processes on PostgreSQL say what they changed by NOTIFY, a few times a
second at most; on SQLite one thread asks the database twice a second whether somebody else has written, and then
nobody knows what.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from engine.news import ANYTHING, Ids, News, NewsDesk
from engine.store.database import NEWS, Database
from engine.store.errors import StoreError

SEATS: Final = 16
"""How many may listen at the same time where nothing else is said: each of them keeps a thread."""
LOOK: Final = 0.5
"""Seconds between two looks for what other processes have written."""
PAUSE: Final = 0.1
"""Seconds between two calls to other processes."""
LONGEST_PAUSE: Final = 10.0
"""Seconds between two tries to listen while the database cannot be reached."""
REMEMBERED: Final = 1_000
"""How many of the last news are kept for those who come back."""
_MOST_TEXT: Final = 7_900  # bytes: PostgreSQL takes 8,000
INSTANCE: Final = "instance:"
"""Begins the name of the topic of one process instance."""
KINDS: Final = ("tasks", "instances", "incidents", "definitions")
"""What there may be news of."""

log = logging.getLogger("baton.live")


@dataclass(frozen=True, slots=True)
class Topics:
    """What somebody wants to hear of: kinds of things ("tasks", "instances", ...), and certain process instances."""

    kinds: frozenset[str] = frozenset()
    instances: frozenset[int] = frozenset()

    def of(self, news: News) -> News:
        """That part of the news."""
        nothing: Ids = frozenset()
        told = {kind: getattr(news, kind) if kind in self.kinds else nothing for kind in KINDS}
        if "instances" not in self.kinds and self.instances:
            told["instances"] = None if news.instances is None else news.instances & self.instances
        return News(**told)

    def names(self, news: News) -> list[str]:
        """Which of the topics the news are about, as they are asked for: "tasks", "instance:17"."""
        found = [kind for kind in KINDS if kind in self.kinds and getattr(news, kind) != frozenset()]
        of_instances = self.instances if news.instances is None else news.instances & self.instances
        return [*found, *(f"{INSTANCE}{id}" for id in sorted(of_instances))]


@dataclass(frozen=True, slots=True)
class Told:
    """News, and the mark to come back with: what follows it will be told then."""

    mark: str
    news: News


class NoSeat(Exception):
    """Too many listen already; ask again later, or look by yourself now and then."""


class Listening:
    """One who listens. `close` gives the seat back; it may be called more than once."""

    def __init__(self, topics: Topics, leave: Callable[[], None]) -> None:
        self.topics = topics
        self._leave = leave
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._waiting, self._mark = News(), ""

    def hear(self, mark: str, news: News) -> None:
        """Take news, together with those that were not fetched yet."""
        mine = self.topics.of(news)
        with self._lock:
            self._mark = mark
            if mine:
                self._waiting |= mine
                self._ready.set()

    def wait(self, seconds: float) -> Told | None:
        """What was told since the last time, waiting for it for so many seconds; None if it was nothing."""
        if not self._ready.wait(seconds):
            return None
        with self._lock:
            self._ready.clear()
            told, self._waiting = Told(self._mark, self._waiting), News()
        return told

    def close(self) -> None:
        """Hear nothing any more."""
        self._leave()


class Live:
    """Who listens in this process, and the threads that bring news of other processes."""

    def __init__(self, database: Database, desk: NewsDesk, *, seats: int = SEATS) -> None:
        self._database, self._desk = database, desk
        self._name = secrets.token_hex(8)
        self._free = seats
        self._lock = threading.Lock()
        self._listening: tuple[Listening, ...] = ()
        self._number = 0
        self._last: deque[tuple[int, News]] = deque(maxlen=REMEMBERED)
        self._stopped, self._over = threading.Event(), False
        self._threads: dict[str, threading.Thread] = {}
        self._untold, self._has_untold = News(), threading.Event()

    @property
    def is_over(self) -> bool:
        """Has it ended, so that everybody should go?"""
        return self._over

    # ---------------------------------------------------------------- in this process

    def listen(self, topics: Topics, mark: str | None = None) -> Listening:
        """Hear of these topics from now on, or from `mark` on. Raises NoSeat."""
        with self._lock:
            if self._free <= 0 or self._over:
                raise NoSeat
            self._free -= 1
            if not self._listening and self._number == 0:
                self._desk.add(self._hear)
            listening = Listening(topics, lambda: self._leave(listening))
            self._listening = (*self._listening, listening)
            missed = self._since(mark)
            if missed:
                listening.hear(self._mark(self._number), missed)
        self._begin("baton looks", self._look if self._database.dialect == "sqlite" else self._hear_others)
        return listening

    def _leave(self, listening: Listening) -> None:
        with self._lock:
            if listening in self._listening:
                self._listening = tuple(each for each in self._listening if each is not listening)
                self._free += 1

    def _mark(self, number: int) -> str:
        return f"{self._name}-{number}"

    def _since(self, mark: str | None) -> News:
        """What was told after that mark; all of it if the mark is not known any more."""
        if mark is None:
            return News()
        name, _, number = mark.rpartition("-")
        oldest = self._number - len(self._last)
        if name != self._name or not number.isdecimal() or not oldest <= int(number) <= self._number:
            return ANYTHING
        missed = News()
        for each, news in self._last:
            if each > int(number):
                missed |= news
        return missed

    def _hear(self, news: News) -> None:
        with self._lock:
            self._number += 1
            self._last.append((self._number, news))
            mark, listening = self._mark(self._number), self._listening
            for each in listening:
                each.hear(mark, news)

    # ---------------------------------------------------------------- among processes

    def share(self) -> None:
        """Tell other processes what this one changes, where the database has calls."""
        if self._database.dialect == "postgresql":
            self._desk.add(self._collect)

    def _collect(self, news: News) -> None:
        with self._lock:
            self._untold |= news
            self._has_untold.set()
        self._begin("baton tells news", self._tell)

    def _tell(self) -> None:
        while True:
            self._has_untold.wait()
            if self._stopped.is_set():
                return
            with self._lock:
                self._has_untold.clear()
                news, self._untold = self._untold, News()
            try:
                self._database.notify(write(self._name, news), NEWS)
            except StoreError as problem:
                log.info("Other processes could not be told what was changed: %s", problem)
            self._stopped.wait(PAUSE)

    def _hear_others(self) -> None:
        """Hears what other processes say, on PostgreSQL."""
        pause = PAUSE
        while not self._stopped.is_set():
            try:
                with self._database.listen(NEWS) as heard:
                    pause = PAUSE
                    self._hear(ANYTHING)  # for what was said while nobody listened
                    while not self._stopped.is_set():
                        for text in heard(LOOK):
                            name, news = read(text)
                            if name != self._name:
                                self._hear(news)
            except StoreError as problem:
                log.info("Other processes cannot be listened to, which is tried again: %s", problem)
                self._stopped.wait(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret
                pause = min(pause * 2, LONGEST_PAUSE)

    def _look(self) -> None:
        """Looks whether other processes have written, on SQLite."""
        before: object = None
        while not self._stopped.wait(LOOK if before is not None else 0):
            try:
                now = self._database.writes_of_others()
            except StoreError as problem:
                log.info("It cannot be seen whether other processes write: %s", problem)
                continue
            if before is not None and now != before:
                self._hear(ANYTHING)
            before = now

    # ---------------------------------------------------------------- threads

    def _begin(self, name: str, target: Callable[[], None]) -> None:
        """Start a thread unless it runs: when it is needed first, and so never before a process forks."""
        if name in self._threads:
            return
        with self._lock:
            if name in self._threads or self._stopped.is_set():
                return
            thread = self._threads[name] = threading.Thread(target=target, name=name, daemon=True)
            thread.start()

    def retire(self) -> None:
        """Let nobody listen any more: those who do go within a second. Signal handlers may call it."""
        self._over = True

    def close(self) -> None:
        """Let nobody listen any more, and end the threads."""
        self._over = True
        self._stopped.set()
        self._has_untold.set()
        for thread in list(self._threads.values()):
            thread.join(4 * LOOK)


def write(name: str, news: News) -> str:
    """News of a process as a text that PostgreSQL takes; where there are too many ids for one, "any" stands for all."""
    text = json.dumps({"by": name} | {each: _listed(getattr(news, each)) for each in KINDS}, separators=(",", ":"))
    return text if len(text) <= _MOST_TEXT else write(name, ANYTHING)


def _listed(ids: Collection[int] | None) -> list[int] | None:
    return None if ids is None else sorted(ids)


def read(text: str) -> tuple[str, News]:
    """The process that said something, and its news; what is not understood may be anything."""
    try:
        said = json.loads(text)
        return str(said["by"]), News(*_ids(said.get(each) for each in KINDS))
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", ANYTHING


def _ids(lists: Iterable[Any]) -> Iterator[Ids]:
    for each in lists:
        yield None if each is None else frozenset(int(id) for id in each)
