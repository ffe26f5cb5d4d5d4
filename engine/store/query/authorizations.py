"""Filters and sort keys of authorizations (Camunda manual, REST API, "Authorization")."""

from __future__ import annotations

from engine.authorization import READ_AUTHORIZATION, Authorization
from engine.authorization import Resource as Thing
from engine.store import tables
from engine.store.authorizations import load
from engine.store.query.conditions import Filters, among, equal
from engine.store.query.kinds import ID, INTEGER, TEXT, TEXTS, ContradictoryQuery
from engine.store.query.permitted import Opening
from engine.store.query.resource import Filter, Resource, table

_rule = tables.authorization_rule.c


def _check_whose(filters: Filters, *, alternatives: bool) -> None:
    if "userIdIn" in filters and "groupIdIn" in filters and not alternatives:
        raise ContradictoryQuery("Cannot query for user and group authorizations at the same time.")


AUTHORIZATIONS: Resource[Authorization] = Resource(
    name="authorization",
    make=load,
    columns=(
        _rule.id,
        _rule.type,
        _rule.user_id,
        _rule.group_id,
        _rule.resource,
        _rule.resource_id,
        _rule.permissions,
    ),
    source=tables.authorization_rule,
    id=_rule.id,
    check=_check_whose,
    opening=Opening(READ_AUTHORIZATION, {Thing.AUTHORIZATION: _rule.id}),
    filters=table(
        Filter("id", ID, equal(_rule.id)),
        Filter("type", INTEGER, equal(_rule.type)),
        Filter("userIdIn", TEXTS, among(_rule.user_id)),
        Filter("groupIdIn", TEXTS, among(_rule.group_id)),
        Filter("resourceType", INTEGER, equal(_rule.resource)),
        Filter("resourceId", TEXT, equal(_rule.resource_id)),
    ),
    sorts={"resourceType": _rule.resource, "resourceId": _rule.resource_id},
)
