"""Definitions that a body or a path names by their ids."""

from __future__ import annotations

from api.errors import refuse
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import DefinitionId


def definition_id(engine: Engine, reference: str | None, what: str) -> int:
    """The id of the process definition that `what` names (`key:version:id`). Raises Refused if there is none."""
    if reference is None:
        raise refuse(f"{what} is null", code=0)
    named = DefinitionId.parse(reference)
    try:
        if named is not None and engine.definitions.get(named.id).reference == reference:
            return named.id
    except NotFound:
        pass
    raise refuse(f"{what} with id '{reference}' does not exist", code=0)
