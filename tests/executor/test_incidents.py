"""Incidents that somebody reports: they are over when that is said, or when what they are about ends."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import pytest

from engine import Actor, BadRequest, Engine
from tests.executor.models import HEAD, MANY, model

CALL = (
    f'{HEAD}<process id="outer" isExecutable="true"><startEvent id="s"/>'
    '<sequenceFlow id="f1" sourceRef="s" targetRef="call"/><callActivity id="call" calledElement="inner"/></process>'
    '<process id="inner" isExecutable="true"><startEvent id="t"/><sequenceFlow id="f2" sourceRef="t" targetRef="fork"/>'
    '<parallelGateway id="fork"/><sequenceFlow id="f3" sourceRef="fork" targetRef="a"/><userTask id="a"/>'
    '<sequenceFlow id="f4" sourceRef="fork" targetRef="b"/><userTask id="b"/>'
    '<sequenceFlow id="f5" sourceRef="a" targetRef="join"/><sequenceFlow id="f6" sourceRef="b" targetRef="join"/>'
    '<parallelGateway id="join"/></process></definitions>'
)
ANN = Actor("ann", administrator=True)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = Engine.open(database_url)
    opened.upgrade()
    yield opened
    assert opened.check() == []
    opened.close()


def tasks(engine: Engine) -> dict[str, int]:
    return {each.element_id or "": each.id for each in engine.queries.tasks.list()}


def execution(engine: Engine, element: str) -> int:
    (task,) = engine.queries.tasks.list({"taskDefinitionKey": element})
    assert task.execution_id is not None
    return task.execution_id


def states(engine: Engine) -> list[tuple[str, str | None, str]]:
    found = engine.queries.historic_incidents.list()
    return [(each.type, each.element_id, str(each.state)) for each in found]


@pytest.fixture
def called(engine: Engine) -> Engine:
    engine.deployments.deploy({"c.bpmn": CALL.encode()})
    engine.process_instances.start(key="outer")
    return engine


def test_it_is_in_every_calling_instance_too(called: Engine) -> None:
    made = called.acting_as(ANN).jobs.create_incident(execution(called, "a"), "odd", configuration="7", message="Look!")
    first, second = called.queries.incidents.list()
    assert (first.id, first.cause_id, first.root_cause_id) == (made, made, made)
    assert (first.type, first.configuration, first.message) == ("odd", "7", "Look!")
    assert (first.element_id, first.failed_element_id) == ("a", None)
    assert (second.cause_id, second.root_cause_id, second.element_id, second.failed_element_id) == (
        made,
        made,
        "call",
        "call",
    )
    told = [(each.type, each.entity, each.property, each.new_value) for each in called.queries.operations.list()]
    assert told == [
        ("CreateIncident", "ProcessInstance", "incidentType", "odd"),
        ("CreateIncident", "ProcessInstance", "configuration", "7"),
    ]


def test_somebody_says_that_it_is_over(called: Engine) -> None:
    made = called.jobs.create_incident(execution(called, "a"), "odd")
    other = called.jobs.create_incident(execution(called, "b"), "odd")
    called.jobs.resolve_incident(made)
    assert states(called) == [
        ("odd", "a", "resolved"),
        ("odd", "call", "resolved"),
        ("odd", "b", "open"),
        ("odd", "call", "open"),
    ]
    assert [each.id for each in called.queries.incidents.list({"activityId": "b"})] == [other]


def test_it_is_over_when_its_activity_ends(called: Engine) -> None:
    called.jobs.create_incident(execution(called, "a"), "odd")
    called.jobs.create_incident(execution(called, "b"), "odd")
    called.tasks.complete(tasks(called)["a"])
    assert [state for *_, state in states(called)] == ["deleted", "deleted", "open", "open"]
    called.tasks.complete(tasks(called)["b"])
    assert {state for *_, state in states(called)} == {"deleted"}
    assert called.queries.process_instances.count() == 0


def test_it_is_over_when_its_instance_is_deleted(called: Engine) -> None:
    called.jobs.create_incident(execution(called, "a"), "odd")
    (outer,) = called.queries.process_instances.list({"processDefinitionKey": "outer"})
    called.process_instances.delete(outer.id)
    assert {state for *_, state in states(called)} == {"deleted"}


def test_one_of_many_is_over_alone(engine: Engine) -> None:
    engine.deployments.deploy(model(MANY))
    engine.process_instances.start(key="p", variables={"n": 30})
    found = engine.queries.tasks.list()
    for each in found[:2]:
        engine.jobs.create_incident(each.execution_id or 0, "odd")
    engine.tasks.complete(found[0].id)
    engine.tasks.complete(found[5].id)
    assert [state for *_, state in states(engine)] == ["deleted", "open"]


def test_a_name_like_that_of_a_job_means_no_job(engine: Engine) -> None:
    body = (
        '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="fork"/><parallelGateway id="fork"/>'
        '<sequenceFlow id="f2" sourceRef="fork" targetRef="a"/><userTask id="a"/>'
        '<sequenceFlow id="f3" sourceRef="fork" targetRef="later"/>'
        '<scriptTask id="later" scriptFormat="juel" camunda:asyncBefore="true"><script>${x}</script></scriptTask>'
    )
    engine.deployments.deploy(model(body))
    engine.process_instances.start(key="p")
    (job,) = engine.queries.jobs.list()
    engine.jobs.create_incident(execution(engine, "a"), "odd", configuration=str(job.id))
    engine.jobs.set_retries([job.id], 0)
    engine.jobs.set_retries([job.id], 1)
    assert states(engine) == [("odd", "a", "open"), ("failedJob", "later", "resolved")]


@pytest.mark.parametrize("kind", ["failedJob", "failedExternalTask"])
@pytest.mark.parametrize("configuration", [None, "nonsense", "999"])
def test_what_jobs_report_somebody_may_report_too(called: Engine, kind: str, configuration: str | None) -> None:
    made = called.jobs.create_incident(execution(called, "a"), kind, configuration=configuration, message="Look!")
    called.jobs.create_incident(execution(called, "b"), "odd")
    odd = [("odd", "b", "open"), ("odd", "call", "open")]
    assert states(called) == [(kind, "a", "open"), (kind, "call", "open"), *odd]
    with pytest.raises(BadRequest, match=f"Cannot resolve an incident of type {kind}"):
        called.jobs.resolve_incident(made)
    assert called.queries.failed_work() == (array("q"), array("q"))
    called.tasks.complete(tasks(called)["a"])
    assert states(called)[:2] == [(kind, "a", "deleted"), (kind, "call", "deleted")]
    assert states(called)[2:] == odd


LATER = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="later"/>'
    '<scriptTask id="later" scriptFormat="juel" camunda:asyncBefore="true"><script>${x}</script></scriptTask>'
)


@pytest.fixture
def waiting(engine: Engine) -> tuple[int, int]:
    """The execution and the id of a job that waits, of which somebody has reported that it failed."""
    engine.deployments.deploy(model(LATER))
    instance = engine.process_instances.start(key="p").id
    (job,) = engine.queries.jobs.list()
    (place,) = engine.queries.executions.list({"activityId": "later"})
    engine.jobs.create_incident(place.id, "failedJob", configuration=str(job.id), message="It will fail")
    assert instance != job.id
    return place.id, job.id


def test_a_report_on_a_job_is_over_when_that_gets_retries(engine: Engine, waiting: tuple[int, int]) -> None:
    _, job = waiting
    engine.jobs.set_retries([job], 2)
    assert states(engine) == [("failedJob", "later", "open")]
    engine.jobs.set_retries([job], 0)  # one incident is enough
    assert states(engine) == [("failedJob", "later", "open")]
    engine.jobs.set_retries([job], 1)
    assert states(engine) == [("failedJob", "later", "resolved")]
    engine.jobs.set_retries([job], 0)
    assert states(engine)[1:] == [("failedJob", "later", "open")]


def test_a_report_on_a_job_is_over_with_the_job(engine: Engine, waiting: tuple[int, int]) -> None:
    _, job = waiting
    engine.variables.set(engine.queries.process_instances.list()[0].id, {"x": 1})
    engine.jobs.execute(job)
    ((kind, element, state),) = states(engine)
    assert (kind, element) == ("failedJob", "later")
    assert state != "open"


def test_it_needs_an_activity(called: Engine) -> None:
    (inner,) = called.queries.process_instances.list({"processDefinitionKey": "inner"})
    with pytest.raises(BadRequest, match="Execution must be related to an activity"):
        called.jobs.create_incident(inner.id, "odd")


def test_an_instance_in_one_activity_stands_for_that(engine: Engine) -> None:
    body = '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="a"/><userTask id="a"/>'
    engine.deployments.deploy(model(body))
    instance = engine.process_instances.start(key="p").id
    engine.jobs.create_incident(instance, "odd")
    assert states(engine) == [("odd", "a", "open")]
