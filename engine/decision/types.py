"""The types of clauses and variables: item definitions, those of FEEL, and those of Camunda 7 with its conversions.

Sources: DMN 1.5, 7.3.3 (item definitions) and 10.3.2.9.4 (conversions); the Camunda 7 manual, "Data Types for Decision
Tables".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from engine.decision.course import to_variable
from engine.expression.feel import FeelExpression
from engine.expression.feel.evaluation import Evaluation, Refused, Scope
from engine.expression.feel.temporal import DAY, Date, DateTime, Time
from engine.expression.feel.temporal_text import parse_date_time
from engine.expression.feel.types import NAMED, Type, is_instance
from engine.expression.feel.unary import INPUT
from engine.expression.feel.values import NUMBERS, Function, Value, kind_of, show
from engine.values import Integer

__all__ = ["ANY", "CAMUNDA_TYPES", "FEEL_TYPES", "DataType", "ItemType"]


class DataType(Protocol):
    """A type that values are checked against and converted to."""

    @property
    def name(self) -> str:
        """Its name, for messages."""

    def fits(self, value: Value, evaluation: Evaluation, *, complete: bool = False) -> bool:
        """Whether a value that is not null is one of the type as it is; ``complete``: no component may be missing."""

    def convert(self, value: Value, evaluation: Evaluation) -> Value:
        """The value as one of the type; null stays null. Raises Refused."""

    def export(self, value: Value, evaluation: Evaluation) -> object:
        """A converted value as one of ``engine.values``."""


def _accepted(value: Value, type_: DataType, evaluation: Evaluation) -> Value:
    """A value where one of a type is wanted, with the implicit conversions of DMN. Raises Refused."""
    if value is None or type_.fits(value, evaluation):
        return value
    if isinstance(value, list) and len(value) == 1 and type_.fits(value[0], evaluation):
        return value[0]
    if type_.fits([value], evaluation) and not isinstance(value, list):
        return [value]
    if isinstance(value, Date):
        moment = DateTime(value, Time(0, 0, 0, offset=0))
        if type_.fits(moment, evaluation):
            return moment
    raise Refused(f"A {kind_of(value)} ({_shown(value)}) is no {type_.name}")


def _shown(value: Value) -> str:
    text = show(value, Evaluation(None), inside=True)
    return text if len(text) <= 80 else f"{text[:80]}…"


@dataclass(frozen=True, slots=True)
class FeelType:
    """A type of FEEL."""

    name: str
    type: Type

    def fits(self, value: Value, evaluation: Evaluation, *, complete: bool = False) -> bool:  # noqa: ARG002
        """See DataType."""
        return self.type.name == "Any" or is_instance(value, self.type, evaluation)

    def convert(self, value: Value, evaluation: Evaluation) -> Value:
        """See DataType."""
        return _accepted(value, self, evaluation)

    def export(self, value: Value, evaluation: Evaluation) -> object:
        """See DataType."""
        return to_variable(value, evaluation)


@dataclass(slots=True, eq=False)
class ItemType:
    """An item definition (DMN 1.5, 7.3.3); its parts are filled in when all of them are read."""

    name: str
    base: DataType | None = None
    """What it is a restriction of; of a collection, the type of the items."""
    components: Mapping[str, DataType] = field(default_factory=dict)
    parameters: Sequence[str] | None = None
    """Of a function item, the names of its parameters."""
    is_collection: bool = False
    allowed: FeelExpression | None = None
    """The test for a value, of a collection for each item."""
    listed: Sequence[Value] | None = None
    """The values that ``allowed`` lists, in order."""
    constraint: FeelExpression | None = None
    """The test for the value as a whole."""

    def fits(self, value: Value, evaluation: Evaluation, *, complete: bool = False) -> bool:
        """See DataType."""
        if self.is_collection:
            if not isinstance(value, list):
                return False
            evaluation.spend(len(value))
            fits = all(item is None or self._fits_one(item, evaluation, complete) for item in value)
        else:
            fits = self._fits_one(value, evaluation, complete)
        return fits and (self.constraint is None or _holds(self.constraint, value, evaluation))

    def _fits_one(self, value: Value, evaluation: Evaluation, complete: bool) -> bool:
        if self.parameters is not None:
            return isinstance(value, Function) and len(value.parameters) == len(self.parameters)
        if self.components:
            evaluation.spend(len(self.components))
            if not isinstance(value, dict) or not all(
                type_.fits(value[name], evaluation, complete=complete)
                if value.get(name) is not None
                else not complete or name in value
                for name, type_ in self.components.items()
            ):
                return False
        elif self.base is not None and not self.base.fits(value, evaluation, complete=complete):
            return False
        return self.allowed is None or _holds(self.allowed, value, evaluation)

    def convert(self, value: Value, evaluation: Evaluation) -> Value:
        """See DataType."""
        return _accepted(value, self, evaluation)

    def export(self, value: Value, evaluation: Evaluation) -> object:
        """See DataType."""
        return to_variable(value, evaluation)


def _holds(test: FeelExpression, value: Value, evaluation: Evaluation) -> bool:
    return test.value_in(Scope({INPUT: value}, None, evaluation)) is True


@dataclass(frozen=True, slots=True)
class CamundaType:
    """A type of Camunda 7: ``change`` converts a value that is not null, ``leave`` makes it a variable's."""

    name: str
    change: Callable[[Value, Evaluation], Value]
    leave: Callable[[Value], object]

    def fits(self, value: Value, evaluation: Evaluation, *, complete: bool = False) -> bool:  # noqa: ARG002
        """See DataType."""
        try:
            return bool(self.change(value, evaluation) == value)
        except Refused:
            return False

    def convert(self, value: Value, evaluation: Evaluation) -> Value:
        """See DataType."""
        if value is None:
            return None
        try:
            return self.change(value, evaluation)
        except Refused:
            raise Refused(f"A {kind_of(value)} ({_shown(value)}) cannot be converted to {self.name}") from None

    def export(self, value: Value, evaluation: Evaluation) -> object:  # noqa: ARG002
        """See DataType."""
        return None if value is None else self.leave(value)


_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def _to_text(value: Value, evaluation: Evaluation) -> Value:
    return show(value, evaluation)


def _to_boolean(value: Value, evaluation: Evaluation) -> Value:  # noqa: ARG001
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Refused("no such value")


def _to_whole(bits: int) -> Callable[[Value, Evaluation], Value]:
    bound = 2 ** (bits - 1)

    def change(value: Value, evaluation: Evaluation) -> Value:  # noqa: ARG001
        number = value
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            number = Decimal(value)
        if isinstance(number, Decimal) and number == number.to_integral_value() and -bound <= number < bound:
            return number
        raise Refused("no such value")

    return change


def _to_double(value: Value, evaluation: Evaluation) -> Value:  # noqa: ARG001
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return NUMBERS.create_decimal(value)
    raise Refused("no such value")


def _to_date(value: Value, evaluation: Evaluation) -> Value:  # noqa: ARG001
    if isinstance(value, Date | DateTime):
        return value
    if isinstance(value, str) and "T" in value:
        return parse_date_time(value)
    raise Refused("no such value")


def _date_out(value: Value) -> object:
    """A date of the engine: what has no offset is in UTC, and a day is its midnight."""
    instant = value.ordinal * DAY if isinstance(value, Date) else value.instant
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant // 1_000_000)
    except OverflowError:
        raise Refused(f"{_shown(value)} is not of the years 1 to 9999") from None


def _double_out(value: Value) -> object:
    number = float(value)
    if not math.isfinite(number):
        raise Refused(f"The number {value:.6g} is beyond what a double holds")
    return number


CAMUNDA_TYPES: Mapping[str, DataType] = {
    "string": CamundaType("string", _to_text, lambda value: value),
    "boolean": CamundaType("boolean", _to_boolean, lambda value: value),
    "integer": CamundaType("integer", _to_whole(32), Integer),
    "long": CamundaType("long", _to_whole(64), int),
    "double": CamundaType("double", _to_double, _double_out),
    "date": CamundaType("date", _to_date, _date_out),
}
"""The types of Camunda 7 by the name that a ``typeRef`` gives."""

_FEEL_NAMES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "integer": "number",
    "long": "number",
    "double": "number",
}
"""Other names of types of FEEL: those of DMN before 1.2, and those of Camunda 7 where FEEL's types count alone."""

FEEL_TYPES: Mapping[str, DataType] = {
    **{name: FeelType(name, Type(name)) for name in NAMED if name != "Null"},
    **{other: FeelType(name, Type(name)) for other, name in _FEEL_NAMES.items()},
}
"""The types of FEEL by the name that a ``typeRef`` gives."""

ANY: DataType = FEEL_TYPES["Any"]
