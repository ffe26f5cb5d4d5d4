"""Decision tables as Camunda 7 evaluates them: hit policies, types, missing values."""

from __future__ import annotations

import pytest

from engine.decision import DecisionFailed
from engine.values import Integer
from tests.decision.models import evaluate, literal, only, requires, result, table

SIZES = [(["> 1"], ["1"]), (["> 2"], ["2"]), (["> 3"], ["2"]), (["< 0"], ["7"]), (["< -1"], ["7"])]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("UNIQUE", {1: [], 2: [1], 3: None, -1: [7], -5: None}),
        ("FIRST", {1: [], 2: [1], 4: [1], -5: [7]}),
        ("ANY", {1: [], 2: [1], 3: None, -5: [7]}),
        ("RULE ORDER", {1: [], 3: [1, 2], 4: [1, 2, 2], -5: [7, 7]}),
        ("COLLECT", {1: [], 3: [1, 2], 4: [1, 2, 2]}),
        ("COLLECT SUM", {1: [], 2: [1], 4: [5]}),
        ("COLLECT MIN", {1: [], 4: [1]}),
        ("COLLECT MAX", {1: [], 4: [2]}),
        ("COLLECT COUNT", {1: [0], 4: [3]}),
    ],
)
def test_hit_policies(policy: str, expected: dict[int, list[int] | None]) -> None:
    decision = only(table(["x"], ["r"], SIZES, policy=policy))
    for given, wanted in expected.items():
        if wanted is None:
            with pytest.raises(DecisionFailed, match=f"the hit policy {policy}"):
                evaluate(decision, x=given)
        else:
            assert result(decision, x=given) == [{"r": each} for each in wanted]


def test_required_decisions_give_their_outputs() -> None:
    base = table(["x"], ["r"], SIZES, policy="COLLECT", id="base")
    decision = only(base, literal("count(r)", inside=requires("base"), type="integer"))
    found = evaluate(decision, x=4)
    assert found.result == ({"x": 3},)
    assert type(found.result[0]["x"]) is Integer
    assert [each.decision_id for each in found.evaluated] == ["base", "lit"]
    assert [each.rule_order for each in found.evaluated[0].outputs] == [1, 2, 3]
    assert found.elements == 10 + 1
