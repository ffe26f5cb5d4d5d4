"""Who wants to know at once that there are jobs to do: listeners that are told after every commit that made some."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection

from engine.core.state import Job

Listener = Callable[[Collection[Job]], None]
_log = logging.getLogger(__name__)


class Bells:
    """Calls its listeners, in the thread that has committed: they must be quick and do nothing but wake somebody.

    A listener that fails costs nobody anything: whoever missed the bell finds the jobs in the database later.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def add(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` from now on; gives what ends that."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def remove() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not listener)

        return remove

    def __call__(self, jobs: Collection[Job]) -> None:
        for listener in self._listeners:
            try:
                listener(jobs)
            except Exception:  # noqa: BLE001 - the commit has happened: nobody may be told that it failed
                _log.exception("A listener for jobs failed; the jobs are found by the next sweep")
