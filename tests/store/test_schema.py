"""The tables are made alike by the program and by the migrations, and upgrades are safe."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from engine.core.state import ROW_TYPES, Row
from engine.store import schema
from engine.store.database import Database
from engine.store.errors import SchemaMismatch
from engine.store.ids import IdAllocator
from engine.store.tables import TABLES, VALUE_COLUMNS, metadata


@pytest.mark.parametrize("row_type", ROW_TYPES, ids=lambda row_type: row_type.__name__)
def test_a_table_has_the_fields_of_its_rows(row_type: type[Row]) -> None:
    expected: list[str] = []
    for field in dataclasses.fields(row_type):
        expected.extend(VALUE_COLUMNS if field.name == "value" else (field.name,))
    table = TABLES[row_type]
    assert sorted(column.name for column in table.columns if column.computed is None) == sorted(expected)
    assert table.name == row_type.TABLE


def migrated(url: str) -> Database:
    database = Database.open(url)
    with database.write() as tx:
        schema.migrate(tx.connection)
    return database


def description(connection: Connection) -> dict[str, Any]:
    """All that the database says of its tables, indexes with their conditions included."""
    seen = inspect(connection)
    tables = {}
    for name in seen.get_table_names():
        tables[name] = {
            "columns": [{**column, "type": str(column["type"])} for column in seen.get_columns(name)],
            "key": seen.get_pk_constraint(name),
            "foreign": sorted(seen.get_foreign_keys(name), key=str),
            "unique": sorted(seen.get_unique_constraints(name), key=str),
            "indexes": sorted(
                (
                    {**index, "dialect_options": {k: str(v) for k, v in index.get("dialect_options", {}).items()}}
                    for index in seen.get_indexes(name)
                ),
                key=str,
            ),
        }
    return tables


def test_migrating_an_empty_database_gives_the_tables_of_the_program(database_url: str) -> None:
    database = migrated(database_url)
    with database.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert database.current() == database.head()
    database.close()


def test_migrations_and_the_program_make_the_same_tables(database_url: str) -> None:
    database = migrated(database_url)
    with database.write() as tx:
        by_migrations = description(tx.connection)
        metadata.drop_all(tx.connection)
        tx.connection.execute(text("DROP TABLE alembic_version"))
        schema.create(tx.connection)
        assert description(tx.connection) == by_migrations
    database.close()


def test_the_head_is_that_of_alembic(database_url: str) -> None:
    database = Database.open(database_url)
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    assert database.head() == scripts.get_current_head()
    assert [script.revision for script in scripts.walk_revisions()] == sorted(
        (script.revision for script in scripts.walk_revisions()), reverse=True
    )


def test_a_database_has_no_revision_before_it_is_upgraded(database_url: str) -> None:
    database = Database.open(database_url)
    assert database.current() is None
    with pytest.raises(SchemaMismatch, match="no tables yet; run `baton db upgrade`"):
        database.check_schema()
    database.upgrade()
    database.upgrade()
    assert database.current() == database.head()
    database.check_schema()
    database.close()


def test_a_database_of_an_unknown_later_revision_is_refused(db: Database) -> None:
    with db.write() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match="newer version of Baton"):
        db.upgrade()
    with pytest.raises(SchemaMismatch, match="9999"):
        db.check_schema()


def test_two_processes_may_upgrade_at_once(database_url: str) -> None:
    databases = [Database.open(database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(database.upgrade) for database in databases]:
            done.result()
    assert {database.current() for database in databases} == {databases[0].head()}
    for database in databases:
        database.close()


def test_the_printed_statements_make_a_database_that_works(database_url: str) -> None:
    database = Database.open(database_url)
    with database.write() as tx:
        for statement in database.sql().split(";"):
            lines = [line for line in statement.splitlines() if line and not line.startswith("--")]
            if lines and lines[0] not in {"BEGIN", "COMMIT"}:
                tx.connection.exec_driver_sql("\n".join(lines))
    database.check_schema()
    allocator = IdAllocator(database)
    allocator.reserve(1)
    assert allocator.next() == 1
    database.close()


def test_opening_a_database_does_not_load_alembic(sqlite_url: str) -> None:
    program = (
        "import sys\nfrom engine.store.database import Database\n"
        "database = Database.open(sys.argv[1])\ndatabase.upgrade()\ndatabase.check_schema()\n"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, sqlite_url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
