"""Signing in with an identity provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636), and its bearer tokens.

Needs the extra `oidc` (joserfc). The provider describes itself at `ISSUER/.well-known/openid-configuration`; its keys
are kept for an hour, and read again at most once a minute when a token names one that is not among them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from engine.authorization import ADMINISTRATORS

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""With which tokens may be signed: only by keys of which nobody but the provider has the secret half."""
LEEWAY: Final = 60
"""Seconds by which the clocks of the provider and of this server may differ."""
KEYS_LAST: Final = 3600.0
KEYS_REST: Final = 60.0
TIMEOUT: Final = 10.0
LARGEST_ANSWER: Final = 1024 * 1024


class OidcError(Exception):
    """The provider cannot be used, or what it or somebody in its name said is not believed; the message says why."""


class InvalidToken(OidcError):
    """A token that proves nothing."""


@dataclass(frozen=True)
class OidcSettings:
    """A provider, and who this server is to it.

    `audience` is the one that bearer tokens must be for; without it they are not accepted. `groups` maps names in the
    claim `groups_claim` to groups here; without it a name stands for the group with this id, unless it is that of the
    administrators.
    """

    issuer: str
    client_id: str
    client_secret: str | None = None
    audience: str | None = None
    scopes: str = "openid profile email"
    user_claim: str = "preferred_username"
    groups_claim: str = "groups"
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for, and until when. `groups` is None where it says nothing of groups."""

    external_id: str
    user_id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    groups: frozenset[str] | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has been begun: what the browser keeps until the provider sends it back."""

    state: str
    nonce: str
    verifier: str
    next: str


class Provider:
    """An identity provider. Threads may share it."""

    def __init__(self, settings: OidcSettings, now: Callable[[], float] = time.time) -> None:
        """Nothing is asked of the provider yet. Raises OidcError for an address that nobody else vouches for, and where
        the extra `oidc` is not installed."""
        _require_trusted(settings.issuer)
        try:
            import joserfc  # noqa: F401
        except ImportError:
            raise OidcError("Signing in with OpenID Connect needs the extra: pip install 'batonflow[oidc]'") from None
        self.settings = settings
        self._now = now
        self._lock = threading.Lock()
        self._description: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None
        self._read_at = float("-inf")

    # ---------------------------------------------------------------- in a browser

    def begin(self, callback: str, next: str) -> tuple[str, Attempt]:
        """Where to send the browser, and what it must keep until it is sent back to `callback`. Raises OidcError."""
        attempt = Attempt(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), next)
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": callback,
            "scope": self.settings.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", attempt

    def finish(self, attempt: Attempt, answer: Mapping[str, str], callback: str) -> Vouched:
        """Who has signed in, by the parameters with which the provider has sent the browser back. Raises OidcError."""
        if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise OidcError("This answer belongs to another attempt to sign in; please try again")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise OidcError("The answer comes from another identity provider")
        if "code" not in answer:
            told = answer.get("error_description") or answer.get("error") or "no reason given"
            raise OidcError(f"The identity provider refuses: {told[:200]}")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": callback,
            "client_id": self.settings.client_id,
            "code_verifier": attempt.verifier,
        }
        if self.settings.client_secret is not None:
            form["client_secret"] = self.settings.client_secret
        given = _fetch(self._endpoint("token_endpoint"), urlencode(form).encode())
        if not isinstance(given.get("id_token"), str):
            raise OidcError("The identity provider gives no ID token")
        claims = self._claims(given["id_token"], self.settings.client_id)
        if claims.get("azp", self.settings.client_id) != self.settings.client_id:
            raise InvalidToken("The ID token was made for another client")
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()):
            raise InvalidToken("The ID token belongs to another attempt to sign in")
        return self._vouched(claims)

    # ---------------------------------------------------------------- for programs

    def bearer(self, token: str) -> Vouched:
        """Whom a bearer token is of. Raises InvalidToken, and OidcError where the provider cannot be reached."""
        if self.settings.audience is None:
            raise InvalidToken("Tokens of the identity provider are not accepted")
        return self._vouched(self._claims(token, self.settings.audience))

    # ---------------------------------------------------------------- tokens

    def _claims(self, token: str, audience: str) -> Mapping[str, Any]:
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            try:
                decoded = jwt.decode(token, self._known_keys(), ALGORITHMS)
            except InvalidKeyIdError:
                decoded = jwt.decode(token, self._known_keys(again=True), ALGORITHMS)
            registry.validate(decoded.claims)
        except (JoseError, ValueError, TypeError) as reason:
            raise InvalidToken(f"The token is not believed: {reason}") from None
        return decoded.claims

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        settings, subject = self.settings, claims.get("sub")
        user_id = claims.get(settings.user_claim) or subject
        if not isinstance(user_id, str) or not isinstance(subject, str):
            raise InvalidToken(f"The token has no claim {settings.user_claim}")
        return Vouched(
            external_id=f"{settings.issuer} {subject}",
            user_id=user_id,
            first_name=_text(claims, "given_name"),
            last_name=_text(claims, "family_name"),
            email=_text(claims, "email"),
            groups=self._groups(claims.get(settings.groups_claim)),
            until=_believed_until(claims["exp"]),
        )

    def _groups(self, named: object) -> frozenset[str] | None:
        if isinstance(named, str):
            named = named.split()
        if not isinstance(named, list):
            return None
        names = {name for name in named if isinstance(name, str)}
        if self.settings.groups:
            return frozenset(self.settings.groups[name] for name in names if name in self.settings.groups)
        return frozenset(names - {ADMINISTRATORS})

    # ---------------------------------------------------------------- the provider

    def _described(self) -> Mapping[str, Any]:
        with self._lock:
            if self._description is None:
                address = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
                found = _fetch(address)
                if found.get("issuer") != self.settings.issuer:
                    raise OidcError(f"{address} describes another issuer: {str(found.get('issuer'))[:200]}")
                self._description = found
            return self._description

    def _endpoint(self, name: str) -> str:
        address = self._described().get(name)
        if not isinstance(address, str):
            raise OidcError(f"The identity provider names no {name}")
        _require_trusted(address)
        return address

    def _known_keys(self, *, again: bool = False) -> KeySet:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        address = self._endpoint("jwks_uri")
        with self._lock:
            age = time.monotonic() - self._read_at
            if self._keys is None or age > (KEYS_REST if again else KEYS_LAST):
                given = _fetch(address).get("keys")
                usable = [key for key in given if _is_public(key)] if isinstance(given, list) else []
                try:
                    self._keys = KeySet.import_key_set({"keys": usable})
                except (JoseError, ValueError, TypeError, KeyError) as reason:
                    raise OidcError(f"The keys of the identity provider cannot be read: {reason}") from None
                self._read_at = time.monotonic()
            return self._keys


def _believed_until(expires: float) -> datetime:
    """When a token is refused that expires then, by a clock that may differ; no later than there are dates."""
    try:
        return datetime.fromtimestamp(expires + LEEWAY, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def _is_public(key: object) -> bool:
    """Is it a key that may check signatures: no shared secret, and not for encryption?"""
    return isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    found = claims.get(name)
    return found[:500] if isinstance(found, str) else None


def _require_trusted(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")):
        return
    raise OidcError(f"{address[:200]} is no https address, so anybody on the way could answer in its place")


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _fetch(address: str, form: bytes | None = None) -> dict[str, Any]:
    """The JSON object at an address, to which a form may be sent. Raises OidcError."""
    request = Request(address, data=form, headers={"Accept": "application/json"})  # noqa: S310 - https is checked
    try:
        with build_opener(_NoRedirects).open(request, timeout=TIMEOUT) as answer:
            data = answer.read(LARGEST_ANSWER + 1)
        found = json.loads(data) if len(data) <= LARGEST_ANSWER else None
    except (URLError, OSError, ValueError) as reason:
        where = urlsplit(address).netloc
        raise OidcError(f"The identity provider at {where} does not answer as it should: {reason}") from None
    if not isinstance(found, dict):
        raise OidcError(f"The identity provider at {urlsplit(address).netloc} answers no JSON object")
    return found


def mapping_of(pairs: Collection[str]) -> dict[str, str]:
    """The mapping in texts like `theirs=ours`. Raises OidcError."""
    found: dict[str, str] = {}
    for pair in pairs:
        theirs, equals, ours = pair.partition("=")
        if not equals or not theirs or not ours:
            raise OidcError(f"{pair!r} is not THEIRS=OURS, such as staff=sales")
        found[theirs] = ours
    return found
