"""How a Celery worker ends: within a time that is known, whatever hangs, and with what it held given back.

Celery tells those processes of a pool to end that it knows to work on something. Of work that has just begun it does
not know yet, and would wait for it without end; and nothing ends a process that heeds no signal.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import FrameType

from billiard.process import active_children

LAST_WORDS = 5.0
"""Seconds that giving back may take."""

log = logging.getLogger("baton.jobs")


def within(seconds: float, act: Callable[[], object]) -> None:
    """Do that, and wait for it at most so long."""
    thread = threading.Thread(target=act, name="last words", daemon=True)
    thread.start()
    thread.join(seconds)


def leave_on_sigterm(give_back: Callable[[], None]) -> None:
    """From now on SIGTERM ends this process, after `give_back`, even while a handler runs.

    An exception, which is what the pool would raise, looks to a running handler like one of its own.
    """
    # A handler of a signal may interrupt whoever holds the lock of an event, or of the list of threads.
    told: queue.SimpleQueue[None] = queue.SimpleQueue()

    def leave() -> None:
        told.get()
        try:
            within(LAST_WORDS, give_back)
        finally:
            os._exit(0)

    threading.Thread(target=leave, name="leaver", daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: told.put(None))


class Stop:
    """The stop of the process that watches over the others.

    `grace` after SIGTERM it is sent SIGQUIT; `patience` after that, what it has is given back by `give_back`, and it is
    ended with all that it watches over.
    """

    def __init__(self, grace: timedelta, patience: timedelta, give_back: Callable[[], None]) -> None:
        self._grace, self._patience = grace.total_seconds(), patience.total_seconds()
        self._give_back = give_back
        self._told: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def prepare(self) -> None:
        """Wait for SIGQUIT, which Celery has its reaction to already."""
        threading.Thread(target=self._watch, name="stop", daemon=True).start()
        self._precede(signal.SIGQUIT)

    def begin(self, by: str) -> None:
        """The signal of this name has told the worker to finish what runs."""
        self._told.put(False)
        if by == "SIGINT":
            # To the next Ctrl-C, Celery reacts as to SIGQUIT.
            self._precede(signal.SIGINT)

    def _precede(self, number: signal.Signals) -> None:
        """Make haste when the signal comes, and then do what was to be done."""
        reaction = signal.getsignal(number)

        def end(number: int, frame: FrameType | None) -> None:
            self._told.put(True)
            _send_to_children(signal.SIGTERM)
            if callable(reaction):
                reaction(number, frame)

        if threading.current_thread() is threading.main_thread():
            signal.signal(number, end)

    def _watch(self) -> None:
        if not self._told.get() and not self._haste_within(self._grace):
            os.kill(os.getpid(), signal.SIGQUIT)
        time.sleep(self._patience)
        try:
            within(LAST_WORDS, self._explain)
            within(LAST_WORDS, self._give_back)
            _send_to_children(signal.SIGKILL)
        finally:
            os._exit(1)

    def _haste_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        with suppress(queue.Empty):
            while not self._told.get(timeout=max(end - time.monotonic(), 0)):
                pass
            return True
        return False

    def _explain(self) -> None:
        log.error(
            "The worker has not ended %g s after it was told to, and is ended; what hangs follows", self._patience
        )
        if sys.__stderr__ is not None:
            faulthandler.dump_traceback(sys.__stderr__)


def _send_to_children(number: signal.Signals) -> None:
    for each in active_children():
        with suppress(ProcessLookupError):
            if each.pid is not None:
                os.kill(each.pid, number)
