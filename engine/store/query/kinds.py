"""The kinds of value a filter takes: from a query string, from JSON or from Python, into what SQL compares with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from engine.errors import BadRequest
from engine.values import InvalidValue, from_json, parse_date

MAX_VALUES = 1_000
"""How many values a list filter may have."""

UNKNOWN_ID = -1
"""What a text that is no id becomes: an id that nothing has."""

_HIGHEST_ID = 2**63 - 1
_ID = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_DEFINITION = re.compile(r"([^:]+):([1-9][0-9]{0,8}):(0|[1-9][0-9]{0,18})", re.ASCII)


class InvalidQuery(BadRequest):
    """A filter, a sorting or a page that cannot be understood; the message names it."""


class ContradictoryQuery(BadRequest):
    """Filters that cannot be used together, each fine on its own."""


class ForbiddenExpression(InvalidQuery):
    """An expression in a query that is not kept: only those that are kept are evaluated."""


class NotComparable(InvalidQuery):
    """A value that cannot be compared like this."""


@dataclass(frozen=True)
class Kind:
    """A kind of filter value: `read` takes a text, JSON data or a Python value, or raises InvalidValue."""

    name: str
    read: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(default_factory=dict)
    """What it looks like in JSON, as a JSON Schema."""


@dataclass(frozen=True, slots=True)
class DefinitionId:
    """A process definition as REST names it: `key:version:id`."""

    key: str
    version: int
    id: int

    def __str__(self) -> str:
        return f"{self.key}:{self.version}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> DefinitionId | None:
        """What `text` names, if it has exactly that form."""
        match = _DEFINITION.fullmatch(text)
        if match is None or int(match[3]) > _HIGHEST_ID:
            return None
        return cls(match[1], int(match[2]), int(match[3]))


def parse_id(text: str) -> int | None:
    """The number of an id in its decimal form; None for any other text."""
    if not _ID.fullmatch(text):
        return None
    number = int(text)
    return number if number <= _HIGHEST_ID else None


@dataclass(frozen=True, slots=True)
class VariableCondition:
    """What a variable of that name must be: `operator` is one of OPERATORS, `value` a value of `engine.values`."""

    name: str
    operator: str
    value: object


@dataclass(frozen=True, slots=True)
class InstantCondition:
    """How an instant must compare: `operator` is gt, gteq, lt or lteq."""

    operator: str
    at: datetime


OPERATORS: Final = ("eq", "neq", "gt", "gteq", "lt", "lteq", "like", "notLike")


# ---------------------------------------------------------------- reading


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidValue("needs a text")
    text = str(value)
    if "\0" in text:
        raise InvalidValue("must not contain the NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidValue("must not contain a lone surrogate") from None
    return text


def _list_of(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_list(value: Any) -> tuple[Any, ...]:
        items: Iterable[Any]
        if isinstance(value, str):
            items = value.split(",")
        elif isinstance(value, Sequence | set | frozenset):
            items = value
        else:
            raise InvalidValue("needs a list")
        values = tuple(read(item) for item in items)
        if len(values) > MAX_VALUES:
            raise InvalidValue(f"has {len(values)} values; the limit is {MAX_VALUES}")
        return values

    return read_list


def _id(value: object) -> int:
    if type(value) is int:
        return value if 0 <= value <= _HIGHEST_ID else UNKNOWN_ID
    found = parse_id(_text(value))
    return UNKNOWN_ID if found is None else found


def _definition(value: object) -> DefinitionId:
    if isinstance(value, DefinitionId):
        return value
    text = _text(value)
    return DefinitionId.parse(text) or DefinitionId(text, 0, UNKNOWN_ID)


def _element_instance(value: object) -> int:
    """The id in `elementId:id`; a bare id names the process instance, whose activity instance id it is."""
    return _id(value) if type(value) is int else _id(_text(value).rpartition(":")[2])


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidValue("needs a date with a time zone")
        return value.astimezone(UTC)
    return parse_date(_text(value))


def _integer(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value, re.ASCII):
        return int(value)
    if type(value) is int and abs(value) <= _HIGHEST_ID:
        return value
    raise InvalidValue(f"needs a whole number, not '{str(value)[:100]}'")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise InvalidValue(f"needs true or false, not '{str(value)[:100]}'")


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: object) -> str:
        text = _text(value)
        if text not in words:
            raise InvalidValue(f"needs one of {', '.join(words)}, not '{text[:100]}'")
        return text

    return read


def _variable(value: Any) -> VariableCondition:
    """A condition as such, as `{"name", "operator", "value"}`, or as the text `name_operator_value` (value a text)."""
    if isinstance(value, VariableCondition):
        return value
    if isinstance(value, str):
        parts = value.split("_")
        if len(parts) != 3 or not parts[2]:
            raise InvalidValue(f"needs the form name_operator_value, not '{value[:100]}'")
        return VariableCondition(_text(parts[0]), _operator(parts[1]), _text(parts[2]))
    if not isinstance(value, Mapping):
        raise InvalidValue("needs a list of objects with name, operator and value")
    name = value.get("name")
    if not isinstance(name, str):
        raise InvalidValue("needs the name of a variable")
    return VariableCondition(_text(name), _operator(value.get("operator")), from_json(value.get("value")))


def _operator(word: object) -> str:
    if word not in OPERATORS:
        raise InvalidValue(f"has the unknown operator '{str(word)[:100]}'; there are {', '.join(OPERATORS)}")
    return str(word)


def _instant_condition(value: Any) -> InstantCondition:
    if isinstance(value, str):
        operator, _, date = value.partition("_")
    elif isinstance(value, Mapping):
        operator, date = str(value.get("operator")), value.get("value") or ""
    else:
        raise InvalidValue("needs a list of objects with operator and value")
    if operator not in ("gt", "lt"):
        raise InvalidValue(f"has the unknown operator '{operator[:100]}'; there are gt, lt")
    return InstantCondition(operator, _instant(date))


def _refused(_: object) -> None:
    raise InvalidValue("expressions are forbidden in queries that are not kept; give the value itself")


# ---------------------------------------------------------------- kinds

_STRING: Final[dict[str, Any]] = {"type": "string"}
_STRINGS: Final[dict[str, Any]] = {"type": "array", "items": _STRING, "maxItems": MAX_VALUES}
_DATE: Final[dict[str, Any]] = {"type": "string", "format": "date-time"}
_COMPARISON: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name", "operator"],
    "properties": {"name": _STRING, "operator": {"type": "string", "enum": list(OPERATORS)}, "value": {}},
}
_INSTANT_COMPARISON: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["operator", "value"],
    "properties": {"operator": {"type": "string", "enum": ["gt", "lt"]}, "value": _DATE},
}

TEXT = Kind("text", _text, _STRING)
TEXTS = Kind("texts", _list_of(_text), _STRINGS)
SOME_TEXTS = Kind("texts", _list_of(_text), {**_STRINGS, "minItems": 1})
ID = Kind("id", _id, _STRING)
IDS = Kind("ids", _list_of(_id), _STRINGS)
SOME_IDS = Kind("ids", _list_of(_id), {**_STRINGS, "minItems": 1})
DEFINITION = Kind("definition", _definition, _STRING)
DEFINITIONS = Kind("definitions", _list_of(_definition), _STRINGS)
ELEMENT_INSTANCE = Kind("element instance", _element_instance, _STRING)
ELEMENT_INSTANCES = Kind("element instances", _list_of(_element_instance), _STRINGS)
INSTANT = Kind("instant", _instant, _DATE)
INSTANTS = Kind("instant conditions", _list_of(_instant_condition), {"type": "array", "items": _INSTANT_COMPARISON})
INTEGER = Kind("integer", _integer, {"type": "integer"})
FLAG = Kind("flag", _flag, {"type": "boolean"})
VARIABLES = Kind("variable conditions", _list_of(_variable), {"type": "array", "items": _COMPARISON})
VALUE = Kind("value", from_json, {})
DELEGATION = Kind(
    "delegation state", _one_of("PENDING", "RESOLVED"), {"type": "string", "enum": ["PENDING", "RESOLVED"]}
)
INCIDENT_STATUS = Kind("incident status", _one_of("open", "resolved"), {"type": "string", "enum": ["open", "resolved"]})
EXPRESSION = Kind("expression", _refused, {"not": {}})
