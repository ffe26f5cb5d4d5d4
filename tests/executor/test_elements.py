"""Elements whose state is more than one row, on both databases: it is written, read again, and seen from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine import Activation, Conflict, Engine, executor
from tests.core.models import ad_hoc, complex_gateway, data, process, sub, user

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


def test_an_ad_hoc_sub_process_remembers_what_is_to_follow(engine: Engine, tasks_of: TasksOf) -> None:
    def deploy(**options: Any) -> int:
        inner = ad_hoc("a > b; c", begins="todo", output=("results", "${mine}"), **options)
        engine.deployments.deploy({"p.bpmn": process("start > h > after", {"h": inner})})
        started = engine.process_instances.start(key="p", variables={"todo": ["a", "c"], "done": False, "mine": 0})
        return started.id

    def here(instance: int) -> list[str | None]:
        return [engine.queries.tasks.get(each).element_id for each in tasks_of(instance)]

    def complete(instance: int, **variables: object) -> None:
        engine.tasks.complete(tasks_of(instance)[0], variables)

    ordered = deploy(sequential=True)
    assert here(ordered) == ["a"]
    (found,) = engine.ad_hoc.active(ordered)
    assert (found.activated, found.activatable) == (("a",), ())
    complete(ordered)
    complete(ordered, mine=1)
    assert here(ordered) == ["c"]
    complete(ordered, mine=2)
    assert engine.queries.variables_of(ordered)["results"].node == [1, 2]
    assert here(ordered) == ["after"]

    kept = deploy(until="${done}", keeps=True)
    complete(kept, done=True)
    assert here(kept) == ["c", "b"]
    (found,) = engine.ad_hoc.active(kept)
    with pytest.raises(Conflict, match="only waits for what still runs"):
        engine.ad_hoc.activate(found.id, [Activation("c")])
    complete(kept, done=False)
    complete(kept)
    assert here(kept) == ["after"]

    told = deploy(until="${done}")
    (found,) = engine.ad_hoc.active(told)
    assert [each.element_id for each in found.activatable] == ["a", "c"]
    engine.ad_hoc.activate(found.id, [Activation("c", {"mine": 7})], cancel_remaining=True)
    assert here(told) == ["c"]
    complete(told, done=True)
    assert engine.queries.variables_of(told)["results"].node == [7]


def test_an_ad_hoc_sub_process_that_waits_is_counted_as_an_element(engine: Engine) -> None:
    engine.deployments.deploy({"p.bpmn": process("start > h > after", {"h": ad_hoc("a")})})
    started = engine.process_instances.start(key="p")
    assert [(each.key, each.instances) for each in engine.queries.count_by_element(started.definition_id)] == [("h", 1)]
    (found,) = engine.ad_hoc.active(started.id)
    engine.ad_hoc.activate(found.id, [Activation("a")])
    assert [each.key for each in engine.queries.count_by_element(started.definition_id)] == ["a"]
