"""Finds out who sends a request: by a session cookie, a user's password (HTTP basic) or a bearer token.

A browser that is signed in sends its cookie with every request, also with those that a foreign page makes it send. So
what changes something and comes with the cookie must also show, in the header `X-XSRF-TOKEN`, what only pages of this
server can read (Camunda manual, "CSRF Prevention"), and must not come from elsewhere by its `Origin` and
`Sec-Fetch-Site`. Programs, which send no cookie, need none of this; but a browser may also keep a password for HTTP
basic, or need none, so that what names a foreign origin is refused without a cookie too.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from flask import Response, after_this_request, g, request

from api.errors import Answer, Refused, refuse
from api.oidc import InvalidToken, OidcError, Provider, Vouched
from engine import Engine
from engine.authorization import SYSTEM, Actor
from engine.errors import BadRequest, NotFound
from engine.services.credentials import TOKEN_PREFIX, Person, Proof, TooManyFailures

log = logging.getLogger("baton.sign_in")

SESSION_COOKIE: Final = "baton_session"
CSRF_COOKIE: Final = "XSRF-TOKEN"
CSRF_HEADER: Final = "X-XSRF-TOKEN"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
REALM: Final = "Baton"
INVALID_TOKEN: Final = 'Bearer error="invalid_token"'  # noqa: S105 - a challenge (RFC 6750, 3)
REASON_HEADER: Final = "X-Baton-Reason"
"""Why a request is made, for the operation log: text in UTF-8, URL-encoded as headers need it."""
LONGEST_REASON: Final = 2_000
OF_PROGRAMS: Final = "file://"
"""The origin of desktop programs; a page in a browser that is a file has the origin `null`."""
FOREIGN: Final = "The request was sent by a page of another server"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends a request. `person` is None where nobody has to sign in; `session_id` where it is no browser.

    `by_token`: it shows a bearer token, which may have been found by somebody else.
    """

    actor: Actor
    person: Person | None = None
    session_id: str | None = None
    csrf_token: str | None = None
    read_only: bool = False
    by_token: bool = False
    proof: Proof | None = None
    """By what they have shown who they are; None where nobody has to."""


class Authentication:
    """Who sends the current request, by what the engine knows; with `required` off, everybody is the engine itself."""

    def __init__(
        self, engine: Engine, *, required: bool = True, demo: bool = False, provider: Provider | None = None
    ) -> None:
        """`demo`: there are people whose passwords everybody may know, for trying things out. `provider` vouches for
        users whom this server need not know."""
        self.required, self.demo, self.provider = required, demo, provider
        self.credentials, self._engine = engine.credentials, engine

    # ---------------------------------------------------------------- who it is

    def admit(self, *, changes: bool) -> Identity:
        """Who sends the request, if they may send it at all: `changes` says whether it asks for a change.

        Raises Refused: 401 for nobody, 403 for a foreign page and for a token that only reads, 429 for too many tries.
        """
        identity = self.identify()
        if request.method not in SAFE_METHODS:
            self._require_no_foreign_page()
        if identity.read_only and changes:
            raise Refused(Answer(403, "AuthorizationException"), "This token may only read")
        g.actor, g.proof = identity.actor, identity.proof
        return identity

    def identify(self) -> Identity:
        """Who sends the request. Raises Refused with 401 for nobody, and 429 after too many tries."""
        if not self.required:
            return Identity(SYSTEM)
        given = request.headers.get("Authorization")
        if given is not None:
            return self._by_header(given)
        secret = request.cookies.get(SESSION_COOKIE)
        if secret:
            found = self.credentials.session(secret)
            if found is not None:
                session, person = found
                proof = Proof(person, session_id=session.id)
                return Identity(self._actor(person), person, session.id, csrf_token(secret), proof=proof)
            raise self.refuse_nobody("You are not signed in any more")
        raise self.refuse_nobody("You are not signed in")

    def user_id(self) -> str:
        """The user who sends the request. Raises Refused where nobody has to sign in, and so nobody is known."""
        person = self.identify().person
        if person is None:
            raise refuse("Nobody is signed in: BATON_AUTH is off")
        return person.user.id

    def check(self, user_id: str, password: str) -> Person | None:
        """The user, if the password is theirs. Raises Refused with 429 after too many tries."""
        proof = self._prove(user_id, password)
        return None if proof is None else proof.person

    def _prove(self, user_id: str, password: str) -> Proof | None:
        try:
            proof = self.credentials.prove(user_id, password, request.remote_addr)
            if proof is None:
                log.warning("A sign-in from %s has failed", request.remote_addr)
            return proof
        except TooManyFailures as failed:
            answer = Answer(429, "TooManyRequestsException", headers={"Retry-After": str(failed.seconds)})
            raise Refused(answer, str(failed)) from None

    def _by_header(self, given: str) -> Identity:
        scheme, _, rest = given.partition(" ")
        match scheme.lower():
            case "basic":
                pair = request.authorization
                name, password = (pair.username, pair.password) if pair is not None else (None, None)
                proof = None if name is None or password is None else self._prove(name, password)
                if proof is None:
                    raise self.refuse_nobody("The user does not exist or the password is wrong")
                return Identity(self._actor(proof.person), proof.person, proof=proof)
            case "bearer":
                return self._by_token(rest.strip())
        raise self.refuse_nobody("The Authorization header is neither Basic nor Bearer")

    def _by_token(self, secret: str) -> Identity:
        if self.provider is not None and not secret.startswith(TOKEN_PREFIX):
            return self._by_provider(self.provider, secret)
        found = self.credentials.token(secret) if secret.startswith(TOKEN_PREFIX) else None
        if found is None:
            raise self.refuse_nobody("The token is unknown or has expired", INVALID_TOKEN)
        token, person = found
        proof = Proof(person, token_id=token.id)
        return Identity(self._actor(person), person, read_only=token.read_only, by_token=True, proof=proof)

    def _by_provider(self, provider: Provider, secret: str) -> Identity:
        try:
            vouched = provider.bearer(secret)
            person = self.let_in(vouched)
        except (InvalidToken, BadRequest) as reason:
            raise self.refuse_nobody(str(reason), INVALID_TOKEN) from None
        except OidcError as reason:
            raise Refused(
                Answer(503, "ServiceUnavailableException", headers={"Retry-After": "5"}), str(reason)
            ) from None
        proof = Proof(person, expires_at=vouched.until)
        return Identity(self._actor(person), person, by_token=True, proof=proof)

    def let_in(self, vouched: Vouched) -> Person:
        """The user whom the provider vouches for. Raises BadRequest if they cannot be told from another one."""
        return self.credentials.vouched(
            vouched.external_id,
            vouched.user_id,
            first_name=vouched.first_name,
            last_name=vouched.last_name,
            email=vouched.email,
            groups=vouched.groups,
        )

    def _actor(self, person: Person) -> Actor:
        known = person.actor(address=request.remote_addr, request_id=request_id())
        return replace(known, reason=_reason())

    def refuse_nobody(self, message: str, challenge: str = "Bearer") -> Refused:
        """The error for a request of nobody. Programs are told how to say who they are.

        A browser is not told of HTTP basic: it would ask for a password in the midst of the web app, and from then on
        send it along with whatever foreign pages make it send.
        """
        if not self.credentials.has_users():
            message = (
                "There are no users yet: make the first one at /setup in a browser, with `baton user create --admin`, "
                "or by starting the server with BATON_ADMIN_USER and BATON_ADMIN_PASSWORD"
            )
        by_browser = "Sec-Fetch-Mode" in request.headers or "Mozilla/" in request.headers.get("User-Agent", "")
        known = challenge if by_browser else f'{challenge}, Basic realm="{REALM}", charset="UTF-8"'
        return Refused(Answer(401, "AuthenticationException", headers={"WWW-Authenticate": known}), message)

    # ---------------------------------------------------------------- foreign pages

    def require_own_page(self) -> None:
        """Raise Refused with 403 for a request that a page of another server has made a browser send."""
        site = request.headers.get("Sec-Fetch-Site", "none")
        origin = request.headers.get("Origin")
        if site not in ("same-origin", "none") or (origin is not None and not _is_here(origin)):
            raise _refuse_foreign(FOREIGN)

    def _require_no_foreign_page(self) -> None:
        """Raise Refused with 403 for what a foreign page may have made a browser send: with the cookie, with a password
        that the browser keeps for HTTP basic, or where nobody has to show anything."""
        if SESSION_COOKIE in request.cookies:
            self.require_own_page()
            self._require_csrf_token(request.cookies[SESSION_COOKIE])
        elif not request.headers.get("Authorization", "").lower().startswith("bearer "):
            # Browsers name the origin of whatever may change something (Fetch standard, 3.1), programs name none, or
            # as desktop programs do one that no page has.
            origin = request.headers.get("Origin", OF_PROGRAMS)
            if origin != OF_PROGRAMS and not _is_here(origin):
                raise _refuse_foreign(FOREIGN)

    def _require_csrf_token(self, secret: str) -> None:
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), csrf_token(secret).encode()):
            raise _refuse_foreign(f"The header {CSRF_HEADER} must hold what the cookie {CSRF_COOKIE} holds")

    # ---------------------------------------------------------------- sessions

    def sign_in(self, person: Person) -> Identity:
        """Begin a session for the browser that sent the request; one that it had is over."""
        self._end_session()
        secret, session = self.credentials.open_session(
            person.user.id, address=request.remote_addr, user_agent=request.headers.get("User-Agent")
        )
        longest = int(self.credentials.settings.session_lasts.total_seconds())
        _set_cookies({SESSION_COOKIE: secret, CSRF_COOKIE: csrf_token(secret)}, longest)
        proof = Proof(person, session_id=session.id)
        return Identity(self._actor(person), person, session.id, csrf_token(secret), proof=proof)

    def sign_out(self) -> None:
        """End the session of the browser that sent the request, if it has one."""
        self._end_session()
        _set_cookies({SESSION_COOKIE: "", CSRF_COOKIE: ""}, 0)

    def _end_session(self) -> None:
        secret = request.cookies.get(SESSION_COOKIE)
        found = None if not secret else self.credentials.session(secret)
        if found is not None:
            session, person = found
            with suppress(NotFound):  # somebody else has ended it meanwhile
                signed = self._engine.in_the_name_of(self._actor(person))
                signed.credentials.end_session(person.user.id, session.id)


def csrf_token(secret: str) -> str:
    """What pages of this server show to prove that they are: made of the session's secret, which they cannot read."""
    return hashlib.sha256(f"xsrf:{secret}".encode()).hexdigest()


def request_id() -> str:
    """What names the current request: what its header `X-Request-ID` says, else a name of our own."""
    known: str | None = g.get("request_id")
    if known is None:
        given = request.headers.get("X-Request-ID", "")
        known = g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    return known


def _reason() -> str | None:
    """Why the request is made, as far as it says."""
    given = unquote(request.headers.get(REASON_HEADER, ""), errors="replace")
    return given.replace("\0", "").strip()[:LONGEST_REASON] or None


def _is_here(origin: str) -> bool:
    return urlsplit(origin).netloc.lower() == request.host.lower()


def _refuse_foreign(message: str) -> Refused:
    return Refused(Answer(403, "CsrfPreventionException", headers={CSRF_HEADER: "Required"}), message)


def _set_cookies(values: Mapping[str, str], seconds: int) -> None:
    secure = request.is_secure

    @after_this_request
    def set_them(response: Response) -> Response:
        for name, value in values.items():
            response.set_cookie(
                name,
                value,
                max_age=seconds,
                path="/",
                secure=secure,
                httponly=name == SESSION_COOKIE,
                samesite="Lax",
            )
        return response
