"""Filters and sort keys of external tasks and their log (Camunda manual, REST API, "External Task", "History")."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, and_, false, func, or_, select

from engine.authorization import READ_HISTORY, READ_INSTANCE
from engine.core.lifecycle import InstanceState
from engine.store import tables
from engine.store.query.conditions import (
    AFTER,
    BEFORE,
    NOW,
    SINCE,
    UNTIL,
    Filters,
    among,
    compare,
    definition,
    equal,
    like,
    no_effect,
    tenant_among,
    unless,
    when,
    without_tenant,
)
from engine.store.query.jobs import WORK, log_events
from engine.store.query.kinds import (
    DEFINITION,
    ELEMENT_INSTANCES,
    FLAG,
    ID,
    IDS,
    INSTANT,
    INTEGER,
    TEXT,
    TEXTS,
    VARIABLES,
)
from engine.store.query.permitted import Viewer, of_instance, of_tenant, opened
from engine.store.query.removal import removal_of
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.variable_filters import IGNORE_NAMES, IGNORE_VALUES, has_variables
from engine.store.query.views import ExternalTaskLogView, ExternalTaskView

_job = tables.job.c
_definition = tables.process_definition.c
_element = tables.element_instance.c
_instance = tables.process_instance.c
_log = tables.job_log.c

_SOURCE: Final[FromClause] = (
    tables.job.join(tables.process_definition, _definition.id == _job.definition_id)
    .join(tables.element_instance, _element.id == _job.element_instance_id)
    .join(tables.process_instance, _instance.id == _job.process_instance_id)
)
_SUSPENDED: Final = or_(_job.suspended, _instance.state == InstanceState.SUSPENDED)
_LOCKED: Final = _job.lock_expires_at > NOW
_HAS_RETRIES: Final = or_(_job.retries.is_(None), _job.retries > 0)


def _of_instance(variable: Any) -> ColumnElement[bool]:
    return and_(variable.scope_id == _job.process_instance_id, variable.ended_at.is_(None))


def _work(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_job.ended_at.is_(None), _job.kind == WORK)


EXTERNAL_TASKS: Resource[ExternalTaskView] = Resource(
    name="external task",
    make=ExternalTaskView,
    columns=(
        _job.id,
        _job.topic,
        _job.lock_owner,
        _job.lock_expires_at,
        _job.process_instance_id,
        _instance.business_key,
        _job.definition_id,
        _definition.key,
        _definition.version,
        _definition.version_tag,
        _element.execution_id,
        _job.element_instance_id,
        _job.element_id,
        _job.tenant_id,
        _SUSPENDED,
        _job.retries,
        _job.priority,
        _job.error_message,
        _job.error_details,
        _job.created_at,
    ),
    source=_SOURCE,
    id=_job.id,
    always=_work,
    opening=of_instance(READ_INSTANCE, _job.process_instance_id, _definition.key, _job.tenant_id),
    filters=table(
        Filter("externalTaskId", ID, equal(_job.id)),
        Filter("externalTaskIdIn", IDS, among(_job.id)),
        Filter("topicName", TEXT, equal(_job.topic)),
        Filter("workerId", TEXT, equal(_job.lock_owner)),
        Filter("locked", FLAG, when(_LOCKED)),
        Filter("notLocked", FLAG, unless(_LOCKED)),
        Filter("withRetriesLeft", FLAG, when(_HAS_RETRIES)),
        Filter("noRetriesLeft", FLAG, when(_job.retries == 0)),
        Filter("lockExpirationAfter", INSTANT, compare(_job.lock_expires_at, AFTER)),
        Filter("lockExpirationBefore", INSTANT, compare(_job.lock_expires_at, BEFORE)),
        Filter("activityId", TEXT, equal(_job.element_id)),
        Filter("activityIdIn", TEXTS, among(_job.element_id)),
        Filter("executionId", ID, equal(_element.execution_id)),
        Filter("processInstanceId", ID, equal(_job.process_instance_id)),
        Filter("processInstanceIdIn", IDS, among(_job.process_instance_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("processDefinitionKeyIn", TEXTS, among(_definition.key)),
        Filter("processDefinitionName", TEXT, equal(_definition.name)),
        Filter("processDefinitionNameLike", TEXT, like(_definition.name)),
        Filter("processVariables", VARIABLES, has_variables(_of_instance)),
        Filter(IGNORE_NAMES, FLAG, no_effect()),
        Filter(IGNORE_VALUES, FLAG, no_effect()),
        Filter("active", FLAG, when(~_SUSPENDED)),
        Filter("suspended", FLAG, when(_SUSPENDED)),
        Filter("priorityHigherThanOrEquals", INTEGER, compare(_job.priority, SINCE)),
        Filter("priorityLowerThanOrEquals", INTEGER, compare(_job.priority, UNTIL)),
        Filter("tenantIdIn", TEXTS, tenant_among(_job.tenant_id)),
    ),
    sorts={
        "id": _job.id,
        "lockExpirationTime": _job.lock_expires_at,
        "processInstanceId": _job.process_instance_id,
        "processDefinitionId": _job.definition_id,
        "processDefinitionKey": _definition.key,
        "tenantId": _job.tenant_id,
        "taskPriority": _job.priority,
        "createTime": _job.created_at,
    },
)


_TOPICS: Final[dict[str, ColumnElement[bool]]] = {
    "withLockedTasks": _LOCKED,
    "withUnlockedTasks": ~func.coalesce(_LOCKED, false()),
    "withRetriesLeft": _HAS_RETRIES,
}


def topic_names(
    connection: Connection, chosen: Iterable[str], now: datetime, viewer: Viewer | None = None
) -> list[str]:
    """The topics of living external tasks that meet all that is chosen (names as in REST), by name."""
    conditions = [_TOPICS[name] for name in chosen]
    if viewer is not None:
        conditions += [of_tenant(_job.tenant_id, viewer.actor), opened(EXTERNAL_TASKS.opening, viewer)]
    wanted = (_job.ended_at.is_(None), _job.kind == WORK, *conditions)
    source = tables.job.join(tables.process_definition, _definition.id == _job.definition_id)
    statement = select(_job.topic).select_from(source).where(*wanted).distinct()
    return [topic for (topic,) in connection.execute(statement.order_by(_job.topic), {"now": now})]


# ---------------------------------------------------------------- the log


def _logged_work(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_log.kind == WORK,)


EXTERNAL_TASK_LOGS: Resource[ExternalTaskLogView] = Resource(
    name="historic external task log",
    make=ExternalTaskLogView,
    columns=(
        _log.id,
        _log.at,
        _log.event,
        _log.job_id,
        _log.topic,
        _log.worker,
        _log.retries,
        _log.priority,
        _log.error_message,
        _log.error_details,
        _log.element_id,
        _log.element_instance_id,
        _element.execution_id,
        _log.process_instance_id,
        _log.root_id,
        _log.definition_id,
        _definition.key,
        _definition.version,
        _log.tenant_id,
        removal_of(_log.process_instance_id),
    ),
    source=tables.job_log.outerjoin(tables.process_definition, _definition.id == _log.definition_id).outerjoin(
        tables.element_instance, _element.id == _log.element_instance_id
    ),
    id=_log.id,
    always=_logged_work,
    opening=of_instance(READ_HISTORY, _log.process_instance_id, _definition.key, _log.tenant_id),
    filters=table(
        Filter("logId", ID, equal(_log.id)),
        Filter("externalTaskId", ID, equal(_log.job_id)),
        Filter("topicName", TEXT, equal(_log.topic)),
        Filter("workerId", TEXT, equal(_log.worker)),
        Filter("errorMessage", TEXT, equal(_log.error_message)),
        Filter("activityIdIn", TEXTS, among(_log.element_id)),
        Filter("activityInstanceIdIn", ELEMENT_INSTANCES, among(_log.element_instance_id)),
        Filter("executionIdIn", IDS, among(_element.execution_id)),
        Filter("processInstanceId", ID, equal(_log.process_instance_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("priorityHigherThanOrEquals", INTEGER, compare(_log.priority, SINCE)),
        Filter("priorityLowerThanOrEquals", INTEGER, compare(_log.priority, UNTIL)),
        *log_events(_log.event),
        Filter("tenantIdIn", TEXTS, tenant_among(_log.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_log.tenant_id)),
    ),
    sorts={
        "timestamp": _log.at,
        "taskId": _log.job_id,
        "externalTaskId": _log.job_id,
        "topicName": _log.topic,
        "workerId": _log.worker,
        "retries": _log.retries,
        "priority": _log.priority,
        "activityId": _log.element_id,
        "activityInstanceId": _log.element_instance_id,
        "executionId": _element.execution_id,
        "processInstanceId": _log.process_instance_id,
        "processDefinitionId": _log.definition_id,
        "processDefinitionKey": _definition.key,
        "tenantId": _log.tenant_id,
    },
)
