"""The functions that expressions may call by name: the table is closed.

Source: the Camunda 7 manual, "Expression Language", section "Internal Context Functions", and "Camunda Spin Functions".
"""

from collections.abc import Callable
from datetime import datetime

from engine.expression.contract import EvaluationContext, EvaluationError
from engine.expression.juel.operators import DateTime
from engine.values import InvalidValue, JsonValue

__all__ = ["FUNCTIONS"]


def _now(context: EvaluationContext) -> datetime:
    return context.now.replace(microsecond=context.now.microsecond // 1000 * 1000)


def _date_time(context: EvaluationContext) -> DateTime:
    now = _now(context)
    return DateTime(now.year, now.month, now.day, now.hour, now.minute, now.second, now.microsecond, now.tzinfo)


def _current_user(context: EvaluationContext) -> str | None:
    return context.user


def _current_user_groups(context: EvaluationContext) -> list[str]:
    return list(context.groups)


def _spin_json(_: EvaluationContext, value: object) -> JsonValue:
    """A JSON document from its text, or the one that a value means."""
    if isinstance(value, JsonValue):
        return value
    try:
        document = JsonValue(value) if isinstance(value, str) else JsonValue.of(value)
        _ = document.node  # parse here, so that the error names the cause
    except InvalidValue as error:
        raise EvaluationError(f"Cannot read a JSON value: {error}") from None
    return document


FUNCTIONS: dict[tuple[str, int], Callable[..., object]] = {
    ("now", 0): _now,
    ("dateTime", 0): _date_time,
    ("currentUser", 0): _current_user,
    ("currentUserGroups", 0): _current_user_groups,
    ("S", 1): _spin_json,
    ("JSON", 1): _spin_json,
}
"""By name and number of arguments; each is called with the context and the arguments."""
