"""Signing in and out in a browser, who is signed in, and where else they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict

from api.authentication import Authentication, Identity
from api.errors import Answer, Refused, refuse
from api.product import product_version
from api.routing import Body, Routes
from api.shapes import show_date
from engine import Engine
from engine.authorization import Actor, Resource
from engine.services.credentials import SessionView, UserView

SESSION = Routes("Session")

WRONG = Answer(401, "AuthenticationException")


class SessionUser(TypedDict):
    """Who is signed in."""

    id: str
    firstName: str | None
    lastName: str | None
    email: str | None


class SessionGroup(TypedDict):
    """A group of who is signed in."""

    id: str
    name: str | None
    type: str | None


class SessionTenant(TypedDict):
    """A tenant of who is signed in."""

    id: str
    name: str | None


class Session(TypedDict):
    """Who is signed in, and what the web app may show them. `user` is null where nobody has to sign in.

    `capabilities` tells by the name of a part of the web app whether it has anything for this user; `csrfToken` is what
    requests that change something must have in the header `X-XSRF-TOKEN`, null where there is no session cookie.
    """

    user: SessionUser | None
    groups: list[SessionGroup]
    tenants: list[SessionTenant]
    administrator: bool
    capabilities: dict[str, bool]
    csrfToken: str | None
    authentication: str
    version: str
    demo: bool


def show_session(engine: Engine, identity: Identity, authentication: Authentication) -> Session:
    """The session of an identity."""
    person = identity.person
    return Session(
        user=None if person is None else _show_user(person.user),
        groups=[SessionGroup(id=each.id, name=each.name, type=each.type) for each in person.groups] if person else [],
        tenants=[SessionTenant(id=each.id, name=each.name) for each in person.tenants] if person else [],
        administrator=identity.actor.administrator,
        capabilities=capabilities(engine, identity.actor),
        csrfToken=identity.csrf_token,
        authentication="on" if authentication.required else "off",
        version=product_version(),
        demo=authentication.demo,
    )


def _show_user(user: UserView) -> SessionUser:
    return SessionUser(id=user.id, firstName=user.first_name, lastName=user.last_name, email=user.email)


CAPABILITIES: Mapping[str, Sequence[tuple[Resource, str]]] = {
    "processes": (
        (Resource.PROCESS_DEFINITION, "READ_INSTANCE"),
        (Resource.PROCESS_DEFINITION, "READ_HISTORY"),
        (Resource.PROCESS_INSTANCE, "READ"),
    ),
    "decisions": ((Resource.DECISION_DEFINITION, "READ"), (Resource.DECISION_DEFINITION, "READ_HISTORY")),
    "modeler": ((Resource.DEPLOYMENT, "CREATE"),),
    "deployments": ((Resource.DEPLOYMENT, "READ"),),
    "batches": ((Resource.BATCH, "READ"),),
    "admin": ((Resource.AUTHORIZATION, "READ"), (Resource.USER, "CREATE"), (Resource.GROUP, "CREATE")),
}
"""Parts of the web app that are not for everybody, and the permissions of which any one, on anything, opens them."""


def capabilities(engine: Engine, actor: Actor) -> dict[str, bool]:
    """Which parts of the web app have anything for whoever acts."""
    if actor.administrator:
        return dict.fromkeys(CAPABILITIES, True)
    permissions = engine.authorizations.permissions_of(actor)

    def on_anything(resource: Resource, permission: str) -> bool:
        verdicts = permissions.verdicts(resource, permission)
        return bool(verdicts.permitted) or verdicts.others is True

    return {part: any(on_anything(*one) for one in wanted) for part, wanted in CAPABILITIES.items()}


class SignIn(Body):
    """A user and their password."""

    username: str
    password: str


@SESSION.get("/session", "Who is signed in", open=True)
def get_session(engine: Engine, authentication: Authentication) -> Session:
    return show_session(engine, authentication.identify(), authentication)


@SESSION.post("/session", "Sign in with a password; the answer sets the cookies of a session", open=True)
def sign_in(engine: Engine, authentication: Authentication, body: SignIn) -> Session:
    authentication.require_own_page()
    if not authentication.required:
        raise refuse("Nobody has to sign in: BATON_AUTH is off")
    person = authentication.check(body.username, body.password)
    if person is None:
        raise Refused(WRONG, "The user does not exist or the password is wrong")
    return show_session(engine, authentication.sign_in(person), authentication)


@SESSION.delete("/session", "Sign out")
def sign_out(authentication: Authentication) -> None:
    authentication.sign_out()


class KnownSession(TypedDict):
    """A browser in which a user is signed in."""

    id: str
    userId: str
    address: str | None
    userAgent: str | None
    created: str | None
    lastSeen: str | None
    expires: str | None


class OpenSession(KnownSession):
    """A browser in which the user is signed in. `current`: it is the one that asks."""

    current: bool


def show_known(view: SessionView) -> KnownSession:
    """A session without what the browser must show."""
    return KnownSession(
        id=view.id,
        userId=view.user_id,
        address=view.address,
        userAgent=view.user_agent,
        created=show_date(view.created_at),
        lastSeen=show_date(view.seen_at),
        expires=show_date(view.expires_at),
    )


@SESSION.get("/sessions", "Where the user is signed in")
def get_sessions(engine: Engine, authentication: Authentication) -> list[OpenSession]:
    identity = authentication.identify()
    if identity.person is None:
        return []
    found = engine.credentials.sessions(identity.person.user.id)
    return [OpenSession(**show_known(view), current=view.id == identity.session_id) for view in found]


@SESSION.delete("/sessions/{id}", "Sign the user out in one browser")
def end_session(engine: Engine, authentication: Authentication, id: str) -> None:
    engine.credentials.end_session(authentication.user_id(), id)


@SESSION.delete("/sessions", "Sign the user out everywhere but in the browser that asks")
def end_other_sessions(engine: Engine, authentication: Authentication) -> None:
    identity = authentication.identify()
    engine.credentials.end_sessions(authentication.user_id(), but=identity.session_id)
