"""Lists of what the instances of loops give: written row by row, and put together by whoever reads them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import Engine, ForkPlan, HistoryLevel
from engine.core.commands.modification import StartBefore
from engine.store.transaction import WriteTransaction
from engine.values import JsonValue
from tests.executor.clock import Clock

MODEL = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="tests"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
    modeler:executionPlatform="Camunda Cloud">
  <process id="p" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="a"/>
    <userTask id="a">
      <multiInstanceLoopCharacteristics><extensionElements>
        <zeebe:loopCharacteristics inputCollection="= items" inputElement="item" outputCollection="results"
          outputElement="= {n: item, r: r}"/>
      </extensionElements></multiInstanceLoopCharacteristics>
    </userTask>
    <sequenceFlow id="f2" sourceRef="a" targetRef="b"/><userTask id="b"/>
  </process>
</definitions>"""


def deploy(engine: Engine, model: str = MODEL) -> None:
    engine.deployments.deploy({"p.bpmn": model.encode()})


def start(engine: Engine, n: int) -> int:
    return engine.process_instances.start(key="p", variables={"items": JsonValue.of(list(range(n)))}).id


def tasks(engine: Engine, instance: int) -> list[int]:
    found = engine.queries.tasks.list({"processInstanceId": str(instance)}, limit=10_000)
    return sorted(each.id for each in found)


def shown(engine: Engine, instance: int) -> list[Any]:
    """The list as everybody is shown it, who is shown the same."""
    (view,) = engine.queries.variable_instances.list({"variableName": "results"})
    (past,) = engine.queries.historic_variables.list({"variableName": "results", "processInstanceId": str(instance)})
    (task, *_) = tasks(engine, instance)
    body = view.element_instance_id or 0
    found = [
        view.value,
        past.value,
        engine.queries.variable_instances.get(view.id).value,
        engine.queries.variables_of(task)["results"],
        engine.queries.local_variables_of(body)["results"],
        engine.queries.variables_of_elements([body])[body]["results"],
    ]
    assert isinstance(view.value, JsonValue)
    assert found == [view.value] * len(found)
    return list(view.value.node)


def test_a_list_is_seen_while_it_grows(engine: Engine, database_url: str) -> None:
    deploy(engine)
    instance = start(engine, 3)
    assert shown(engine, instance) == [None, None, None]
    first, second, third = tasks(engine, instance)
    engine.tasks.complete(third, variables={"r": "c"})
    assert shown(engine, instance) == [None, None, {"n": 2, "r": "c"}]
    again = Engine.open(database_url)  # whoever crashes has lost nothing
    again.tasks.complete(first, variables={"r": "a"})
    again.close()
    assert shown(engine, instance) == [{"n": 0, "r": "a"}, None, {"n": 2, "r": "c"}]
    engine.tasks.complete(second, variables={"r": "b"})
    whole = [{"n": 0, "r": "a"}, {"n": 1, "r": "b"}, {"n": 2, "r": "c"}]
    found = engine.queries.historic_variables.list({"variableName": "results"})
    assert [each.value.node for each in found if isinstance(each.value, JsonValue)] == [whole, whole]
    assert engine.queries.local_variables_of(instance)["results"] == JsonValue.of(whole)
    assert engine.check() == []


def test_what_somebody_writes_counts_more_than_what_was_given_before(engine: Engine) -> None:
    deploy(engine)
    instance = start(engine, 3)
    first, second, third = tasks(engine, instance)
    engine.tasks.complete(first, variables={"r": "a"})
    (view,) = engine.queries.variable_instances.list({"variableName": "results"})
    engine.variables.set(view.element_instance_id or 0, {"results": JsonValue("[7]")}, local=True)
    assert shown(engine, instance) == [7]
    engine.tasks.complete(third, variables={"r": "c"})
    assert shown(engine, instance) == [7, None, {"n": 2, "r": "c"}]
    engine.tasks.complete(second, variables={"r": "b"})
    results = engine.queries.local_variables_of(instance)["results"]
    assert results == JsonValue.of([7, {"n": 1, "r": "b"}, {"n": 2, "r": "c"}])


def test_what_compensates_a_loop_finds_the_whole_list_with_its_variables(engine: Engine) -> None:
    handler = (
        '<boundaryEvent id="at" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>'
        '<userTask id="undo" isForCompensation="true"/>'
        '<association id="as" associationDirection="One" sourceRef="at" targetRef="undo"/></process>'
    )
    deploy(engine, MODEL.replace("</process>", handler))
    instance = start(engine, 1)
    engine.tasks.complete(tasks(engine, instance)[0], variables={"r": "a"})
    with engine.database.read() as tx:
        kept = tx.run("SELECT text_value FROM variable WHERE name = 'results'", ()).fetchall()
    assert [JsonValue(text) for (text,) in kept] == [JsonValue.of([{"n": 0, "r": "a"}])] * 2


def test_what_was_given_before_an_end_is_history(engine: Engine) -> None:
    deploy(engine)
    instance = start(engine, 2)
    engine.tasks.complete(tasks(engine, instance)[0], variables={"r": "a"})
    engine.process_instances.delete(instance)
    (past,) = engine.queries.historic_variables.list({"variableName": "results"})
    assert past.value == JsonValue.of([{"n": 0, "r": "a"}, None])
    engine.process_instances.delete_history(instance)
    with engine.database.read() as tx:
        assert tx.run("SELECT count(*) FROM loop_output", ()).fetchall()[0][0] == 0


def test_an_instance_that_moves_to_another_version_takes_it_along(engine: Engine) -> None:
    deploy(engine)
    instance = start(engine, 2)
    engine.tasks.complete(tasks(engine, instance)[0], variables={"r": "a"})
    deploy(engine, MODEL.replace('id="b"/>', 'id="b" name="later"/>'))
    old, new = engine.queries.process_definitions.list({"key": "p"})
    plan = engine.migrations.generate(old.id, new.id)
    engine.migrations.execute(plan, [instance])
    assert shown(engine, instance) == [{"n": 0, "r": "a"}, None]
    engine.tasks.complete(tasks(engine, instance)[0], variables={"r": "b"})
    assert engine.queries.local_variables_of(instance)["results"] == JsonValue.of(
        [{"n": 0, "r": "a"}, {"n": 1, "r": "b"}]
    )


def test_a_loop_that_is_begun_in_the_midst_collects_too(engine: Engine) -> None:
    deploy(engine)
    begun = engine.process_instances.start(key="p", instructions=[StartBefore(element_id="a", local={"item": 9})]).id
    engine.tasks.complete(tasks(engine, begun)[0], variables={"r": "a"})
    assert engine.queries.local_variables_of(begun)["results"] == JsonValue.of([{"n": 9, "r": "a"}])


def test_an_instance_that_is_added_has_a_place_of_its_own(engine: Engine) -> None:
    deploy(engine)
    instance = start(engine, 1)
    engine.process_instances.modify(instance, [StartBefore(element_id="a", local={"item": 9})])
    for r in "ab":
        engine.tasks.complete(tasks(engine, instance)[0], variables={"r": r})
    found = engine.queries.local_variables_of(instance)["results"]
    assert isinstance(found, JsonValue)
    assert [each["r"] for each in found.node] == ["a", "b"]


def sizes(engine: Engine, n: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """Statements, rows and characters that completing one of `n` costs, when half of the others are done."""
    instance = start(engine, n)
    done, last = tasks(engine, instance)[: n // 2], tasks(engine, instance)[-1]
    for task in done:
        engine.tasks.complete(task, variables={"r": "x"})
    written: list[Any] = []
    write = WriteTransaction.write
    with monkeypatch.context() as patched, engine.database.count_statements() as counter:
        patched.setattr(WriteTransaction, "write", lambda tx, changes: (written.append(changes), write(tx, changes)))
        engine.tasks.complete(last, variables={"r": "x"})
    (changes,) = written
    rows = [row for kinds in (changes.inserted, changes.updated) for found in kinds.values() for row in found]
    return counter.count, len(rows), sum(len(repr(row)) for row in rows)


def test_what_one_gives_costs_the_same_however_many_there_are(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(engine)
    few, many = (sizes(engine, n, monkeypatch) for n in (60, 240))
    assert many[:2] == few[:2]
    assert abs(many[2] - few[2]) < 100, "the number of an instance and ids may be longer"


def then(clock: Clock) -> datetime:
    """A minute later."""
    clock.pass_time(timedelta(minutes=1))
    return clock.now


def test_what_was_given_until_a_moment_is_seen_there_and_begins_a_fork(database_url: str, clock: Clock) -> None:
    engine = Engine.open(database_url, clock=clock)
    engine.upgrade()
    deploy(engine)
    instance = start(engine, 3)
    first, second, third = tasks(engine, instance)
    began, one_done = clock.now, then(clock)
    engine.tasks.complete(first, variables={"r": "a"})
    two_done = then(clock)
    engine.tasks.complete(third, variables={"r": "c"})
    seen = []
    for at in (began, one_done, two_done):
        (found,) = (each for each in engine.queries.past(instance, at).variables if each.name == "results")
        seen.append((found.change, *(each and (each.value, each.since) for each in (found.before, found.now))))
    a, c = {"n": 0, "r": "a"}, {"n": 2, "r": "c"}
    none, some, more = (JsonValue.of(each) for each in ([None, None, None], [a, None, None], [a, None, c]))
    assert seen == [
        ("added", None, (none, began)),
        ("changed", (none, began), (some, one_done)),
        ("changed", (some, one_done), (more, two_done)),
    ]
    definition = engine.queries.process_definitions.list()[0].id
    fork = engine.forks.execute(ForkPlan(instance_id=instance, at=one_done, definition_id=definition))
    for task, given in zip(tasks(engine, fork), ("b", "d"), strict=True):
        engine.tasks.complete(task, variables={"r": given})
    results = JsonValue.of([a, {"n": 1, "r": "b"}, {"n": 2, "r": "d"}])
    assert engine.queries.local_variables_of(fork)["results"] == results
    assert engine.check() == []
    engine.tasks.complete(second)
    engine.close()


def test_without_history_of_variables_nothing_is_left_of_what_was_given(database_url: str) -> None:
    engine = Engine.open(database_url, history_level=HistoryLevel.ACTIVITY)
    engine.upgrade()
    deploy(engine)
    instance = start(engine, 2)
    for task in tasks(engine, instance):
        engine.tasks.complete(task, variables={"r": "a"})
    assert engine.queries.local_variables_of(instance)["results"] == JsonValue.of(
        [{"n": 0, "r": "a"}, {"n": 1, "r": "a"}]
    )
    with engine.database.read() as tx:
        assert tx.run("SELECT count(*) FROM loop_output", ()).fetchall()[0][0] == 0
    engine.close()
