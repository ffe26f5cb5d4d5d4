"""Statements to PostgreSQL without a cursor each: prepared once per connection, sent in one go, answered in one go.

A cursor of psycopg takes longer than PostgreSQL does for a small statement. What every batch sends goes this way; all
else goes through psycopg, on the same connection and in the same transaction.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any, Final

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

from engine.store.session import Record, Statement

_DONE: Final = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Wire:
    """One connection of psycopg, and the names of what has been prepared on it. The marks of parameters are `%s`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection: Final = connection
        self._encoding: Final = connection.info.encoding
        self._names: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        self._loader = Transformer(connection)

    def exchange(self, statements: Sequence[Statement]) -> list[list[Record]]:
        """Send the statements, and give the records that each was answered with.

        Raises the error of the first that failed, a `psycopg.Error`; those behind it were not run then.
        """
        connection = self._connection.pgconn
        prepared: dict[str, bytes] = {}
        messages: list[Callable[[], None]] = []
        prepares: list[str | None] = []
        for text, parameters in statements:
            name = self._names.get(text) or prepared.get(text)
            if name is None:
                name = prepared[text] = b"baton%d" % next(self._numbers)
                messages.append(partial(connection.send_prepare, name, _numbered(text).encode(self._encoding)))
                prepares.append(text)
            values = [each.encode(self._encoding) for each in parameters]
            messages.append(partial(connection.send_query_prepared, name, values))
            prepares.append(None)
        results = self._connection.wait(_exchanged(connection, messages))
        answers = []
        for new, result in zip(prepares, results, strict=True):
            if result.status not in _DONE:
                error = error_from_result(result, self._encoding)
                if isinstance(error, InvalidSqlStatementName):
                    self._names.clear()  # somebody between us and the server has deallocated what was prepared
                raise error
            if new is None:
                answers.append(self._records(result))
            else:
                self._names[new] = prepared[new]
        return answers

    def rollback(self) -> None:
        """Undo the transaction, if there is one. Raises `psycopg.Error` when not even that can be done."""
        if self._connection.pgconn.transaction_status != TransactionStatus.IDLE:
            self.exchange([("ROLLBACK", ())])

    def _records(self, result: PGresult) -> list[Record]:
        if not result.ntuples:
            return []
        self._loader.set_pgresult(result)
        return self._loader.load_rows(0, result.ntuples, tuple)


def _numbered(text: str) -> str:
    """The text with `$1`, `$2`, ... in the places of its parameters."""
    first, *others = text.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(others, 1))


def _exchanged(
    connection: PGconn, messages: Sequence[Callable[[], None]]
) -> Generator[Wait, Ready | int, list[PGresult]]:
    """What `psycopg.Connection.wait` drives: sends the messages, and gives one result for each."""
    results: list[PGresult] = []
    try:
        connection.enter_pipeline_mode()
        for send in messages:
            send()
        connection.pipeline_sync()
        while connection.flush():
            # The server may have to be rid of its first answers before it reads on.
            if (yield Wait.RW) & Ready.R:
                connection.consume_input()
        while True:
            while connection.is_busy():
                if (yield Wait.R):
                    connection.consume_input()
            result = connection.get_result()
            if result is None:
                continue  # so end the answers to one message
            if result.status == ExecStatus.PIPELINE_SYNC:
                break
            results.append(result)
        connection.exit_pipeline_mode()
    except BaseException:
        connection.finish()  # nobody knows what it would answer next
        raise
    return results
