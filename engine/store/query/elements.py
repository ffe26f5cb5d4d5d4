"""Filters and sort keys of element instances, Camunda's historic activity instances (Camunda manual, REST API)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, false, func, or_, select

from engine.authorization import READ_HISTORY
from engine.store import tables
from engine.store.query.conditions import (
    SINCE,
    UNTIL,
    Filters,
    compare,
    definition,
    equal,
    like,
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.instances import IS_VISIT, duration
from engine.store.query.kinds import DEFINITION, ELEMENT_INSTANCE, FLAG, ID, INSTANT, TEXT, TEXTS
from engine.store.query.permitted import of_instance
from engine.store.query.removal import removal_of
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.views import ElementInstanceView

_element = tables.element_instance.c
_definition = tables.process_definition.c
_task = tables.user_task.c
_scope = tables.element_instance.alias("scope")
_sibling = tables.element_instance.alias("sibling")

_PARENT: Final = func.coalesce(_element.flow_scope_id, _element.scope_id)
_SOURCE: Final[FromClause] = (
    tables.element_instance.join(tables.process_definition, _definition.id == _element.definition_id)
    .outerjoin(_scope, _scope.c.id == _PARENT)
    .outerjoin(tables.user_task, _task.id == _element.user_task_id)
)


def _completes_scope() -> ColumnElement[bool]:
    """It is an end event, and nothing in its scope ended after it: with it the scope was complete."""
    siblings = select(1).select_from(_sibling)
    later = or_(
        _sibling.c.ended_at.is_(None),
        _sibling.c.ended_at > _element.ended_at,
        and_(_sibling.c.ended_at == _element.ended_at, _sibling.c.id > _element.id),
    )
    other = exists(
        siblings.where(
            _sibling.c.process_instance_id == _element.process_instance_id,
            _sibling.c.scope_id == _element.scope_id,
            _sibling.c.id != _element.id,
            later,
        )
    )
    ended = and_(
        _element.ended_at.is_not(None), ~_element.canceled, _element.element_kind.endswith("EndEvent", autoescape=True)
    )
    return case((ended, ~other), else_=false())


COMPLETES_SCOPE: Final = _completes_scope()


def _visited(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (IS_VISIT,)


HISTORIC_ELEMENT_INSTANCES: Resource[ElementInstanceView] = Resource(
    name="historic activity instance",
    make=ElementInstanceView,
    columns=(
        _element.id,
        _element.process_instance_id,
        _element.root_id,
        _element.definition_id,
        _definition.key,
        _definition.version,
        _element.tenant_id,
        _PARENT,
        _scope.c.element_id,
        _element.execution_id,
        _element.element_id,
        _element.element_kind,
        _element.element_name,
        _element.called_instance_id,
        _element.user_task_id,
        _task.assignee,
        _element.started_at,
        _element.ended_at,
        _element.canceled,
        COMPLETES_SCOPE,
        removal_of(_element.process_instance_id),
    ),
    source=_SOURCE,
    id=_element.id,
    always=_visited,
    opening=of_instance(READ_HISTORY, _element.process_instance_id, _definition.key, _element.tenant_id),
    filters=table(
        Filter("activityInstanceId", ELEMENT_INSTANCE, equal(_element.id)),
        Filter("activityId", TEXT, equal(_element.element_id)),
        Filter("activityName", TEXT, equal(_element.element_name)),
        Filter("activityNameLike", TEXT, like(_element.element_name)),
        Filter("activityType", TEXT, equal(_element.element_kind)),
        Filter("processInstanceId", ID, equal(_element.process_instance_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("executionId", ID, equal(_element.execution_id)),
        Filter("taskAssignee", TEXT, equal(_task.assignee)),
        Filter("finished", FLAG, when(_element.ended_at.is_not(None))),
        Filter("unfinished", FLAG, when(_element.ended_at.is_(None))),
        Filter("canceled", FLAG, when(_element.canceled)),
        Filter("completeScope", FLAG, when(COMPLETES_SCOPE)),
        Filter("startedBefore", INSTANT, compare(_element.started_at, UNTIL)),
        Filter("startedAfter", INSTANT, compare(_element.started_at, SINCE)),
        Filter("finishedBefore", INSTANT, compare(_element.ended_at, UNTIL)),
        Filter("finishedAfter", INSTANT, compare(_element.ended_at, SINCE)),
        Filter("tenantIdIn", TEXTS, tenant_among(_element.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_element.tenant_id)),
    ),
    sorts={
        "activityInstanceId": _element.id,
        "instanceId": _element.process_instance_id,
        "executionId": _element.execution_id,
        "activityId": _element.element_id,
        "activityName": _element.element_name,
        "activityType": _element.element_kind,
        "startTime": _element.started_at,
        "endTime": _element.ended_at,
        "duration": duration(_element.started_at, _element.ended_at),
        "definitionId": _element.definition_id,
        "occurrence": _element.id,
        "tenantId": _element.tenant_id,
    },
)
