"""Why somebody may do something, or may not, for those who administer permissions."""

from __future__ import annotations

from typing_extensions import TypedDict

from api.errors import refuse
from api.resources.authorizations import ShownAuthorization, show_authorization
from api.routing import Routes
from engine import Engine
from engine.authorization import Resource
from engine.services.explanations import Reason

ACCESS = Routes("Access")


class Access(TypedDict):
    """One thing that may be done or not. `because` "own": it is the user's own; "nothing": nothing permits it."""

    action: str
    permitted: bool
    because: Reason
    permission: str | None
    resource: str | None
    authorization: ShownAuthorization | None


class Explanation(TypedDict):
    """What a user may do with a thing, or with all of a kind. `isThere`: it is, for the user's tenants."""

    userId: str | None
    groups: list[str]
    tenants: list[str]
    administrator: bool
    isThere: bool
    access: list[Access]


@ACCESS.get("/access", "Explain what a user may do with a thing, or with all of a kind, and why")
def explain_access(engine: Engine, resource: str, user: str | None = None, id: str | None = None) -> Explanation:
    user_id = user or engine.actor.user_id
    if user_id is None:
        raise refuse("user: is required where nobody is signed in")
    explained = engine.explanations.explain(user_id, _read_resource(resource), id)
    actor = explained.actor
    return {
        "userId": actor.user_id,
        "groups": sorted(actor.groups),
        "tenants": sorted(actor.tenants),
        "administrator": actor.administrator,
        "isThere": explained.is_there,
        "access": [
            Access(
                action=each.action,
                permitted=each.permitted,
                because=each.because,
                permission=None if each.right is None else each.right.permission,
                resource=None if each.right is None else each.right.resource.name,
                authorization=None if each.authorization is None else show_authorization(each.authorization),
            )
            for each in explained.answers
        ],
    }


def _read_resource(text: str) -> Resource:
    for each in Resource:
        if text.upper() in (each.name, str(each.value)):
            return each
    raise refuse(f"There is no kind of thing '{text[:100]}'; there are {', '.join(each.name for each in Resource)}")
