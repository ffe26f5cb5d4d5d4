"""Conditional events: asked when what they belong to begins, and when variables change."""

from __future__ import annotations

import pytest

from engine.core.commands.events import StartByConditions
from engine.core.commands.jobs import ExecuteJob
from engine.core.commands.work import CompleteWork, FailWork
from engine.core.step import Limits
from engine.errors import Conflict, ExecutionFailed, LoopLimit, NotFound, Suspended
from tests.core.kit import Run
from tests.core.models import (
    Part,
    boundary,
    call,
    catch,
    condition,
    end,
    error,
    event_sub,
    io,
    listener,
    mapping,
    message,
    note,
    part,
    process,
    service,
    sub,
    task_listener,
    user,
)

X1 = condition("${x == 1}", name="x")
SET = "${execution.setVariable('x', 1)}"
INTERRUPTING = pytest.mark.parametrize("interrupting", [True, False])


def waiting(run, event="c"):
    """How many subscriptions an event has."""
    return len(run.subscriptions(event))


# ---------------------------------------------------------------- in the flow


def test_token_waits_until_the_condition_holds():
    run = Run(process("start > c > a", {"c": catch(X1)}))
    p = run.start(x=0)
    (subscription,) = run.subscriptions("c")
    assert (subscription.kind, subscription.name, subscription.configuration) == ("conditional", None, None)
    run.set(p, x=2)
    assert run.waits() == ["c"]
    run.set(p, x=1)
    assert (run.waits(), waiting(run)) == (["a"], 0)


def test_token_does_not_wait_where_the_condition_holds_already():
    run = Run(process("start > c > a", {"c": catch(X1)}))
    run.start(x=1)
    assert (run.waits(), waiting(run)) == (["a"], 0)


@pytest.mark.parametrize("unknown", ["${y == 1}", "${m.z == 1}"])
def test_unknown_name_is_no_reason_to_go_on(unknown):
    run = Run(process("start > c > a", {"c": catch(condition(unknown))}))
    p = run.start(m={})
    run.set(p, x=1)
    assert run.waits() == ["c"]


@pytest.mark.parametrize("value", [None, 3])
def test_condition_that_gives_neither_true_nor_false_fails_the_change(value):
    run = Run(process("start > c > a", {"c": catch(condition("${x}"))}))
    p = run.start()
    with pytest.raises(ExecutionFailed, match="must give true or false"):
        run.set(p, x=value)
    assert run.variables(p) == {}


def test_only_changes_of_named_variables_are_looked_at():
    run = Run(process("start > c > a", {"c": catch(condition("${x == 1}", name="y, z"))}))
    p = run.start()
    run.set(p, x=1)
    assert run.waits() == ["c"]
    run.set(p, z=0)
    assert run.waits() == ["a"]


@pytest.mark.parametrize(("events", "waits"), [("create", ["a"]), ("update", ["c"]), ("create, update", ["a"])])
def test_only_named_events_are_looked_at(events, waits):
    run = Run(process("start > c > a", {"c": catch(condition("${x == 1}", events=events))}))
    p = run.start()
    run.set(p, x=1)
    assert run.waits() == waits
    if waits == ["c"]:
        run.set(p, x=1)
        assert run.waits() == ["a"]


def test_removing_a_variable_is_an_event_too():
    run = Run(process("start > c > a", {"c": catch(condition("${go}", events="delete"))}))
    p = run.start(go=False, x=1)
    run.set(p, x=2, go=True)
    assert run.waits() == ["c"]
    run.set(p, "x")
    assert run.waits() == ["a"]


def test_variable_that_was_removed_is_created_again():
    run = Run(process("start > c > a", {"c": catch(condition("${x == 1}", name="x", events="create"))}))
    p = run.start(x=0)
    run.set(p, x=1)
    run.set(p, "x")
    assert run.waits() == ["c"]
    run.set(p, x=1)
    assert run.waits() == ["a"]


def test_one_of_several_conditions_is_enough():
    both = Part("intermediateCatchEvent", condition("${x == 1}", name="x") + condition("${y == 1}", name="y"))
    run = Run(process("start > c > a", {"c": both}))
    p = run.start()
    assert [each.configuration for each in run.subscriptions("c")] == [None, "1"]
    run.set(p, y=1)
    assert run.waits() == ["a"]


def test_parallel_multiple_event_waits_for_condition_and_message():
    both = Part("intermediateCatchEvent", X1 + message("m"), "", {"parallelMultiple": True})
    run = Run(process("start > c > a", {"c": both}))
    p = run.start()
    run.set(p, x=1)
    assert (run.waits(), waiting(run)) == (["c"], 1)
    run.set(p, x=0)
    run.deliver("c")
    assert run.waits() == ["a"]


@pytest.mark.parametrize("at_once", [True, False])
def test_gateway_goes_the_way_of_the_condition(at_once):
    parts = {"c": catch(X1), "m": catch(message("m"))}
    run = Run(process("start > first > c > a; first > m > b", parts))
    p = run.start(x=1) if at_once else run.start()
    if not at_once:
        assert run.waits() == ["first"]
        run.set(p, x=1)
    assert (run.waits(), waiting(run, "m")) == (["a"], 0)


# ---------------------------------------------------------------- boundary events


def test_activity_is_cancelled_before_it_does_anything_where_the_condition_holds():
    run = Run(process("start > a; c > b", {"a": user(note("start", "a")), "c": boundary("a", condition("${true}"))}))
    p = run.start(log=[])
    assert (run.waits(), run.tasks("a"), waiting(run)) == (["b"], [], 0)
    assert run.trace("a", "c") == [("a", "terminated"), ("c", "completed")]
    assert run.log(p) == ["a"]


def test_beginning_is_looked_at_whatever_variable_is_named():
    run = Run(process("start > a; c > b", {"c": boundary("a", condition("${y == 1}", name="x"))}))
    run.start(y=1)
    assert run.waits() == ["b"]


def test_beginning_counts_once_whatever_was_prepared():
    parts = {
        "a": user(io({"x": "${1}"}) + listener("start", "${execution.setVariable('x', 1)}")),
        "c": boundary("a", X1, interrupting=False),
    }
    run = Run(process("start > a; c > b", parts))
    run.start()
    assert run.waits() == ["a", "b"]


@INTERRUPTING
def test_change_of_a_variable(interrupting):
    run = Run(process("start > a; c > b", {"c": boundary("a", X1, interrupting=interrupting)}))
    p = run.start()
    run.set(p, y=1)
    run.set(p, x=2)
    assert run.waits() == ["a"]
    run.set(p, x=1)
    assert (run.waits(), waiting(run)) == ((["b"], 0) if interrupting else (["a", "b"], 1))


def test_event_that_does_not_interrupt_fires_with_every_change():
    run = Run(process("start > a; c > b", {"c": boundary("a", condition("${x == 1}"), interrupting=False)}))
    p = run.start()
    run.set(p, x=1)
    run.set(p, x=1)
    run.set(p, y=1, z=1)
    assert run.waits() == ["a"] + ["b"] * 4
    run.set(p, x=0)
    assert run.waits() == ["a"] + ["b"] * 4


@INTERRUPTING
def test_service_task_makes_its_own_condition_true(interrupting):
    parts = {"s": service(SET), "c": boundary("s", X1, interrupting=interrupting)}
    run = Run(process("start > s > a; c > b", parts))
    run.start()
    assert (run.waits(), waiting(run)) == ((["b"] if interrupting else ["a", "b"]), 0)
    assert run.trace("s") == [("s", "terminated" if interrupting else "completed")]


def test_end_listener_comes_too_late_for_the_own_condition():
    parts = {"pass": part("task", listener("end", SET)), "c": boundary("pass", X1)}
    run = Run(process("start > pass > a; c > b", parts))
    run.start()
    assert run.waits() == ["a"]


def test_output_of_a_called_process_is_looked_at_before_the_call_ends():
    called = process("start > s", {"s": service("${execution.setVariable('q', 1)}")}, id="called")
    parts = {"k": call("called", mapping("out", source="q", target="x")), "c": boundary("k", X1)}
    run = Run(process("start > k > a; c > b", parts), called)
    run.start()
    assert run.waits() == ["b"]


def test_called_instances_do_not_see_what_changes_around_the_call():
    called = process("start > c > a", {"c": catch(X1)}, id="called")
    run = Run(process("start > k", {"k": call("called")}), called)
    p = run.start()
    run.set(p, x=1)
    assert run.waits() == ["c", "k"]
    run.set(run.called(p).id, x=1)
    assert run.waits() == ["a", "k"]


def test_event_at_a_sub_process_ends_all_in_it():
    inner = sub("start_in > a; d > e", {"d": boundary("a", X1)})
    run = Run(process("start > s; c > b", {"s": inner, "c": boundary("s", X1)}))
    p = run.start()
    run.set(p, x=1)
    assert run.waits() == ["b"]
    assert run.trace("a", "d", "e") == [("a", "terminated")]


def test_inner_and_outer_events_both_go_on_where_they_do_not_interrupt():
    inner = sub("start_in > a; d > e", {"d": boundary("a", X1, interrupting=False)})
    run = Run(process("start > s; c > b", {"s": inner, "c": boundary("s", X1, interrupting=False)}))
    p = run.start()
    run.set(p, x=1)
    assert run.waits() == ["a", "b", "e", "s"]


def test_first_of_two_events_at_one_activity_takes_it():
    run = Run(process("start > a; c > b; d > e", {"c": boundary("a", X1), "d": boundary("a", X1)}))
    p = run.start()
    run.set(p, x=1)
    assert run.waits() == ["b"]


def test_condition_sees_what_is_local_to_the_activity():
    parts = {"s": sub("start_in > a").having(io({"x": "${0}"})), "c": boundary("s", X1)}
    run = Run(process("start > s; c > b", parts))
    p = run.start()
    run.set(p, local=True, x=1)
    assert run.waits() == ["a", "s"]
    run.set(run.elements("a")[0].id, x=1)
    assert run.waits() == ["b"]


def test_counters_of_a_multi_instance_activity_are_variables_too():
    done = condition("${nrOfCompletedInstances == 2}", name="nrOfCompletedInstances")
    run = Run(process("start > a > d; c > b", {"a": user().times(3), "c": boundary("a", done)}))
    run.start()
    run.complete("a")
    assert run.waits() == ["a", "a", "a#multiInstanceBody"]
    run.complete("a")
    assert run.waits() == ["b"]


def test_cancelled_activity_does_not_go_on_for_what_its_error_tells():
    parts = {
        "s": sub("start_in > bad", {"bad": end(error("E1"))}),
        "caught": boundary("s", error("E1", code_to="x")),
        "c": boundary("s", condition("${x == 'E1'}")),
    }
    run = Run(process("start > s; caught > a; c > b", parts))
    run.start()
    assert run.waits() == ["a"]


def test_activity_that_a_message_cancels_does_not_go_on_for_its_variables():
    run = Run(process("start > a; m > b; c > d", {"m": boundary("a", message("m")), "c": boundary("a", X1)}))
    run.start()
    run.deliver("m", x=1)
    assert run.waits() == ["b"]


# ---------------------------------------------------------------- event sub-processes

INTERRUPTS = {"e": event_sub("on > h", X1)}
BESIDE = {"e": event_sub("on > h", X1, interrupting=False)}


def test_process_is_interrupted():
    run = Run(process("start > a", INTERRUPTS))
    p = run.start()
    run.set(p, x=1)
    assert (run.waits(), waiting(run, "on")) == (["e", "h"], 0)
    run.complete("h")
    assert run.state(p) == "COMPLETED"


def test_event_sub_process_starts_before_the_start_event_where_the_condition_holds():
    run = Run(process("start > a", INTERRUPTS))
    run.start(x=1)
    assert run.waits() == ["e", "h"]
    assert run.trace("start") == []


def test_variables_at_the_start_count_beside_the_start():
    run = Run(process("start > a", BESIDE))
    run.start(x=1)
    assert run.waits() == ["a", "e", "e", "h", "h"]


def test_start_alone_is_looked_at_once():
    run = Run(process("start > a", {"e": event_sub("on > h", condition("${true}"), interrupting=False)}))
    run.start()
    assert run.waits() == ["a", "e", "h"]


def test_variables_that_come_with_a_completion_prevent_what_follows():
    run = Run(process("start > a > b", INTERRUPTS))
    run.start()
    run.complete("a", x=1)
    assert run.waits() == ["e", "h"]
    assert run.trace("a", "b") == [("a", "terminated")]


@pytest.mark.parametrize("where", ["end listener", "take listener", "output"])
def test_what_leaving_changes_is_looked_at_before_the_next_element(where):
    left = {
        "end listener": part("task", listener("end", SET)),
        "take listener": part("task"),
        "output": part("task", io({}, {"x": "${1}"})),
    }
    on_flow = {"pass_b": listener("take", SET)} if where == "take listener" else {}
    run = Run(process("start > pass > b", {**INTERRUPTS, "pass": left[where]}, on_flow=on_flow))
    run.start()
    assert run.waits() == ["e", "h"]
    assert run.trace("pass", "b") == [("pass", "completed")]


def test_what_preparing_changes_is_looked_at_before_the_element_begins():
    parts = {**INTERRUPTS, "a": user(listener("start", SET) + note("end", "a"))}
    run = Run(process("start > a", parts))
    p = run.start(log=[])
    assert (run.waits(), run.tasks("a"), run.log(p)) == (["e", "h"], [], ["a"])


@pytest.mark.parametrize("event", ["create", "complete", "assignment"])
def test_task_listeners_change_variables_too(event):
    run = Run(process("start > a > b", {**BESIDE, "a": user(task_listener(event, SET), assignee="ada")}))
    run.start()
    if event == "complete":
        run.complete("a")
    assert "h" in run.waits()


def test_path_beside_is_not_even_begun_when_the_first_one_interrupts():
    run = Run(process("start > fork > s > a; fork > b", {**INTERRUPTS, "s": service(SET)}))
    run.start()
    assert run.waits() == ["e", "h"]
    assert run.trace("b") == []


def test_last_change_before_the_end_starts_nothing():
    parts = {**BESIDE, "end": part("endEvent", listener("end", SET))}
    run = Run(process("start > a > end", parts))
    p = run.start()
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_what_is_local_to_an_activity_concerns_nobody_around():
    run = Run(process("start > a", {**BESIDE, "a": user(io({"x": "${1}"}))}))
    run.start()
    assert run.waits() == ["a"]


def test_local_variable_of_a_task_concerns_its_activity():
    run = Run(process("start > a; c > b", {"c": boundary("a", condition("${go}", name="x"), interrupting=False)}))
    run.start(go=False)
    run.set(run.instance(1001).id, go=True)
    assert run.waits() == ["a"]
    run.set(run.task("a").id, local=True, x=1)
    assert run.waits() == ["a", "b"]


def test_event_sub_process_of_a_sub_process_is_asked_when_that_begins():
    inner = sub("start_in > a", {"e": event_sub("on > h", X1)})
    run = Run(process("start > s > b", {"s": inner}))
    run.start(x=1)
    assert run.waits() == ["e", "h", "s"]
    assert run.trace("start_in") == []
    run.complete("h")
    assert run.waits() == ["b"]


def test_condition_that_its_own_event_sub_process_makes_true_again_and_again_is_cut():
    again = event_sub("on > s", condition("${x > 0}"), {"s": service(SET)}, interrupting=False)
    run = Run(process("start > a", {"e": again}), limits=Limits(elements_per_step=500))
    p = run.start()
    with pytest.raises(LoopLimit):
        run.set(p, x=1)
    assert run.waits() == ["a"]


# ---------------------------------------------------------------- where changes come from


def external():
    return part("serviceTask", type="external", topic="t")


def test_worker_completes_with_a_variable():
    run = Run(process("start > w > a", {**INTERRUPTS, "w": external()}))
    run.start()
    run.do(CompleteWork(id=run.jobs("w")[0].id, variables={"x": 1}))
    assert (run.waits(), run.jobs("w")) == (["e", "h"], [])


def test_worker_fails_with_a_variable():
    run = Run(process("start > w > a", {**BESIDE, "w": external()}))
    run.start()
    run.do(FailWork(id=run.jobs("w")[0].id, message="no", retries=1, variables={"x": 1}))
    assert run.waits() == ["e", "h", "w"]


def test_message_brings_a_variable():
    run = Run(process("start > m > a", {**INTERRUPTS, "m": catch(message("m"))}))
    run.start()
    run.deliver("m", x=1)
    assert run.waits() == ["e", "h"]
    assert run.trace("m") == [("m", "terminated")]


def test_continuation_goes_on_where_nothing_changed():
    run = Run(process("start > a > b", {**INTERRUPTS, "a": user(asyncBefore=True)}))
    p = run.start()
    run.set(p, x=0)
    run.do(ExecuteJob(id=run.jobs("a")[0].id))
    run.set(p, x=1)
    assert run.waits() == ["e", "h"]


def test_token_before_a_transaction_is_cancelled():
    run = Run(process("start > a > b", {**INTERRUPTS, "a": user(asyncBefore=True)}))
    p = run.start()
    run.set(p, x=1)
    assert (run.waits(), run.jobs("a")) == (["e", "h"], [])


# ---------------------------------------------------------------- suspension


def test_suspended_instance_refuses_only_changes_that_would_move_it():
    run = Run(process("start > c > a", {"c": catch(X1)}))
    p = run.start()
    run.suspend(p)
    run.set(p, y=1)
    with pytest.raises(Suspended):
        run.set(p, x=1)
    assert run.variables(p) == {"y": 1}
    run.suspend(p, activate=True)
    run.set(p, x=1)
    assert run.waits() == ["a"]


# ---------------------------------------------------------------- many


def test_every_instance_of_a_multi_instance_activity_has_its_own_event():
    inner = sub("start_in > a; c > b", {"c": boundary("a", condition("${loopCounter < x}", name="x"))}).times(4)
    run = Run(process("start > s", {"s": inner}))
    p = run.start(x=0)
    run.set(p, x=2)
    assert [run.waits().count(each) for each in ("a", "b", "s")] == [2, 2, 4]


# ---------------------------------------------------------------- starting instances


def start_event(text, **filters):
    return Part("startEvent", condition(text, **filters))


def evaluate(run, *definitions, **variables):
    starts = tuple((id, None) for id in definitions)
    return [each.id for each in run.do(StartByConditions(starts=starts, business_key="B", variables=variables))]


def test_instances_start_where_the_condition_holds_for_the_given_variables():
    run = Run(
        process("start > a", {"start": start_event("${x == 1}")}, id="p"),
        process("start > b", {"start": start_event("${x > 0}")}, id="q"),
        process("start > d", {"start": start_event("${y == 1}")}, id="r"),
    )
    first, second = evaluate(run, 1, 2, 3, x=1)
    assert run.waits() == ["a", "b"]
    assert run.variables(first) == run.variables(second) == {"x": 1}
    assert run.instance(first).business_key == "B"


def test_process_may_start_at_several_events_at_once():
    parts = {"start": start_event("${x > 0}"), "start2": start_event("${x > 1}")}
    run = Run(process("start > a; start2 > b", parts))
    assert len(evaluate(run, 1, x=2)) == 2
    (one,) = run.do(StartByConditions(starts=((1, "start"),), variables={"x": 2}))
    assert run.instance(one.id).start_element_id == "start"


def test_named_variable_must_be_given():
    run = Run(process("start > a", {"start": start_event("${x == 1}", name="y")}))
    assert evaluate(run, 1, x=1) == []
    assert len(evaluate(run, 1, x=1, y=2)) == 1


def test_suspended_definition_starts_nothing():
    run = Run(process("start > a", {"start": start_event("${true}")}))
    run.deployed.suspended.add(1)
    assert evaluate(run, 1) == []


def test_definition_without_a_conditional_start_event_cannot_be_asked():
    run = Run(process("start > a"))
    with pytest.raises(Conflict, match="does not declare"):
        evaluate(run, 1)
    with pytest.raises(NotFound):
        evaluate(run, 9)
