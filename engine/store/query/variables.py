"""Filters and sort keys of variables, living and historic, and of their updates (Camunda manual, REST API)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, LargeBinary, and_, case, false, func, literal, null, or_

from engine.authorization import READ_VARIABLE, READ_VARIABLE_HISTORY
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
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.kinds import (
    DEFINITION,
    ELEMENT_INSTANCE,
    ELEMENT_INSTANCES,
    FLAG,
    ID,
    IDS,
    INSTANT,
    TEXT,
    TEXTS,
    VALUE,
    VARIABLES,
    InvalidQuery,
    VariableCondition,
)
from engine.store.query.permitted import of_instance
from engine.store.query.removal import removal_of
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.scopes import gather
from engine.store.query.variable_filters import IGNORE_NAMES, IGNORE_VALUES, value_condition
from engine.store.query.views import VariableUpdateView, VariableView
from engine.values import Stored, decode

_variable = tables.variable.c
_update = tables.variable_update.c
_task = tables.user_task.c
_element = tables.element_instance.c
_definition = tables.process_definition.c

_VALUE: Final = (
    _variable.value_type,
    _variable.long_value,
    _variable.double_value,
    _variable.text_value,
    _variable.data_value,
    _variable.value_meta,
)

_ELEMENT_INSTANCE_ID: Final = func.coalesce(_variable.element_instance_id, _task.element_instance_id)
_EXECUTION_ID: Final = case((_variable.user_task_id.is_not(None), _task.execution_id), else_=_variable.scope_id)
_ACTIVITY_INSTANCE_ID: Final = func.coalesce(_ELEMENT_INSTANCE_ID, _variable.process_instance_id)
"""As in Camunda, the activity instance of a process instance is itself."""

_SOURCE: Final[FromClause] = (
    tables.variable.outerjoin(tables.user_task, _task.id == _variable.user_task_id)
    .outerjoin(tables.element_instance, _element.id == _ELEMENT_INSTANCE_ID)
    .outerjoin(tables.process_definition, _definition.id == _variable.definition_id)
)

_BEFORE_VALUE: Final = (_variable.id, _variable.name)
_AFTER_VALUE: Final = (
    _variable.process_instance_id,
    _variable.root_id,
    _variable.definition_id,
    _definition.key,
    _definition.version,
    _variable.tenant_id,
    _EXECUTION_ID,
    _variable.user_task_id,
    _ELEMENT_INSTANCE_ID,
    _element.element_id,
    _variable.created_at,
    _variable.ended_at,
    _variable.deleted,
)
_LIVING_COLUMNS: Final = (*_BEFORE_VALUE, *_VALUE, *_AFTER_VALUE, null())
_PAST_COLUMNS: Final = (*_BEFORE_VALUE, *_VALUE, *_AFTER_VALUE, removal_of(_variable.process_instance_id))

T = TypeVar("T")


def without_content(
    columns: tuple[ColumnElement[Any], ...], data: ColumnElement[Any]
) -> tuple[ColumnElement[Any], ...]:
    """The columns, with null for the content of files and byte arrays."""
    return tuple(literal(None, LargeBinary) if column is data else column for column in columns)


def decoded(type: str, long: int | None, double: float | None, text: str | None, data: Any, meta: str | None) -> object:
    """The value that six columns hold; null for bytes that were left out."""
    if data is None and type == "Bytes":
        return None
    return decode(Stored(type, long, double, text, data, meta))


def _view(make: Callable[..., T], before: int) -> Callable[..., T]:
    """Makes a view of a row whose value is in the six columns after the first `before`."""

    def view(*row: Any) -> T:
        stored = row[before : before + 6]
        return make(*row[:before], stored[0], decoded(*stored), *row[before + 6 :])

    return view


# ---------------------------------------------------------------- filters


def _name_is(comparison: Callable[[ColumnElement[Any]], Condition]) -> Condition:
    """A comparison of the name that minds case unless `variableNamesIgnoreCase` is set."""
    minding, not_minding = comparison(_variable.name), comparison(func.lower(_variable.name))

    def condition(name: str, filters: Filters) -> ColumnElement[bool]:
        return not_minding(name.lower(), filters) if filters.get(IGNORE_NAMES) else minding(name, filters)

    return condition


def _values_are(wanted: tuple[VariableCondition, ...], filters: Filters) -> ColumnElement[bool]:
    """The variable is the one named and meets its condition; of several, as no variable has two names, any."""
    return or_(
        *(
            and_(
                _variable.name == each.name,
                value_condition(_variable, each, ignore_case=bool(filters.get(IGNORE_VALUES))),
            )
            for each in wanted
        )
    )


def _value_is(value: object, filters: Filters) -> ColumnElement[bool]:
    name = filters.get("variableName")
    if name is None:
        raise InvalidQuery("Only a single variable value parameter specified: variable name and value are required")
    ignore = bool(filters.get(IGNORE_VALUES))
    return value_condition(_variable, VariableCondition(name, "eq", value), ignore_case=ignore)


def _type_among(types: tuple[str, ...], _: Filters) -> ColumnElement[bool]:
    return _variable.value_type.in_([each[:1].upper() + each[1:] for each in types])


def _living(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_variable.ended_at.is_(None),)


def _gather(connection: Connection, views: Sequence[VariableView]) -> Sequence[VariableView]:
    """With what the instances of loops have given for the lists that collect it."""
    at_elements = {each.id: each.value for each in views if each.element_id is not None and each.user_task_id is None}
    whole = gather(connection, at_elements)
    return [replace(each, value=whole[each.id]) if each.id in whole else each for each in views]


VARIABLE_INSTANCES: Resource[VariableView] = Resource(
    name="variable instance",
    complete=_gather,
    make=_view(VariableView, len(_BEFORE_VALUE)),
    columns=_LIVING_COLUMNS,
    list_columns=without_content(_LIVING_COLUMNS, _variable.data_value),
    source=_SOURCE,
    id=_variable.id,
    always=_living,
    opening=of_instance(
        READ_VARIABLE,
        _variable.process_instance_id,
        _definition.key,
        _variable.tenant_id,
        task_id=_variable.user_task_id,
    ),
    filters=table(
        Filter("variableName", TEXT, _name_is(equal)),
        Filter("variableNameLike", TEXT, _name_is(like)),
        Filter("variableValues", VARIABLES, _values_are),
        Filter(IGNORE_NAMES, FLAG, no_effect()),
        Filter(IGNORE_VALUES, FLAG, no_effect()),
        Filter("processInstanceIdIn", IDS, among(_variable.process_instance_id)),
        Filter("executionIdIn", IDS, among(_EXECUTION_ID)),
        Filter("taskIdIn", IDS, among(_variable.user_task_id)),
        Filter("variableScopeIdIn", IDS, among(_variable.scope_id)),
        Filter("activityInstanceIdIn", ELEMENT_INSTANCES, among(_ACTIVITY_INSTANCE_ID)),
        Filter("caseInstanceIdIn", TEXTS, never()),
        Filter("caseExecutionIdIn", TEXTS, never()),
        Filter("batchIdIn", TEXTS, never()),
        Filter("tenantIdIn", TEXTS, tenant_among(_variable.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_variable.tenant_id)),
    ),
    sorts={
        "variableName": _variable.name,
        "variableType": _variable.value_type,
        "activityInstanceId": _ACTIVITY_INSTANCE_ID,
        "tenantId": _variable.tenant_id,
    },
)


def _not_deleted(filters: Filters) -> Iterable[ColumnElement[bool]]:
    return () if filters.get("includeDeleted") else (~_variable.deleted,)


HISTORIC_VARIABLES: Resource[VariableView] = Resource(
    name="historic variable instance",
    complete=_gather,
    make=_view(VariableView, len(_BEFORE_VALUE)),
    columns=_PAST_COLUMNS,
    list_columns=without_content(_PAST_COLUMNS, _variable.data_value),
    source=_SOURCE,
    id=_variable.id,
    always=_not_deleted,
    opening=of_instance(
        READ_VARIABLE_HISTORY,
        _variable.process_instance_id,
        _definition.key,
        _variable.tenant_id,
        task_id=_variable.user_task_id,
    ),
    filters=table(
        Filter("variableName", TEXT, _name_is(equal)),
        Filter("variableNameLike", TEXT, _name_is(like)),
        Filter("variableNameIn", TEXTS, among(_variable.name)),
        Filter("variableValue", VALUE, _value_is),
        Filter("variableTypeIn", TEXTS, _type_among),
        Filter(IGNORE_NAMES, FLAG, no_effect()),
        Filter(IGNORE_VALUES, FLAG, no_effect()),
        Filter("includeDeleted", FLAG, no_effect()),
        Filter("processInstanceId", ID, equal(_variable.process_instance_id)),
        Filter("processInstanceIdIn", IDS, among(_variable.process_instance_id)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("executionIdIn", IDS, among(_EXECUTION_ID)),
        Filter("taskIdIn", IDS, among(_variable.user_task_id)),
        Filter("activityInstanceIdIn", ELEMENT_INSTANCES, among(_ACTIVITY_INSTANCE_ID)),
        Filter("caseInstanceId", TEXT, never()),
        Filter("caseExecutionIdIn", TEXTS, never()),
        Filter("caseActivityIdIn", TEXTS, never()),
        Filter("tenantIdIn", TEXTS, tenant_among(_variable.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_variable.tenant_id)),
    ),
    sorts={
        "instanceId": _variable.process_instance_id,
        "variableName": _variable.name,
        "tenantId": _variable.tenant_id,
    },
)


# ---------------------------------------------------------------- updates

_UPDATED_VALUE: Final = (
    _update.value_type,
    _update.long_value,
    _update.double_value,
    _update.text_value,
    _update.data_value,
    _update.value_meta,
)
_INITIAL: Final = func.coalesce(
    and_(
        _update.revision == 0,
        _variable.scope_id == _variable.process_instance_id,
        _update.at == tables.process_instance.c.started_at,
        tables.process_instance.c.parent_id.is_(None),
    ),
    false(),
)
_BEFORE_UPDATED_VALUE: Final = (_update.id, _update.variable_id, _update.name)
_UPDATE_COLUMNS: Final = (
    *_BEFORE_UPDATED_VALUE,
    *_UPDATED_VALUE,
    _update.process_instance_id,
    _update.root_id,
    _variable.definition_id,
    _definition.key,
    _definition.version,
    _variable.tenant_id,
    _EXECUTION_ID,
    _update.user_task_id,
    _ELEMENT_INSTANCE_ID,
    _element.element_id,
    _update.revision,
    _INITIAL,
    _update.at,
    _update.user,
    tables.process_instance.c.removal_at,
)


def _updated_type_among(types: tuple[str, ...], _: Filters) -> ColumnElement[bool]:
    return _update.value_type.in_([each[:1].upper() + each[1:] for each in types])


VARIABLE_UPDATES: Resource[VariableUpdateView] = Resource(
    name="historic detail",
    make=_view(VariableUpdateView, len(_BEFORE_UPDATED_VALUE)),
    columns=_UPDATE_COLUMNS,
    list_columns=without_content(_UPDATE_COLUMNS, _update.data_value),
    source=tables.variable_update.join(tables.variable, _variable.id == _update.variable_id)
    .outerjoin(tables.user_task, _task.id == _variable.user_task_id)
    .outerjoin(tables.element_instance, _element.id == _ELEMENT_INSTANCE_ID)
    .outerjoin(tables.process_definition, _definition.id == _variable.definition_id)
    .outerjoin(tables.process_instance, tables.process_instance.c.id == _update.process_instance_id),
    id=_update.id,
    opening=of_instance(
        READ_VARIABLE_HISTORY,
        _update.process_instance_id,
        _definition.key,
        _variable.tenant_id,
        task_id=_update.user_task_id,
    ),
    filters=table(
        Filter("processInstanceId", ID, equal(_update.process_instance_id)),
        Filter("processInstanceIdIn", IDS, among(_update.process_instance_id)),
        Filter("executionId", ID, equal(_EXECUTION_ID)),
        Filter("taskId", ID, equal(_update.user_task_id)),
        Filter("activityInstanceId", ELEMENT_INSTANCE, equal(_ACTIVITY_INSTANCE_ID)),
        Filter("variableInstanceId", ID, equal(_update.variable_id)),
        Filter("variableNameLike", TEXT, like(_update.name)),
        Filter("variableTypeIn", TEXTS, _updated_type_among),
        Filter("variableUpdates", FLAG, no_effect()),
        Filter("formFields", FLAG, never()),
        Filter("initial", FLAG, when(_INITIAL)),
        Filter("excludeTaskDetails", FLAG, when(_update.user_task_id.is_(None))),
        Filter("occurredBefore", INSTANT, compare(_update.at, UNTIL)),
        Filter("occurredAfter", INSTANT, compare(_update.at, SINCE)),
        Filter("userOperationId", TEXT, never()),
        Filter("caseInstanceId", TEXT, never()),
        Filter("caseExecutionId", TEXT, never()),
        Filter("tenantIdIn", TEXTS, tenant_among(_variable.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_variable.tenant_id)),
    ),
    sorts={
        "processInstanceId": _update.process_instance_id,
        "variableName": _update.name,
        "variableType": _update.value_type,
        "variableRevision": _update.revision,
        "time": _update.at,
        "occurrence": _update.id,
        "formPropertyId": _update.id,
        "tenantId": _variable.tenant_id,
    },
)
