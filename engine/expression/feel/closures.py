"""The closures that the parts of an expression become: each takes a scope, gives a value, and never raises Refused."""

from collections.abc import Callable, Sequence

from engine.expression.contract import EvaluationError
from engine.expression.feel.comparison import compare, equal
from engine.expression.feel.evaluation import Disputed, Refused, Scope
from engine.expression.feel.functions import Builtin, Defined
from engine.expression.feel.paths import filtered, member
from engine.expression.feel.types import Type, is_instance
from engine.expression.feel.unary import INPUT, ORDERS, Test
from engine.expression.feel.values import Function, Range, Value, kind_of

__all__ = [
    "Run",
    "all_of",
    "any_true",
    "between",
    "call",
    "call_named",
    "choose",
    "comparison",
    "constant",
    "context",
    "define",
    "external",
    "fold",
    "input_value",
    "instance_of",
    "list_of",
    "name",
    "nothing",
    "path",
    "range_of",
    "select",
    "tested",
    "unary",
]

Run = Callable[[Scope], Value]
Apply = Callable[[Value, Value], Value]


def constant(value: Value) -> Run:
    """A literal."""
    return lambda _: value


def nothing(why: str) -> Run:
    """A literal that has no value."""
    return lambda scope: scope.evaluation.null(why)


def input_value() -> Run:
    """``?``, the input of a unary test."""

    def run(scope: Scope) -> Value:
        known, value = scope.find(INPUT)
        if not known:
            raise EvaluationError("'?' stands for the input of a unary test, and here is none")
        return value

    return run


def name(text: str, builtin: Builtin | None) -> Run:
    """A name: of the scope, or of a builtin function where no scope has it."""

    def run(scope: Scope) -> Value:
        known, value = scope.find(text)
        if known:
            return value
        return builtin if builtin is not None else scope.evaluation.null(f"There is no variable '{text}'")

    return run


def list_of(items: Sequence[Run]) -> Run:
    """``[a, b]``."""
    return lambda scope: [item(scope) for item in items]


def context(entries: Sequence[tuple[str, Run]]) -> Run:
    """``{a: 1, b: a + 1}``: entries see those before them; a context with an entry twice is null."""
    twice = len({key for key, _ in entries}) < len(entries)

    def run(scope: Scope) -> Value:
        if twice:
            return scope.evaluation.null("The context has an entry twice")
        values: dict[str, Value] = {}
        inner = scope.inner(values)
        for key, value in entries:
            values[key] = value(inner)
        return values

    return run


def range_of(start: Run | None, end: Run | None, *, start_included: bool, end_included: bool) -> Run:
    """``[a..b)``; null where the endpoints have no order."""

    def run(scope: Scope) -> Value:
        begin = None if start is None else start(scope)
        stop = None if end is None else end(scope)
        try:
            if (start is not None and begin is None) or (end is not None and stop is None):
                raise Disputed("An endpoint of a range is null")
            if begin is not None or stop is not None:
                compare(begin if begin is not None else stop, stop if stop is not None else begin)
        except Refused as why:
            return scope.evaluation.null(why)
        return Range(begin, stop, start_included, end_included)

    return run


def unary(apply: Callable[[Value], Value], operand: Run) -> Run:
    """A prefix operator."""

    def run(scope: Scope) -> Value:
        try:
            return apply(operand(scope))
        except Refused as why:
            return scope.evaluation.null(why)

    return run


def fold(first: Run, rest: Sequence[tuple[Apply, Run]]) -> Run:
    """``a + b - c``, from left to right."""

    def run(scope: Scope) -> Value:
        value = first(scope)
        try:
            for apply, operand in rest:
                value = apply(value, operand(scope))
                if isinstance(value, str):
                    scope.evaluation.expect_text(len(value))
        except Refused as why:
            return scope.evaluation.null(why)
        return value

    return run


def comparison(operator: str, left: Run, right: Run) -> Run:
    """``a < b`` and its like."""
    if operator in ("=", "!="):
        wanted = operator == "="

        def same(scope: Scope) -> bool | None:
            answer = equal(left(scope), right(scope), scope.evaluation)
            return None if answer is None else answer is wanted

        return same
    holds = ORDERS[operator]

    def ordered(scope: Scope) -> Value:
        try:
            return holds(compare(left(scope), right(scope)))
        except Refused as why:
            return scope.evaluation.null(why)

    return ordered


def between(value: Run, low: Run, high: Run) -> Run:
    """``a between b and c``."""
    return all_of([comparison(">=", value, low), comparison("<=", value, high)])


def tested(value: Run, test: Test) -> Run:
    """``a in test``."""
    return lambda scope: test(scope, value(scope))


def all_of(operands: Sequence[Run]) -> Run:
    """``a and b``: false decides; null where nothing does."""
    return _logic(operands, decides=False)


def any_true(operands: Sequence[Run]) -> Run:
    """``a or b``: true decides; null where nothing does."""
    return _logic(operands, decides=True)


def _logic(operands: Sequence[Run], *, decides: bool) -> Run:
    def run(scope: Scope) -> Value:
        unknown = False
        for operand in operands:
            value = operand(scope)
            if value is decides:
                return decides
            unknown = unknown or not isinstance(value, bool)
        return None if unknown else not decides

    return run


def choose(condition: Run, then: Run, otherwise: Run) -> Run:
    """``if a then b else c``: what is not true is false."""
    return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)


def path(base: Run, key: str) -> Run:
    """``a.key``."""

    def run(scope: Scope) -> Value:
        try:
            return member(base(scope), key, scope.evaluation)
        except Refused as why:
            return scope.evaluation.null(why)

    return run


def select(base: Run, condition: Run) -> Run:
    """``a[condition]``."""

    def run(scope: Scope) -> Value:
        try:
            return filtered(base(scope), condition, scope)
        except Refused as why:
            return scope.evaluation.null(why)

    return run


def instance_of(value: Run, type_: Type) -> Run:
    """``a instance of type``."""

    def run(scope: Scope) -> Value:
        try:
            return is_instance(value(scope), type_, scope.evaluation)
        except Refused as why:
            return scope.evaluation.null(why)

    return run


def define(names: tuple[str, ...], types: tuple[Type, ...], body: Run) -> Run:
    """``function(a, b) body``."""
    return lambda scope: Defined(names, types, body, scope)


def external() -> Run:
    """``function(a) external {...}``: code of another language is not run."""
    return lambda scope: scope.evaluation.null("External functions are not called")


def call(function: Run, arguments: Sequence[Run]) -> Run:
    """``f(a, b)``."""

    def run(scope: Scope) -> Value:
        target = function(scope)
        values = [argument(scope) for argument in arguments]
        try:
            return _callable(target).call(scope.evaluation, values)
        except Refused as why:
            return scope.evaluation.null(why)

    return run


def call_named(function: Run, arguments: Sequence[tuple[str, Run]]) -> Run:
    """``f(x: a, y: b)``."""

    def run(scope: Scope) -> Value:
        target = function(scope)
        values = {key: argument(scope) for key, argument in arguments}
        try:
            return _callable(target).call_named(scope.evaluation, values)
        except Refused as why:
            return scope.evaluation.null(why)

    return run


def _callable(target: Value) -> Function:
    if isinstance(target, Function):
        return target
    raise Refused(f"A {kind_of(target)} cannot be invoked")
