"""Who hears what of news: each only of things that their lists show, as far as they have asked for it.

However many listen, it is decided for all of them at once, by a few statements for each kind of thing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from engine import authorization as needs
from engine.authorization import Actor, Permissions, Rights
from engine.authorization import Resource as Thing
from engine.clock import Clock
from engine.news import Ids, News
from engine.services.access import Own, is_starter, may, started, takes_part
from engine.services.authorizations import Authorizations
from engine.store import facts as store
from engine.store.database import Database
from engine.store.facts import Known

INSTANCE: Final = "instance:"
"""Begins the name of the topic of one process instance."""
PROCESS: Final = "process:"
"""Begins the name of the topic of the instances of all versions of a process, by its key."""
LATELY: Final = timedelta(minutes=1)
"""Who had a part in a task so lately is told of it still: it has to vanish from their list."""
MOST_DECISIONS: Final = 20_000
"""More things times people than that are not decided one by one: "any" is told."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How it is decided who may hear of things of a kind: the name of their facts, and any of what opens them."""

    name: str
    rights: Sequence[Rights]
    own: Own | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """How it is decided who may hear of things of a kind of which nothing but the id matters."""

    thing: Thing
    rights: Rights
    own: Callable[[Any, Actor], bool] = lambda _, __: False
    is_private: bool = False
    """Administrators, too, hear of nothing but their own."""

    def is_open(self, id: int | str, actor: Actor, permissions: Permissions) -> bool:
        """May the actor hear of the one with that id?"""
        return self.own(id, actor) or may(permissions, self.rights, {self.thing: str(id)})


def _oneself(id: str, actor: Actor) -> bool:
    return id == actor.user_id


_KINDS: Final[Mapping[str, _Kind | _Named]] = {
    "tasks": _Kind("task", (needs.READ_TASK, needs.READ_HISTORY), takes_part),
    "instances": _Kind("process instance", (needs.READ_INSTANCE, needs.READ_PROCESS_HISTORY), started),
    "incidents": _Kind("incident", (needs.READ_INSTANCE, needs.READ_HISTORY), started),
    "definitions": _Kind("process definition", (needs.READ_DEFINITION,), is_starter),
    "batches": _Kind("batch", (needs.READ_BATCH, needs.READ_BATCH_HISTORY)),
    "deployments": _Kind("deployment", (needs.READ_DEPLOYMENT,)),
    "users": _Named(Thing.USER, needs.READ_USER, _oneself),
    "groups": _Named(Thing.GROUP, needs.READ_GROUP, lambda group, actor: group in actor.groups),
    "tenants": _Named(Thing.TENANT, needs.READ_TENANT, lambda tenant, actor: tenant in actor.tenants),
    "authorizations": _Named(Thing.AUTHORIZATION, needs.READ_AUTHORIZATION),
    "credentials": _Named(Thing.USER, needs.administer(Thing.USER, "UPDATE"), _oneself),
    "decisions": _Kind("decision definition", (needs.READ_DECISION, needs.READ_DECISION_HISTORY)),
    "notices": _Named(Thing.USER, (), _oneself, is_private=True),
}
KINDS: Final = tuple(_KINDS)
"""What there may be news of: a kind is a topic, too."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What somebody wants to hear of: kinds of things, certain process instances, and processes by their keys."""

    kinds: frozenset[str] = frozenset()
    instances: frozenset[int] = frozenset()
    processes: frozenset[str] = frozenset()

    def want(self, kind: str) -> bool:
        """Do they ask for things of that kind at all?"""
        if kind in self.kinds:
            return True
        if kind == "instances":
            return bool(self.instances or self.processes)
        return kind == "incidents" and bool(self.processes)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one person hears: things of the kinds that were asked for, and the names of all topics they belong to."""

    news: News = field(default_factory=News)
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names)

    def __or__(self, other: Heard) -> Heard:
        """Both together."""
        return Heard(self.news | other.news, self.names | other.names)


@dataclass(frozen=True, slots=True)
class Hearer:
    """Somebody who listens, and what there is to be told."""

    actor: Actor
    topics: Topics
    news: News


class Audience:
    """Decides who hears what."""

    def __init__(self, database: Database, authorizations: Authorizations, clock: Clock) -> None:
        self._database, self._authorizations, self._clock = database, authorizations, clock

    def hear(self, hearers: Sequence[Hearer]) -> list[Heard]:
        """What each of them hears. Raises errors of StoreError."""
        people = {_whose(each.actor): each.actor for each in hearers}
        asked = {kind: ids for kind in KINDS if (ids := _asked(kind, hearers))}
        decided = {kind: ids for kind, ids in asked.items() if len(ids) * len(people) <= MOST_DECISIONS}
        known: dict[str, Mapping[int, Known]] = {}
        looked_up = {kind: how for kind in decided if isinstance(how := _KINDS[kind], _Kind)}
        permissions: dict[_Whose, Permissions] = {}
        if looked_up:
            since = self._clock() - LATELY
            with self._database.read() as tx:
                for kind, how in looked_up.items():
                    known[kind] = store.look_up_for_all(tx, how.name, sorted(decided[kind]), since=since)
        if decided:
            ordinary = [each for each in people.values() if not each.administrator]
            found = self._authorizations.permissions_of_all(ordinary) if ordinary else []
            permissions = dict(zip(map(_whose, ordinary), found, strict=True))
        moment = _Moment(asked.keys() - decided.keys(), known, permissions)
        return [moment.heard(each) for each in hearers]


_Whose = tuple[str | None, frozenset[str], frozenset[str], bool]


def _whose(actor: Actor) -> _Whose:
    """Those for whom this is the same hear the same."""
    return actor.user_id, actor.groups, actor.tenants, actor.administrator


def _asked(kind: str, hearers: Sequence[Hearer]) -> set[Any]:
    """The things of that kind of which it matters to anybody what they are."""
    asked: set[Any] = set()
    for each in hearers:
        ids, topics = getattr(each.news, kind), each.topics
        if ids and topics.want(kind) and (topics.processes or not each.actor.administrator):
            only_watched = kind == "instances" and kind not in topics.kinds and not topics.processes
            asked.update(ids & topics.instances if only_watched else ids)
    return asked


class _Moment:
    """What is known of all that is news at the moment, and so who may hear it."""

    def __init__(
        self,
        undecided: Collection[str],
        known: Mapping[str, Mapping[int, Known]],
        permissions: Mapping[_Whose, Permissions],
    ) -> None:
        self._undecided, self._known, self._permissions = undecided, known, permissions
        self._open: dict[tuple[str, _Whose], frozenset[int]] = {}

    def heard(self, hearer: Hearer) -> Heard:
        """What one of them hears."""
        topics, names, told = hearer.topics, set[str](), dict[str, Any]()
        for kind in KINDS:
            if not topics.want(kind) or getattr(hearer.news, kind) == _NOTHING:
                continue
            ids, gone = self._split(kind, hearer)
            if kind in topics.kinds and (gone or ids != _NOTHING):
                names.add(kind)
                told[kind] = None if gone else ids
            if kind == "instances" and topics.instances:
                watched = topics.instances if ids is None else topics.instances & (ids | gone)
                names.update(f"{INSTANCE}{id}" for id in watched)
                if kind not in topics.kinds:
                    told[kind] = None if ids is None else watched
            if kind in ("instances", "incidents") and topics.processes:
                names.update(f"{PROCESS}{key}" for key in self._processes(kind, topics.processes, ids, gone))
        return Heard(News(**told), frozenset(names))

    def _split(self, kind: str, hearer: Hearer) -> tuple[Ids, frozenset[int]]:
        """What of the news the hearer may know by its ids, and what is gone: whose that was cannot be told."""
        ids: Ids = getattr(hearer.news, kind)
        if ids is None or (kind in self._undecided and not hearer.actor.administrator):
            return None, _NOTHING
        known, how = self._known.get(kind), _KINDS[kind]
        if isinstance(how, _Named) and how.is_private:
            return frozenset(id for id in ids if how.own(id, hearer.actor)), _NOTHING
        if hearer.actor.administrator:
            return ids, _NOTHING
        if isinstance(how, _Named):
            permissions = self._permissions[_whose(hearer.actor)]
            return frozenset(id for id in ids if how.is_open(id, hearer.actor, permissions)), _NOTHING
        if known is None:
            return ids, _NOTHING
        return ids & self._open_to(hearer.actor, how, known), ids - known.keys()

    def _open_to(self, actor: Actor, how: _Kind, known: Mapping[int, Known]) -> frozenset[int]:
        whose = _whose(actor)
        found = self._open.get((how.name, whose))
        if found is None:
            permissions = self._permissions[whose]
            found = self._open[how.name, whose] = frozenset(
                id for id, each in known.items() if _is_open(each, how, actor, permissions)
            )
        return found

    def _processes(self, kind: str, wanted: frozenset[str], ids: Ids, gone: frozenset[int]) -> frozenset[str]:
        """The processes to which these things belong; all that are wanted where that is not known."""
        known = self._known.get(kind)
        if ids is None or gone or known is None or not known.keys() >= ids:
            return wanted
        return wanted & {key for id in ids if (key := known[id].facts.things[Thing.PROCESS_DEFINITION]) is not None}


_NOTHING: Final[frozenset[int]] = frozenset()


def _is_open(known: Known, how: _Kind, actor: Actor, permissions: Permissions) -> bool:
    facts = known.to(actor)
    if facts is None:
        return False
    if how.own is not None and how.own(facts, actor):
        return True
    return any(may(permissions, rights, facts.things) for rights in how.rights)
