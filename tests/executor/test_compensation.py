"""Compensation in a database: what it costs, what outlives its scope, and what clients see of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from engine import Engine
from engine.core.commands.tasks import CompleteTask
from engine.core.unit_of_work import UnitOfWork
from engine.executor import HistoryLevel
from engine.services.queries import TreeNode
from tests.core.models import (
    CANCEL,
    boundary,
    compensate,
    end,
    event_sub,
    io,
    process,
    sub,
    throw,
    transaction,
    undone_by,
    user,
)

UNDO = {"isForCompensation": True}
HANDLED = {"at": undone_by("undo_a", "a"), "undo_a": user(io({"seen": "${item}"}), **UNDO)}
BOOKED = {
    "s": sub("start_in > a > end_in", HANDLED).times(collection="items", element="item"),
    "undo": throw(compensate()),
}
"""A sub-process for each item, in which `a` can be undone, and all is undone after `b`."""


@pytest.fixture
def booked(engine: Engine) -> Engine:
    engine.deployments.deploy({"p.bpmn": process("start > s > b > undo > c > end", BOOKED)})
    return engine


@pytest.fixture(autouse=True)
def _sound(engine: Engine) -> Iterator[None]:
    yield
    assert engine.check() == []


def tasks(engine: Engine, element: str) -> list[int]:
    found = engine.queries.tasks.list({"taskDefinitionKey": element}, limit=1000)
    return sorted(each.id for each in found)


def complete(engine: Engine, *elements: str) -> None:
    """Complete all tasks of an element, then those of the next, and look whether all is sound after each."""
    for element in elements:
        found = tasks(engine, element)
        assert found, element
        for each in found:
            engine.tasks.complete(each)
            assert engine.check() == []


def start(engine: Engine, items: int) -> int:
    return engine.process_instances.start(key="p", variables={"items": list(range(items))}).id


def seen(engine: Engine) -> list[object]:
    """What the called handlers see of their item, in the order in which they were called."""
    return [engine.queries.variables_of(each)["seen"] for each in tasks(engine, "undo_a")]


def test_completing_what_can_be_compensated_costs_the_same_among_many(
    booked: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, costs = UnitOfWork.load, {}
    for items in (10, 200):
        start(booked, items)
        first, second, *rest = tasks(booked, "a")
        booked.tasks.complete(first)
        loaded: list[object] = []

        def counted(uow: UnitOfWork, rows: object, loaded: list[object] = loaded) -> None:
            kept = list(rows)  # type: ignore[call-overload]
            loaded.extend(kept)
            load(uow, kept)

        with monkeypatch.context() as patched, booked.database.count_statements() as counter:
            patched.setattr(UnitOfWork, "load", counted)
            booked.tasks.complete(second)
        costs[items] = (counter.count, len(loaded))
        booked.executor.execute([CompleteTask(id=each) for each in rest])
        complete(booked, "b")
        booked.process_instances.delete(booked.queries.process_instances.list({})[0].id)
    assert costs[10] == costs[200]


def test_compensating_much_takes_as_many_statements_as_compensating_little(booked: Engine) -> None:
    costs = []
    for items in (20, 60):
        instance = start(booked, items)
        booked.executor.execute([CompleteTask(id=each) for each in tasks(booked, "a")])
        with booked.database.count_statements() as counter:
            booked.tasks.complete(*tasks(booked, "b"))
        costs.append(counter.count)
        assert seen(booked) == list(reversed(range(items)))
        with booked.database.count_statements() as counter:
            booked.process_instances.delete(instance)
        costs.append(counter.count)
    assert costs[:2] == costs[2:]


def test_what_was_done_in_a_batch_is_compensated_in_the_same_batch(booked: Engine) -> None:
    instance = start(booked, 12)
    batch = tasks(booked, "a")
    (beside,) = [booked.process_instances.start(key="p", variables={"items": [7]}).id]
    (other,) = [each for each in tasks(booked, "a") if each not in batch]
    outcomes = booked.executor.execute([CompleteTask(id=each) for each in (*batch, other)])
    assert [each.error for each in outcomes] == [None] * 13
    complete(booked, "b")
    assert sorted(map(str, seen(booked))) == sorted(map(str, [*range(12), 7]))
    complete(booked, "undo_a", "c")
    for each in (instance, beside):
        assert booked.queries.historic_process_instances.get(each).ended_at is not None


@pytest.mark.parametrize("level", [HistoryLevel.ACTIVITY, HistoryLevel.NONE])
def test_handlers_see_variables_of_completed_scopes_without_history(database_url: str, level: HistoryLevel) -> None:
    with closing(Engine.open(database_url, history_level=level)) as little:
        little.deployments.deploy({"p.bpmn": process("start > s > b > undo > c > end", BOOKED)})
        start(little, 2)
        complete(little, "a", "b")
        assert seen(little) == [1, 0]
        complete(little, "undo_a", "c")
        assert little.queries.historic_variables.list({}) == []


def test_the_tree_and_the_history_show_handlers_where_they_are_drawn(engine: Engine) -> None:
    by = event_sub("on > again > end_by", compensate(), {"again": throw(compensate("a"))})
    inner = {"by": by, "at": undone_by("undo_a", "a"), "undo_a": user(**UNDO)}
    parts = {"s": sub("start_in > a > end_in", inner), "undo": throw(compensate())}
    engine.deployments.deploy({"p.bpmn": process("start > s > undo > end", parts)})
    instance = engine.process_instances.start(key="p").id
    complete(engine, "a")

    def shown(nodes: list[TreeNode]) -> dict[str, object]:
        return {node.element_id: shown(node.children) for node in nodes}

    tree = engine.queries.activity_tree(instance)
    assert shown(tree.children) == {"undo": {}, "s": {"by": {"again": {}}, "undo_a": {}}}
    (stand_in,) = [node for node in tree.children if node.element_id == "s"]
    history = engine.queries.historic_element_instances.list({"processInstanceId": instance})
    assert [each.element_id for each in history].count("s") == 1
    parents = {each.element_id: (each.scope_id, each.scope_element_id) for each in history}
    assert parents["undo_a"] == parents["by"] == (stand_in.id, "s")
    assert parents["undo"] == (instance, None)


def test_executions_of_an_event_that_compensates(engine: Engine) -> None:
    parts = {"undo": end(compensate()), "at": undone_by("undo_a", "a"), "undo_a": user(**UNDO)}
    engine.deployments.deploy({"p.bpmn": process("start > a > undo", parts)})
    instance = engine.process_instances.start(key="p").id
    complete(engine, "a")
    tree = engine.queries.activity_tree(instance)
    executions = {each.id for each in engine.queries.executions.list({"processInstanceId": instance})}
    assert executions == {instance, *(node.execution_id for node in tree.children)}
    assert len(executions) == 3


def test_subscriptions_are_seen_until_they_are_used(booked: Engine) -> None:
    def waiting() -> list[str]:
        found = booked.queries.event_subscriptions.list({"eventType": "compensate"})
        return sorted(each.element_id for each in found)

    start(booked, 2)
    complete(booked, "a")
    assert waiting() == ["s", "s", "s#multiInstanceBody", "undo_a", "undo_a"]
    complete(booked, "b")
    assert waiting() == []


def test_what_could_be_compensated_ends_with_all_that_belongs_to_it(engine: Engine) -> None:
    parts = {
        "t": transaction("start_out > s > d > end_bad", {"s": BOOKED["s"], "end_bad": end(CANCEL)}),
        "out": boundary("t", CANCEL),
    }
    engine.deployments.deploy({"p.bpmn": process("start > t > end; out > c > end2", parts)})
    start(engine, 2)
    complete(engine, "a")
    local = engine.queries.variable_instances.list({"variableName": "item"})
    assert sorted(each.value for each in local) == [0, 1]
    complete(engine, "d")
    complete(engine, "undo_a")
    assert engine.queries.variable_instances.list({"variableName": "item"}) == []
    complete(engine, "c")
