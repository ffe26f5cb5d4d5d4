"""One evaluation under way: its failures, and the variables that it sees as values of FEEL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from engine.expression.contract import EvaluationError, UnknownName
from engine.expression.feel.evaluation import Evaluation, Scope
from engine.expression.feel.exchange import from_engine, to_plain
from engine.expression.feel.temporal import DateTime
from engine.expression.feel.values import Value

__all__ = ["Failure", "JuelContext", "Run", "Variables", "of_variable", "to_variable"]

Run = Callable[[Scope], Value]
"""An expression, ready to be evaluated in a scope."""


class Failure(Exception):
    """The decision that is being evaluated cannot have a result; becomes DecisionFailed."""

    def __init__(self, element_id: str | None, reason: str) -> None:
        super().__init__(reason)
        self.element_id, self.reason = element_id, reason


def of_variable(value: object) -> Value:
    """The value of a variable in FEEL: a date is a local date and time in UTC, as in Camunda 7's decisions."""
    if isinstance(value, datetime):
        return DateTime.of_datetime(value.astimezone(UTC).replace(tzinfo=None))
    return from_engine(value)


class Variables(Mapping[str, Value]):
    """Variables, each converted when it is first read; ``raw`` are the values of ``engine.values``."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        self.raw = raw
        self._read: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._read:
            self._read[name] = of_variable(self.raw[name])
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self.raw

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)


class JuelContext:
    """A scope of FEEL as JUEL sees it: what became of a variable is the variable again."""

    user = None
    groups = ()

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @property
    def now(self) -> datetime:
        """The time of the evaluation. Raises EvaluationError when it has none."""
        if self._scope.evaluation.now is None:
            raise EvaluationError("There is no time here")
        return self._scope.evaluation.now

    def lookup(self, name: str) -> object:
        """The value of a name, as one of ``engine.values``. Raises UnknownName."""
        scope: Scope | None = self._scope
        while scope is not None:
            if name in scope.names:
                if isinstance(scope.names, Variables):
                    return scope.names.raw[name]
                return to_variable(scope.names[name], scope.evaluation)
            scope = scope.parent
        raise UnknownName(name)


def to_variable(value: Value, evaluation: Evaluation) -> object:
    """A value of FEEL as one of ``engine.values``, as in Camunda 7: a whole number is a Long, lists are objects."""
    plain: object = to_plain(value, evaluation)
    return plain
