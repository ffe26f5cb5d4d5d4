"""The properties and methods that expressions may use on values: one closed table for each type of value.

They behave as those of the Java classes that Camunda 7 gives to expressions. Nothing else of a value can be reached.
"""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.expression import regex
from engine.expression.contract import (
    EvaluationError,
    ExpressionLimit,
    HostObject,
    UnknownMethod,
    UnknownProperty,
)
from engine.expression.juel.operators import (
    LONGEST_TEXT,
    DateTime,
    check_text,
    describe,
    is_empty,
    same,
    to_double,
    to_long,
    to_text,
)
from engine.iso8601 import add_months
from engine.values import Integer, JsonValue, ObjectValue, Short

__all__ = ["CHANGES", "call", "change", "get_index", "get_property"]

_LARGEST_COLLECTION = 10_000
_MOST_COMPARISONS = 1_000_000

Coercion = Callable[[object], object]
Method = tuple[Callable[..., object], tuple[Coercion, ...]]
Methods = dict[tuple[str, int], Method]
"""By name and number of arguments: the method, and how each argument is coerced."""


def _same_object(value: object) -> object:
    return value


_ANY, _TEXT, _LONG = _same_object, to_text, to_long

# --- texts ----------------------------------------------------------------------------------------------------------


def _substring(text: str, begin: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= begin <= stop <= len(text):
        raise EvaluationError(f"String index out of range: begin {begin}, end {stop}, length {len(text)}")
    return text[begin:stop]


def _character_at(text: str, index: int) -> str:
    if not 0 <= index < len(text):
        raise EvaluationError(f"String index out of range: index {index}, length {len(text)}")
    return text[index]


def _replace(text: str, old: str, new: str) -> str:
    if len(text) + text.count(old) * (len(new) - len(old)) > LONGEST_TEXT:
        raise ExpressionLimit(f"A text result has more than {LONGEST_TEXT} characters")
    return text.replace(old, new)


def _split(text: str, pattern: str) -> list[str]:
    """The pieces between the matches of a regular expression, without the empty ones at the end (Java's ``split``)."""
    pieces = regex.split(pattern, text)
    while len(pieces) > 1 and not pieces[-1]:
        pieces.pop()
    return pieces


def _order(left: Any, right: Any) -> Integer:
    return Integer((left > right) - (left < right))


_TEXT_METHODS: Methods = {
    ("length", 0): (lambda text: Integer(len(text)), ()),
    ("isEmpty", 0): (lambda text: not text, ()),
    ("isBlank", 0): (lambda text: not text.strip(), ()),
    ("startsWith", 1): (str.startswith, (_TEXT,)),
    ("endsWith", 1): (str.endswith, (_TEXT,)),
    ("contains", 1): (lambda text, part: part in text, (_TEXT,)),
    ("indexOf", 1): (lambda text, part: Integer(text.find(part)), (_TEXT,)),
    ("indexOf", 2): (lambda text, part, begin: Integer(text.find(part, max(begin, 0))), (_TEXT, _LONG)),
    ("lastIndexOf", 1): (lambda text, part: Integer(text.rfind(part)), (_TEXT,)),
    ("substring", 1): (_substring, (_LONG,)),
    ("substring", 2): (_substring, (_LONG, _LONG)),
    ("charAt", 1): (_character_at, (_LONG,)),
    ("concat", 1): (lambda text, other: check_text(text + other), (_TEXT,)),
    ("replace", 2): (_replace, (_TEXT, _TEXT)),
    ("split", 1): (_split, (_TEXT,)),
    ("matches", 1): (lambda text, pattern: regex.matches_whole(pattern, text), (_TEXT,)),
    ("toUpperCase", 0): (str.upper, ()),
    ("toLowerCase", 0): (str.lower, ()),
    ("trim", 0): (str.strip, ()),
    ("toString", 0): (_same_object, ()),
    ("equals", 1): (same, (_ANY,)),
    ("equalsIgnoreCase", 1): (lambda text, other: text.casefold() == other.casefold(), (_TEXT,)),
    ("compareTo", 1): (_order, (_TEXT,)),
}

# --- numbers and booleans -------------------------------------------------------------------------------------------


def _wrap(number: object, bits: int) -> int:
    """Java's narrowing conversion to an integer of so many bits."""
    half = 1 << (bits - 1)
    if isinstance(number, float):
        return 0 if math.isnan(number) else int(max(-half, min(half - 1, number)))
    return (to_long(number) + half) % (2 * half) - half


_NUMBER_METHODS: Methods = {
    ("intValue", 0): (lambda number: Integer(_wrap(number, 32)), ()),
    ("shortValue", 0): (lambda number: Short(_wrap(_wrap(number, 32), 16)), ()),
    ("longValue", 0): (lambda number: _wrap(number, 64), ()),
    ("doubleValue", 0): (float, ()),
    ("toString", 0): (to_text, ()),
    ("equals", 1): (same, (_ANY,)),
}
_INTEGER_METHODS: Methods = _NUMBER_METHODS | {("compareTo", 1): (_order, (_LONG,))}
_DOUBLE_METHODS: Methods = _NUMBER_METHODS | {
    ("compareTo", 1): (_order, (to_double,)),
    ("isNaN", 0): (math.isnan, ()),
    ("isInfinite", 0): (math.isinf, ()),
}
_BOOLEAN_METHODS: Methods = {
    ("booleanValue", 0): (_same_object, ()),
    ("toString", 0): (to_text, ()),
    ("equals", 1): (same, (_ANY,)),
}

# --- dates ----------------------------------------------------------------------------------------------------------


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _milliseconds(date: datetime) -> int:
    return (date - _EPOCH) // timedelta(milliseconds=1)


def _date(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise EvaluationError(f"Cannot coerce from {describe(value)} to Date")
    return value


_DATE_METHODS: Methods = {
    ("getTime", 0): (_milliseconds, ()),
    ("before", 1): (lambda date, other: date < other, (_date,)),
    ("after", 1): (lambda date, other: date > other, (_date,)),
    ("compareTo", 1): (_order, (_date,)),
    ("equals", 1): (same, (_ANY,)),
    ("toString", 0): (to_text, ()),
}


def _shifted(calculate: Callable[[DateTime, int], datetime]) -> Callable[[DateTime, int], datetime]:
    def shift(moment: DateTime, amount: int) -> datetime:
        try:
            return calculate(moment, amount)
        except (ValueError, OverflowError):
            raise EvaluationError(f"{to_text(moment)} and {amount} give no date of the calendar") from None

    return shift


def _plain_date(moment: DateTime) -> datetime:
    return datetime.combine(moment.date(), moment.timetz())


_DATE_TIME_METHODS: Methods = {
    ("withTimeAtStartOfDay", 0): (lambda moment: moment.replace(hour=0, minute=0, second=0, microsecond=0), ()),
    ("toDate", 0): (_plain_date, ()),
    ("getMillis", 0): (_milliseconds, ()),
    ("isBefore", 1): (lambda moment, other: moment < other, (_date,)),
    ("isAfter", 1): (lambda moment, other: moment > other, (_date,)),
    ("isEqual", 1): (lambda moment, other: moment == other, (_date,)),
    ("compareTo", 1): (_order, (_date,)),
    ("equals", 1): (same, (_ANY,)),
    ("toString", 0): (to_text, ()),
    ("getYear", 0): (lambda moment: Integer(moment.year), ()),
    ("getMonthOfYear", 0): (lambda moment: Integer(moment.month), ()),
    ("getDayOfMonth", 0): (lambda moment: Integer(moment.day), ()),
    ("getDayOfWeek", 0): (lambda moment: Integer(moment.isoweekday()), ()),
    ("getHourOfDay", 0): (lambda moment: Integer(moment.hour), ()),
    ("getMinuteOfHour", 0): (lambda moment: Integer(moment.minute), ()),
    ("getSecondOfMinute", 0): (lambda moment: Integer(moment.second), ()),
}


def _add_shifts() -> None:
    """``plusDays``, ``minusDays`` and so on, and ``withHourOfDay`` and so on (Joda DateTime)."""
    for unit in ("weeks", "days", "hours", "minutes", "seconds", "milliseconds"):

        def plus(moment: DateTime, amount: int, unit: str = unit) -> datetime:
            return moment + timedelta(**{unit: amount})

        _add_shift("Millis" if unit == "milliseconds" else unit.capitalize(), plus)
    _add_shift("Months", add_months)
    _add_shift("Years", lambda moment, amount: add_months(moment, amount * 12))
    for name, field in (
        ("Year", "year"),
        ("MonthOfYear", "month"),
        ("DayOfMonth", "day"),
        ("HourOfDay", "hour"),
        ("MinuteOfHour", "minute"),
        ("SecondOfMinute", "second"),
    ):

        def with_field(moment: DateTime, amount: int, field: str = field) -> datetime:
            return moment.replace(**{field: amount})  # type: ignore[arg-type]  # the fields are integers

        _DATE_TIME_METHODS[f"with{name}", 1] = (_shifted(with_field), (_LONG,))
    _DATE_TIME_METHODS["withMillisOfSecond", 1] = (
        _shifted(lambda moment, amount: moment.replace(microsecond=amount * 1000)),
        (_LONG,),
    )


def _add_shift(unit: str, plus: Callable[[DateTime, int], datetime]) -> None:
    _DATE_TIME_METHODS[f"plus{unit}", 1] = (_shifted(plus), (_LONG,))
    _DATE_TIME_METHODS[f"minus{unit}", 1] = (_shifted(lambda moment, amount: plus(moment, -amount)), (_LONG,))


_add_shifts()

# --- lists and maps -------------------------------------------------------------------------------------------------


def _item(items: list[object], index: int) -> object:
    if not 0 <= index < len(items):
        raise EvaluationError(f"Index {index} out of bounds for length {len(items)}")
    return items[index]


def _index_of(items: list[object], sought: object) -> Integer:
    return Integer(next((index for index, item in enumerate(items) if same(item, sought)), -1))


def _last_index_of(items: list[object], sought: object) -> Integer:
    indexes = (len(items) - 1 - index for index, item in enumerate(reversed(items)) if same(item, sought))
    return Integer(next(indexes, -1))


def _contains(items: list[object], sought: object) -> bool:
    return any(same(item, sought) for item in items)


def _contains_all(items: list[object], sought: list[object]) -> bool:
    if len(items) * len(sought) > _MOST_COMPARISONS:
        raise ExpressionLimit(f"containsAll of {len(sought)} in {len(items)} items needs too many comparisons")
    return all(_contains(items, item) for item in sought)


def _list(value: object) -> object:
    value = value.node if isinstance(value, ObjectValue) else value
    if not isinstance(value, list):
        raise EvaluationError(f"Cannot coerce from {describe(value)} to Collection")
    return value


_LIST_METHODS: Methods = {
    ("size", 0): (lambda items: Integer(len(items)), ()),
    ("isEmpty", 0): (is_empty, ()),
    ("get", 1): (_item, (_LONG,)),
    ("contains", 1): (_contains, (_ANY,)),
    ("containsAll", 1): (_contains_all, (_list,)),
    ("indexOf", 1): (_index_of, (_ANY,)),
    ("lastIndexOf", 1): (_last_index_of, (_ANY,)),
    ("equals", 1): (same, (_ANY,)),
    ("toString", 0): (to_text, ()),
}


def _entry(entries: dict[str, object], key: object) -> object:
    return entries.get(key) if isinstance(key, str) else None


_MAP_METHODS: Methods = {
    ("size", 0): (lambda entries: Integer(len(entries)), ()),
    ("isEmpty", 0): (is_empty, ()),
    ("get", 1): (_entry, (_ANY,)),
    ("containsKey", 1): (lambda entries, key: isinstance(key, str) and key in entries, (_ANY,)),
    ("containsValue", 1): (lambda entries, sought: _contains(list(entries.values()), sought), (_ANY,)),
    ("keySet", 0): (list, ()),
    ("values", 0): (lambda entries: list(entries.values()), ()),
    ("entrySet", 0): (lambda entries: [{"key": key, "value": item} for key, item in entries.items()], ()),
    ("equals", 1): (same, (_ANY,)),
    ("toString", 0): (to_text, ()),
}

# --- changes of lists and maps --------------------------------------------------------------------------------------


def _add(items: list[object], item: object) -> bool:
    items.append(item)
    return True


def _remove(items: list[object], which: object) -> object:
    """Java's two methods: an integer is the index of what is removed and returned, all else is removed itself."""
    if isinstance(which, int) and not isinstance(which, bool):
        removed = _item(items, which)
        del items[which]
        return removed
    index = _index_of(items, which)
    if index < 0:
        return False
    del items[index]
    return True


def _put(entries: dict[str, object], key: str, item: object) -> object:
    before = entries.get(key)
    entries[key] = item
    return before


_LIST_CHANGES: Methods = {("add", 1): (_add, (_ANY,)), ("remove", 1): (_remove, (_ANY,))}
_MAP_CHANGES: Methods = {
    ("put", 2): (_put, (_TEXT, _ANY)),
    ("remove", 1): (lambda entries, key: entries.pop(key, None), (_TEXT,)),
}
CHANGES = frozenset(_LIST_CHANGES) | frozenset(_MAP_CHANGES)
"""Name and number of arguments of every method that changes a list or a map."""


def change(collection: object, name: str, args: list[object]) -> tuple[object, object] | None:
    """A changed copy of a list or map, and what the method gives; None when ``collection`` has no such method.

    Raises ExpressionLimit when the copy becomes too large.
    """
    node: Any = collection.node if isinstance(collection, ObjectValue) else collection
    table = _LIST_CHANGES if isinstance(node, list) else _MAP_CHANGES if isinstance(node, dict) else {}
    row = table.get((name, len(args)))
    if row is None:
        return None
    copy = node.copy()
    result = _apply(row, copy, args)
    if _count_items(copy) > _LARGEST_COLLECTION:
        raise ExpressionLimit(f"A collection changed by an expression may have {_LARGEST_COLLECTION} items")
    if isinstance(collection, ObjectValue):
        return ObjectValue.of(copy, collection.object_type_name), result
    return copy, result


def _count_items(collection: object) -> int:
    """How many items are in a collection and in those in it; counting stops beyond the largest size."""
    count, pending = 0, [collection]
    while pending and count <= _LARGEST_COLLECTION:
        value: Any = pending.pop()
        value = value.node if isinstance(value, ObjectValue) else value
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += len(items)
        if count <= _LARGEST_COLLECTION:
            pending.extend(items)
    return count


# --- JSON documents -------------------------------------------------------------------------------------------------


def _child(document: JsonValue, name: str) -> JsonValue:
    node = document.node
    if not isinstance(node, dict) or name not in node:
        raise EvaluationError(f"Unable to find JSON property '{name}'")
    return JsonValue.of(node[name])


def _elements(document: JsonValue) -> list[object]:
    node = _expect(document.node, list, "an array")
    return [JsonValue.of(item) for item in node]


def _expect(node: Any, kind: type, name: str) -> Any:
    if not isinstance(node, kind) or (isinstance(node, bool) and kind is not bool):
        raise EvaluationError(f"The JSON value is not {name}")
    return node


def _number(document: JsonValue) -> object:
    node = document.node
    return node if isinstance(node, float) else _expect(node, int, "a number")


def _scalar(document: JsonValue) -> object:
    if isinstance(document.node, list | dict):
        raise EvaluationError("The JSON value is not a scalar")
    return document.node


def _has_property(document: JsonValue, name: str) -> bool:
    return isinstance(document.node, dict) and name in document.node


def _json_path(document: JsonValue, path: str) -> JsonValue:
    """The part at a path of names and indexes, such as ``$.order['lines'][0].price``."""
    node = document.node
    for step in _path_steps(path):
        if isinstance(step, int):
            found = isinstance(node, list) and -len(node) <= step < len(node)
        else:
            found = isinstance(node, dict) and step in node
        if not found:
            raise EvaluationError(f"Unable to find '{step}' of JSON path '{path}'")
        node = node[step]
    return JsonValue.of(node)


def _path_steps(path: str) -> Iterator[str | int]:
    if not path.startswith("$"):
        raise EvaluationError(f"JSON path '{path}' must begin with '$'")
    rest = path[1:]
    while rest:
        if rest.startswith("["):
            inside, closed, rest = rest[1:].partition("]")
            if closed and len(inside) > 2 and inside[0] == inside[-1] and inside[0] in "'\"":
                yield inside[1:-1]
                continue
            if (
                closed
                and len(inside) < 10
                and inside.removeprefix("-").isascii()
                and inside.removeprefix("-").isdigit()
            ):
                yield int(inside)
                continue
        elif rest.startswith("."):
            name, rest = _leading_name(rest[1:])
            if name and name != "*":
                yield name
                continue
        raise EvaluationError(f"JSON path '{path}' has more than names and indexes, such as $.order.lines[0]")


def _leading_name(text: str) -> tuple[str, str]:
    end = min((index for index in (text.find("."), text.find("[")) if index >= 0), default=len(text))
    return text[:end], text[end:]


def _is(*kinds: type) -> Method:
    return lambda document: type(document.node) in kinds, ()


_JSON_METHODS: Methods = {
    ("prop", 1): (_child, (_TEXT,)),
    ("hasProp", 1): (_has_property, (_TEXT,)),
    ("fieldNames", 0): (lambda document: list(_expect(document.node, dict, "an object")), ()),
    ("elements", 0): (_elements, ()),
    ("element", 0): (_same_object, ()),
    ("elementList", 0): (_elements, ()),
    ("value", 0): (_scalar, ()),
    ("stringValue", 0): (lambda document: _expect(document.node, str, "a string"), ()),
    ("numberValue", 0): (_number, ()),
    ("boolValue", 0): (lambda document: _expect(document.node, bool, "a boolean"), ()),
    ("isArray", 0): _is(list),
    ("isObject", 0): _is(dict),
    ("isString", 0): _is(str),
    ("isNumber", 0): _is(int, Integer, float),
    ("isBoolean", 0): _is(bool),
    ("isNull", 0): _is(type(None)),
    ("isValue", 0): (lambda document: not isinstance(document.node, list | dict), ()),
    ("jsonPath", 1): (_json_path, (_TEXT,)),
    ("equals", 1): (same, (_ANY,)),
    ("toString", 0): (lambda document: check_text(document.text), ()),
}

# --- dispatch -------------------------------------------------------------------------------------------------------

_METHODS: dict[type, Methods] = {
    str: _TEXT_METHODS,
    bool: _BOOLEAN_METHODS,
    int: _INTEGER_METHODS,
    float: _DOUBLE_METHODS,
    DateTime: _DATE_TIME_METHODS,
    datetime: _DATE_METHODS,
    list: _LIST_METHODS,
    dict: _MAP_METHODS,
    JsonValue: _JSON_METHODS,
}


def _apply(row: Method, value: object, args: list[object]) -> object:
    method, coercions = row
    if not coercions:
        return method(value)
    return method(value, *[coerce(arg) for coerce, arg in zip(coercions, args, strict=True)])


def _find(value: object, name: str, count: int) -> Method | None:
    for kind in type(value).__mro__:
        if kind in _METHODS:
            return _METHODS[kind].get((name, count))
    return None


def call(value: object, name: str, args: list[object]) -> object:
    """The result of ``value.name(args)``. Raises UnknownMethod, EvaluationError."""
    if isinstance(value, ObjectValue):
        value = value.node
    row = _find(value, name, len(args))
    if row is not None:
        return _apply(row, value, args)
    if isinstance(value, HostObject):
        return value.call_method(name, args)
    raise UnknownMethod(name, describe(value))


def get_property(value: object, name: str) -> object:
    """The value of ``value.name``: the entry of a map, the field of a JSON document, or what a getter gives.

    Null has every property, with the value null; so has a map the ones that are not in it. Raises UnknownProperty.
    """
    if isinstance(value, ObjectValue):
        value = value.node
    if value is None:
        return None
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, JsonValue):
        return _json_member(value, name)
    if isinstance(value, list) and not isinstance(value, HostObject):
        return get_index(value, name)
    getter = _find(value, f"get{name[:1].upper()}{name[1:]}", 0)
    if getter is not None:
        return _apply(getter, value, [])
    if isinstance(value, HostObject):
        return value.get_property(name)
    raise UnknownProperty(name, describe(value))


def _json_member(document: JsonValue, key: object) -> object:
    node = document.node
    if isinstance(node, list):
        found = get_index(node, key)
    elif isinstance(node, dict):
        found = node.get(to_text(key))
    else:
        raise UnknownProperty(to_text(key), "Json")
    return JsonValue.of(found) if isinstance(found, list | dict) else found


def get_index(value: object, key: object) -> object:
    """The value of ``value[key]``: an item of a list (null beyond its ends), else the property of that name.

    Raises UnknownProperty, EvaluationError when the index of a list is no number.
    """
    if isinstance(value, ObjectValue):
        value = value.node
    if value is None or key is None:
        return None
    if isinstance(value, list):
        index = to_long(key)
        return value[index] if 0 <= index < len(value) else None
    if isinstance(value, dict):
        return _entry(value, key)
    if isinstance(value, JsonValue):
        return _json_member(value, key)
    return get_property(value, to_text(key))
