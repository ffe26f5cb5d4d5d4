"""One transaction's way to its database: when its statements are sent, and how it begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import psycopg
from sqlalchemy import Connection

from engine.store.errors import is_disconnect
from engine.store.wire import Record, Statement, Wire


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

    def rollback(self) -> None:
        """End the transaction, if there is one, as if it had not been."""


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

    def rollback(self) -> None:
        self._driver.rollback()


class PostgresSession:
    """On PostgreSQL the beginning waits to be sent with the first statement, and what answers nothing with the next."""

    def __init__(self, connection: Connection, log: StatementLog) -> None:
        self._connection, self._log = connection, log
        self._unsent: list[Statement] = []
        self._begun = False
        self._take()

    def begin(self, statement: str) -> None:
        self._unsent.append((statement, ()))

    @property
    def connection(self) -> Connection:
        self._exchange([])
        return self._connection

    def run(self, statement: str, parameters: Sequence[Any]) -> Any:
        self._exchange([])
        self._log.note(statement)
        return self._driver.execute(statement, parameters)

    def ask(self, statements: Sequence[Statement]) -> list[list[Record]]:
        for text, _ in statements:
            self._log.note(text)
        return self._exchange(statements)

    def send(self, statement: str, parameters: list[Any]) -> None:
        self._log.note(statement)
        self._unsent.append((statement, parameters))

    def commit(self) -> None:
        if not self._begun:
            begin, *bulk = self._unsent
            if not bulk:
                return
            # Alone, so that a connection that broke in the pool does not leave it open whether all this was kept.
            self._unsent = [begin]
            self._exchange([])
            self._unsent = bulk
        self.ask([("COMMIT", ())])

    def rollback(self) -> None:
        self._wire.rollback()

    def _take(self) -> None:
        """Take the driver's connection that is under SQLAlchemy's, with what has been prepared on it."""
        driver: Any = self._connection.connection.driver_connection
        self._driver = driver
        info = self._connection.info
        self._wire: Wire = info.get("wire") or info.setdefault("wire", Wire(driver))

    def _exchange(self, statements: Sequence[Statement]) -> list[list[Record]]:
        waiting, self._unsent = self._unsent, []
        if not waiting and not statements:
            return []
        sent = [*waiting, *statements]
        try:
            answers = self._wire.exchange(sent)
        except psycopg.OperationalError as error:
            if self._begun or not is_disconnect(error):
                raise
            # It broke while it lay in the pool: nothing has been done, and another one may do.
            self._connection.invalidate()
            self._connection.engine.dispose()
            self._take()
            answers = self._wire.exchange(sent)
        self._begun = True
        return answers[len(waiting) :]
