"""Random tables, evaluated and compared with what the words of the hit policies say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decision import DecisionFailed
from tests.decision.models import evaluate, only, table, text

Cell = tuple[str, Callable[[object], bool]]
VALUES: Sequence[object] = [None, True, 0, 1, 2, 3, "a", "b"]
SOURCES = {None: "null", True: "true", 0: "0", 2: "2", 3: "3", "a": '"a"', "b": '"b"'}


def same(left: object, right: object) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def listing(values: list[object]) -> Cell:
    return ", ".join(SOURCES[value] for value in values), lambda given: any(same(given, value) for value in values)


def negation(values: list[object]) -> Cell:
    source, holds = listing(values)

    def differs(given: object) -> bool:
        """Null is equal to none of them; a value of another type can neither be told equal nor different."""
        return given is None or (all(type(given) is type(value) for value in values) and not holds(given))

    return f"not({source})", differs


def below(bound: int) -> Cell:
    return f"< {bound}", lambda given: is_number(given) and given < bound  # type: ignore[operator]


def within(bounds: tuple[int, int]) -> Cell:
    low, high = min(bounds), max(bounds)
    return f"[{low}..{high}]", lambda given: is_number(given) and low <= given <= high  # type: ignore[operator]


LISTED = st.lists(st.sampled_from(["a", "b", 0, 2, 3]), min_size=1, max_size=3)
NUMBERS = st.integers(min_value=0, max_value=3)
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.just(("-", lambda _: True)),
    LISTED.map(listing),
    LISTED.map(negation),
    st.just(listing([None])),
    st.just(listing([True])),
    NUMBERS.map(below),
    st.tuples(NUMBERS, NUMBERS).map(within),
)
ROWS = st.lists(st.tuples(CELLS, CELLS, NUMBERS), min_size=0, max_size=6)
RANKS = [2, 0, 3]


def expected(policy: str, hits: list[int]) -> list[int] | None:
    """The outputs that count, from those of all rules that match; None where the policy is violated."""
    if policy == "UNIQUE":
        return hits if len(hits) < 2 else None
    if policy == "ANY":
        return hits[:1] if len(set(hits)) < 2 else None
    if policy == "FIRST":
        return hits[:1]
    ranked = sorted(hits, key=lambda output: RANKS.index(output) if output in RANKS else len(RANKS))
    if policy in ("PRIORITY", "OUTPUT ORDER"):
        return ranked[:1] if policy == "PRIORITY" else ranked
    if policy in ("COLLECT", "RULE ORDER"):
        return hits
    fold: dict[str, Callable[[list[int]], int]] = {
        "COLLECT SUM": sum,
        "COLLECT MIN": min,
        "COLLECT MAX": max,
        "COLLECT COUNT": len,
    }
    return [fold[policy](hits)] if hits or policy == "COLLECT COUNT" else []


POLICIES = ["UNIQUE", "ANY", "FIRST", "PRIORITY", "OUTPUT ORDER", "COLLECT", "RULE ORDER"]
POLICIES += [f"COLLECT {aggregation}" for aggregation in ("SUM", "MIN", "MAX", "COUNT")]


@settings(max_examples=100)
@given(policy=st.sampled_from(POLICIES), rows=ROWS, x=st.sampled_from(VALUES), y=st.sampled_from(VALUES))
def test_random_tables(policy: str, rows: list[tuple[Cell, Cell, int]], x: object, y: object) -> None:
    rules = [([first[0], second[0]], [str(output)]) for first, second, output in rows]
    ranking = f"<outputValues>{text(', '.join(map(str, RANKS)))}</outputValues>"
    decision = only(table(["x", "y"], [("r", "", ranking)], rules, policy=policy))
    wanted = expected(policy, [output for first, second, output in rows if first[1](x) and second[1](y)])
    if wanted is None:
        with pytest.raises(DecisionFailed):
            evaluate(decision, x=x, y=y)
        return
    found = evaluate(decision, x=x, y=y)
    assert [row["r"] for row in found.result] == wanted
    assert len(found.evaluated[0].inputs) == 2
