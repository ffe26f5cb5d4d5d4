"""Tenants and who belongs to them over REST (Camunda manual, REST API, "Tenant")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from api.errors import NULL
from api.resources.groups import MEMBERSHIP
from api.resources.links import OF_ALL, OF_MEMBERS, OF_ONE, offer
from api.resources.users import BAD_ID
from api.routing import Body, Routes
from engine import Engine
from engine.authorization import Resource
from engine.errors import NotFound
from engine.services.people import TenantView
from engine.services.queries import TENANTS as TABLE

TENANTS = Routes("Tenant")


class Tenant(TypedDict):
    """A tenant."""

    id: str
    name: str | None


def _show(view: TenantView) -> Tenant:
    return Tenant(id=view.id, name=view.name)


def _show_all(_: Engine, views: Sequence[TenantView], *__: Mapping[str, Any]) -> list[Tenant]:
    return [_show(view) for view in views]


TENANTS.collection(
    "/tenant", lambda queries: queries.tenants, TABLE, _show_all, list[Tenant], post=False, plural="tenants"
)


class GivenTenant(Body):
    """A tenant; `id` may be left out where the path says it."""

    id: str | None = None
    name: str | None = None


@TENANTS.post("/tenant/create", "Make a tenant", fails={**NULL, **BAD_ID})
def create_tenant(engine: Engine, body: GivenTenant) -> None:
    if body.id is None:
        raise NotFound("tenant", None, "tenantId is null")
    engine.people.create_tenant(body.id, name=body.name)


@TENANTS.get("/tenant/{id}", "Get a tenant")
def get_tenant(engine: Engine, id: str) -> Tenant:
    return _show(engine.people.tenant(id))


@TENANTS.put("/tenant/{id}", "Change a tenant")
def update_tenant(engine: Engine, id: str, body: GivenTenant) -> None:
    engine.people.update_tenant(id, name=body.name)


@TENANTS.delete("/tenant/{id}", "Delete a tenant")
def delete_tenant(engine: Engine, id: str) -> None:
    engine.people.delete_tenant(id)


@TENANTS.put("/tenant/{id}/user-members/{user_id}", "Make a user a member of a tenant", fails=MEMBERSHIP)
def create_tenant_user(engine: Engine, id: str, user_id: str) -> None:
    engine.people.add_user_to_tenant(user_id, id)


@TENANTS.delete("/tenant/{id}/user-members/{user_id}", "End the membership of a user in a tenant")
def delete_tenant_user(engine: Engine, id: str, user_id: str) -> None:
    engine.people.remove_user_from_tenant(user_id, id)


@TENANTS.put("/tenant/{id}/group-members/{group_id}", "Make a group a member of a tenant", fails=MEMBERSHIP)
def create_tenant_group(engine: Engine, id: str, group_id: str) -> None:
    engine.people.add_group_to_tenant(group_id, id)


@TENANTS.delete("/tenant/{id}/group-members/{group_id}", "End the membership of a group in a tenant")
def delete_tenant_group(engine: Engine, id: str, group_id: str) -> None:
    engine.people.remove_group_from_tenant(group_id, id)


offer(TENANTS, "/tenant", Resource.TENANT, OF_ALL, "tenants", name="tenant_options")
offer(TENANTS, "/tenant/{id}", Resource.TENANT, OF_ONE, "a tenant", name="one_tenant_options")
for whose in ("user", "group"):
    offer(
        TENANTS,
        f"/tenant/{{id}}/{whose}-members",
        Resource.TENANT_MEMBERSHIP,
        OF_MEMBERS,
        f"the {whose}s of a tenant",
        name=f"tenant_{whose}s_options",
    )
