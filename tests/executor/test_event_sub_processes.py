"""Event sub-processes of a process, whose timers and subscriptions belong to no element instance."""

from __future__ import annotations

import pytest

from engine import Engine
from tests.worker.models import deploy, ended, run, sequence

HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
SIGNAL = '<signalEventDefinition signalRef="s1"/>'


def beside(event: str, *, interrupting: bool) -> str:
    inside = (
        f'<startEvent id="on" isInterrupting="{str(interrupting).lower()}">{event}</startEvent><userTask id="b"/>'
        '<sequenceFlow id="g" sourceRef="on" targetRef="b"/>'
    )
    return sequence('<userTask id="a"/>') + f'<subProcess id="e" triggeredByEvent="true">{inside}</subProcess>'


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("event", [HOUR, SIGNAL], ids=["timer", "signal"])
def test_event_starts_it(engine: Engine, event: str, interrupting: bool) -> None:
    deploy(engine, beside(event, interrupting=interrupting), outside='<signal id="s1" name="alert"/>')
    instance = run(engine)
    assert engine.check() == []
    if event == HOUR:
        (timer,) = engine.queries.jobs.list({})
        engine.jobs.execute(timer.id)
    else:
        engine.signals.send("alert")
    tasks = engine.queries.tasks.list({})
    assert sorted(each.element_id or "" for each in tasks) == (["b"] if interrupting else ["a", "b"])
    assert engine.check() == []
    for each in tasks:
        engine.tasks.complete(each.id)
    assert ended(engine, instance)
    assert engine.queries.jobs.list({}) == []
    assert engine.check() == []


def test_timer_that_failed_for_good_has_an_incident_at_the_instance(engine: Engine) -> None:
    failing = '<serviceTask id="b" camunda:expression="${nothing}"/>'
    deploy(engine, beside(HOUR, interrupting=False).replace('<userTask id="b"/>', failing))
    instance = run(engine)
    (timer,) = engine.queries.jobs.list({})
    for _ in range(3):
        with pytest.raises(Exception, match="nothing"):
            engine.jobs.execute(timer.id)
    (incident,) = engine.queries.incidents.list({})
    assert (incident.process_instance_id, incident.execution_id) == (instance, instance)
    assert engine.check() == []
    engine.process_instances.delete(instance)
    assert engine.check() == []
