"""The driver: the order of actions, chains without a stack, and the bounds of a step."""

from __future__ import annotations

import sys

import pytest

from engine.core.commands.tasks import CompleteTask
from engine.core.step import Limits
from engine.errors import ExecutionFailed, LoopLimit
from tests.core.kit import Run
from tests.core.models import boundary, error, io, listener, note, part, process, service, sub, task_note, user


def noted(*events):
    return "".join(note(event, event) for event in events)


def test_order_of_entering_and_completing():
    """Input mapping, start listeners, the work, end listeners, output mapping, take listeners."""
    word = "${log.add('%s')}"
    task = user(
        io({"in": word % "input"}, {"out": word % "output"})
        + noted("start", "end")
        + task_note("create", "create")
        + task_note("complete", "complete")
    )
    file = process(
        "start > a > end", {"a": task}, on_flow={"start_a": note("take", "arrive"), "a_end": note("take", "leave")}
    )
    run = Run(file)
    p = run.start(log=[])
    assert run.log(p) == ["arrive", "input", "start", "create"]
    run.complete("a")
    assert run.log(p)[4:] == ["complete", "end", "output", "leave"]


def test_listeners_run_in_document_order():
    run = Run(process("start > a", {"a": user(note("start", "1") + note("end", "x") + note("start", "2"))}))
    assert run.log(run.start(log=[])) == ["1", "2"]


def test_inputs_see_the_scope_around_and_not_each_other():
    run = Run(process("start > a", {"a": user(io({"x": "1", "y": "${x}"}))}))
    run.start(x="outer")
    assert run.variables(run.elements("a")[0].id) == {"x": "1", "y": "outer"}


def test_outputs_see_the_element_and_what_outputs_before_them_set():
    run = Run(process("start > a > b", {"a": user(io({"x": "1"}, {"y": "${x}", "z": "${y}2"}))}))
    p = run.start()
    run.complete("a")
    assert run.variables(p) == {"y": "1", "z": "12"}


def test_lists_and_maps_of_parameters():
    nested = (
        "<camunda:list><camunda:value>${n}</camunda:value><camunda:value>b</camunda:value></camunda:list>",
        '<camunda:map><camunda:entry key="k${n}">${n + 1}</camunda:entry></camunda:map>',
    )
    run = Run(process("start > a", {"a": user(io({"items": nested[0], "pairs": nested[1], "nothing": ""}))}))
    run.start(n=1)
    assert run.variables(run.elements("a")[0].id) == {"items": [1, "b"], "pairs": {"k1": 2}, "nothing": None}


def test_tokens_move_depth_first():
    parts = {f"pass{n}": part("task", note("start", str(n))) for n in range(1, 5)}
    run = Run(process("start > fork > pass1 > pass2 > end1; fork > pass3 > pass4 > end2", parts))
    assert run.log(run.start(log=[])) == ["1", "2", "3", "4"]


def test_conditions_of_a_flow_see_local_variables():
    run = Run(process("start > a; a > [${x == 'local'}] b; a > *c", {"a": user(io({"x": "local"}))}))
    run.start(x="outer")
    run.complete("a")
    assert run.waits() == ["b"]


def test_order_of_cancelling_is_children_first():
    inner = sub("start1 > t", {"t": sub("start2 > a", {"a": user(note("end", "a"))}).having(note("end", "t"))})
    run = Run(process("start > s", {"s": inner.having(note("end", "s"))}, extensions=note("end", "p")))
    p = run.start(log=[])
    run.delete(p)
    assert run.log(p) == ["a", "t", "s", "p"]


def test_output_mapping_runs_when_an_activity_is_cancelled():
    parts = {"a": user(io({"x": "1"}, {"y": "${x}"})), "caught": boundary("a", error("E1"))}
    run = Run(process("start > a; caught > b", parts))
    p = run.start()
    run.throw_error("a", "E1")
    assert run.variables(p) == {"y": "1"}


def test_output_mapping_is_left_out_when_asked_at_deletion():
    run = Run(process("start > a", {"a": user(io({}, {"y": "${nowhere}"}))}))
    p = run.start()
    with pytest.raises(ExecutionFailed, match="nowhere"):
        run.delete(p)
    run.delete(p, skip_io_mappings=True)
    assert run.state(p) == "EXTERNALLY_TERMINATED"


def test_failure_anywhere_undoes_the_whole_step():
    run = Run(process("start > a > x > end", {"x": part("task", listener("end", "${1 / 0 + nothing}"))}))
    p = run.start(n=1)
    task = run.task("a")
    with pytest.raises(ExecutionFailed):
        run.do(CompleteTask(id=task.id, variables={"n": 2, "m": 3}))
    assert run.variables(p) == {"n": 1}
    assert run.task("a") is task
    run.set(p, nothing=0)


# ---------------------------------------------------------------- bounds

COUNT = "start > xor1 > x > xor2; xor2 > [${n < limit}] xor1; xor2 > *end"


@pytest.mark.slow
def test_long_chain_needs_no_stack():
    """100,000 elements one after the other in one step; the recursion limit is far below."""
    run = Run(process(COUNT, {"x": service("${n + 1}", "n")}), record_updates=False)
    rounds = 33_000
    assert sys.getrecursionlimit() < rounds
    p = run.start(n=0, limit=rounds)
    assert run.state(p) == "COMPLETED"
    assert run.variables(p, ended=True)["n"] == rounds
    assert run.count("x") == rounds


def test_deeply_nested_scopes_need_no_stack():
    inner = sub("start0 > a")
    for depth in range(1, 60):
        inner = sub(f"start{depth} > s{depth} > end{depth}", {f"s{depth}": inner})
    run = Run(process("start > s > end", {"s": inner}))
    p = run.start()
    assert run.instance(p).live == 61
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_loop_that_never_waits_is_cut():
    run = Run(process("start > a > xor > pass1 > xor"), limits=Limits(elements_per_step=1000))
    p = run.start()
    with pytest.raises(LoopLimit, match="More than 1,000 elements were entered without a wait"):
        run.complete("a")
    assert run.waits() == ["a"]
    assert run.state(p) == "ACTIVE"


def test_limit_counts_one_step_only():
    run = Run(
        process("start > xor1 > a > xor2; xor2 > [${again}] xor1; xor2 > *end"), limits=Limits(elements_per_step=4)
    )
    p = run.start(again=True)
    for _ in range(5):
        run.complete("a")
    run.complete("a", again=False)
    assert run.state(p) == "COMPLETED"


# ---------------------------------------------------------------- where local variables live


def test_execution_of_a_token_alone_is_that_of_its_scope():
    run = Run(process("start > a > fork > b; fork > c"))
    p = run.start()
    assert run.elements("a")[0].execution_id == p
    run.complete("a")
    b, c = run.elements("b")[0], run.elements("c")[0]
    assert (b.execution_id, c.execution_id) == (b.id, c.id)


def test_activity_with_something_of_its_own_has_its_own_execution():
    parts = {"a": user(io({"x": "1"})), "caught": boundary("b", error("E1"))}
    run = Run(process("start > a > b > c; caught > end", parts))
    p = run.start()
    assert run.elements("a")[0].execution_id == run.elements("a")[0].id
    run.complete("a")
    assert run.elements("b")[0].execution_id == run.elements("b")[0].id
    run.complete("b")
    assert run.elements("c")[0].execution_id == p
