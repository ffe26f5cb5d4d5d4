"""Live events: what others change is told to those who look at it, wherever it was changed.

What this process commits is told at once. Other processes on PostgreSQL say what they changed by NOTIFY, a few times a
second at most; on SQLite one thread asks the database twice a second whether somebody else has written, and then
nobody knows what. One thread tells all who listen, a few times a second at most: what happened meanwhile is told
together, and who may hear what of it is decided for all of them at once.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.authorization import SYSTEM, Actor, Permissions
from engine.news import ANYTHING, NAMED, News, NewsDesk
from engine.services.audience import INSTANCE, KINDS, PROCESS, Audience, Heard, Hearer, Topics
from engine.services.authorizations import Authorizations
from engine.services.credentials import Credentials, Proof
from engine.services.seats import Seats
from engine.store.database import NEWS, Database
from engine.store.errors import StoreError

__all__ = ["INSTANCE", "KINDS", "PROCESS", "SEATS", "Listening", "Live", "NoSeat", "Told", "Topics"]

SEATS: Final = 16
"""How many may listen at the same time where nothing else is said: each of them keeps a thread."""
LOOK: Final = 0.5
"""Seconds between two looks for what other processes have written."""
PAUSE: Final = 0.1
"""Seconds between two calls to other processes."""
CALM: Final = 0.25
"""Seconds between two moments at which those who listen are told something."""
MOST_A_SECOND: Final = 1_000
"""How many of those who listen are told something in a second at most: where they are many, moments are rarer."""
CHECK: Final = 1.0
"""Seconds between two looks whether those who listen may do so still."""
LONGEST_PAUSE: Final = 10.0
"""Seconds between two tries to listen while the database cannot be reached."""
REMEMBERED: Final = 1_000
"""How many of the last moments are kept for those who come back."""
_MOST_TEXT: Final = 7_900  # bytes: PostgreSQL takes 8,000

log = logging.getLogger("baton.live")


@dataclass(frozen=True, slots=True)
class Told:
    """News, the topics that they belong to, and the mark to come back with: what follows it will be told then."""

    mark: str
    news: News
    names: Sequence[str]


class NoSeat(Exception):
    """Too many listen already; ask again later, or look by yourself now and then."""


class Listening:
    """One who listens. `close` gives the seat back; it may be called more than once."""

    def __init__(
        self,
        topics: Topics,
        actor: Actor,
        proof: Proof | None,
        permissions: Permissions | None,
        mark: str,
        leave: Callable[[Listening], None],
    ) -> None:
        self.topics, self.actor, self.proof, self.permissions = topics, actor, proof, permissions
        self.missed = News()
        """What was told before they came back, and they have not heard."""
        self.mark = mark
        """What they have heard already."""
        self._leave = leave
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._waiting, self._over = Heard(), False

    @property
    def is_over(self) -> bool:
        """Has it been ended, so that they should go?"""
        return self._over

    def hear(self, mark: str, heard: Heard) -> None:
        """Take what is heard, together with what was not fetched yet."""
        with self._lock:
            self.mark = mark
            if heard:
                self._waiting |= heard
                self._ready.set()

    def wait(self, seconds: float) -> Told | None:
        """What was told since the last time, waiting for it for so many seconds; None if it was nothing."""
        if not self._ready.wait(seconds) or self._over:
            return None
        with self._lock:
            self._ready.clear()
            heard, self._waiting = self._waiting, Heard()
            return Told(self.mark, heard.news, sorted(heard.names, key=_order))

    def end(self) -> None:
        """Let them go: they may not listen any more."""
        with self._lock:
            self._over = True
            self._ready.set()

    def close(self) -> None:
        """Hear nothing any more."""
        self._leave(self)


def _order(name: str) -> tuple[int, str]:
    return (KINDS.index(name) if name in KINDS else len(KINDS)), name


class Live:
    """Who listens in this process, and the threads that bring news of other processes."""

    def __init__(
        self,
        database: Database,
        desk: NewsDesk,
        audience: Audience,
        authorizations: Authorizations,
        credentials: Credentials,
        *,
        seats: int = SEATS,
    ) -> None:
        self._database, self._desk, self._audience = database, desk, audience
        self._authorizations, self._credentials = authorizations, credentials
        self._name = secrets.token_hex(8)
        self._seats = Seats(seats)
        self._lock = threading.Lock()
        self._listening: tuple[Listening, ...] = ()
        self._is_heard = False
        self._news, self._has_news = News(), threading.Event()
        self._number = 0
        self._last: deque[tuple[int, News]] = deque(maxlen=REMEMBERED)
        self._stopped, self._over = threading.Event(), False
        self._threads: dict[str, threading.Thread] = {}
        self._untold, self._has_untold = News(), threading.Event()
        self._written: object = None
        """On SQLite: what told last whether other processes have written; None before somebody listens."""

    @property
    def is_over(self) -> bool:
        """Has it ended, so that everybody should go?"""
        return self._over

    @property
    def listening(self) -> int:
        """How many listen at the moment."""
        return len(self._listening)

    # ---------------------------------------------------------------- in this process

    def listen(
        self, topics: Topics, mark: str | None = None, *, hearer: Actor = SYSTEM, proof: Proof | None = None
    ) -> Listening:
        """Hear of these topics from now on, or from `mark` on, as far as the hearer may. Raises NoSeat, and errors of
        StoreError.

        It is ended when the `proof` does not hold any more, and when the hearer's permissions have been changed.
        """
        permissions = None if hearer.administrator else self._authorizations.permissions_of(hearer)
        if self._database.dialect == "sqlite" and self._written is None:
            # Here and not in the thread that looks, as what is written from now on is news for the hearer already.
            written = self._database.writes_of_others()
            with self._lock:
                if self._written is None:
                    self._written = written
        with self._lock:
            if self._over or not self._seats.take(hearer):
                raise NoSeat
            if not self._is_heard:
                self._is_heard = True
                self._desk.add(self._hear)
            missed, now = self._since(mark), self._mark(self._number)
            heard = mark if missed and mark is not None and mark.isprintable() else now
            listening = Listening(topics, hearer, proof, permissions, heard, self._leave)
            listening.missed = missed
            self._listening = (*self._listening, listening)
        if listening.missed:
            self._has_news.set()
        self._begin("baton tells who listens", self._tell_all)
        self._begin("baton looks", self._look if self._database.dialect == "sqlite" else self._hear_others)
        return listening

    def _leave(self, listening: Listening) -> None:
        with self._lock:
            if listening in self._listening:
                self._listening = tuple(each for each in self._listening if each is not listening)
                self._seats.give_back(listening.actor)

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
            self._news |= news
            self._has_news.set()

    def _tell_all(self) -> None:
        """Tells those who listen what is new, and lets those go who may not listen any more."""
        checked = time.monotonic()
        while True:
            self._has_news.wait(max(0.0, checked + CHECK - time.monotonic()))
            if self._stopped.is_set():
                return
            try:
                if self._has_news.is_set() and self._tell_moment().about_people:
                    checked = float("-inf")
                if time.monotonic() >= checked + CHECK:
                    self._check()
                    checked = time.monotonic()
            except StoreError as problem:
                log.info("Those who listen cannot be told what is new, which is tried again: %s", problem)
                checked = time.monotonic()
                self._stopped.wait(CHECK)
            self._stopped.wait(max(CALM, len(self._listening) / MOST_A_SECOND))

    def _tell_moment(self) -> News:
        """Tell what has come in since the last time. Raises errors of StoreError; then it is to be told still."""
        with self._lock:
            self._has_news.clear()
            news, self._news = self._news, News()
            # Who begins to listen while it is found out who may hear this is not among the hearers: to them it is past.
            self._number += 1
            self._last.append((self._number, news))
            mark = self._mark(self._number)
            listening = self._listening
            due = [news | each.missed for each in listening]
        try:
            heard = self._audience.hear(
                [Hearer(each.actor, each.topics, mine) for each, mine in zip(listening, due, strict=True)]
            )
        except StoreError:
            self._hear(news)
            raise
        with self._lock:
            for each in listening:
                each.missed = News()
        for each, mine in zip(listening, heard, strict=True):
            each.hear(mark, mine)
        return news

    def _check(self) -> None:
        """Let those go whose proof does not hold any more, or who are permitted something else. Raises errors of
        StoreError."""
        listening = self._listening
        proofs = {each.proof for each in listening if each.proof is not None}
        holding = self._credentials.holding(proofs) if proofs else set()
        ordinary = [each for each in listening if not each.actor.administrator]
        found = self._authorizations.permissions_of_all([each.actor for each in ordinary]) if ordinary else []
        for each, permissions in zip(ordinary, found, strict=True):
            if each.permissions != permissions:
                each.end()
        for each in listening:
            if each.proof is not None and each.proof not in holding:
                each.end()

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
            is_last = self._stopped.is_set()
            with self._lock:
                self._has_untold.clear()
                news, self._untold = self._untold, News()
            try:
                if news:
                    self._database.notify(write(self._name, news), NEWS)
            except StoreError as problem:
                log.info("Other processes could not be told what was changed: %s", problem)
            if is_last:
                return
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
        while not self._stopped.wait(LOOK):
            try:
                now = self._database.writes_of_others()
            except StoreError as problem:
                log.info("It cannot be seen whether other processes write: %s", problem)
                continue
            if now != self._written:
                self._hear(ANYTHING)
            self._written = now

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
        """Let nobody listen any more, tell other processes what they were not told yet, and end the threads."""
        self._over = True
        self._stopped.set()
        self._has_untold.set()
        self._has_news.set()
        for each in self._listening:
            each.end()
        for thread in list(self._threads.values()):
            thread.join(4 * LOOK)


def write(name: str, news: News) -> str:
    """News of a process as a text that PostgreSQL takes; where there are too many ids for one, "any" stands for all."""
    text = json.dumps({"by": name} | {each: _listed(getattr(news, each)) for each in KINDS}, separators=(",", ":"))
    return text if len(text) <= _MOST_TEXT else write(name, ANYTHING)


def _listed(ids: Collection[Any] | None) -> list[Any] | None:
    return None if ids is None else sorted(ids)


def read(text: str) -> tuple[str, News]:
    """The process that said something, and its news; what is not understood may be anything."""
    try:
        said = json.loads(text)
        return str(said["by"]), News(**{each: _ids(each, said.get(each)) for each in KINDS})
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", ANYTHING


def _ids(kind: str, listed: Iterable[Any] | None) -> Any:
    read = str if kind in NAMED else int
    return None if listed is None else frozenset(read(id) for id in listed)
