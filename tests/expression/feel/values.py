"""Values of the shared cases and of the DMN TCK, into FEEL and out of it."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.expression.feel import compile_feel
from engine.expression.feel.comparison import same
from engine.expression.feel.evaluation import Evaluation
from engine.expression.feel.exchange import from_engine
from engine.expression.feel.temporal import DaysDuration, MonthsDuration
from engine.expression.feel.temporal_text import parse_date, parse_date_time, parse_time
from engine.expression.feel.values import Value

_LITERALS = {
    "date": "date",
    "time": "time",
    "date and time": "date and time",
    "days and time duration": "duration",
    "years and months duration": "duration",
}


def tagged(value: Any) -> Value:
    """A value of JSON where what JSON has no value for is ``{"$type": ..., "$value": ...}``."""
    if isinstance(value, dict) and "$type" in value:
        return compile_feel(f'{_LITERALS[value["$type"]]}("{value["$value"]}")').apply({}).value
    if isinstance(value, dict):
        return {key: tagged(item) for key, item in value.items()}
    if isinstance(value, list):
        return [tagged(item) for item in value]
    return from_engine(value)


def native(value: Any) -> Value:
    """A value of Python's standard library."""
    if isinstance(value, datetime):
        return parse_date_time(value.isoformat())
    if isinstance(value, date):
        return parse_date(value.isoformat())
    if isinstance(value, time):
        return parse_time(value.isoformat())
    if isinstance(value, timedelta):
        return DaysDuration(value // timedelta(microseconds=1) * 1000)
    if hasattr(value, "months"):
        return MonthsDuration(value.months)
    if isinstance(value, list):
        return [native(item) for item in value]
    if isinstance(value, dict):
        return {str(key): native(item) for key, item in value.items()}
    return from_engine(value)


def alike(left: Value, right: Value) -> bool:
    """Whether two values are equal: numbers nearly, and null is equal to null."""
    if left is None or right is None:
        return left is right
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return abs(left - right) < Decimal("1e-8")
    return same(left, right, Evaluation(None))
