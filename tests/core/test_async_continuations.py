"""Jobs before and after elements: tokens that wait, as rows that are no activity instances."""

from __future__ import annotations

import pytest

from engine.core.commands.jobs import ExecuteJob
from engine.core.state import Job
from engine.core.step import Limits
from engine.errors import ExecutionFailed, NotFound, Suspended
from tests.core.kit import NOON, Run
from tests.core.models import boundary, call, error, io, note, part, process, service, sub, user


def test_before_the_token_waits_and_nothing_of_the_element_has_happened():
    parts = {"a": user(io({"x": "1"}) + note("start", "in"), asyncBefore=True)}
    run = Run(process("start > a > end", parts))
    p = run.start(log=[])
    (token,) = run.elements("a")
    assert (token.state, token.transition, token.started_at, token.created_at) == ("ready", "before", None, NOON)
    assert (run.log(p), run.tasks("a"), run.variables(token.id)) == ([], [], {})
    run.pass_time(minutes=1)
    run.resume("a")
    assert (token.state, token.transition, token.started_at) == ("active", None, run.now)
    assert (run.log(p), len(run.tasks("a")), run.variables(token.id)) == (["in"], 1, {"x": "1"})


def test_job_before():
    run = Run(process("start > a", {"a": user(asyncBefore=True, exclusive=False)}))
    p = run.start()
    (job,) = run.jobs("a")
    assert (job.kind, job.state, job.retries, job.priority, job.exclusive) == ("async-before", "waiting", 3, 0, False)
    assert (job.element_instance_id, job.process_instance_id, job.root_id) == (run.elements("a")[0].id, p, p)
    run.resume("a")
    assert (job.state, job.ended_at) == ("done", NOON)


def test_after_the_activity_is_over_and_its_token_waits_behind_it():
    parts = {"a": user(io({"x": "1"}, {"y": "${x}"}) + note("end", "out"), asyncAfter=True)}
    run = Run(process("start > a > b", parts))
    p = run.start(log=[])
    run.complete("a")
    activity, token = run.elements("a")
    assert (activity.state, token.state, token.transition, token.started_at) == ("completed", "ready", "after", None)
    assert run.variables(p) == {"log": ["out"], "y": "1"}
    assert run.variables(activity.id) == {}
    assert run.jobs("a")[0].kind == "async-after"
    run.resume("a")
    assert token.state == "completed"
    assert run.waits() == ["b"]
    assert run.count("a") == 2


def test_flows_are_chosen_before_the_token_waits_behind_its_activity():
    run = Run(process("start > a; a > [${n == 0}] b; a > [${n == 0}] c; a > *d", {"a": user(asyncAfter=True)}))
    p = run.start(n=0)
    run.complete("a")
    assert [token.flow_id for token in run.living("a")] == ["a_b", "a_c"]
    run.set(p, n=1)
    run.resume("a", 1)
    assert run.waits() == ["a", "c"]
    run.resume("a")
    assert run.waits() == ["b", "c"]


def test_before_and_after():
    run = Run(process("start > a > end", {"a": service("${n + 1}", "n").having(asyncBefore=True, asyncAfter=True)}))
    p = run.start(n=1)
    assert run.variables(p) == {"n": 1}
    run.resume("a")
    assert run.variables(p) == {"n": 2}
    run.resume("a")
    assert run.state(p) == "COMPLETED"


@pytest.mark.parametrize("tag", ["startEvent", "endEvent", "exclusiveGateway", "parallelGateway", "task"])
def test_any_element_may_begin_and_end_with_a_job(tag):
    x = part(tag, asyncBefore=True, asyncAfter=True)
    flows = {"startEvent": "x > a", "endEvent": "start > x"}.get(tag, "start > x > a")
    run = Run(process(flows, {"x": x}))
    p = run.start()
    run.resume("x")
    assert run.trace("x") == [("x", "completed"), ("x", "ready")]
    run.resume("x")
    assert run.waits() == ([] if tag == "endEvent" else ["a"])
    assert run.state(p) == ("COMPLETED" if tag == "endEvent" else "ACTIVE")


def test_sub_process_and_call_activity():
    parts = {
        "s": sub("start_in > x").having(asyncBefore=True, asyncAfter=True),
        "c": call("q", asyncBefore=True, asyncAfter=True),
    }
    run = Run(process("start > s > c > a", parts), process("start > y", id="q"))
    run.start()
    for element, inside in (("s", "x"), ("c", "y")):
        assert run.waits() == [element]
        run.resume(element)
        run.complete(inside)
        assert run.waits() == [element]
        run.resume(element)
    assert run.waits() == ["a"]


def test_join_begins_with_a_job_per_token():
    run = Run(process("start > fork > a > j > end; fork > b > j", {"j": part("parallelGateway", asyncBefore=True)}))
    p = run.start()
    run.complete("a")
    run.complete("b")
    assert run.trace("j") == [("j", "ready"), ("j", "ready")]
    run.resume("j", 1)
    run.resume("j")
    assert run.state(p) == "COMPLETED"


def test_failing_job_leaves_the_token_waiting():
    run = Run(process("start > x > a", {"x": service("${10 + missing}").having(asyncBefore=True)}))
    p = run.start()
    with pytest.raises(ExecutionFailed, match="missing"):
        run.resume("x")
    assert run.trace("x") == [("x", "ready")]
    assert run.jobs("x")[0].state == "waiting"
    run.set(p, missing=1)
    run.resume("x")
    assert run.waits() == ["a"]


def test_job_is_done_once():
    run = Run(process("start > a", {"a": user(asyncBefore=True)}))
    run.start()
    id = run.jobs("a")[0].id
    run.resume("a")
    with pytest.raises(NotFound, match=f"Cannot find job with id {id}"):
        run.do(ExecuteJob(id=id))


@pytest.mark.parametrize(("given", "priority"), [("7", 7), ("${n}", 5), ("${'-3'}", -3)])
def test_priority(given, priority):
    run = Run(process("start > a", {"a": user(asyncBefore=True, jobPriority=given)}))
    run.start(n=5)
    assert run.jobs("a")[0].priority == priority


def test_priority_of_the_process():
    parts = {"a": user(asyncBefore=True), "b": user(asyncBefore=True, jobPriority="1")}
    run = Run(process("start > a; start > b", parts, jobPriority="9"))
    run.start()
    assert (run.jobs("a")[0].priority, run.jobs("b")[0].priority) == (9, 1)


def test_priority_that_is_no_number():
    run = Run(process("start > a", {"a": user(asyncBefore=True, jobPriority="${'high'}")}))
    with pytest.raises(ExecutionFailed, match=r"job priority must be a whole number, not 'high' \(element 'a'\)"):
        run.start()


@pytest.mark.parametrize("side", ["asyncBefore", "asyncAfter"])
def test_token_that_waits_is_cancelled_with_its_scope_and_its_job(side):
    inner = sub("start_in > x > y; start_in > b", {"x": part("task", note("end", "x"), **{side: True})})
    run = Run(process("start > s; caught > c", {"s": inner, "caught": boundary("s", error("E1"))}))
    p = run.start(log=[])
    listened = run.log(p)
    run.throw_error("b", "E1")
    assert run.waits() == ["c"]
    assert run.elements("x")[-1].state == "terminated"
    assert [job.state for job in run.rows(Job)] == ["cancelled"]
    assert run.log(p) == listened, "its element is not left: it was not entered, or has been left before"


def test_deleting_the_instance_cancels_its_jobs():
    run = Run(process("start > a", {"a": user(asyncBefore=True)}))
    p = run.start()
    run.delete(p)
    assert run.rows(Job)[0].state == "cancelled"
    assert run.state(p) == "EXTERNALLY_TERMINATED"


def test_jobs_of_a_suspended_instance_are_not_done():
    run = Run(process("start > a", {"a": user(asyncBefore=True)}))
    p = run.start()
    run.suspend(p)
    with pytest.raises(Suspended, match=f"Process instance {p} is suspended"):
        run.resume("a")
    run.suspend(p, activate=True)
    run.resume("a")
    assert run.tasks("a")


def test_loop_through_a_job_is_not_bounded_by_a_step():
    x = service("${n + 1}", "n").having(asyncBefore=True)
    run = Run(process("start > xor1 > x > xor2; xor2 > [${n < 20}] xor1; xor2 > *end", {"x": x}), limits=Limits(5))
    p = run.start(n=0)
    for _ in range(20):
        run.resume("x")
    assert run.state(p) == "COMPLETED"
