"""Receive tasks without a message, and signals to executions."""

from __future__ import annotations

import pytest

from engine.core.commands.instances import SignalExecution
from engine.errors import Conflict, NotFound, Suspended
from tests.core.kit import Run
from tests.core.models import io, part, process, sub

RECEIVE = part("receiveTask")


def test_it_waits_until_it_is_signalled():
    run = Run(process("start > r > a", {"r": RECEIVE}))
    p = run.start()
    assert run.waits() == ["r"]
    run.signal("r", x=1)
    assert run.waits() == ["a"]
    assert run.variables(p) == {"x": 1}


def test_the_execution_of_a_token_alone_is_its_process_instance():
    run = Run(process("start > r > a", {"r": RECEIVE}))
    p = run.start()
    run.do(SignalExecution(id=p))
    assert run.waits() == ["a"]


def test_tokens_beside_each_other_have_executions_of_their_own():
    run = Run(process("start > fork > r1 > a; fork > r2 > b", {"r1": RECEIVE, "r2": RECEIVE}))
    p = run.start()
    run.do(SignalExecution(id=run.elements("r2")[0].id))
    assert run.waits() == ["b", "r1"]
    with pytest.raises(Conflict):
        run.do(SignalExecution(id=p))


def test_token_alone_in_a_sub_process_is_signalled_by_the_sub_process():
    run = Run(process("start > s > a", {"s": sub("start_in > r", {"r": RECEIVE})}))
    run.start()
    run.do(SignalExecution(id=run.elements("s")[0].id))
    assert run.waits() == ["a"]


def test_variables_of_the_signal_go_where_they_are_found():
    run = Run(process("start > r > a", {"r": RECEIVE.having(io({"x": "1"}))}))
    p = run.start()
    run.signal("r", x=2, y=3)
    assert run.variables(p) == {"y": 3}
    assert run.variables(run.elements("r")[0].id, ended=True) == {"x": 2}


def test_user_task_does_not_wait_for_a_signal():
    run = Run(process("start > a"))
    p = run.start()
    with pytest.raises(Conflict, match="'a' does not wait for Signalled"):
        run.do(SignalExecution(id=p))


def test_suspended_instance_is_not_signalled():
    run = Run(process("start > r > a", {"r": RECEIVE}))
    p = run.start()
    run.suspend(p)
    with pytest.raises(Suspended):
        run.do(SignalExecution(id=p))
    run.suspend(p, activate=True)
    run.do(SignalExecution(id=p))
    assert run.waits() == ["a"]


def test_what_has_ended_is_not_found():
    run = Run(process("start > r", {"r": RECEIVE}))
    p = run.start()
    run.signal("r")
    with pytest.raises(NotFound, match=f"Cannot find execution with id {p}"):
        run.do(SignalExecution(id=p))
