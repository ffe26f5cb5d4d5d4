"""Authorizations over REST (Camunda manual, REST API, "Authorization")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from typing_extensions import TypedDict

from api.errors import Answer, refuse
from api.resources.links import OF_ALL, OF_ONE, offer
from api.routing import Body, Routes, ThingId
from engine import Engine
from engine.authorization import Authorization, Resource, permission_names
from engine.errors import BadRequest
from engine.services.authorizations import NobodyMeant, Taken, UnknownKind
from engine.services.queries import AUTHORIZATIONS as TABLE

AUTHORIZATIONS = Routes("Authorization")

AuthorizationId = Annotated[int, ThingId("authorization")]


class ShownAuthorization(TypedDict):
    """An authorization: type 0 is everybody's, 1 grants, 2 revokes."""

    id: str
    type: int
    permissions: list[str]
    userId: str | None
    groupId: str | None
    resourceType: int
    resourceId: str | None
    removalTime: None
    rootProcessInstanceId: None


def show_authorization(row: Authorization) -> ShownAuthorization:
    """An authorization as REST has it."""
    return {
        "id": str(row.id),
        "type": row.type.value,
        "permissions": permission_names(row.resource, row.permissions),
        "userId": row.user_id,
        "groupId": row.group_id,
        "resourceType": row.resource.value,
        "resourceId": row.resource_id,
        "removalTime": None,
        "rootProcessInstanceId": None,
    }


def _show_all(_: Engine, rows: Sequence[Authorization], *__: Mapping[str, Any]) -> list[ShownAuthorization]:
    return [show_authorization(row) for row in rows]


AUTHORIZATIONS.collection(
    "/authorization",
    lambda queries: queries.authorizations,
    TABLE,
    _show_all,
    list[ShownAuthorization],
    post=False,
    plural="authorizations",
)


class Given(Body):
    """What is permitted, to whom and on what."""

    permissions: list[str] | None = None
    user_id: str | None = None
    group_id: str | None = None
    resource_type: int | None = None
    resource_id: str | None = None


class GivenAnew(Given):
    """An authorization of a type: 0 is everybody's, 1 grants, 2 revokes."""

    type: int | None = None


def _about(body: Given) -> tuple[int, list[str]]:
    if body.resource_type is None:
        raise refuse("resourceType: is required")
    if body.permissions is None:
        raise refuse("permissions: is required")
    return body.resource_type, body.permissions


UNFIT = {
    NobodyMeant: Answer(500, "NullValueException", 0),
    UnknownKind: Answer(500, "ProcessEngineException", 0),
    Taken: Answer(500, "ProcessEnginePersistenceException", 0),
}


@AUTHORIZATIONS.post("/authorization/create", "Permit something, or take it away", fails=UNFIT)
def create_authorization(engine: Engine, body: GivenAnew) -> ShownAuthorization:
    if body.type is None:
        raise refuse("type: is required")
    resource, permissions = _about(body)
    made = engine.authorizations.create(
        body.type,
        resource,
        permissions,
        resource_id=body.resource_id,
        user_id=body.user_id,
        group_id=body.group_id,
    )
    return show_authorization(made)


class CheckResult(TypedDict):
    """Whether something is permitted."""

    permissionName: str
    resourceName: str
    resourceId: str | None
    isAuthorized: bool
    authorized: bool


@AUTHORIZATIONS.get("/authorization/check", "Ask whether something is permitted to oneself, or to another user")
def check_authorization(
    engine: Engine,
    permission_name: str | None = None,
    resource_name: str | None = None,
    resource_type: int | None = None,
    resource_id: str | None = None,
    user_id: str | None = None,
) -> CheckResult:
    for name, value in (
        ("permissionName", permission_name),
        ("resourceName", resource_name),
        ("resourceType", resource_type),
    ):
        if value is None:
            raise refuse(f"Query parameter '{name}' cannot be null")
    if engine.actor.user_id is None:
        raise refuse("You must be authenticated in order to use this resource.", status=401)
    if resource_type not in list(Resource):
        raise BadRequest(f"There is no resource type {resource_type}")
    permitted = engine.explanations.is_permitted(
        user_id or engine.actor.user_id, str(permission_name), Resource(resource_type), resource_id
    )
    return {
        "permissionName": str(permission_name),
        "resourceName": str(resource_name),
        "resourceId": resource_id,
        "isAuthorized": permitted,
        "authorized": permitted,
    }


@AUTHORIZATIONS.get("/authorization/{id}", "Get an authorization")
def get_authorization(engine: Engine, id: AuthorizationId) -> ShownAuthorization:
    return show_authorization(engine.authorizations.get(id))


@AUTHORIZATIONS.put("/authorization/{id}", "Change an authorization", fails=UNFIT)
def update_authorization(engine: Engine, id: AuthorizationId, body: Given) -> None:
    resource, permissions = _about(body)
    engine.authorizations.update(
        id, resource, permissions, resource_id=body.resource_id, user_id=body.user_id, group_id=body.group_id
    )


@AUTHORIZATIONS.delete("/authorization/{id}", "Delete an authorization")
def delete_authorization(engine: Engine, id: AuthorizationId) -> None:
    engine.authorizations.delete(id)


offer(AUTHORIZATIONS, "/authorization", Resource.AUTHORIZATION, OF_ALL, "authorizations", name="authorization_options")
offer(
    AUTHORIZATIONS,
    "/authorization/{id}",
    Resource.AUTHORIZATION,
    OF_ONE,
    "an authorization",
    name="authorization_instance_options",
)
