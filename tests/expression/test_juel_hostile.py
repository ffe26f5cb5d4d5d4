"""JUEL against hostile sources and values: every one is refused by an error of its own, none reaches the host."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expression import (
    EvaluationError,
    ExpressionError,
    ExpressionLimit,
    ExpressionSyntaxError,
    compile_expression,
)
from engine.expression.juel.members import _METHODS, CHANGES
from engine.expression.juel.parser import DEEPEST_NESTING
from engine.values import Integer, JsonValue, ObjectValue
from tests.expression.scope import NOW, Execution, Scope


@pytest.mark.parametrize("base", ["s", "i", "d", "list", "map", "json", "obj", "date", "execution", "t"])
@pytest.mark.parametrize(
    "name", ["__class__", "__init__", "__globals__", "__dict__", "mro", "format", "_text", "class"]
)
@pytest.mark.parametrize("form", ["${%s.%s()}", "${%s['%s']()}"])
def test_no_python_method_can_be_called(base: str, name: str, form: str) -> None:
    with pytest.raises(EvaluationError, match="Cannot find method"):
        compile_expression(form % (base, name)).evaluate(Scope(HOSTILE))


@pytest.mark.parametrize("base", ["s", "i", "d", "date", "execution", "t"])
@pytest.mark.parametrize("name", ["__class__", "__init__", "__globals__", "__dict__", "real", "variables", "class"])
def test_no_python_attribute_can_be_read(base: str, name: str) -> None:
    for form in ("${%s.%s}", "${%s['%s']}"):
        with pytest.raises(EvaluationError, match="Cannot resolve property"):
            compile_expression(form % (base, name)).evaluate(Scope(HOSTILE))


@pytest.mark.parametrize("name", ["__class__", "keys", "_node", "node", "text"])
def test_data_has_only_its_own_entries(name: str) -> None:
    for base in ("map", "json", "obj"):
        assert compile_expression("${%s.%s}" % (base, name)).evaluate(Scope(HOSTILE)) is None  # noqa: UP031


@pytest.mark.parametrize(
    "inside",
    [
        "(" * 1_000_000,
        "(" * 51 + "1" + ")" * 51,
        "!" * 51 + "t",
        "list[" * 51 + "0" + "]" * 51,
        "s.concat(" * 51 + "s" + ")" * 51,
        "t ? " * 51 + "1" + " : 1" * 51,
        "or".join(["t "] * 2000),
        "1" * 5000,
        "'" + "a" * 5000 + "'",
        " " * 5000 + "1",
    ],
)
def test_sources_too_deep_or_too_long(inside: str) -> None:
    with pytest.raises(ExpressionSyntaxError):
        compile_expression("${" + inside + "}")


def _nested(levels: int, template: str) -> str:
    source = "t"
    for _ in range(levels):
        source = template % source
    return "${" + source + "}"


@pytest.mark.parametrize(
    ("template", "deepest"),
    [
        ("(%s)", DEEPEST_NESTING),
        ("!%s", DEEPEST_NESTING),
        ("list[%s]", DEEPEST_NESTING),
        ("s.concat(%s)", DEEPEST_NESTING),
        ("f or t and t == i < i += i + i * (%s)", 12),
    ],
)
def test_the_deepest_sources_need_no_deep_stack(template: str, deepest: int) -> None:
    def at_depth(frames: int) -> None:
        if frames:
            at_depth(frames - 1)
        else:
            expression = compile_expression(_nested(deepest, template))
            with suppress(EvaluationError):
                expression.evaluate(Scope(HOSTILE))

    at_depth(350)
    with pytest.raises(ExpressionSyntaxError, match="nested more than"):
        compile_expression(_nested(deepest + 1, template))


@pytest.mark.parametrize(
    "source",
    [
        "${" + "+".join(["i"] * 1500) + "}",
        "${map" + ".k" * 1500 + "}",
        "${" + "f?1:" * 900 + "2}",
        "${" + "f||" * 1000 + "t}",
        "${i}" * 1000,
    ],
)
def test_long_flat_sources_are_fine(source: str) -> None:
    compile_expression(source).evaluate(Scope(HOSTILE))


@pytest.mark.parametrize(
    "source",
    [
        "${big*big}",
        "${big+1}",
        "${-big-2}",
        "${long.concat(long)}",
        "${long += long}",
        "${long}${long}",
        "${long.replace('a', long)}",
        "${long.replace('', 'aa')}",
        "${longs}${longs}",
        "x${texts}",
        "${wide.containsAll(wide)}",
        "${full.add(1)}",
        "${none.add(full)}",
        "${s.matches(long)}",
    ],
)
def test_results_too_large(source: str) -> None:
    with pytest.raises(ExpressionLimit):
        compile_expression(source).evaluate(Scope(HOSTILE))


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(a+)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*b"])
def test_no_pattern_backtracks(pattern: str) -> None:
    assert compile_expression("${long.matches(p)}").evaluate(Scope({**HOSTILE, "p": pattern})) in (True, False)


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)a", "a{1,100000}", "(", "\ud800", "[[:foo:]]"])
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(EvaluationError):
        compile_expression("${s.matches(p)}").evaluate(Scope({**HOSTILE, "p": pattern}))


def test_a_value_is_never_evaluated_again() -> None:
    assert compile_expression("${s} ${x}").evaluate(Scope({"s": "${1+1}", "x": "#{s}"})) == "${1+1} #{s}"


HOSTILE: dict[str, Any] = {
    "s": "hello",
    "e": "",
    "i": Integer(0),
    "d": 1e308,
    "t": True,
    "f": False,
    "nul": None,
    "big": 2**63 - 1,
    "date": NOW,
    "list": [1, "a", None, [2.5]],
    "none": [],
    "map": {"k": {}, "n": 4},
    "json": JsonValue('{"a":[1,{"b":null}]}'),
    "obj": ObjectValue('{"a":[1]}', "org.example.Thing"),
    "execution": Execution(),
    "bytes": b"\xff",
    "long": "a" * 600_000,
    "longs": ["a" * 600_000],
    "texts": ["aaa"] * 400_000,
    "wide": list(range(5000)),
    "full": list(range(10_000)),
    "surrogate": "\ud800",
}

names = st.sampled_from([*(name for name in HOSTILE if name not in ("texts", "wide", "full", "longs")), "unknown"])
literals = st.sampled_from(["1", "0", "-1", "2.5", "1e308", "'a'", "''", "'1'", "'('", "true", "null", str(2**63 - 1)])
binary = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "+=", "and", "or", "div", "mod"])
methods = st.sampled_from(
    sorted({name for table in (*_METHODS.values(), CHANGES) for name, _ in table} | {"getVariable", "setVariable"})
)


def _combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, binary, inner).map(" ".join),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})"),
        inner.map(lambda part: f"!({part})"),
        inner.map(lambda part: f"-({part})"),
        inner.map(lambda part: f"empty ({part})"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[{parts[1]}]"),
        st.tuples(inner, st.lists(inner, max_size=2), methods).map(
            lambda parts: f"({parts[0]}).{parts[2]}({', '.join(parts[1])})"
        ),
        st.tuples(names, st.lists(inner, max_size=2), methods).map(
            lambda parts: f"{parts[0]}.{parts[2]}({', '.join(parts[1])})"
        ),
        inner.map(lambda part: f"S({part})"),
    )


sources = st.recursive(st.one_of(names, literals), _combine, max_leaves=8)


@settings(max_examples=400)
@given(sources)
def test_an_evaluation_fails_only_with_errors_of_expressions(inside: str) -> None:
    for source in ("${" + inside + "}", "x${" + inside + "}"):
        with suppress(ExpressionError):
            compile_expression(source).evaluate(Scope(HOSTILE))


@settings(max_examples=400)
@given(st.text(alphabet="${}#\\'\"()[].,?:+-*/%=!<>&| ab1e\0\n\ud800é", max_size=40))
def test_any_text_compiles_or_is_a_syntax_error(source: str) -> None:
    for text in (source, "${" + source + "}"):
        position = 0
        try:
            compile_expression(text)
        except ExpressionSyntaxError as error:
            position = error.position
        assert 0 <= position <= len(text)
