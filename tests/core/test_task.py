"""Tasks an engine has nothing to do for: task, manualTask, and throw events that throw nothing."""

from __future__ import annotations

import pytest

from tests.core.kit import Run
from tests.core.models import io, note, part, process


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("task", "task"),
        ("manualTask", "manualTask"),
        ("intermediateThrowEvent", "intermediateNoneThrowEvent"),
    ],
)
def test_it_is_passed_through(tag, kind):
    run = Run(process("start > x > end", {"x": part(tag, note("start", "in") + note("end", "out"))}))
    p = run.start(log=[])
    assert run.state(p) == "COMPLETED"
    assert run.trace("x") == [("x", "completed")]
    assert run.elements("x")[0].element_kind == kind
    assert run.log(p) == ["in", "out"]


def test_it_maps_variables():
    run = Run(process("start > x > a", {"x": part("task", io({"y": "${n + 1}"}, {"z": "${y * 10}"}))}))
    p = run.start(n=4)
    assert run.variables(p) == {"n": 4, "z": 50}
    assert run.variables(run.elements("x")[0].id, ended=True) == {"y": 5}


def test_every_outgoing_flow_whose_condition_holds_is_taken():
    run = Run(process("start > x; x > [${n > 1}] a; x > [${n > 2}] b; x > c; x > *d", {"x": part("task")}))
    run.start(n=2)
    assert run.waits() == ["a", "c"]
