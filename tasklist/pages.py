"""The pages that need no JavaScript: signing in and out, the first administrator, and what could not be shown.

A form is taken only with the secret that the page wrote into it, which a cookie repeats, and only from a page of this
server: so no other site can sign anybody in (login CSRF) or out.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

FOLDER: Final = Path(__file__).parent
FORM_COOKIE: Final = "baton_form"
PROVIDER_COOKIE: Final = "baton_oidc"

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*", re.ASCII)


class Person(Protocol):
    """Somebody whom anybody may sign in as, for trying things out; the password is the id."""

    @property
    def id(self) -> str: ...
    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...
    @property
    def can(self) -> str: ...


class Door(Protocol):
    """What signs people in and out; texts that it gives say what is wrong."""

    @property
    def is_closed(self) -> bool:
        """Must one sign in?"""

    @property
    def people(self) -> Sequence[Person]:
        """Whom anybody may sign in as."""

    def has_users(self) -> bool:
        """Can anybody sign in at all?"""

    def is_set_up(self) -> bool:
        """Is there anybody who may do everything?"""

    def is_inside(self) -> bool:
        """Is who sends the request signed in?"""

    def is_own_page(self) -> bool:
        """Was the request not sent by a page of another server?"""

    def enter(self, user: str, password: str) -> str | None:
        """Sign in; what is wrong, if something is."""

    def leave(self) -> None:
        """Sign out."""

    @property
    def provider(self) -> str | None:
        """What to call the identity provider that vouches for people; None if there is none."""

    def go_to_provider(self, next: str) -> tuple[str, str]:
        """Where to send the browser so that it comes back to `next`, and what it must keep meanwhile; or "" and what is
        wrong."""

    def come_from_provider(self, kept: str, answer: Mapping[str, str]) -> tuple[str, str | None]:
        """Sign in whom the provider sends back; where to go on, and what is wrong, if something is."""

    @property
    def shortest_password(self) -> int:
        """Characters that a password must have."""

    def set_up(self, key: str, id: str, password: str, names: Mapping[str, str]) -> str | None:
        """Make the first administrator and sign them in; what is wrong, if something is."""


def create_pages_blueprint(door: Door) -> Blueprint:
    """The pages `/login`, `/logout` and `/setup`, for a Flask application."""
    blueprint = Blueprint("pages", __name__, template_folder=str(FOLDER / "templates"))
    pages = _Pages(door)
    for path, serve in (("/login/oidc", pages.to_provider), ("/login/oidc/callback", pages.from_provider)):
        blueprint.add_url_rule(path, path[1:].replace("/", " "), serve)
    for path, serve in (("/login", pages.login), ("/logout", pages.logout), ("/setup", pages.set_up)):
        blueprint.add_url_rule(path, path[1:], serve, methods=["GET", "POST"])
    blueprint.add_url_rule("/pages.css", "style", _style)
    for status in (404, 500):
        # For the whole application: the APIs answer for themselves, so this is what browsers see of all the rest.
        blueprint.app_errorhandler(status)(pages.could_not_be_shown)
    return blueprint


class _Pages:
    def __init__(self, door: Door) -> None:
        self._door = door

    def login(self) -> Response:
        """Sign in with a password, or with one click as somebody of the demo."""
        door, wanted = self._door, _local(request.values.get("next"))
        if not door.is_closed:
            return _go(wanted)
        if not door.has_users() and door.provider is None:
            return _go("/setup")
        if request.method == "GET":
            return _go(wanted) if door.is_inside() else self._show_login(wanted)
        user = request.form.get("username", "").strip()
        wrong = self._refusal() or door.enter(user, request.form.get("password", ""))
        if wrong is None:
            return _go(wanted)
        return self._show_login(wanted, 400, wrong=wrong, username=user)

    def to_provider(self) -> Response:
        """Sign in with the identity provider: the browser is sent there."""
        wanted = _local(request.args.get("next"))
        if self._door.provider is None:
            return _go("/login")
        address, kept = self._door.go_to_provider(wanted)
        if not address:
            return self._show_login(wanted, 502, wrong=kept)
        response = _go(address)
        # Lax, since it is another site that sends the browser back.
        response.set_cookie(
            PROVIDER_COOKIE,
            kept,
            path="/login/oidc",
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
            max_age=600,
        )
        return response

    def from_provider(self) -> Response:
        """The identity provider sends the browser back."""
        if self._door.provider is None:
            return _go("/login")
        wanted, wrong = self._door.come_from_provider(request.cookies.get(PROVIDER_COOKIE, ""), request.args.to_dict())
        response = _go(_local(wanted)) if wrong is None else self._show_login(_local(wanted), 400, wrong=wrong)
        response.delete_cookie(PROVIDER_COOKIE, path="/login/oidc")
        return response

    def logout(self) -> Response:
        """Sign out, after asking."""
        if request.method == "GET":
            return self._show("logout.html")
        wrong = self._refusal()
        if wrong is not None:
            return self._show("logout.html", 400, wrong=wrong)
        self._door.leave()
        return _go("/login")

    def set_up(self) -> Response:
        """Make the first administrator."""
        door = self._door
        if not door.is_closed:
            return _go("/")
        if door.is_set_up():
            return _go("/login")
        known: dict[str, Any] = {"shortest": door.shortest_password}
        if request.method == "GET":
            return self._show("setup.html", given={"key": request.args.get("key", "")}, **known)
        names = ("key", "username", "first_name", "last_name", "email")
        given = {name: request.form.get(name, "").strip() for name in names}
        wrong = self._refusal() or self._make_administrator(given)
        if wrong is None:
            return _go("/")
        return self._show("setup.html", 400, wrong=wrong, given=given, **known)

    def could_not_be_shown(self, reason: HTTPException) -> Response:
        """There is no such page, or it failed."""
        return self._show("problem.html", reason.code or 500)

    def _make_administrator(self, given: Mapping[str, str]) -> str | None:
        password = request.form.get("password", "")
        shortest = self._door.shortest_password
        if len(password) < shortest:
            return f"The password needs at least {shortest} characters."
        if password != request.form.get("repeated", ""):
            return "The two passwords are not the same."
        names = {name: text for name, text in given.items() if name not in ("key", "username") and text}
        return self._door.set_up(given["key"], given["username"], password, names)

    # ---------------------------------------------------------------- parts

    def _refusal(self) -> str | None:
        """Why the form is not taken, whatever is in it."""
        known, shown = request.cookies.get(FORM_COOKIE, ""), request.form.get("secret", "")
        if not self._door.is_own_page():
            return "The form was sent by a page of another server."
        if not known or not hmac.compare_digest(known.encode(), shown.encode()):
            return "The page was too old, or your browser keeps no cookies. Please try again."
        return None

    def _show_login(self, wanted: str, status: int = 200, **known: Any) -> Response:
        door = self._door
        return self._show("login.html", status, next=wanted, people=door.people, provider=door.provider, **known)

    def _show(self, template: str, status: int = 200, **known: Any) -> Response:
        secret = secrets.token_urlsafe(24)
        response = make_response(render_template(template, secret=secret, status=status, **known), status)
        response.headers.update(HEADERS)
        response.set_cookie(
            FORM_COOKIE, secret, path="/", httponly=True, samesite="Strict", secure=request.is_secure, max_age=3600
        )
        return response


def _local(wanted: str | None) -> str:
    """A path of this server; anything else leads to the front page, so that nobody is sent elsewhere by signing in."""
    return wanted if wanted is not None and _LOCAL.fullmatch(wanted) else "/"


def _go(path: str) -> Response:
    response = make_response(redirect(path, 303))
    response.headers.update(HEADERS)
    return response


def _style() -> Response:
    names = (FOLDER / "styles" / "tokens.css", FOLDER / "styles" / "pages.css")
    text = "\n".join(name.read_text(encoding="utf-8") for name in names)
    response = Response(text, mimetype="text/css")
    response.headers.update({**HEADERS, "Cache-Control": "no-cache"})
    return response
