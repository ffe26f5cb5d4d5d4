"""FEEL's values as Python objects (DMN 1.5, 10.3.2.1): what kind each is, and the ranges and functions among them.

=============================  =================================================
FEEL                           Python
=============================  =================================================
null                           ``None``
boolean                        ``bool``
number                         ``decimal.Decimal``, 34 digits (see :data:`NUMBERS`)
string                         ``str``, in code points
date, time, date and time      :class:`~.temporal.Date`, ``Time``, ``DateTime``
days and time duration         :class:`~.temporal.DaysDuration`
years and months duration      :class:`~.temporal.MonthsDuration`
range                          :class:`Range`
list                           ``list``
context                        ``dict`` with text keys
function                       :class:`Function`
=============================  =================================================

Lists and contexts are never changed once they are made.
"""

from __future__ import annotations

import decimal
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from engine.expression.feel.temporal_text import temporal_text

__all__ = ["NUMBERS", "Function", "Range", "Value", "kind_of", "number_text", "show", "whole"]

Value = Any
"""One of the values above."""

NUMBERS = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
"""How numbers are computed: IEEE 754-2008 decimal128 (DMN 1.5, 10.3.2.3.1)."""


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an endpoint that is None is open without an end (``< 5`` is ``(null..5)``)."""

    start: Value
    end: Value
    start_included: bool
    end_included: bool


class Function(ABC):
    """Something that can be invoked."""

    name: str

    @property
    @abstractmethod
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters."""

    @abstractmethod
    def call(self, evaluation: Evaluation, arguments: Sequence[Value]) -> Value:
        """Its value for arguments in order. Raises Refused."""

    @abstractmethod
    def call_named(self, evaluation: Evaluation, arguments: Mapping[str, Value]) -> Value:
        """Its value for arguments by name. Raises Refused."""


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    Date: "date",
    Time: "time",
    DateTime: "date and time",
    DaysDuration: "days and time duration",
    MonthsDuration: "years and months duration",
    Range: "range",
    list: "list",
    dict: "context",
}


def kind_of(value: Value) -> str:
    """The name of a value's type, for messages."""
    return _KINDS.get(type(value), "function")


def whole(value: Decimal) -> int:
    """A number as an integer, towards zero. Raises Refused when it is too big to count with."""
    if value.adjusted() > 18:
        raise Refused(f"The number {value:.6g} is out of range")
    return int(value)


def number_text(value: Decimal) -> str:
    """All digits of a number, without an exponent and without zeros that mean nothing."""
    if value == 0:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def show(value: Value, evaluation: Evaluation, *, inside: bool = False) -> str:
    """A value as FEEL's ``string()`` writes it; texts in lists and contexts (``inside``) have quotes."""
    evaluation.spend()
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, str):
        return evaluation.check_text(quoted(value)) if inside else value
    if isinstance(value, list):
        items = [show(item, evaluation, inside=True) for item in value]
        return evaluation.check_text(f"[{', '.join(items)}]")
    if isinstance(value, dict):
        entries = [f"{_key(key)}: {show(item, evaluation, inside=True)}" for key, item in value.items()]
        return evaluation.check_text("{" + ", ".join(entries) + "}")
    if isinstance(value, Range):
        begin, end = "[" if value.start_included else "(", "]" if value.end_included else ")"
        start, stop = (show(point, evaluation, inside=True) for point in (value.start, value.end))
        return f"{begin}{start}..{stop}{end}"
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters)})"
    return temporal_text(value)


def quoted(text: str) -> str:
    """A text as a FEEL literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _key(key: str) -> str:
    return key if key.replace(" ", "").isidentifier() else quoted(key)
