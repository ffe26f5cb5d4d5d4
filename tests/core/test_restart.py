"""Instances that take the place of ended ones."""

from __future__ import annotations

import pytest

from engine.core.commands.modification import StartAfter, StartBefore, StartTransition
from engine.core.commands.restart import RestartInstance
from engine.errors import InvalidInstruction, NotFound, Suspended
from tests.core.kit import Run
from tests.core.models import io, note, process, sub, user

FLOWS = "start > a > s > d > end"
NESTED = {"s": sub("start_in > b > c").having(note("start", "s") + io({"i": "1"}))}


def restart(run: Run, *instructions: object, **options: object) -> int:
    return run.do(RestartInstance(restarted_id=7, definition_id=1, instructions=instructions, **options))


@pytest.mark.parametrize(
    ("instruction", "begins", "waits"),
    [
        (StartBefore(element_id="c"), "c", ["c", "s"]),
        (StartAfter(element_id="a"), "s", ["b", "s"]),
        (StartTransition(flow_id="s_d"), "d", ["d"]),
    ],
    ids=["before", "after", "over"],
)
def test_instance_begins_where_it_is_told(instruction, begins, waits):
    run = Run(process(FLOWS, {"s": sub("start_in > b > c")}))
    p = restart(run, instruction, variables={"x": 1}, business_key="B")
    made = run.instance(p)
    assert (made.restarted_id, made.start_element_id, made.business_key) == (7, begins, "B")
    assert run.waits() == waits
    assert run.variables(p) == {"x": 1}


def test_several_instructions_make_one_instance():
    run = Run(process(FLOWS, {"s": sub("start_in > b > c")}))
    p = restart(run, StartBefore(element_id="d"), StartBefore(element_id="a", variables={"g": 1}))
    assert run.waits() == ["a", "d"]
    assert run.variables(p) == {"g": 1}


def test_listeners_and_mappings_are_skipped_if_asked():
    run = Run(process(FLOWS, NESTED, extensions=note("start", "p")))
    p = restart(run, StartBefore(element_id="b"), variables={"log": []}, skip_listeners=True, skip_io_mappings=True)
    (scope,) = run.living("s")
    assert (run.log(p), run.variables(scope.id)) == ([], {})
    q = restart(run, StartBefore(element_id="b"), variables={"log": []})
    assert run.log(q) == ["p", "s"]


def test_what_cannot_be_restarted():
    run = Run(process("start > a", {"a": user()}))
    with pytest.raises(InvalidInstruction):
        restart(run, StartBefore(element_id="none"))
    with pytest.raises(NotFound):
        run.do(RestartInstance(restarted_id=7, definition_id=9, instructions=(StartBefore(element_id="a"),)))
    run.deployed.suspended.add(1)
    with pytest.raises(Suspended):
        restart(run, StartBefore(element_id="a"))
    assert run.waits() == []
