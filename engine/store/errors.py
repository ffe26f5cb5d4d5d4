"""What can go wrong between the engine and its database, as errors that say what to do.

    StoreError
    ├── StoreUnavailable        (is an `engine.errors.Unavailable`) not reachable; nothing was done; try again later
    │   ├── StoreBusy           others held the lock, or all connections, for too long
    │   ├── StoreFull           no room on the disk
    │   ├── StoreReadOnly       the database takes no writes
    │   └── OutcomeUnknown      the connection broke during the commit: it may or may not have happened
    ├── SerializationFailure    (an `Unavailable`, too) a deadlock was resolved at our cost: run the transaction again
    ├── RowConflict             a row with this key exists already
    ├── StoreCorrupt            the file is damaged or no database
    ├── SchemaMismatch          the tables are of another version than the program
    └── UnsupportedDatabase     the URL names a database that is neither SQLite nor PostgreSQL

Errors of the drivers that are mistakes in the program (a wrong column, a wrong type) pass through unchanged.
"""

from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING, TypeGuard

from sqlalchemy import exc

from engine.errors import Unavailable

if TYPE_CHECKING:
    import psycopg


class StoreError(Exception):
    """The base of the store's errors."""


class StoreUnavailable(StoreError, Unavailable):
    """The database cannot be reached; nothing was done."""


class StoreBusy(StoreUnavailable):
    """Others held the write lock, or all connections, for too long; nothing was done."""


class StoreFull(StoreUnavailable):
    """There is no room left where the database lives; nothing was done."""


class StoreReadOnly(StoreUnavailable):
    """The database takes no writes; nothing was done."""


class OutcomeUnknown(StoreUnavailable):
    """The connection broke while the transaction was being committed: it happened as a whole or not at all."""


class SerializationFailure(StoreError, Unavailable):
    """Two transactions waited for each other and this one was undone; run it again."""


class RowConflict(StoreError):
    """A row with the same key exists already; nothing was done."""


class StoreCorrupt(StoreError):
    """The file is damaged, or is no database."""


class SchemaMismatch(StoreError):
    """The tables are missing, or of another version than the program."""


class UnsupportedDatabase(StoreError, ValueError):
    """The URL names no database that the store can work on."""


def translate(error: BaseException) -> StoreError | None:
    """The store's error for one of a driver or of SQLAlchemy; None when it is a mistake in the program."""
    if isinstance(error, exc.TimeoutError):
        return StoreBusy("All database connections were in use for too long; try again, or raise the pool size")
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        error = error.orig
    if _is_of_psycopg(error):
        return _from_postgresql(error)
    if isinstance(error, sqlite3.Error):
        return _from_sqlite(error)
    return None


def is_disconnect(error: BaseException) -> bool:
    """Did the connection to the database break, so that its siblings in the pool are doubtful too?"""
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        error = error.orig
    return _is_of_psycopg(error, "OperationalError") and (error.sqlstate is None or error.sqlstate in _GONE)


def _is_of_psycopg(error: BaseException, kind: str = "Error") -> TypeGuard[psycopg.Error]:
    """Is it that kind of error of psycopg, which has not been loaded where the database is SQLite?"""
    if "psycopg" not in sys.modules:
        return False
    import psycopg

    return isinstance(error, getattr(psycopg, kind))


_GONE = frozenset(("57P01", "57P02", "57P03", "08000", "08003", "08006"))

_POSTGRESQL_STATES: dict[str, tuple[type[StoreError], str]] = {
    "40001": (SerializationFailure, "The transaction met a concurrent one; run it again"),
    "40P01": (SerializationFailure, "The transaction was in a deadlock; run it again"),
    "26000": (SerializationFailure, "What was prepared on the connection is gone; run the transaction again"),
    "55P03": (StoreBusy, "A lock could not be had in time; try again"),
    "57014": (StoreBusy, "A statement took longer than the server allows; try again"),
    "53100": (StoreFull, "The disk of the PostgreSQL server is full; make room and try again"),
    "53200": (StoreFull, "The PostgreSQL server is out of memory; try again"),
    "53300": (StoreBusy, "The PostgreSQL server has no connection left; try again, or lower the pool size"),
    "25P03": (StoreBusy, "The transaction stood still for too long, so the PostgreSQL server ended it; try again"),
    "25006": (StoreReadOnly, "The PostgreSQL server is read-only; is it a standby?"),
    "23505": (RowConflict, "A row with this key exists already"),
    "42P01": (SchemaMismatch, "The database lacks a table; run `baton db upgrade`"),
    "42703": (SchemaMismatch, "The database lacks a column; run `baton db upgrade`"),
    "XX001": (StoreCorrupt, "The PostgreSQL database is damaged; restore a backup"),
    "XX002": (StoreCorrupt, "An index of the PostgreSQL database is damaged; reindex it"),
}


def _from_postgresql(error: psycopg.Error) -> StoreError | None:
    state = error.sqlstate
    known = _POSTGRESQL_STATES.get(state or "")
    if known is None:
        gone = is_disconnect(error) or (state or "").startswith(("08", "57P", "58"))
        if not gone:
            return None
        known = (StoreUnavailable, "The PostgreSQL server cannot be reached; is it running?")
    kind, message = known
    return kind(f"{message} ({_first_line(error)})")


_SQLITE_CODES: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_BUSY: (StoreBusy, "Another process held the write lock of the SQLite file for too long; try again"),
    sqlite3.SQLITE_LOCKED: (StoreBusy, "The SQLite database is locked; try again"),
    sqlite3.SQLITE_FULL: (StoreFull, "The disk that holds the SQLite file is full; make room and try again"),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, "The SQLite file is read-only; make it and its folder writable"),
    sqlite3.SQLITE_CANTOPEN: (StoreUnavailable, "The SQLite file cannot be opened; does its folder exist?"),
    sqlite3.SQLITE_IOERR: (StoreUnavailable, "The SQLite file cannot be read or written"),
    sqlite3.SQLITE_PERM: (StoreUnavailable, "The SQLite file may not be accessed"),
    sqlite3.SQLITE_CORRUPT: (StoreCorrupt, "The SQLite file is damaged; restore a backup"),
    sqlite3.SQLITE_NOTADB: (StoreCorrupt, "The file is no SQLite database; check the database URL"),
}
_KEY_TAKEN = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)


def _from_sqlite(error: sqlite3.Error) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code in _KEY_TAKEN:
        return RowConflict(f"A row with this key exists already ({error})")
    if code == sqlite3.SQLITE_ERROR and str(error).startswith("no such "):
        return SchemaMismatch(f"The database lacks what the program needs; run `baton db upgrade` ({error})")
    known = _SQLITE_CODES.get(code & 0xFF)  # the low byte is the kind, the rest its details
    if known is None:
        return None
    kind, message = known
    return kind(f"{message} ({error})")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
