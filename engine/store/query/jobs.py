"""Filters and sort keys of jobs (Camunda manual, REST API, "Get Jobs")."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, FromClause, and_, func, or_, true

from engine.store import tables
from engine.store.query.conditions import (
    SINCE,
    UNTIL,
    Filters,
    among,
    compare,
    compare_all,
    definition,
    equal,
    given,
    never,
    no_effect,
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.kinds import DEFINITION, FLAG, ID, IDS, INSTANTS, INTEGER, TEXT, TEXTS
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.views import JobView

_job = tables.job.c
_definition = tables.process_definition.c
_element = tables.element_instance.c

_EXECUTION_ID: Final = func.coalesce(_element.execution_id, _job.process_instance_id)
_SOURCE: Final[FromClause] = tables.job.outerjoin(
    tables.process_definition, _definition.id == _job.definition_id
).outerjoin(tables.element_instance, _element.id == _job.element_instance_id)

_IS_MESSAGE: Final = _job.kind.in_(("async-before", "async-after"))
_HAS_ERROR: Final = _job.error_message.is_not(None)


def _executable(wanted: bool, _: Filters) -> ColumnElement[bool]:
    if not wanted:
        return true()
    return and_(_job.retries > 0, or_(_job.due_at.is_(None), _job.due_at <= datetime.now(UTC)))


def _acquired(wanted: bool, _: Filters) -> ColumnElement[bool]:
    return _job.lock_expires_at > datetime.now(UTC) if wanted else true()


def _failed_at(element_id: str, _: Filters) -> ColumnElement[bool]:
    return and_(_HAS_ERROR, _job.element_id == element_id)


def _waiting(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_job.ended_at.is_(None),)


JOBS: Resource[JobView] = Resource(
    name="job",
    make=JobView,
    columns=(
        _job.id,
        _job.kind,
        _job.process_instance_id,
        _job.definition_id,
        _definition.key,
        _definition.version,
        _EXECUTION_ID,
        _job.element_id,
        _job.tenant_id,
        _job.suspended,
        _job.due_at,
        _job.retries,
        _job.priority,
        _job.error_message,
        _job.created_at,
    ),
    source=_SOURCE,
    id=_job.id,
    always=_waiting,
    filters=table(
        Filter("jobId", ID, equal(_job.id)),
        Filter("jobIds", IDS, among(_job.id)),
        Filter("jobDefinitionId", TEXT, never()),
        Filter("processInstanceId", ID, equal(_job.process_instance_id)),
        Filter("processInstanceIds", IDS, among(_job.process_instance_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("executionId", ID, equal(_EXECUTION_ID)),
        Filter("activityId", TEXT, equal(_job.element_id)),
        Filter("failedActivityId", TEXT, _failed_at),
        Filter("withRetriesLeft", FLAG, when(_job.retries > 0)),
        Filter("noRetriesLeft", FLAG, when(_job.retries == 0)),
        Filter("withException", FLAG, given(_job.error_message)),
        Filter("exceptionMessage", TEXT, equal(_job.error_message)),
        Filter("executable", FLAG, _executable),
        Filter("acquired", FLAG, _acquired),
        Filter("messages", FLAG, when(_IS_MESSAGE)),
        Filter("timers", FLAG, when(_job.kind.startswith("timer", autoescape=True))),
        Filter("active", FLAG, when(~_job.suspended)),
        Filter("suspended", FLAG, when(_job.suspended)),
        Filter("priorityHigherThanOrEquals", INTEGER, compare(_job.priority, SINCE)),
        Filter("priorityLowerThanOrEquals", INTEGER, compare(_job.priority, UNTIL)),
        Filter("dueDates", INSTANTS, compare_all(_job.due_at)),
        Filter("createTimes", INSTANTS, compare_all(_job.created_at)),
        Filter("tenantIdIn", TEXTS, tenant_among(_job.tenant_id, "includeJobsWithoutTenantId")),
        Filter("withoutTenantId", FLAG, without_tenant(_job.tenant_id)),
        Filter("includeJobsWithoutTenantId", FLAG, no_effect()),
    ),
    sorts={
        "jobId": _job.id,
        "executionId": _EXECUTION_ID,
        "processInstanceId": _job.process_instance_id,
        "processDefinitionId": _job.definition_id,
        "processDefinitionKey": _definition.key,
        "jobRetries": _job.retries,
        "jobDueDate": _job.due_at,
        "jobPriority": _job.priority,
        "tenantId": _job.tenant_id,
    },
)
