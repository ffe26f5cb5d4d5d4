"""The decisions of the DMN TCK that are one FEEL expression over input data."""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine.expression.feel import FeelExpression, compile_feel
from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.types import NAMED, Type, conform
from tests.expression.feel.values import native
from tests.expression.scope import NOW

TCK = Path(__file__).parents[4] / "shared" / "dmn-tck"

DEVIATIONS: dict[str, str] = {}

pytestmark = pytest.mark.skipif(not TCK.is_dir(), reason=f"the DMN TCK is not at {TCK}: nothing was compared")


class OtherDecision(Exception):
    """A decision that is not just an expression over input data."""


@functools.cache
def parsed(model: bytes) -> Any:
    return etree.fromstring(model)


def compiled(model: bytes, name: str) -> tuple[FeelExpression, str | None]:
    """The expression of a decision and its type. Raises OtherDecision, ExpressionSyntaxError."""
    root = parsed(model)
    decision = next((one for one in root.iter("{*}decision") if one.get("name") == name), None)
    if decision is None:
        raise OtherDecision
    text = decision.findtext("{*}literalExpression/{*}text")
    others = [*decision.iter("{*}requiredDecision", "{*}requiredKnowledge"), *root.iter("{*}import")]
    if text is None or others:
        raise OtherDecision
    inputs = [str(one.get("name")) for one in root.iter("{*}inputData")]
    variable = decision.find("{*}variable")
    return compile_feel(text, inputs), None if variable is None else variable.get("typeRef")


def decide(model: bytes, name: str, namespace: str, inputs: dict[str, Any], kind: str, others: list[bytes]) -> Any:
    expression, type_name = compiled(model, name)
    value = expression.apply({str(key): native(value) for key, value in inputs.items()}, NOW).value
    if type_name in NAMED:
        try:
            return conform(value, Type(type_name), Evaluation(None))
        except Refused:
            return None
    return value


def runner() -> Any:
    spec = importlib.util.spec_from_file_location("run_tck", TCK / "run_tck.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_expressions() -> None:
    outcomes = [outcome for outcome in runner().run(TCK, decide, [], "") if "OtherDecision" not in outcome.message]
    failures = {f"{one.folder}/{one.case}": one.message for one in outcomes if not one.passed}
    unexpected = {case: why for case, why in failures.items() if case not in DEVIATIONS}
    print(f"{len(outcomes)} cases, {len(failures)} failed")
    assert not unexpected, "\n".join(f"{case}: {why}" for case, why in unexpected.items())
    assert not (gone := DEVIATIONS.keys() - failures.keys()), f"no deviations any more: {gone}"
    assert len(outcomes) > 1000
