"""Filters and sort keys of jobs, of what makes them and of their log (Camunda manual, REST API, "Job", "History")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, FromClause, and_, case, func, or_

from engine.authorization import READ_JOB, READ_JOB_DEFINITION, READ_JOB_HISTORY
from engine.authorization import Resource as Thing
from engine.core.jobs import SUSPENSION_KINDS
from engine.core.lifecycle import InstanceState
from engine.store import tables
from engine.store.query.conditions import (
    NOW,
    SINCE,
    UNTIL,
    Filters,
    among,
    compare,
    compare_all,
    definition,
    equal,
    given,
    no_effect,
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.kinds import DEFINITION, FLAG, ID, IDS, INSTANTS, INTEGER, TEXT, TEXTS, InvalidQuery
from engine.store.query.permitted import Opening, of_starter
from engine.store.query.removal import removal_of, removal_of_batch
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.views import JobDefinitionView, JobLogView, JobView

_job = tables.job.c
_definition = tables.process_definition.c
_element = tables.element_instance.c
_instance = tables.process_instance.c
_source = tables.job_definition.c
_log = tables.job_log.c

WORK: Final = "work"

_EXECUTION_ID: Final = func.coalesce(_element.execution_id, _job.process_instance_id)
_SOURCE: Final[FromClause] = (
    tables.job.outerjoin(tables.process_definition, _definition.id == _job.definition_id)
    .outerjoin(tables.element_instance, _element.id == _job.element_instance_id)
    .outerjoin(tables.process_instance, _instance.id == _job.process_instance_id)
    .outerjoin(tables.job_definition, _source.id == _job.job_definition_id)
)

_IS_MESSAGE: Final = _job.kind.in_(("async-before", "async-after"))
_IS_TIMER: Final = or_(_job.kind.startswith("timer", autoescape=True), _job.kind.in_(SUSPENSION_KINDS))
_SUSPENDED: Final = or_(_job.suspended, func.coalesce(_instance.state, "") == InstanceState.SUSPENDED.value)
"""Camunda suspends the jobs of an instance with it."""
_EXECUTABLE: Final = and_(_job.retries > 0, or_(_job.due_at.is_(None), _job.due_at <= NOW))


def _waiting(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_job.ended_at.is_(None), _job.kind != WORK)


def _check_timers(filters: Filters, *, alternatives: bool) -> None:
    if filters.get("timers") and filters.get("messages") and not alternatives:
        raise InvalidQuery("Parameter timers cannot be used together with parameter messages.")


JOBS: Resource[JobView] = Resource(
    name="job",
    check=_check_timers,
    make=JobView,
    columns=(
        _job.id,
        _job.kind,
        _job.job_definition_id,
        _job.process_instance_id,
        _job.definition_id,
        _definition.key,
        _definition.version,
        _EXECUTION_ID,
        _job.element_id,
        _job.tenant_id,
        _SUSPENDED,
        _job.due_at,
        _job.retries,
        _job.priority,
        _job.error_message,
        _job.error_details,
        _job.failed_element_id,
        _job.created_at,
        _source.batch_id,
    ),
    source=_SOURCE,
    id=_job.id,
    always=_waiting,
    opening=Opening(
        READ_JOB,
        {
            Thing.PROCESS_INSTANCE: _job.process_instance_id,
            Thing.PROCESS_DEFINITION: _definition.key,
            Thing.BATCH: _source.batch_id,
        },
        _job.tenant_id,
        of_starter(_job.process_instance_id),
    ),
    filters=table(
        Filter("jobId", ID, equal(_job.id)),
        Filter("jobIds", IDS, among(_job.id)),
        Filter("jobDefinitionId", ID, equal(_job.job_definition_id)),
        Filter("processInstanceId", ID, equal(_job.process_instance_id)),
        Filter("processInstanceIds", IDS, among(_job.process_instance_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("executionId", ID, equal(_EXECUTION_ID)),
        Filter("activityId", TEXT, equal(_job.element_id)),
        Filter("failedActivityId", TEXT, equal(_job.failed_element_id)),
        Filter("withRetriesLeft", FLAG, when(_job.retries > 0)),
        Filter("noRetriesLeft", FLAG, when(_job.retries == 0)),
        Filter("withException", FLAG, given(_job.error_message)),
        Filter("exceptionMessage", TEXT, equal(_job.error_message)),
        Filter("executable", FLAG, when(_EXECUTABLE)),
        Filter("acquired", FLAG, when(_job.lock_expires_at > NOW)),
        Filter("messages", FLAG, when(_IS_MESSAGE)),
        Filter("timers", FLAG, when(_IS_TIMER)),
        Filter("active", FLAG, when(~_SUSPENDED)),
        Filter("suspended", FLAG, when(_SUSPENDED)),
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


# ---------------------------------------------------------------- job definitions


def _type(kind: ColumnElement[str]) -> ColumnElement[str]:
    """Camunda's type of job, of the kind of a job definition."""
    return case((kind.startswith("async", autoescape=True), "async-continuation"), else_=kind)


_TYPE: Final = _type(_source.kind)
_batch = tables.batch.c
_TENANT: Final = func.coalesce(_definition.tenant_id, _batch.tenant_id)


def _wanted(_: Filters) -> Iterable[ColumnElement[bool]]:
    """What made jobs for a batch is kept with its history."""
    return (_batch.ended_at.is_(None),)


JOB_DEFINITIONS: Resource[JobDefinitionView] = Resource(
    name="job definition",
    make=JobDefinitionView,
    columns=(
        _source.id,
        _source.definition_id,
        _definition.key,
        _definition.version,
        _source.element_id,
        _TYPE,
        _source.configuration,
        _source.suspended,
        _source.priority,
        _definition.deployment_id,
        _TENANT,
    ),
    source=tables.job_definition.outerjoin(
        tables.process_definition, _definition.id == _source.definition_id
    ).outerjoin(tables.batch, _batch.id == _source.batch_id),
    id=_source.id,
    always=_wanted,
    opening=Opening(
        READ_JOB_DEFINITION, {Thing.PROCESS_DEFINITION: _definition.key, Thing.BATCH: _source.batch_id}, _TENANT
    ),
    filters=table(
        Filter("jobDefinitionId", ID, equal(_source.id)),
        Filter("activityIdIn", TEXTS, among(_source.element_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("jobType", TEXT, equal(_TYPE)),
        Filter("jobConfiguration", TEXT, equal(_source.configuration)),
        Filter("active", FLAG, when(~_source.suspended)),
        Filter("suspended", FLAG, when(_source.suspended)),
        Filter("withOverridingJobPriority", FLAG, given(_source.priority)),
        Filter("tenantIdIn", TEXTS, tenant_among(_TENANT, "includeJobDefinitionsWithoutTenantId")),
        Filter("withoutTenantId", FLAG, without_tenant(_TENANT)),
        Filter("includeJobDefinitionsWithoutTenantId", FLAG, no_effect()),
    ),
    sorts={
        "jobDefinitionId": _source.id,
        "activityId": _source.element_id,
        "processDefinitionId": _source.definition_id,
        "processDefinitionKey": _definition.key,
        "jobType": _TYPE,
        "jobConfiguration": _source.configuration,
        "tenantId": _TENANT,
    },
)


# ---------------------------------------------------------------- the log

_LOGGED_EXECUTION: Final = func.coalesce(_element.execution_id, _log.process_instance_id)


def _logged_jobs(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_log.kind != WORK,)


def log_events(event: ColumnElement[str]) -> tuple[Filter, ...]:
    """The flags that choose the kinds of log entry."""
    names = {
        "creationLog": "created",
        "failureLog": "failed",
        "successLog": "succeeded",
        "deletionLog": "deleted",
    }
    return tuple(Filter(name, FLAG, when(event == word)) for name, word in names.items())


JOB_LOGS: Resource[JobLogView] = Resource(
    name="historic job log",
    make=JobLogView,
    columns=(
        _log.id,
        _log.at,
        _log.event,
        _log.job_id,
        _log.due_at,
        _log.retries,
        _log.priority,
        _log.error_message,
        _log.error_details,
        _log.job_definition_id,
        _type(func.coalesce(_source.kind, _log.kind)),
        _source.configuration,
        _log.element_id,
        _log.failed_element_id,
        _LOGGED_EXECUTION,
        _log.process_instance_id,
        _log.root_id,
        _log.definition_id,
        _definition.key,
        _definition.version,
        _definition.deployment_id,
        _log.tenant_id,
        _log.worker,
        _source.batch_id,
        func.coalesce(removal_of(_log.process_instance_id), removal_of_batch(_source.batch_id)),
    ),
    source=tables.job_log.outerjoin(tables.process_definition, _definition.id == _log.definition_id)
    .outerjoin(tables.element_instance, _element.id == _log.element_instance_id)
    .outerjoin(tables.job_definition, _source.id == _log.job_definition_id),
    id=_log.id,
    always=_logged_jobs,
    opening=Opening(
        READ_JOB_HISTORY,
        {
            Thing.PROCESS_DEFINITION: _definition.key,
            Thing.HISTORIC_PROCESS_INSTANCE: _log.process_instance_id,
            Thing.BATCH: _source.batch_id,
        },
        _log.tenant_id,
        of_starter(_log.process_instance_id),
    ),
    filters=table(
        Filter("logId", ID, equal(_log.id)),
        Filter("jobId", ID, equal(_log.job_id)),
        Filter("jobExceptionMessage", TEXT, equal(_log.error_message)),
        Filter("jobDefinitionId", ID, equal(_log.job_definition_id)),
        Filter("jobDefinitionType", TEXT, equal(_TYPE)),
        Filter("jobDefinitionConfiguration", TEXT, equal(_source.configuration)),
        Filter("activityIdIn", TEXTS, among(_log.element_id)),
        Filter("failedActivityIdIn", TEXTS, among(_log.failed_element_id)),
        Filter("executionIdIn", IDS, among(_LOGGED_EXECUTION)),
        Filter("processInstanceId", ID, equal(_log.process_instance_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("deploymentId", ID, equal(_definition.deployment_id)),
        Filter("hostname", TEXT, equal(_log.worker)),
        Filter("jobPriorityHigherThanOrEquals", INTEGER, compare(_log.priority, SINCE)),
        Filter("jobPriorityLowerThanOrEquals", INTEGER, compare(_log.priority, UNTIL)),
        *log_events(_log.event),
        Filter("tenantIdIn", TEXTS, tenant_among(_log.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_log.tenant_id)),
    ),
    sorts={
        "timestamp": _log.at,
        "jobId": _log.job_id,
        "jobDueDate": _log.due_at,
        "jobRetries": _log.retries,
        "jobPriority": _log.priority,
        "jobDefinitionId": _log.job_definition_id,
        "activityId": _log.element_id,
        "executionId": _LOGGED_EXECUTION,
        "processInstanceId": _log.process_instance_id,
        "processDefinitionId": _log.definition_id,
        "processDefinitionKey": _definition.key,
        "deploymentId": _definition.deployment_id,
        "hostname": _log.worker,
        "tenantId": _log.tenant_id,
        "occurrence": _log.id,
    },
)
