"""FEEL, the expression language of DMN (1.5, chapter 10.3) and of Camunda 8, with Camunda's builtin functions.

An operation that has no value (a comparison of a text with a number, a variable that is not there) gives null, and the
evaluation goes on; why it did is told by the warnings of the outcome. An evaluation fails only beyond its bounds, and
by ``assert``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from engine.expression.contract import (
    EvaluationContext,
    EvaluationError,
    ExpressionLimit,
    IdSource,
    UnknownName,
)
from engine.expression.feel.builtins import BUILTINS, STANDARD
from engine.expression.feel.evaluation import MOST_STEPS, Evaluation, Scope
from engine.expression.feel.exchange import from_engine, to_engine, to_plain
from engine.expression.feel.names import KnownNames
from engine.expression.feel.parser import NO_TYPES, Parser, Types
from engine.expression.feel.types import Type
from engine.expression.feel.unary import INPUT
from engine.expression.feel.values import Value

__all__ = [
    "INPUT",
    "FeelExpression",
    "KnownNames",
    "Outcome",
    "Types",
    "compile_feel",
    "compile_unary_tests",
    "from_engine",
]

_BUILTIN_NAMES = KnownNames(BUILTINS)


class Outcome(NamedTuple):
    """What an evaluation gave: a value of FEEL, and why parts of it are null."""

    value: Value
    warnings: tuple[str, ...]
    plain: object
    """The value as JSON."""
    is_disputed: bool
    """Whether something was asked for that the standard gives no value, and other FEEL engines do."""


class FeelExpression:
    """A compiled source (see ``CompiledExpression``)."""

    __slots__ = ("_run", "constant", "is_constant", "names", "source")

    def __init__(self, source: str, run: Callable[[Scope], Value], names: frozenset[str], *, is_constant: bool) -> None:
        self.source = source
        self.names = names
        self.constant: object
        self._run = run
        self.is_constant, self.constant = is_constant, None
        if is_constant:
            try:
                self.constant = to_engine(self.apply({}).plain)
            except EvaluationError:
                self.is_constant = False  # it fails when it is evaluated

    def __repr__(self) -> str:
        return f"FeelExpression({self.source!r})"

    def evaluate(self, context: EvaluationContext) -> object:
        """The value in this context, as a value of ``engine.values`` (see ``exchange``). Raises EvaluationError."""
        return to_engine(self._apply_in(context).plain)

    def explain(self, context: EvaluationContext) -> Sequence[str]:
        """Why the value in this context is null, or parts of it are. Raises EvaluationError."""
        return self._apply_in(context).warnings

    def value_in(self, scope: Scope) -> Value:
        """The value in a scope of an evaluation that is under way, on its budget. Raises EvaluationError."""
        try:
            return self._run(scope)
        except EvaluationError as error:
            if error.source is None:
                error.source = self.source
            raise

    def _apply_in(self, context: EvaluationContext) -> Outcome:
        ids = context.next_id if isinstance(context, IdSource) else None
        return self.apply(_Variables(context), context.now, ids=ids)

    def apply(
        self,
        names: Mapping[str, Value],
        now: datetime | None = None,
        *,
        most_steps: int = MOST_STEPS,
        ids: Callable[[], int] | None = None,
    ) -> Outcome:
        """The value with these names, whose values are FEEL's, and at this time. Raises EvaluationError.

        ``ids`` gives numbers that nothing else has, of which ``uuid()`` is made.
        """
        evaluation = Evaluation(now, most_steps, ids)
        try:
            value = self._run(Scope(names, None, evaluation))
            return Outcome(value, tuple(evaluation.warnings), to_plain(value, evaluation), evaluation.is_disputed)
        except RecursionError:
            error: EvaluationError = ExpressionLimit("The evaluation is nested too deep")
        except EvaluationError as failure:
            error = failure
        if error.source is None:
            error.source = self.source
        raise error


def compile_feel(
    source: str,
    names: Iterable[str] | KnownNames = (),
    *,
    extensions: bool = True,
    types: Mapping[str, Type] = NO_TYPES,
) -> FeelExpression:
    """Compile an expression. ``names`` are those in scope that are more than words (``a-b``).

    Without ``extensions`` there are no builtin functions but those of DMN; ``types`` are those it may name besides
    FEEL's own. Where many expressions have the same of these, they are made once, as KnownNames and as Types. Raises
    ExpressionSyntaxError.
    """
    parser = Parser(source, names, BUILTINS if extensions else STANDARD, _BUILTIN_NAMES, types)
    run = parser.expression()
    return FeelExpression(source, run, frozenset(parser.names), is_constant=parser.is_constant)


def compile_unary_tests(
    source: str,
    names: Iterable[str] | KnownNames = (),
    *,
    extensions: bool = True,
    types: Mapping[str, Type] = NO_TYPES,
) -> FeelExpression:
    """Compile unary tests (DMN 1.5, 7.3.13): their value says whether the input, the name ``?``, fulfils them.

    ``names``, ``extensions`` and ``types`` as in :func:`compile_feel`. Raises ExpressionSyntaxError.
    """
    parser = Parser(source, names, BUILTINS if extensions else STANDARD, _BUILTIN_NAMES, types)
    test = parser.unary_tests()
    return FeelExpression(
        source, lambda scope: test(scope, scope.find(INPUT)[1]), frozenset(parser.names), is_constant=False
    )


class _Variables(Mapping[str, Value]):
    """The variables of a context, each read and converted once."""

    def __init__(self, context: EvaluationContext) -> None:
        self._context = context
        self._read: dict[str, tuple[bool, Value]] = {}

    def __contains__(self, name: object) -> bool:
        return self._find(str(name))[0]

    def __getitem__(self, name: str) -> Value:
        known, value = self._find(name)
        if not known:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)

    def _find(self, name: str) -> tuple[bool, Value]:
        if name not in self._read:
            try:
                self._read[name] = True, from_engine(self._context.lookup(name))
            except UnknownName:
                self._read[name] = False, None
        return self._read[name]
