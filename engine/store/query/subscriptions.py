"""Filters and sort keys of event subscriptions (Camunda manual, REST API, "Event Subscription")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select

from engine.authorization import READ_INSTANCE
from engine.core.subscriptions import MESSAGE, SIGNAL
from engine.store import tables
from engine.store.query.conditions import Condition, Filters, equal, no_effect, tenant_among, without_tenant
from engine.store.query.kinds import FLAG, ID, TEXT, TEXTS
from engine.store.query.permitted import key_of, of_instance
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.views import SubscriptionView

_subscription = tables.subscription.c


def _open(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_subscription.ended_at.is_(None),)


EVENT_SUBSCRIPTIONS: Resource[SubscriptionView] = Resource(
    name="event subscription",
    make=SubscriptionView,
    columns=(
        _subscription.id,
        _subscription.kind,
        _subscription.name,
        _subscription.execution_id,
        _subscription.process_instance_id,
        _subscription.element_id,
        _subscription.tenant_id,
        _subscription.created_at,
    ),
    source=tables.subscription,
    id=_subscription.id,
    always=_open,
    opening=of_instance(
        READ_INSTANCE,
        _subscription.process_instance_id,
        key_of(_subscription.definition_id),
        _subscription.tenant_id,
    ),
    filters=table(
        Filter("eventSubscriptionId", ID, equal(_subscription.id)),
        Filter("eventName", TEXT, equal(_subscription.name)),
        Filter("eventType", TEXT, equal(_subscription.kind)),
        Filter("executionId", ID, equal(_subscription.scope_id)),
        Filter("processInstanceId", ID, equal(_subscription.process_instance_id)),
        Filter("activityId", TEXT, equal(_subscription.element_id)),
        Filter(
            "tenantIdIn",
            TEXTS,
            tenant_among(_subscription.tenant_id, include="includeEventSubscriptionsWithoutTenantId"),
        ),
        Filter("withoutTenantId", FLAG, without_tenant(_subscription.tenant_id)),
        Filter("includeEventSubscriptionsWithoutTenantId", FLAG, no_effect()),
    ),
    sorts={"created": _subscription.created_at, "tenantId": _subscription.tenant_id},
)


def waits_for(scope_id: ColumnElement[int], kind: str) -> Condition:
    """The scope waits for a message or a signal of that name."""

    def condition(name: Any, _: Filters) -> ColumnElement[bool]:
        subscription = tables.subscription.alias()
        wanted = (
            subscription.c.scope_id == scope_id,
            subscription.c.name == name,
            subscription.c.kind == kind,
            subscription.c.ended_at.is_(None),
        )
        return exists(select(1).select_from(subscription).where(and_(*wanted)))

    return condition


def subscription_filters(scope_id: ColumnElement[int]) -> tuple[Filter, ...]:
    """The filters by which executions are found by what they wait for."""
    return (
        Filter("messageEventSubscriptionName", TEXT, waits_for(scope_id, MESSAGE)),
        Filter("signalEventSubscriptionName", TEXT, waits_for(scope_id, SIGNAL)),
    )
