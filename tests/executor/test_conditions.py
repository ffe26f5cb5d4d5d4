"""Conditional events on real databases: what asking them costs, and that others do not pay for them."""

from __future__ import annotations

import pytest

from engine import Conflict, Engine, NotFound
from engine.core.commands.variables import SetVariables
from tests.executor.models import MANY, ONE_TASK, model
from tests.executor.test_statements import counting

X1 = (
    '<conditionalEventDefinition camunda:variableName="x"><condition>${x == 1}</condition></conditionalEventDefinition>'
)
WATCHED = (
    f'<boundaryEvent id="c" attachedToRef="inner" cancelActivity="false">{X1}</boundaryEvent>'
    '<sequenceFlow id="f3" sourceRef="c" targetRef="more"/><userTask id="more"/>'
)
EACH_WATCHED = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="s"/><subProcess id="s">'
    "<multiInstanceLoopCharacteristics><loopCardinality>${n}</loopCardinality></multiInstanceLoopCharacteristics>"
    '<startEvent id="in"/><sequenceFlow id="f2" sourceRef="in" targetRef="inner"/><userTask id="inner"/>'
    f"{WATCHED}</subProcess>"
)
STARTS = (
    '<startEvent id="start">%s</startEvent><sequenceFlow id="f1" sourceRef="start" targetRef="a"/><userTask id="a"/>'
)


def test_who_has_no_conditional_events_does_not_pay_for_them(engine: Engine) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    instance = engine.process_instances.start(key="p")
    engine.variables.set(instance.id, {"x": 0})
    with engine.database.count_statements() as counter:
        engine.variables.set(instance.id, {"x": 1})
    assert not any("subscription" in statement for statement in counter.log), counter.log


def test_asking_a_thousand_costs_as_many_statements_as_asking_ten(engine: Engine) -> None:
    engine.deployments.deploy(model(EACH_WATCHED))
    costs = []
    for n in (10, 1_000):
        instance = engine.process_instances.start(key="p", variables={"n": n})
        with engine.database.count_statements() as counter:
            engine.variables.set(instance.id, {"x": 2})
        costs.append(counter.count)
    assert costs[0] == costs[1], counter.log
    engine.variables.set(instance.id, {"x": 1})
    assert sum(each.element_id == "more" for each in engine.queries.tasks.list({})) == 1_000
    assert engine.check() == []


def test_change_that_no_condition_is_about_asks_nobody(engine: Engine) -> None:
    engine.deployments.deploy(model(EACH_WATCHED))
    instance = engine.process_instances.start(key="p", variables={"n": 10})
    with engine.database.count_statements() as counter:
        engine.variables.set(instance.id, {"y": 1})
    assert not any("FROM subscription" in statement for statement in counter.log), counter.log


def test_local_change_in_one_of_a_thousand_asks_that_one_only(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.deployments.deploy(model(EACH_WATCHED))
    costs = []
    for n in (10, 1_000):
        instance = engine.process_instances.start(key="p", variables={"n": n})
        task = engine.queries.tasks.list({"processInstanceId": str(instance.id), "taskDefinitionKey": "inner"})[0]
        loaded: list[int] = []
        with monkeypatch.context() as patched, engine.database.count_statements() as counter:
            patched.setattr("engine.core.unit_of_work.UnitOfWork.load", counting(loaded))
            engine.queue.execute(SetVariables(scope_id=task.id, changes={"x": 1}, local=True))
        costs.append((counter.count, sum(loaded)))
    assert costs[1][0] <= costs[0][0]
    assert costs[1][1] < 20


def test_conditions_start_instances_all_in_one_step(engine: Engine) -> None:
    engine.deployments.deploy(model(STARTS % X1) | model(STARTS % X1.replace("== 1", "&gt; 0"), "q"))
    assert len(engine.conditions.evaluate({"x": 1}, business_key="B")) == 2
    assert [each.definition_key for each in engine.conditions.evaluate({"x": 2})] == ["q"]
    assert engine.conditions.evaluate({"y": 1}) == []
    assert engine.check() == []


def test_only_the_latest_version_is_asked_unless_another_is_named(engine: Engine) -> None:
    old = engine.deployments.deploy(model(STARTS % X1)).process_definitions[0]
    new = engine.deployments.deploy(model((STARTS % X1).replace('"a"', '"b"'))).process_definitions[0]
    assert [each.definition_id for each in engine.conditions.evaluate({"x": 1})] == [new.id]
    assert [each.definition_id for each in engine.conditions.evaluate({"x": 1}, definition_id=old.id)] == [old.id]


def test_asking_where_nobody_waits_is_told(engine: Engine) -> None:
    with pytest.raises(Conflict, match="No subscriptions"):
        engine.conditions.evaluate({"x": 1})
    plain = engine.deployments.deploy(model(MANY)).process_definitions[0]
    with pytest.raises(Conflict, match="does not declare"):
        engine.conditions.evaluate({"x": 1}, definition_id=plain.id)
    with pytest.raises(NotFound):
        engine.conditions.evaluate({"x": 1}, definition_id=plain.id + 1)


def test_conditions_of_one_tenant(engine: Engine) -> None:
    for tenant in ("", "t"):
        engine.deployments.deploy(model(STARTS % X1), tenant_id=tenant)
    assert len(engine.conditions.evaluate({"x": 1})) == 2
    for tenant in ("", "t"):
        assert [each.tenant_id for each in engine.conditions.evaluate({"x": 1}, tenant_id=tenant)] == [tenant]
