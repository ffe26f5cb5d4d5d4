"""Filters and sort keys of process instances, running and historic, and of executions (Camunda manual, REST API)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    FromClause,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    type_coerce,
    union_all,
)

from bpmn.model import SCOPES
from engine.authorization import READ_HISTORY, READ_INSTANCE
from engine.core.jobs import TIMER
from engine.core.lifecycle import InstanceState
from engine.store import tables
from engine.store.query.conditions import (
    SINCE,
    UNTIL,
    Condition,
    Filters,
    among,
    compare,
    definition,
    equal,
    like,
    never,
    no_effect,
    not_among,
    tenant_among,
    unlike_all,
    when,
    without_tenant,
)
from engine.store.query.incidents import (
    described_incident_filters,
    has_incident,
    has_incident_with,
    incident_filters,
    is_open,
    is_root,
)
from engine.store.query.kinds import (
    DEFINITION,
    FLAG,
    ID,
    IDS,
    INCIDENT_STATUS,
    INSTANT,
    SOME_IDS,
    TEXT,
    TEXTS,
    VARIABLES,
)
from engine.store.query.permitted import of_instance
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.subscriptions import subscription_filters
from engine.store.query.variable_filters import IGNORE_NAMES, IGNORE_VALUES, has_variables
from engine.store.query.views import ExecutionView, ProcessInstanceView

_instance = tables.process_instance.c
_definition = tables.process_definition.c
_element = tables.element_instance.c

_SOURCE: Final[FromClause] = tables.process_instance.join(
    tables.process_definition, _definition.id == _instance.definition_id
)
_COLUMNS: Final = (
    _instance.id,
    _instance.root_id,
    _instance.parent_id,
    _instance.definition_id,
    _definition.key,
    _definition.version,
    _definition.name,
    _instance.tenant_id,
    _instance.business_key,
    _instance.state,
    _instance.start_element_id,
    _instance.start_user,
    _instance.started_at,
    _instance.ended_at,
    _instance.delete_reason,
    _instance.restarted_id,
    _instance.removal_at,
)

IS_VISIT: Final = and_(_element.started_at.is_not(None), _element.compensates_id.is_(None))
"""It is history: no token before or after an element, and no scope in which a completed one is compensated."""


def _visits(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """There is an element instance of this process instance that is history."""
    element = select(1).select_from(tables.element_instance)
    return exists(element.where(_element.process_instance_id == _instance.id, IS_VISIT, *conditions))


def _is_at() -> Condition:
    """A token is at one of the elements: an element instance, or a transition instance."""

    def condition(ids: tuple[str, ...], _: Filters) -> ColumnElement[bool]:
        element = select(1).select_from(tables.element_instance)
        return exists(
            element.where(
                _element.process_instance_id == _instance.id, _element.ended_at.is_(None), _element.element_id.in_(ids)
            )
        )

    return condition


def _is_active_at() -> Condition:
    return lambda ids, _: _visits(_element.ended_at.is_(None), _element.element_id.in_(ids))


def _was_at() -> Condition:
    return lambda ids, _: _visits(_element.ended_at.is_not(None), _element.element_id.in_(ids))


def _visited(comparison: Callable[[Any, Any], Any]) -> Condition:
    """An element instance started or ended then."""
    return lambda at, _: _visits(or_(comparison(_element.started_at, at), comparison(_element.ended_at, at)))


def _other(condition: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """There is another process instance that stands so to this one."""
    other = tables.process_instance.alias()
    return exists(select(1).select_from(other).where(condition(other.c)))


def _parent_of() -> Condition:
    return lambda child, _: _other(lambda other: and_(other.id == child, other.parent_id == _instance.id))


def _states(*states: InstanceState) -> ColumnElement[bool]:
    return _instance.state.in_(states)


def _state(*states: InstanceState) -> Condition:
    return when(_states(*states))


_IS_LEAF: Final = ~_other(lambda other: and_(other.parent_id == _instance.id, other.ended_at.is_(None)))
_DEPLOYMENT: Final = equal(_definition.deployment_id)
_CASE_FILTERS: Final = tuple(
    Filter(name, TEXT, never()) for name in ("caseInstanceId", "superCaseInstance", "subCaseInstance")
)
_job = tables.job.c
_log = tables.job_log.c


def _own(incident: Any) -> ColumnElement[bool]:
    return incident.process_instance_id == _instance.id  # type: ignore[no-any-return]


def _did_job(comparison: Callable[[Any, Any], Any]) -> Condition:
    """One of its jobs was tried then, whatever became of it."""
    done = select(1).select_from(tables.job_log)
    tried = _log.event.in_(("succeeded", "failed"))
    return lambda at, _: exists(done.where(_log.process_instance_id == _instance.id, tried, comparison(_log.at, at)))


_IS_RETRYING: Final = exists(
    select(1)
    .select_from(tables.job)
    .where(
        _job.process_instance_id == _instance.id,
        _job.ended_at.is_(None),
        _job.retries > 0,
        _job.error_message.is_not(None),
    )
)


def _incident_status(incident: Any) -> Condition:
    """Camunda's word for the state of an incident: open or resolved."""
    return lambda status, _: incident.state == status


_IGNORE_CASE: Final = (Filter(IGNORE_NAMES, FLAG, no_effect()), Filter(IGNORE_VALUES, FLAG, no_effect()))


def _global_variable(variable: Any) -> ColumnElement[bool]:
    return and_(variable.scope_id == _instance.id, variable.ended_at.is_(None))


def _any_variable(variable: Any) -> ColumnElement[bool]:
    return and_(variable.process_instance_id == _instance.id, ~variable.deleted)


def _running(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_instance.ended_at.is_(None),)


PROCESS_INSTANCES: Resource[ProcessInstanceView] = Resource(
    name="process instance",
    make=ProcessInstanceView,
    columns=_COLUMNS,
    source=_SOURCE,
    id=_instance.id,
    always=_running,
    opening=of_instance(READ_INSTANCE, _instance.id, _definition.key, _instance.tenant_id),
    filters=table(
        Filter("processInstanceIds", SOME_IDS, among(_instance.id)),
        Filter("businessKey", TEXT, equal(_instance.business_key)),
        Filter("businessKeyLike", TEXT, like(_instance.business_key)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("processDefinitionKeyIn", TEXTS, among(_definition.key)),
        Filter("processDefinitionKeyNotIn", TEXTS, not_among(_definition.key)),
        Filter("processDefinitionWithoutTenantId", FLAG, when(_definition.tenant_id == "")),
        Filter("deploymentId", ID, _DEPLOYMENT),
        Filter("superProcessInstance", ID, equal(_instance.parent_id)),
        Filter("subProcessInstance", ID, _parent_of()),
        Filter("rootProcessInstanceId", ID, equal(_instance.root_id)),
        Filter("rootProcessInstances", FLAG, when(_instance.parent_id.is_(None))),
        Filter("leafProcessInstances", FLAG, when(_IS_LEAF)),
        Filter("active", FLAG, _state(InstanceState.ACTIVE)),
        Filter("suspended", FLAG, _state(InstanceState.SUSPENDED)),
        Filter("activityIdIn", TEXTS, _is_at()),
        Filter("variables", VARIABLES, has_variables(_global_variable)),
        *_IGNORE_CASE,
        *_CASE_FILTERS,
        Filter("withIncident", FLAG, when(has_incident(_own, is_open))),
        *incident_filters(_own),
        Filter("tenantIdIn", TEXTS, tenant_among(_instance.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_instance.tenant_id)),
    ),
    sorts={
        "instanceId": _instance.id,
        "definitionKey": _definition.key,
        "definitionId": _instance.definition_id,
        "tenantId": _instance.tenant_id,
        "businessKey": _instance.business_key,
    },
)


def duration(started: ColumnElement[Any], ended: ColumnElement[Any]) -> ColumnElement[Any]:
    """Milliseconds between two instants; null while it lasts."""
    return type_coerce(ended, BigInteger) - type_coerce(started, BigInteger)


HISTORIC_PROCESS_INSTANCES: Resource[ProcessInstanceView] = Resource(
    name="historic process instance",
    make=ProcessInstanceView,
    columns=_COLUMNS,
    source=_SOURCE,
    id=_instance.id,
    opening=of_instance(READ_HISTORY, _instance.id, _definition.key, _instance.tenant_id),
    filters=table(
        Filter("processInstanceId", ID, equal(_instance.id)),
        Filter("processInstanceIds", SOME_IDS, among(_instance.id)),
        Filter("processInstanceIdNotIn", IDS, not_among(_instance.id)),
        Filter("processInstanceBusinessKey", TEXT, equal(_instance.business_key)),
        Filter("processInstanceBusinessKeyIn", TEXTS, among(_instance.business_key)),
        Filter("processInstanceBusinessKeyLike", TEXT, like(_instance.business_key)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("processDefinitionKeyIn", TEXTS, among(_definition.key)),
        Filter("processDefinitionKeyNotIn", TEXTS, unlike_all(_definition.key)),
        Filter("processDefinitionName", TEXT, equal(_definition.name)),
        Filter("processDefinitionNameLike", TEXT, like(_definition.name)),
        Filter("superProcessInstanceId", ID, equal(_instance.parent_id)),
        Filter("subProcessInstanceId", ID, _parent_of()),
        Filter("rootProcessInstanceId", ID, equal(_instance.root_id)),
        Filter("rootProcessInstances", FLAG, when(_instance.parent_id.is_(None))),
        Filter("finished", FLAG, when(_instance.ended_at.is_not(None))),
        Filter("unfinished", FLAG, when(_instance.ended_at.is_(None))),
        Filter("active", FLAG, _state(InstanceState.ACTIVE)),
        Filter("suspended", FLAG, _state(InstanceState.SUSPENDED)),
        Filter("completed", FLAG, _state(InstanceState.COMPLETED)),
        Filter("externallyTerminated", FLAG, _state(InstanceState.EXTERNALLY_TERMINATED)),
        Filter("internallyTerminated", FLAG, _state(InstanceState.INTERNALLY_TERMINATED)),
        Filter("startedBy", TEXT, equal(_instance.start_user)),
        Filter("startedBefore", INSTANT, compare(_instance.started_at, UNTIL)),
        Filter("startedAfter", INSTANT, compare(_instance.started_at, SINCE)),
        Filter("finishedBefore", INSTANT, compare(_instance.ended_at, UNTIL)),
        Filter("finishedAfter", INSTANT, compare(_instance.ended_at, SINCE)),
        Filter("activityIdIn", TEXTS, _is_active_at()),
        Filter("activeActivityIdIn", TEXTS, _is_active_at()),
        Filter("executedActivityIdIn", TEXTS, _was_at()),
        Filter("executedActivityBefore", INSTANT, _visited(UNTIL)),
        Filter("executedActivityAfter", INSTANT, _visited(SINCE)),
        Filter("executedJobBefore", INSTANT, _did_job(UNTIL)),
        Filter("executedJobAfter", INSTANT, _did_job(SINCE)),
        Filter("variables", VARIABLES, has_variables(_any_variable)),
        *_IGNORE_CASE,
        Filter("caseInstanceId", TEXT, never()),
        Filter("superCaseInstanceId", TEXT, never()),
        Filter("subCaseInstanceId", TEXT, never()),
        Filter("withIncidents", FLAG, when(has_incident(_own))),
        Filter("withRootIncidents", FLAG, when(has_incident(_own, is_root))),
        Filter("withJobsRetrying", FLAG, when(_IS_RETRYING)),
        Filter("incidentIdIn", IDS, has_incident_with(_own, lambda incident: among(incident.id), alive=False)),
        Filter("incidentStatus", INCIDENT_STATUS, has_incident_with(_own, _incident_status, alive=False)),
        *described_incident_filters(_own, alive=False),
        Filter("tenantIdIn", TEXTS, tenant_among(_instance.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_instance.tenant_id)),
    ),
    sorts={
        "instanceId": _instance.id,
        "definitionId": _instance.definition_id,
        "definitionKey": _definition.key,
        "definitionName": _definition.name,
        "definitionVersion": _definition.version,
        "businessKey": _instance.business_key,
        "startTime": _instance.started_at,
        "endTime": _instance.ended_at,
        "duration": duration(_instance.started_at, _instance.ended_at),
        "tenantId": _instance.tenant_id,
    },
)


# ---------------------------------------------------------------- executions


_SCOPE_KINDS: Final = tuple(SCOPES)


def _scopes() -> CompoundSelect[Any]:
    """Every living scope of variables: process instances, and element instances that are their own execution.

    `alone` tells an element instance that was beside others when it began and is not any more: as nothing else needs a
    scope of its own there (variables, or an event that is waited for), Camunda's clients expect the execution around
    it to have taken its place.
    """
    parent = tables.element_instance.alias("parent")
    local = tables.variable.alias("local")
    has_local_variables = exists(
        select(1).select_from(local).where(local.c.scope_id == _element.id, local.c.ended_at.is_(None))
    )
    waits = exists(
        select(1)
        .select_from(tables.subscription)
        .where(tables.subscription.c.scope_id == _element.id, tables.subscription.c.ended_at.is_(None))
    )
    has_timer = exists(
        select(1)
        .select_from(tables.job)
        .where(_job.element_instance_id == _element.id, _job.ended_at.is_(None), _job.kind == TIMER)
    )
    alone = and_(
        func.coalesce(parent.c.tokens, _instance.tokens) == 1,
        _element.element_kind.not_in(_SCOPE_KINDS),
        _element.loop_counter.is_(None),
        _element.flow_scope_id.is_(None),
        _element.tokens == 0,
        ~has_local_variables,
        ~waits,
        ~has_timer,
    )
    instances = select(
        _instance.id,
        _instance.id.label("process_instance_id"),
        _instance.definition_id,
        _instance.tenant_id,
        false().label("alone"),
    ).where(_instance.ended_at.is_(None))
    elements = (
        select(_element.id, _element.process_instance_id, _element.definition_id, _element.tenant_id, alone)
        .select_from(
            tables.element_instance.join(
                tables.process_instance, _instance.id == _element.process_instance_id
            ).outerjoin(parent, parent.c.id == _element.scope_id)
        )
        .where(_element.ended_at.is_(None), _element.id == _element.execution_id)
    )
    return union_all(instances, elements)


_scope = _scopes().subquery("execution")
_owner = tables.process_instance.alias("owner")


def _runs() -> Condition:
    """The token at that element lives in the execution."""

    def condition(element_id: str, _: Filters) -> ColumnElement[bool]:
        element = select(1).select_from(tables.element_instance)
        return exists(
            element.where(
                _element.execution_id == _scope.c.id,
                _element.process_instance_id == _scope.c.process_instance_id,
                _element.ended_at.is_(None),
                _element.element_id == element_id,
            )
        )

    return condition


def _not_alone(filters: Filters) -> Iterable[ColumnElement[bool]]:
    return () if "activityId" in filters else (~_scope.c.alone,)


EXECUTIONS: Resource[ExecutionView] = Resource(
    name="execution",
    make=ExecutionView,
    columns=(_scope.c.id, _scope.c.process_instance_id, _scope.c.tenant_id),
    source=_scope.join(_owner, _owner.c.id == _scope.c.process_instance_id).join(
        tables.process_definition, _definition.id == _scope.c.definition_id
    ),
    id=_scope.c.id,
    listed=_not_alone,
    opening=of_instance(READ_INSTANCE, _scope.c.process_instance_id, _definition.key, _scope.c.tenant_id),
    filters=table(
        Filter("processInstanceId", ID, equal(_scope.c.process_instance_id)),
        Filter("businessKey", TEXT, equal(_owner.c.business_key)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("activityId", TEXT, _runs()),
        Filter("active", FLAG, when(_owner.c.state == InstanceState.ACTIVE)),
        Filter("suspended", FLAG, when(_owner.c.state == InstanceState.SUSPENDED)),
        Filter(
            "variables",
            VARIABLES,
            has_variables(lambda variable: and_(variable.scope_id == _scope.c.id, variable.ended_at.is_(None))),
        ),
        Filter(
            "processVariables",
            VARIABLES,
            has_variables(
                lambda variable: and_(variable.scope_id == _scope.c.process_instance_id, variable.ended_at.is_(None))
            ),
        ),
        *_IGNORE_CASE,
        *subscription_filters(_scope.c.id),
        *incident_filters(lambda incident: incident.execution_id == _scope.c.id),
        Filter("tenantIdIn", TEXTS, tenant_among(_scope.c.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_scope.c.tenant_id)),
    ),
    sorts={
        "instanceId": _scope.c.process_instance_id,
        "definitionKey": _definition.key,
        "definitionId": _definition.id,
        "tenantId": _scope.c.tenant_id,
    },
)
