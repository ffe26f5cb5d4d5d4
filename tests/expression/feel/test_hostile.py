"""Sources that want to hang the engine, fill its memory or break its stack are refused, or end in a bound."""

import tracemalloc

import pytest

from engine.expression import EvaluationError, ExpressionLimit, ExpressionSyntaxError
from engine.expression.feel import compile_feel


@pytest.mark.parametrize(
    "source",
    [
        "(" * 10_000,
        "[" * 10_000 + "1",
        "-" * 10_000 + "1",
        "a" + ".a" * 10_000,
        "f" + "()" * 10_000,
        "1 in (" * 5_000 + "1" + ")" * 5_000,
        "if a then " * 3_000 + "1",
        "x instance of " + "list<" * 5_000,
        "1 = " * 5_000 + "1",
        "{a: " * 5_000 + "1",
        "function(a) " * 2_000 + "1",
        "1" * 40_000,
        "1e99999",
    ],
)
def test_refused_when_compiled(source: str) -> None:
    with pytest.raises(ExpressionSyntaxError):
        compile_feel(source)


@pytest.mark.parametrize(
    "source",
    [
        "for i in 1..1000000000 return i",
        "for i in 1..100000, j in 1..100000 return 1",
        "some i in 1..1000000000 satisfies false",
        "{f: function(n) f(n + 1), r: f(1)}.r",
        "{f: function(f, n) f(f, n) + f(f, n), r: f(f, 1)}.r",
        'string length(for i in 1..30 return if i = 1 then "aaaaaaaaaa" else partial[-1] + partial[-1])',
        "count(for i in 1..40 return if i = 1 then [1] else concatenate(partial[-1], partial[-1]))",
        "string((for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1])",
        "flatten((for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1])",
        "{f: function() (for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1], e: f() = f()}.e",
        "for i in 1..5000 return [partial]",
        "sort(for i in 100000..1 return i, function(x, y) x < y)",
    ],
)
def test_bounded_when_evaluated(source: str) -> None:
    expression = compile_feel(source)
    try:
        outcome = expression.apply({})
    except EvaluationError as error:
        assert isinstance(error, ExpressionLimit)  # noqa: PT017 - a bound may also be a null with a reason
    else:
        assert outcome.value is None
        assert outcome.warnings


@pytest.mark.parametrize(
    "source",
    [
        "string join(for i in 1..5000 return x)",
        'string join(for i in 1..5000 return "", x)',
        'replace(x, "a", x)',
        'replace(x, "^.*$", y)',
        "for i in 1..5000 return x + string(i)",
        "for i in 1..5000 return upper case(x)",
        "string(for i in 1..5000 return x)",
        "to json(for i in 1..5000 return x)",
    ],
)
def test_long_texts_are_not_made_again_and_again(source: str) -> None:
    expression = compile_feel(source)
    tracemalloc.start()
    try:
        with pytest.raises(ExpressionLimit):
            expression.apply({"x": "a" * 400_000, "y": "$0" * 100_000})
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 250_000_000


def test_long_chains_are_no_nesting() -> None:
    assert compile_feel(" + ".join(["1"] * 5_000)).apply({}).value == 5_000
    assert compile_feel(" and ".join(["true"] * 3_000)).apply({}).value is True


def test_a_pattern_cannot_hang() -> None:
    source = f'matches("{"a" * 5000}!", "^(a|a)*$")'
    assert compile_feel(source).apply({}).value is False


def test_a_surrogate_is_no_pattern() -> None:
    assert compile_feel('matches("a", "\\uD800")').apply({}).value is None
