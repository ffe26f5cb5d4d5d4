"""Processes that stand still for a while, as those of a machine do that was paused."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import psycopg
from sqlalchemy import URL, make_url

_SETTLED = 0.05
"""Seconds after which a database has begun with what it was asked for last."""


def freeze_between_transactions(send: Callable[[signal.Signals], object], url: str) -> None:
    """Stop processes, to which `send` sends a signal, though not while they hold a lock of the database.

    Then nobody could go on, whatever they do: on SQLite at all, and on PostgreSQL with the same rows.
    """
    database = make_url(url)
    while True:
        send(signal.SIGSTOP)
        time.sleep(_SETTLED)
        if _is_free(database):
            return
        send(signal.SIGCONT)
        time.sleep(0.01)


def _is_free(database: URL) -> bool:
    """Is nobody in the middle of a transaction?"""
    if database.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(database.database), timeout=0.1, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True
    with psycopg.connect(database.set(drivername="postgresql").render_as_string(), autocommit=True) as connection:
        begun = connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' "
            "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        return begun.fetchone() is None
