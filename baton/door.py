"""Signing in for the pages of the web app, by what the REST API knows of it; and how the first administrator comes."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence

from flask import request

from api import Authentication
from api.errors import Refused
from baton.demo import DemoPerson, add_demo, known_to_all, require_no_demo
from baton.settings import NONE, Settings
from baton.starting import LOOPBACK, CannotStart
from engine import Conflict, Engine, EngineError


class Door:
    """Signs people in and out (a `tasklist.pages.Door`)."""

    def __init__(self, engine: Engine, authentication: Authentication, people: Sequence[DemoPerson], host: str) -> None:
        """`host` is the address that the server listens on."""
        self._engine, self._authentication, self._host = engine, authentication, host
        self.people = people
        self.is_closed = authentication.required
        self.key = secrets.token_urlsafe(12)
        """What proves that one sees what the server prints."""

    def has_users(self) -> bool:
        """Can anybody sign in at all?"""
        return self._engine.credentials.has_users()

    def is_inside(self) -> bool:
        """Is who sends the request signed in?"""
        try:
            self._authentication.identify()
        except Refused:
            return False
        return True

    def is_own_page(self) -> bool:
        """Was the request not sent by a page of another server?"""
        try:
            self._authentication.require_own_page()
        except Refused:
            return False
        return True

    def enter(self, user: str, password: str) -> str | None:
        """Sign in; what is wrong, if something is."""
        try:
            person = self._authentication.check(user, password)
        except Refused as refused:
            return f"{refused}."
        if person is None:
            return "There is no such user, or the password is wrong."
        self._authentication.sign_in(person)
        return None

    def leave(self) -> None:
        """Sign out."""
        self._authentication.sign_out()

    def needs_key(self) -> bool:
        """Must who makes the first administrator show the key? Not where only this machine can be asking.

        A name that is none of this machine's own may be that of a foreign page (DNS rebinding), and a header that tells
        of others that of a proxy.
        """
        name = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
        near = request.remote_addr in LOOPBACK and name.strip("[]") in LOOPBACK
        forwarded = any(name.lower().startswith(("x-forwarded", "forwarded")) for name, _ in request.headers)
        return self._host not in LOOPBACK or not near or forwarded

    def set_up(self, key: str, id: str, password: str, names: Mapping[str, str]) -> str | None:
        """Make the first administrator and sign them in; what is wrong, if something is."""
        if self.needs_key() and not hmac.compare_digest(key.encode(), self.key.encode()):
            return "This is not the key that the server has printed."
        try:
            self._engine.people.create_first_administrator(id, password, **names)
        except EngineError as reason:
            return str(reason)
        return self.enter(id, password)


def prepare_people(engine: Engine, settings: Settings, *, demo: bool) -> Sequence[DemoPerson]:
    """Make the administrator that the settings name, or the people of the demo, while there are no users.

    Gives those whom anybody may sign in as; there are none where others can reach the server. Raises CannotStart.
    """
    if not settings.auth:
        return ()
    if (settings.admin_user == NONE) != (settings.admin_password == NONE):
        raise CannotStart("An administrator needs a name and a password.", "Set both, BATON_ADMIN_USER and _PASSWORD.")
    if settings.admin_user != NONE and not engine.credentials.has_users():
        try:
            engine.people.create_first_administrator(settings.admin_user, settings.admin_password)
        except Conflict:
            pass  # another process was faster
        except EngineError as reason:
            raise CannotStart(f"The administrator cannot be made: {reason}.", "See BATON_ADMIN_USER.") from None
    if settings.host not in LOOPBACK:
        require_no_demo(engine)
        return ()
    if not demo:
        return ()
    add_demo(engine)
    return known_to_all(engine)
