"""Multi-instance activities: parallel and sequential, by number and by collection."""

from __future__ import annotations

import pytest

from engine.core.commands.tasks import ThrowTaskError
from engine.core.step import Limits
from engine.errors import ExecutionFailed
from engine.values import JsonValue, ObjectValue
from tests.core.kit import Run
from tests.core.models import (
    boundary,
    call,
    error,
    escalation,
    io,
    listener,
    mapping,
    note,
    part,
    process,
    service,
    sub,
    user,
)

BODY = "a#multiInstanceBody"
both = pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])


def loop(activity, **more):
    return process("start > a > after", {"a": activity, **more})


def body(run):
    return run.elements(BODY)[-1]


# ---------------------------------------------------------------- number and order


def test_parallel_instances_are_all_there_at_once():
    run = Run(loop(user().times(3)))
    run.start()
    assert run.waits() == ["a", "a", "a", BODY]
    assert [row.loop_counter for row in run.elements("a")] == [0, 1, 2]
    run.complete("a", 1)
    run.complete("a", 0)
    assert (body(run).loop_total, body(run).loop_completed, body(run).tokens) == (3, 2, 1)
    run.complete("a")
    assert run.waits() == ["after"]


def test_sequential_instances_follow_each_other():
    run = Run(loop(user().times(3, sequential=True)))
    run.start()
    for index in range(3):
        assert run.waits() == ["a", BODY]
        assert run.living("a")[0].loop_counter == index
        run.complete("a")
    assert run.waits() == ["after"]
    assert run.trace("a", BODY) == [(BODY, "completed")] + [("a", "completed")] * 3


@both
@pytest.mark.parametrize(("cardinality", "count"), [("2", 2), ("${n}", 3), ("${'4'}", 4)])
def test_cardinality(cardinality, count, sequential):
    run = Run(loop(service("${execution.setVariable('last', loopCounter)}").times(cardinality, sequential=sequential)))
    p = run.start(n=3)
    assert run.count("a") == count
    assert run.variables(p)["last"] == count - 1


@both
def test_nothing_to_do_is_passed_through(sequential):
    run = Run(loop(user().times("${n}", sequential=sequential)))
    run.start(n=0)
    assert run.waits() == ["after"]
    assert run.trace("a", BODY) == [(BODY, "completed")]


@pytest.mark.parametrize("value", [-1, 1.5, "many", None, True])
def test_cardinality_that_is_no_number(value):
    run = Run(loop(user().times("${n}")))
    with pytest.raises(ExecutionFailed, match=r"'\$\{n\}' must be a whole number from 0.*\(element 'a'\)"):
        run.start(n=value)


def test_too_many_instances():
    run = Run(loop(user().times(11)), limits=Limits(loop_instances=10))
    with pytest.raises(ExecutionFailed, match="11 instances are more than the limit of 10"):
        run.start()


# ---------------------------------------------------------------- collections

COLLECTIONS = [
    ("items", ["x", "y"]),
    ("${items}", ["x", "y"]),
    ("items", JsonValue('["x", "y"]')),
    ("${items}", JsonValue('["x", "y"]')),
    ("items", ObjectValue('["x", "y"]', "java.util.ArrayList")),
]


@both
@pytest.mark.parametrize(("collection", "items"), COLLECTIONS)
def test_collection(collection, items, sequential):
    activity = user(assignee="${item}").times(collection=collection, element="item", sequential=sequential)
    run = Run(loop(activity))
    p = run.start(items=items)
    assert run.tasks("a")[0].assignee == "x"
    run.complete("a")
    assert run.tasks("a")[0].assignee == "y"
    run.complete("a")
    assert run.waits() == ["after"]
    assert set(run.variables(p)) == {"items"}, "the items are local to the instances"


@both
def test_empty_collection(sequential):
    run = Run(loop(user().times(collection="items", element="item", sequential=sequential)))
    run.start(items=[])
    assert run.waits() == ["after"]


def test_collection_without_an_element_variable_counts():
    run = Run(loop(user().times(collection="items")))
    run.start(items=[1, 2])
    assert run.waits() == ["a", "a", BODY]


@pytest.mark.parametrize(
    ("collection", "variables", "message"),
    [
        ("items", {}, r"Variable 'items' is not found; it should name the collection"),
        ("items", {"items": 5}, "'items' must be a collection, not int"),
        ("${items}", {"items": {"a": 1}}, "must be a collection, not dict"),
        ("${items}", {"items": None}, "must be a collection, not null"),
    ],
)
def test_collection_that_is_none(collection, variables, message):
    run = Run(loop(user().times(collection=collection, element="item")))
    with pytest.raises(ExecutionFailed, match=rf"{message}.*\(element 'a'\)"):
        run.start(**variables)


def test_sequential_collection_that_grew_shorter():
    run = Run(loop(user().times(collection="items", element="item", sequential=True)))
    p = run.start(items=["x", "y"])
    run.set(p, items=["x"])
    with pytest.raises(ExecutionFailed, match="has 1 elements now, and instance 1 was to be made"):
        run.complete("a")
    assert run.waits() == ["a", BODY]


# ---------------------------------------------------------------- variables


def test_counters_are_variables_without_rows():
    seen = "${execution.setVariable('seen', execution.getVariables())}"
    activity = user(listener("end", seen)).times(3)
    run = Run(loop(activity))
    p = run.start()
    run.complete("a", 2)
    assert run.variables(p)["seen"] == {
        "loopCounter": 2,
        "nrOfInstances": 3,
        "nrOfCompletedInstances": 0,
        "nrOfActiveInstances": 3,
    }
    run.complete("a")
    assert run.variables(p)["seen"]["nrOfCompletedInstances"] == 1


def test_inputs_of_each_instance_see_its_item():
    activity = user(io({"twice": "${item * 2}"}), priority="${twice}").times(collection="items", element="item")
    run = Run(loop(activity))
    run.start(items=[1, 2])
    assert [task.priority for task in run.tasks("a")] == [2, 4]


def test_outputs_of_each_instance_go_to_the_process():
    activity = service("${item}", "r").having(io({"r": "0"}, {"last": "${r}"}))
    run = Run(loop(activity.times(collection="items", element="item")))
    p = run.start(items=[1, 2])
    assert run.variables(p)["last"] == 2


def test_variables_of_an_instance_end_with_it():
    run = Run(loop(user().times(collection="items", element="item")))
    run.start(items=["x", "y"])
    first, second = run.elements("a")
    run.complete("a")
    assert (run.variables(first.id), run.variables(second.id)) == ({}, {"item": "y"})


# ---------------------------------------------------------------- completion condition


def test_completion_condition_cancels_the_rest():
    run = Run(loop(user(note("end", "out")).times(4, until="${nrOfCompletedInstances >= 2}")))
    p = run.start(log=[])
    run.complete("a")
    assert run.waits().count("a") == 3
    run.complete("a", 1)
    assert run.waits() == ["after"]
    assert run.trace("a", BODY) == [
        (BODY, "completed"),
        ("a", "completed"),
        ("a", "terminated"),
        ("a", "completed"),
        ("a", "terminated"),
    ]
    assert run.log(p) == ["out"] * 4
    assert run.tasks("a") == []


def test_completion_condition_of_a_sequence():
    run = Run(loop(user().times(4, sequential=True, until="${loopCounter == 1}")))
    run.start()
    run.complete("a")
    run.complete("a")
    assert run.waits() == ["after"]
    assert run.count("a") == 2


def test_completion_condition_sees_what_the_instance_set():
    run = Run(loop(user().times(3, until="${done}")))
    run.start()
    run.complete("a", done=False)
    run.complete("a", done=True)
    assert run.waits() == ["after"]


def test_completion_condition_that_holds_at_once_leaves_planned_instances_out():
    run = Run(loop(part("task").times(3, until="${nrOfCompletedInstances == 1}")))
    run.start()
    assert run.waits() == ["after"]
    assert run.count("a") == 1


def test_completion_condition_must_be_true_or_false():
    run = Run(loop(user().times(3, until="${nrOfCompletedInstances}")))
    run.start()
    with pytest.raises(ExecutionFailed, match="must give true or false, not 1"):
        run.complete("a")
    assert run.waits() == ["a", "a", "a", BODY]


# ---------------------------------------------------------------- other activities


@both
def test_sub_process(sequential):
    inner = sub("start_in > x > y").times(collection="items", element="item", sequential=sequential)
    run = Run(process("start > s > after", {"s": inner}))
    run.start(items=["v", "w"])
    for _ in range(2):
        run.complete("x")
        run.complete("y")
    assert run.waits() == ["after"]
    assert run.count("s") == 2


@both
def test_call_activity(sequential):
    activity = call("q", mapping("in", source="item", target="mine") + mapping("out", source="mine", target="last"))
    run = Run(
        loop(activity.times(collection="items", element="item", sequential=sequential)),
        process("start > x", id="q"),
    )
    p = run.start(items=["v", "w"])
    assert run.variables(run.called(p).id) == {"mine": "v" if sequential else "w"}
    run.complete("x")
    run.complete("x")
    assert run.waits() == ["after"]
    assert run.variables(p) == {"items": ["v", "w"], "last": "w"}


def test_completion_condition_ends_called_instances():
    run = Run(loop(call("q").times(3, until="${nrOfCompletedInstances == 1}")), process("start > x", id="q"))
    run.start()
    run.complete("x", 1)
    assert run.waits() == ["after"]
    assert run.tasks("x") == []


def test_loops_within_loops():
    inner = sub("start_in > b", {"b": user(name="${outer}/${inner}").times(collection="outer", element="inner")})
    run = Run(process("start > s > after", {"s": inner.times(collection="all", element="outer")}))
    run.start(all=[["1", "2"], ["3"]])
    assert [task.name.rsplit("/", 1)[1] for task in run.tasks("b")] == ["1", "2", "3"]
    for _ in range(3):
        run.complete("b")
    assert run.waits() == ["after"]
    assert run.count("b#multiInstanceBody") == 2


def test_listeners_of_body_and_instances():
    """Listeners belong to the instances; there are none of the body."""
    run = Run(loop(user(note("start", "in") + note("end", "out")).times(2)))
    p = run.start(log=[])
    run.complete("a")
    run.complete("a")
    assert run.log(p) == ["in", "in", "out", "out"]


# ---------------------------------------------------------------- jobs


def test_instances_that_begin_with_a_job_each():
    run = Run(loop(user().times(2, extra=' camunda:asyncBefore="true"')))
    run.start()
    assert run.trace("a") == [("a", "ready"), ("a", "ready")]
    run.resume("a", 1)
    assert run.trace("a") == [("a", "ready"), ("a", "active")]
    run.complete("a")
    run.resume("a")
    run.complete("a")
    assert run.waits() == ["after"]


def test_instances_that_end_with_a_job_each():
    run = Run(loop(user().times(2, until="${nrOfCompletedInstances == 2}", extra=' camunda:asyncAfter="true"')))
    run.start()
    run.complete("a")
    assert body(run).loop_completed == 0, "an instance is counted when its token leaves"
    run.resume("a")
    assert body(run).loop_completed == 1
    run.complete("a")
    run.resume("a")
    assert run.waits() == ["after"]


def test_sequence_of_instances_with_jobs_between_them():
    extra = ' camunda:asyncBefore="true" camunda:asyncAfter="true"'
    run = Run(loop(user().times(2, sequential=True, extra=extra)))
    run.start()
    for _ in range(2):
        run.resume("a")
        run.complete("a")
        run.resume("a")
    assert run.waits() == ["after"]


def test_body_that_begins_with_a_job():
    run = Run(loop(user(asyncBefore=True).times(2)))
    run.start()
    assert run.trace("a", BODY) == [(BODY, "ready")]
    run.resume(BODY)
    assert run.waits() == ["a", "a", BODY]


def test_completion_condition_cancels_tokens_that_wait_for_jobs():
    run = Run(loop(user().times(3, until="${true}", extra=' camunda:asyncBefore="true"')))
    run.start()
    run.resume("a")
    run.complete("a")
    assert run.waits() == ["after"]
    assert run.jobs("a") == []


# ---------------------------------------------------------------- errors


def test_error_in_one_instance_cancels_all():
    run = Run(loop(user().times(3), caught=boundary("a", error("E1"))))
    run.start()
    run.do(ThrowTaskError(id=run.tasks("a")[1].id, code="E1"))
    assert run.trace("a", BODY) == [(BODY, "terminated")] + [("a", "terminated")] * 3


def test_error_nobody_catches_ends_one_instance():
    run = Run(loop(user().times(2)))
    run.start()
    run.do(ThrowTaskError(id=run.tasks("a")[0].id, code="E1"))
    assert run.waits() == ["a", BODY]
    assert body(run).loop_completed == 1
    run.complete("a")
    assert run.waits() == ["after"]


def test_error_nobody_catches_goes_on_to_the_next_of_a_sequence():
    run = Run(loop(user().times(2, sequential=True)))
    run.start()
    run.throw_error("a", "E1")
    assert run.living("a")[0].loop_counter == 1
    run.complete("a")
    assert run.waits() == ["after"]


def test_escalation_that_does_not_interrupt_leaves_the_instances():
    run = Run(
        process(
            "start > a > after; caught > b",
            {"a": user().times(1), "caught": boundary("a", escalation("X"), interrupting=False)},
        )
    )
    run.start()
    run.escalate("a", "X")
    assert run.waits() == ["a", BODY, "b"]


def test_deleting_the_instance_ends_all():
    run = Run(loop(user().times(5)))
    p = run.start()
    run.complete("a")
    run.delete(p)
    assert run.waits() == []
    assert run.state(p) == "EXTERNALLY_TERMINATED"
