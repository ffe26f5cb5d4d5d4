"""Forms that were deployed by themselves, found by their ids however many there are: each file is read once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.services.queries import ProcessDefinitionView, Queries

ENDING = ".form"
AT_ONCE = 50
"""How many files are read at once while one is looked for."""
MOST_KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class FormReference:
    """A form deployed by itself: its id, and which version is meant."""

    key: str
    binding: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class _Head:
    """What a form is found by."""

    key: str | None
    version_tag: str | None


class DeployedForms:
    """Knows the ids of the forms in files, which never change. Threads may share it."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._heads: dict[int, _Head] = {}

    def find(self, definition: ProcessDefinitionView, reference: FormReference) -> bytes | None:
        """The form that a definition refers to: of its deployment, of a version or version tag, or else the newest."""
        wanted = definition.deployment_id if reference.binding == "deployment" else None
        ids = self._queries.resource_ids_ending(ENDING, definition.tenant_id, wanted)
        if reference.binding == "version":
            number = reference.version or ""
            left = int(number) if number.isdecimal() and len(number) < 10 else 0
            for id, _ in self._of(reference.key, ids):
                left -= 1
                if left == 0:
                    return self._read(id)
            return None
        for id, head in self._of(reference.key, ids[::-1]):
            if reference.binding != "versionTag" or head.version_tag == reference.version:
                return self._read(id)
        return None

    def _of(self, key: str, ids: Sequence[int]) -> Iterator[tuple[int, _Head]]:
        for start in range(0, len(ids), AT_ONCE):
            for id, head in self._learn(ids[start : start + AT_ONCE]):
                if head.key == key:
                    yield id, head

    def _learn(self, ids: Sequence[int]) -> list[tuple[int, _Head]]:
        if len(self._heads) > MOST_KNOWN:
            self._heads = {}
        heads = self._heads
        known = {id: heads[id] for id in ids if id in heads}
        missing = [id for id in ids if id not in known]
        if missing:
            read = {id: _head(data) for id, data in self._queries.resource_contents(missing).items()}
            heads.update(read)
            known.update(read)
        return [(id, known[id]) for id in ids if id in known]

    def _read(self, id: int) -> bytes | None:
        return self._queries.resource_contents([id]).get(id)


def _head(data: bytes) -> _Head:
    try:
        form = json.loads(data)
    except (ValueError, RecursionError):
        return _Head(None, None)
    if not isinstance(form, dict):
        return _Head(None, None)
    key, tag = form.get("id"), form.get("versionTag")
    return _Head(key if isinstance(key, str) else None, tag if isinstance(tag, str) else None)
