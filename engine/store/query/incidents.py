"""Filters and sort keys of incidents, and what other things ask of them (Camunda manual, REST API, "Incident")."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Text, and_, case, cast, exists, null, select

from engine.authorization import READ_HISTORY, READ_INSTANCE
from engine.core.lifecycle import IncidentState
from engine.core.state import FAILED_EXTERNAL_TASK
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
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.kinds import DEFINITION, FLAG, ID, IDS, INSTANT, TEXT, TEXTS
from engine.store.query.permitted import of_instance
from engine.store.query.removal import removal_of
from engine.store.query.resource import Filter, Resource, SortKey, table
from engine.store.query.views import IncidentView

_incident = tables.incident.c
_definition = tables.process_definition.c


def _of_cause(incident: Any, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column that the incidents have not which calling instances get from the one of the called instance."""
    return case((incident.cause_id == incident.id, column), else_=null())


_MESSAGE: Final = _of_cause(_incident, _incident.message)
_CONFIGURATION: Final = _of_cause(_incident, _incident.configuration)
_FAILED_AT: Final = case(
    (_incident.reported, _incident.failed_element_id),
    (and_(_incident.cause_id == _incident.id, _incident.kind != FAILED_EXTERNAL_TASK), _incident.failed_element_id),
    else_=null(),
)
_COLUMNS: Final = (
    _incident.id,
    _incident.kind,
    _incident.state,
    _incident.definition_id,
    _definition.key,
    _definition.version,
    _incident.process_instance_id,
    _incident.root_id,
    _incident.execution_id,
    _incident.element_instance_id,
    _incident.element_id,
    _FAILED_AT,
    _incident.cause_id,
    _incident.root_cause_id,
    _CONFIGURATION,
    _MESSAGE,
    _incident.job_definition_id,
    _incident.tenant_id,
    _incident.annotation,
    _incident.created_at,
    _incident.ended_at,
    removal_of(_incident.process_instance_id),
)
_SOURCE: Final[FromClause] = tables.incident.outerjoin(
    tables.process_definition, _definition.id == _incident.definition_id
)
_FILTERS: Final = (
    Filter("incidentId", ID, equal(_incident.id)),
    Filter("incidentType", TEXT, equal(_incident.kind)),
    Filter("incidentMessage", TEXT, equal(_MESSAGE)),
    Filter("incidentMessageLike", TEXT, like(_MESSAGE)),
    Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
    Filter("processDefinitionKeyIn", TEXTS, among(_definition.key)),
    Filter("processInstanceId", ID, equal(_incident.process_instance_id)),
    Filter("executionId", ID, equal(_incident.execution_id)),
    Filter("activityId", TEXT, equal(_incident.element_id)),
    Filter("failedActivityId", TEXT, equal(_FAILED_AT)),
    Filter("causeIncidentId", ID, equal(_incident.cause_id)),
    Filter("rootCauseIncidentId", ID, equal(_incident.root_cause_id)),
    Filter("configuration", TEXT, equal(_CONFIGURATION)),
    Filter("jobDefinitionIdIn", IDS, among(_incident.job_definition_id)),
    Filter("tenantIdIn", TEXTS, tenant_among(_incident.tenant_id)),
)
_SORTS: Final[dict[str, SortKey]] = {
    "incidentId": _incident.id,
    "incidentMessage": _MESSAGE,
    "incidentType": _incident.kind,
    "executionId": _incident.execution_id,
    "activityId": _incident.element_id,
    "processInstanceId": _incident.process_instance_id,
    "processDefinitionId": _incident.definition_id,
    "causeIncidentId": _incident.cause_id,
    "rootCauseIncidentId": _incident.root_cause_id,
    "configuration": _CONFIGURATION,
    "tenantId": _incident.tenant_id,
}


def _open(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_incident.ended_at.is_(None),)


INCIDENTS: Resource[IncidentView] = Resource(
    name="incident",
    make=IncidentView,
    columns=_COLUMNS,
    source=_SOURCE,
    id=_incident.id,
    always=_open,
    opening=of_instance(READ_INSTANCE, _incident.process_instance_id, _definition.key, _incident.tenant_id),
    filters=table(
        *_FILTERS,
        Filter("incidentTimestampBefore", INSTANT, compare(_incident.created_at, UNTIL)),
        Filter("incidentTimestampAfter", INSTANT, compare(_incident.created_at, SINCE)),
    ),
    sorts={**_SORTS, "incidentTimestamp": _incident.created_at},
)

HISTORIC_INCIDENTS: Resource[IncidentView] = Resource(
    name="historic incident",
    make=IncidentView,
    columns=_COLUMNS,
    source=_SOURCE,
    id=_incident.id,
    opening=of_instance(READ_HISTORY, _incident.process_instance_id, _definition.key, _incident.tenant_id),
    filters=table(
        *_FILTERS,
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("historyConfiguration", TEXT, never()),
        Filter("createTimeBefore", INSTANT, compare(_incident.created_at, UNTIL)),
        Filter("createTimeAfter", INSTANT, compare(_incident.created_at, SINCE)),
        Filter("endTimeBefore", INSTANT, compare(_incident.ended_at, UNTIL)),
        Filter("endTimeAfter", INSTANT, compare(_incident.ended_at, SINCE)),
        Filter("open", FLAG, when(_incident.state == IncidentState.OPEN)),
        Filter("resolved", FLAG, when(_incident.state == IncidentState.RESOLVED)),
        Filter("deleted", FLAG, when(_incident.state == IncidentState.DELETED)),
        Filter("withoutTenantId", FLAG, without_tenant(_incident.tenant_id)),
    ),
    sorts={
        **_SORTS,
        "createTime": _incident.created_at,
        "endTime": _incident.ended_at,
        "processDefinitionKey": _definition.key,
        "historyConfiguration": cast(null(), Text),
        "incidentState": _incident.state,
    },
)


# ---------------------------------------------------------------- asked of other things

Link = Callable[[Any], ColumnElement[bool]]
"""From the columns of `incident` to which incidents are those of a row."""


def has_incident(link: Link, *conditions: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """The row has an incident for which all the conditions hold."""
    incident = tables.incident.alias()
    wanted = (condition(incident.c) for condition in conditions)
    return exists(select(1).select_from(incident).where(link(incident.c), *wanted))


def has_incident_with(link: Link, condition: Callable[[Any], Condition], *, alive: bool) -> Condition:
    """The row has an incident (that is open) with the filter's value in the column that `condition` compares."""

    def asked(value: Any, filters: Filters) -> ColumnElement[bool]:
        incident = tables.incident.alias()
        wanted = [link(incident.c), condition(incident.c)(value, filters)]
        if alive:
            wanted.append(incident.c.ended_at.is_(None))
        return exists(select(1).select_from(incident).where(*wanted))

    return asked


def incident_filters(link: Link) -> tuple[Filter, ...]:
    """The filters by which things that run are found by their open incidents."""
    return (
        Filter("incidentId", ID, has_incident_with(link, lambda incident: equal(incident.id), alive=True)),
        *described_incident_filters(link, alive=True),
    )


def described_incident_filters(link: Link, *, alive: bool) -> tuple[Filter, ...]:
    """The filters by type and message of incidents, open ones if `alive`."""
    return (
        Filter("incidentType", TEXT, has_incident_with(link, lambda incident: equal(incident.kind), alive=alive)),
        Filter(
            "incidentMessage",
            TEXT,
            has_incident_with(link, lambda incident: equal(_of_cause(incident, incident.message)), alive=alive),
        ),
        Filter(
            "incidentMessageLike",
            TEXT,
            has_incident_with(link, lambda incident: like(_of_cause(incident, incident.message)), alive=alive),
        ),
    )


def is_open(incident: Any) -> ColumnElement[bool]:
    """Nobody has done anything about it yet."""
    return incident.ended_at.is_(None)  # type: ignore[no-any-return]


def is_root(incident: Any) -> ColumnElement[bool]:
    """It happened there, and not in an instance that was called."""
    return incident.root_cause_id == incident.id  # type: ignore[no-any-return]
