"""Filters and sort keys of users, groups and tenants (Camunda manual, REST API, "User", "Group", "Tenant"), and of what
users sign in with."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Table, func, or_, select

from engine.authorization import READ_GROUP, READ_TENANT, READ_USER, administer
from engine.authorization import Resource as Thing
from engine.store import identity, tables
from engine.store.query.conditions import (
    AFTER,
    NOW,
    Condition,
    Filters,
    among,
    compare,
    equal,
    like,
    like_text,
    no_effect,
)
from engine.store.query.kinds import DEFINITION, FLAG, INSTANT, TEXT, TEXTS, DefinitionId
from engine.store.query.permitted import Opening
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.views import GroupView, SessionView, TenantView, TokenView, UserView

_user, _group, _tenant = tables.user_account.c, tables.user_group.c, tables.tenant.c
_session, _token = tables.web_session.c, tables.api_token.c
_member, _tenant_user, _tenant_group = tables.group_member, tables.tenant_user, tables.tenant_group

_known_by: Final = func.coalesce(_user.first_name, "") + " " + func.coalesce(_user.last_name, "") + " " + _user.id
"""All that one may call a user by."""


def _joined(id: ColumnElement[Any], members: Table, mine: str, theirs: str) -> Condition:
    """There is a membership of this row and of what the value names."""
    return lambda value, _: id.in_(select(members.c[mine]).where(members.c[theirs] == value))


def _may_start(wanted: DefinitionId, _: Filters) -> ColumnElement[bool]:
    """The model of that process definition names the user, or a group of the user, as one who may start it."""
    starter = tables.candidate_starter.c
    named = select(starter.user_id).where(starter.definition_id == wanted.id)
    groups = select(starter.group_id).where(starter.definition_id == wanted.id)
    return or_(_user.id.in_(named), _user.id.in_(select(_member.c.user_id).where(_member.c.group_id.in_(groups))))


def _of_user(user_id: str, filters: Filters) -> ColumnElement[bool]:
    """The user is a member of the tenant, or with `includingGroupsOfUser` one of the user's groups is."""
    own = _tenant.id.in_(select(_tenant_user.c.tenant_id).where(_tenant_user.c.user_id == user_id))
    if not filters.get("includingGroupsOfUser"):
        return own
    groups = select(_member.c.group_id).where(_member.c.user_id == user_id)
    return or_(own, _tenant.id.in_(select(_tenant_group.c.tenant_id).where(_tenant_group.c.group_id.in_(groups))))


USERS: Final[Resource[UserView]] = Resource(
    name="user",
    make=UserView,
    columns=(_user.id, _user.first_name, _user.last_name, _user.email),
    source=tables.user_account,
    id=_user.id,
    opening=Opening(READ_USER, {Thing.USER: _user.id}, own=lambda actor: _user.id == actor.user_id),
    filters=table(
        Filter("id", TEXT, equal(_user.id)),
        Filter("idIn", TEXTS, among(_user.id)),
        Filter("firstName", TEXT, equal(_user.first_name)),
        Filter("firstNameLike", TEXT, like(_user.first_name)),
        Filter("lastName", TEXT, equal(_user.last_name)),
        Filter("lastNameLike", TEXT, like(_user.last_name)),
        Filter("email", TEXT, equal(_user.email)),
        Filter("emailLike", TEXT, like(_user.email)),
        Filter("nameOrIdLike", TEXT, like_text(_known_by)),
        Filter("memberOfGroup", TEXT, _joined(_user.id, _member, "user_id", "group_id")),
        Filter("memberOfTenant", TEXT, _joined(_user.id, _tenant_user, "user_id", "tenant_id")),
        Filter("potentialStarter", DEFINITION, _may_start),
    ),
    sorts={"userId": _user.id, "firstName": _user.first_name, "lastName": _user.last_name, "email": _user.email},
)

GROUPS: Final[Resource[GroupView]] = Resource(
    name="group",
    make=GroupView,
    columns=(_group.id, _group.name, _group.type),
    source=tables.user_group,
    id=_group.id,
    opening=Opening(READ_GROUP, {Thing.GROUP: _group.id}, own=lambda actor: _group.id.in_(sorted(actor.groups))),
    filters=table(
        Filter("id", TEXT, equal(_group.id)),
        Filter("idIn", TEXTS, among(_group.id)),
        Filter("name", TEXT, equal(_group.name)),
        Filter("nameLike", TEXT, like(_group.name)),
        Filter("type", TEXT, equal(_group.type)),
        Filter("member", TEXT, _joined(_group.id, _member, "group_id", "user_id")),
        Filter("memberOfTenant", TEXT, _joined(_group.id, _tenant_group, "group_id", "tenant_id")),
    ),
    sorts={"id": _group.id, "name": _group.name, "type": _group.type},
)

TENANTS: Final[Resource[TenantView]] = Resource(
    name="tenant",
    make=TenantView,
    columns=(_tenant.id, _tenant.name),
    source=tables.tenant,
    id=_tenant.id,
    opening=Opening(READ_TENANT, {Thing.TENANT: _tenant.id}, own=lambda actor: _tenant.id.in_(sorted(actor.tenants))),
    filters=table(
        Filter("id", TEXT, equal(_tenant.id)),
        Filter("name", TEXT, equal(_tenant.name)),
        Filter("nameLike", TEXT, like(_tenant.name)),
        Filter("userMember", TEXT, _of_user),
        Filter("groupMember", TEXT, _joined(_tenant.id, _tenant_group, "tenant_id", "group_id")),
        Filter("includingGroupsOfUser", FLAG, no_effect()),
    ),
    sorts={"id": _tenant.id, "name": _tenant.name},
)

_CHANGE_USER: Final = administer(Thing.USER, "UPDATE")
"""Who may give a user another password may see, and take away, what else the user comes in with."""

SESSIONS: Final[Resource[SessionView]] = Resource(
    name="session",
    make=SessionView,
    columns=identity.SESSION,
    source=tables.web_session,
    id=_session.id,
    opening=Opening(_CHANGE_USER, {Thing.USER: _session.user_id}, own=lambda actor: _session.user_id == actor.user_id),
    listed=lambda _: (_session.expires_at > NOW,),
    filters=table(
        Filter("userId", TEXT, equal(_session.user_id)),
        Filter("seenAfter", INSTANT, compare(_session.seen_at, AFTER)),
    ),
    sorts={"userId": _session.user_id, "created": _session.created_at, "lastSeen": _session.seen_at},
)

TOKENS: Final[Resource[TokenView]] = Resource(
    name="token",
    make=TokenView,
    columns=identity.TOKEN,
    source=tables.api_token,
    id=_token.id,
    opening=Opening(_CHANGE_USER, {Thing.USER: _token.user_id}, own=lambda actor: _token.user_id == actor.user_id),
    filters=table(
        Filter("userId", TEXT, equal(_token.user_id)),
        Filter("nameLike", TEXT, like(_token.name)),
    ),
    sorts={
        "userId": _token.user_id,
        "name": _token.name,
        "created": _token.created_at,
        "lastUsed": _token.used_at,
        "expires": _token.expires_at,
    },
)
