"""Ids for new rows: 64-bit, roughly in the order of time, handed out from blocks that the database reserves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import text

if TYPE_CHECKING:
    from engine.store.database import Database

T = TypeVar("T")

_RESERVE = text("UPDATE id_block SET next_id = next_id + :count WHERE name = 'row' RETURNING next_id")


class IdsExhausted(Exception):
    """The ids in hand are used up: undo the transaction, `reserve` more, and run it again."""


class IdAllocator:
    """Ids for the rows of one process; no two processes on one database ever get the same.

    `next` is cheap, safe between threads and never touches the database. An id that was handed out for a row that was
    not written after all is lost, and so is what was in hand when the process ends.
    """

    def __init__(self, database: Database, block: int = 1000) -> None:
        self._database = database
        self._block = block
        self._lock = threading.Lock()
        self._reserving = threading.Lock()
        self._blocks: list[range] = []
        self._next = self._end = 0

    @property
    def left(self) -> int:
        """How many ids are in hand."""
        with self._lock:
            return self._end - self._next + sum(map(len, self._blocks))

    def next(self) -> int:
        """An id that no other row has. Raises IdsExhausted when none is in hand."""
        with self._lock:
            return self._taken()

    def _taken(self) -> int:
        if self._next == self._end:
            if not self._blocks:
                raise IdsExhausted("No ids are in hand; reserve more outside of the transaction")
            block = self._blocks.pop(0)
            self._next, self._end = block.start, block.stop
        taken = self._next
        self._next += 1
        return taken

    def set_aside(self, count: int) -> list[int]:
        """`count` ids for this caller, whoever takes some at the same time: what is only reserved is anybody's."""
        while True:
            self.reserve(count)
            with suppress(IdsExhausted), self._lock:
                return [self._taken() for _ in range(count)]

    def insist(self, at_least: int, do: Callable[[], T]) -> T:
        """Do what takes about `at_least` ids within a transaction of its own; once more, with more of them, when others
        have taken too many meanwhile, or when it took more."""
        while True:
            self.reserve(at_least)
            try:
                return do()
            except IdsExhausted:
                at_least *= 2

    def reserve(self, at_least: int) -> None:
        """Make sure that `at_least` ids are in hand, in a short transaction of its own if there are fewer."""
        if self.left >= at_least:
            return
        with self._reserving:
            missing = at_least - self.left
            if missing <= 0:
                return
            count = -(-missing // self._block) * self._block
            with self._database.write() as tx:
                tx.relax_durability()
                end = int(tx.connection.execute(_RESERVE, {"count": count}).scalar_one())
            with self._lock:
                self._blocks.append(range(end - count, end))
