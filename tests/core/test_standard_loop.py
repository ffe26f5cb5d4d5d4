"""Standard loops: an activity again and again, one instance at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.core.commands.modification import Cancel, ModifyInstance, StartBefore
from engine.core.commands.work import CompleteWork, LockWork
from engine.core.step import Limits
from engine.errors import InvalidInstruction, LoopLimit
from tests.core.kit import Run
from tests.core.models import (
    boundary,
    call,
    error,
    io,
    mapping,
    note,
    part,
    process,
    service,
    sub,
    user,
)

BODY = "a#standardLoopBody"
both = pytest.mark.parametrize("before", [False, True], ids=["asked after", "asked before"])
COUNT = "${execution.setVariable('times', times + 1)}"


def loop(activity, **more):
    return process("start > a > after", {"a": activity, **more})


# ---------------------------------------------------------------- how often


@both
def test_repeats_while_the_condition_holds(before):
    run = Run(loop(user().looping("${loopCounter < 3}", before=before)))
    run.start()
    for index in range(3):
        assert run.waits() == ["a", BODY]
        assert run.living("a")[0].loop_counter == index
        run.complete("a")
    assert run.waits() == ["after"]
    assert run.trace("a", BODY) == [(BODY, "completed")] + [("a", "completed")] * 3


@pytest.mark.parametrize(("before", "times"), [(True, 0), (False, 1)])
def test_condition_that_never_holds(before, times):
    run = Run(loop(service(COUNT).looping("${false}", before=before)))
    p = run.start(times=0)
    assert run.waits() == ["after"]
    assert run.variables(p)["times"] == times
    assert run.trace(BODY) == [(BODY, "completed")]


@both
def test_maximum_is_a_cap(before):
    run = Run(loop(service(COUNT).looping("${true}", before=before, maximum=4)))
    assert run.variables(run.start(times=0))["times"] == 4


@both
def test_maximum_alone_is_the_number(before):
    run = Run(loop(service(COUNT).looping(before=before, maximum=3)))
    assert run.variables(run.start(times=0))["times"] == 3


def test_condition_is_asked_with_what_the_activity_has_done():
    run = Run(loop(user().looping("${not ok}")))
    run.start(ok=False)
    run.complete("a")
    run.complete("a", ok=False)
    run.complete("a", ok=True)
    assert run.waits() == ["after"]
    assert run.count("a") == 3


def test_condition_is_asked_before_the_first_time_only_if_the_model_says_so():
    run = Run(loop(user().looping("${more}")))
    run.start(more=False)
    assert run.waits() == ["a", BODY]


def test_loop_that_never_waits_is_cut():
    run = Run(loop(service("${1}").looping("${true}")), limits=Limits(elements_per_step=50))
    with pytest.raises(LoopLimit):
        run.start()


# ---------------------------------------------------------------- the counter


def test_counter_at_the_activity_is_its_index_and_at_the_loop_what_is_done():
    activity = user(io({"mine": "${loopCounter}"}), assignee="round ${loopCounter}").looping("${loopCounter < 2}")
    run = Run(loop(activity))
    run.start()
    for index in range(2):
        (a,) = run.living("a")
        assert run.variables(a.id) == {"mine": index}
        assert (a.loop_counter, run.living(BODY)[0].loop_completed) == (index, index)
        assert run.task("a").assignee == f"round {index}"
        run.complete("a")
    assert run.waits() == ["after"]


def test_counters_of_loops_within_each_other():
    inner = service("${log.add(loopCounter)}").looping(maximum=2)
    outer = sub("start_in > pass1 > b", {"b": inner, "pass1": service("${log.add(loopCounter)}")}).looping(maximum=2)
    run = Run(loop(outer))
    p = run.start(log=[])
    assert run.log(p) == [0, 0, 1, 1, 0, 1]


def test_outputs_reach_the_variables_around_the_loop():
    activity = user(io(outputs={"sum": "${sum + loopCounter}"})).looping("${sum < 3}")
    run = Run(loop(activity))
    p = run.start(sum=0)
    for _ in range(3):
        run.complete("a")
    assert run.waits() == ["after"]
    assert run.variables(p)["sum"] == 3


def test_listeners_belong_to_the_activity():
    run = Run(loop(user(note("start", "in") + note("end", "out")).looping(maximum=2)))
    p = run.start(log=[])
    run.complete("a")
    run.complete("a")
    assert run.log(p) == ["in", "out", "in", "out"]


# ---------------------------------------------------------------- every kind of activity

ONCE = process("start > a > end", {"a": service(COUNT)}, id="q")
BOTH_WAYS = mapping("in", variables="all") + mapping("out", variables="all")


@pytest.mark.parametrize(
    "activity",
    [
        service(COUNT),
        part("sendTask", expression=COUNT),
        part("businessRuleTask", expression=COUNT),
        part("scriptTask", inner=f"<script>{COUNT}</script>", scriptFormat="juel"),
        part("task", note("start", "x")),
        part("manualTask", note("start", "x")),
        sub("start_in > b > end_in", {"b": service(COUNT)}),
        call("q", BOTH_WAYS),
    ],
    ids=lambda activity: activity.tag,
)
def test_activities_that_do_not_wait(activity):
    run = Run(loop(activity.looping(maximum=3)), ONCE)
    p = run.start(times=0, log=[])
    assert run.waits() == ["after"]
    assert run.count("a") >= 3
    assert max(run.variables(p)["times"], len(run.log(p))) == 3


def test_receive_task():
    run = Run(loop(part("receiveTask").looping(maximum=2)))
    run.start()
    run.signal("a")
    assert run.waits() == ["a", BODY]
    run.signal("a")
    assert run.waits() == ["after"]


def test_external_task():
    run = Run(loop(part("serviceTask", type="external", topic="t").looping("${more}")))
    run.start(more=True)
    for more in (True, False):
        (job,) = run.jobs("a")
        run.do(LockWork(id=job.id, worker="w", until=run.now + timedelta(minutes=5)))
        run.do(CompleteWork(id=job.id, worker="w", variables={"more": more}))
    assert run.waits() == ["after"]


def test_call_activity_and_sub_process_that_wait():
    called = process("start > x > end", id="q")
    run = Run(loop(call("q").looping(maximum=2)), called)
    run.start()
    run.complete("x")
    assert run.waits() == ["a", BODY, "x"]
    run.complete("x")
    assert run.waits() == ["after"]
    run = Run(loop(sub("start_in > fork > b; fork > c").looping(maximum=2)))
    run.start()
    run.complete("b")
    assert run.waits() == ["a", BODY, "c"]
    run.complete("c")
    assert run.waits() == ["a", BODY, "b", "c"]


# ---------------------------------------------------------------- what is around it


def test_boundary_event_belongs_to_the_loop():
    run = Run(
        process(
            "start > a > after; late > b",
            {
                "a": user().looping("${true}"),
                "late": boundary("a", "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"),
            },
        )
    )
    run.start()
    (before,) = run.jobs("late")
    run.complete("a")
    assert [job.id for job in run.jobs("late")] == [before.id], "one time for all rounds"
    run.pass_time(hours=1)
    run.resume("late")
    assert run.waits() == ["b"]
    assert run.trace("a", BODY) == [(BODY, "terminated"), ("a", "completed"), ("a", "terminated")]


def test_error_of_one_round_ends_the_loop():
    run = Run(
        process("start > a > after; caught > b", {"a": user().looping("${true}"), "caught": boundary("a", error("E1"))})
    )
    run.start()
    run.complete("a")
    run.throw_error("a", "E1")
    assert run.waits() == ["b"]


def test_error_that_nobody_catches_ends_one_round():
    """As it ends one path elsewhere: the loop goes on."""
    run = Run(loop(user().looping("${loopCounter < 2}")))
    run.start()
    run.throw_error("a", "E1")
    assert run.waits() == ["a", BODY]
    run.complete("a")
    assert run.waits() == ["after"]


def test_jobs_before_and_after_the_loop():
    run = Run(loop(user(asyncBefore=True, asyncAfter=True).looping(maximum=2)))
    run.start()
    assert run.trace(BODY) == [(BODY, "ready")]
    run.resume(BODY)
    run.complete("a")
    run.complete("a")
    assert run.waits() == [BODY]
    run.resume(BODY)
    assert run.waits() == ["after"]


def test_jobs_before_and_after_each_round():
    run = Run(loop(service(COUNT).looping(maximum=2, extra=' camunda:asyncBefore="true" camunda:asyncAfter="true"')))
    p = run.start(times=0)
    for times in (1, 2):
        run.resume("a")
        assert run.variables(p)["times"] == times
        run.resume("a")
    assert run.waits() == ["after"]


def test_inclusive_join_waits_for_a_loop():
    run = Run(process("start > fork > a > or > after; fork > b > or", {"a": user().looping("${more}")}))
    run.start(more=True)
    run.complete("b")
    run.complete("a")
    assert "after" not in run.waits()
    run.complete("a", more=False)
    assert run.waits() == ["after"]


# ---------------------------------------------------------------- modification


def test_start_before_the_activity_enters_the_loop():
    run = Run(process("start > x > a > after", {"a": user().looping("${loopCounter < 2}")}))
    p = run.start()
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="a"), Cancel(element_id="x")]))
    assert run.waits() == ["a", BODY]
    run.complete("a")
    assert run.living("a")[0].loop_counter == 1
    with pytest.raises(InvalidInstruction, match="one instance after the other"):
        run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="a")]))
    run.complete("a")
    assert run.waits() == ["after"]


def test_start_before_the_loop_begins_it():
    run = Run(process("start > x > a > after", {"a": user().looping("${false}", before=True)}))
    p = run.start()
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id=BODY), Cancel(element_id="x")]))
    assert run.waits() == ["after"]


def test_cancelling_the_round_cancels_the_loop():
    run = Run(process("start > fork > a > after; fork > x", {"a": user().looping("${true}")}))
    p = run.start()
    run.do(ModifyInstance(id=p, instructions=[Cancel(element_id="a")]))
    assert run.waits() == ["x"]


@pytest.mark.parametrize("attributes", ["", 'testBefore="true"'])
def test_loop_that_does_not_say_when_it_ends_goes_round_once(attributes):
    run = Run(process("start > a > b", {"a": part("userTask", inner=f"<standardLoopCharacteristics {attributes}/>")}))
    run.start()
    run.complete("a")
    assert run.waits() == ["b"]
