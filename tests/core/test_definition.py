"""What a definition says of the jobs that it is going to make."""

from __future__ import annotations

import pytest

from engine.core.definition import JobSource, job_sources
from tests.core.kit import Run
from tests.core.models import boundary, part, process, sub, user

TIMEOUT = (
    '<camunda:taskListener event="timeout" id="late" expression="${true}">'
    "<timerEventDefinition><timeDuration>PT5M</timeDuration></timerEventDefinition></camunda:taskListener>"
)


def timer(text, way="Duration"):
    return f"<timerEventDefinition><time{way}>{text}</time{way}></timerEventDefinition>"


def sources(flows, parts):
    return job_sources(Run(process(flows, parts)).deployed.by_id[1])


def test_nothing_makes_jobs():
    assert sources("start > a > fork > s; fork > end", {"s": sub("start_in > b")}) == []


@pytest.mark.parametrize("kind", ["async-before", "async-after"])
def test_asynchronous_continuations(kind):
    asynchronous = user(**{kind.replace("-b", "B").replace("-a", "A"): True})
    found = sources("start > s", {"s": sub("start_in > a", {"a": asynchronous})})
    assert found == [JobSource("a", kind, kind)]
    assert found[0].job_kind == kind


def test_work_for_workers_is_not_shown():
    assert sources("start > x", {"x": part("serviceTask", type="external", topic="t")}) == []


@pytest.mark.parametrize(
    ("kind", "flows", "parts"),
    [
        ("timer-start-event", "x > a", {"x": part("startEvent", inner=timer("PT5M"))}),
        ("timer-intermediate-transition", "start > x", {"x": part("intermediateCatchEvent", inner=timer("PT5M"))}),
        ("timer-transition", "start > a; x > b", {"x": boundary("a", timer("PT5M"))}),
        ("timer-task-listener", "start > x", {"x": user(TIMEOUT)}),
    ],
)
def test_timers(kind, flows, parts):
    (found,) = sources(flows, parts)
    assert found == JobSource("x", kind, "DURATION: PT5M")
    assert found.job_kind == "timer"


def test_configuration_shows_the_expression():
    (found,) = sources("start > x", {"x": part("intermediateCatchEvent", inner=timer("${when}", "Date"))})
    assert found.configuration == "DATE: ${when}"


def test_several_timers_of_one_element_are_one_reason():
    def late(id, text):
        timed = f"<timerEventDefinition><timeDuration>{text}</timeDuration></timerEventDefinition>"
        return f'<camunda:taskListener event="timeout" id="{id}" expression="${{1}}">{timed}</camunda:taskListener>'

    found = sources("start > a", {"a": user(late("one", "PT1H") + late("two", "PT2H"))})
    assert found == [JobSource("a", "timer-task-listener", "DURATION: PT1H")]


def test_asynchronous_multi_instance_is_the_body():
    found = sources("start > x", {"x": user(asyncBefore=True).times(2)})
    assert [(each.element_id, each.kind) for each in found] == [("x#multiInstanceBody", "async-before")]


def test_asynchronous_instances_of_a_multi_instance():
    found = sources("start > x", {"x": user().times(2, extra=' camunda:asyncBefore="true"')})
    assert [(each.element_id, each.kind) for each in found] == [("x", "async-before")]
