"""Deployments, their resources and the process definitions in them, written and found within a transaction.

A deployment begins with `lock_deployments`: deployments then follow one after the other, so that what one compares with
is still the last one when it commits, and the versions of a definition are unique and consecutive.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Select, and_, delete, insert, select, text, true, tuple_, update

from engine.core.jobs import TIMER
from engine.core.lifecycle import IncidentState, JobState, SubscriptionState
from engine.core.subscriptions import MESSAGE
from engine.store import tables
from engine.store.decisions import delete_decisions_of
from engine.store.deletion import delete_instances
from engine.store.layouts import text_array
from engine.store.transaction import ReadTransaction, WriteTransaction
from engine.store.versions import NO_TENANT, V, Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRow:
    """One deployment. `tenant_id` is "" for none."""

    id: int
    name: str | None
    source: str | None
    tenant_id: str = NO_TENANT
    deployed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRow:
    """One file of a deployment, byte for byte; `generated` when it was made by the engine. Names are unique in it."""

    id: int
    deployment_id: int
    name: str
    data: bytes
    sha256: str
    """Of `data`, in hexadecimal digits."""
    generated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionRow:
    """One version of an executable process. Versions count from 1 by key and tenant ("" for none)."""

    id: int
    key: str
    version: int
    name: str | None = None
    version_tag: str | None = None
    deployment_id: int
    resource_id: int
    resource_name: str
    diagram_name: str | None = None
    """The resource of the same deployment that pictures it."""
    tenant_id: str = NO_TENANT
    suspended: bool = False
    history_time_to_live: int | None = None
    """Days to keep the history of an ended instance; None: for ever."""
    startable_in_tasklist: bool = True
    description: str | None = None
    start_form_key: str | None = None
    start_form_ref: str | None = None
    start_form_ref_binding: str | None = None
    start_form_ref_version: str | None = None
    created_at: datetime
    category: str | None = None
    """The namespace of its model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterRow:
    """A user or a group that may start a definition by its model."""

    id: int
    definition_id: int
    user_id: str | None = None
    group_id: str | None = None


D = TypeVar("D", DeploymentRow, ResourceRow)

PROCESSES: Final = Versions(tables.process_definition, DefinitionRow)
"""The process definitions."""

_deployment = tables.deployment
_resource = tables.resource
_definition = tables.process_definition
_starter = tables.candidate_starter
_job = tables.job
_subscription = tables.subscription
_incident = tables.incident
_LAST_FIRST: Final = (_deployment.c.deployed_at.desc(), _deployment.c.id.desc())
"""Each process takes ids from blocks of its own: the last deployment need not have the highest id."""
_LOCK: Final = text("SELECT pg_advisory_xact_lock(20202)")


# --- deploying ------------------------------------------------------------------------------------------------------


def lock_deployments(tx: WriteTransaction) -> None:
    """Keep other deployments waiting until this transaction ends; to be called before anything is compared."""
    if tx.dialect == "postgresql":  # on SQLite the transaction itself is the lock
        tx.connection.execute(_LOCK)


def insert_deployment(
    tx: WriteTransaction,
    deployment: DeploymentRow,
    resources: Collection[ResourceRow],
    definitions: Collection[DefinitionRow],
) -> None:
    """Write a deployment with all that is in it. Raises RowConflict for a version or a resource name taken twice."""
    for table, rows in ((_deployment, [deployment]), (_resource, resources), (_definition, definitions)):
        if rows:
            tx.connection.execute(insert(table), [_as_parameters(row) for row in rows])


def insert_starters(tx: WriteTransaction, starters: Collection[StarterRow]) -> None:
    """Keep who may start definitions by their models."""
    if starters:
        tx.connection.execute(insert(_starter), [_as_parameters(each) for each in starters])


def next_versions(
    tx: WriteTransaction, versions: Versions[V], keys: Collection[str], tenant_id: str = NO_TENANT
) -> dict[str, int]:
    """The version that the next definition of each key gets, from 1. Takes the lock of `lock_deployments`."""
    lock_deployments(tx)
    found = versions.newest_versions(tx, keys, tenant_id)
    return {key: found.get(key, 0) + 1 for key in keys}


def last_resource_hashes(tx: ReadTransaction, name: str | None, tenant_id: str = NO_TENANT) -> dict[str, str]:
    """SHA-256 by name of the resources in the last deployment of that name; empty when there is none.

    What Camunda's duplicate filter compares with (manual, "Deployments": enableDuplicateFiltering).
    """
    same_name = _deployment.c.name.is_(None) if name is None else _deployment.c.name == name
    last = (
        select(_deployment.c.id).where(same_name, _deployment.c.tenant_id == tenant_id).order_by(*_LAST_FIRST).limit(1)
    )
    statement = select(_resource.c.name, _resource.c.sha256).where(
        _resource.c.deployment_id == last.scalar_subquery(), _resource.c.generated.is_(False)
    )
    return {row.name: row.sha256 for row in tx.connection.execute(statement)}


# --- finding --------------------------------------------------------------------------------------------------------


def find_deployment(tx: ReadTransaction, deployment_id: int) -> DeploymentRow | None:
    """The deployment with this id."""
    return _first(DeploymentRow, tx, select(_deployment).where(_deployment.c.id == deployment_id))


def last_deployment(tx: ReadTransaction, name: str | None, tenant_id: str = NO_TENANT) -> DeploymentRow | None:
    """The last deployment of that name."""
    same_name = _deployment.c.name.is_(None) if name is None else _deployment.c.name == name
    statement = select(_deployment).where(same_name, _deployment.c.tenant_id == tenant_id)
    return _first(DeploymentRow, tx, statement.order_by(*_LAST_FIRST).limit(1))


def resources_of(tx: ReadTransaction, deployment_id: int) -> list[ResourceRow]:
    """The resources of a deployment with their data, in the order in which they were given."""
    statement = select(_resource).where(_resource.c.deployment_id == deployment_id).order_by(_resource.c.id)
    return _all(ResourceRow, tx, statement)


def find_resource(tx: ReadTransaction, resource_id: int) -> ResourceRow | None:
    """The resource with this id, with its data."""
    return _first(ResourceRow, tx, select(_resource).where(_resource.c.id == resource_id))


def resource_named(tx: ReadTransaction, deployment_id: int, name: str) -> bytes | None:
    """The bytes of the resource of a deployment with this name."""
    statement = select(_resource.c.data).where(_resource.c.deployment_id == deployment_id, _resource.c.name == name)
    found = tx.connection.execute(statement).scalar_one_or_none()
    return None if found is None else bytes(found)


def resource_data(tx: ReadTransaction, resource_id: int) -> bytes | None:
    """The bytes of the resource with this id."""
    found = tx.connection.execute(select(_resource.c.data).where(_resource.c.id == resource_id)).scalar_one_or_none()
    return None if found is None else bytes(found)


def share_definitions(tx: WriteTransaction, definition_ids: Collection[int]) -> dict[int, DefinitionRow]:
    """The definitions with these ids that exist, as they are now; until this transaction ends nobody changes them.

    For a transaction that starts instances: the definitions can neither be suspended nor deleted meanwhile.
    """
    statement = select(_definition).where(_definition.c.id.in_(definition_ids)).order_by(_definition.c.id)
    found = tx.connection.execute(statement.with_for_update(read=True)).mappings()
    return {record["id"]: DefinitionRow(**record) for record in found}


def share_latest(tx: WriteTransaction, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, bool]]:
    """Id and suspension of the latest definition of each (key, tenant), locked as by `share_definitions`.

    One statement in the driver's words, for it precedes every start of an instance.
    """
    if not keys:
        return {}
    pairs = sorted(keys)
    parameters = (
        [json.dumps(pairs)]
        if tx.dialect == "sqlite"
        else [text_array([key for key, _ in pairs]), text_array([tenant_id for _, tenant_id in pairs])]
    )
    found = tx.run(_LATEST[tx.dialect], parameters)
    return {(key, tenant_id): (id, bool(suspended)) for key, tenant_id, id, suspended in found}


def _latest_text(wanted: str) -> str:
    return (
        f"SELECT d.key, d.tenant_id, d.id, d.suspended FROM {wanted} "  # noqa: S608 - constants of this module
        "JOIN process_definition AS d ON d.key = wanted.key AND d.tenant_id = wanted.tenant_id "
        "WHERE d.version = (SELECT max(n.version) FROM process_definition AS n "
        "WHERE n.key = wanted.key AND n.tenant_id = wanted.tenant_id)"
    )


_LATEST: Final = {
    "sqlite": _latest_text(
        "(SELECT json_extract(value, '$[0]') AS key, json_extract(value, '$[1]') AS tenant_id FROM json_each(?)) "
        "AS wanted"
    ),
    "postgresql": _latest_text("unnest(%s::text[], %s::text[]) AS wanted (key, tenant_id)") + " FOR SHARE OF d",
}


def has_start_events(tx: ReadTransaction, definition_id: int) -> bool:
    """Do start events of this definition wait for what starts instances?"""
    for table, timers in ((_job, _job.c.kind == TIMER), (_subscription, true())):
        of_definition = and_(
            table.c.definition_id == definition_id, table.c.root_id.is_(None), table.c.ended_at.is_(None), timers
        )
        if tx.connection.execute(select(table.c.id).where(of_definition).limit(1)).first() is not None:
            return True
    return False


def awaited_to_start(tx: ReadTransaction, messages: Collection[tuple[str, str]]) -> set[str]:
    """Those of the messages (name, tenant) for which a definition of the tenant waits to start instances."""
    if not messages:
        return set()
    waiting = and_(
        tuple_(_subscription.c.name, _subscription.c.tenant_id).in_(sorted(messages)),
        _subscription.c.kind == MESSAGE,
        _subscription.c.process_instance_id.is_(None),
        _subscription.c.ended_at.is_(None),
    )
    return set(tx.connection.execute(select(_subscription.c.name).where(waiting)).scalars())


# --- changing -------------------------------------------------------------------------------------------------------


def end_start_events(tx: WriteTransaction, keys: Collection[tuple[str, str]], now: datetime) -> None:
    """End what the start events of all versions of each (key, tenant) wait with, and the incidents about their jobs."""
    if not keys:
        return
    group = (_definition.c.key, _definition.c.tenant_id)
    of_keys = select(_definition.c.id).where(tuple_(*group).in_(sorted(keys)))
    tx.connection.execute(
        update(_subscription)
        .where(
            _subscription.c.definition_id.in_(of_keys),
            _subscription.c.root_id.is_(None),
            _subscription.c.ended_at.is_(None),
        )
        .values(state=SubscriptionState.CLOSED, ended_at=now)
    )
    waiting = and_(
        _job.c.definition_id.in_(of_keys),
        _job.c.root_id.is_(None),
        _job.c.ended_at.is_(None),
        _job.c.kind == TIMER,
    )
    # Waits for those who are executing one. What they begin in its place is seen by the next statement only.
    tx.connection.execute(select(_job.c.id).where(waiting).order_by(_job.c.id).with_for_update())
    ended = tx.connection.execute(
        update(_job)
        .where(waiting)
        .values(state=JobState.CANCELLED, ended_at=now, lock_expires_at=None, lease_token=None)
        .returning(_job.c.id)
    ).scalars()
    if about := [str(id) for id in ended]:
        tx.connection.execute(
            update(_incident)
            .where(_incident.c.configuration.in_(about), _incident.c.ended_at.is_(None))
            .values(state=IncidentState.DELETED, ended_at=now)
        )


def set_suspended(tx: WriteTransaction, definition_ids: Collection[int], *, suspended: bool) -> None:
    """Suspend or activate definitions; waits for transactions that are starting instances of them."""
    tx.connection.execute(update(_definition).where(_definition.c.id.in_(definition_ids)).values(suspended=suspended))


def delete_definitions(tx: WriteTransaction, definition_ids: Collection[int]) -> None:
    """Delete definitions with all their instances, living and ended, and what these called.

    The statements are as many as there are tables. Waits for transactions that are starting instances of them.
    """
    _lock_definitions(tx, definition_ids)
    delete_instances(tx, definition_ids)
    for table in (_job, _incident, tables.job_log):
        tx.connection.execute(delete(table).where(table.c.definition_id.in_(definition_ids), table.c.root_id.is_(None)))
    tx.connection.execute(delete(_definition).where(_definition.c.id.in_(definition_ids)))


def delete_deployment(tx: WriteTransaction, deployment_id: int) -> None:
    """Delete a deployment with its resources and its definitions, as `delete_definitions` does.

    What was decided by its decisions stays.
    """
    lock_deployments(tx)
    delete_decisions_of(tx, deployment_id)
    of_it = select(_definition.c.id).where(_definition.c.deployment_id == deployment_id)
    if definition_ids := list(tx.connection.execute(of_it).scalars()):
        delete_definitions(tx, definition_ids)
    tx.connection.execute(delete(_resource).where(_resource.c.deployment_id == deployment_id))
    tx.connection.execute(delete(_deployment).where(_deployment.c.id == deployment_id))


def _lock_definitions(tx: WriteTransaction, definition_ids: Collection[int]) -> None:
    statement = select(_definition.c.id).where(_definition.c.id.in_(definition_ids)).order_by(_definition.c.id)
    tx.connection.execute(statement.with_for_update())


# --- rows -----------------------------------------------------------------------------------------------------------


def _as_parameters(row: DeploymentRow | ResourceRow | DefinitionRow | StarterRow) -> dict[str, Any]:
    return dict(zip((field.name for field in fields(row)), astuple(row), strict=True))


def _all(row_type: type[D], tx: ReadTransaction, statement: Select[Any]) -> list[D]:
    return [row_type(**record) for record in tx.connection.execute(statement).mappings()]


def _first(row_type: type[D], tx: ReadTransaction, statement: Select[Any]) -> D | None:
    record = tx.connection.execute(statement).mappings().first()
    return None if record is None else row_type(**record)
