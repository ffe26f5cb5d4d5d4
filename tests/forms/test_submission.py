"""What a form was filled in with is judged by the rules that its schema has for browsers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.forms.generated import InvalidForm
from engine.forms.schema import FormSchema
from engine.forms.submission import MOST_ITEMS, fill
from engine.values import FileValue, Integer, JsonValue
from tests.forms.kit import field, schema

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
Files = Mapping[str, Sequence[FileValue]]


def filled(
    form: FormSchema, data: dict[str, Any], seen: Mapping[str, Any] | None = None, files: Files | None = None
) -> Any:
    """The variables that come of it."""
    return fill(form, data, seen or {}, files or {}, NOW)


def refused(form: FormSchema, data: dict[str, Any], seen: Mapping[str, Any] | None = None) -> Any:
    """The messages by field."""
    with pytest.raises(InvalidForm) as caught:
        filled(form, data, seen)
    return caught.value.fields


# ---------------------------------------------------------------- single fields

NUMBER = field("v", "number", decimalDigits=2, increment=0.25, validate={"min": 1, "max": "9"})
WHOLE = field("v", "number", decimalDigits=0)
CHOICE = field("v", "select", values=[{"value": "a", "label": "A"}, {"value": 1, "label": "One"}])
CHOICES = field("v", "taglist", values=[{"value": "a"}, {"value": "b"}], validate={"required": True})


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (field("v"), "text"),
        (field("v", "textarea", validate={"minLength": 2, "maxLength": 3}), "abc"),
        (field("v", validate={"minLength": 2}), ""),
        (field("v", validate={"pattern": "b+"}), "abba"),
        (field("v", validate={"pattern": "(?=only browsers)"}), "anything"),
        (field("v", validate={"validationType": "email"}), "ada@example.org"),
        (field("v", validate={"validationType": "email"}), "ada@localhost"),
        (field("v", validate={"minLength": 2, "maxLength": 2}), " \U0001f600 "),
        (field("v", validate={"required": True}), " "),
        (field("v", validate={"validationType": "phone"}), "+4930664040900"),
        (NUMBER, 1),
        (NUMBER, 8.75),
        (NUMBER, None),
        (field("v", "number", serializeToString=True), "12345678901234567890.123"),
        (field("v", "number", validate={"min": "=least"}), 5),
        (field("v", "number", validate={"min": "=not understood"}), -5),
        (field("v", "checkbox"), False),
        (field("v", "datetime", subtype="date"), "2024-02-29"),
        (field("v", "datetime", subtype="date", disallowPassedDates=True), "2026-03-09"),
        (field("v", "datetime", subtype="time"), "14:30+01:00"),
        (field("v", "datetime", subtype="datetime"), "2026-03-01T14:30Z"),
        (CHOICE, "a"),
        (CHOICE, 1),
        (field("v", "radio", valuesKey="known"), "x"),
        (field("v", "select", valuesExpression="=known"), "x"),
        (field("v", "select", valuesExpression="=for x in known return x.value"), "x"),
        (field("v", "select", valuesExpression="=for x in"), "whatever"),
        (CHOICES, ["a", "b"]),
    ],
)
def test_values_that_will_do(component: dict[str, Any], value: Any) -> None:
    seen = {"least": 5, "known": [{"value": "x", "label": "X"}]}
    found = filled(schema(component), {"v": value}, seen)["v"]
    assert (found.node if isinstance(found, JsonValue) else found) == value


@pytest.mark.parametrize(
    ("component", "value", "messages"),
    [
        (field("v"), 7, ["Must be a text"]),
        (field("v"), {"a": 1}, ["Must be a text"]),
        (field("v", validate={"required": True}), "", ["Must be filled in"]),
        (field("v", validate={"required": True}), None, ["Must be filled in"]),
        (field("v", validate={"minLength": 2}), "a", ["Must have at least 2 characters"]),
        (field("v", validate={"maxLength": 2}), "abc", ["Must have at most 2 characters"]),
        (field("v", validate={"pattern": "^a$"}), "b", ["Must match the pattern ^a$"]),
        (field("v", validate={"pattern": "^a$", "patternErrorMessage": "An a!"}), "b", ["An a!"]),
        (field("v", validate={"validationType": "email"}), "ada", ["Must be an e-mail address"]),
        (
            field("v", validate={"validationType": "phone"}),
            "12345",
            ["Must be a telephone number with its country, such as +49301234567"],
        ),
        (NUMBER, "7", ["Must be a number"]),
        (NUMBER, True, ["Must be a number"]),
        (NUMBER, 0.5, ["Must be at least 1"]),
        (NUMBER, 9.25, ["Must be at most 9"]),
        (NUMBER, 1.125, ["Must have at most 2 decimal digits", "Must be a multiple of 0.25"]),
        (WHOLE, 1.5, ["Must be a whole number"]),
        (field("v", "number", serializeToString=True), "1e3", ["Must be a number"]),
        (field("v", "checkbox"), "true", ["Must be true or false"]),
        (field("v", "checkbox", validate={"required": True}), False, ["Must be checked"]),
        (field("v", "datetime", subtype="date"), "2026-02-29", ["Must be a date such as 2026-03-01"]),
        (field("v", "datetime", subtype="date"), "2026-03-01T10:00", ["Must be a date such as 2026-03-01"]),
        (field("v", "datetime", subtype="date", disallowPassedDates=True), "2026-03-08", ["Must not be in the past"]),
        (field("v", "datetime", subtype="time"), "25:00", ["Must be a time such as 14:30"]),
        (field("v", "datetime", subtype="datetime"), 7, ["Must be a date and time such as 2026-03-01T14:30"]),
        (CHOICE, "b", ["Must be one of the choices"]),
        (CHOICE, "1", ["Must be one of the choices"]),
        (CHOICE, True, ["Must be one of the choices"]),
        (field("v", "radio", valuesKey="known"), "y", ["Must be one of the choices"]),
        (CHOICES, [], ["Must be filled in"]),
        (CHOICES, ["a", "c"], ["Must be some of the choices"]),
        (CHOICES, "a", [f"Must be a list of at most {MOST_ITEMS} choices"]),
    ],
)
def test_values_that_will_not_do(component: dict[str, Any], value: Any, messages: list[str]) -> None:
    assert refused(schema(component), {"v": value}, {"known": ["x"]}) == {"v": messages}


def test_several_fields_are_told_of_together_with_their_labels() -> None:
    form = schema(field("a", label="First", validate={"required": True}), field("b", "number"))
    with pytest.raises(InvalidForm, match="First: Must be filled in; b: Must be a number"):
        filled(form, {"b": "x"})
    assert refused(form, {"b": "x"}) == {"a": ["Must be filled in"], "b": ["Must be a number"]}


# ---------------------------------------------------------------- what is taken


def test_what_the_form_does_not_have_is_dropped() -> None:
    assert filled(schema(field("a")), {"a": "x", "b": "y", "a.b": 1}) == {"a": "x"}


@pytest.mark.parametrize("properties", [{"readonly": True}, {"disabled": True}, {"readonly": "=locked"}])
def test_what_nobody_may_change_is_never_taken(properties: dict[str, Any]) -> None:
    form = schema(field("a", **properties, validate={"required": True}), field("b"))
    assert filled(form, {"a": "mine", "b": "x"}, {"a": "theirs", "locked": True}) == {"b": "x"}


def test_a_condition_cannot_be_talked_out_of_by_a_read_only_field() -> None:
    form = schema(
        field("amount", "number", readonly=True),
        field("reason", conditional={"hide": "=amount < 5"}, validate={"required": True}),
    )
    assert refused(form, {"amount": 1}, {"amount": 9}) == {"reason": ["Must be filled in"]}


def test_a_rule_cannot_be_talked_out_of_by_a_computed_field() -> None:
    form = schema(
        field("amount", "number"),
        field("total", "expression", expression="=amount * 2"),
        field("reason", conditional={"hide": "=total < 100"}, validate={"required": True}),
    )
    assert refused(form, {"amount": 90, "total": 1}) == {"reason": ["Must be filled in"]}


def test_a_row_brings_no_values_for_what_is_not_in_it() -> None:
    rows = {
        "type": "dynamiclist",
        "path": "rows",
        "components": [
            field("amount", "number", validate={"max": "=limit"}),
            field("rebate", "number", readonly="=not(chief)"),
        ],
    }
    row = {"amount": 500, "rebate": 99, "limit": 1000, "chief": True}
    assert refused(schema(rows), {"rows": [row]}, {"limit": 100, "chief": False}) == {
        "rows[0].amount": ["Must be at most 100"]
    }
    found = filled(schema(rows), {"rows": [row]}, {"limit": 600, "chief": False})
    assert found == {"rows": JsonValue.of([{"amount": 500}])}


def test_what_is_hidden_is_neither_judged_nor_taken() -> None:
    form = schema(
        field("amount", "number"),
        field("reason", conditional={"hide": "=amount < 5"}, validate={"required": True}),
        {"type": "group", "conditional": {"hide": "=amount > 5"}, "components": [field("small", "number")]},
    )
    assert filled(form, {"amount": 1, "reason": 7, "small": 2}) == {"amount": 1, "small": 2}
    assert filled(form, {"amount": 9, "reason": "much", "small": "x"}) == {"amount": 9, "reason": "much"}
    assert refused(form, {"amount": 9}) == {"reason": ["Must be filled in"]}


def test_what_is_hidden_is_null_to_other_conditions() -> None:
    form = schema(
        field("kind"),
        field("other", conditional={"hide": '=kind != "other"'}),
        field("why", conditional={"hide": "=other = null"}, validate={"required": True}),
    )
    assert filled(form, {"kind": "usual", "other": "x"}) == {"kind": "usual"}
    assert filled(form, {"kind": "usual"}, {"other": "before"}) == {"kind": "usual"}
    assert refused(form, {"kind": "other", "other": "x"}) == {"why": ["Must be filled in"]}


def test_a_condition_that_gives_null_hides_as_it_does_in_browsers() -> None:
    form = schema(field("why", conditional={"hide": "=amount < 5"}, validate={"required": True}))
    assert filled(form, {"why": "so"}) == {}
    assert refused(form, {}, {"amount": 7}) == {"why": ["Must be filled in"]}


def test_a_condition_begins_with_an_equals_sign() -> None:
    form = schema(field("a", conditional={"hide": "true"}), field("b", readonly="true"))
    assert filled(form, {"a": "x", "b": "y"}) == {"a": "x", "b": "y"}


def test_under_a_condition_that_is_not_understood_fields_are_optional_but_typed() -> None:
    rules = {"conditional": {"hide": '=1 < "5"'}, "validate": {"required": True}}
    form = schema(field("a", "number", **rules))
    assert filled(form, {}) == {}
    assert refused(form, {"a": "x"}) == {"a": ["Must be a number"]}


def test_a_required_field_that_was_not_sent_keeps_what_it_has() -> None:
    form = schema(field("a", validate={"required": True}))
    assert filled(form, {}, {"a": "before"}) == {}
    assert refused(form, {"a": ""}, {"a": "before"}) == {"a": ["Must be filled in"]}


def test_a_default_value_counts_where_nothing_was_given_or_shown() -> None:
    form = schema(
        field("ok", "checkbox", defaultValue=True),
        field("why", conditional={"hide": "=ok = true"}, validate={"required": True}),
    )
    assert filled(form, {}) == {"ok": True}
    assert filled(form, {"ok": True}, {"ok": False}) == {"ok": True}
    assert refused(form, {}, {"ok": False}) == {"why": ["Must be filled in"]}
    assert refused(form, {"ok": None}) == {"why": ["Must be filled in"]}


def test_whole_numbers_are_integers_and_objects_json() -> None:
    form = schema(field("n", "number"), field("o.a"), field("t", "taglist", values=[{"value": "x"}]))
    found = filled(form, {"n": 7, "o": {"a": "b"}, "t": ["x"]})
    assert (type(found["n"]), found["o"], found["t"]) == (Integer, JsonValue.of({"a": "b"}), JsonValue.of(["x"]))


def test_an_object_keeps_what_the_form_does_not_name() -> None:
    form = schema({"type": "group", "path": "customer", "components": [field("name"), field("id", readonly=True)]})
    seen = {"customer": {"id": 7, "name": "Ada", "since": 2020}}
    found = filled(form, {"customer": {"id": 8, "name": "Bo", "since": 1}}, seen)
    assert found == {"customer": JsonValue.of({"id": 7, "name": "Bo", "since": 2020})}
    assert seen == {"customer": {"id": 7, "name": "Ada", "since": 2020}}


def test_computed_fields_are_computed_here_if_they_can_be() -> None:
    form = schema(
        field("n", "number"),
        field("big", "expression", expression="=n > 5"),
        field("sum", "expression", expression="=n + 0.5"),
        field("broken", "expression", expression="=n +"),
    )
    given = {"n": 7, "big": False, "sum": 0, "broken": 12}
    assert filled(form, given) == {"n": 7, "big": True, "sum": 7.5, "broken": 12}


# ---------------------------------------------------------------- lists

ROWS = {
    "type": "dynamiclist",
    "path": "rows",
    "components": [
        field("name", validate={"required": True}),
        field("note", conditional={"hide": '=name != "x"'}),
    ],
}


def test_the_items_of_a_list_are_judged_one_by_one() -> None:
    form = schema(ROWS)
    data = {"rows": [{"name": "x", "note": "n", "more": 1}, {"name": "y", "note": "n"}]}
    assert filled(form, data)["rows"].node == [{"name": "x", "note": "n"}, {"name": "y"}]
    assert refused(form, {"rows": [{"name": "x"}, {}, 7]}) == {
        "rows[1].name": ["Must be filled in"],
        "rows[2]": ["Must be an object with the fields of the list"],
    }
    assert refused(form, {"rows": "x"}) == {"rows": [f"Must be a list of at most {MOST_ITEMS} items"]}
    assert filled(form, {"rows": []})["rows"].node == []


def test_read_only_fields_of_a_list_that_cannot_grow_stay_as_they_are() -> None:
    rows = {"type": "dynamiclist", "path": "rows", "components": [field("id", readonly=True), field("name")]}
    data, seen = {"rows": [{"id": 8, "name": "b"}]}, {"rows": [{"id": 7, "name": "a"}]}
    assert filled(schema({**rows, "allowAddRemove": False}), data, seen)["rows"].node == [{"id": 7, "name": "b"}]
    assert filled(schema(rows), data, seen)["rows"].node == [{"name": "b"}]


def test_a_list_in_a_list_has_bounds() -> None:
    inner = {"type": "dynamiclist", "path": "inner", "components": [field(f"f{number}") for number in range(100)]}
    form = schema({"type": "dynamiclist", "path": "rows", "components": [inner]})
    with pytest.raises(InvalidForm, match="has more than"):
        filled(form, {"rows": [{"inner": [{}] * 1000}] * 1000})
    assert refused(form, {"rows": [{}] * (MOST_ITEMS + 1)}) == {
        "rows": [f"Must be a list of at most {MOST_ITEMS} items"]
    }


# ---------------------------------------------------------------- files

PDF = FileValue("bill.pdf", "application/pdf", None, b"%PDF")
PNG = FileValue("scan.PNG", "image/png", None, b"png")


def test_files_become_variables_of_their_own() -> None:
    form = schema(field("bill", "filepicker", multiple=True))
    assert filled(form, {"bill": "files::1"}, files={"files::1": [PDF, PNG]}) == {"bill": PDF, "bill_2": PNG}
    assert filled(form, {"bill": "files::2"}, files={"files::1": [PDF]}) == {}


@pytest.mark.parametrize(
    ("properties", "files", "message"),
    [
        ({"validate": {"required": True}}, [], "Must be filled in"),
        ({}, [PDF, PNG], "Must be one file"),
        ({"accept": ".pdf"}, [PNG], "Must be a file of one of the kinds .pdf"),
        ({"accept": "image/*, .pdf", "multiple": True}, [PNG, FileValue("a.exe", None, None, b"")], "Must be a file"),
    ],
)
def test_files_that_will_not_do(properties: dict[str, Any], files: list[FileValue], message: str) -> None:
    form = schema(field("bill", "filepicker", **properties))
    with pytest.raises(InvalidForm) as caught:
        filled(form, {"bill": "files::1"}, files={"files::1": files})
    ((told,),) = caught.value.fields.values()
    assert told.startswith(message)


def test_a_file_that_is_there_already_need_not_be_sent_again() -> None:
    form = schema(field("bill", "filepicker", validate={"required": True}, accept=".png,image/*"))
    assert filled(form, {}, {"bill": "bill.pdf"}) == {}
    assert filled(form, {"bill": "f"}, files={"f": [PNG]}) == {"bill": PNG}


# ---------------------------------------------------------------- hostile


def test_a_pattern_cannot_take_exponential_time() -> None:
    form = schema(field("a", validate={"pattern": "^(a+)+$"}))
    assert "a" in refused(form, {"a": "a" * 50_000 + "!"})


@pytest.mark.parametrize("value", [1e308, 5e-324, 10**30, 10**400])
def test_extreme_numbers_are_judged_like_others(value: float) -> None:
    form = schema(field("a", "number", increment=0.25, validate={"max": 5, "min": 1}, decimalDigits=2))
    assert refused(form, {"a": value})["a"]
    tiny = field("a", "number", increment=1e-300, validate={"max": 5, "min": 1})
    assert refused(schema(tiny), {"a": value})["a"]
