"""Unary tests: whether an input value fulfils a test (DMN 1.5, 7.3.13, 10.3.2.8 and table 55)."""

from collections.abc import Callable

from engine.expression.feel.comparison import compare, contains, equal, same
from engine.expression.feel.evaluation import Disputed, Evaluation, Refused, Scope
from engine.expression.feel.values import Range, Value

__all__ = ["INPUT", "Test", "any_of", "comparing", "fulfils", "negated", "testing"]

INPUT = "?"
"""The name of the input value inside of a test."""

Run = Callable[[Scope], Value]
Test = Callable[[Scope, Value], bool | None]
"""Says of an input value whether the test is fulfilled; null where that cannot be told."""

ORDERS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def comparing(operator: str, operand: Run) -> Test:
    """``< operand`` and its like."""
    if operator in ("=", "!="):
        return _equals(operand, wanted=operator == "=")
    holds = ORDERS[operator]

    def test(scope: Scope, value: Value) -> bool | None:
        try:
            return holds(compare(value, operand(scope)))
        except Refused as why:
            scope.evaluation.null(why)
            return None

    return test


def testing(operand: Run, *, judges: bool, uses_input: bool) -> Test:
    """A test that is an expression: its value is compared with the input, or says itself whether it is fulfilled.

    One that reads the input always says so itself, and one that ``judges`` when it is true.
    """

    def test(scope: Scope, value: Value) -> bool | None:
        inner = scope.inner({INPUT: value})
        wanted = operand(inner)
        if uses_input:
            return wanted if isinstance(wanted, bool) else inner.evaluation.null("The test gives no boolean")
        if judges and wanted is True:
            return True
        if wanted is None and value is not None and not judges:
            return None
        return fulfils(value, wanted, inner.evaluation)

    return test


def fulfils(value: Value, wanted: Value, evaluation: Evaluation) -> bool | None:
    """``value in wanted``: equal to it, an item of the list, or inside of the range."""
    if isinstance(wanted, Range) and not isinstance(value, Range):
        try:
            return contains(wanted, value)
        except Refused as why:
            evaluation.null(why)
            return None
    if isinstance(wanted, list):
        evaluation.spend(len(wanted))
        if isinstance(value, list) and same(value, wanted, evaluation):
            return True
        return any(_is_item(value, item, evaluation) for item in wanted)
    if wanted is False and not isinstance(value, bool):
        return False
    return equal(value, wanted, evaluation)


def any_of(tests: list[Test]) -> Test:
    """Fulfilled when one of the tests is; null when none is and one cannot be told."""
    if len(tests) == 1:
        return tests[0]

    def test(scope: Scope, value: Value) -> bool | None:
        unknown = False
        for one in tests:
            answer = one(scope, value)
            if answer is True:
                return True
            unknown = unknown or answer is None
        if unknown:
            scope.evaluation.null(Disputed("Not every test can be told"))
            return None
        return False

    return test


def negated(test: Test) -> Test:
    """``not(test)``."""

    def contrary(scope: Scope, value: Value) -> bool | None:
        answer = test(scope, value)
        return None if answer is None else not answer

    return contrary


def _equals(operand: Run, *, wanted: bool) -> Test:
    def test(scope: Scope, value: Value) -> bool | None:
        answer = equal(value, operand(scope), scope.evaluation)
        return None if answer is None else answer is wanted

    return test


def _is_item(value: Value, item: Value, evaluation: Evaluation) -> bool:
    if isinstance(item, Range) and not isinstance(value, Range):
        try:
            return contains(item, value)
        except Refused:
            return False
    if isinstance(item, list) and not isinstance(value, list):
        return any(_is_item(value, inner, evaluation) for inner in item)
    return same(value, item, evaluation)
