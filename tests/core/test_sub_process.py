"""Embedded sub-processes: scopes with a start of their own."""

from __future__ import annotations

import pytest

from engine.errors import ExecutionFailed
from tests.core.kit import Run
from tests.core.models import io, listener, note, part, process, sub, user


def test_it_is_done_when_no_token_is_left_inside():
    run = Run(process("start > s > after", {"s": sub("start_in > fork > a > end1; fork > b")}))
    run.start()
    assert run.waits() == ["a", "b", "s"]
    run.complete("a")
    assert run.waits() == ["b", "s"]
    run.complete("b")
    assert run.waits() == ["after"]
    assert run.trace("s") == [("s", "completed")]


def test_empty_sub_process_is_passed_through():
    run = Run(process("start > s > after", {"s": sub("start_in > end_in")}))
    run.start()
    assert run.waits() == ["after"]


def test_nested_sub_processes():
    run = Run(process("start > s > after", {"s": sub("start1 > t > b", {"t": sub("start2 > a")})}))
    run.start()
    assert run.waits() == ["a", "s", "t"]
    run.complete("a")
    assert run.waits() == ["b", "s"]
    run.complete("b")
    assert run.waits() == ["after"]


def test_parents_are_scopes_in_their_order():
    run = Run(process("start > s", {"s": sub("start1 > t", {"t": sub("start2 > a")})}))
    p = run.start()
    s, t, a = (run.elements(id)[0] for id in ("s", "t", "a"))
    assert (a.scope_id, t.scope_id, s.scope_id) == (t.id, s.id, p)
    assert a.execution_id == t.id, "alone in its scope, it lives in the scope's execution"


def test_variables_of_the_scope_are_seen_inside_and_end_with_it():
    inner = sub("start_in > a", {"a": user(assignee="${who}")}).having(io({"who": "${boss}"}, {"done_by": "${who}"}))
    run = Run(process("start > s > b", {"s": inner}))
    p = run.start(boss="ann")
    assert run.task("a").assignee == "ann"
    s = run.elements("s")[0].id
    assert run.variables(s) == {"who": "ann"}
    run.complete("a", who="bob")
    assert run.variables(p) == {"boss": "ann", "done_by": "bob"}
    assert run.variables(s) == {}


def test_listeners_around_it():
    inner = sub("start_in > a", {"a": user(note("start", "a in") + note("end", "a out"))})
    run = Run(process("start > s > b", {"s": inner.having(note("start", "s in") + note("end", "s out"))}))
    p = run.start(log=[])
    run.complete("a")
    assert run.log(p) == ["s in", "a in", "a out", "s out"]


def test_last_token_still_sees_its_variables_when_the_scope_ends():
    inner = sub("start_in > a", {"a": user(io({"x": "1"}))}).having(
        listener("end", "${execution.setVariable('seen', execution.hasVariable('x'))}")
    )
    run = Run(process("start > s > b", {"s": inner}))
    p = run.start()
    run.complete("a")
    assert run.variables(p) == {"seen": False}, "what is local to a task is not seen by the scope around it"


def test_loop_through_a_sub_process_makes_a_new_scope_each_time():
    flows = "start > pass1 > s > xor; xor > [${n < 3}] pass1; xor > *end"
    inner = sub("start_in > x", {"x": part("serviceTask", expression="${n + 1}", resultVariable="n")})
    run = Run(process(flows, {"s": inner}))
    p = run.start(n=0)
    assert run.state(p) == "COMPLETED"
    assert run.count("s") == 3
    assert run.variables(p, ended=True) == {"n": 3}


def test_without_a_start_event_it_fails():
    run = Run(process("start > s", {"s": sub("a > b")}))
    with pytest.raises(ExecutionFailed, match=r"no none start event \(element 's'\)"):
        run.start()
