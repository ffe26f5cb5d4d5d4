"""What stands in a definition for an expression that cannot be evaluated here: it fails when it is reached."""

from dataclasses import dataclass
from typing import ClassVar

from engine.expression.contract import EvaluationContext, EvaluationError

__all__ = ["FailingExpression"]


@dataclass(frozen=True, slots=True)
class FailingExpression:
    """An expression as it is written, and why it cannot be evaluated."""

    source: str
    reason: str
    is_constant: ClassVar[bool] = False
    constant: ClassVar[None] = None
    names: ClassVar[frozenset[str]] = frozenset()

    def evaluate(self, context: EvaluationContext) -> object:  # noqa: ARG002
        """Raises EvaluationError, always, with the reason."""
        raise EvaluationError(self.reason)
