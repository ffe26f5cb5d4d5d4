"""The comparisons that filters are made of: each takes a column and gives the condition for a filter's value."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, and_, bindparam, false, func, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from engine.store.query.kinds import DefinitionId, InstantCondition, InvalidQuery
from engine.store.tables import Instant

Filters = Mapping[str, Any]
"""The values of the filters of one group, read."""

Condition = Callable[[Any, Filters], ColumnElement[bool]]
"""From a filter's value, and all filters of its group, to what must hold of a row."""

Column = ColumnElement[Any]

NOW: Final = bindparam("now", type_=Instant)
"""The present, by the engine's clock; given when a query is executed."""

LONGEST_PATTERN: Final = 10_000

BEFORE: Final = operator.lt
UNTIL: Final = operator.le
AFTER: Final = operator.gt
SINCE: Final = operator.ge


class matches_pattern(FunctionElement[bool]):  # noqa: N801 - read as a function of SQL
    """LIKE with `%`, `_` and the escape `\\`, minding case on every database (SQLite's own LIKE does not)."""

    inherit_cache = True
    type = Boolean()


@compiles(matches_pattern)
def _render_like(element: matches_pattern, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern, _ = element.clauses
    return f"{compiler.process(column, **options)} LIKE {compiler.process(pattern, **options)} ESCAPE '\\'"


@compiles(matches_pattern, "sqlite")
def _render_glob(element: matches_pattern, compiler: SQLCompiler, **options: Any) -> str:
    column, _, pattern = element.clauses
    return f"{compiler.process(column, **options)} GLOB {compiler.process(pattern, **options)}"


_GLOB: Final = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}


def _to_glob(pattern: str) -> str:
    def translate(match: re.Match[str]) -> str:
        escaped = match[1]
        if escaped is None:
            return _GLOB.get(match[0], match[0])
        return f"[{escaped}]" if escaped in "*?[" else escaped

    return re.sub(r"\\(.)|.", translate, pattern, flags=re.DOTALL)


def matching(column: Column, pattern: str) -> ColumnElement[bool]:
    """`column` matches a LIKE pattern, minding case. Raises InvalidQuery for one that is too long for databases."""
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidQuery(f"A pattern has {len(pattern)} characters; the limit is {LONGEST_PATTERN}")
    return matches_pattern(column, bindparam(None, pattern), bindparam(None, _to_glob(pattern)))


# ---------------------------------------------------------------- conditions


def equal(column: Column) -> Condition:
    """The column is the value."""
    return lambda value, _: column == value


def not_equal(column: Column) -> Condition:
    """The column is another value (and not null)."""
    return lambda value, _: column != value


def like(column: Column) -> Condition:
    """The column matches the pattern."""
    return lambda value, _: matching(column, value)


def unlike_all(column: Column) -> Condition:
    """The column is given and matches none of the patterns."""
    return lambda patterns, _: and_(column.is_not(None), *(~matching(column, pattern) for pattern in patterns))


def same_text(column: Column) -> Condition:
    """The column is the value, whatever the case."""
    return lambda value, _: func.lower(column) == func.lower(value)


def other_text(column: Column) -> Condition:
    """The column is given and another text than the value, whatever the case."""
    return lambda value, _: func.lower(column) != func.lower(value)


def like_text(column: Column) -> Condition:
    """The column matches the pattern, whatever the case."""
    return lambda value, _: matching(func.lower(column), value.lower())


def unlike_text(column: Column) -> Condition:
    """The column is given and does not match the pattern, whatever the case."""
    return lambda value, _: ~matching(func.lower(column), value.lower())


def among(column: Column) -> Condition:
    """The column is one of the values."""
    return lambda values, _: column.in_(values)


def not_among(column: Column) -> Condition:
    """The column is given and none of the values."""
    return lambda values, _: and_(column.is_not(None), column.not_in(values))


def compare(column: Column, comparison: Callable[[Any, Any], Any]) -> Condition:
    """The column compares with the value as `comparison` (BEFORE, UNTIL, AFTER, SINCE) says."""

    def condition(value: Any, _: Filters) -> ColumnElement[bool]:
        compared: ColumnElement[bool] = comparison(column, value)
        return compared

    return condition


def compare_all(column: Column) -> Condition:
    """The column meets all of the instant conditions."""

    def condition(values: tuple[InstantCondition, ...], _: Filters) -> ColumnElement[bool]:
        comparisons = {"gt": AFTER, "lt": BEFORE}
        return and_(true(), *(comparisons[each.operator](column, each.at) for each in values))

    return condition


def when(condition: ColumnElement[bool]) -> Condition:
    """What a flag asks for when it is set; a flag that is false asks for nothing."""
    return lambda wanted, _: condition if wanted else true()


def as_said(condition: ColumnElement[bool]) -> Condition:
    """What a flag asks for that means something either way: that the condition holds, or that it does not."""
    return lambda wanted, _: condition if wanted else ~condition


def unless(condition: ColumnElement[bool]) -> Condition:
    """What a flag asks for when it is set: that the condition does not hold (null does not hold either)."""
    return when(~func.coalesce(condition, false()))


def given(column: Column) -> Condition:
    """A flag: the column has a value."""
    return when(column.is_not(None))


def missing(column: Column) -> Condition:
    """A flag: the column has no value."""
    return when(column.is_(None))


def never() -> Condition:
    """Nothing can have it: what it names does not exist in this engine. An unset flag asks for nothing."""
    return lambda value, _: true() if value is False else false()


def no_effect() -> Condition:
    """A filter that only changes what others mean, or what is shown of a row."""
    return lambda *_: true()


def _same_definition(table: Any, wanted: DefinitionId) -> ColumnElement[bool]:
    return and_(table.c.id == wanted.id, table.c.key == wanted.key, table.c.version == wanted.version)


def definition(table: Any) -> Condition:
    """The (joined) process definition is the one of that id."""
    return lambda wanted, _: _same_definition(table, wanted)


def definition_among(table: Any) -> Condition:
    """The (joined) process definition is one of those."""
    return lambda wanted, _: or_(false(), *(_same_definition(table, each) for each in wanted))


def tenant_among(column: Column, include: str | None = None) -> Condition:
    """The row is of one of the tenants, or of none when the flag named `include` is set."""

    def condition(tenants: tuple[str, ...], filters: Filters) -> ColumnElement[bool]:
        wanted = tuple(tenant for tenant in tenants if tenant)
        return column.in_((*wanted, "") if include and filters.get(include) else wanted)

    return condition


def without_tenant(column: Column) -> Condition:
    """A flag: the row is of no tenant."""
    return when(column == "")
