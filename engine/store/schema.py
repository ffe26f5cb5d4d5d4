"""The schema of a database: which revision it has, which one the program needs, and the way there.

An empty database gets its tables straight from `engine.store.tables`; one that has tables is migrated by alembic, which
is loaded only then. A test holds that both ways end at the same tables.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)

from engine.store.errors import SchemaMismatch
from engine.store.tables import metadata, schema_log

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

_FIRST_IDS = text("INSERT INTO id_block (name, next_id) VALUES ('row', 1)")
"""The one row of `id_block`, from which all ids are reserved."""
_UPGRADE_LOCK = text("SELECT pg_advisory_xact_lock(20201)")
"""One process upgrades at a time. On SQLite the transaction itself is the lock."""
_WAIT_FOR_LOCKS = text("SET LOCAL lock_timeout = 0")
"""An upgrade takes what it takes; the others wait for it."""


@cache
def head() -> str:
    """The newest revision: the number that begins the name of the last file in `migrations/versions`."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def current(connection: Connection) -> str | None:
    """The revision of the tables, or None when there are none."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def check(found: str | None) -> None:
    """Raise SchemaMismatch, saying what to do, unless `found` is the revision that the program needs."""
    if found is None:
        raise SchemaMismatch("The database has no tables yet; run `baton db upgrade`")
    if found > head():
        raise SchemaMismatch(
            f"The database is of revision {found} and this program knows no later one than {head()}; "
            "run the newer version of Baton that made it"
        )
    if found < head():
        raise SchemaMismatch(f"The database is of revision {found}, and {head()} is needed; run `baton db upgrade`")


def upgrade(connection: Connection, at: datetime | None = None) -> None:
    """Bring the database to the newest revision within the transaction that is open on `connection`, and note it.

    `at` is the time to note; without it, it is now.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_WAIT_FOR_LOCKS)
        connection.execute(_UPGRADE_LOCK)
    found = current(connection)
    if found is None:
        create(connection)
    elif found != head():
        if found > head():
            check(found)
        migrate(connection)
    if found != head():
        before = connection.execute(select(func.count()).select_from(schema_log)).scalar_one()
        connection.execute(insert(schema_log).values(id=before, version=head(), at=at or datetime.now(UTC)))


def create(connection: Connection) -> None:
    """Make all tables of the newest revision in an empty database."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(_FIRST_IDS)
    _version.create(connection)
    connection.execute(insert(_version).values(version_num=head()))


def migrate(connection: Connection) -> None:
    """Run the migrations from the revision that the database has (none: from the first) to the newest."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        # Else psycopg, when something is dropped, forgets all that is prepared on the connection, ours included.
        connection.connection.driver_connection.prepare_threshold = None  # type: ignore[union-attr]
    command.upgrade(config, "head")


def sql(dialect: str) -> str:
    """The statements of all migrations, for an empty database."""
    from alembic import command

    output = io.StringIO()
    config = _config()
    config.output_buffer = output
    config.attributes["dialect"] = dialect
    command.upgrade(config, "head", sql=True)
    return output.getvalue()


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
