"""How many statements commands cost: by the tables they touch, never by how many rows or commands there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import Engine
from engine.core.commands.instances import StartInstance
from engine.core.commands.tasks import CompleteTask
from engine.executor import Executor
from tests.executor.models import FORK, MANY, ONE_TASK, model

TasksOf = Callable[[int], list[int]]

BATCH_CONSTANT = 4
"""What a batch may cost beyond a single command: rows that only some of its commands need (docs/architecture.md)."""


@pytest.fixture
def executor(engine: Engine) -> Executor:
    return engine.executor


def test_starting_costs_at_most_eight_statements(engine: Engine) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    engine.process_instances.start(key="p")
    with engine.database.count_statements() as counter:
        engine.process_instances.start(key="p", variables={"a": 1, "b": "two"})
    assert counter.count <= 8, counter.log


def test_completing_to_the_end_costs_at_most_thirteen_statements(engine: Engine, tasks_of: TasksOf) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    instance = engine.process_instances.start(key="p", variables={"a": 1})
    (task,) = tasks_of(instance.id)
    with engine.database.count_statements() as counter:
        engine.tasks.complete(task)
    assert counter.count <= 13, counter.log
    assert engine.queries.historic_process_instances.get(instance.id).ended_at is not None


@pytest.mark.parametrize("body", [ONE_TASK, FORK], ids=["one task", "fork and join"])
def test_fifty_commands_cost_no_more_statements_than_one(
    engine: Engine, executor: Executor, tasks_of: TasksOf, body: str
) -> None:
    engine.deployments.deploy(model(body))
    executor.execute([StartInstance(key="p")])
    with engine.database.count_statements() as one:
        executor.execute([StartInstance(key="p", variables={"a": 1})])
    with engine.database.count_statements() as fifty:
        outcomes = executor.execute([StartInstance(key="p", variables={"a": 1}) for _ in range(50)])
    assert fifty.count <= one.count + BATCH_CONSTANT, fifty.log

    instances = [outcome.get().id for outcome in outcomes]
    tasks = [tasks_of(instance)[0] for instance in instances]
    with engine.database.count_statements() as one:
        executor.execute([CompleteTask(id=tasks[0], variables={"b": 2})])
    with engine.database.count_statements() as fifty:
        completed = executor.execute([CompleteTask(id=task, variables={"b": 2}) for task in tasks[1:]])
    assert [outcome.error for outcome in completed] == [None] * 49
    assert fifty.count <= one.count + BATCH_CONSTANT, fifty.log


def test_both_tasks_of_a_fork_in_one_batch_fire_the_join_once(
    engine: Engine, executor: Executor, tasks_of: TasksOf
) -> None:
    engine.deployments.deploy(model(FORK))
    instance = engine.process_instances.start(key="p")
    outcomes = executor.execute([CompleteTask(id=task) for task in tasks_of(instance.id)])
    assert [outcome.error for outcome in outcomes] == [None, None]
    visited = [each.element_id for each in engine.queries.historic_element_instances.list()]
    assert (visited.count("join"), visited.count("end")) == (2, 1)
    assert engine.check() == []


def test_one_of_two_thousand_costs_what_one_of_ten_does(
    engine: Engine, tasks_of: TasksOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.deployments.deploy(model(MANY))
    costs = {}
    for n in (10, 2_000):
        instance = engine.process_instances.start(key="p", variables={"n": n})
        first, second, *_ = tasks_of(instance.id)
        engine.tasks.complete(first)
        loaded: list[int] = []
        with monkeypatch.context() as patched, engine.database.count_statements() as counter:
            patched.setattr("engine.core.unit_of_work.UnitOfWork.load", counting(loaded))
            engine.tasks.complete(second)
        costs[n] = (counter.count, sum(loaded))
    assert costs[10][0] == costs[2_000][0]
    assert costs[2_000][1] <= costs[10][1] * 1.2
    assert costs[2_000][1] < 20


def counting(loaded: list[int]) -> Callable[..., None]:
    """A `UnitOfWork.load` that notes how many rows it loads."""
    from engine.core.unit_of_work import UnitOfWork

    load = UnitOfWork.load

    def counted(self: UnitOfWork, rows: object) -> None:
        kept = list(rows)  # type: ignore[call-overload]
        loaded.append(len(kept))
        load(self, kept)

    return counted
