"""Decision definitions and decision requirements definitions, written and found within a transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert

from engine.store import tables
from engine.store.transaction import WriteTransaction
from engine.store.versions import NO_TENANT, Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsRow:
    """One version of a file with several decisions. Versions count from 1 by key and tenant ("" for none)."""

    id: int
    key: str
    version: int
    name: str | None = None
    category: str | None = None
    """The namespace of its model."""
    deployment_id: int
    resource_id: int
    resource_name: str
    diagram_name: str | None = None
    """The resource of the same deployment that pictures it."""
    tenant_id: str = NO_TENANT
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """One version of a decision. Versions count from 1 by key and tenant ("" for none)."""

    id: int
    key: str
    version: int
    name: str | None = None
    version_tag: str | None = None
    category: str | None = None
    """The namespace of its model."""
    deployment_id: int
    resource_id: int
    resource_name: str
    diagram_name: str | None = None
    """The resource of the same deployment that pictures it."""
    requirements_id: int | None = None
    """What it is in together with other decisions."""
    requirements_key: str | None = None
    tenant_id: str = NO_TENANT
    history_time_to_live: int | None = None
    """Days to keep what was decided, where no process instance asked; None: for ever."""
    created_at: datetime


DECISIONS: Final = Versions(tables.decision_definition, DecisionRow)
"""The decision definitions."""
REQUIREMENTS: Final = Versions(tables.requirements_definition, RequirementsRow)
"""The decision requirements definitions."""

_decision = tables.decision_definition
_requirements = tables.requirements_definition


def insert_decisions(
    tx: WriteTransaction, requirements: Collection[RequirementsRow], decisions: Collection[DecisionRow]
) -> None:
    """Write what a deployment has made of its files. Raises RowConflict for a version taken twice."""
    if requirements:
        tx.connection.execute(insert(_requirements), [asdict(row) for row in requirements])
    if decisions:
        tx.connection.execute(insert(_decision), [asdict(row) for row in decisions])


def delete_decisions_of(tx: WriteTransaction, deployment_id: int) -> None:
    """Delete the definitions of a deployment; what was decided by them stays."""
    for table in (_decision, _requirements):
        tx.connection.execute(delete(table).where(table.c.deployment_id == deployment_id))
