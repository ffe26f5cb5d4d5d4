"""A database, SQLite or PostgreSQL: its connections, its transactions and its schema."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool, StaticPool

from engine.failpoints import failpoint
from engine.store import schema
from engine.store.errors import (
    OutcomeUnknown,
    SerializationFailure,
    StoreBusy,
    UnsupportedDatabase,
    is_disconnect,
    translate,
)
from engine.store.session import Session, SqliteSession, StatementLog
from engine.store.transaction import ReadTransaction, WriteTransaction

T = TypeVar("T")

ATTEMPTS: Final = 5
"""How often a transaction is tried when the database resolves a deadlock at its cost."""
PATIENCE: Final = 30.0
"""Seconds to wait for the write lock of SQLite, or for a free connection."""

JOBS: Final = "baton_jobs"
NEWS: Final = "baton_news"
"""What processes on one PostgreSQL database talk about."""

Synchronous = Literal["OFF", "NORMAL", "FULL", "EXTRA"]

_SQLITE_SETTINGS = (
    f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16384",  # KiB
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 4000",  # pages: fewer, larger checkpoints
)


@dataclass
class StatementCounter:
    """The statements and commits that were sent; BEGIN is not counted, and a bulk statement counts once."""

    log: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.log)


class _Statements:
    """Tells the counters that are listening of every statement, from whichever thread."""

    def __init__(self) -> None:
        self.counters: tuple[StatementCounter, ...] = ()

    def note(self, statement: str) -> None:
        for counter in self.counters:
            counter.log.append(statement)


class Database:
    """A database that is open.

    On SQLite there is one writer at a time: the threads of this process queue for it, other processes wait with
    `busy_timeout`, and readers have read-only connections of their own. On PostgreSQL writers and readers draw from
    two pools of up to `pool_size` connections each.
    """

    def __init__(
        self,
        writers: Engine,
        readers: Engine,
        session: Callable[[Connection, StatementLog], Session],
        *,
        shared: bool = False,
    ) -> None:
        self.dialect: Final = writers.dialect.name
        self._writers = writers
        self._readers = readers
        self._session = session
        self._shared = shared  # one connection for everybody: a database in memory
        self._open: Session | None = None  # the writer's, while it writes to a database in memory
        self._lock: Any = threading.RLock() if shared else threading.Lock()
        self._statements = _Statements()
        for engine in {writers, readers}:
            event.listen(engine, "before_cursor_execute", self._note_core_statement)

    @classmethod
    def open(cls, url: str, *, pool_size: int = 10, sqlite_synchronous: Synchronous = "FULL") -> Self:
        """Open `sqlite:///file`, `sqlite://` (in memory, gone when closed) or `postgresql://...`; connects when used.

        Raises UnsupportedDatabase for any other URL.
        """
        parsed = _parse(url)
        if parsed.drivername == "sqlite":
            return cls._open_sqlite(parsed, pool_size, sqlite_synchronous)
        from engine.store import postgresql

        options: dict[str, Any] = {
            "poolclass": QueuePool,
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": PATIENCE,
            "isolation_level": "AUTOCOMMIT",  # BEGIN and COMMIT are sent here, where it is known what they are for
            "hide_parameters": True,  # values of variables would stand in errors, and these in logs
        }
        writers = create_engine(parsed, connect_args={"prepare_threshold": 1}, **options)
        event.listen(writers, "connect", postgresql.set_up(postgresql.WRITER))
        readers = create_engine(parsed, **options)
        event.listen(readers, "connect", postgresql.set_up(postgresql.READER))
        return cls(writers, readers, postgresql.PostgresSession)

    @classmethod
    def _open_sqlite(cls, url: URL, pool_size: int, synchronous: Synchronous) -> Self:
        if synchronous not in ("OFF", "NORMAL", "FULL", "EXTRA"):
            raise UnsupportedDatabase(f"sqlite_synchronous is OFF, NORMAL, FULL or EXTRA, not {synchronous!r}")
        options: dict[str, Any] = {
            "isolation_level": "AUTOCOMMIT",
            "hide_parameters": True,
            "connect_args": {"check_same_thread": False, "cached_statements": 256},
        }
        if url.database in (None, "", ":memory:"):
            only = create_engine(url, poolclass=StaticPool, **options)
            event.listen(only, "connect", _sqlite_set_up(synchronous, read_only=False))
            return cls(only, only, SqliteSession, shared=True)
        options |= {"poolclass": QueuePool, "max_overflow": 0, "pool_timeout": PATIENCE}
        writers = create_engine(url, pool_size=1, **options)
        event.listen(writers, "connect", _sqlite_set_up(synchronous, read_only=False))
        readers = create_engine(url, pool_size=pool_size, **options)
        event.listen(readers, "connect", _sqlite_set_up(synchronous, read_only=True))
        return cls(writers, readers, SqliteSession)

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._writers.dispose()
        self._readers.dispose()

    # --- transactions -----------------------------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[ReadTransaction]:
        """A transaction that sees one moment of the database and can write nothing. Raises errors of StoreError."""
        begin = "BEGIN" if self.dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        turn = self._exclusive() if self._shared else nullcontext()
        with turn, self._joined() or self._transaction(self._readers, begin) as session:
            yield ReadTransaction(session, self.dialect)

    @contextmanager
    def write(self) -> Iterator[WriteTransaction]:
        """A transaction that is committed at the end of the block, and rolled back when the block raises.

        A block must not open another one to write. Raises errors of StoreError; OutcomeUnknown is about the commit.
        """
        turn, begin = (self._exclusive(), "BEGIN IMMEDIATE") if self.dialect == "sqlite" else (nullcontext(), "BEGIN")
        with turn, self._transaction(self._writers, begin) as session:
            self._open = session if self._shared else None
            transaction = WriteTransaction(session, self.dialect)
            yield transaction
            failpoint("store.before_commit")
        failpoint("store.after_commit")
        for ring in transaction.rings:
            ring()

    def insist(self, do: Callable[[], T]) -> T:
        """Do what writes in one transaction; again, where a deadlock was resolved at its cost.

        Raises SerializationFailure when that has happened ATTEMPTS times.
        """
        for _ in range(ATTEMPTS - 1):
            with suppress(SerializationFailure):
                return do()
        return do()

    def _joined(self) -> AbstractContextManager[Session] | None:
        """In memory a reader within a writer's block has no connection of its own and takes part in the writer's."""
        return None if self._open is None else nullcontext(self._open)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Queue for SQLite's one writer (or only connection), so that threads do not spin on SQLITE_BUSY."""
        if not self._lock.acquire(timeout=PATIENCE):
            raise StoreBusy(f"The SQLite database was being written for more than {PATIENCE:.0f} s; try again")
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _transaction(self, engine: Engine, begin: str) -> Iterator[Session]:
        connection: Connection | None = None
        session: Session | None = None
        committing = False
        try:
            connection = engine.connect()
            session = self._session(connection, self._statements)
            session.begin(begin)
            yield session
            committing = True
            session.commit()
        except BaseException as error:
            gone = is_disconnect(error)
            if connection is not None:
                _undo(connection, session, gone=gone)
                if self.dialect == "sqlite" and not self._shared:
                    # Whoever keeps the error keeps its cursors: a query that was not read to its end would hold this
                    # connection, and all who get it from the pool, to the moment that the query saw.
                    connection.invalidate()
            if gone:
                engine.dispose()  # its siblings lead to the same dead server
            if gone and committing and engine is self._writers:
                raise OutcomeUnknown(
                    "The connection broke during the commit; read the state before trying again"
                ) from error
            translated = translate(error)
            if translated is not None:
                raise translated from error
            raise
        finally:
            self._open = None
            if connection is not None:
                connection.close()

    def _note_core_statement(
        self, _connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        self._statements.note(statement)

    @contextmanager
    def count_statements(self) -> Iterator[StatementCounter]:
        """Count what is sent to the database, by all threads, while the block runs."""
        counter = StatementCounter()
        self._statements.counters += (counter,)
        try:
            yield counter
        finally:
            self._statements.counters = tuple(one for one in self._statements.counters if one is not counter)

    # --- calls between processes -----------------------------------------------------------------------------------

    def notify(self, text: str, channel: str = JOBS) -> None:
        """Say this to all who listen there (PostgreSQL only), in a transaction of its own. Raises errors of StoreError.

        Notices go through one queue, whose lock those who commit them hold meanwhile: not for every transaction.
        """
        with self._transaction(self._writers, "BEGIN") as session:
            session.run("SELECT pg_notify(%s, %s)", [channel, text])

    @contextmanager
    def listen(self, channel: str = JOBS) -> Iterator[Callable[[float], Sequence[str]]]:
        """Listen (PostgreSQL only) on a connection of one's own: call what this gives to wait for so many seconds, or
        for less if somebody says something, and get what was said. Raises errors of StoreError."""
        from engine.store import postgresql

        try:
            with closing(postgresql.listen(self._readers, channel)) as driver:
                yield lambda seconds: [each.payload for each in driver.notifies(timeout=seconds, stop_after=1)]
        except Exception as error:
            translated = translate(error)
            if translated is not None:
                raise translated from error
            raise

    def writes_of_others(self) -> object:
        """What differs from before when another process has written (SQLite only). Raises errors of StoreError.

        It is asked on the connection that this process writes with: SQLite counts what other connections commit.
        """
        with self._exclusive(), self._transaction(self._writers, "PRAGMA data_version") as session:
            driver: Any = session.connection.connection.driver_connection
            return id(driver), session.run("PRAGMA data_version", []).fetchone()[0]

    # --- schema -----------------------------------------------------------------------------------------------------

    def upgrade(self, at: datetime | None = None) -> None:
        """Make the tables, or bring them to the newest revision; all or nothing, and safe in several processes at once.

        `at` is the time to note for it; without it, it is now. Raises SchemaMismatch for a database of a newer version.
        """
        with self.write() as tx:
            schema.upgrade(tx.connection, at)
        if self.dialect == "postgresql":
            self.close()  # what connections have prepared is about the tables as they were

    def current(self) -> str | None:
        """The revision that the tables have; None when there are none."""
        with self.read() as tx:
            return schema.current(tx.connection)

    def head(self) -> str:
        """The revision that this version of the program needs."""
        return schema.head()

    def check_schema(self) -> None:
        """Raise SchemaMismatch unless the tables are of the revision that this version of the program needs."""
        schema.check(self.current())

    def sql(self) -> str:
        """The statements that make the tables of the newest revision in an empty database, to be run by hand."""
        return schema.sql(self.dialect)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    backend = parsed.get_backend_name() if parsed else ""
    if parsed and parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed.set(drivername="sqlite")
    if parsed and parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        parsed = parsed.set(drivername="postgresql+psycopg")
        return parsed.update_query_dict({"connect_timeout": parsed.query.get("connect_timeout", "10")})
    shown = parsed.render_as_string() if parsed else url
    raise UnsupportedDatabase(
        f"Cannot use the database URL '{shown}' ({backend or 'no URL'}); use sqlite:///path/to/file "
        "or postgresql://user:password@host/database"
    )


def _sqlite_set_up(synchronous: str, *, read_only: bool) -> Callable[[sqlite3.Connection, object], None]:
    def set_up(driver: sqlite3.Connection, _record: object) -> None:
        for statement in _SQLITE_SETTINGS:
            driver.execute(statement)
        driver.execute(f"PRAGMA synchronous = {synchronous}")
        if read_only:
            driver.execute("PRAGMA query_only = ON")

    return set_up


def _undo(connection: Connection, session: Session | None, *, gone: bool) -> None:
    """Roll back; a connection that cannot do even that is thrown away."""
    if session is None or gone or connection.invalidated or not session.rollback():
        connection.invalidate()
