"""Data objects and properties (BPMN 2.0.2, 10.4.1): variables that a scope has from its beginning.

Their initial values are an extension of Activiti and Flowable (`<activiti:value>`); without one nothing is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, tzinfo
from functools import partial

from bpmn.model import DataObject
from engine.core import variables
from engine.core.binder import Binder
from engine.core.graph import BoundData
from engine.core.state import Scope
from engine.core.step import Step
from engine.iso8601 import parse_date
from engine.values import Integer, InvalidValue, JsonValue, encode

RULE = "bpmn.data_object"


def bind(objects: Iterable[DataObject], binder: Binder) -> tuple[BoundData, ...]:
    """Those that have a value; one that does not fit its type is refused."""
    found = []
    for each in objects:
        if each.value is None or each.variable is None:
            continue
        kind = "" if each.is_collection else (each.item_type or "").lower()
        read = _list if each.is_collection else _TYPES.get(kind, _text)
        try:
            encode(read(each.value, UTC))
        except (ValueError, OverflowError) as problem:
            binder.refuse(
                f"The value of '{each.variable}' is no {'list in JSON' if each.is_collection else kind or 'text'}: "
                f"{problem}",
                place=each.place,
                rule=RULE,
            )
        else:
            found.append(BoundData(each.variable, partial(read, each.value)))
    return tuple(found)


def declare(step: Step, scope: Scope, data: Iterable[BoundData]) -> None:
    """Make the variables of a scope that has just begun, but for those that it was given already."""
    for each in data:
        if variables.find_local(step, scope, each.name) is None:
            variables.set_local(step, scope, each.name, each.value(step.zone))


# ---------------------------------------------------------------- values


def _text(text: str, _: tzinfo) -> str:
    return text


def _integer(text: str, _: tzinfo) -> int:
    return Integer(int(text))


def _long(text: str, _: tzinfo) -> int:
    return int(text)


def _double(text: str, _: tzinfo) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidValue(f"'{text}' is not finite")
    return number


def _boolean(text: str, _: tzinfo) -> bool:
    word = text.lower()
    if word not in _BOOLEANS:
        raise InvalidValue(f"'{text[:100]}' is neither true nor false")
    return _BOOLEANS[word]


_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _date(text: str, zone: tzinfo) -> object:
    return parse_date(text, zone).astimezone(UTC)


def _json(text: str, _: tzinfo) -> JsonValue:
    return JsonValue.of(JsonValue(text).node)


def _list(text: str, _: tzinfo) -> list[object]:
    found = JsonValue(text).node
    if not isinstance(found, list):
        raise InvalidValue(f"'{text[:100]}' is something else")
    return found


_TYPES: Mapping[str, Callable[[str, tzinfo], object]] = {
    "int": _integer,
    "integer": _integer,
    "short": _integer,
    "long": _long,
    "boolean": _boolean,
    "double": _double,
    "float": _double,
    "decimal": _double,
    "datetime": _date,
    "date": _date,
    "json": _json,
}
"""How the value of a type is read, by the local name of what `itemSubjectRef` leads to; any other type is text."""
