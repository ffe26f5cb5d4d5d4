"""Who is asking: set on the request by `api.authentication`, before a route is entered."""

from __future__ import annotations

from flask import g

from engine.authorization import SYSTEM, Actor


def current_actor() -> Actor:
    """Who does what this request asks for; SYSTEM where nobody has to sign in."""
    actor: Actor = g.get("actor", SYSTEM)
    return actor


def current_user() -> str | None:
    """The id of the authenticated user; None when nobody is. A name that was merely claimed in a header is not one."""
    return current_actor().user_id
