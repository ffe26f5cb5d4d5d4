"""Types of FEEL as they are written, and whether a value is of one (DMN 1.5, 10.3.2.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from engine.expression.feel.values import Function, Range, Value, kind_of

__all__ = ["ANY", "NAMED", "Type", "conform", "is_instance"]


@dataclass(frozen=True, slots=True)
class Type:
    """A type: ``name``, and the types of the items, members, parameters or the result that it asks for."""

    name: str
    item: Type | None = None
    members: Mapping[str, Type] = field(default_factory=dict)
    parameters: tuple[Type, ...] | None = None
    fits: Callable[[Value, Evaluation], bool] | None = None
    """Of a type that somebody else defined: whether a value that is not null is of it."""


ANY = Type("Any")

NAMED: dict[str, type | tuple[type, ...]] = {
    "number": Decimal,
    "string": str,
    "boolean": bool,
    "date": Date,
    "time": Time,
    "date and time": DateTime,
    "days and time duration": DaysDuration,
    "day-time-duration": DaysDuration,
    "years and months duration": MonthsDuration,
    "year-month-duration": MonthsDuration,
    "list": list,
    "context": dict,
    "function": Function,
    "range": Range,
    "Any": object,
    "Null": type(None),
}
"""The names of types, and the classes of their values."""


def is_instance(value: Value, type_: Type, evaluation: Evaluation) -> bool:
    """``value instance of type``: null is of the type Null alone. Raises Refused for a type that is not known."""
    if type_.fits is not None:
        return value is not None and type_.fits(value, evaluation)
    kind = NAMED.get(type_.name)
    if kind is None:
        raise Refused(f"There is no type '{type_.name}'")
    if value is None:
        return type_.name == "Null"
    if not isinstance(value, kind):
        return False
    if isinstance(value, list) and type_.item is not None:
        evaluation.spend(len(value))
        return all(_conforms(item, type_.item, evaluation) for item in value)
    if isinstance(value, dict):
        return all(
            name in value and _conforms(value[name], member, evaluation) for name, member in type_.members.items()
        )
    if isinstance(value, Range) and type_.item is not None:
        points = [point for point in (value.start, value.end) if point is not None]
        return all(_conforms(point, type_.item, evaluation) for point in points)
    if isinstance(value, Function) and type_.parameters is not None:
        return _fits_function(value, type_)
    return True


def conform(value: Value, type_: Type, evaluation: Evaluation) -> Value:
    """The value where one of a type is wanted, converted as 10.3.2.9.4 says. Raises Refused."""
    if _conforms(value, type_, evaluation):
        return value
    if isinstance(value, list) and len(value) == 1 and _conforms(value[0], type_, evaluation):
        return value[0]
    if type_.name == "list" and _conforms([value], type_, evaluation):
        return [value]
    if type_.name == "date and time" and isinstance(value, Date):
        return DateTime(value, Time(0, 0, 0, offset=0))
    raise Refused(f"A {kind_of(value)} is no {type_.name}")


def _conforms(value: Value, type_: Type, evaluation: Evaluation) -> bool:
    """Whether a value may be used as one of a type: null is allowed for every type."""
    return value is None or type_.name == "Any" or is_instance(value, type_, evaluation)


def _fits_function(function: Function, type_: Type) -> bool:
    """Whether a function has as many parameters, of types that take the arguments that the type promises."""
    own: tuple[Type, ...] | None = getattr(function, "types", None)
    wanted = type_.parameters or ()
    if len(function.parameters) != len(wanted):
        return False
    return own is None or all(mine.name == "Any" or mine == other for mine, other in zip(own, wanted, strict=True))
