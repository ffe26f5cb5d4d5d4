"""Timers: catch events, boundary events and start events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from engine.core.commands import Command
from engine.core.commands.jobs import ExecuteJob, FailJob, RecalculateDueDate, SetRetries
from engine.core.definition import wait_to_start
from engine.core.state import Job
from engine.core.unit_of_work import DefinitionBy
from engine.errors import ExecutionFailed, Suspended
from tests.core.kit import NOON, Run, refusals, warnings
from tests.core.models import boundary, call, error, io, part, process, sub, user

HOUR = timedelta(hours=1)


def timer(text, way="Duration"):
    return f"<timerEventDefinition><time{way}>{text}</time{way}></timerEventDefinition>"


def catch(text, way="Duration", **attributes):
    return part("intermediateCatchEvent", inner=timer(text, way), **attributes)


# ---------------------------------------------------------------- catch events


def test_token_waits_until_its_time_has_come():
    run = Run(process("start > t > a", {"t": catch("PT1H")}))
    p = run.start()
    (job,) = run.jobs("t")
    assert (job.kind, job.due_at, job.state, job.retries, job.repeat) == ("timer", NOON + HOUR, "waiting", 3, None)
    assert (job.element_instance_id, job.process_instance_id) == (run.elements("t")[0].id, p)
    assert run.waits() == ["t"]
    run.resume("t")
    assert run.waits() == ["a"]
    assert job.state == "done"


@pytest.mark.parametrize(
    ("way", "text", "due"),
    [
        ("Duration", "P1DT2H", NOON + timedelta(days=1, hours=2)),
        ("Date", "2031-02-03T04:05:06Z", datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("Duration", "${wait}", NOON + timedelta(minutes=5)),
        ("Date", "${when}", NOON + HOUR),
        ("Cycle", "R3/PT10M", NOON + timedelta(minutes=10)),
    ],
)
def test_when_it_is_due(way, text, due):
    run = Run(process("start > t", {"t": catch(text, way)}))
    run.start(wait="PT5M", when=NOON + HOUR)
    assert run.jobs("t")[0].due_at == due


@pytest.mark.parametrize("value", ["soon", 5, None])
def test_time_that_cannot_be_read_undoes_the_step(value):
    run = Run(process("start > a > t", {"t": catch("${wait}")}))
    run.start(wait=value)
    with pytest.raises(ExecutionFailed, match=r"The timer cannot be read.*\(element 't'\)"):
        run.complete("a")
    assert run.waits() == ["a"]


def test_literal_that_cannot_be_read_is_told_and_fails_when_it_is_reached():
    file = process("start > a > t", {"t": catch("soon")})
    assert refusals(file) == []
    (told,) = warnings(file)
    assert "timer of 't'" in told
    assert "[bpmn.timer]" in told
    run = Run(file)
    run.start()
    with pytest.raises(ExecutionFailed, match=r"'soon' is no ISO 8601 duration"):
        run.complete("a")


def test_start_timer_that_cannot_be_read_is_refused():
    (problem,) = refusals(process("t > a", {"t": part("startEvent", inner=timer("soon"))}))
    assert "[bpmn.timer]" in problem


def test_cancelled_with_its_scope():
    inner = sub("start_in > t; start_in > a", {"t": catch("PT1H")})
    run = Run(process("start > s; caught > b", {"s": inner, "caught": boundary("s", error("E1"))}))
    run.start()
    run.throw_error("a", "E1")
    assert [job.state for job in run.rows(Job)] == ["cancelled"]


# ---------------------------------------------------------------- boundary events


def watched(activity=None, *, interrupting=True, text="PT1H", way="Duration"):
    parts = {"a": activity or user(), "late": boundary("a", timer(text, way), interrupting=interrupting)}
    return process("start > a > end; late > b", parts)


def test_time_of_a_boundary_event_cancels_the_activity():
    run = Run(watched())
    run.start()
    run.resume("late")
    assert run.waits() == ["b"]
    assert run.trace("a", "late") == [("a", "terminated"), ("late", "completed")]
    assert run.tasks("a") == []


def test_activity_that_is_done_in_time_stops_its_timer():
    run = Run(watched())
    p = run.start()
    run.complete("a")
    assert run.state(p) == "COMPLETED"
    assert [job.state for job in run.rows(Job)] == ["cancelled"]


def test_timer_runs_from_the_entry_of_the_activity_and_sees_its_inputs():
    run = Run(watched(user(io({"wait": "PT2H"}), asyncBefore=True), text="${wait}"))
    run.start()
    assert run.jobs("late") == []
    run.pass_time(hours=1)
    run.resume("a")
    assert run.jobs("late")[0].due_at == NOON + 3 * HOUR


def test_timer_that_does_not_interrupt_adds_a_token():
    run = Run(watched(interrupting=False))
    p = run.start()
    run.resume("late")
    assert run.waits() == ["a", "b"]
    assert run.jobs("late") == []
    run.complete("a")
    run.complete("b")
    assert run.state(p) == "COMPLETED"


def test_cycle_goes_on_while_the_activity_does():
    run = Run(watched(interrupting=False, text="R3/PT1H", way="Cycle"))
    run.start()
    for count in range(1, 4):
        (job,) = run.jobs("late")
        assert job.due_at == NOON + count * HOUR
        run.pass_time(hours=1)
        run.resume("late")
    assert run.waits() == ["a", "b", "b", "b"]
    assert run.jobs("late") == []


def test_cycle_goes_on_beside_a_time_that_failed():
    run = Run(watched(interrupting=False, text="R/PT1H", way="Cycle"))
    run.start()
    (failed,) = run.jobs("late")
    run.pass_time(hours=1)
    for left in (2, 1):
        run.do(FailJob(id=failed.id, message="no"))
        (following,) = (job for job in run.jobs("late") if job is not failed)
        assert (failed.retries, following.retries, following.due_at) == (left, 3, NOON + 2 * HOUR)
    run.do(ExecuteJob(id=failed.id))
    assert run.jobs("late") == [following]
    assert run.waits() == ["a", "b"]


def test_cycle_ends_with_the_activity():
    run = Run(watched(interrupting=False, text="R/PT1H", way="Cycle"))
    run.start()
    run.pass_time(hours=1)
    run.resume("late")
    run.complete("a")
    assert run.waits() == ["b"]
    assert run.jobs("late") == []


@pytest.mark.parametrize("activity", [sub("start_in > x"), call("q"), user().times(2)])
def test_other_activities_are_cancelled_too(activity):
    run = Run(watched(activity), process("start > x", id="q"))
    run.start()
    run.resume("late")
    assert run.waits() == ["b"]


def test_error_stops_the_timer_beside_it():
    parts = {"late": boundary("a", timer("PT1H")), "caught": boundary("a", error("E1"))}
    run = Run(process("start > a; late > b; caught > c", parts))
    run.start()
    run.throw_error("a", "E1")
    assert run.waits() == ["c"]
    assert run.jobs("late") == []


def test_suspended_instance_lets_its_timers_wait():
    run = Run(watched())
    p = run.start()
    run.suspend(p)
    with pytest.raises(Suspended):
        run.resume("late")


# ---------------------------------------------------------------- user tasks


def timeout(text, way, *notes):
    given = f'<camunda:taskListener event="timeout" id="t{text}" expression="${{log.add(\'{notes[0]}\')}}">'
    return f"{given}{timer(text, way)}</camunda:taskListener>"


def test_timeout_of_a_task_runs_its_listener_and_leaves_the_task():
    run = Run(process("start > a", {"a": user(timeout("PT1H", "Duration", "late"))}))
    p = run.start(log=[])
    (job,) = run.jobs("a")
    assert (job.kind, job.due_at) == ("timer", NOON + HOUR)
    run.resume("a")
    assert (run.log(p), run.waits(), run.jobs("a")) == (["late"], ["a"], [])
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_timeouts_of_a_task_go_their_own_ways():
    task = user(timeout("R2/PT1H", "Cycle", "again") + timeout("PT30M", "Duration", "half"))
    run = Run(process("start > a", {"a": task}))
    p = run.start(log=[])
    run.pass_time(minutes=30)
    run.resume("a", 1)
    run.pass_time(minutes=30)
    run.resume("a")
    assert [job.due_at for job in run.jobs("a")] == [NOON + 2 * HOUR]
    run.complete("a")
    assert run.log(p) == ["half", "again"]
    assert [job.state for job in run.rows(Job)] == ["done", "done", "cancelled"]


# ---------------------------------------------------------------- start events


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy(Command[None]):
    """Let the start timers of a definition wait, as deploying it does."""

    id: int

    def run(self, step):
        wait_to_start(step, step.definitions.find(DefinitionBy(definition_id=self.id))[0])


def timed(text, way):
    run = Run(process("begin > a", {"begin": part("startEvent", inner=timer(text, way))}))
    run.do(Deploy(id=1))
    return run


def test_start_timer_belongs_to_no_instance_and_starts_one():
    run = timed("PT1H", "Duration")
    (job,) = run.jobs("begin")
    assert (job.process_instance_id, job.root_id, job.definition_id, job.due_at) == (None, None, 1, NOON + HOUR)
    run.pass_time(hours=1)
    run.resume("begin")
    assert run.waits() == ["a"]
    assert run.jobs("begin") == []


def test_process_can_be_started_before_the_time_of_its_start_timer():
    run = timed("PT1H", "Duration")
    run.start()
    assert run.waits() == ["a"]
    assert len(run.jobs("begin")) == 1


def test_cycle_starts_one_after_the_other():
    run = timed("R2/PT1H", "Cycle")
    for _ in range(2):
        run.pass_time(hours=1)
        run.resume("begin")
    assert run.waits() == ["a", "a"]
    assert run.jobs("begin") == []


def test_start_timer_that_fails_is_tried_again_as_its_model_says():
    retry = "<camunda:failedJobRetryTimeCycle>R2/PT10M</camunda:failedJobRetryTimeCycle>"
    begin = part("startEvent", retry, inner=timer("PT1H"), jobPriority="7")
    run = Run(process("begin > a", {"begin": begin}))
    run.do(Deploy(id=1))
    (job,) = run.jobs("begin")
    assert job.priority == 7
    run.do(FailJob(id=job.id, message="no"))
    assert (job.retries, job.due_at) == (1, NOON + timedelta(minutes=10))
    run.do(FailJob(id=job.id, message="no"))
    (incident,) = run.incidents()
    assert (incident.process_instance_id, incident.element_id, incident.definition_id) == (None, "begin", 1)
    run.do(SetRetries(id=job.id, retries=1))
    assert run.incidents() == []
    run.resume("begin")
    assert run.waits() == ["a"]


def test_start_timer_is_read_again():
    run = timed("PT1H", "Duration")
    (job,) = run.jobs("begin")
    run.pass_time(minutes=30)
    run.do(RecalculateDueDate(id=job.id, from_creation=False))
    assert job.due_at == NOON + timedelta(minutes=90)


def test_suspended_definition_is_not_started():
    run = timed("PT1H", "Duration")
    run.deployed.suspended.add(1)
    with pytest.raises(Suspended):
        run.do(ExecuteJob(id=run.jobs("begin")[0].id))
    assert run.jobs("begin")[0].state == "waiting"
