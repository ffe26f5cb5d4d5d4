"""Link events in the store: rows that are no history."""

from __future__ import annotations

from engine import Engine
from tests.executor.models import model

LINK = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="go"/>'
    '<intermediateThrowEvent id="go"><linkEventDefinition name="far"/></intermediateThrowEvent>'
    '<intermediateCatchEvent id="there" camunda:asyncBefore="true"><linkEventDefinition name="far"/>'
    '</intermediateCatchEvent><sequenceFlow id="f2" sourceRef="there" targetRef="a"/><userTask id="a"/>'
)


def test_neither_end_is_in_the_history(engine: Engine) -> None:
    engine.deployments.deploy(model(LINK))
    instance = engine.process_instances.start(key="p")
    assert engine.check() == []
    (job,) = engine.queries.jobs.list({})
    engine.jobs.execute(job.id)
    visited = [each.element_id for each in engine.queries.historic_element_instances.list()]
    assert visited == ["start", "a"]
    assert engine.check() == []
    (task,) = engine.queries.tasks.list({})
    engine.tasks.complete(task.id)
    assert engine.queries.historic_process_instances.get(instance.id).ended_at is not None
    assert engine.check() == []
