"""An identity provider of the test's own: OpenID Connect over HTTP, with real keys, for people who always say yes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET, AUDIENCE = "baton", "between-us", "baton-api"


class Issuer:
    """The provider; `user` are the claims of whoever signs in, `twist` is laid over what ID tokens claim."""

    def __init__(self) -> None:
        self.url = ""
        self.keys = {"first": RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})}
        self.published = ["first"]
        self.user: dict[str, Any] = {"sub": "u-1", "preferred_username": "ada", "given_name": "Ada"}
        self.twist: dict[str, Any] = {}
        self.described: dict[str, Any] = {}
        self.refusal: str | None = None
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Flask("issuer")
        for path, serve in (
            ("/.well-known/openid-configuration", self._describe),
            ("/keys", self._show_keys),
            ("/authorize", self._authorize),
            ("/token", self._token),
        ):
            self.app.add_url_rule(path, path, serve, methods=["GET", "POST"])

    def add_key(self, kid: str, *, curve: str | None = None) -> None:
        """Another key, which is published."""
        parameters = {"kid": kid, "use": "sig"}
        self.keys[kid] = (
            RSAKey.generate_key(2048, parameters) if curve is None else ECKey.generate_key(curve, parameters)
        )
        self.published.append(kid)

    def sign(self, *, kid: str = "first", alg: str = "RS256", **claims: Any) -> str:
        """A token of this provider; a claim that is None is left out."""
        now = int(time.time())
        whole = {"iss": self.url, "aud": AUDIENCE, "iat": now, "exp": now + 300, **self.user, **claims}
        known = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": kid}, known, self.keys[kid], algorithms=[alg])

    def public(self) -> dict[str, Any]:
        """The published keys."""
        return KeySet([self.keys[kid] for kid in self.published]).as_dict(private=False)

    def _describe(self) -> dict[str, Any]:
        self.asked.append("description")
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            **self.described,
        }

    def _show_keys(self) -> dict[str, Any]:
        self.asked.append("keys")
        return self.public()

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        back = {"state": asked["state"], "iss": self.url}
        if self.refusal is not None:
            back |= {"error": "access_denied", "error_description": self.refusal}
        else:
            code = back["code"] = secrets.token_urlsafe(8)
            self._codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode(back)}")

    def _token(self) -> Any:
        form = request.form
        begun = self._codes.pop(form["code"], None)
        proof = _part(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            begun is None
            or (form["client_id"], form["client_secret"]) != (CLIENT, SECRET)
            or form["redirect_uri"] != begun["redirect_uri"]
            or (begun["code_challenge_method"], begun["code_challenge"]) != ("S256", proof)
        ):
            return Response(json.dumps({"error": "invalid_grant"}), 400, mimetype="application/json")
        claims = {"aud": CLIENT, "nonce": begun["nonce"], **self.twist}
        return {"access_token": "-", "token_type": "Bearer", "id_token": self.sign(**claims)}


def unsigned(issuer: Issuer) -> str:
    """A token that nobody has signed (alg=none)."""
    body = issuer.sign().split(".")[1]
    return _part(b'{"alg":"none","typ":"JWT"}') + f".{body}."


def confused(issuer: Issuer) -> str:
    """A token signed with HMAC, whose secret is the public key of the provider."""
    pem = issuer.keys["first"].as_pem(private=False)
    head = _part(b'{"alg":"HS256","kid":"first","typ":"JWT"}')
    body = issuer.sign().split(".")[1]
    return f"{head}.{body}.{_part(hmac.digest(pem, f'{head}.{body}'.encode(), 'sha256'))}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def issuing() -> Iterator[Issuer]:
    """A provider that runs."""
    issuer = Issuer()
    server = make_server("127.0.0.1", 0, issuer.app, threaded=True)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
