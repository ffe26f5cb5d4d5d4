"""Listeners that hand over to handlers: what they listen to waits until the work is done."""

from __future__ import annotations

import json

import pytest

from engine.core.commands.modification import ModifyInstance, StartBefore
from engine.core.commands.work import ThrowWorkError
from engine.errors import ExecutionFailed
from tests.core.kit import Run, refusals, warnings
from tests.core.models import boundary, error, io, note, part, process, sub, user


def handing(event: str, name: str = "h", way: str = "executionListener") -> str:
    return f'<camunda:{way} event="{event}" class="{name}"/>'


def seen(run: Run, element: str) -> list[tuple[str, str]]:
    """(topic, event) of the work that listeners of an element have handed over."""
    return [(job.topic, json.loads(job.payload)["listener"]["event"]) for job in run.jobs(element)]


def test_start_listener_keeps_the_element_from_being_entered():
    run = Run(process("start > a > b", {"a": user(handing("start") + note("start", "after"))}))
    p = run.start(log=[])
    assert (seen(run, "a"), run.tasks("a"), run.waits()) == ([("h", "start")], [], ["a"])
    assert run.log(p) == []
    run.work("a", x=1)
    assert (run.variables(p)["x"], run.log(p)) == (1, ["after"])
    run.complete("a")
    assert run.waits() == ["b"]


def test_listeners_follow_each_other_in_document_order():
    listeners = note("start", "1") + handing("start", "x") + note("start", "2") + handing("start", "y")
    run = Run(process("start > a", {"a": user(listeners + note("start", "3"))}))
    p = run.start(log=[])
    run.work("a")
    assert (run.log(p), seen(run, "a")) == (["1", "2"], [("y", "start")])
    run.work("a")
    assert (run.log(p), len(run.tasks("a"))) == (["1", "2", "3"], 1)


def test_inputs_are_there_for_a_start_listener_and_outputs_follow_the_end_listener():
    extensions = io({"i": "${1}"}, {"o": "${made}"}) + handing("start") + handing("end")
    run = Run(process("start > a > b", {"a": user(extensions)}))
    p = run.start()
    assert run.variables(run.elements("a")[0].id) == {"i": 1}
    run.work("a")
    run.complete("a")
    assert (seen(run, "a"), run.waits()) == ([("h", "end")], ["a"])
    run.work("a", made=2)
    assert (run.variables(p), run.waits()) == ({"made": 2, "o": 2}, ["b"])


def test_cancelled_while_a_listener_is_at_work():
    inner = sub("start_in > a; start_in > c", {"a": user(handing("start")), "c": user(handing("end"))})
    run = Run(process("start > s; caught > b", {"s": inner, "caught": boundary("s", error("E"))}))
    run.start()
    run.complete("c")
    (job,) = run.jobs("c")
    run.do(ThrowWorkError(id=job.id, code="E"))
    assert run.waits() == ["b"]
    assert [str(each.state) for each in (*run.elements("a"), *run.elements("c"))] == ["terminated"] * 2
    assert run.jobs("a") == []


def test_error_that_nobody_catches_ends_the_token():
    run = Run(process("start > a > b", {"a": user(handing("start"))}))
    p = run.start()
    run.do(ThrowWorkError(id=run.jobs("a")[0].id, code="E"))
    assert (run.state(p), run.trace("b")) == ("COMPLETED", [])


def test_token_waits_behind_an_element_for_the_listener_of_its_flow():
    run = Run(process("start > a > b; a > c", on_flow={"a_b": handing("take")}))
    run.start()
    run.complete("a")
    assert (run.waits(), seen(run, "a")) == (["a", "c"], [("h", "take")])
    run.work("a")
    assert run.waits() == ["b", "c"]


def test_listeners_of_the_process():
    run = Run(process("start > a > end", extensions=handing("start", "s") + handing("end", "e")))
    p = run.start()
    assert (run.waits(), seen(run, "start")) == (["start"], [("s", "start")])
    run.work("start")
    run.complete("a")
    assert (run.state(p), seen(run, "start")) == ("ACTIVE", [("e", "end")])
    run.work("start", x=1)
    assert (run.state(p), run.variables(p, ended=True)) == ("COMPLETED", {"x": 1})


@pytest.mark.parametrize("event", ["create", "assignment", "complete"])
def test_listener_of_a_task_works_beside_it_and_is_waited_for(event):
    listeners = handing(event, way="taskListener")
    run = Run(process("start > a > b", {"a": user(listeners, assignee="ann")}))
    run.start()
    task = run.task("a")
    if event != "complete":
        assert seen(run, "a") == [("h", event)]
    run.complete("a")
    assert run.waits() == ["a"]
    (job,) = run.jobs("a")
    assert json.loads(job.payload)["listener"] == {"event": event, "task": task.id}
    run.work("a", x=1)
    assert run.waits() == ["b"]


def test_delegate_expression_names_the_handler():
    listener = '<camunda:executionListener event="start" delegateExpression="${ audit }"/>'
    run = Run(process("start > a", {"a": user(listener)}))
    run.start()
    assert seen(run, "a") == [("audit", "start")]


def test_delegate_expression_that_names_no_handler_fails_when_it_is_reached():
    listener = '<camunda:executionListener event="start" delegateExpression="${audit.of(x)}"/>'
    file = process("start > b > a", {"a": user(listener)})
    (told,) = warnings(file)
    assert "must name a handler" in told
    run = Run(file)
    run.start()
    with pytest.raises(ExecutionFailed, match="must name a handler"):
        run.complete("b")


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
def test_token_waits_for_others_when_its_start_listener_is_done(kind):
    file = process(
        "start > fork > a > join > c; fork > b > join", {"fork": part(kind), "join": part(kind, handing("start"))}
    )
    run = Run(file)
    run.start()
    run.complete("a")
    run.complete("b")
    assert (seen(run, "join"), run.waits()) == ([("h", "start")] * 2, ["join", "join"])
    run.work("join")
    assert (len(run.jobs("join")), run.waits()) == (1, ["join", "join"])
    run.work("join")
    assert run.waits() == ["c"]
    assert [state for element, state in run.trace() if element == "join"] == ["completed", "completed"]


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
def test_tokens_that_have_joined_wait_for_the_end_listener_as_one(kind):
    file = process(
        "start > fork > a > join > c; fork > b > join", {"fork": part(kind), "join": part(kind, handing("end"))}
    )
    run = Run(file)
    run.start()
    run.complete("a")
    assert seen(run, "join") == []
    run.complete("b")
    assert (seen(run, "join"), run.waits()) == ([("h", "end")], ["join"])
    run.work("join")
    assert run.waits() == ["c"]


def test_join_waits_for_a_token_that_leaves_it_and_may_come_back():
    parts = {
        "fork": part("inclusiveGateway"),
        "again": part("inclusiveGateway"),
        "join": part("inclusiveGateway", handing("end")),
    }
    run = Run(process("start > fork > a > join > again > [${redo}] join; again > [${true}] c; fork > b > join", parts))
    run.start(redo=True)
    run.complete("a")
    run.complete("b")
    assert seen(run, "join") == [("h", "end")]
    run.work("join", redo=True)
    assert sorted(run.waits()) == ["c", "join"]
    assert seen(run, "join") == [("h", "end")]
    run.work("join", redo=False)
    assert run.waits() == ["c", "c"]


def test_token_that_arrives_while_the_join_is_left_waits_for_the_one_that_may_come_back():
    parts = {"again": part("exclusiveGateway"), "join": part("inclusiveGateway", handing("end"))}
    run = Run(process("start > a > join > again > [${redo}] d > join; again > [${not redo}] c; b > join", parts))
    p = run.start()
    run.complete("a")
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="b")]))
    run.complete("b")
    assert (run.waits(), len(run.jobs("join"))) == (["join", "join"], 1)
    run.work("join", redo=True)
    assert (run.waits(), run.jobs("join")) == (["d", "join"], [])
    run.complete("d")
    assert (run.waits(), len(run.jobs("join"))) == (["join"], 1)
    run.work("join", redo=False)
    assert run.waits() == ["c"]


def test_complex_gateway_that_joins_cannot_wait_for_a_handler():
    condition = "<activationCondition>${activationCount > 1}</activationCondition>"
    join = part("complexGateway", handing("start"), condition)
    (problem,) = refusals(process("start > fork > join > a; fork > join", {"join": join}))
    assert "'join' names a handler" in problem


def test_deleting_the_instance_waits_for_nobody():
    run = Run(process("start > a", {"a": user(handing("end") + handing("delete", way="taskListener"))}))
    p = run.start()
    run.delete(p)
    assert (run.state(p), run.jobs("a")) == ("EXTERNALLY_TERMINATED", [])
