"""Faults of the database become errors that say what to do, and the store goes on when they are over."""

from __future__ import annotations

import socket
import threading
import traceback
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from engine.core.state import ProcessInstance
from engine.errors import Unavailable
from engine.store.database import Database
from engine.store.errors import (
    OutcomeUnknown,
    SchemaMismatch,
    SerializationFailure,
    StoreBusy,
    StoreCorrupt,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    UnsupportedDatabase,
    is_disconnect,
    translate,
)
from tests.store.samples import a_tree, save, updating


def is_there(db: Database, instance: ProcessInstance) -> bool:
    with db.read() as tx:
        return instance.id in tx.locate(ProcessInstance, [instance.id])


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense", "", "postgresql+asyncpg://localhost/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(UnsupportedDatabase, match="use sqlite:///path/to/file or postgresql://"):
        Database.open(url)


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(UnsupportedDatabase) as caught:
        Database.open("mysql://user:secret@localhost/x")
    assert "secret" not in str(caught.value)


def test_what_the_database_refuses_does_not_show_values(db: Database) -> None:
    value = "x" * 20
    with pytest.raises(SchemaMismatch) as caught, db.read() as tx:
        tx.connection.execute(text("SELECT :value FROM nowhere"), {"value": value})
    logged = "".join(traceback.format_exception(caught.value))
    assert "FROM nowhere" in logged
    assert value not in logged


def test_an_unknown_durability_is_refused(sqlite_url: str) -> None:
    with pytest.raises(UnsupportedDatabase, match="OFF, NORMAL, FULL or EXTRA"):
        Database.open(sqlite_url, sqlite_synchronous="SOMETIMES")  # type: ignore[arg-type]


@pytest.mark.parametrize(("setting", "level"), [("FULL", 2), ("NORMAL", 1)])
def test_sqlite_is_set_up_as_asked(sqlite_url: str, setting: Any, level: int) -> None:
    database = Database.open(sqlite_url, sqlite_synchronous=setting)
    with database.write() as tx:
        values = {
            name: tx.connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert values == {"journal_mode": "wal", "synchronous": level, "busy_timeout": 30000, "foreign_keys": 1}
    database.close()


def test_tables_that_are_missing_are_named_as_the_cause(database_url: str) -> None:
    database = Database.open(database_url)
    with pytest.raises(SchemaMismatch, match="run `baton db upgrade`"):
        save(database, a_tree().instance)
    database.close()


def test_a_full_disk_undoes_the_transaction_and_is_over_when_there_is_room(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    database.upgrade()
    before, after = a_tree(), a_tree()
    save(database, before.instance)
    with database.write() as tx:
        pages = tx.connection.execute(text("PRAGMA page_count")).scalar_one()
        tx.connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StoreFull, match="make room"):
        save(database, after.instance, *(row for _ in range(500) for row in a_tree().rows))
    assert not is_there(database, after.instance)
    assert is_there(database, before.instance)
    with database.write() as tx:
        assert tx.connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        tx.connection.execute(text("PRAGMA max_page_count = 1000000"))
    save(database, after.instance)
    assert is_there(database, after.instance)
    database.close()


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/no/such/folder/baton.db")
    with pytest.raises(StoreUnavailable, match="does its folder exist"), database.read():
        pass
    assert issubclass(StoreUnavailable, Unavailable)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "baton.db").write_bytes(b"This is a letter to the editor. " * 100)
    database = Database.open(f"sqlite:///{tmp_path}/baton.db")
    with pytest.raises(StoreCorrupt, match="no SQLite database"), database.read():
        pass


def test_another_process_that_holds_the_file_too_long(sqlite_url: str) -> None:
    holder, waiting = Database.open(sqlite_url), Database.open(sqlite_url)
    holder.upgrade()
    with waiting.write() as tx:
        tx.connection.execute(text("PRAGMA busy_timeout = 50"))
    with holder.write(), pytest.raises(StoreBusy, match="Another process"), waiting.write():
        pass
    save(waiting, a_tree().instance)
    holder.close()
    waiting.close()


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        database = Database.open(f"postgresql://baton@127.0.0.1:{port}/baton")
        with pytest.raises(StoreUnavailable, match="is it running"), database.write():
            pass


def kill_connections(url: str) -> None:
    """What a restart of the server does to its clients."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def postgres(postgres_url: str) -> Any:
    database = Database.open(postgres_url, pool_size=3)
    database.upgrade()
    yield database
    database.close()


def test_connections_that_broke_in_the_pool_are_replaced_unseen(postgres: Database, postgres_url: str) -> None:
    tree, other = a_tree(), a_tree()
    save(postgres, tree.instance)
    assert is_there(postgres, tree.instance)
    kill_connections(postgres_url)
    save(postgres, other.instance)
    assert is_there(postgres, other.instance)


def test_a_connection_that_breaks_within_a_transaction_undoes_it(postgres: Database, postgres_url: str) -> None:
    tree = a_tree()

    def write() -> None:
        with postgres.write() as tx:
            tx.locate(ProcessInstance, [1])
            kill_connections(postgres_url)
            tx.locate(ProcessInstance, [1])

    with pytest.raises(StoreUnavailable):
        write()
    assert not is_there(postgres, tree.instance)
    save(postgres, tree.instance)
    assert is_there(postgres, tree.instance)


def test_a_connection_that_breaks_before_the_commit_leaves_the_outcome_open(
    postgres: Database, postgres_url: str
) -> None:
    def write() -> None:
        with postgres.write() as tx:
            tx.locate(ProcessInstance, [1])
            kill_connections(postgres_url)

    with pytest.raises(OutcomeUnknown, match="read the state"):
        write()
    save(postgres, a_tree().instance)


def test_a_connection_that_breaks_under_a_reader_leaves_nothing_open(postgres: Database, postgres_url: str) -> None:
    def read() -> None:
        with postgres.read() as tx:
            tx.locate(ProcessInstance, [1])
            kill_connections(postgres_url)

    with pytest.raises(StoreUnavailable) as caught:
        read()
    assert not isinstance(caught.value, OutcomeUnknown)
    assert not is_there(postgres, a_tree().instance)


def test_a_read_only_server(postgres: Database, postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        statement = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
        connection.execute(statement.format(sql.Identifier(connection.info.dbname)))
    kill_connections(postgres_url)
    with pytest.raises(StoreReadOnly, match="standby"):
        save(postgres, a_tree().instance)


def test_a_deadlock_is_the_failure_of_one(postgres: Database) -> None:
    """The engine locks in the order of ids; somebody's own SQL may not."""
    one, other = a_tree(), a_tree()
    save(postgres, one.instance, other.instance)
    both_hold = threading.Barrier(2)
    failures: list[BaseException] = []

    def lock(first: int, second: int) -> None:
        try:
            with postgres.write() as tx:
                tx.lock_roots([first])
                both_hold.wait()
                tx.lock_roots([second])
        except SerializationFailure as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=lock, args=order)
        for order in ((one.instance.id, other.instance.id), (other.instance.id, one.instance.id))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 1
    assert "run it again" in str(failures[0])
    assert isinstance(failures[0], Unavailable)  # so that whoever asked is told to try again


def test_a_pool_without_a_free_connection(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.store.database.PATIENCE", 0.05)
    database = Database.open(postgres_url, pool_size=1)
    database.upgrade()
    with database.read(), pytest.raises(StoreBusy, match="raise the pool size"), database.read():
        pass
    database.close()


def test_mistakes_of_the_program_pass_through(db: Database) -> None:
    assert translate(ValueError("no")) is None
    assert not is_disconnect(ValueError("no"))
    tree = a_tree()
    tree.instance.definition_id = None  # type: ignore[assignment]
    with pytest.raises(Exception, match=r"(?i)not.null"):
        save(db, tree.instance)
    tree.instance.definition_id = 7
    save(db, tree.instance)
    with db.write() as tx:
        tx.write(updating(tree.instance))
