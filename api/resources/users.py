"""Users over REST (Camunda manual, REST API, "User")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from api.authentication import Authentication
from api.errors import Answer, refuse
from api.resources.links import OF_ALL, offer
from api.routing import Body, Routes
from engine import Engine
from engine.authorization import Resource
from engine.errors import NotFound
from engine.services.people import InvalidId, UserView, WeakPassword
from engine.services.queries import USERS as TABLE

USERS = Routes("User")

UNKNOWN: Mapping[type[Exception], Answer] = {NotFound: Answer(404, "UserNotFoundException")}
BAD_PASSWORD: Mapping[type[Exception], Answer] = {WeakPassword: Answer(400, "PasswordPolicyException", 0)}
BAD_ID: Mapping[type[Exception], Answer] = {InvalidId: Answer(500, "ProcessEngineException", 0)}


class User(TypedDict):
    """A person."""

    id: str
    firstName: str | None
    lastName: str | None
    email: str | None


def show_user(view: UserView) -> User:
    """A user as JSON."""
    return User(id=view.id, firstName=view.first_name, lastName=view.last_name, email=view.email)


def _show_all(_: Engine, views: Sequence[UserView], *__: Mapping[str, Any]) -> list[User]:
    return [show_user(view) for view in views]


USERS.collection("/user", lambda queries: queries.users, TABLE, _show_all, list[User], post=False, plural="users")


class Profile(Body):
    """Who a user is; `id` may be left out where the path says it."""

    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class NewCredentials(Body):
    """What a user signs in with."""

    password: str | None = None
    authenticated_user_password: str | None = None


class NewUser(Body):
    """A user, who can sign in if there is a password."""

    profile: Profile | None = None
    credentials: NewCredentials | None = None


@USERS.post("/user/create", "Make a user", fails={**BAD_PASSWORD, **BAD_ID})
def create_user(engine: Engine, body: NewUser) -> None:
    profile = body.profile
    if profile is None or profile.id is None:
        raise refuse("request object must provide profile information with valid id.")
    engine.people.create_user(
        profile.id,
        first_name=profile.first_name,
        last_name=profile.last_name,
        email=profile.email,
        password=None if body.credentials is None else body.credentials.password,
    )


@USERS.get("/user/{id}/profile", "Get the profile of a user", fails=UNKNOWN)
def get_user_profile(engine: Engine, id: str) -> User:
    return show_user(engine.people.user(id))


@USERS.put("/user/{id}/profile", "Set the profile of a user", fails=UNKNOWN)
def update_user_profile(engine: Engine, id: str, body: Profile) -> None:
    engine.people.update_user(id, first_name=body.first_name, last_name=body.last_name, email=body.email)


@USERS.put("/user/{id}/credentials", "Set the password of a user", fails={**UNKNOWN, **BAD_PASSWORD})
def update_user_credentials(engine: Engine, authentication: Authentication, id: str, body: NewCredentials) -> None:
    if body.password is None:
        raise refuse("password: is required")
    identity = authentication.identify()
    asking = None if identity.person is None else identity.person.user.id
    proof = body.authenticated_user_password
    in_browser = identity.session_id is not None and authentication.credentials.uses_password(id)
    if asking == id and proof is None and (in_browser or identity.by_token):
        # Who finds a browser in which somebody is signed in, or a token, shall not be able to keep their account.
        raise refuse("authenticatedUserPassword: is required to change one's own password")
    if asking is not None and proof is not None and authentication.check(asking, proof) is None:
        raise refuse("The given authenticated user password is not valid.")
    engine.people.set_password(id, body.password, keep_session=identity.session_id if asking == id else None)


@USERS.post("/user/{id}/unlock", "Let a user try to sign in again at once")
def unlock_user(engine: Engine, id: str) -> None:
    engine.people.unlock(id)


@USERS.delete("/user/{id}", "Delete a user")
def delete_user(engine: Engine, id: str) -> None:
    engine.people.delete_user(id)


offer(USERS, "/user", Resource.USER, OF_ALL, "users", name="user_options")
offer(
    USERS,
    "/user/{id}",
    Resource.USER,
    (
        ("GET", "/profile", "self", "READ"),
        ("DELETE", "", "delete", "DELETE"),
        ("PUT", "/profile", "update", "UPDATE"),
    ),
    "a user",
    name="one_user_options",
)
