"""Databases with tables, and rows to put into them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.store.database import Database


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database with all tables, empty; once on SQLite and once on PostgreSQL."""
    database = Database.open(database_url, pool_size=4)
    database.upgrade()
    yield database
    database.close()
