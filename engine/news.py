"""What has just been changed, by its ids: for those who show it and want to look again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields
from typing import Final, TypeVar

from engine.core.state import Batch, Changes, DecisionInstance, Incident, Notice, ProcessInstance, UserTask

T = TypeVar("T", int, str)

Ids = frozenset[int] | None
"""Ids of things that were changed; None: it may have been any."""
Names = frozenset[str] | None
"""As Ids, of things whose ids are texts."""
MOST_IDS: Final = 500
"""Of more things than that only "any" is told."""
_NOTHING: Final[frozenset[int]] = frozenset()
_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class News:
    """The things of each kind in which something was changed; of those that are gone, too."""

    tasks: Ids = _NOTHING
    instances: Ids = _NOTHING
    incidents: Ids = _NOTHING
    definitions: Ids = _NOTHING
    batches: Ids = _NOTHING
    deployments: Ids = _NOTHING
    users: Names = _NOBODY
    groups: Names = _NOBODY
    tenants: Names = _NOBODY
    authorizations: Ids = _NOTHING
    credentials: Names = _NOBODY
    """Users whose sessions or API tokens have come or gone."""
    decisions: Ids = _NOTHING
    """Decision definitions, and those by which something was decided."""
    notices: Names = _NOBODY
    """Users for whom something is new, or is not any more."""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) != _NOTHING for each in fields(self))

    @property
    def about_people(self) -> bool:
        """Is it about who people are, or what they may do?"""
        return any(getattr(self, kind) != _NOTHING for kind in (*NAMED - {"notices"}, "authorizations"))

    def __or__(self, other: News) -> News:
        """Both together."""
        return News(*(_both(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)))


NAMED: Final = frozenset({"users", "groups", "tenants", "credentials", "notices"})
"""The kinds of things whose ids are texts."""
ANYTHING: Final = News(*(None for _ in fields(News)))
"""What is told where nobody knows what was changed."""


def _both(one: frozenset[T] | None, other: frozenset[T] | None) -> frozenset[T] | None:
    return None if one is None or other is None else _few(one | other)


def _few(ids: Collection[T]) -> frozenset[T] | None:
    return frozenset(ids) if len(ids) <= MOST_IDS else None


def news_of(changes: Changes) -> News:
    """What one transaction has changed."""
    tasks: set[int] = set()
    instances: set[int] = set(changes.erased.get(ProcessInstance, ()))
    incidents: set[int] = set()
    batches: set[int] = set(changes.erased.get(Batch, ()))
    themselves = {UserTask: tasks, ProcessInstance: instances, Incident: incidents, Batch: batches}
    parts = (("process_instance_id", instances), ("user_task_id", tasks), ("batch_id", batches))
    for kind, rows in (*changes.inserted.items(), *changes.updated.items()):
        own = themselves.get(kind)
        if own is not None:
            own.update(row.id for row in rows)
        for name, found in parts:
            if name in kind.__dataclass_fields__:
                found.update(_given(getattr(row, name) for row in rows))
    decisions = {
        row.decision_id for row in changes.inserted.get(DecisionInstance, ()) if isinstance(row, DecisionInstance)
    }
    told = {row.user_id for row in changes.inserted.get(Notice, ()) if isinstance(row, Notice)}
    for row in (*changes.inserted.get(UserTask, ()), *changes.updated.get(UserTask, ())):
        if isinstance(row, UserTask) and row.given_at is not None and row.assignee is not None:
            told.add(row.assignee)
    return News(
        _few(tasks),
        _few(instances),
        _few(incidents),
        batches=_few(batches),
        decisions=_few(decisions),
        notices=_few(told),
    )


def _given(ids: Iterable[int | None]) -> Iterable[int]:
    return (id for id in ids if id is not None)


Listener = Callable[[News], None]
_log = logging.getLogger(__name__)


class NewsDesk:
    """Tells its listeners, in the thread that has committed: they must be quick and do nothing but wake somebody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    @property
    def is_heard(self) -> bool:
        """Is there anybody to tell?"""
        return bool(self._listeners)

    def add(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` from now on; gives what ends that."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def remove() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not listener)

        return remove

    def tell(self, news: News) -> None:
        """Tell all listeners. One that fails is passed over: the change has happened, and nobody may be told else."""
        if not news:
            return
        for listener in self._listeners:
            try:
                listener(news)
            except Exception:  # noqa: BLE001 - see above
                _log.exception("A listener for news failed")
