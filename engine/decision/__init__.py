"""Decisions: DMN XML in, decisions out that are evaluated without I/O (DMN 1.1 to 1.5)."""

from engine.decision.reader import is_dmn, read_decisions, read_together
from engine.decision.requirements import Decision, DecisionRequirements
from engine.decision.results import (
    DecisionFailed,
    EvaluatedDecision,
    EvaluatedInput,
    EvaluatedOutput,
    Evaluation,
    MatchedRule,
)

__all__ = [
    "Decision",
    "DecisionFailed",
    "DecisionRequirements",
    "EvaluatedDecision",
    "EvaluatedInput",
    "EvaluatedOutput",
    "Evaluation",
    "MatchedRule",
    "is_dmn",
    "read_decisions",
    "read_together",
]
