"""Bound definitions, for those who want to know what a process looks like."""

from __future__ import annotations

from engine.core.graph import Definition
from engine.definitions import DefinitionCache
from engine.store.database import Database


class BoundDefinitions:
    """The definitions with their graphs, from the cache or read once."""

    def __init__(self, database: Database, cache: DefinitionCache) -> None:
        self._database, self._cache = database, cache

    def get(self, definition_id: int) -> Definition:
        """The definition with this id. Raises NotFound."""
        found = self._cache.get(definition_id)
        if found is None:
            with self._database.read() as tx:
                found = self._cache.load(tx, [definition_id])[definition_id]
        return found
