"""Tokens taken away and put elsewhere, and instances that start elsewhere than at their start event."""

from __future__ import annotations

import pytest

from engine.core.commands.instances import StartInstance
from engine.core.commands.modification import (
    Cancel,
    Instruction,
    ModifyInstance,
    StartAfter,
    StartBefore,
    StartTransition,
)
from engine.errors import Conflict, InvalidInstruction
from tests.core.kit import Run
from tests.core.models import io, note, process, sub, user

NESTED = {"s": sub("start2 > b > c", {}), "a": user(), "d": user()}


def nested() -> Run:
    return Run(process("start > a > s > d > end", NESTED))


def modify(run: Run, instance: int, *instructions: Instruction) -> None:
    run.do(ModifyInstance(id=instance, instructions=instructions))


def start_at(run: Run, *instructions: Instruction, **variables: object) -> int:
    return run.do(StartInstance(key="p", instructions=instructions, variables=variables)).id


def test_starting_inside_a_sub_process_enters_it_without_its_start_event():
    run = nested()
    start_at(run, StartBefore(element_id="c"))
    assert run.waits() == ["c", "s"]
    assert run.trace("start2") == []
    run.complete("c")
    assert run.waits() == ["d"]


def test_starting_after_an_element():
    run = nested()
    start_at(run, StartAfter(element_id="a"))
    assert run.waits() == ["b", "s"]


def test_starting_over_a_flow():
    run = Run()
    (definition,) = run.deploy(process("start > a > s > d > end", NESTED))
    (flow,) = (flow.id for flow in definition.process.flows.values() if flow.target == "d")
    start_at(run, StartTransition(flow_id=flow))
    assert run.waits() == ["d"]


def test_variables_go_outwards_and_local_ones_stay():
    run = nested()
    p = start_at(run, StartBefore(element_id="b", variables={"g": 1}, local={"own": 2}), StartBefore(element_id="d"))
    assert run.variables(p) == {"g": 1}
    run.complete("b")
    assert run.variables(p) == {"g": 1}


def test_moving_a_token_keeps_the_instance():
    run = nested()
    p = run.start()
    modify(run, p, Cancel(element_id="a"), StartBefore(element_id="d"))
    assert run.waits() == ["d"]
    assert run.trace("a") == [("a", "terminated")]


def test_cancelling_the_last_token_of_a_sub_process_cancels_it_and_goes_no_further():
    run = nested()
    p = run.start()
    run.complete("a")
    modify(run, p, StartBefore(element_id="d"), Cancel(element_id="b"))
    assert run.trace("s") == [("s", "terminated")]
    assert run.waits() == ["d"]


def test_cancelling_everything_ends_the_instance():
    run = nested()
    p = run.start()
    modify(run, p, Cancel(element_id="a"))
    assert run.state(p) == "EXTERNALLY_TERMINATED"


def test_what_is_started_may_run_to_the_end():
    run = nested()
    p = run.start()
    modify(run, p, StartBefore(element_id="end"), Cancel(element_id="a"))
    assert run.state(p) == "COMPLETED"


def test_one_of_several_is_cancelled_by_its_id():
    run = Run(process("start > a > end", {"a": user().times(3)}))
    p = run.start()
    first = run.living("a")[0]
    modify(run, p, Cancel(element_instance_id=first.id))
    assert run.waits().count("a") == 2
    run.complete("a")
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_another_instance_of_a_loop():
    run = Run(process("start > a > end", {"a": user().times(2)}))
    p = run.start()
    modify(run, p, StartBefore(element_id="a"))
    assert sorted(each.loop_counter for each in run.living("a")) == [0, 1, 2]
    for _ in range(3):
        run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_several_scopes_to_start_in_need_one_named():
    run = Run(process("start > s > end", {"s": sub("start2 > b > c", {}).times(2)}))
    p = run.start()
    with pytest.raises(InvalidInstruction, match="2 instances of 's'"):
        modify(run, p, StartBefore(element_id="c"))
    one = run.living("s")[1]
    modify(run, p, StartBefore(element_id="c", ancestor_id=one.id))
    assert [each.scope_id for each in run.living("c")] == [one.id]


@pytest.mark.parametrize(
    ("instruction", "why"),
    [
        (StartBefore(element_id="nowhere"), "'nowhere'"),
        (StartAfter(element_id="nowhere"), "'nowhere'"),
        (StartAfter(element_id="end"), "no outgoing"),
        (StartTransition(flow_id="nowhere"), "'nowhere'"),
        (Cancel(element_id="nowhere"), "'nowhere'"),
        (Cancel(element_instance_id=5), "5"),
        (StartBefore(element_id="c", ancestor_id=5), "5"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(instruction: Instruction, why: str):
    run = nested()
    p = run.start()
    with pytest.raises(InvalidInstruction, match=why):
        modify(run, p, StartBefore(element_id="d"), instruction)
    assert run.waits() == ["a"]


def test_only_tokens_that_were_there_before_are_cancelled_if_asked():
    run = nested()
    p = run.start()
    modify(run, p, StartBefore(element_id="a"), Cancel(element_id="a", only_former=True))
    assert run.trace("a") == [("a", "terminated"), ("a", "active")]
    modify(run, p, StartBefore(element_id="a"), Cancel(element_id="a"), StartBefore(element_id="d"))
    assert run.waits() == ["d"]


def test_instance_of_another_definition_is_not_modified():
    run = nested()
    p = run.start()
    instructions = (StartBefore(element_id="d"),)
    with pytest.raises(Conflict):
        run.do(ModifyInstance(id=p, instructions=instructions, definition_id=9))
    run.do(ModifyInstance(id=p, instructions=instructions, definition_id=1))
    assert run.waits() == ["a", "d"]


def test_listeners_and_mappings_are_skipped_if_asked():
    noisy = sub("start2 > b").having(note("start", "in") + note("end", "out") + io({"i": "1"}, {"o": "2"}))
    run = Run(process("start > a > s", {"s": noisy}))
    p = run.start(log=[])
    skip = {"skip_listeners": True, "skip_io_mappings": True}
    run.do(ModifyInstance(id=p, instructions=(StartBefore(element_id="b"),), **skip))
    (scope,) = run.living("s")
    assert run.variables(scope.id) == {}
    run.do(ModifyInstance(id=p, instructions=(Cancel(element_id="s"),), **skip))
    assert run.variables(p) == {"log": []}


def test_instance_begins_at_its_first_instruction():
    run = nested()
    p = start_at(run, StartAfter(element_id="a"), StartBefore(element_id="d"))
    assert run.instance(p).start_element_id == "s"
