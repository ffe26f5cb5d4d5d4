"""Instances that begin as another one was: what waits, with which variables, and how it goes on from there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bpmn.model import Kind
from engine.core.commands.fork import ForkInstance, Position, positions, refusals
from engine.core.state import ElementInstance, Operation
from engine.errors import InvalidInstruction, NotFound, Suspended
from tests.core.kit import NOON, Run
from tests.core.models import (
    ad_hoc,
    call,
    catch,
    compensate,
    complex_gateway,
    event_sub,
    io,
    message,
    note,
    process,
    sub,
    throw,
    undone_by,
    user,
)


def now(run: Run, p: int) -> tuple[Position, ...]:
    """The positions of an instance as it is: what history tells of its last moment."""
    found = [each for each in run.rows(ElementInstance) if each.process_instance_id == p]
    living = [each for each in found if each.ended_at is None]
    counted = [
        each.scope_id
        for each in found
        if (each.loop_counter is not None or each.element_kind == Kind.AD_HOC_INSTANCE)
        and each.ended_at is not None
        and not each.canceled
    ]
    return positions(NOON, living, {each.id: run.variables(each.id) for each in living}, Counter(counted))


def fork(run: Run, p: int, **options: Any) -> int:
    known = {"positions": now(run, p), "variables": run.variables(p)} | options
    origin = {"forked_id": p, "forked_root_id": p, "forked_definition_id": 1, "forked_at": NOON}
    return run.do(ForkInstance(**{"definition_id": 1, **origin, **known}))


def picture(run: Run, p: int) -> Any:
    """What is alive in an instance: the elements inside each other, their loops, their variables."""
    living = [each for each in run.rows(ElementInstance) if each.process_instance_id == p and each.ended_at is None]

    def inside(scope: int) -> list[Any]:
        here = (each for each in living if each.scope_id == scope)
        return sorted(
            (
                each.element_id,
                str(each.state),
                each.loop_counter,
                each.loop_total,
                each.loop_completed,
                str(sorted(run.variables(each.id).items())),
                inside(each.id),
            )
            for each in here
        )

    return run.variables(p), inside(p)


def complete(*elements: str) -> Callable[[Run], None]:
    def prepare(run: Run) -> None:
        for element in elements:
            run.complete(element)

    return prepare


def activated(run: Run) -> None:
    run.activate("b", "d", v=1)
    run.complete("d")


SPLIT = "start > fork > a > join > end; fork > s > join"
IN_TURN = user().times(collection="list", element="item", sequential=True)
MODELS: dict[str, tuple[bytes, Callable[[Run], None]]] = {
    "tokens at a join": (process(SPLIT, {"s": sub("start_in > b > c")}), complete("a")),
    "tokens in a scope": (process(SPLIT, {"s": sub("start_in > fork_in > b > c; fork_in > d")}), complete("b")),
    "a scope with mappings": (
        process("start > s > e", {"s": sub("start_in > b").having(io({"i": "${x}"}))}),
        lambda run: run.set(run.living("s")[0].id, i=2, own=3, local=True),
    ),
    "all at once": (
        process("start > a > e", {"a": user().times(collection="list", element="item")}),
        complete("a"),
    ),
    "one by one": (process("start > a > e", {"a": IN_TURN}), complete("a")),
    "scopes, all at once": (process("start > s > e", {"s": sub("start_in > b > c").times(3)}), complete("b", "b", "c")),
    "a loop": (process("start > a > e", {"a": user().looping("${x == 1}")}), complete("a", "a")),
    "a job before": (process("start > a > e", {"a": user(asyncBefore="true")}), complete()),
    "events": (
        process("start > first > m > e; first > n", {"m": catch(message("m")), "n": catch(message("n"))}),
        complete(),
    ),
    "a called process": (process("start > k > e", {"k": call("q")}), complete()),
    "an ad-hoc sub-process": (process("start > h > e", {"h": ad_hoc("b > c; d")}), activated),
    "one that has not begun": (
        process("start > h > e", {"h": ad_hoc("b > c; d", begins="${list}").having(asyncBefore="true")}),
        complete(),
    ),
    "one at rest": (process("start > h > e", {"h": ad_hoc("b > c; d")}), complete()),
}


@pytest.mark.parametrize("name", MODELS)
def test_fork_is_as_its_origin_was(name):
    file, prepare = MODELS[name]
    run = Run(file, process("start > z", id="q"))
    p = run.start(x=1, list=["u", "v", "w"])
    prepare(run)
    made = fork(run, p, business_key="B")
    assert picture(run, made) == picture(run, p)
    found = run.instance(made)
    assert (found.forked_id, found.forked_at, found.business_key, found.root_id) == (p, NOON, "B", made)


def test_joins_and_loops_go_on_where_they_were():
    run = Run(process("start > fork > a > join > b; fork > c > join", {"a": IN_TURN}))
    p = run.start(list=["u", "v", "w"])
    run.complete("a")
    run.complete("c")
    origin = now(run, p)
    run.delete(p)
    fork(run, p, positions=origin, variables={"list": ["u", "v", "w"]})
    for item in ("v", "w"):
        (element,) = run.living("a")
        assert run.variables(element.id) == {"item": item}
        assert run.waits() == ["a", "a#multiInstanceBody", "join"]
        run.complete("a")
    assert run.waits() == ["b"]


def test_what_ends_at_once_leaves_the_scope_to_the_others():
    flows = "start > s > e"
    run = Run(process(flows, {"s": sub("start_in > fork_in > pass > end_in; fork_in > b"), "e": user()}))
    p = run.start()
    (scope,) = now(run, p)
    passing = Position(element_id="pass")
    fork(run, p, positions=(Position(element_id="s", children=(passing, *scope.children)),))
    run.delete(p)
    assert run.waits() == ["b", "s"]
    run.complete("b")
    assert run.waits() == ["e"]


def test_scope_that_was_interrupted_starts_no_event_sub_process_any_more():
    parts = {
        "s": sub(
            "start_in > b",
            {
                "once": event_sub("on > c", message("stop"), interrupting=True),
                "often": event_sub("on_2 > d", message("more"), start="on_2", interrupting=False),
            },
        )
    }
    run = Run(process("start > s", parts))
    p = run.start()
    run.deliver("on_2")
    fork(run, p)
    assert [len(run.subscriptions(each)) for each in ("on", "on_2")] == [2, 2]
    run.deliver("on")
    fork(run, p)
    assert [len(run.subscriptions(each)) for each in ("on", "on_2")] == [1, 1]
    assert run.waits().count("c") == 2


def test_token_behind_an_element_waits_there_for_its_job():
    run = Run(process("start > a > [${x == 1}] b; a > [${x == 2}] s", {"a": user(asyncAfter="true"), "s": LAST}))
    p = run.start(x=2)
    run.complete("a")
    fork(run, p)
    run.delete(p)
    assert run.waits() == ["a"]
    run.resume("a")
    run.complete("c")
    assert run.waits() == ["c", "s"]
    made = fork(run, run.instance(run.living("s")[0].process_instance_id).id)
    run.resume("c", 1)
    assert run.state(made) == "COMPLETED"


def test_listeners_and_mappings_are_at_work_again_or_skipped():
    scope = sub("start_in > b").having(note("start", "s") + io({"i": "${x}"}))
    run = Run(process("start > s", {"s": scope}, extensions=note("start", "p")))
    p = run.start(x=1, log=[])
    run.set(run.living("s")[0].id, i=2, local=True)
    again = fork(run, p, variables={"x": 5, "log": []})
    assert (run.log(again), run.variables(run.living("s")[-1].id)) == (["p", "s"], {"i": 2})
    silent = fork(run, p, variables={"log": []}, skip_listeners=True, skip_io_mappings=True)
    assert (run.log(silent), run.variables(run.living("s")[-1].id)) == ([], {"i": 2})


LAST = sub("start_in > c", {"c": user(asyncAfter="true")})
REFUSED = {
    "nothing there": ((), "nothing was active then"),
    "gone": ((Position(element_id="gone"),), "'gone': there is no such element in p:1:1"),
    "elsewhere": ((Position(element_id="b"),), "'b': in p:1:1 it is inside of s, and was in the process"),
    "no scope any more": (
        (Position(element_id="a", children=(Position(element_id="b"),)),),
        "'b': in p:1:1 it is inside of s, and was in a",
    ),
    "other flows": (
        (Position(element_id="a", transition="after", flow_id="f"),),
        "'a': in p:1:1 there is no sequence flow 'f' behind it",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_in_the_definition_is_refused(name):
    wanted, reason = REFUSED[name]
    run = Run(process("start > a > s", {"s": sub("start_in > b")}))
    p = run.start()
    with pytest.raises(InvalidInstruction) as raised:
        fork(run, p, positions=wanted)
    assert str(raised.value).startswith(f"There can be no fork of this moment: {reason}")


def test_what_history_does_not_tell_is_refused():
    run = Run(
        process(
            "start > fork > a > join > b > out; fork > c > complex > d; fork > e > complex; undo",
            {
                "b": throw(compensate()),
                "join": complex_gateway("${activationCount == 1}"),
                "complex": complex_gateway("${activationCount == 1}"),
                "undone": undone_by("undo", "a"),
                "undo": user(isForCompensation=True),
            },
        )
    )
    p = run.start()
    run.complete("a")
    run.complete("c")
    told = {each.element_id: each.reason for each in refusals(run.deployed.by_id[1], now(run, p))}
    assert set(told) == {"undo", "complex"}
    assert "compensated" in told["undo"]
    assert "not kept" in told["complex"]


def test_definition_must_be_there_and_active():
    run = Run(process("start > a"))
    p = run.start()
    with pytest.raises(NotFound):
        fork(run, p, definition_id=9)
    run.deployed.suspended.add(1)
    with pytest.raises(Suspended):
        fork(run, p)


def test_both_logs_tell_of_a_fork():
    run = Run(process("start > a"))
    p = run.start()
    made = fork(run, p, user="mary")
    told = {(each.process_instance_id, each.property, each.new_value) for each in run.rows(Operation)}
    at = str(round(NOON.timestamp() * 1000))
    assert told == {
        (made, "forkedFrom", str(p)),
        (made, "moment", at),
        (p, "forkedAs", str(made)),
        (p, "moment", at),
    }
    assert {each.type for each in run.rows(Operation)} == {"ForkProcessInstance"}
