"""Statements that go to PostgreSQL without cursors: in order, all or none of the rest, and whatever their size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from engine.store.wire import Wire

ECHO = "SELECT given, repeat('x', 1000) FROM unnest(%s::bigint[]) AS given"
NOTE = "INSERT INTO note (text) SELECT * FROM unnest(%s::text[])"


@pytest.fixture
def connection(postgres_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE note (text text)")
        connection.execute("CREATE UNIQUE INDEX ON note (md5(text))")
        yield connection


def notes(connection: psycopg.Connection[Any]) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY text")]


def test_each_statement_has_its_own_answer(connection: psycopg.Connection[Any]) -> None:
    wire = Wire(connection)
    for _ in range(2):
        one, none, two = wire.exchange([("SELECT 1, 'a', NULL", ()), (NOTE, ["{}"]), (ECHO, ["{5,6}"])])
        assert one == [(1, "a", None)]
        assert none == []
        assert [given for given, _ in two] == [5, 6]


def test_what_a_failed_statement_leaves_behind(connection: psycopg.Connection[Any]) -> None:
    wire = Wire(connection)
    bad = "INSERT INTO no_such_table SELECT * FROM unnest(%s::text[])"
    with pytest.raises(psycopg.errors.UndefinedTable):
        wire.exchange([("BEGIN", ()), (NOTE, ["{a}"]), (bad, ["{b}"]), (NOTE, ["{c}"]), ("COMMIT", ())])
    wire.rollback()
    assert notes(connection) == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        wire.exchange([("BEGIN", ()), (NOTE, ["{a,a}"]), ("COMMIT", ())])
    wire.rollback()
    wire.rollback()  # nothing to undo: nothing happens
    wire.exchange([("BEGIN", ()), (NOTE, ["{d}"]), ("COMMIT", ())])
    assert notes(connection) == ["d"]


def test_much_is_sent_while_much_is_answered(connection: psycopg.Connection[Any]) -> None:
    """More than the buffers between both sides hold: neither may wait for the other to read first."""
    many = "{" + ",".join(map(str, range(20_000))) + "}"
    text = "y" * 10_000_000
    answers = Wire(connection).exchange([(ECHO, [many]), (NOTE, [f"{{{text}}}"]), (ECHO, [many])])
    assert [len(records) for records in answers] == [20_000, 0, 20_000]
    assert notes(connection) == [text]


def test_a_connection_that_is_lost_is_closed(connection: psycopg.Connection[Any], postgres_url: str) -> None:
    wire = Wire(connection)
    wire.exchange([("SELECT 1", ())])
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        wire.exchange([("SELECT 1", ())])
    assert connection.closed
