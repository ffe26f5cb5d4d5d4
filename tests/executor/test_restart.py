"""Ended instances that are restarted, and instances that are modified together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import Engine
from engine.core.commands.modification import Cancel, StartBefore
from engine.errors import BadRequest, Conflict, InvalidInstruction, NotFound, Suspended
from engine.services.modification import ModificationPlan
from engine.services.restart import RestartPlan
from tests.executor.models import FORK, model

TasksOf = Callable[[int], list[int]]

BODY = FORK.replace('<userTask id="a"/>', '<userTask id="a"/><serviceTask id="e" camunda:expression="${1}"/>')


@pytest.fixture
def definition(engine: Engine) -> int:
    """The id of the definition."""
    engine.deployments.deploy(model(BODY))
    return engine.queries.latest_definition("p").id


@pytest.fixture
def ended(engine: Engine, definition: int, tasks_of: TasksOf) -> int:
    """An instance that has been deleted, with variables of all kinds."""
    id = engine.process_instances.start(key="p", business_key="B", variables={"x": 1, "gone": 1, "again": 1}).id
    task = tasks_of(id)[0]
    engine.variables.set(id, {"x": 2, "new": "n"}, ["gone", "again"])
    engine.variables.set(id, {"again": 2})
    engine.variables.set(task, {"own": 1}, local=True)
    engine.process_instances.delete(id)
    return id


def plan(definition: int, **options: object) -> RestartPlan:
    return RestartPlan(definition_id=definition, instructions=(StartBefore(element_id="b"),), **options)  # type: ignore[arg-type]


def open_tasks(engine: Engine, instance: int) -> list[str | None]:
    found = engine.queries.tasks.list({"processInstanceId": str(instance)})
    return sorted(each.element_id or "" for each in found)


def test_instance_gets_what_the_ended_one_had_in_the_end(engine: Engine, definition: int, ended: int) -> None:
    (id,) = engine.restarts.execute(plan(definition), [ended, ended])
    assert engine.queries.variables_of(id) == {"x": 2, "new": "n", "again": 2}
    found = engine.queries.historic_process_instances.get(id)
    assert (found.business_key, found.restarted_id, found.start_element_id) == ("B", ended, "b")
    assert open_tasks(engine, id) == ["b"]
    assert engine.check() == []


def test_instance_gets_what_the_ended_one_began_with(engine: Engine, definition: int, ended: int) -> None:
    (id,) = engine.restarts.execute(plan(definition, initial_variables=True, without_business_key=True), [ended])
    assert engine.queries.variables_of(id) == {"x": 1, "gone": 1, "again": 1}
    assert engine.queries.process_instances.get(id).business_key is None


def test_variables_of_the_first_step_are_no_initial_ones(engine: Engine) -> None:
    body = (
        '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="e"/>'
        '<serviceTask id="e" camunda:expression="${1}" camunda:resultVariable="made"/>'
        '<sequenceFlow id="f2" sourceRef="e" targetRef="b"/><userTask id="b"/>'
    )
    engine.deployments.deploy(model(body))
    started = engine.process_instances.start(key="p", variables={"x": 1})
    engine.process_instances.delete(started.id)
    first, last = plan(started.definition_id, initial_variables=True), plan(started.definition_id)
    assert engine.queries.variables_of(engine.restarts.execute(first, [started.id])[0]) == {"x": 1}
    assert engine.queries.variables_of(engine.restarts.execute(last, [started.id])[0]) == {"x": 1, "made": 1}


def test_all_are_restarted_or_none(engine: Engine, definition: int, ended: int) -> None:
    running = engine.process_instances.start(key="p").id
    before = engine.queries.process_instances.count()
    engine.deployments.deploy(model(BODY.replace('id="b"', 'id="b" name="B"')))
    other = engine.queries.latest_definition("p").id
    wrong = RestartPlan(definition_id=definition, instructions=(StartBefore(element_id="none"),))
    for bad, ids, error in (
        (plan(definition), [ended, running], Conflict),
        (plan(definition), [ended, 1], NotFound),
        (plan(definition), [], BadRequest),
        (RestartPlan(definition_id=definition, instructions=()), [ended], BadRequest),
        (plan(other), [ended], Conflict),
        (plan(other + 1000), [ended], NotFound),
        (wrong, [ended], InvalidInstruction),
    ):
        with pytest.raises(error):
            engine.restarts.execute(bad, ids)
    engine.process_definitions.set_suspended(True, definition_id=definition)
    with pytest.raises(Suspended):
        engine.restarts.execute(plan(definition), [ended])
    assert engine.queries.process_instances.count() == before


def test_all_are_modified_or_none(engine: Engine, definition: int, ended: int) -> None:
    instances = [engine.process_instances.start(key="p").id for _ in range(2)]
    move = ModificationPlan(
        definition_id=definition, instructions=(Cancel(element_id="a"), StartBefore(element_id="b"))
    )
    with pytest.raises(NotFound):
        engine.modifications.execute(move, [*instances, ended])
    engine.process_instances.set_suspended(instances[1], True)
    with pytest.raises(Suspended):
        engine.modifications.execute(move, instances)
    assert [open_tasks(engine, each) for each in instances] == [["a", "b"], ["a", "b"]]
    engine.process_instances.set_suspended(instances[1], False)
    engine.modifications.execute(move, instances)
    assert [open_tasks(engine, each) for each in instances] == [["b", "b"], ["b", "b"]]
    assert engine.check() == []


def test_what_makes_no_sense_is_not_done(engine: Engine, definition: int) -> None:
    instance = engine.process_instances.start(key="p").id
    start = (StartBefore(element_id="b"),)
    with pytest.raises(BadRequest):
        engine.modifications.execute(ModificationPlan(definition_id=definition, instructions=()), [instance])
    with pytest.raises(BadRequest):
        engine.modifications.execute(ModificationPlan(definition_id=definition, instructions=start), [])
    with pytest.raises(NotFound):
        engine.modifications.execute(ModificationPlan(definition_id=99_999, instructions=start), [instance])
    engine.deployments.deploy(model(BODY.replace('id="b"', 'id="b" name="B"')))
    newer = engine.queries.latest_definition("p").id
    with pytest.raises(Conflict):
        engine.modifications.execute(ModificationPlan(definition_id=newer, instructions=start), [instance])
