"""Generated forms, whose fields stand in the model (Camunda manual, "Generated Task Forms").

They are fields with values, or a schema that a web app can show like any other; and what is sent back is converted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bpmn.model import Form, FormField
from engine.clock import Clock
from engine.errors import BadRequest
from engine.expression import ExpressionError, UnknownName, compile_expression
from engine.forms.schema import Component, FormSchema
from engine.values import InvalidValue, parse_date


class InvalidForm(BadRequest):
    """What was sent does not fit the form; `fields` tells by field what is wrong, if that is known."""

    def __init__(self, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a generated form. `value` is a value of `engine.values`, or None."""

    id: str
    label: str | None
    type: str
    value: object
    choices: Mapping[str, str]
    constraints: Sequence[tuple[str, str | None]]


def fields_of(form: Form | None, variables: Mapping[str, object], clock: Clock) -> list[Field]:
    """The fields of a form, with the variables they show, or else their default values. Raises InvalidForm."""
    context = _Context(clock, variables)
    fields = []
    for each in form.fields if form is not None else ():
        value = variables[each.id] if each.id in variables else _default(each, context)
        fields.append(Field(each.id, each.label, each.type or "string", value, each.values, each.constraints))
    return fields


def accept(
    form: Form | None, values: Mapping[str, object], seen: Mapping[str, object], clock: Clock
) -> dict[str, object]:
    """The variables that a form gives: its fields converted to their types, and all else as it is.

    `seen` are the variables that the form showed. Raises InvalidForm.
    """
    accepted = dict(values)
    context = _Context(clock, seen)
    for field in form.fields if form is not None else ():
        if field.id in values:
            value = _convert(field, values[field.id])
            _check(field, value, given=True)
            accepted[field.id] = value
            continue
        value = _default(field, context)
        _check(field, seen.get(field.id, value), given=False)
        if field.id not in seen and value is not None:
            accepted[field.id] = value
    return accepted


@dataclass(frozen=True, slots=True)
class _Context:
    """What the default value of a field may see."""

    clock: Clock
    variables: Mapping[str, object]

    @property
    def now(self) -> datetime:
        return self.clock()

    @property
    def user(self) -> str | None:
        return None

    @property
    def groups(self) -> Sequence[str]:
        return ()

    def lookup(self, name: str) -> object:
        if name not in self.variables:
            raise UnknownName(name)
        return self.variables[name]


def evaluate(source: str, language: str, variables: Mapping[str, object], clock: Clock) -> object:
    """The value of an expression of a form over variables. Raises ExpressionError."""
    return compile_expression(source, language).evaluate(_Context(clock, variables))


def _default(field: FormField, context: _Context) -> object:
    if field.default is None:
        return None
    try:
        value = evaluate(field.default.text, field.default.language, context.variables, context.clock)
    except ExpressionError as error:
        raise InvalidForm(f"The default value of form field '{field.id}' cannot be evaluated: {error}") from None
    return _convert(field, value)


# ---------------------------------------------------------------- as a schema

SCHEMA_VERSION = 18
"""That of the form-js editor whose files are written."""

_COMPONENTS: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "textfield"},
    "long": {"type": "number", "decimalDigits": 0},
    "boolean": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"},
    "enum": {"type": "select"},
}
_RULES: Mapping[str, tuple[str, Callable[[str], float]]] = {
    "min": ("min", float),
    "max": ("max", float),
    "minlength": ("minLength", int),
    "maxlength": ("maxLength", int),
}


def schema_of(fields: Sequence[Field], identity: str) -> FormSchema:
    """The schema of a form that shows these fields, with keys as they are."""
    nodes = [_component(field, number) for number, field in enumerate(fields)]
    components = (Component(node["id"], node["type"], (node["key"],), node) for node in nodes)
    shown = {"type": "default", "id": identity, "schemaVersion": SCHEMA_VERSION, "components": nodes}
    return FormSchema(identity, None, tuple(components), shown)


def _component(field: Field, number: int) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    readonly = False
    for name, bound in field.constraints:
        if name == "required" and field.type != "boolean":  # a checkbox that must be answered may stay empty
            rules["required"] = True
        elif name == "readonly":
            readonly = True
        elif name in _RULES and bound is not None:
            rule, read = _RULES[name]
            with suppress(ValueError):
                rules[rule] = _whole_if_whole(read(bound))
    label = field.label or field.id
    kind = dict(_COMPONENTS.get(field.type, {"type": "textfield"}))
    component = {**kind, "id": f"Field_{number}", "key": field.id, "label": label}
    if field.type == "date":
        component["dateLabel"] = component.pop("label")
    if field.type == "enum":
        component["values"] = [{"value": value, "label": shown} for value, shown in field.choices.items()]
    if rules:
        component["validate"] = rules
    return {**component, "readonly": True} if readonly else component


def _whole_if_whole(number: float) -> float:
    return int(number) if number == int(number) else number


def values_of(fields: Sequence[Field], given: Mapping[str, object]) -> dict[str, object]:
    """What such a schema gave, as values for `accept`: a date without a time becomes the beginning of that day."""
    dates = {field.id for field in fields if field.type == "date"}
    return {
        name: datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
        if name in dates and isinstance(value, str) and value
        else value
        for name, value in given.items()
    }


# ---------------------------------------------------------------- types and constraints

_JAVA_PATTERN = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
DEFAULT_DATE_PATTERN = "dd/MM/yyyy"


def _to_long(text: str) -> int:
    return int(text.strip())


def _to_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("neither true nor false")
    return text == "true"


def _convert(field: FormField, value: object) -> object:
    """The value as the field's type has it. Raises InvalidForm."""
    if value is None or value == "":
        return None if field.type != "string" else value
    try:
        if field.type == "long":
            return _to_long(value) if isinstance(value, str) else _whole(value)
        if field.type == "boolean":
            return _to_boolean(value) if isinstance(value, str) else bool(value)
        if field.type == "date":
            return _to_date(field, value)
        if field.type == "enum" and str(value) not in field.values:
            raise ValueError(f"not one of {', '.join(field.values)}")
        return str(value) if field.type in ("string", "enum") else value
    except (ValueError, InvalidValue) as error:
        raise InvalidForm(f"Form field '{field.id}' of type {field.type} cannot take {value!r}: {error}") from None


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError("not a whole number")
    return int(value)


def _to_date(field: FormField, value: object) -> object:
    if isinstance(value, datetime):
        return value
    text = str(value)
    if "T" in text:
        return parse_date(text)
    pattern = field.date_pattern or DEFAULT_DATE_PATTERN
    form = re.sub(r"([a-zA-Z])\1*", lambda match: _JAVA_PATTERN.get(match[0], match[0]), pattern)
    return datetime.strptime(text, form).replace(tzinfo=UTC)


def _longer(value: object, bound: str) -> bool:
    return len(str(value)) > int(bound)


def _shorter(value: object, bound: str) -> bool:
    return len(str(value)) < int(bound)


def _more(value: Any, bound: str) -> bool:
    return bool(value > float(bound))


def _less(value: Any, bound: str) -> bool:
    return bool(value < float(bound))


_BOUNDS: Mapping[str, Callable[[Any, str], bool]] = {
    "maxlength": _longer,
    "minlength": _shorter,
    "max": _more,
    "min": _less,
}
"""Constraints with a bound: each tells whether a value breaks it (Camunda manual, "Generated Task Forms")."""


def _check(field: FormField, value: object, *, given: bool) -> None:
    for name, bound in field.constraints:
        if name == "required" and (value is None or value == ""):
            raise InvalidForm(f"Form field '{field.id}' is required")
        if name == "readonly" and given:
            raise InvalidForm(f"Form field '{field.id}' is read-only")
        broken = _BOUNDS.get(name)
        if broken is None or value is None or bound is None:
            continue
        try:
            breaks = broken(value, bound)
        except (ValueError, TypeError):
            raise InvalidForm(
                f"Form field '{field.id}': the constraint {name}({bound}) is none that {value!r} could be judged by"
            ) from None
        if breaks:
            raise InvalidForm(f"Form field '{field.id}': {value!r} breaks the constraint {name}({bound})")
