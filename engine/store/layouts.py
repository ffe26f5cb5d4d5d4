"""How each kind of row lies in its table: rows to columns and back, and the texts of the statements that move them.

A layout is built once per kind of row and database; the statement texts come from the tables alone, never from data.
"""

# ruff: noqa: S608  (the names in the statements are those of the tables; all data goes in parameters)

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, LargeBinary, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import IdentifierPreparer

from engine.core.state import ROW_TYPES, Row
from engine.errors import BadRequest
from engine.store.tables import (
    TABLES,
    VALUE_COLUMNS,
    Instant,
    State,
    from_milliseconds,
    to_milliseconds,
)
from engine.values import Stored, decode, encode

R = TypeVar("R", bound=Row)
Values = Sequence[Any]
"""What one column holds, row by row."""

DIALECTS: Final = ("sqlite", "postgresql")
MIXES: Final = 100
"""How many mixes of fields of one kind of row have an update of their own."""


# --- one column, from Python to the driver --------------------------------------------------------------------------


def _instants(values: Values) -> Values:
    return [None if value is None else to_milliseconds(value) for value in values]


def _words(values: Values) -> Values:
    return [str(value) for value in values]


def _integer_array(values: Values) -> str:
    return "{" + repr(list(values))[1:-1].replace("None", "NULL") + "}"


def text_array(values: Values) -> str:
    """The texts as the text of a PostgreSQL `text[]`."""
    if None not in values:
        plain = '","'.join(values)
        # Only the quotes just put in: there is nothing to escape, and one join does for all.
        if "\\" not in plain and plain.count('"') == 2 * (len(values) - 1):
            return f'{{"{plain}"}}'
    elif values.count(None) == len(values):
        return "{" + ",".join(["NULL"] * len(values)) + "}"
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bytes_array(values: Values) -> str:
    return "{" + ",".join(["NULL" if value is None else f'"\\\\x{value.hex()}"' for value in values]) + "}"


def integer_array(numbers: Iterable[int]) -> str:
    """The integers as the text of a PostgreSQL `bigint[]`."""
    return "{" + ",".join(map(str, numbers)) + "}"


# PostgreSQL reads arrays as text: one type for each parameter whatever its values are, so that each statement is
# prepared once; and the texts are made at the speed of `repr` and `join`.
_ARRAYS: Final[dict[str, Callable[[Values], str]]] = {
    "bigint": _integer_array,
    "integer": _integer_array,
    "boolean": _integer_array,
    "double precision": _integer_array,
    "text": text_array,
    "bytea": _bytes_array,
}


def _array_type(column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, State):
        return "text"
    for known, name in (
        (Instant, "bigint"),
        (BigInteger, "bigint"),
        (Integer, "integer"),
        (Boolean, "boolean"),
        (Double, "double precision"),
        (Text, "text"),
        (LargeBinary, "bytea"),
    ):
        if isinstance(kind, known):
            return name
    raise TypeError(f"Column {column.table.name}.{column.name} has no array type on PostgreSQL: {kind!r}")


_PREPARERS: Final[dict[str, IdentifierPreparer]] = {
    "sqlite": sqlite.dialect().identifier_preparer,
    "postgresql": postgresql.dialect().identifier_preparer,  # type: ignore[no-untyped-call]
}


class Layout(Generic[R]):
    """One kind of row on one kind of database."""

    def __init__(self, row_type: type[R], dialect: str) -> None:
        self.row_type = row_type
        self.dialect = dialect
        self.table = TABLES[row_type]
        columns = [column for column in self.table.columns if column.computed is None]
        self.columns: Final = tuple(column.name for column in columns)
        self.has_end: Final = "ended_at" in self.columns
        self._types = {column.name: column.type for column in columns}
        self._arrays = {column.name: _array_type(column) for column in columns}
        self._quoted = {name: _PREPARERS[dialect].quote(name) for name in self.columns}
        self._prepare_loading()

        self.selected: Final = self._list(self.columns)
        self.insert: Final = self._insert_text()
        self._inserting = self._plan(self.columns)
        self._all = frozenset(self.columns) - {"id"}
        self._updates = {self._all: self._make_update(self._all)}

    # --- reading ----------------------------------------------------------------------------------------------------

    def _prepare_loading(self) -> None:
        self._decoders: list[tuple[int, Callable[[Any], Any]]] = []
        for index, name in enumerate(self.columns):
            kind = self._types[name]
            if isinstance(kind, Instant):
                self._decoders.append((index, from_milliseconds))
            elif isinstance(kind, State):
                self._decoders.append((index, {state.value: state for state in kind.states}.__getitem__))
            elif isinstance(kind, Boolean) and self.dialect == "sqlite":
                self._decoders.append((index, bool))
        first = self.columns.index(VALUE_COLUMNS[0]) if VALUE_COLUMNS[0] in self.columns else None
        self._value = None if first is None else slice(first, first + len(VALUE_COLUMNS))
        fields = list(self.columns)
        if self._value is not None:
            fields[self._value] = ["value"]
        # Assigning slot by slot takes a fifth of the time of a constructor with as many keywords.
        self._setters = tuple(getattr(self.row_type, name).__set__ for name in fields)

    def load(self, record: Sequence[Any]) -> R:
        """The row that a record holds: the columns, in the order of `columns`, as the driver gave them."""
        values = list(record)
        for index, decoder in self._decoders:
            value = values[index]
            if value is not None:
                values[index] = decoder(value)
        if self._value is not None:
            values[self._value] = [decode(Stored(*values[self._value]))]
        row = self.row_type.__new__(self.row_type)
        for assign, value in zip(self._setters, values, strict=True):
            assign(row, value)
        return row

    # --- writing ----------------------------------------------------------------------------------------------------

    def insert_parameters(self, rows: Sequence[R]) -> list[Any]:
        """What goes with `insert`: an array per column on PostgreSQL, a tuple per row on SQLite."""
        return self._parameters(self._inserting, rows)

    def update(self, rows: Sequence[R], fields: Collection[str] | None = None) -> tuple[str, list[Any]]:
        """The statement that updates rows, and what goes with it, shaped as for `insert_parameters`.

        It writes the given fields of all these rows; without them every field. Each mix of fields has a statement of
        its own; few are ever in use, and beyond `MIXES` all fields are written.
        """
        wanted = self._all if fields is None else frozenset(fields)
        known = self._updates.get(wanted)
        if known is None and len(self._updates) < MIXES:
            known = self._updates[wanted] = self._make_update(wanted)
        text, plan = known or self._updates[self._all]
        return text, self._parameters(plan, rows)

    def _make_update(self, fields: Collection[str]) -> tuple[str, _Plan]:
        columns = [name for name in self.columns if name in fields or (name in VALUE_COLUMNS and "value" in fields)]
        return self._update_text(columns), self._plan(self._keyed(columns))

    def _keyed(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns with the key, in the order of the parameters of an update."""
        return (*columns, "id") if self.dialect == "sqlite" else ("id", *columns)

    def _plan(self, columns: Sequence[str]) -> _Plan:
        """How to take columns off rows: the fields to get, and what makes columns of each field."""
        fields: list[str] = []
        writers: list[_Writer] = []
        for name in columns:
            if name == VALUE_COLUMNS[0]:
                fields.append("value")
                arrays = [self._arrays[part] for part in VALUE_COLUMNS]
                writers.append(partial(_write_values, self._outward(arrays)))
            elif name not in VALUE_COLUMNS:
                fields.append(name)
                writers.append(self._writer(name))
        return attrgetter(*fields), tuple(writers)

    def _writer(self, name: str) -> _Writer:
        kind = self._types[name]
        convert = _instants if isinstance(kind, Instant) else _words if isinstance(kind, State) else None
        if convert is None and isinstance(kind, Text):
            convert = partial(_checked_texts, f"{self.table.name}.{name}")
        (outward,) = self._outward([self._arrays[name]])
        return partial(_write_column, convert, outward)

    def _outward(self, arrays: list[str]) -> list[Callable[[Values], Any] | None]:
        return [_ARRAYS[array] if self.dialect == "postgresql" else None for array in arrays]

    def _parameters(self, plan: _Plan, rows: Sequence[R]) -> list[Any]:
        get, writers = plan
        columns: list[Any] = []
        for writer, values in zip(writers, zip(*map(get, rows), strict=True), strict=True):
            columns.extend(writer(values))
        return columns if self.dialect == "postgresql" else list(zip(*columns, strict=True))

    # --- statement texts --------------------------------------------------------------------------------------------

    def _list(self, names: Iterable[str], prefix: str = "") -> str:
        return ", ".join(prefix + self._quoted[name] for name in names)

    def _insert_text(self) -> str:
        into = f"INSERT INTO {self.table.name} ({self._list(self.columns)})"
        if self.dialect == "sqlite":
            return f"{into} VALUES ({', '.join('?' for _ in self.columns)})"
        arrays = ", ".join(f"%s::{self._arrays[name]}[]" for name in self.columns)
        return f"{into} SELECT * FROM unnest({arrays})"

    def _update_text(self, columns: Sequence[str]) -> str:
        if self.dialect == "sqlite":
            settings = ", ".join(f"{self._quoted[name]} = ?" for name in columns)
            return f"UPDATE {self.table.name} SET {settings} WHERE id = ?"
        settings = ", ".join(f"{self._quoted[name]} = given.{self._quoted[name]}" for name in columns)
        names = self._keyed(columns)
        arrays = ", ".join(f"%s::{self._arrays[name]}[]" for name in names)
        return (
            f"UPDATE {self.table.name} SET {settings} FROM unnest({arrays}) AS given ({self._list(names)}) "
            f"WHERE {self.table.name}.id = given.id"
        )

    def select_by(self, column: str, *, alive: bool) -> str:
        """Select the rows where `column` is one of the values in the one parameter (`many`), by id."""
        living = " AND ended_at IS NULL" if alive and self.has_end else ""
        return f"SELECT {self.selected} {self.found_by(column)}{living} ORDER BY id"

    def found_by(self, column: str) -> str:
        """FROM and WHERE for the rows where a column has one of the values in the one parameter."""
        if self.dialect == "postgresql":
            return f"FROM {self.table.name} WHERE {self.one_of(column)}"
        # CROSS JOIN makes SQLite look up value by value, whatever its statistics say.
        return (
            f"FROM (SELECT value AS given FROM json_each(?)) CROSS JOIN {self.table.name} "
            f"WHERE {self._quoted[column]} = given"
        )

    def one_of(self, column: str) -> str:
        """The condition that a column has one of the values in the one parameter."""
        name = self._quoted[column]
        if self.dialect == "sqlite":
            # IN with a query does not tell SQLite that a partial index on what is not null will do.
            return f"{name} IN (SELECT value FROM json_each(?)) AND {name} IS NOT NULL"
        return f"{name} = ANY (%s::{self._arrays[column]}[])"

    def many(self, column: str, values: Iterable[Any]) -> str:
        """The values for `found_by(column)` and `one_of(column)`, each once."""
        values = dict.fromkeys(values)
        if self._arrays[column] == "text":
            texts = [str(value) for value in values]
            return text_array(texts) if self.dialect == "postgresql" else json_array(texts)
        return integer_array(values) if self.dialect == "postgresql" else json_array(values)


_Writer = Callable[[Values], Iterable[Any]]
_Plan = tuple[Callable[[Row], tuple[Any, ...]], tuple[_Writer, ...]]


def _write_column(
    convert: Callable[[Values], Values] | None, outward: Callable[[Values], Any] | None, values: Values
) -> tuple[Any]:
    if convert is not None:
        values = convert(values)
    return (values if outward is None else outward(values),)


def _write_values(outward: Sequence[Callable[[Values], Any] | None], values: Values) -> Iterable[Any]:
    columns = zip(*map(encode, values), strict=True)
    return [column if out is None else out(column) for out, column in zip(outward, columns, strict=True)]


def _checked_texts(column: str, values: Values) -> Values:
    """The texts as they are. Raises BadRequest for what PostgreSQL cannot store, so that SQLite takes no more."""
    for value in values:
        if value is None or (value.isascii() and "\0" not in value):
            continue
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadRequest(f"A text for {column} contains a lone surrogate; send valid Unicode") from None
        if "\0" in value:
            raise BadRequest(f"A text for {column} contains the NUL character; leave it out")
    return values


def json_array(values: Iterable[Any]) -> str:
    """The integers or texts as a JSON array, which SQLite's `json_each` takes apart."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


_LAYOUTS: Final = {(row_type, dialect): Layout(row_type, dialect) for row_type in ROW_TYPES for dialect in DIALECTS}


def layout_of(row_type: type[R], dialect: str) -> Layout[R]:
    """The layout of one kind of row on "sqlite" or "postgresql"."""
    return _LAYOUTS[row_type, dialect]  # type: ignore[return-value]
