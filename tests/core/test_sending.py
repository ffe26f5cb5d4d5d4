"""Messages that the engine itself sends: by a job of the step that sends them."""

from __future__ import annotations

import pytest

from engine.core.commands.instances import StartInstance
from engine.core.sending import sent_by
from engine.core.state import Job
from engine.errors import ExecutionFailed
from engine.values import Integer
from tests.core.kit import Run, warnings
from tests.core.models import Part, catch, end, mapping, message, part, process, throw


def sent(run: Run) -> list[Job]:
    return [job for job in run.rows(Job) if job.kind == "message"]


def with_inputs(*mappings: str, event: str = message("m")) -> str:
    """A message event that hands something over."""
    inner = "".join(mappings)
    return event.replace("/>", f"><extensionElements>{inner}</extensionElements></messageEventDefinition>")


SEND = part("sendTask", messageRef="message_m")


@pytest.mark.parametrize(
    ("flows", "parts"),
    [
        ("start > t > a", {"t": throw(message("m"))}),
        ("start > t > a", {"t": SEND}),
        ("start > fork > t; fork > a", {"t": end(message("m"))}),
    ],
    ids=["throw", "send task", "end"],
)
def test_message_is_sent_by_a_job_and_the_token_goes_on(flows: str, parts: dict[str, Part]) -> None:
    run = Run(process(flows, parts), tenant_id="blue")
    run.start()
    assert run.waits() == ["a"]
    (job,) = sent(run)
    assert (job.element_id, job.definition_id, job.process_instance_id, job.state) == ("t", 1, None, "waiting")
    found = sent_by(job)
    assert (found.name, found.tenant_id, found.key, found.business_key, found.variables) == (
        "m",
        "blue",
        None,
        None,
        {},
    )


def test_what_comes_with_it():
    event = with_inputs(mapping("in", source="x", target="y"), mapping("in", businessKey="${x}-${y}"))
    run = Run(process("start > t > a", {"t": throw(event)}))
    run.start(x="1", y="2")
    (job,) = sent(run)
    found = sent_by(job)
    assert (found.business_key, found.variables) == ("1-2", {"y": "1"})


def test_business_key_of_the_sender_goes_along():
    run = Run(process("start > t > a", {"t": SEND.having(mapping("in", source="x", target="y"))}))
    run.do(StartInstance(key="p", business_key="B", variables={"x": 1}))
    found = sent_by(sent(run)[0])
    assert (found.business_key, found.variables) == ("B", {"y": 1})


KEYED = '<messageEventDefinition camunda:messageExpression="m" camunda:correlationKey="${key}"/>'


@pytest.mark.parametrize(("value", "key"), [("A", "A"), (7, "7"), (Integer(7), "7")])
def test_correlation_key_is_the_same_on_both_sides(value: object, key: str) -> None:
    run = Run(process("start > fork > t > a; fork > c > b", {"t": throw(KEYED), "c": catch(KEYED)}))
    run.start(key=value)
    assert sent_by(sent(run)[0]).key == key == run.subscriptions("c")[0].configuration


@pytest.mark.parametrize("value", ["", None, True, 1.5, b"x"])
def test_correlation_key_must_say_something(value: object) -> None:
    for flows, parts in (("start > t > a", {"t": throw(KEYED)}), ("start > c > a", {"c": catch(KEYED)})):
        with pytest.raises(ExecutionFailed, match="correlation key"):
            Run(process(flows, parts)).start(key=value)


def test_step_that_fails_sends_nothing():
    parts = {"t": throw(message("m")), "bad": part("serviceTask", expression="${nothing}")}
    run = Run(process("start > t > bad", parts))
    with pytest.raises(ExecutionFailed):
        run.start()
    assert sent(run) == []


@pytest.mark.parametrize("thrower", [throw("<messageEventDefinition/>"), end("<messageEventDefinition/>")])
def test_message_event_that_says_neither_which_nor_how_is_passed_through(thrower: Part):
    file = process("start > t" + ("" if "end" in thrower.tag else " > a"), {"t": thrower})
    (told,) = warnings(file)
    assert "'t' sends a message, but says neither which nor how, so none is sent" in told
    run = Run(file)
    run.start()
    assert sent(run) == []
    assert run.waits() == ([] if "end" in thrower.tag else ["a"])
