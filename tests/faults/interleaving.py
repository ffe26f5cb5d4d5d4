"""Two things at once in one exact order: the second one comes to its lock while the first has not been committed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Engine
from engine.failpoints import arm
from tests.faults.patience import PATIENCE, eventually

Action = Callable[[], object]
PLACE = "executor.before_commit"


class Doing:
    """An action in a thread of its own."""

    def __init__(self, action: Action) -> None:
        self.result: object = None
        self.error: Exception | None = None
        self._action = action
        self._thread = threading.Thread(target=self._do)
        self._thread.start()

    def _do(self) -> None:
        try:
            self.result = self._action()
        except Exception as error:  # whatever it is, the test is to say it
            self.error = error

    def wait(self) -> None:
        """Returns when it is done."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def second_within_first(
    first: Action, second: Action, of_second: Engine, folder: Path, *, fails: bool, place: str = PLACE
) -> tuple[Doing, Doing]:
    """Do `first` up to its commit, then `second` up to where it wants to write, and let both go on.

    `of_second`: the engine that does `second`, which has read by then what it reads before it writes. On PostgreSQL it
    has come to a lock of the first one, on SQLite to the door of the database. With `fails` the first one is undone.
    `place`: the failpoint before its commit.
    """
    here, wants_to_write = folder / "here", threading.Event()
    database = of_second.database
    plain = database.write

    def write() -> Any:
        wants_to_write.set()
        return plain()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(database, "write", write)
        arm(f"{place}@1=block:{here}" + (f";{place}@1=raise" if fails else ""))
        try:
            one = Doing(first)
            eventually(here.exists, "the first one comes to its commit")
            two = Doing(second)
            assert wants_to_write.wait(PATIENCE)
            if database.dialect == "postgresql":
                eventually(lambda: _somebody_waits(of_second), "the second one waits for the first")
            here.unlink()
            one.wait()
            two.wait()
        finally:
            here.unlink(missing_ok=True)
            arm("")
    return one, two


def _somebody_waits(engine: Engine) -> object:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with engine.database.read() as tx:
        return tx.connection.exec_driver_sql(asked).scalar_one()
