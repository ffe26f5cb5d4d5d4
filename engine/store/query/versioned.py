"""The filters and sort keys that all kinds of definitions have (Camunda manual, REST API, the "Get List" pages)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from engine.store.query.conditions import (
    definition,
    definition_among,
    equal,
    like,
    no_effect,
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.kinds import DEFINITION, DEFINITIONS, FLAG, ID, INTEGER, TEXT, TEXTS
from engine.store.query.resource import Filter


def is_latest(table: Table) -> ColumnElement[bool]:
    """It has the highest version of its key and tenant."""
    newer = table.alias()
    latest = select(func.max(newer.c.version)).where(newer.c.tenant_id == table.c.tenant_id, newer.c.key == table.c.key)
    return table.c.version == latest.scalar_subquery()


def version_filters(table: Table, kind: str) -> tuple[Filter, ...]:
    """What can be asked of every kind; `kind` is Camunda's word for it: "processDefinition"."""
    column, others = table.c, f"include{kind[0].upper()}{kind[1:]}sWithoutTenantId"
    return (
        Filter(f"{kind}Id", DEFINITION, definition(table)),
        Filter(f"{kind}IdIn", DEFINITIONS, definition_among(table)),
        Filter("key", TEXT, equal(column.key)),
        Filter("keyLike", TEXT, like(column.key)),
        Filter("name", TEXT, equal(column.name)),
        Filter("nameLike", TEXT, like(column.name)),
        Filter("version", INTEGER, equal(column.version)),
        Filter("latestVersion", FLAG, when(is_latest(table))),
        Filter("deploymentId", ID, equal(column.deployment_id)),
        Filter("resourceName", TEXT, equal(column.resource_name)),
        Filter("resourceNameLike", TEXT, like(column.resource_name)),
        Filter("category", TEXT, equal(column.category)),
        Filter("categoryLike", TEXT, like(column.category)),
        Filter("tenantIdIn", TEXTS, tenant_among(column.tenant_id, others)),
        Filter("withoutTenantId", FLAG, without_tenant(column.tenant_id)),
        Filter(others, FLAG, no_effect()),
    )


def version_sorts(table: Table) -> dict[str, ColumnElement[Any]]:
    """What every kind can be sorted by."""
    column = table.c
    return {
        "key": column.key,
        "id": column.id,
        "name": column.name,
        "version": column.version,
        "deploymentId": column.deployment_id,
        "tenantId": column.tenant_id,
        "category": column.category,
    }
