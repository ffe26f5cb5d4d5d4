"""The numbers that operators watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.clock import Clock
from engine.store.database import Database
from engine.store.query.details import read_schema_log
from engine.store.query.gauges import Gauges, JobCount, read_gauges
from engine.store.query.views import SchemaLogView

__all__ = ["Gauges", "JobCount", "Monitor", "SchemaLogView", "Store"]


@dataclass(frozen=True, slots=True)
class Store:
    """Where everything is kept: "sqlite" or "postgresql", and the revision of the tables."""

    kind: str
    revision: str | None


class Monitor:
    """Reads how much there is to do, over all processes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def read(self) -> Gauges:
        """The numbers of this moment. Raises `engine.errors.Unavailable` when the database cannot be reached."""
        with self._database.read() as tx:
            return read_gauges(tx.connection, self._clock())

    def database(self) -> tuple[str, str]:
        """The name and the version of the database."""
        with self._database.read() as tx:
            return tx.product()

    def store(self) -> Store:
        """What keeps everything."""
        return Store(self._database.dialect, self._database.current())

    def schema_log(
        self, version: str | None = None, *, newest_first: bool = False, first: int = 0, limit: int | None = None
    ) -> list[SchemaLogView]:
        """When the tables were made and upgraded, to all revisions or to one."""
        with self._database.read() as tx:
            return read_schema_log(tx.connection, version, newest_first=newest_first, first=first, limit=limit)

    def age(self, since: datetime | None) -> timedelta:
        """How long ago that was."""
        return timedelta(0) if since is None else max(self._clock() - since, timedelta(0))
