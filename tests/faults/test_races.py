"""Several engines on one database at the same moment: joins fire once, and one of two who do the same thing wins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from engine import Conflict, Engine, NotFound
from engine.store.database import Database
from tests.property.model import Block, Branch, Const, Model, Multi, Operation, Process, Seq, Split, Sub, Task, Var
from tests.property.observe import Observation, disagreements
from tests.property.reference import Reference
from tests.property.render import files

ROUNDS = 15


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database.open(database_url)
    yield found
    found.close()


def at_once(actions: Sequence[Callable[[], object]]) -> list[Exception | None]:
    """Do all of it at the same moment, each in a thread; what each raised."""
    barrier = threading.Barrier(len(actions))
    errors: list[Exception | None] = [None] * len(actions)

    def act(index: int) -> None:
        barrier.wait()
        try:
            actions[index]()
        except Exception as error:  # whatever it is, the test is to say it
            errors[index] = error

    threads = [threading.Thread(target=act, args=(index,)) for index in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def model(*items: Block) -> Model:
    return Model(Process("main", Seq(items)))


def branches(*bodies: Block) -> tuple[Branch, ...]:
    return tuple(Branch(Seq((body,)), Operation(Const(1), "<", Const(2))) for body in bodies)


ONE, TWO, THREE, LAST = Task("one"), Task("two"), Task("three"), Task("last")
JOINS = {
    "parallel": model(Split("join", "and", tuple(Branch(Seq((each,))) for each in (ONE, TWO, THREE))), LAST),
    "inclusive": model(Split("join", "or", (*branches(ONE, TWO, THREE), Branch(Seq()))), LAST),
    "in a sub-process": model(
        Sub("sub", Seq((Split("join", "and", tuple(Branch(Seq((each,))) for each in (ONE, TWO, THREE))),))), LAST
    ),
    "multi-instance": model(Multi(ONE, sequential=False, count=Const(3)), LAST),
    "completion condition": model(
        Multi(
            Sub("each", Seq((ONE,))),
            sequential=False,
            count=Const(4),
            until=Operation(Var("nrOfCompletedInstances"), ">=", Const(3)),
        ),
        LAST,
    ),
}


@pytest.mark.parametrize("name", JOINS)
def test_siblings_completed_at_once_join_once(engines: list[Engine], database: Database, name: str) -> None:
    engines[0].deployments.deploy(files(JOINS[name]))
    for _ in range(ROUNDS):
        root_id = engines[0].process_instances.start(key="main").id
        ready = Observation(database, root_id).ready()
        paths = sorted(ready, key=repr)[:3]
        actions = [partial(engine.tasks.complete, ready[path]) for engine, path in zip(engines, paths, strict=True)]
        assert at_once(actions) == [None, None, None]
        reference = Reference(JOINS[name])
        for path in paths:
            reference.step(path, {})
        assert disagreements(Observation(database, root_id), reference) == []
    assert engines[0].check() == []


def test_one_of_those_who_complete_a_task_wins(engines: list[Engine], database: Database) -> None:
    engines[0].deployments.deploy(files(model(ONE, LAST)))
    for _ in range(ROUNDS):
        root_id = engines[0].process_instances.start(key="main").id
        [task_id] = Observation(database, root_id).ready().values()
        actions = [partial(engine.tasks.complete, task_id, {f"by{who}": True}) for who, engine in enumerate(engines)]
        errors = at_once(actions)
        winner = errors.index(None)
        assert [type(error) for who, error in enumerate(errors) if who != winner] == [NotFound, NotFound]
        seen = Observation(database, root_id)
        assert [path[-1][0] for path in seen.ready()] == ["last"]
        assert seen.variables[root_id] == {f"by{winner}": True}


def test_one_of_those_who_claim_a_task_wins(engines: list[Engine], database: Database) -> None:
    engines[0].deployments.deploy(files(model(ONE)))
    for _ in range(ROUNDS):
        root_id = engines[0].process_instances.start(key="main").id
        [task_id] = Observation(database, root_id).ready().values()
        actions = [partial(engine.tasks.claim, task_id, f"user{who}") for who, engine in enumerate(engines)]
        errors = at_once(actions)
        winner = errors.index(None)
        assert [type(error) for who, error in enumerate(errors) if who != winner] == [Conflict, Conflict]
        [task] = Observation(database, root_id).tasks.values()
        assert task.assignee == f"user{winner}"


def test_deployments_at_once_get_versions_of_their_own(engines: list[Engine]) -> None:
    versions: list[int] = []

    def deploy(engine: Engine) -> None:
        result = engine.deployments.deploy(files(model(ONE)))
        versions.extend(definition.version for definition in result.process_definitions)

    for _ in range(5):
        assert at_once([partial(deploy, engine) for engine in engines]) == [None, None, None]
    assert sorted(versions) == list(range(1, 16))
