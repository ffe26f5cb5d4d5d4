"""The numbers that operators watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.clock import Clock
from engine.store.database import Database
from engine.store.query.gauges import Gauges, JobCount, read_gauges

__all__ = ["Gauges", "JobCount", "Monitor", "Store"]


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

    def age(self, since: datetime | None) -> timedelta:
        """How long ago that was."""
        return timedelta(0) if since is None else max(self._clock() - since, timedelta(0))
