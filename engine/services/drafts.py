"""Drafts of forms: what people have filled in and not sent yet, kept so that they find it again on any device."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.clock import Clock
from engine.errors import BadRequest
from engine.services.queries import ProcessDefinitionView, Queries
from engine.store import drafts as store
from engine.store.database import Database
from engine.store.ids import IdAllocator
from engine.values import JsonValue

MOST_BYTES = 256 * 1024
"""How long the JSON of one draft may be."""
MOST_DRAFTS = 500
"""How many drafts one person may have."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form was filled in with, as plain JSON, and when it was saved."""

    data: Mapping[str, Any]
    saved_at: datetime


class Drafts:
    """One draft for each person and open task, or start form. Nobody sees those of others; `user` None is one person.

    A draft goes when its task ends, and when its start form has been sent.
    """

    def __init__(self, database: Database, queries: Queries, ids: IdAllocator, clock: Clock) -> None:
        self._database, self._queries, self._ids, self._clock = database, queries, ids, clock

    def of_task(self, task_id: int, *, user: str | None = None) -> Draft | None:
        """The person's draft for a task; None if there is none."""
        return self._find(user, store.TASK, task_id)

    def of_start(self, definition: ProcessDefinitionView, *, user: str | None = None) -> Draft | None:
        """The person's draft for a start form; None if there is none."""
        return self._find(user, store.DEFINITION, definition.id)

    def keep_for_task(self, task_id: int, data: Mapping[str, Any], *, user: str | None = None) -> Draft:
        """Save a draft instead of an earlier one. Raises NotFound for an ended task, BadRequest for too much."""
        self._queries.tasks.get(task_id)
        return self._keep(user, store.TASK, task_id, data)

    def keep_for_start(
        self, definition: ProcessDefinitionView, data: Mapping[str, Any], *, user: str | None = None
    ) -> Draft:
        """Save a draft instead of an earlier one. Raises BadRequest for too much."""
        return self._keep(user, store.DEFINITION, definition.id, data)

    def drop_for_task(self, task_id: int, *, user: str | None = None) -> None:
        """Forget the person's draft; there may be none."""
        self._drop(store.TASK, task_id, user or "")

    def drop_for_start(self, definition: ProcessDefinitionView, *, user: str | None = None) -> None:
        """Forget the person's draft; there may be none."""
        self._drop(store.DEFINITION, definition.id, user or "")

    def _find(self, user: str | None, column: str, owner_id: int) -> Draft | None:
        with self._database.read() as tx:
            found = store.find(tx, user or "", column, owner_id)
        return None if found is None else Draft(json.loads(found[0]), found[1])

    def _keep(self, user: str | None, column: str, owner_id: int, data: Mapping[str, Any]) -> Draft:
        text = JsonValue.of(dict(data)).text
        if len(text.encode()) > MOST_BYTES:
            raise BadRequest(f"A draft may have {MOST_BYTES} bytes")
        now = self._clock()
        (id,) = self._ids.set_aside(1)
        with self._database.write() as tx:
            store.keep(tx, id, user or "", column, owner_id, text, now)
            if store.count(tx, user or "") > MOST_DRAFTS:
                raise BadRequest(f"One person may have {MOST_DRAFTS} drafts; drop some of them")
        return Draft(data, now)

    def _drop(self, column: str, owner_id: int, user: str) -> None:
        with self._database.write() as tx:
            store.remove(tx, column, owner_id, user)
