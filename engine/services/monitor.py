"""The numbers that operators watch."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.clock import Clock
from engine.store.database import Database
from engine.store.query.gauges import Gauges, JobCount, read_gauges

__all__ = ["Gauges", "JobCount", "Monitor"]


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

    def age(self, since: datetime | None) -> timedelta:
        """How long ago that was."""
        return timedelta(0) if since is None else max(self._clock() - since, timedelta(0))
