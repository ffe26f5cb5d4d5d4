"""Script tasks in an expression language."""

from __future__ import annotations

import pytest

from engine.errors import ExecutionFailed
from tests.core.kit import Run
from tests.core.models import part, process


def script(text, language="juel", **attributes):
    return part("scriptTask", inner=f"<script>{text}</script>", scriptFormat=language, **attributes)


def test_script_is_run_and_its_value_kept():
    run = Run(process("start > x > a", {"x": script("${n + 1}", resultVariable="next")}))
    assert run.variables(run.start(n=1)) == {"n": 1, "next": 2}


def test_value_is_dropped_without_a_result_variable():
    run = Run(process("start > x > a", {"x": script("${n + 1}")}))
    assert run.variables(run.start(n=1)) == {"n": 1}


def test_script_that_fails_undoes_the_step():
    run = Run(process("start > x > a", {"x": script("${1 / nothing}")}))
    with pytest.raises(ExecutionFailed, match="element 'x'"):
        run.start()
    assert run.trace() == []
