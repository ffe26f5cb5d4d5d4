"""Expressions and unary tests with their values, from the tests of another FEEL engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.expression import EvaluationError, ExpressionSyntaxError
from engine.expression.feel import compile_feel, compile_unary_tests
from tests.expression.feel.values import alike, tagged

CASES = Path(__file__).parents[4] / "shared" / "feel" / "cases.json"

DEVIATIONS = {"abs(number: 1)": "the parameter is named n (DMN 1.5, table 75), and the TCK wants null for another name"}

pytestmark = pytest.mark.skipif(not CASES.is_file(), reason=f"the cases are not at {CASES}: nothing was compared")


def failure(case: dict[str, Any]) -> str | None:
    """What is wrong with a case; None when nothing is."""
    names = {name: tagged(value) for name, value in case["context"].items()}
    try:
        if case["kind"] == "unary-tests":
            names["?"] = tagged(case["input"])
            value = compile_unary_tests(case["expression"], names).apply(names).value
        else:
            value = compile_feel(case["expression"], names).apply(names).value
    except ExpressionSyntaxError as error:
        return None if case.get("error") == "parse" else str(error)
    except EvaluationError as error:
        return None if case.get("error") == "evaluation" else str(error)
    if "error" in case:
        return f"gave {value!r}, not an error"
    wanted = tagged(case["expected"])
    return None if alike(value, wanted) else f"gave {value!r}, not {wanted!r}"


def test_cases() -> None:
    failures = {}
    for case in json.loads(CASES.read_text()):
        why = failure(case)
        if why is not None:
            failures[case["expression"].strip()] = why
    unexpected = {expression: why for expression, why in failures.items() if expression not in DEVIATIONS}
    assert not unexpected, "\n".join(f"{expression}: {why}" for expression, why in unexpected.items())
    assert not (gone := DEVIATIONS.keys() - failures.keys()), f"no deviations any more: {gone}"
