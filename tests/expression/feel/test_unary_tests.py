"""Unary tests of an input (DMN 1.5, 7.3.13)."""

import pytest

from engine.expression import ExpressionSyntaxError
from engine.expression.feel import compile_unary_tests
from tests.expression.feel.values import tagged


@pytest.mark.parametrize(
    ("source", "given", "expected"),
    [
        ("-", 5, True),
        ("5", 5, True),
        ("5", "5", None),
        ("< 10, > 20", 15, False),
        ("< 10, > 20", 25, True),
        ("[1..5], 9", 9, True),
        ("not(1, 2)", 3, True),
        ("not([1..5])", 3, False),
        ("not(< 5)", None, None),
        ('"a", "b"', "b", True),
        ("list", 2, True),
        ("? > 3 and ? < 5", 4, True),
        ("? + 1", 4, None),
        ("true", False, False),
        ("false", False, True),
        ("1 = 1", 7, True),
        ("not(x) and true", 7, False),
        ("null", None, True),
        ("null", 1, False),
        ("!= 3", 4, True),
        ('< @"2024-01-01"', {"$type": "date", "$value": "2023-12-31"}, True),
    ],
)
def test_tests(source: str, given: object, expected: object) -> None:
    names = {"?": tagged(given), "list": tagged([1, 2]), "x": True}
    assert compile_unary_tests(source).apply(names).value is expected


@pytest.mark.parametrize("source", ["", "1,", "not(", "< ", "1 2", "-, 1"])
def test_errors(source: str) -> None:
    with pytest.raises(ExpressionSyntaxError):
        compile_unary_tests(source)
