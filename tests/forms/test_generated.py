"""Generated forms: their fields as a schema, and what is sent back for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bpmn.model import Expression, Form, FormField
from engine.forms.generated import InvalidForm, accept, fields_of, schema_of, values_of
from engine.forms.schema import FormSchema
from engine.forms.submission import fill

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def clock() -> datetime:
    return NOW


def form(*fields: FormField) -> Form:
    return Form(fields=fields)


def schema(made: Form, **variables: object) -> FormSchema:
    """The schema of the form over these variables."""
    return schema_of(fields_of(made, variables, clock), "form")


def node(made: Form) -> dict[str, Any]:
    """The only component of the form's schema."""
    (found,) = schema(made).json["components"]
    return {name: value for name, value in found.items() if name not in ("id", "key", "label")}


@pytest.mark.parametrize(
    ("field", "component"),
    [
        (FormField("a", type="string"), {"type": "textfield"}),
        (FormField("a"), {"type": "textfield"}),
        (FormField("a", type="custom"), {"type": "textfield"}),
        (FormField("a", type="long"), {"type": "number", "decimalDigits": 0}),
        (FormField("a", type="date"), {"type": "datetime", "subtype": "date", "dateLabel": "a"}),
        (
            FormField("a", type="enum", values={"x": "X"}),
            {"type": "select", "values": [{"value": "x", "label": "X"}]},
        ),
        (
            FormField("a", type="string", constraints=(("required", None), ("minlength", "2"), ("maxlength", "5"))),
            {"type": "textfield", "validate": {"required": True, "minLength": 2, "maxLength": 5}},
        ),
        (
            FormField("a", type="long", constraints=(("min", "1"), ("max", "2.5"), ("readonly", None))),
            {"type": "number", "decimalDigits": 0, "validate": {"min": 1, "max": 2.5}, "readonly": True},
        ),
        (FormField("a", type="long", constraints=(("min", "x"), ("own", "1"))), {"type": "number", "decimalDigits": 0}),
        (FormField("a", type="boolean", constraints=(("required", None),)), {"type": "checkbox"}),
    ],
)
def test_a_field_is_shown_as_a_component(field: FormField, component: dict[str, Any]) -> None:
    assert node(form(field)) == component


def test_fields_show_variables_or_else_their_default_values() -> None:
    default = Expression("${b + 1}", "juel")
    made = form(FormField("a", type="string", default=default), FormField("c", type="string", default=default))
    assert [field.value for field in fields_of(made, {"b": 1, "c": "y"}, clock)] == ["2", "y"]


def test_what_the_schema_takes_fits_the_fields() -> None:
    made = form(FormField("when", type="date"), FormField("many", type="long"), FormField("my-own", type="string"))
    filled = fill(schema(made), {"when": "2026-03-02", "many": 3, "my-own": "x"}, {}, {}, NOW)
    assert accept(made, values_of(fields_of(made, {}, clock), filled), {}, clock) == {
        "when": datetime(2026, 3, 2, tzinfo=UTC),
        "many": 3,
        "my-own": "x",
    }


@pytest.mark.parametrize("constraint", [("min", "x"), ("maxlength", ""), ("max", "${a}")])
def test_a_constraint_that_makes_no_sense_is_told(constraint: tuple[str, str]) -> None:
    made = form(FormField("a", type="long", constraints=(constraint,)))
    with pytest.raises(InvalidForm, match="could be judged by"):
        accept(made, {"a": 3}, {}, clock)
