"""The independent witness: handlers tell it that they run, and no transaction of the engine can undo that."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

PATIENCE = 180.0
"""Seconds after which what has not happened will not."""


class Witness:
    """A second database: one row for each start of a handler."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with closing(self._open()) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS start (job INTEGER, attempt INTEGER, pid INTEGER)")

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.file, timeout=30)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        return database

    def note(self, job: int, attempt: int) -> None:
        """A handler has begun."""
        with closing(self._open()) as database, database:
            database.execute("INSERT INTO start VALUES (?, ?, ?)", (job, attempt, os.getpid()))

    def let_go(self) -> None:
        """Let those end who wait for it."""
        self.file.with_suffix(".go").touch()

    def lets_go(self) -> bool:
        """May those end who wait for it?"""
        return self.file.with_suffix(".go").exists()

    def starts(self) -> list[tuple[int, int]]:
        """Job and attempt of each start, in their order."""
        with closing(self._open()) as database:
            return database.execute("SELECT job, attempt FROM start ORDER BY rowid").fetchall()


def eventually(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until the condition holds; fail when it does not for too long."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"did not happen: {condition}"
        time.sleep(0.02)
