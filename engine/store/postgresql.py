"""What is PostgreSQL's own: transactions on it, how its connections are set up, and listening to what processes say.

Loaded where the database is PostgreSQL only: psycopg takes time and memory that a server on SQLite can do without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine

from engine.store.errors import is_disconnect
from engine.store.session import Record, Statement, StatementLog
from engine.store.wire import Wire

# Writers find every row by key. A bitmap scan cannot do without a condition on an index, so with nothing else allowed a
# plan that is made once costs the same however full the table grows, and whatever the statistics say.
WRITER: Final = (
    "SET plan_cache_mode = force_generic_plan; "
    "SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off; "
    "SET enable_hashjoin = off; SET enable_mergejoin = off; "
    "SET jit = off; SET max_parallel_workers_per_gather = 0; "
    # A lock that somebody forgot, or holds in a process that stands still, must not hold up everybody for ever.
    "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '30s'"
)
READER: Final = "SET jit = off"


def set_up(settings: str) -> Callable[[psycopg.Connection[Any], object], None]:
    """What SQLAlchemy calls with every connection that it makes."""

    def send(driver: psycopg.Connection[Any], _record: object) -> None:
        autocommit, driver.autocommit = driver.autocommit, True
        driver.execute(settings.encode(), prepare=False)
        driver.autocommit = autocommit

    return send


def listen(engine: Engine, channel: str) -> psycopg.Connection[Any]:
    """A connection that listens there, and belongs to no pool any more. Raises errors of psycopg and SQLAlchemy."""
    pooled = engine.raw_connection()
    driver = cast("psycopg.Connection[Any]", pooled.driver_connection)
    pooled.detach()
    try:
        driver.autocommit = True
        driver.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    except BaseException:
        driver.close()
        raise
    return driver


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

    def rollback(self) -> bool:
        try:
            self._wire.rollback()
        except psycopg.Error:
            return False
        return True

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
