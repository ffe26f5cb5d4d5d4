"""Filters and sort keys of what people did, and of who got and lost a part in tasks (Camunda manual, REST API,
"History")."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func

from engine.authorization import READ_HISTORY, READ_OPERATIONS
from engine.authorization import Resource as Thing
from engine.store import tables
from engine.store.query.conditions import (
    SINCE,
    UNTIL,
    among,
    compare,
    definition,
    equal,
    never,
    tenant_among,
    without_tenant,
)
from engine.store.query.kinds import DEFINITION, FLAG, ID, INSTANT, TEXT, TEXTS
from engine.store.query.permitted import Opening, of_instance
from engine.store.query.removal import removal_of, removal_of_batch
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.views import IdentityLinkLogView, OperationView

_operation = tables.operation.c
_log = tables.identity_link_log.c
_task = tables.user_task.c
_definition = tables.process_definition.c

_KEY: Final = func.coalesce(_definition.key, _operation.definition_key)

OPERATIONS: Resource[OperationView] = Resource(
    name="user operation log entry",
    make=OperationView,
    columns=(
        _operation.id,
        _operation.operation_id,
        _operation.type,
        _operation.entity,
        _operation.category,
        _operation.property,
        _operation.old_value,
        _operation.new_value,
        _operation.user_id,
        _operation.tenant_id,
        _operation.deployment_id,
        _definition.id,
        _KEY,
        _definition.version,
        _operation.process_instance_id,
        _operation.root_id,
        _operation.execution_id,
        _operation.user_task_id,
        _operation.job_id,
        _operation.external_task_id,
        _operation.job_definition_id,
        _operation.batch_id,
        _operation.address,
        _operation.request_id,
        _operation.reason,
        _operation.annotation,
        _operation.at,
        func.coalesce(removal_of(_operation.process_instance_id), removal_of_batch(_operation.batch_id)),
    ),
    source=tables.operation.outerjoin(tables.process_definition, _definition.id == _operation.definition_id),
    id=_operation.id,
    opening=Opening(
        READ_OPERATIONS,
        {Thing.OPERATION_LOG_CATEGORY: _operation.category, Thing.PROCESS_DEFINITION: _KEY},
        _operation.tenant_id,
    ),
    filters=table(
        Filter("deploymentId", ID, equal(_operation.deployment_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_KEY)),
        Filter("processInstanceId", ID, equal(_operation.process_instance_id)),
        Filter("executionId", ID, equal(_operation.execution_id)),
        Filter("caseDefinitionId", TEXT, never()),
        Filter("caseInstanceId", TEXT, never()),
        Filter("caseExecutionId", TEXT, never()),
        Filter("taskId", ID, equal(_operation.user_task_id)),
        Filter("externalTaskId", ID, equal(_operation.external_task_id)),
        Filter("batchId", ID, equal(_operation.batch_id)),
        Filter("jobId", ID, equal(_operation.job_id)),
        Filter("jobDefinitionId", ID, equal(_operation.job_definition_id)),
        Filter("userId", TEXT, equal(_operation.user_id)),
        Filter("operationId", ID, equal(_operation.operation_id)),
        Filter("operationType", TEXT, equal(_operation.type)),
        Filter("entityType", TEXT, equal(_operation.entity)),
        Filter("entityTypeIn", TEXTS, among(_operation.entity)),
        Filter("category", TEXT, equal(_operation.category)),
        Filter("categoryIn", TEXTS, among(_operation.category)),
        Filter("property", TEXT, equal(_operation.property)),
        Filter("requestId", TEXT, equal(_operation.request_id)),
        Filter("afterTimestamp", INSTANT, compare(_operation.at, SINCE)),
        Filter("beforeTimestamp", INSTANT, compare(_operation.at, UNTIL)),
        Filter("tenantIdIn", TEXTS, tenant_among(_operation.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_operation.tenant_id)),
    ),
    sorts={"timestamp": _operation.at},
)


IDENTITY_LINK_LOGS: Resource[IdentityLinkLogView] = Resource(
    name="historic identity link log",
    make=IdentityLinkLogView,
    columns=(
        _log.id,
        _log.at,
        _log.operation,
        _log.type,
        _log.user_id,
        _log.group_id,
        _log.assigner,
        _log.user_task_id,
        _log.root_id,
        _definition.id,
        _definition.key,
        _definition.version,
        _log.tenant_id,
        removal_of(_log.process_instance_id),
    ),
    source=tables.identity_link_log.outerjoin(tables.user_task, _task.id == _log.user_task_id).outerjoin(
        tables.process_definition, _definition.id == _task.definition_id
    ),
    id=_log.id,
    opening=of_instance(
        READ_HISTORY, _log.process_instance_id, _definition.key, _log.tenant_id, task_id=_log.user_task_id
    ),
    filters=table(
        Filter("dateAfter", INSTANT, compare(_log.at, SINCE)),
        Filter("dateBefore", INSTANT, compare(_log.at, UNTIL)),
        Filter("type", TEXT, equal(_log.type)),
        Filter("userId", TEXT, equal(_log.user_id)),
        Filter("groupId", TEXT, equal(_log.group_id)),
        Filter("taskId", ID, equal(_log.user_task_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("operationType", TEXT, equal(_log.operation)),
        Filter("assignerId", TEXT, equal(_log.assigner)),
        Filter("tenantIdIn", TEXTS, tenant_among(_log.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_log.tenant_id)),
    ),
    sorts={
        "time": _log.at,
        "type": _log.type,
        "userId": _log.user_id,
        "groupId": _log.group_id,
        "taskId": _log.user_task_id,
        "processDefinitionId": _definition.id,
        "processDefinitionKey": _definition.key,
        "operationType": _log.operation,
        "assignerId": _log.assigner,
        "tenantId": _log.tenant_id,
    },
)
