"""Elements whose state is more than one row, on both databases: it is written, read again, and seen from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine import Engine, executor
from tests.core.models import complex_gateway, data, process, sub, user

TasksOf = Callable[[int], list[int]]


@pytest.fixture(autouse=True, params=[False, True], ids=["whole", "in parts"])
def loading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees are loaded whole, and once more only as far as a step asks."""
    if request.param:
        monkeypatch.setattr(executor, "SMALL_TREE", 0)


def test_a_standard_loop_counts(engine: Engine, tasks_of: TasksOf) -> None:
    model = process("start > a > after", {"a": user().looping("${loopCounter < 2}")})
    engine.deployments.deploy({"p.bpmn": model})
    instance = engine.process_instances.start(key="p").id
    for index in range(2):
        (task,) = tasks_of(instance)
        assert engine.queries.variables_of(task) == {"loopCounter": index}
        body = engine.queries.activity_tree(instance).children[0]
        assert body.element_id == "a#standardLoopBody"
        assert engine.queries.local_variables_of(body.id) == {"loopCounter": index}
        engine.tasks.complete(task)
    (task,) = tasks_of(instance)
    assert engine.queries.tasks.get(task).element_id == "after"


def test_a_complex_gateway_remembers_what_it_has_taken(engine: Engine, tasks_of: TasksOf) -> None:
    flows = "start > fork > a > complex; fork > b > complex; fork > c > complex; complex > after"
    model = process(flows, {"complex": complex_gateway("${activationCount >= 2 || urgent}")})
    engine.deployments.deploy({"p.bpmn": model})

    def task(instance: int, element: str) -> int:
        return next(each for each in tasks_of(instance) if engine.queries.tasks.get(each).element_id == element)

    def here(instance: int) -> list[str]:
        return sorted(each.element_id for each in engine.queries.activity_tree(instance).children)

    first = engine.process_instances.start(key="p", variables={"urgent": False}).id
    engine.tasks.complete(task(first, "a"))
    assert here(first) == ["b", "c", "complex"]
    engine.tasks.complete(task(first, "b"))
    assert here(first) == ["after", "c", "complex"]
    engine.tasks.complete(task(first, "c"))
    assert here(first) == ["after"]

    second = engine.process_instances.start(key="p", variables={"urgent": False}).id
    engine.tasks.complete(task(second, "a"))
    engine.variables.set(second, {"urgent": True})
    assert here(second) == ["after", "b", "c", "complex"]


def test_data_objects_are_variables_of_their_scope(engine: Engine, tasks_of: TasksOf) -> None:
    inner = sub("start_in > a")
    inner = replace(inner, inner=data("d", "x", "xsd:long", "5000000000") + inner.inner)
    engine.deployments.deploy({"p.bpmn": process("start > s > after", {"s": inner})})
    instance = engine.process_instances.start(key="p").id
    (scope,) = engine.queries.activity_tree(instance).children
    assert engine.queries.local_variables_of(scope.id) == {"x": 5_000_000_000}
    (task,) = tasks_of(instance)
    engine.tasks.complete(task, {"x": 1})
    assert engine.queries.local_variables_of(instance) == {}
    (seen,) = engine.queries.historic_variables.list({"processInstanceId": str(instance)})
    assert (seen.name, seen.value) == ("x", 1)
