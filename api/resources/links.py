"""What can be done at a path, as links (Camunda manual, REST API, "OPTIONS")."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import request
from typing_extensions import TypedDict

from api.routing import Routes
from engine import Engine
from engine.authorization import Resource


class Link(TypedDict):
    """A request that can be made."""

    method: str
    href: str
    rel: str


class Links(TypedDict):
    """The requests that who is asking may make."""

    links: list[Link]


Offer = tuple[str, str, str, str | None]
"""A method, what follows the path, what it is for, and the permission that it needs (None: everybody's)."""


def permitted(engine: Engine, resource: Resource, resource_id: str | None, offers: Iterable[Offer]) -> Links:
    """Those of the offers at the path of the current request that who is asking may take."""
    path = request.base_url.rstrip("/")
    return Links(
        links=[
            Link(method=method, href=path + rest, rel=rel)
            for method, rest, rel, permission in offers
            if permission is None or engine.authorizations.is_permitted(engine.actor, permission, resource, resource_id)
        ]
    )


def offer(routes: Routes, path: str, resource: Resource, offers: Iterable[Offer], what: str, *, name: str) -> None:
    """The route that tells which of the offers may be taken at a path; its `{id}` is that of the thing."""

    def of_all(engine: Engine) -> Links:
        return permitted(engine, resource, None, offers)

    def of_one(engine: Engine, id: str) -> Links:
        return permitted(engine, resource, id, offers)

    handler: Callable[..., Links] = of_one if "{id}" in path else of_all
    routes.options(path, f"What can be done with {what}", name=name)(handler)


OF_ALL: tuple[Offer, ...] = (
    ("GET", "", "list", None),
    ("GET", "/count", "count", None),
    ("POST", "/create", "create", "CREATE"),
)
"""What can be done with all things of a kind."""
OF_ONE: tuple[Offer, ...] = (
    ("GET", "", "self", "READ"),
    ("DELETE", "", "delete", "DELETE"),
    ("PUT", "", "update", "UPDATE"),
)
"""What can be done with one thing."""
OF_MEMBERS: tuple[Offer, ...] = (("DELETE", "", "delete", "DELETE"), ("PUT", "", "create", "CREATE"))
"""What can be done with memberships."""
