"""Schemas are read, and what is wrong with them is told with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bpmn.problems import Severity
from engine.forms.schema import MOST_BYTES, MOST_COMPONENTS, InvalidSchema, read_schema
from tests.forms.kit import field, schema


def problems(node: Any) -> list[tuple[str, int, str]]:
    """What is wrong with a form: rule, line, severity."""
    text = node if isinstance(node, str | bytes) else json.dumps(node, indent=1)
    data = text.encode() if isinstance(text, str) else text
    try:
        _, found = read_schema(data, "a.form")
    except InvalidSchema as invalid:
        found = list(invalid.problems)
    assert all(problem.resource == "a.form" for problem in found)
    return [(problem.rule, problem.line, problem.severity.value) for problem in found]


def test_keys_and_paths_make_the_place_of_a_value() -> None:
    form = schema(
        field("a.b"),
        {"type": "group", "path": "g", "components": [field("c"), {"type": "group", "components": [field("d")]}]},
        {"type": "dynamiclist", "path": "rows", "components": [field("e.f")]},
        {"type": "text", "text": "hello"},
    )
    places = [(component.type, component.path) for component in form.walk()]
    assert places == [
        ("textfield", ("a", "b")),
        ("group", ("g",)),
        ("textfield", ("g", "c")),
        ("group", ("g",)),
        ("textfield", ("g", "d")),
        ("dynamiclist", ("rows",)),
        ("textfield", ("e", "f")),
    ]


def test_the_names_of_a_form_are_those_it_could_show() -> None:
    form = schema(
        field("a.b", label="Of {{customer.name}}", conditional={"hide": "=amount > 1"}),
        field("c", "select", valuesKey="countries"),
        {"type": "dynamiclist", "path": "rows", "components": []},
        {"type": "text", "text": "plain words"},
    )
    assert {"a", "customer", "amount", "c", "countries", "rows"} <= form.names
    assert "plain" not in form.names
    assert "b" not in form.names


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"components": 7}', b"\xff\xfe", '{"components": NaN}'])
def test_what_is_no_form_is_refused(text: str | bytes) -> None:
    assert [rule for rule, _, severity in problems(text) if severity == "error"] == ["form.malformed"]


def test_a_form_needs_an_id() -> None:
    assert problems({"components": []}) == [("form.id", 0, "error")]
    assert problems({"id": "f"}) == []


def test_problems_have_the_line_of_their_component() -> None:
    text = (
        '{"id": "f", "components": [\n{"type": "textfield", "id": "A", "key": "a"},\n{"type": "number",\n "id": "B"}]}'
    )
    assert problems(text) == [("form.key", 4, "error")]


@pytest.mark.parametrize(
    ("component", "rule", "severity"),
    [
        ({"type": "textfield", "key": "a b"}, "form.key", Severity.ERROR),
        ({"type": "dynamiclist"}, "form.key", Severity.ERROR),
        ({"type": "textfield", "key": "a", "validate": []}, "form.rule", Severity.ERROR),
        ({"type": "textfield", "key": "a", "validate": {"pattern": "(?=x)"}}, "form.pattern", Severity.WARNING),
        ({"type": "textfield", "key": "a", "validate": {"pattern": "("}}, "form.pattern", Severity.WARNING),
        ({"type": "textfield", "key": "a", "conditional": {"hide": "=a >"}}, "form.expression", Severity.WARNING),
        ({"type": "number", "key": "a", "validate": {"max": "=1 +"}}, "form.expression", Severity.WARNING),
        ({"type": "expression", "key": "a", "expression": "if"}, "form.expression", Severity.WARNING),
        ({"type": "carousel", "id": "c"}, "form.component", Severity.WARNING),
        ({"no": "type"}, "form.component", Severity.ERROR),
        (7, "form.component", Severity.ERROR),
    ],
)
def test_components_that_cannot_be_used(component: Any, rule: str, severity: Severity) -> None:
    assert [(found, told) for found, _, told in problems({"id": "f", "components": [component]})] == [(rule, severity)]


def test_a_key_twice_is_warned_of() -> None:
    twins = {"id": "f", "components": [{"id": "A", **field("a")}, {"id": "B", **field("a")}]}
    assert problems(twins) == [("form.key", 10, "warning")]


def deep(levels: int) -> dict[str, Any]:
    """A group in a group in a group, ..."""
    inner: dict[str, Any] = field("a")
    for _ in range(levels):
        inner = {"type": "group", "components": [inner]}
    return inner


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ({"id": "f", "components": [field(f"a{number}") for number in range(10_000)]}, "form.limit"),
        ({"id": "f", "components": [deep(200)]}, "form.malformed"),
        ('{"id": "f", "components": ' + "[" * 100_000, "form.malformed"),
        ({"id": "f", "components": [], "x": "x" * MOST_BYTES}, "form.limit"),
        (
            {"id": "f", "components": [{"type": "group", "components": [field("a")] * 1500}] * 2},
            "form.limit",
        ),
    ],
)
def test_forms_beyond_all_bounds_are_refused(form: Any, rule: str) -> None:
    assert MOST_COMPONENTS < 10_000
    assert (rule, "error") in {(found, severity) for found, _, severity in problems(form)}


def test_not_every_one_of_many_problems_is_told_at_length() -> None:
    many = problems({"id": "f", "components": [{"id": f"C{number}", "type": "new"} for number in range(1000)]})
    assert 0 < len(many) <= 50
