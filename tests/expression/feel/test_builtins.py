"""The builtin functions, family by family: DMN 1.5, 10.3.4, and Camunda's."""

import itertools
import re

import pytest

from engine.expression import EvaluationError
from engine.expression.feel import compile_feel
from engine.expression.feel.builtins import BUILTINS
from tests.expression.scope import NOW


def plain(source: str) -> object:
    return compile_feel(source).apply({}, NOW, ids=itertools.count(1001).__next__).plain


CASES: dict[str, list[tuple[str, object]]] = {
    "conversion": [
        ('date("2024-02-29").day', 29),
        ('date("2023-02-29")', None),
        ("date(2024, 2, 30)", None),
        ('string(date(date and time("2024-02-29T10:00:00Z")))', "2024-02-29"),
        ('string(time("10:20:30.5+01:00"))', "10:20:30.5+01:00"),
        ("string(time(10, 20, 30))", "10:20:30"),
        ('string(time(10, 20, 30, duration("-PT1H")))', "10:20:30-01:00"),
        ('time("10:20:30@Nowhere/Town")', None),
        ('string(date and time("2024-12-31T24:00:00"))', "2025-01-01T00:00:00"),
        ('string(date and time(2024, 1, 2, 3, 4, 5, "Europe/Berlin"))', "2024-01-02T03:04:05@Europe/Berlin"),
        ('string(date and time(@"2024-07-01T12:00:00Z", "Europe/Berlin"))', "2024-07-01T14:00:00@Europe/Berlin"),
        ('number("1.234,5", ".", ",")', 1234.5),
        ('number("1,2")', None),
        ('number("1", ".", ".")', None),
        ("string(1.50)", "1.5"),
        ('string([1, "a", {b: null}])', '[1, "a", {b: null}]'),
        ("string(null)", None),
        ('string(duration("P1DT25H61M0.5S"))', "P2DT2H1M0.5S"),
        ('string(duration("P14M"))', "P1Y2M"),
        ('duration("P1Y1D")', None),
        ('duration("PT")', None),
        ('string(years and months duration(date("2024-03-31"), date("2024-02-29")))', "-P1M"),
        ('from json("{\\"a\\": [1, 2.5, null]}").a[2]', 2.5),
        ('from json("{")', None),
        ('to json({a: [1, "x"]})', '{"a":[1,"x"]}'),
        ('from base64(to base64("grün"))', "grün"),
        ('from base64("?")', None),
    ],
    "strings": [
        ('substring("hello", 2, 3)', "ell"),
        ('substring("hello", -2)', "lo"),
        ('substring("hello", 0)', None),
        ('string length("\\U01F40Eab")', 3),
        ('upper case("aß")', "ASS"),
        ('lower case("AB")', "ab"),
        ('substring before("a/b/c", "/")', "a"),
        ('substring after("a/b/c", "/")', "b/c"),
        ('replace("2024-02", "(\\d+)-(\\d+)", "$2/$1")', "02/2024"),
        ('replace("aBc", "b", "x", "i")', "axc"),
        ('replace("abc", "[", "x")', None),
        ('matches("abc", "^A", "i")', True),
        ('matches("a b", "a b", "x")', False),
        ('matches("abc", "b", "q")', None),
        ('contains("abc", "")', True),
        ('starts with("abc", "ab")', True),
        ('ends with("abc", "ab")', False),
        ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
        ('string join(["a", null, "b"], "-")', "a-b"),
        ('string join(["a", "b"], ", ", "[", "]")', "[a, b]"),
        ('string join(["a", 1])', None),
        ('extract("a1b22", "\\d+")', ["1", "22"]),
        ('trim("  a ")', "a"),
        ('is blank(" ")', True),
    ],
    "lists": [
        ("list contains([1, null], null)", True),
        ("count([1, 2])", 2),
        ("min(3, 1, 2)", 1),
        ('max(["a", "c", "b"])', "c"),
        ('min([1, "a"])', None),
        ("min([])", None),
        ("sum([1, 2, 3])", 6),
        ("sum([])", None),
        ("mean(1, 2, 3, 4)", 2.5),
        ("product([2, 3])", 6),
        ("median(3, 1, 2)", 2),
        ("mode([1, 2, 2, 1])", [1, 2]),
        ("stddev([1])", None),
        ("stddev(1, 3)", 2**0.5),
        ("all([true, null, false])", False),
        ("and(true, true)", True),
        ("or([false, null])", None),
        ("any([false, null])", None),
        ("sublist([1, 2, 3], -2, 1)", [2]),
        ("sublist([1, 2, 3], 3, 2)", None),
        ("append([1], 2, 3)", [1, 2, 3]),
        ("concatenate([1], [2], 3)", [1, 2, 3]),
        ("insert before([1, 3], 2, 2)", [1, 2, 3]),
        ("remove([1, 2, 3], -1)", [1, 2]),
        ("list replace([1, 2, 3], 2, 9)", [1, 9, 3]),
        ("list replace([1, 2, 3], function(old, new) old < 3, 9)", [9, 9, 3]),
        ("reverse([1, 2])", [2, 1]),
        ("index of([1, 2, 1], 1)", [1, 3]),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ("distinct values([1, 2, 1])", [1, 2]),
        ("duplicate values([1, 2, 1])", [1]),
        ("flatten([[1, [2]], 3])", [1, 2, 3]),
        ("sort([3, 1, 2], function(x, y) x < y)", [1, 2, 3]),
        ("sort([3, 1, 2], function(x, y) 1)", None),
        ("partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("is empty([])", True),
    ],
    "numbers": [
        ("decimal(2.5, 0)", 2),
        ('decimal(2.5, 0, "half_up")', 3),
        ("decimal(1, 99999)", None),
        ("floor(-1.5)", -2),
        ("ceiling(1.21, 1)", 1.3),
        ("round up(-1.1, 0)", -2),
        ("round down(-1.9, 0)", -1),
        ("round half up(2.5, 0)", 3),
        ("round half down(2.5, 0)", 2),
        ("abs(-1)", 1),
        ('string(abs(@"-P1D"))', "P1D"),
        ("modulo(-12, 5)", 3),
        ("modulo(1, 0)", None),
        ("sqrt(16)", 4),
        ("sqrt(-1)", None),
        ("log(1)", 0),
        ("log(0)", None),
        ("exp(0)", 1),
        ("exp(100000)", None),
        ("odd(3)", True),
        ("even(3)", False),
    ],
    "ranges": [
        ("before(1, [2..3])", True),
        ("after([2..3], 2)", False),
        ("meets([1..2], [2..3])", True),
        ("met by([2..3], [1..2])", True),
        ("overlaps([1..3], [2..4])", True),
        ("overlaps before([1..3], [2..4])", True),
        ("overlaps after([2..4], [1..3])", True),
        ("finishes(3, [1..3])", True),
        ("finished by([1..3], [2..3])", True),
        ("includes([1..3], 2)", True),
        ("during([2..3], [1..3])", True),
        ("starts([1..2], [1..3])", True),
        ("started by([1..3], 1)", True),
        ("coincides([1..3], [1..3])", True),
        ('before(1, "a")', None),
        ("before((< 5), 9)", True),
        ("before(1, (< 5))", None),
        ('range("[1..3)") = [1..3)', True),
        ('range("[3..1]")', None),
    ],
    "calendar": [
        ("string(now())", "2024-02-29T10:30:15.123Z"),
        ("string(today())", "2024-02-29"),
        ('day of year(@"2024-03-01")', 61),
        ('day of week(@"2024-02-29")', "Thursday"),
        ('month of year(@"2024-02-29")', "February"),
        ('week of year(@"2021-01-03")', 53),
        ('string(last day of month(@"2024-02-01"))', "2024-02-29"),
        ('is(@"10:00:00Z", @"10:00:00+00:00")', True),
        ('cycle(3, @"PT1H")', "R3/PT1H"),
        ('cycle(@"P1M")', "R/P1M"),
        ('is(@"10:00:00Z", @"10:00:00")', False),
        ("is(1, 1.0)", True),
    ],
    "contexts": [
        ('get value({a: {b: 1}}, ["a", "b"])', 1),
        ('get value({a: 1}, "b")', None),
        ("get entries({a: 1})", [{"key": "a", "value": 1}]),
        ('context([{key: "a", value: 1}])', {"a": 1}),
        ("context([{key: 1, value: 1}])", None),
        ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
        ('context put({a: 1}, ["a", "b"], 2)', None),
        ('put({}, "a", 1)', {"a": 1}),
        ("put all({a: 1}, {b: 2})", {"a": 1, "b": 2}),
        ("context merge({a: 1}, {a: 2})", {"a": 2}),
        ("context merge([{a: 1}, 2])", None),
    ],
    "chance": [
        ("string length(uuid())", 36),
        ("uuid() = uuid()", False),
        ("random number() in [0..1)", True),
    ],
    "presence": [
        ("not(true)", False),
        ("not(1)", None),
        ("is defined(nothing)", False),
        ("get or else(null, 1)", 1),
        ("assert(1, true)", 1),
        ('fromAi(1, "a number")', 1),
    ],
}


@pytest.mark.parametrize(("source", "expected"), [case for family in CASES.values() for case in family])
def test_builtins(source: str, expected: object) -> None:
    value = plain(source)
    assert value == (pytest.approx(expected) if isinstance(expected, float) else expected)
    assert isinstance(value, bool) == isinstance(expected, bool)


def test_every_builtin_is_tried() -> None:
    sources = [source for family in CASES.values() for source, _ in family]
    assert not {name for name in BUILTINS if not any(re.search(rf"(?<![\w ]){name}\(", source) for source in sources)}


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_wrong_arguments_give_null(name: str) -> None:
    many = ", ".join(["null"] * 12)
    outcome = compile_feel(f"{name}({many})").apply({}, NOW)
    assert outcome.value is None or name in ("append", "concatenate")
    assert compile_feel(f"{name}(no such parameter: 1)").apply({}, NOW).value is None


def test_a_failed_assertion_fails() -> None:
    with pytest.raises(EvaluationError, match="too few") as caught:
        plain('assert(1, 1 > 2, "too few")')
    assert caught.value.source == 'assert(1, 1 > 2, "too few")'


@pytest.mark.parametrize("source", ["now()", "today()", "uuid()", "random number()"])
def test_there_may_be_no_clock_and_no_ids(source: str) -> None:
    outcome = compile_feel(source).apply({})
    assert outcome.value is None
    assert outcome.warnings
