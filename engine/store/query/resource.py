"""A resource is a table of filters and sort keys over rows; one compiler turns a query on any of them into SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, false, func, literal, or_, select, true

from engine.store.query.conditions import Condition, Filters
from engine.store.query.kinds import EXPRESSION, INSTANTS, VARIABLES, ForbiddenExpression, InvalidQuery, Kind
from engine.store.query.permitted import CLOSED, Opening, Viewer, of_tenant, opened
from engine.values import InvalidValue

MAX_ROWS = 10_000
"""How many rows one list gives at most, also when the client names no limit or a higher one."""

MAX_GROUPS = 20
"""How many groups of `orQueries` one query may have."""

MAX_CONDITIONS = 200
"""How many conditions about variables and dates one query may have: databases take no more than some hundred."""

MAX_SORTINGS = 20
"""By how many things one query may be ordered."""

V = TypeVar("V")


@dataclass(frozen=True)
class Filter:
    """One line of the table: the filter's REST name, the kind of its value, and what it asks of a row."""

    name: str
    kind: Kind
    condition: Condition


@dataclass(frozen=True)
class Sorting:
    """By what to sort: a sort key of the resource, `asc` or `desc`, and parameters where the key needs some."""

    key: str
    order: str = "asc"
    parameters: Mapping[str, Any] = field(default_factory=dict)


SortKey = ColumnElement[Any] | Callable[[Mapping[str, Any]], ColumnElement[Any]]
"""A column to sort by, or one made from the parameters of the sorting."""


@dataclass(frozen=True)
class Query:
    """What is asked for: rows that meet all `filters`, and of each group in `any_of` at least one filter.

    `filters` and the groups map REST names to values: texts, JSON data or Python values (`engine.store.query.kinds`).
    `first` is the index of the first row wanted, `limit` the number of rows (at most MAX_ROWS, also when None).
    """

    filters: Mapping[str, Any] = field(default_factory=dict)
    any_of: Sequence[Mapping[str, Any]] = ()
    sorting: Sequence[Sorting] = ()
    first: int = 0
    limit: int | None = None


def _nothing_else(_: Filters) -> Iterable[ColumnElement[bool]]:
    return ()


def _nothing_more(_: Filters, __: Viewer) -> Iterable[ColumnElement[bool]]:
    return ()


def _no_contradiction(filters: Filters, *, alternatives: bool) -> None:  # noqa: ARG001
    return


def _as_they_are(_: Connection, views: Sequence[Any]) -> Sequence[Any]:
    return views


@dataclass(frozen=True)
class Resource(Generic[V]):
    """Rows of one kind that can be listed, counted and fetched; `make` builds the view of a row of `columns`."""

    name: str
    make: Callable[..., V]
    columns: tuple[ColumnElement[Any], ...]
    source: FromClause
    id: ColumnElement[int]
    filters: Mapping[str, Filter]
    sorts: Mapping[str, SortKey]
    always: Callable[[Filters], Iterable[ColumnElement[bool]]] = _nothing_else
    """What holds of every row of the resource, given the filters."""
    listed: Callable[[Filters], Iterable[ColumnElement[bool]]] = _nothing_else
    """What must also hold of a row to be in a list; fetched by its id it is found without."""
    check: Callable[..., None] = _no_contradiction
    """Raises ContradictoryQuery for filters of one group that exclude each other."""
    list_columns: tuple[ColumnElement[Any], ...] | None = None
    """Columns for lists, where they differ: lists leave out the content of files."""
    opening: Opening = CLOSED
    """Who may see a row."""
    complete: Callable[[Connection, Sequence[V]], Sequence[V]] = _as_they_are
    """What is known of views besides their rows, in a statement for all of them."""
    asked_of: Callable[[Filters, Viewer], Iterable[ColumnElement[bool]]] = _nothing_more
    """What filters ask of a row that depends on who asks."""

    @cached_property
    def rows(self) -> Select[Any]:
        """The statement for all rows of a list, in no order."""
        return select(*(self.list_columns or self.columns)).select_from(self.source)

    @cached_property
    def count(self) -> Select[Any]:
        """The statement for the number of all rows."""
        return select(func.count()).select_from(self.source)

    def read(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a group of filters; a filter that is None is not there. Raises InvalidQuery."""
        values: dict[str, Any] = {}
        for name, raw in group.items():
            line = self.filters.get(name)
            if line is None:
                raise InvalidQuery(f"There is no filter '{name}' of {self.name}")
            if raw is None:
                continue
            try:
                values[name] = line.kind.read(raw)
            except InvalidValue as error:
                refusal = ForbiddenExpression if line.kind is EXPRESSION else InvalidQuery
                raise refusal(f"Cannot set query parameter '{name}': {error}") from None
        return values

    def _conditions(self, values: Filters) -> list[ColumnElement[bool]]:
        return [self.filters[name].condition(value, values) for name, value in values.items()]

    def where(self, query: Query, viewer: Viewer | None = None) -> ColumnElement[bool]:
        """What must hold of the rows of a query, as far as `viewer` may see them (None: whoever it is).

        Raises InvalidQuery, ContradictoryQuery.
        """
        values = self.read(query.filters)
        self.check(values, alternatives=False)
        count = self._count(values)
        wanted = [*self.always(values), *self.listed(values), *self._conditions(values)]
        if viewer is not None:
            wanted += [of_tenant(self.opening.tenant, viewer.actor), opened(self.opening, viewer)]
            wanted += self.asked_of(values, viewer)
        if len(query.any_of) > MAX_GROUPS:
            raise InvalidQuery(f"There are {len(query.any_of)} orQueries; the limit is {MAX_GROUPS}")
        for group in query.any_of:
            alternatives = self.read(group)
            self.check(alternatives, alternatives=True)
            count += self._count(alternatives)
            if conditions := self._conditions({key: each for key, each in alternatives.items() if each is not False}):
                wanted.append(or_(false(), *conditions))
        if count > MAX_CONDITIONS:
            raise InvalidQuery(f"There are {count} conditions about variables and dates; the limit is {MAX_CONDITIONS}")
        return and_(true(), *wanted)

    def _count(self, values: Filters) -> int:
        """How many conditions there are in filters that may have any number of them."""
        return sum(len(value) for name, value in values.items() if self.filters[name].kind in (VARIABLES, INSTANTS))

    def order(self, sorting: Sequence[Sorting]) -> list[ColumnElement[Any]]:
        """The columns to order by; the id comes last, so that pages do not overlap. Raises InvalidQuery."""
        if len(sorting) > MAX_SORTINGS:
            raise InvalidQuery(f"There are {len(sorting)} sortings; the limit is {MAX_SORTINGS}")
        order: list[ColumnElement[Any]] = []
        for each in sorting:
            column = self.sorted_by(each)
            if each.order not in ("asc", "desc"):
                raise InvalidQuery(
                    f"Cannot set query parameter 'sortOrder' to value '{each.order[:100]}': use asc or desc"
                )
            ordered = column.asc() if each.order == "asc" else column.desc()
            if getattr(column, "nullable", True):
                # Null is the lowest value on both databases; they differ when left alone.
                ordered = ordered.nulls_first() if each.order == "asc" else ordered.nulls_last()
            order.append(ordered)
        return [*order, self.id.asc()]

    def sorted_by(self, sorting: Sorting) -> ColumnElement[Any]:
        """What a sorting sorts by. Raises InvalidQuery."""
        key = self.sorts.get(sorting.key)
        if key is None:
            known = ", ".join(self.sorts)
            raise InvalidQuery(
                f"Cannot set query parameter 'sortBy' to value '{sorting.key[:100]}': use one of {known}"
            )
        return key if isinstance(key, ColumnElement) else key(sorting.parameters)


def select_rows(resource: Resource[V], query: Query, viewer: Viewer | None = None) -> Select[Any]:
    """The statement for the rows of a query, in order and within its page. Raises InvalidQuery, ContradictoryQuery."""
    if query.first < 0 or (query.limit or 0) < 0:
        raise InvalidQuery("firstResult and maxResults must not be negative")
    limit = MAX_ROWS if query.limit is None else min(query.limit, MAX_ROWS)
    statement = resource.rows.where(resource.where(query, viewer))
    return statement.order_by(*resource.order(query.sorting)).limit(limit).offset(min(query.first, 2**62))


def select_count(resource: Resource[V], query: Query, viewer: Viewer | None = None) -> Select[Any]:
    """The statement for the number of all rows that meet the query. Raises InvalidQuery, ContradictoryQuery."""
    resource.order(query.sorting)  # of no use here, but to be refused like everywhere when it makes no sense
    return resource.count.where(resource.where(query, viewer))


def select_counts(
    resource: Resource[V], queries: Sequence[Query], limit: int, viewer: Viewer | None = None
) -> Select[Any]:
    """The statement for the numbers of rows that meet each of the queries, in one row. Nothing is counted past `limit`.

    Raises InvalidQuery, ContradictoryQuery.
    """

    def count(query: Query) -> ColumnElement[int]:
        found = select(literal(1)).select_from(resource.source).where(resource.where(query, viewer)).limit(limit)
        return select(func.count()).select_from(found.subquery()).scalar_subquery()

    statement: Select[Any] = select()
    return statement.add_columns(*(count(query) for query in queries))


def select_ids(resource: Resource[V], query: Query, viewer: Viewer | None = None) -> Select[Any]:
    """The statement for the ids of all rows that meet the query, whatever its page."""
    wanted = resource.where(query, viewer)
    return select(resource.id).select_from(resource.source).where(wanted).order_by(resource.id)


def select_order(resource: Resource[V], query: Query, limit: int, viewer: Viewer | None = None) -> Select[Any]:
    """The statement for the ids of the rows that meet the query, in its order and whatever its page.

    Raises InvalidQuery, ContradictoryQuery.
    """
    found = select(resource.id).select_from(resource.source).where(resource.where(query, viewer))
    return found.order_by(*resource.order(query.sorting)).limit(limit)


def select_among(resource: Resource[V], query: Query, ids: Sequence[Any], viewer: Viewer | None = None) -> Select[Any]:
    """The statement for those rows of a query that have these ids, in no order; the id comes before the columns.

    Raises InvalidQuery, ContradictoryQuery.
    """
    columns = resource.list_columns or resource.columns
    found = select(resource.id, *columns).select_from(resource.source)
    return found.where(resource.id.in_(list(ids)), resource.where(query, viewer))


def select_tally(
    resource: Resource[V], query: Query, group: Sorting, limit: int, viewer: Viewer | None = None
) -> Select[Any]:
    """The statement for the values of a sort key and how many rows have each, among `limit` rows of the query at most.

    Raises InvalidQuery, ContradictoryQuery.
    """
    value = resource.sorted_by(group).label("value")
    rows = select(value).select_from(resource.source).where(resource.where(query, viewer)).limit(limit).subquery()
    return select(rows.c.value, func.count()).group_by(rows.c.value)


def select_one(resource: Resource[V], id: int) -> Select[Any]:
    """The statement for the row with that id."""
    wanted = (*resource.always({}), resource.id == id)
    return select(*resource.columns).select_from(resource.source).where(*wanted)


def select_one_for(resource: Resource[V], id: int, viewer: Viewer) -> Select[Any]:
    """The statement for the row with that id, if it is of one of the viewer's tenants.

    Its last columns are whether it is open to the viewer, and the ids of the things that its opening names.
    """
    statement = select_one(resource, id).where(of_tenant(resource.opening.tenant, viewer.actor))
    return statement.add_columns(opened(resource.opening, viewer), *resource.opening.things.values())


def table(*lines: Filter) -> dict[str, Filter]:
    """The lines by name. A name that is there twice is a mistake in the table."""
    by_name = {line.name: line for line in lines}
    if len(by_name) < len(lines):
        names = [line.name for line in lines]
        raise ValueError(f"Filters defined twice: {sorted({name for name in names if names.count(name) > 1})}")
    return by_name
