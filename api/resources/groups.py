"""Groups and who is in them over REST (Camunda manual, REST API, "Group")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from api.errors import NULL, Answer
from api.resources.links import OF_ALL, OF_MEMBERS, OF_ONE, offer
from api.resources.users import BAD_ID
from api.routing import Body, Routes
from engine import Engine
from engine.authorization import Resource
from engine.errors import Conflict, NotFound
from engine.services.people import GroupView
from engine.services.queries import GROUPS as TABLE

GROUPS = Routes("Group")

MEMBERSHIP: Mapping[type[Exception], Answer] = {
    **NULL,
    Conflict: Answer(500, "ProcessEnginePersistenceException", 0),
}
"""How Camunda tells that something is a member already, or cannot be since there is no such thing."""


class Group(TypedDict):
    """A group of people."""

    id: str
    name: str | None
    type: str | None


def show_group(view: GroupView) -> Group:
    """A group as JSON."""
    return Group(id=view.id, name=view.name, type=view.type)


def _show_all(_: Engine, views: Sequence[GroupView], *__: Mapping[str, Any]) -> list[Group]:
    return [show_group(view) for view in views]


GROUPS.collection("/group", lambda queries: queries.groups, TABLE, _show_all, list[Group], plural="groups")


class GivenGroup(Body):
    """A group; `id` may be left out where the path says it."""

    id: str | None = None
    name: str | None = None
    type: str | None = None


@GROUPS.post("/group/create", "Make a group", fails={**NULL, **BAD_ID})
def create_group(engine: Engine, body: GivenGroup) -> None:
    if body.id is None:
        raise NotFound("group", None, "groupId is null")
    engine.people.create_group(body.id, name=body.name, type=body.type)


@GROUPS.get("/group/{id}", "Get a group")
def get_group(engine: Engine, id: str) -> Group:
    return show_group(engine.people.group(id))


@GROUPS.put("/group/{id}", "Change a group")
def update_group(engine: Engine, id: str, body: GivenGroup) -> None:
    engine.people.update_group(id, name=body.name, type=body.type)


@GROUPS.delete("/group/{id}", "Delete a group")
def delete_group(engine: Engine, id: str) -> None:
    engine.people.delete_group(id)


@GROUPS.put("/group/{id}/members/{user_id}", "Make a user a member of a group", fails=MEMBERSHIP)
def create_group_member(engine: Engine, id: str, user_id: str) -> None:
    engine.people.add_to_group(user_id, id)


@GROUPS.delete("/group/{id}/members/{user_id}", "End a membership in a group")
def delete_group_member(engine: Engine, id: str, user_id: str) -> None:
    engine.people.remove_from_group(user_id, id)


offer(GROUPS, "/group", Resource.GROUP, OF_ALL, "groups", name="group_options")
offer(GROUPS, "/group/{id}", Resource.GROUP, OF_ONE, "a group", name="one_group_options")
offer(
    GROUPS,
    "/group/{id}/members",
    Resource.GROUP_MEMBERSHIP,
    OF_MEMBERS,
    "the members of a group",
    name="group_members_options",
)
