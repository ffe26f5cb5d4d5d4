"""Tokens that come to a join at the same moment, in every order (F13 to F15): it fires once, with all that came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from engine import Engine
from engine.core.commands.events import DeliverEvent
from engine.errors import EngineError
from engine.failpoints import FailpointReached
from engine.store.database import Database
from tests.faults.interleaving import second_within_first
from tests.faults.test_races import at_once
from tests.property.model import (
    Block,
    Branch,
    Const,
    EventSub,
    Held,
    Loop,
    Model,
    Multi,
    Operation,
    Process,
    Seq,
    Split,
    Sub,
    Task,
    Timer,
    Var,
)
from tests.property.observe import Observation, disagreements
from tests.property.reference import Path as Place
from tests.property.reference import Reference
from tests.property.render import files

LAST = Task("last")
ALWAYS = Operation(Const(1), "<", Const(2))


def seq(*items: Block) -> Seq:
    return Seq(items)


def fork(*bodies: Block, kind: str = "and") -> Split:
    """Branches with a join; of an inclusive one all are taken."""
    if kind == "and":
        return Split("join", "and", tuple(Branch(seq(body)) for body in bodies))
    return Split("join", "or", (*(Branch(seq(body), ALWAYS) for body in bodies), Branch(seq())))


def tasks(count: int) -> list[Task]:
    return [Task(f"task{number}") for number in range(count)]


@dataclass(frozen=True)
class Meeting:
    """A model, what is done before, and the two that come to the join at once: the names of what waits."""

    body: tuple[Block, ...]
    one: str
    two: str
    before: tuple[str, ...] = ()

    @property
    def model(self) -> Model:
        return Model(Process("main", Seq((*self.body, LAST))))


A, B = Task("a"), Task("b")
AT_BOUNDARY = Held(B, timer=Timer("alert", seq(), kind="signal"))
INTERRUPTED = Sub("sub", seq(B), event_sub=EventSub("stop", seq()))
MANY = Multi(A, sequential=False, count=Const(3))
MEETINGS = {
    "two branches": Meeting((fork(A, B),), "a", "b"),
    "three branches": Meeting((fork(*tasks(3)),), "task1", "task2", ("task0",)),
    "ten branches": Meeting((fork(*tasks(10)),), "task3", "task7", tuple(f"task{n}" for n in (9, 0, 4, 1, 8, 2, 6, 5))),
    "inclusive": Meeting((fork(A, B, kind="or"),), "a", "b"),
    "inclusive in a loop": Meeting((Loop("loop", seq(fork(A, B, kind="or")), Var("more")),), "a", "b", ("a", "b")),
    "fed by a boundary event": Meeting((fork(A, AT_BOUNDARY),), "a", "alert"),
    "inclusive, fed by a boundary event": Meeting((fork(A, AT_BOUNDARY, kind="or"),), "a", "alert"),
    "a branch that an event sub-process interrupts": Meeting((fork(A, INTERRUPTED),), "a", "stop_start"),
    "a branch and what interrupts it": Meeting((fork(A, INTERRUPTED, kind="or"),), "b", "stop_start", ("a",)),
    "multi-instance": Meeting((MANY,), "a", "a", ("a",)),
    "multi-instance with a completion condition": Meeting(
        (Multi(A, sequential=False, count=Const(3), until=Operation(Var("nrOfCompletedInstances"), ">=", Const(2))),),
        "a",
        "a",
        ("a",),
    ),
}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database.open(database_url)
    yield found
    found.close()


def started(engine: Engine, database: Database, meeting: Meeting) -> tuple[int, Reference]:
    """An instance in which only the two are left to come, and what the reference says of it."""
    variables = {"more": True}
    model = Model(meeting.model.main, variables=variables)
    engine.deployments.deploy(files(model))
    root_id = engine.process_instances.start(key="main", variables=variables).id
    reference = Reference(model)
    for name in meeting.before:
        seen = Observation(database, root_id)
        place = places(reference, name)[0]
        action(engine, seen, place)()
        reference.step(place, {})
    return root_id, reference


def places(reference: Reference, name: str) -> list[Place]:
    return sorted((place for place in reference.ready() if place[-1][0] == name), key=repr)


def action(engine: Engine, seen: Observation, place: Place) -> Callable[[], object]:
    """What completes a task, or lets an event come."""
    id = seen.ready()[place]
    if id in seen.subscriptions:
        return partial(engine.queue.execute, DeliverEvent(subscription_id=id))
    return partial(engine.tasks.complete, id)


@pytest.mark.parametrize("fails", [False, True], ids=["the first is committed", "the first is undone"])
@pytest.mark.parametrize("turned", [False, True], ids=["one way", "the other way"])
@pytest.mark.parametrize("name", MEETINGS)
def test_two_that_meet_at_a_join(
    engines: list[Engine], database: Database, tmp_path: Path, name: str, turned: bool, fails: bool
) -> None:
    one, two, three = engines
    meeting = MEETINGS[name]
    root_id, reference = started(one, database, meeting)
    first = places(reference, meeting.one)[0]
    second = places(reference, meeting.two)[-1]
    assert first != second
    if turned:
        first, second = second, first
    seen = Observation(database, root_id)
    did = second_within_first(action(two, seen, first), action(three, seen, second), three, tmp_path, fails=fails)
    for place, doing in zip((first, second), did, strict=True):
        if place is first and fails:
            assert isinstance(doing.error, FailpointReached)
        elif place in reference.ready():
            assert doing.error is None
            reference.step(place, {})
        else:
            assert isinstance(doing.error, EngineError), "it was cancelled before it could be done"
    assert disagreements(Observation(database, root_id), reference) == []
    if fails and first in reference.ready():
        action(two, Observation(database, root_id), first)()
        reference.step(first, {})
        assert disagreements(Observation(database, root_id), reference) == []
    assert one.check() == []


@pytest.mark.parametrize("kind", ["and", "or"])
def test_ten_that_meet_at_once(engines: list[Engine], database: Database, kind: str) -> None:
    """Forty rounds by three engines: 400 tokens that come to a join while others come to it too."""
    body = fork(*tasks(10), kind=kind)
    model = Model(Process("main", seq(body, LAST)))
    engines[0].deployments.deploy(files(model))
    for _ in range(40):
        root_id = engines[0].process_instances.start(key="main").id
        seen = Observation(database, root_id)
        reference = Reference(model)
        order = sorted(seen.ready(), key=repr)
        actions = [action(engines[index % 3], seen, place) for index, place in enumerate(order)]
        assert at_once(actions) == [None] * 10
        for place in order:
            reference.step(place, {})
        assert disagreements(Observation(database, root_id), reference) == []
    assert engines[0].check() == []
