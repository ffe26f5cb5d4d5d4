"""The language itself: every form of DMN 1.5, 10.3.1.2, and what has no value is null."""

import pytest

from engine.expression import EvaluationError, ExpressionSyntaxError
from engine.expression.feel import compile_feel
from engine.values import JsonValue
from tests.expression.feel.values import tagged
from tests.expression.scope import NOW


def plain(source: str, **names: object) -> object:
    values = {name: tagged(value) for name, value in names.items()}
    return compile_feel(source, values).apply(values, NOW).plain


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("7 / 2", 3.5),
        ("1 / 0", None),
        (".5 + 1e2", 100.5),
        ("0.1 + 0.2 = 0.3", True),
        ('"a" + "b"', "ab"),
        ('"a" + 1', None),
        ("1 = 1.0", True),
        ('1 = "1"', None),
        ("null = null", True),
        ("1 != null", True),
        ("1 < null", None),
        ("true < false", None),
        ("2 between 1 and 3 and true", True),
        ("false and null", False),
        ("true and null", None),
        ("true or null", True),
        ("false or 1", None),
        ("if null then 1 else 2", 2),
        ("if 1 < 2 then if false then 1 else 2 else 3", 2),
        ("// a comment\n1 /* and another */ + 1", 2),
    ],
)
def test_operators(source: str, expected: object) -> None:
    assert plain(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 in [1..3]", True),
        ("3 in [1..3)", False),
        ("3 in ]1..3]", True),
        ("1 in ]1..3[", False),
        ("[1..3].end included", True),
        ("5 in (> 3, < 1)", True),
        ("2 in (> 3, < 1)", False),
        ("2 in (1, 2)", True),
        ("2 in [1, 2]", True),
        ("2 in (1 + 1)", True),
        ("2 in (1..3]", True),
        ("2 in (? > 1)", True),
        ('"x" in < 3', None),
        ("(< 3).end", 3),
        ("[1..3] = [1..3]", True),
        ('[1.."a"]', None),
        ("for i in ]1..3[ return i", [2]),
        ("[[1, 2][1]..[3][1]].end", 3),
    ],
)
def test_ranges_and_tests(source: str, expected: object) -> None:
    assert plain(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[1, 2, 3][2]", 2),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][4]", None),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("[{a: 1}, {a: 2}][a > 1].a", [2]),
        ("[{item: 5}, {item: 6}][item = 6]", [{"item": 6}]),
        ("5[1]", 5),
        ("null[1]", None),
        ("[][1]", None),
        ("[][item > 1]", []),
        ("{a: 1, b: a + 1}.b", 2),
        ('{"a b": 1}.`a b`', 1),
        ("{a: {b: 1}}.a.b.c", None),
        ("{a: 1, a: 2}", None),
        ("{a-b: 1, c: a-b + 1}.c", 2),
        ("{f: function(n) if n = 0 then 1 else n * f(n - 1), r: f(5)}.r", 120),
        ("(function(a: number, b) a + b)(b: 1, a: 2)", 3),
        ('(function(a: number) a)("x")', None),
        ("(function(a) a)(1, 2)", None),
        ('(function(a) external {java: {class: "x"}})(1)', None),
        ("for x in [1, 2], y in [x, 10] return x * y", [1, 10, 4, 20]),
        ("for x in 3..1 return x", [3, 2, 1]),
        ("for x in 1..4 return if x < 3 then x else partial[-1] + partial[-2]", [1, 2, 3, 5]),
        ('for d in @"2024-02-28"..@"2024-03-01" return d.day', [28, 29, 1]),
        ("for x in 5 return x", None),
        ("some x in [1, 2] satisfies x > 1", True),
        ("every x in [1, null] satisfies x > 0", None),
        ("every x in [] satisfies false", True),
    ],
)
def test_lists_contexts_functions(source: str, expected: object) -> None:
    assert plain(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 instance of number", True),
        ("null instance of number", False),
        ("[1, 2] instance of list<number>", True),
        ('[1, "a"] instance of list<number>', False),
        ("[[1]] instance of list<list<number>>", True),
        ("{a: 1} instance of context<a: number, b: string>", False),
        ('@"PT1S" instance of days and time duration', True),
        ("[1..2] instance of range<number>", True),
        ("(function(a: number) a) instance of function<number> -> number", True),
        ("abs instance of function", True),
        ("1 instance of something", None),
        ("1 + 1 instance of number", None),
        ("-1 instance of number", True),
    ],
)
def test_instance_of(source: str, expected: object) -> None:
    assert plain(source) == expected


@pytest.mark.parametrize(
    ("source", "names", "expected"),
    [
        ("first name", {"first name": "Ann"}, "Ann"),
        ("a-b", {"a-b": 5, "a": 3, "b": 1}, 5),
        ("a - b", {"a": 3, "b": 1}, 2),
        ("`a-b` + 1", {"a-b": 5}, 6),
        ("it's", {"it's": 1}, 1),
        ("time of day + 1", {"time of day": 1}, 2),
        ("order.total amount", {"order": {"total amount": 7}}, 7),
        ("orders[total amount > 5].id", {"orders": [{"id": 1, "total amount": 7}, {"id": 2, "total amount": 1}]}, [1]),
        ("count", {"count": 3}, 3),
        ("count([1])", {"size": 3}, 1),
        ("min + 1", {"min": 3}, 4),
        ("größe", {"größe": 1}, 1),
        ("missing.member", {}, None),
    ],
)
def test_names(source: str, names: dict[str, object], expected: object) -> None:
    assert plain(source, **names) == expected


def test_names_that_are_read() -> None:
    source = "sum(for x in orders[item.ok] return x.price) + {a: 1, b: a}.b + tax rate"
    assert compile_feel(source).names == {"orders", "tax rate"}


@pytest.mark.parametrize(
    ("source", "position"),
    [
        ("", 0),
        ("1 +", 3),
        ("1 2", 2),
        ("(1", 2),
        ("[1..", 4),
        ('"open', 0),
        ("if a then b", 11),
        ("for x in", 8),
        ("{a 1}", 4),
        ("f(1, b: 2)", 5),
        ("a ? b", 2),
        ("1 instance number", 11),
        ("@date", 1),
        ("#", 0),
        ("/* open", 0),
        ("x.1", 1),
    ],
)
def test_errors_have_a_position(source: str, position: int) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_feel(source)
    assert caught.value.position == position


def test_the_input_is_there_in_unary_tests_alone() -> None:
    with pytest.raises(EvaluationError, match="unary test"):
        plain("? > 1")


def test_why_something_is_null() -> None:
    outcome = compile_feel('amount > 5 and "a" < 1').apply({})
    assert outcome.value is None
    assert outcome.warnings == (
        "There is no variable 'amount'",
        "There is no order between a null and a number",
        "There is no order between a string and a number",
    )


def test_constants() -> None:
    assert compile_feel("[1, 2 + 3]").constant == JsonValue("[1,5]")
    assert not compile_feel("a").is_constant
    assert not compile_feel("now()").is_constant
    assert not compile_feel("for x in 1..3 return x").is_constant
