"""``for``, ``some`` and ``every`` (DMN 1.5, 10.3.2.14 and 10.3.2.15)."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from engine.expression.feel.comparison import compare
from engine.expression.feel.evaluation import Disputed, Refused, Scope
from engine.expression.feel.temporal import Date
from engine.expression.feel.values import Range, Value, kind_of, whole

__all__ = ["Domain", "between", "every", "for_each", "over", "some"]

Run = Callable[[Scope], Value]

Domain = tuple[str, Callable[[Scope], Iterator[Value]]]
"""The name of an iteration variable, and the values that it takes in a scope; iterating may raise Refused."""


def over(domain: Run) -> Callable[[Scope], Iterator[Value]]:
    """The items of a list or range."""
    return lambda scope: _items(domain(scope))


def between(start: Run, end: Run) -> Callable[[Scope], Iterator[Value]]:
    """All values from a start to an end, upwards or downwards."""
    return lambda scope: _steps(start(scope), end(scope))


def for_each(domains: Sequence[Domain], result: Run, *, with_partial: bool) -> Run:
    """``for x in a, y in b return result``; ``partial`` is the list of the results before, where it is asked for."""

    def run(scope: Scope) -> Value:
        results: list[Value] = []
        try:
            for inner in _combinations(domains, scope):
                if with_partial:
                    inner.evaluation.spend(len(results))
                    results.append(result(inner.inner({"partial": list(results)})))
                else:
                    results.append(result(inner))
        except Refused as why:
            return scope.evaluation.null(why)
        return results

    return run


def some(domains: Sequence[Domain], condition: Run) -> Run:
    """``some x in a satisfies condition``."""
    return _quantified(domains, condition, decides=True)


def every(domains: Sequence[Domain], condition: Run) -> Run:
    """``every x in a satisfies condition``."""
    return _quantified(domains, condition, decides=False)


def _quantified(domains: Sequence[Domain], condition: Run, *, decides: bool) -> Run:
    """One answer that is ``decides`` is the result; null where none is and one cannot be told."""

    def run(scope: Scope) -> Value:
        unknown = False
        try:
            for inner in _combinations(domains, scope):
                answer = condition(inner)
                if answer is decides:
                    return decides
                unknown = unknown or not isinstance(answer, bool)
        except Refused as why:
            return scope.evaluation.null(why)
        if unknown:
            return scope.evaluation.null(Disputed("Not every condition of 'some' or 'every' gives a boolean"))
        return not decides

    return run


def _combinations(domains: Sequence[Domain], scope: Scope) -> Iterator[Scope]:
    """A scope for every combination of values; later domains see the variables of earlier ones."""
    (name, values), rest = domains[0], domains[1:]
    for value in values(scope):
        scope.evaluation.spend()
        inner = scope.inner({name: value})
        if rest:
            yield from _combinations(rest, inner)
        else:
            yield inner


def _items(value: Value) -> Iterator[Value]:
    if isinstance(value, list):
        return iter(value)
    if isinstance(value, Range) and value.start is not None and value.end is not None:
        steps = _steps(value.start, value.end)
        return (
            step
            for step in steps
            if (value.start_included or compare(step, value.start) != 0)
            and (value.end_included or compare(step, value.end) != 0)
        )
    raise Refused(f"There is no iteration over a {kind_of(value)}")


def _steps(start: Value, end: Value) -> Iterator[Value]:
    if isinstance(start, Decimal) and isinstance(end, Decimal):
        step = 1 if start <= end else -1
        count = whole(abs(end - start))
        return (start + index * step for index in range(count + 1))
    if isinstance(start, Date) and isinstance(end, Date):
        first, last = start.ordinal, end.ordinal
        step = 1 if first <= last else -1
        return (Date.of_ordinal(day) for day in range(first, last + step, step))
    raise Refused(f"There is no iteration from a {kind_of(start)} to a {kind_of(end)}")
