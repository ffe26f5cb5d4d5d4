"""Business rule tasks and the decisions that are deployed for them, on each database."""

from __future__ import annotations

import pytest

from engine import Engine
from engine.core.commands.instances import StartInstance
from engine.errors import ExecutionFailed
from tests.executor.models import model


def task(attributes: str, key: str = "p") -> bytes:
    """A process with a business rule task before a user task."""
    return model(
        '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="r"/>'
        f'<businessRuleTask id="r" {attributes} camunda:resultVariable="r" camunda:mapDecisionResult="singleEntry"/>'
        f'<sequenceFlow id="f2" sourceRef="r" targetRef="a"/><userTask id="a"/>',
        key,
    )[f"{key}.bpmn"]


def element(key: str, expression: str, requires: str | None = None) -> str:
    """A decision that is one expression; its version tag is the length of that."""
    needed = f'<informationRequirement><requiredDecision href="#{requires}"/></informationRequirement>'
    return (
        f'<decision id="{key}" name="{key}" camunda:versionTag="{len(expression)}"><variable name="{key}"/>'
        f"{'' if requires is None else needed}"
        f"<literalExpression><text>{expression}</text></literalExpression></decision>"
    )


def file(*decisions: str) -> bytes:
    """A file of decisions."""
    head = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="drd" name="D" namespace="n"'
    return f'{head} xmlns:camunda="http://camunda.org/schema/1.0/dmn">{"".join(decisions)}</definitions>'.encode()


def decision(expression: str) -> bytes:
    """A file with one decision."""
    return file(element("d", expression))


def result(engine: Engine, key: str = "p", /, **variables: object) -> object:
    """The result variable of a new instance, which is what its decision came to."""
    instance = engine.process_instances.start(key=key, variables=variables)
    found = engine.queries.historic_variables.list({"processInstanceId": str(instance.id), "variableName": "r"})
    return [each.value for each in found]


def test_the_version_that_is_bound_or_the_latest_one_when_it_is_made(engine: Engine) -> None:
    bindings = {
        "deployment": 'camunda:decisionRefBinding="deployment"',
        "version": 'camunda:decisionRefBinding="version" camunda:decisionRefVersion="${v}"',
        "tag": 'camunda:decisionRefBinding="versionTag" camunda:decisionRefVersionTag="4"',
        "latest": "",
    }
    files = {f"{key}.bpmn": task(f'camunda:decisionRef="d" {bound}', key) for key, bound in bindings.items()}
    engine.deployments.deploy({**files, "d.dmn": decision("10")})
    for number in (200, 3000):
        engine.deployments.deploy({"d.dmn": decision(str(number))})
    assert [result(engine, key, v=2) for key in bindings] == [[10], [200], [3000], [3000]]
    engine.deployments.deploy({"d.dmn": decision("v + 1")})
    assert [result(engine, key, v=2) for key in bindings] == [[10], [200], [3000], [3]]


def test_each_tenant_has_decisions_of_its_own(engine: Engine) -> None:
    engine.deployments.deploy({"p.bpmn": task('camunda:decisionRef="d" camunda:decisionRefTenantId="${who}"')})
    for number, tenant in ((10, ""), (20, "acme")):
        engine.deployments.deploy({"d.dmn": decision(str(number))}, tenant_id=tenant)
    assert (result(engine, who="acme"), result(engine, who=None)) == ([20], [10])
    with pytest.raises(ExecutionFailed, match="No decision definition with key 'd'"):
        result(engine, who="other")


def test_what_was_decided_is_kept_with_what_it_needed(engine: Engine) -> None:
    decisions = file(element("low", "x * 2"), element("d", "low + 1", requires="low"))
    engine.deployments.deploy({"p.bpmn": task('camunda:decisionRef="d"'), "d.dmn": decisions})
    instance = engine.process_instances.start(key="p", variables={"x": 3})
    made = engine.queries.historic_decisions.list({"processInstanceId": str(instance.id)})
    asked, needed = sorted(made, key=lambda each: each.id)
    assert (asked.decision_key, needed.decision_key) == ("d", "low")
    assert (asked.root_decision_instance_id, needed.root_decision_instance_id) == (None, asked.id)
    assert {each.element_id for each in made} == {"r"}
    (output,) = engine.queries.outputs_of_decisions([asked])[asked.id]
    assert (output.variable_name, output.value) == ("d", 7)


def test_a_decision_that_fails_leaves_nothing(engine: Engine) -> None:
    engine.deployments.deploy({"p.bpmn": task('camunda:decisionRef="${d}"'), "d.dmn": decision("10")})
    with pytest.raises(ExecutionFailed, match="No decision definition with key 'gone'"):
        engine.process_instances.start(key="p", variables={"d": "gone"})
    good, bad = engine.executor.execute(
        [StartInstance(key="p", variables={"d": "d"}), StartInstance(key="p", variables={"d": "gone"})]
    )
    assert isinstance(bad.error, ExecutionFailed)
    assert [each.process_instance_id for each in engine.queries.historic_decisions.list()] == [good.get().id]


def test_a_job_whose_decision_is_absent_opens_an_incident(engine: Engine) -> None:
    engine.deployments.deploy({"p.bpmn": task('camunda:decisionRef="d" camunda:asyncBefore="true"')})
    instance = engine.process_instances.start(key="p")
    (job,) = engine.queries.jobs.list({"processInstanceId": str(instance.id)})
    for _ in range(3):
        with pytest.raises(ExecutionFailed):
            engine.jobs.execute(job.id)
    (incident,) = engine.queries.incidents.list({})
    assert "No decision definition with key 'd' (latest) is deployed" in (incident.message or "")
    engine.deployments.deploy({"d.dmn": decision("10")})
    engine.jobs.execute(job.id)
    assert engine.queries.incidents.list({}) == []
    assert [each.element_id for each in engine.queries.tasks.list()] == ["a"]


def test_many_decisions_cost_no_more_statements_than_one(engine: Engine) -> None:
    engine.deployments.deploy({"p.bpmn": task('camunda:decisionRef="d"'), "d.dmn": decision("10")})
    engine.executor.execute([StartInstance(key="p")])
    with engine.database.count_statements() as one:
        engine.executor.execute([StartInstance(key="p")])
    with engine.database.count_statements() as many:
        engine.executor.execute([StartInstance(key="p") for _ in range(30)])
    assert many.count <= one.count + 2, many.log
