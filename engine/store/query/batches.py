"""Filters and sort keys of batches, of how far they are, and of those that have ended (Camunda manual, "Batch")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from engine.authorization import READ_BATCH, READ_BATCH_HISTORY
from engine.authorization import Resource as Thing
from engine.core.lifecycle import BatchState
from engine.store import tables
from engine.store.query.conditions import (
    SINCE,
    UNTIL,
    Filters,
    as_said,
    compare,
    equal,
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.kinds import FLAG, ID, INSTANT, TEXT, TEXTS
from engine.store.query.permitted import Opening
from engine.store.query.resource import Filter, Resource, SortKey, table
from engine.store.query.views import BatchStatisticsView, BatchView

_batch = tables.batch.c

_SUSPENDED: Final = _batch.state == BatchState.SUSPENDED
_COLUMNS: Final = (
    _batch.id,
    _batch.type,
    _batch.total_jobs,
    _batch.jobs_created,
    _batch.jobs_per_seed,
    _batch.invocations_per_job,
    _batch.seed_job_definition_id,
    _batch.monitor_job_definition_id,
    _batch.batch_job_definition_id,
    _SUSPENDED,
    _batch.tenant_id,
    _batch.create_user,
    _batch.started_at,
    _batch.execution_started_at,
    _batch.ended_at,
    _batch.removal_at,
)
_FILTERS: Final = (
    Filter("batchId", ID, equal(_batch.id)),
    Filter("type", TEXT, equal(_batch.type)),
    Filter("tenantIdIn", TEXTS, tenant_among(_batch.tenant_id)),
    Filter("withoutTenantId", FLAG, without_tenant(_batch.tenant_id)),
)
_SORTS: Final[dict[str, SortKey]] = {"batchId": _batch.id, "tenantId": _batch.tenant_id}


def _running(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_batch.ended_at.is_(None),)


def _living_jobs(*conditions: Any) -> ColumnElement[int]:
    """How many jobs of a batch are left for which the conditions hold."""
    job = tables.job.c
    among = (job.job_definition_id == _batch.batch_job_definition_id, job.ended_at.is_(None), *conditions)
    return select(func.count()).select_from(tables.job).where(*among).scalar_subquery()


_FAILED: Final = _living_jobs(tables.job.c.retries == 0)
_LIVING_FILTERS: Final = (
    Filter("suspended", FLAG, as_said(_SUSPENDED)),
    Filter("createdBy", TEXT, equal(_batch.create_user)),
    Filter("startedBefore", INSTANT, compare(_batch.started_at, UNTIL)),
    Filter("startedAfter", INSTANT, compare(_batch.started_at, SINCE)),
    Filter("withFailures", FLAG, when(_FAILED > 0)),
    Filter("withoutFailures", FLAG, when(_FAILED == 0)),
)

BATCHES: Resource[BatchView] = Resource(
    name="batch",
    make=BatchView,
    columns=_COLUMNS,
    source=tables.batch,
    id=_batch.id,
    always=_running,
    opening=Opening(READ_BATCH, {Thing.BATCH: _batch.id}, _batch.tenant_id),
    filters=table(*_FILTERS, *_LIVING_FILTERS),
    sorts=_SORTS,
)


# ---------------------------------------------------------------- statistics


BATCH_STATISTICS: Resource[BatchStatisticsView] = Resource(
    name="batch",
    make=BatchStatisticsView,
    columns=(*_COLUMNS, _batch.total_jobs - _batch.jobs_created + _living_jobs(), _FAILED),
    source=tables.batch,
    id=_batch.id,
    always=_running,
    opening=Opening(READ_BATCH, {Thing.BATCH: _batch.id}, _batch.tenant_id),
    filters=table(*_FILTERS, *_LIVING_FILTERS),
    sorts={**_SORTS, "startTime": _batch.started_at},
)


# ---------------------------------------------------------------- history


def _remembered(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (~_batch.forgotten,)


HISTORIC_BATCHES: Resource[BatchView] = Resource(
    name="historic batch",
    make=BatchView,
    columns=_COLUMNS,
    source=tables.batch,
    id=_batch.id,
    always=_remembered,
    opening=Opening(READ_BATCH_HISTORY, {Thing.BATCH: _batch.id}, _batch.tenant_id),
    filters=table(*_FILTERS, Filter("completed", FLAG, as_said(_batch.ended_at.is_not(None)))),
    sorts={**_SORTS, "startTime": _batch.started_at, "endTime": _batch.ended_at},
)
