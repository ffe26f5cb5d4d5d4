"""Signing in for the pages of the web app, by what the REST API knows of it; and how the first administrator comes."""

from __future__ import annotations

import base64
import hmac
import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from flask import request

from api import Authentication
from api.errors import Refused
from api.oidc import Attempt, OidcError, OidcSettings, Provider, mapping_of
from baton.demo import DemoPerson, add_demo, known_to_all, require_no_demo
from baton.settings import NONE, Settings
from baton.starting import LOOPBACK, CannotStart
from engine import BadRequest, Conflict, Engine, EngineError

log = logging.getLogger("baton.sign_in")


class Door:
    """Signs people in and out (a `tasklist.pages.Door`)."""

    def __init__(
        self,
        engine: Engine,
        authentication: Authentication,
        people: Sequence[DemoPerson],
        provider_name: str = "",
    ) -> None:
        """`provider_name` is what to call the identity provider."""
        self._engine, self._authentication = engine, authentication
        self._provider_name = provider_name
        self.people = people
        self.is_closed = authentication.required
        self.key = secrets.token_urlsafe(12)
        """What proves that one sees what the server tells when it starts. Also who asks from the same machine must show
        it: so does whoever comes through a proxy there that does not say so."""

    def how_to_set_up(self, address: str = "") -> str | None:
        """How the first administrator is made at the server with that address; None where there is no need to."""
        if not self.is_closed or self.is_set_up():
            return None
        return f"There is no administrator yet: make one at {address}/setup?key={self.key}"

    def has_users(self) -> bool:
        """Can anybody sign in at all?"""
        return self._engine.credentials.has_users()

    def is_set_up(self) -> bool:
        """Is there anybody who may do everything?"""
        return self._engine.credentials.has_administrator()

    @property
    def shortest_password(self) -> int:
        """Characters that a password must have."""
        return self._engine.people.shortest_password()

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

    @property
    def provider(self) -> str | None:
        """What to call the identity provider that vouches for people; None if there is none."""
        return None if self._authentication.provider is None else self._provider_name

    def go_to_provider(self, next: str) -> tuple[str, str]:
        """Where to send the browser so that it comes back to `next`, and what it must keep meanwhile; or "" and what is
        wrong."""
        assert self._authentication.provider is not None  # noqa: S101 - it is only asked where there is one
        try:
            address, attempt = self._authentication.provider.begin(_callback(), next)
        except OidcError as reason:
            log.warning("Nobody can sign in with the identity provider: %s", reason)
            return "", f"{reason}."
        return address, base64.urlsafe_b64encode(json.dumps(asdict(attempt)).encode()).decode()

    def come_from_provider(self, kept: str, answer: Mapping[str, str]) -> tuple[str, str | None]:
        """Sign in whom the provider sends back; where to go on, and what is wrong, if something is."""
        assert self._authentication.provider is not None  # noqa: S101 - it is only asked where there is one
        try:
            attempt = Attempt(**json.loads(base64.urlsafe_b64decode(kept)))
        except (ValueError, TypeError):
            return "/", "The attempt to sign in was too old, or your browser keeps no cookies. Please try again."
        try:
            person = self._authentication.let_in(self._authentication.provider.finish(attempt, answer, _callback()))
        except (OidcError, BadRequest) as reason:
            log.warning("A sign-in with the identity provider was refused: %s", reason)
            return attempt.next, f"{reason}."
        self._authentication.sign_in(person)
        return attempt.next, None

    def set_up(self, key: str, id: str, password: str, names: Mapping[str, str]) -> str | None:
        """Make the first administrator and sign them in; what is wrong, if something is."""
        if not hmac.compare_digest(key.encode(), self.key.encode()):
            return "This is not the key that the server has told when it started."
        try:
            self._engine.people.create_first_administrator(
                id,
                password,
                first_name=names.get("first_name"),
                last_name=names.get("last_name"),
                email=names.get("email"),
                address=request.remote_addr,
            )
        except EngineError as reason:
            return str(reason)
        return self.enter(id, password)


def _callback() -> str:
    return request.host_url + "login/oidc/callback"


def open_provider(settings: Settings) -> Provider | None:
    """The identity provider that the settings name, if they do. Raises CannotStart."""
    if settings.oidc_issuer == NONE:
        return None
    if settings.oidc_client_id == NONE:
        raise CannotStart("The identity provider must know this server by a name.", "Set BATON_OIDC_CLIENT_ID.")
    try:
        return Provider(
            OidcSettings(
                issuer=settings.oidc_issuer,
                client_id=settings.oidc_client_id,
                client_secret=None if settings.oidc_client_secret == NONE else settings.oidc_client_secret,
                audience=None if settings.oidc_audience == NONE else settings.oidc_audience,
                scopes=settings.oidc_scopes,
                user_claim=settings.oidc_user_claim,
                groups_claim=settings.oidc_groups_claim,
                groups=mapping_of(settings.oidc_groups),
            )
        )
    except OidcError as reason:
        raise CannotStart(f"{reason}.", "See the BATON_OIDC settings in `baton config show`.") from None


def prepare_people(engine: Engine, settings: Settings, *, demo: bool) -> Sequence[DemoPerson]:
    """Make the administrator that the settings name while there is none, or the people of the demo where nobody is.

    Gives those whom anybody may sign in as; there are none where others can reach the server. Raises CannotStart.
    """
    if not settings.auth:
        return ()
    if (settings.admin_user == NONE) != (settings.admin_password == NONE):
        raise CannotStart("An administrator needs a name and a password.", "Set both, BATON_ADMIN_USER and _PASSWORD.")
    if settings.admin_user != NONE and not engine.credentials.has_administrator():
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
