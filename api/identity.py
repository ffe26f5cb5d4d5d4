"""Who is asking: set on the request by whatever authenticates it, before the API is entered."""

from __future__ import annotations

from flask import g


def current_user() -> str | None:
    """The id of the authenticated user; None when nobody is. A name that was merely claimed in a header is not one."""
    user: str | None = g.get("user")
    return user
