"""One transaction on the database: rows are found, locked, read and written in bulk, one statement per kind of row.

How many statements a call costs depends on the kinds of row it touches, never on how many rows there are.
"""

# ruff: noqa: S608  (the names in the statements are those of the tables; all data goes in parameters)

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from engine.core.state import ROW_TYPES, Changes, ElementInstance, Job, ProcessInstance, Row, UserTask
from engine.store.layouts import Layout, integer_array, layout_of
from engine.store.session import Session
from engine.store.tables import to_milliseconds

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Selection:
    """The living rows of one kind whose `column` is one of `values`; `lock`: nobody else changes them meanwhile."""

    row_type: type[Row]
    column: str
    values: Collection[int] | Collection[str]
    lock: bool = False


class ReadTransaction:
    """A consistent view of the database."""

    def __init__(self, session: Session, dialect: str) -> None:
        self.dialect: Final = dialect
        self._session: Final = session

    @property
    def connection(self) -> Connection:
        """For queries of SQLAlchemy Core in the same transaction."""
        return self._session.connection

    def product(self) -> tuple[str, str]:
        """The name and the version of the database."""
        dialect = self.connection.dialect
        name = "SQLite" if self.dialect == "sqlite" else "PostgreSQL"
        return name, ".".join(map(str, dialect.server_version_info or ()))

    def locate(self, row_type: type[Row], ids: Collection[int]) -> dict[int, tuple[int | None, int | None]]:
        """The root process instance and the element instance of each row that is alive, by the row's id.

        Other ids are absent; the element instance is None for kinds of row that belong to none.
        """
        if not ids:
            return {}
        layout = self._layout(row_type)
        living = " AND ended_at IS NULL" if layout.has_end else ""
        columns = layout.table.columns
        root, element = (name if name in columns else "NULL" for name in ("root_id", "element_instance_id"))
        statement = f"SELECT id, {root}, {element} FROM {layout.table.name} WHERE {layout.one_of('id')}{living}"
        (found,) = self._session.ask([(statement, (layout.many("id", ids),))])
        return {id: (root_id, element_id) for id, root_id, element_id in found}

    def select(
        self,
        row_type: type[R],
        column: str,
        values: Collection[int] | Collection[str],
        *,
        alive: bool = True,
        lock: bool = False,
    ) -> list[R]:
        """The rows whose `column` is one of `values`, in the order of ids; with `alive` only those that live.

        `lock`: until the transaction ends nobody else changes them.
        """
        if not values:
            return []
        layout = self._layout(row_type)
        return self._rows(layout, self._by(layout, column, alive=alive, lock=lock), layout.many(column, values))

    def _by(self, layout: Layout[R], column: str, *, alive: bool, lock: bool) -> str:
        statement = layout.select_by(column, alive=alive)
        return statement + " FOR UPDATE" if lock and self.dialect == "postgresql" else statement

    def select_many(self, *selections: Selection) -> list[Row]:
        """What `select` finds for each, one after the other, asked for in one go; those without values cost nothing."""
        wanted = [(self._layout(each.row_type), each) for each in selections if each.values]
        found = self._session.ask(
            [
                (self._by(layout, each.column, alive=True, lock=each.lock), (layout.many(each.column, each.values),))
                for layout, each in wanted
            ]
        )
        return [layout.load(record) for (layout, _), records in zip(wanted, found, strict=True) for record in records]

    def spine(self, element_instance_ids: Collection[int]) -> list[ElementInstance]:
        """The element instances with these ids and all that are around them, those that live, in the order of ids."""
        if not element_instance_ids:
            return []
        layout = self._layout(ElementInstance)
        return self._rows(layout, _SPINES[self.dialect], layout.many("id", element_instance_ids))

    def _layout(self, row_type: type[R]) -> Layout[R]:
        return layout_of(row_type, self.dialect)

    def _rows(self, layout: Layout[R], statement: str, parameter: Any) -> list[R]:
        (records,) = self._session.ask([(statement, (parameter,))])
        return [layout.load(record) for record in records]

    def run(self, statement: str, parameters: Sequence[Any]) -> Any:
        """Send a statement in the driver's own words (its placeholders are `?` or `%s`); gives the records, if any."""
        return self._session.run(statement, parameters)

    def run_in_order(self, statement: str, parameters: Sequence[Any]) -> Any:
        """As `run`, for a statement that reads indexes in their order and stops when it has enough."""
        return self.run(statement, parameters)

    def look_up(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        """The records of a statement with the placeholder `?` that finds few rows by key, however many there are.

        PostgreSQL is kept from reading whole tables that it believes to be small.
        """
        if self.dialect == "sqlite":
            return self.run(statement, parameters).fetchall()  # type: ignore[no-any-return]
        self._session.send(_BY_INDEX, [])
        return self.run(statement.replace("?", "%s"), parameters).fetchall()  # type: ignore[no-any-return]


class WriteTransaction(ReadTransaction):
    """A transaction that may change rows; it is committed at the end of its `with` block."""

    def __init__(self, session: Session, dialect: str) -> None:
        super().__init__(session, dialect)
        self.rings: Final[list[Callable[[], None]]] = []
        """What tells of jobs when it has been committed."""

    def ring(self, bell: Callable[[Collection[Job]], None], jobs: Collection[Job]) -> None:
        """When it has been committed tell of these jobs, which may be done then."""
        if jobs:
            self.rings.append(partial(bell, jobs))

    def lock_roots(self, root_ids: Collection[int]) -> list[ProcessInstance]:
        """Lock the root process instances that live, in the order of ids, and return them as they are now.

        On SQLite the transaction itself is the lock. Raises SerializationFailure when locking ends in a deadlock.
        """
        layout = self._layout(ProcessInstance)
        return self._locked(layout, layout.select_by("id", alive=True), root_ids)

    def lock_tasks(self, ids: Collection[int]) -> list[UserTask]:
        """Lock the living tasks among these that belong to no process instance, as `lock_roots` does."""
        layout = self._layout(UserTask)
        order = " ORDER BY id"
        statement = layout.select_by("id", alive=True).removesuffix(order) + " AND root_id IS NULL" + order
        return self._locked(layout, statement, ids)

    def _locked(self, layout: Layout[R], statement: str, ids: Collection[int]) -> list[R]:
        if not ids:
            return []
        if self.dialect == "postgresql":
            statement += " FOR UPDATE"
        return self._rows(layout, statement, layout.many("id", ids))

    def write(self, changes: Changes) -> None:
        """Write what a batch of steps changed: per kind of row one INSERT and one UPDATE at most.

        Raises `engine.errors.BadRequest` for a text and `engine.values.InvalidValue` for a value that cannot be kept.
        """
        for row_type in ROW_TYPES:
            layout = self._layout(row_type)
            if inserted := changes.inserted.get(row_type):
                self._session.send(layout.insert, layout.insert_parameters(inserted))
            if updated := changes.updated.get(row_type):
                self._session.send(*layout.update(updated, changes.fields.get(row_type)))
        if changes.closed_scopes:
            ends = {scope: to_milliseconds(at) for scope, at in changes.closed_scopes.items()}
            self._session.send(
                _CLOSINGS[self.dialect],
                [(at, scope) for scope, at in ends.items()]
                if self.dialect == "sqlite"
                else [integer_array(ends.keys()), integer_array(ends.values())],
            )

    def tell(self, statement: str, parameter: str) -> None:
        """As `run`, for a statement with one text or array that answers nothing: it may wait for the next one."""
        self._session.send(statement, [(parameter,)] if self.dialect == "sqlite" else [parameter])

    def run_in_order(self, statement: str, parameters: Sequence[Any]) -> Any:
        """As `run`, for a statement that reads indexes in their order and stops when it has enough.

        PostgreSQL's writers look rows up by key and read everything that a key gives; not so for this one statement.
        """
        if self.dialect == "sqlite":
            return self.run(statement, parameters)
        self._session.send(_READ_IN_ORDER, [])
        found = self.run(statement, parameters)
        self._session.send(_READ_BY_KEY, [])
        return found

    def ask_in_order(self, statement: str, parameter: str) -> list[Any]:
        """The records that `run_in_order` finds, of a statement with one text or array as its parameter: in one go."""
        asked = (statement, (parameter,))
        if self.dialect == "sqlite":
            return self._session.ask([asked])[0]
        self._session.send(_READ_IN_ORDER, [])
        (found,) = self._session.ask([asked])
        self._session.send(_READ_BY_KEY, [])
        return found

    def lock_numbers(self, numbers: Iterable[int], *, shared: bool = False) -> None:
        """Hold these numbers before the next question is asked and until the end, alone or, if `shared`, with others.

        What others who held them have committed is seen by that question. On SQLite the transaction itself is the lock.
        """
        if self.dialect == "postgresql":
            self._session.send(_LOCK_SHARED if shared else _LOCK, [integer_array(sorted(set(numbers)))])

    def relax_durability(self) -> None:
        """Let this transaction return before it is on disk: for what only later transactions build on.

        A crash may undo it, but none that came after it and was kept. SQLite commits everything alike.
        """
        if self.dialect == "postgresql":
            self.run("SET LOCAL synchronous_commit TO OFF", ())


def _spine_text(dialect: str) -> str:
    """Climb from scope to scope by primary key; CROSS JOIN tells SQLite where to begin."""
    layout = layout_of(ElementInstance, dialect)
    return (
        "WITH RECURSIVE spine (row_id, around_id) AS ("
        f"SELECT id, scope_id {layout.found_by('id')} "
        "UNION SELECT id, scope_id FROM spine CROSS JOIN element_instance WHERE id = around_id) "
        f"SELECT {layout.selected} FROM spine CROSS JOIN element_instance "
        "WHERE id = row_id AND ended_at IS NULL ORDER BY id"
    )


_SPINES: Final = {dialect: _spine_text(dialect) for dialect in ("sqlite", "postgresql")}

_LOCK, _LOCK_SHARED = (
    f"SELECT {function}(number) FROM unnest(%s::bigint[]) AS number"
    for function in ("pg_advisory_xact_lock", "pg_advisory_xact_lock_shared")
)
_BY_INDEX: Final = "SELECT set_config('enable_seqscan', 'off', true)"
_READ_IN_ORDER: Final = (
    "SELECT set_config('enable_indexscan', 'on', true), set_config('enable_indexonlyscan', 'on', true), "
    "set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)"
)
_READ_BY_KEY: Final = (
    "SELECT set_config('enable_indexscan', 'off', true), set_config('enable_indexonlyscan', 'off', true), "
    "set_config('enable_bitmapscan', 'on', true), set_config('enable_sort', 'on', true)"
)

_CLOSINGS: Final = {
    "sqlite": "UPDATE variable SET ended_at = ? WHERE scope_id = ? AND ended_at IS NULL",
    "postgresql": (
        "UPDATE variable SET ended_at = closed.at FROM unnest(%s::bigint[], %s::bigint[]) AS closed (scope_id, at) "
        # OFFSET keeps the planner from turning the look-up in each scope into a join of everything alive.
        "CROSS JOIN LATERAL (SELECT id FROM variable WHERE scope_id = closed.scope_id AND ended_at IS NULL OFFSET 0) "
        "AS living WHERE variable.id = living.id"
    ),
}
