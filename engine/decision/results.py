"""What an evaluation gave, and how it came about: the inputs, the rules and the outputs of every decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import EngineError

__all__ = [
    "DecisionFailed",
    "EvaluatedDecision",
    "EvaluatedInput",
    "EvaluatedOutput",
    "Evaluation",
    "MatchedRule",
]


class DecisionFailed(EngineError):
    """A decision that has no result: ``element_id`` is the clause, rule, table or expression where it ended."""

    def __init__(self, decision_id: str, element_id: str | None, reason: str) -> None:
        where = f" at '{element_id}'" if element_id and element_id != decision_id else ""
        super().__init__(f"The decision '{decision_id}' could not be evaluated{where}: {reason}")
        self.decision_id, self.element_id, self.reason = decision_id, element_id, reason


@dataclass(frozen=True, slots=True)
class EvaluatedInput:
    """The value of an input clause of a table; ``clause_name`` is its label."""

    clause_id: str | None
    clause_name: str | None
    value: object


@dataclass(frozen=True, slots=True)
class EvaluatedOutput:
    """The value of an output entry of a rule that matched, or of a whole expression.

    ``rule_order`` is the place of the rule among those that count, from 1. The default outputs of a table, and what is
    no table, have no rule.
    """

    clause_id: str | None
    clause_name: str | None
    rule_id: str | None
    rule_order: int | None
    variable_name: str
    value: object


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule whose outputs are part of the result; ``order`` is its position in the table, from 1."""

    rule_id: str | None
    order: int
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluatedDecision:
    """One decision of an evaluation. Values are those of ``engine.values``.

    ``collect_result_value`` is what an aggregation of the hit policy COLLECT gave; ``elements`` is how many decision
    elements were executed, as Camunda counts them: the cells of a table, or one.
    """

    decision_id: str
    decision_name: str
    kind: str
    inputs: tuple[EvaluatedInput, ...]
    outputs: tuple[EvaluatedOutput, ...]
    rules: tuple[MatchedRule, ...]
    collect_result_value: object
    elements: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of a decision.

    ``result`` has a row for every rule of a table that counts, with the outputs by name; what is no table, and an
    aggregation, is one row with one entry. Its lists and contexts are lists and dicts. ``value`` is the same as one
    value, as DMN sees it: the output itself where there is one output, a context of the outputs otherwise, a list of
    these where several rules may count, and None where no rule matched; its lists and contexts are Json.
    ``evaluated`` are the decisions in the order of their evaluation, the one asked for last; ``warnings`` tell why FEEL
    gave null somewhere.
    """

    result: tuple[Mapping[str, object], ...]
    value: object
    evaluated: tuple[EvaluatedDecision, ...]
    warnings: tuple[str, ...] = ()

    @property
    def elements(self) -> int:
        """How many decision elements were executed in all."""
        return sum(each.elements for each in self.evaluated)
