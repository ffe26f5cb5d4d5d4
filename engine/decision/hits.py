"""Hit policies: which of the rules that match count, and what they give together (DMN 1.5, 8.2.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.expression.feel.builtins import BUILTINS
from engine.expression.feel.comparison import same
from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.values import Value, kind_of

__all__ = ["ABSENT", "Aggregation", "Hit", "HitPolicy", "Violation", "aggregate", "select"]


class HitPolicy(StrEnum):
    """How many rules may match, and which of them count."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"

    @property
    def is_single(self) -> bool:
        """Does at most one rule count?"""
        return self in _SINGLE

    @property
    def ranks(self) -> bool:
        """Do the rules count in the order of their output values?"""
        return self in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)


_SINGLE = frozenset({HitPolicy.UNIQUE, HitPolicy.FIRST, HitPolicy.PRIORITY, HitPolicy.ANY})


class Aggregation(StrEnum):
    """What the outputs of COLLECT become together."""

    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


class Violation(Exception):
    """The rules that match are not those that the hit policy allows."""


class _Absent:
    """Stands for an output entry that is empty."""


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matches, by its index, and the values of its output entries."""

    rule: int
    outputs: tuple[Value, ...]


Ranking = Sequence[Sequence[Value] | None]
"""For each output clause its values, the most important first; None where it has no order."""


def select(policy: HitPolicy, hits: Sequence[Hit], ranking: Ranking, evaluation: Evaluation) -> Sequence[Hit]:
    """The hits that count, in their order. Raises Violation."""
    if len(hits) < 2 or policy in (HitPolicy.COLLECT, HitPolicy.RULE_ORDER):
        return hits
    if policy is HitPolicy.FIRST:
        return hits[:1]
    if policy is HitPolicy.UNIQUE:
        raise Violation(f"the hit policy UNIQUE allows one rule to match, and {_these(hits)} do")
    if policy is HitPolicy.ANY:
        first = hits[0]
        for other in hits[1:]:
            if not all(_alike(a, b, evaluation) for a, b in zip(first.outputs, other.outputs, strict=True)):
                raise Violation(
                    f"the hit policy ANY allows only rules with the same outputs to match, and {_these(hits)} do"
                )
        return hits[:1]
    ranked = sorted(hits, key=lambda hit: _rank(hit.outputs, ranking, evaluation))
    return ranked[:1] if policy is HitPolicy.PRIORITY else ranked


def _these(hits: Sequence[Hit]) -> str:
    return "the rules " + ", ".join(str(hit.rule + 1) for hit in hits[:10])


def _alike(left: Value, right: Value, evaluation: Evaluation) -> bool:
    if left is ABSENT or right is ABSENT:
        return left is right
    return same(left, right, evaluation)


def _rank(outputs: Sequence[Value], ranking: Ranking, evaluation: Evaluation) -> tuple[int, ...]:
    """Where each output stands among the values of its clause; behind all of them what is none of them."""
    positions = []
    for value, values in zip(outputs, ranking, strict=True):
        if values is not None:
            evaluation.spend(len(values))
            found = (position for position, one in enumerate(values) if _alike(value, one, evaluation))
            positions.append(next(found, len(values)))
    return tuple(positions)


def aggregate(aggregation: Aggregation, values: Sequence[Value], evaluation: Evaluation) -> Value:
    """What the values, of which there is at least one (but for COUNT), give together. Raises Refused."""
    if aggregation is Aggregation.COUNT:
        return Decimal(len(values))
    if aggregation is Aggregation.SUM:
        for value in values:
            if not isinstance(value, Decimal):
                raise Refused(f"There is no sum with a {kind_of(value)}")
    return _FOLDS[aggregation].call(evaluation, [list(values)])


_FOLDS = {
    Aggregation.SUM: BUILTINS["sum"],
    Aggregation.MIN: BUILTINS["min"],
    Aggregation.MAX: BUILTINS["max"],
}
