"""Batches of commands: each as a whole or not at all, none at the cost of another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

import pytest

from engine import Conflict, Engine, NoFlowSelected, NotFound
from engine.core.commands.instances import DeleteInstance, StartInstance
from engine.core.commands.tasks import ClaimTask, CompleteTask
from engine.core.commands.variables import SetVariables
from engine.core.state import ProcessInstance
from engine.errors import ExecutionFailed
from engine.store.transaction import WriteTransaction
from engine.values import InvalidValue
from tests.executor.models import FAILING, FORK, MANY, ONE_TASK, model

TasksOf = Callable[[int], list[int]]


def test_a_command_that_fails_is_undone_and_leaves_the_others_alone(engine: Engine, tasks_of: TasksOf) -> None:
    engine.deployments.deploy(model(FAILING))
    good, bad = (engine.process_instances.start(key="p").id for _ in range(2))
    (good_task,), (bad_task,) = tasks_of(good), tasks_of(bad)
    outcomes = engine.executor.execute(
        [
            CompleteTask(id=bad_task, variables={"ok": False, "lost": 1}),
            CompleteTask(id=good_task, variables={"ok": True}),
        ]
    )
    assert isinstance(outcomes[0].error, NoFlowSelected)
    assert outcomes[1].error is None
    assert tasks_of(bad) == [bad_task]
    assert engine.queries.variables_of(bad) == {}
    assert engine.queries.historic_process_instances.get(good).ended_at is not None
    assert engine.check() == []


def test_commands_on_one_instance_keep_their_order(engine: Engine, tasks_of: TasksOf) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    instance = engine.process_instances.start(key="p").id
    (task,) = tasks_of(instance)
    outcomes = engine.executor.execute(
        [
            SetVariables(scope_id=instance, changes={"x": 1}),
            ClaimTask(id=task, assignee="ada"),
            ClaimTask(id=task, assignee="bob"),
            SetVariables(scope_id=instance, changes={"x": 2}),
            CompleteTask(id=task),
            CompleteTask(id=task),
        ]
    )
    assert [type(outcome.error) for outcome in outcomes] == [type(None)] * 2 + [Conflict] + [type(None)] * 2 + [
        NotFound
    ]
    (value,) = engine.queries.historic_variables.list({"variableName": "x"})
    assert value.value == 2
    assert engine.queries.historic_tasks.get(task).assignee == "ada"


def test_a_value_that_cannot_be_kept_fails_its_command_only(engine: Engine) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    outcomes = engine.executor.execute(
        [
            StartInstance(key="p", variables={"bad": float("nan")}),
            StartInstance(key="p", business_key="nul \x00 inside"),
            StartInstance(key="p", business_key="fine"),
        ]
    )
    assert isinstance(outcomes[0].error, InvalidValue)
    assert outcomes[1].error is not None
    assert [each.business_key for each in engine.queries.process_instances.list()] == ["fine"]


def test_more_rows_than_ids_in_hand_are_no_problem(engine: Engine) -> None:
    engine.deployments.deploy(model(MANY))
    instance = engine.process_instances.start(key="p", variables={"n": 5_000}).id
    assert engine.queries.tasks.count() == 5_000
    engine.process_instances.delete(instance, reason="enough")
    assert engine.queries.tasks.count() == 0
    assert engine.check() == []


def test_what_is_not_there_is_not_found(engine: Engine, tasks_of: TasksOf) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    instance = engine.process_instances.start(key="p").id
    (task,) = tasks_of(instance)
    engine.process_instances.delete(instance)
    for command in (CompleteTask(id=task), DeleteInstance(id=instance), SetVariables(scope_id=1)):
        with pytest.raises(NotFound):
            engine.queue.execute(command)
    with pytest.raises(NotFound, match="nowhere"):
        engine.process_instances.start(key="nowhere")


def test_a_mistaken_command_keeps_its_error(engine: Engine) -> None:
    engine.deployments.deploy(model(MANY))
    with pytest.raises(ExecutionFailed, match="'n'"):
        engine.process_instances.start(key="p")
    assert engine.queries.historic_process_instances.count() == 0


@pytest.mark.parametrize("callers", [2, 8])
def test_concurrent_completions_fire_each_join_once(engine: Engine, tasks_of: TasksOf, callers: int) -> None:
    engine.deployments.deploy(model(FORK))
    instances = [engine.process_instances.start(key="p").id for _ in range(20)]
    tasks = [task for instance in instances for task in tasks_of(instance)]
    problems: list[Exception] = []

    def complete(mine: list[int]) -> None:
        for task in mine:
            try:
                engine.tasks.complete(task)
            except Exception as problem:
                problems.append(problem)

    threads = [threading.Thread(target=complete, args=(tasks[number::callers],)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    visited = [each.element_id for each in engine.queries.historic_element_instances.list()]
    assert (visited.count("join"), visited.count("end")) == (40, 20)
    assert engine.queries.process_instances.count() == 0
    assert engine.check() == []


def test_of_many_who_complete_a_task_at_once_one_does(engine: Engine, tasks_of: TasksOf) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    (task,) = tasks_of(engine.process_instances.start(key="p").id)
    outcomes: list[object] = []

    def complete(number: int) -> None:
        try:
            engine.tasks.complete(task, {"winner": number})
            outcomes.append(number)
        except NotFound as problem:
            outcomes.append(problem)

    threads = [threading.Thread(target=complete, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, int)]
    (variable,) = engine.queries.historic_variables.list({"variableName": "winner"})
    assert variable.value == winner


def test_statements_that_somebody_deallocates_are_prepared_anew(
    engine: Engine, tasks_of: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    engine.process_instances.start(key="p")
    lock_roots = WriteTransaction.lock_roots
    lost = []

    def deallocating(tx: WriteTransaction, root_ids: Collection[int]) -> list[ProcessInstance]:
        if not lost and tx.dialect == "postgresql":
            lost.append(tx)
            tx.run("DEALLOCATE ALL", ())
        return lock_roots(tx, root_ids)

    monkeypatch.setattr(WriteTransaction, "lock_roots", deallocating)
    instance = engine.process_instances.start(key="p").id
    (task,) = tasks_of(instance)
    engine.tasks.complete(task)
    assert engine.queries.process_instances.find(instance) is None
    assert engine.check() == []
