"""Filters on the values of variables: `name_operator_value` against the variables of some scope of a row."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Double, and_, cast, exists, false, func, or_, select

from engine.errors import BadRequest
from engine.store import tables
from engine.store.query.conditions import Condition, Filters, matching
from engine.store.query.kinds import ContradictoryQuery, InvalidQuery, NotComparable, VariableCondition
from engine.values import encode

IGNORE_NAMES: Final = "variableNamesIgnoreCase"
IGNORE_VALUES: Final = "variableValuesIgnoreCase"

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
}
_OPPOSITES: Final = {"neq": "eq", "notLike": "like"}
_WHOLE_NUMBERS: Final = ("Integer", "Long", "Short")

Scope = Callable[[Any], ColumnElement[bool]]
"""From the columns of `variable` to which variables of a row are meant."""


def has_variables(scope: Scope) -> Condition:
    """The scope has, for each of the conditions, a variable that meets it.

    A number finds numbers of every type (Integer 1 is Long 1 and Double 1.0); a text finds texts only. `neq` and
    `notLike` find variables with another value; a row without the variable is not found.
    """

    def condition(wanted: tuple[VariableCondition, ...], filters: Filters) -> ColumnElement[bool]:
        return and_(*(_has_variable(scope, each, filters) for each in wanted))

    return condition


def _has_variable(scope: Scope, wanted: VariableCondition, filters: Filters) -> ColumnElement[bool]:
    variable = tables.variable.alias()
    columns = variable.c
    name: ColumnElement[bool] = columns.name == wanted.name
    if filters.get(IGNORE_NAMES):
        name = func.lower(columns.name) == func.lower(wanted.name)
    value = value_condition(columns, wanted, ignore_case=bool(filters.get(IGNORE_VALUES)))
    return exists(select(1).select_from(variable).where(name, value, scope(columns)))


def value_condition(columns: Any, wanted: VariableCondition, *, ignore_case: bool = False) -> ColumnElement[bool]:
    """The value in the columns of a variable compares as wanted. Raises BadRequest for what cannot be compared."""
    stored = encode(wanted.value)
    if wanted.operator in _OPPOSITES:
        opposite = VariableCondition(wanted.name, _OPPOSITES[wanted.operator], wanted.value)
        return ~func.coalesce(value_condition(columns, opposite, ignore_case=ignore_case), false())
    if wanted.operator == "like":
        if stored.type != "String":
            return false()
        return and_(columns.value_type == "String", _like(columns.text_value, str(wanted.value), ignore_case))
    if stored.type in ("Null", "Boolean"):
        if wanted.operator != "eq":
            raise _impossible(wanted, stored.type)
        same_type: ColumnElement[bool] = columns.value_type == stored.type
        return same_type if stored.type == "Null" else and_(same_type, columns.long_value == stored.long)
    return _compare(columns, wanted, stored, ignore_case)


def _like(column: ColumnElement[str], pattern: str, ignore_case: bool) -> ColumnElement[bool]:
    return matching(func.lower(column), pattern.lower()) if ignore_case else matching(column, pattern)


def _compare(columns: Any, wanted: VariableCondition, stored: Any, ignore_case: bool) -> ColumnElement[bool]:
    compare = _COMPARISONS[wanted.operator]
    kind = columns.value_type
    if stored.type in _WHOLE_NUMBERS:
        return or_(
            and_(kind.in_(_WHOLE_NUMBERS), compare(columns.long_value, stored.long)),
            and_(kind == "Double", compare(columns.double_value, float(stored.long))),
        )
    if stored.type == "Double":
        return or_(
            and_(kind.in_(_WHOLE_NUMBERS), compare(cast(columns.long_value, Double), stored.double)),
            and_(kind == "Double", compare(columns.double_value, stored.double)),
        )
    if stored.type == "Date":
        return and_(kind == "Date", compare(columns.long_value, stored.long))
    if stored.type == "String":
        if ignore_case:
            return and_(kind == "String", compare(func.lower(columns.text_value), func.lower(stored.text)))
        return and_(kind == "String", compare(columns.text_value, stored.text))
    raise _impossible(wanted, stored.type)


def _impossible(wanted: VariableCondition, kind: str) -> BadRequest:
    refusal = NotComparable if kind in ("Null", "Boolean") else ContradictoryQuery
    return refusal(
        f"Variable '{wanted.name}' cannot be searched with operator '{wanted.operator}' and a value of type {kind}"
    )


# ---------------------------------------------------------------- sorting

_SORTED_COLUMN: Final = {
    "String": "text_value",
    "Integer": "long_value",
    "Short": "long_value",
    "Long": "long_value",
    "Date": "long_value",
    "Boolean": "long_value",
    "Double": "double_value",
}


def variable_sort(scope: Scope) -> Callable[[Mapping[str, Any]], ColumnElement[Any]]:
    """A sort key with the parameters `variable` (a name) and `type` (a type of value, String when left out)."""

    def column(parameters: Mapping[str, Any]) -> ColumnElement[Any]:
        name, kind = parameters.get("variable"), parameters.get("type") or "String"
        if not isinstance(name, str) or kind not in _SORTED_COLUMN:
            known = ", ".join(_SORTED_COLUMN)
            raise InvalidQuery(f"Sorting by a variable needs the parameters 'variable' and 'type' (one of {known})")
        variable = tables.variable.alias()
        wanted = select(variable.c[_SORTED_COLUMN[kind]]).where(
            variable.c.name == name, variable.c.value_type == kind, scope(variable.c)
        )
        return wanted.limit(1).scalar_subquery()

    return column
