"""Saved queries for tasks, which may mean whoever asks (Camunda manual, "Filters" and REST API "Filter").

A saved query may have expressions in the place of values: `assigneeExpression` is `${currentUser()}`. They are JUEL,
and see who asks and what time it is, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from engine.authorization import Authorization, AuthorizationType, Resource, permission_bit
from engine.clock import Clock
from engine.errors import BadRequest, NotFound
from engine.expression import CompiledExpression, ExpressionError, UnknownName, compile_expression
from engine.services.authorizations import Authorizations
from engine.services.operation_log import TASK_WORKER, Change, Entry, OperationLog
from engine.services.queries import TASKS, InvalidQuery, Query, Sorting
from engine.store import authorizations
from engine.store import filters as store
from engine.store.database import Database
from engine.store.filters import SavedFilter
from engine.store.ids import IdAllocator
from engine.store.transaction import ReadTransaction, WriteTransaction

__all__ = ["TASK", "Filters", "SavedFilter"]

TASK: Final = "Task"
"""The one kind of thing that saved queries are about."""
EXPRESSION: Final = "Expression"
"""Ends the names of filters that take an expression in the place of a value."""
ADDED: Final = frozenset({"processVariables", "taskVariables", "caseInstanceVariables"})
"""Lists of conditions: those of a query that extends another come to those of the other."""
MAX_SIZE: Final = 100_000
"""Characters of what is kept of a query, and of its properties."""


class Filters:
    """What can be done with saved queries. `Queries.filters` lists them."""

    def __init__(
        self, database: Database, ids: IdAllocator, clock: Clock, rules: Authorizations, log: OperationLog
    ) -> None:
        self._database, self._ids, self._clock = database, ids, clock
        self._rules, self._log = rules, log

    # ------------------------------------------------------------ keeping

    def create(
        self,
        name: str,
        query: Query,
        *,
        resource_type: str = TASK,
        owner: str | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> SavedFilter:
        """Keep a query; its owner may read, change and delete it. Raises BadRequest, InvalidQuery."""
        id, rule_id = self._ids.set_aside(2)
        made = _checked(SavedFilter(id, resource_type, name, owner, {}, (), (), {}), query, properties)
        rules = [] if owner is None else [_of_owner(rule_id, made, owner)]
        self._log.prepare()
        with self._database.write() as tx:
            store.add(tx, made)
            authorizations.add(tx, rules)
            self._note(tx, "Create", made.id)
        self._rules.changed([rule.id for rule in rules])
        return made

    def update(
        self,
        id: int,
        name: str,
        query: Query,
        *,
        resource_type: str = TASK,
        owner: str | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a saved query anew. Raises NotFound, BadRequest, InvalidQuery."""
        self._log.prepare()
        with self._database.write() as tx:
            before = _found(tx, id)
            store.change(
                tx, _checked(replace(before, name=name, resource_type=resource_type, owner=owner), query, properties)
            )
            self._note(tx, "Update", id)

    def delete(self, id: int) -> None:
        """Delete a saved query. Raises NotFound."""
        self._log.prepare()
        with self._database.write() as tx:
            _found(tx, id)
            store.remove(tx, id)
            rules = authorizations.remove_about(tx, Resource.FILTER, [str(id)])
            self._note(tx, "Delete", id)
        self._rules.changed(rules)

    def _note(self, tx: WriteTransaction, type: str, id: int) -> None:
        self._log.note(tx, Entry(type, "Filter", TASK_WORKER, [Change("filterId", None, id)]))

    # ------------------------------------------------------------ asking

    def get(self, id: int) -> SavedFilter:
        """A saved query. Raises NotFound."""
        with self._database.read() as tx:
            return _found(tx, id)

    def query(self, id: int, extending: Query | None = None) -> Query | None:
        """What a saved query asks now, extended by another; None if nothing can be found.

        What the other query says counts in the place of what the saved one says of the same filter; conditions on
        variables, groups of alternatives and sortings come to those of the saved one. Nothing can be found by an
        expression that gives nothing, as that of the current user does where nobody is known. Raises NotFound,
        InvalidQuery, and ContradictoryQuery when it is executed.
        """
        return self.resolve(self.get(id), extending)

    def resolve(self, saved: SavedFilter, extending: Query | None = None) -> Query | None:
        """As `query`, of a saved query that is at hand."""
        query = _query(saved) if extending is None else _extended(_query(saved), extending)
        context = _Context(self._clock(), self._log.signature.user, self._log.signature.groups)
        filters = _values(query.filters, context)
        groups = [_values(group, context) for group in query.any_of]
        alternatives = [
            {name: value for name, value in group.items() if not isinstance(value, _Nothing)} for group in groups
        ]
        nowhere = any(group and not left for group, left in zip(groups, alternatives, strict=True))
        if nowhere or any(isinstance(value, _Nothing) for value in filters.values()):
            return None
        return replace(query, filters=filters, any_of=alternatives)


# ---------------------------------------------------------------- what is kept


def _found(tx: ReadTransaction, id: int) -> SavedFilter:
    found = store.find(tx, id)
    if found is None:
        raise NotFound("filter", id, f"Filter with id '{id}' does not exist.")
    return found


def _checked(saved: SavedFilter, query: Query, properties: Mapping[str, Any] | None) -> SavedFilter:
    """The filter with that query. Raises BadRequest, InvalidQuery."""
    if saved.resource_type != TASK:
        raise InvalidQuery(f"Unable to create filter with invalid resource type '{saved.resource_type}'")
    if not saved.name:
        raise BadRequest("A filter needs a name")
    for group in (query.filters, *query.any_of):
        for name, value in group.items():
            if _is_expression(name) and value is not None:
                _compiled(name, value)
    TASKS.where(Query(_plain(query.filters), [_plain(group) for group in query.any_of]))
    TASKS.order(query.sorting)
    sorting = [{"sortBy": each.key, "sortOrder": each.order, "parameters": each.parameters} for each in query.sorting]
    made = replace(
        saved, filters=query.filters, any_of=list(query.any_of), sorting=sorting, properties=dict(properties or {})
    )
    if len(str(made)) > MAX_SIZE:
        raise BadRequest(f"A filter is too long: its query and properties may have {MAX_SIZE} characters")
    return made


def _of_owner(id: int, saved: SavedFilter, owner: str) -> Authorization:
    bits = sum(permission_bit(Resource.FILTER, each) for each in ("READ", "UPDATE", "DELETE"))
    return Authorization(id, AuthorizationType.GRANT, owner, None, Resource.FILTER, str(saved.id), bits)


def _query(saved: SavedFilter) -> Query:
    sorting = [Sorting(each["sortBy"], each["sortOrder"], each["parameters"]) for each in saved.sorting]
    return Query(saved.filters, saved.any_of, sorting)


def _plain(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if not _is_expression(name)}


def _extended(query: Query, by: Query) -> Query:
    for group in (by.filters, *by.any_of):
        TASKS.read(group)  # which refuses expressions: only those that are kept are evaluated
    filters = dict(query.filters)
    for name, value in by.filters.items():
        if value is None:
            continue
        filters.pop(name + EXPRESSION, None)
        filters[name] = [*(filters.get(name) or ()), *value] if name in ADDED else value
    return Query(filters, [*query.any_of, *by.any_of], [*query.sorting, *by.sorting], by.first, by.limit)


# ---------------------------------------------------------------- expressions


class _Nothing:
    """What an expression gave that gave nothing."""


@dataclass(frozen=True, slots=True)
class _Context:
    """All that an expression in a query sees."""

    now: datetime
    user: str | None
    groups: Sequence[str]

    def lookup(self, name: str) -> object:
        """There are no variables."""
        raise UnknownName(name)


def _is_expression(name: str) -> bool:
    return name.endswith(EXPRESSION) and name in TASKS.filters


def _compiled(name: str, source: object) -> CompiledExpression:
    if not isinstance(source, str):
        raise InvalidQuery(f"Cannot set query parameter '{name}': needs a text")
    try:
        return compile_expression(source)
    except ExpressionError as problem:
        raise InvalidQuery(f"Cannot set query parameter '{name}': {problem}") from None


def _values(group: Mapping[str, Any], context: _Context) -> dict[str, Any]:
    """The group with the values of its expressions."""
    values = _plain(group)
    for name, source in group.items():
        if not _is_expression(name) or source is None:
            continue
        try:
            value = _compiled(name, source).evaluate(context)
        except ExpressionError as problem:
            raise InvalidQuery(f"Cannot evaluate '{name}': {problem}") from None
        values[name.removesuffix(EXPRESSION)] = _Nothing() if value is None else value
    return values
