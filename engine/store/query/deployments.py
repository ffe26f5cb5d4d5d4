"""Filters and sort keys of deployments and process definitions (Camunda manual, REST API, the "Get List" pages)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from engine.authorization import READ_DEFINITION, READ_DEPLOYMENT, START
from engine.authorization import Resource as Thing
from engine.store import tables
from engine.store.query.conditions import (
    AFTER,
    BEFORE,
    Condition,
    Filters,
    among,
    compare,
    equal,
    like,
    like_text,
    missing,
    no_effect,
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.incidents import incident_filters
from engine.store.query.kinds import FLAG, ID, INSTANT, INTEGER, TEXT, TEXTS, InvalidQuery
from engine.store.query.permitted import Opening, Viewer, permitted, startable
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.versioned import is_latest, version_filters, version_sorts
from engine.store.query.views import DeploymentView, ProcessDefinitionView

_deployment = tables.deployment.c
_definition = tables.process_definition.c


def _check_source(filters: Filters, *, alternatives: bool) -> None:
    if filters.get("source") and filters.get("withoutSource") and not alternatives:
        raise InvalidQuery("The query parameters withoutSource and source cannot be used in combination.")


DEPLOYMENTS: Resource[DeploymentView] = Resource(
    name="deployment",
    check=_check_source,
    make=DeploymentView,
    columns=(_deployment.id, _deployment.name, _deployment.source, _deployment.tenant_id, _deployment.deployed_at),
    source=tables.deployment,
    id=_deployment.id,
    opening=Opening(READ_DEPLOYMENT, {Thing.DEPLOYMENT: _deployment.id}, _deployment.tenant_id),
    filters=table(
        Filter("id", ID, equal(_deployment.id)),
        Filter("name", TEXT, equal(_deployment.name)),
        Filter("nameLike", TEXT, like(_deployment.name)),
        Filter("source", TEXT, equal(_deployment.source)),
        Filter("withoutSource", FLAG, missing(_deployment.source)),
        Filter("before", INSTANT, compare(_deployment.deployed_at, BEFORE)),
        Filter("after", INSTANT, compare(_deployment.deployed_at, AFTER)),
        Filter("tenantIdIn", TEXTS, tenant_among(_deployment.tenant_id, "includeDeploymentsWithoutTenantId")),
        Filter("withoutTenantId", FLAG, without_tenant(_deployment.tenant_id)),
        Filter("includeDeploymentsWithoutTenantId", FLAG, no_effect()),
    ),
    sorts={
        "id": _deployment.id,
        "name": _deployment.name,
        "deploymentTime": _deployment.deployed_at,
        "tenantId": _deployment.tenant_id,
    },
)


def _startable_by(user: str, _: Filters) -> ColumnElement[bool]:
    """The model names the user, or a group of the user, as one who may start it."""
    starter, member = tables.candidate_starter.c, tables.group_member.c
    groups = select(member.group_id).where(member.user_id == user)
    named = or_(starter.user_id == user, starter.group_id.in_(groups))
    return _definition.id.in_(select(starter.definition_id).where(named))


def _deployed(comparison: Callable[[Any, Any], Any]) -> Condition:
    return compare(_deployment.deployed_at, comparison)


def _that_may_be_started(filters: Filters, viewer: Viewer) -> Iterable[ColumnElement[bool]]:
    if not filters.get("startablePermissionCheck") or viewer.actor.administrator:
        return ()
    by_right = permitted(START, {Thing.PROCESS_DEFINITION: _definition.key}, viewer.permissions)
    return (or_(by_right, startable(viewer.actor)),)


PROCESS_DEFINITIONS: Resource[ProcessDefinitionView] = Resource(
    name="process definition",
    make=ProcessDefinitionView,
    columns=(
        _definition.id,
        _definition.key,
        _definition.version,
        _definition.name,
        _definition.description,
        _definition.version_tag,
        _definition.deployment_id,
        _definition.resource_id,
        _definition.resource_name,
        _definition.diagram_name,
        _definition.tenant_id,
        _definition.suspended,
        _definition.history_time_to_live,
        _definition.startable_in_tasklist,
        _definition.start_form_key,
        _definition.created_at,
        _definition.category,
    ),
    source=tables.process_definition.join(tables.deployment, _deployment.id == _definition.deployment_id),
    id=_definition.id,
    opening=Opening(READ_DEFINITION, {Thing.PROCESS_DEFINITION: _definition.key}, _definition.tenant_id, startable),
    asked_of=_that_may_be_started,
    filters=table(
        *version_filters(tables.process_definition, "processDefinition"),
        Filter("keysIn", TEXTS, among(_definition.key)),
        Filter("nameOrKeyLike", TEXT, like_text(func.coalesce(_definition.name, _definition.key))),
        Filter("ver", INTEGER, equal(_definition.version)),
        Filter("latest", FLAG, when(is_latest(tables.process_definition))),
        Filter("versionTag", TEXT, equal(_definition.version_tag)),
        Filter("versionTagLike", TEXT, like(_definition.version_tag)),
        Filter("withoutVersionTag", FLAG, missing(_definition.version_tag)),
        Filter("deployedAfter", INSTANT, _deployed(AFTER)),
        Filter("deployedAt", INSTANT, equal(_deployment.deployed_at)),
        Filter("active", FLAG, when(~_definition.suspended)),
        Filter("suspended", FLAG, when(_definition.suspended)),
        Filter("startableInTasklist", FLAG, when(_definition.startable_in_tasklist)),
        Filter("notStartableInTasklist", FLAG, when(~_definition.startable_in_tasklist)),
        Filter("startablePermissionCheck", FLAG, no_effect()),
        Filter("startableBy", TEXT, _startable_by),
        *incident_filters(lambda incident: incident.definition_id == _definition.id),
    ),
    sorts={
        **version_sorts(tables.process_definition),
        "deployTime": _deployment.deployed_at,
        "versionTag": _definition.version_tag,
    },
)
