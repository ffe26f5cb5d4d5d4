"""One transaction's way to its database: when its statements are sent, and how it begins and ends.

That to PostgreSQL is in `engine.store.postgresql`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, Protocol

from sqlalchemy import Connection

Statement = tuple[str, Sequence[str]]
"""A text with a mark for each parameter, and the parameters as PostgreSQL reads them from text; none is null."""
Record = tuple[Any, ...]


class StatementLog(Protocol):
    """Told of every statement that is sent past SQLAlchemy."""

    def note(self, statement: str) -> None:
        """`statement` is about to be sent."""


class Session(Protocol):
    """A transaction. The texts are in the driver's own words: the marks of their parameters are `?` or `%s`."""

    @property
    def connection(self) -> Connection:
        """For SQLAlchemy's queries in the same transaction."""

    def begin(self, statement: str) -> None:
        """Open the transaction, with the first statement at the latest."""

    def run(self, statement: str, parameters: Sequence[Any]) -> Any:
        """Send one statement with parameters of any kind; gives the driver's cursor."""

    def ask(self, statements: Sequence[Statement]) -> list[list[Record]]:
        """Send the statements in one go; gives the records of each."""

    def send(self, statement: str, parameters: list[Any]) -> None:
        """Send a statement that answers nothing, with its rows (SQLite) or its columns as texts (PostgreSQL).

        It may wait to be sent with the next one, and its error comes only then.
        """

    def commit(self) -> None:
        """End the transaction, and keep what it did."""

    def rollback(self) -> bool:
        """End the transaction, if there is one, as if it had not been. False when not even that can be done."""


class SqliteSession:
    """On SQLite every statement is run at once: there is no way to go."""

    def __init__(self, connection: Connection, log: StatementLog) -> None:
        self.connection: Final = connection
        self._driver: Any = connection.connection.driver_connection
        self._log = log

    def begin(self, statement: str) -> None:
        self._driver.execute(statement)

    def run(self, statement: str, parameters: Sequence[Any]) -> Any:
        self._log.note(statement)
        return self._driver.execute(statement, parameters)

    def ask(self, statements: Sequence[Statement]) -> list[list[Record]]:
        return [self.run(text, parameters).fetchall() for text, parameters in statements]

    def send(self, statement: str, parameters: list[Any]) -> None:
        self._log.note(statement)
        self._driver.executemany(statement, parameters)

    def commit(self) -> None:
        self._log.note("COMMIT")
        self._driver.commit()

    def rollback(self) -> bool:
        try:
            self._driver.rollback()
        except sqlite3.Error:
            return False
        return True
