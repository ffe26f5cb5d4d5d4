"""Drafts of models: the files that somebody draws in the modeler, kept so that they find them again on any device."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.clock import Clock
from engine.errors import BadRequest, Conflict, NotFound
from engine.store import model_drafts as store
from engine.store.database import Database
from engine.store.ids import IdAllocator
from engine.store.model_drafts import DraftRow

MOST_BYTES = 1536 * 1024
"""How long the files of one draft may be together, as JSON: somewhat less than a request of the REST API may have."""
MOST_BYTES_OF_ALL = 32 * 1024 * 1024
"""How long all drafts of one person may be together."""
MOST_DRAFTS = 200
"""How many drafts one person may have."""
MOST_FILES = 50
"""How many files one draft may have."""
MOST_CHARACTERS = 255
"""How long the name of a draft, or of a file, may be."""


@dataclass(frozen=True, slots=True)
class ModelDraft:
    """A draft without its files. `revision` counts how often they were saved; another name is not counted."""

    id: int
    name: str
    file_names: Sequence[str]
    bytes: int
    revision: int
    saved_at: datetime


class DraftChanged(Conflict):
    """The draft was saved elsewhere since it was read."""

    def __init__(self, id: int, revision: int) -> None:
        super().__init__(f"The draft {id} is no longer at revision {revision}: it was saved elsewhere; read it again")


class ModelDrafts:
    """Each person's own drafts; nobody sees those of others, `user` None is one person.

    They are nobody else's concern and change nothing that runs, so the operation log does not speak of them.
    """

    def __init__(self, database: Database, ids: IdAllocator, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    def all(self, *, user: str | None = None) -> Sequence[ModelDraft]:
        """The person's drafts, the one saved last first."""
        with self._database.read() as tx:
            return [_shown(row) for row in store.of_user(tx, user or "")]

    def get(self, id: int, *, user: str | None = None) -> tuple[ModelDraft, Mapping[str, str]]:
        """A draft and its files, by their names in the order in which they were saved. Raises NotFound."""
        with self._database.read() as tx:
            row, files = _found(store.find(tx, user or "", id), id)
        return _shown(row), json.loads(files)

    def create(self, name: str, files: Mapping[str, str], *, user: str | None = None) -> ModelDraft:
        """Keep files as a new draft. Raises BadRequest for too much."""
        (id,) = self._ids.set_aside(1)
        row, text = _judged(DraftRow(id, _named(name), "", 0, 1, self._clock()), files)
        with self._database.write() as tx:
            store.add(tx, user or "", row, text)
            count, size = store.held(tx, user or "")
            if count > MOST_DRAFTS:
                raise BadRequest(f"One person may have {MOST_DRAFTS} drafts of models; delete some of them")
            _bound(size)
        return _shown(row)

    def keep(self, id: int, files: Mapping[str, str], revision: int, *, user: str | None = None) -> ModelDraft:
        """Save the files of a draft that was read at `revision`.

        Raises DraftChanged if it was saved elsewhere since, NotFound, BadRequest for too much.
        """
        with self._database.write() as tx:
            before, _ = _found(store.find(tx, user or "", id), id)
            row, text = _judged(replace(before, revision=revision + 1, saved_at=self._clock()), files)
            if not store.change(tx, user or "", row, text):
                raise DraftChanged(id, revision)
            _bound(store.held(tx, user or "")[1])
        return _shown(row)

    def rename(self, id: int, name: str, *, user: str | None = None) -> None:
        """Give a draft another name. Raises NotFound, BadRequest for a name that is none."""
        with self._database.write() as tx:
            if not store.rename(tx, user or "", id, _named(name)):
                raise NotFound("draft", id)

    def delete(self, id: int, *, user: str | None = None) -> None:
        """Throw a draft away; it may be gone."""
        with self._database.write() as tx:
            store.remove(tx, user or "", id)


def _found(found: tuple[DraftRow, str] | None, id: int) -> tuple[DraftRow, str]:
    if found is None:
        raise NotFound("draft", id)
    return found


def _judged(row: DraftRow, files: Mapping[str, str]) -> tuple[DraftRow, str]:
    """The row of these files, and them as JSON. Raises BadRequest."""
    if not files:
        raise BadRequest("A draft needs a file")
    if len(files) > MOST_FILES:
        raise BadRequest(f"A draft may have {MOST_FILES} files")
    for name in files:
        _named(name)
    text = json.dumps(dict(files), ensure_ascii=False)
    size = len(text.encode())
    if size > MOST_BYTES:
        raise BadRequest(f"The files of a draft may have {MOST_BYTES} bytes together")
    return replace(row, file_names=json.dumps(list(files), ensure_ascii=False), bytes=size), text


def _named(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > MOST_CHARACTERS:
        raise BadRequest(f"A name has 1 to {MOST_CHARACTERS} characters")
    return stripped


def _bound(size: int) -> None:
    if size > MOST_BYTES_OF_ALL:
        raise BadRequest(f"One person's drafts of models may have {MOST_BYTES_OF_ALL} bytes; delete some of them")


def _shown(row: DraftRow) -> ModelDraft:
    return ModelDraft(row.id, row.name, json.loads(row.file_names), row.bytes, row.revision, row.saved_at)
