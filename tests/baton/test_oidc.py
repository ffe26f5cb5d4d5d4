"""Signing in with an identity provider, against one that runs beside the test."""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.authentication import Authentication
from api.oidc import LEEWAY, OidcError, OidcSettings, Provider
from baton.settings import Settings
from baton.starting import CannotStart
from baton.wsgi import create_app
from tests.api.issuer import AUDIENCE, CLIENT, SECRET, Issuer, confused, issuing, unsigned

Make = Callable[..., Flask]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture
def make(sqlite_url: str, issuer: Issuer) -> Iterator[Make]:
    """Makes applications that know the provider, with an administrator `root` and a group `sales`."""
    made: list[Flask] = []

    def make_one(**settings: Any) -> Flask:
        known: dict[str, Any] = {
            "database_url": sqlite_url,
            "admin_user": "root",
            "admin_password": "enchantress",
            "oidc_issuer": issuer.url,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_audience": AUDIENCE,
        }
        app = create_app(Settings(**{**known, **settings}), upgrade=True)
        made.append(app)
        if not made[1:]:
            app.extensions["engine"].people.create_group("sales")
        return app

    yield make_one
    for app in made:
        app.extensions["engine"].close()


@pytest.fixture
def app(make: Make) -> Flask:
    return make()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def follow(address: str) -> str:
    """Where the provider sends the browser, below this server."""
    with pytest.raises(urllib.error.HTTPError) as moved:
        urllib.request.build_opener(_Stay).open(address, timeout=60)
    with moved.value as answer:
        assert answer.code == 302
        back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def sign_in(client: FlaskClient, wanted: str = "/tasks") -> Any:
    """The answer to whom the provider sends back."""
    away = client.get("/login/oidc", query_string={"next": wanted})
    assert away.status_code == 303, away.text
    return client.get(follow(away.headers["Location"]))


def who(client: FlaskClient) -> Any:
    return client.get("/api/v1/session").get_json()


# ---------------------------------------------------------------- in a browser


def test_the_provider_lets_people_in(app: Flask, issuer: Issuer) -> None:
    client = app.test_client()
    assert 'href="/login/oidc?next=/tasks"' in client.get("/login?next=/tasks").text
    done = sign_in(client)
    assert (done.status_code, done.headers["Location"]) == (303, "/tasks")
    assert who(client)["user"] == {"id": "ada", "firstName": "Ada", "lastName": None, "email": None}
    assert client.get_cookie("baton_oidc", path="/login/oidc") is None
    issuer.user["given_name"] = "Augusta Ada"
    sign_in(app.test_client())
    assert who(client)["user"]["firstName"] == "Augusta Ada"
    assert len(app.extensions["engine"].queries.users.list()) == 2
    assert client.post("/api/v1/session", json={"username": "ada", "password": ""}).status_code == 401


def test_groups_are_those_that_the_provider_names(app: Flask, issuer: Issuer) -> None:
    client = app.test_client()
    issuer.user["groups"] = ["sales", "unknown", "camunda-admin"]
    sign_in(client)
    assert [group["id"] for group in who(client)["groups"]] == ["sales"]
    del issuer.user["groups"]
    sign_in(client)
    assert [group["id"] for group in who(client)["groups"]] == ["sales"]
    issuer.user["groups"] = []
    sign_in(client)
    assert who(client)["groups"] == []


def test_groups_are_mapped(make: Make, issuer: Issuer) -> None:
    client = make(oidc_groups=("staff=sales", "ops=camunda-admin"), oidc_groups_claim="roles").test_client()
    issuer.user |= {"groups": ["ops"], "roles": ["staff", "sales", "camunda-admin"]}
    sign_in(client)
    assert ([group["id"] for group in who(client)["groups"]], who(client)["administrator"]) == (["sales"], False)
    issuer.user["roles"] = "ops other"
    sign_in(client)
    assert who(client)["administrator"] is True


def refused(client: FlaskClient, answer: Any, why: str) -> None:
    assert answer.status_code == 400
    assert why in answer.text
    assert client.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize("id", ["root", "*", "a\nb", "x" * 300])
def test_nobody_takes_over_an_account_by_its_name(app: Flask, issuer: Issuer, id: str) -> None:
    client = app.test_client()
    issuer.user["preferred_username"] = id
    answer = sign_in(client)
    refused(client, answer, "another user" if id == "root" else "cannot be the id")


@pytest.mark.parametrize(
    ("twist", "why"),
    [
        ({"aud": "somebody-else"}, "aud"),
        ({"aud": AUDIENCE}, "aud"),
        ({"azp": "somebody-else"}, "another client"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"nonce": "another"}, "another attempt"),
        ({"nonce": None}, "another attempt"),
        ({"exp": -120}, "exp"),
        ({"exp": None}, "exp"),
        ({"nbf": 3600}, "not yet valid"),
        ({"sub": None, "preferred_username": "eve"}, "sub"),
    ],
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(
    app: Flask, issuer: Issuer, twist: dict[str, Any], why: str
) -> None:
    """Times are in seconds from now."""
    client, now = app.test_client(), int(time.time())
    issuer.twist = {name: now + value if isinstance(value, int) else value for name, value in twist.items()}
    refused(client, sign_in(client), why)
    assert len(app.extensions["engine"].queries.users.list()) == 1


def test_a_refusal_of_the_provider_is_told_as_text(app: Flask, issuer: Issuer) -> None:
    client = app.test_client()
    issuer.refusal = "<b>no</b>"
    answer = sign_in(client)
    refused(client, answer, "&lt;b&gt;no&lt;/b&gt;")


def test_an_answer_belongs_to_the_browser_that_asked(app: Flask) -> None:
    mine, theirs = app.test_client(), app.test_client()
    away = mine.get("/login/oidc")
    back = follow(away.headers["Location"])
    refused(theirs, theirs.get(back), "keeps no cookies")
    theirs.get("/login/oidc")
    refused(theirs, theirs.get(back), "another attempt")
    broken = app.test_client()
    broken.set_cookie("baton_oidc", "e30=", path="/login/oidc")
    refused(broken, broken.get(back), "too old")


def test_a_code_is_good_for_one_sign_in(app: Flask) -> None:
    client = app.test_client()
    back = follow(client.get("/login/oidc").headers["Location"])
    kept = client.get_cookie("baton_oidc", path="/login/oidc")
    assert client.get(back).status_code == 303
    again = app.test_client()
    assert kept is not None
    again.set_cookie("baton_oidc", kept.value, path="/login/oidc")
    refused(again, again.get(back), "does not answer as it should")


def test_what_is_sent_to_the_provider_tells_no_secret(app: Flask, issuer: Issuer) -> None:
    away = app.test_client().get("/login/oidc")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["Location"]).query).items()}
    assert asked.keys() == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    }
    assert asked["redirect_uri"] == "http://localhost/login/oidc/callback"
    cookie = away.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/login/oidc"} <= {part.strip() for part in cookie.split(";")}


def test_a_provider_that_cannot_be_reached_is_told(make: Make) -> None:
    client = make(oidc_issuer="http://127.0.0.1:1").test_client()
    answer = client.get("/login/oidc")
    assert (answer.status_code, "does not answer" in answer.text) == (502, True)
    told = client.get("/engine-rest/task", headers={"Authorization": "Bearer a.b.c"})
    assert (told.status_code, told.headers["Retry-After"]) == (503, "5")


def test_a_description_of_another_issuer_is_not_believed(make: Make, issuer: Issuer) -> None:
    issuer.described["issuer"] = "https://evil.example"
    assert "describes another issuer" in make().test_client().get("/login/oidc").text


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "jwks_uri", "token_endpoint"])
def test_endpoints_that_anybody_could_answer_for_are_not_used(app: Flask, issuer: Issuer, endpoint: str) -> None:
    issuer.described[endpoint] = "http://login.example.org/x"
    client = app.test_client()
    if endpoint == "authorization_endpoint":
        assert "no https address" in client.get("/login/oidc").text
    else:
        refused(client, sign_in(client), "no https address")


def test_without_a_provider_there_is_nothing_to_go_to(make: Make) -> None:
    client = make(oidc_issuer="none").test_client()
    assert "oidc" not in client.get("/login").text
    for path in ("/login/oidc", "/login/oidc/callback?code=1&state=2"):
        assert client.get(path).headers["Location"] == "/login"


@pytest.mark.parametrize(
    "settings",
    [{"oidc_client_id": "none"}, {"oidc_issuer": "http://login.example.org"}, {"oidc_groups": ("staff",)}],
)
def test_settings_that_make_no_sense_stop_the_start(make: Make, settings: dict[str, Any]) -> None:
    with pytest.raises(CannotStart):
        make(**settings)


# ---------------------------------------------------------------- for programs


def ask(app: Flask, token: str) -> Any:
    return app.test_client().get("/engine-rest/task", headers={"Authorization": f"Bearer {token}"})


def test_a_bearer_token_lets_its_user_in(app: Flask, issuer: Issuer) -> None:
    assert ask(app, issuer.sign()).status_code == 200
    assert app.extensions["engine"].people.user("ada").first_name == "Ada"
    assert ask(app, issuer.sign(aud=["other", AUDIENCE])).status_code == 200
    own, _ = app.extensions["engine"].credentials.create_token("ada", "robot")
    assert ask(app, own).status_code == 200


def test_what_a_bearer_token_opens_ends_with_it(app: Flask, issuer: Issuer) -> None:
    settings = OidcSettings(issuer.url, CLIENT, audience=AUDIENCE)
    gate = Authentication(app.extensions["engine"], provider=Provider(settings))
    expires = int(time.time()) + 300
    with app.test_request_context(headers={"Authorization": f"Bearer {issuer.sign(exp=expires)}"}):
        proof = gate.identify().proof
    assert proof is not None
    assert proof.expires_at == datetime.fromtimestamp(expires + LEEWAY, UTC)
    with app.test_request_context(headers={"Authorization": f"Bearer {issuer.sign(exp=10**15)}"}):
        proof = gate.identify().proof
    assert proof is not None
    assert proof.expires_at is not None
    assert proof.expires_at.year == 9999


def forged(issuer: Issuer) -> str:
    """A token signed with another key of the same name."""
    other = Issuer()
    other.url, other.user = issuer.url, issuer.user
    return other.sign()


def altered(issuer: Issuer) -> str:
    """A token of which somebody has changed the claims."""
    head, _, signature = issuer.sign().split(".")
    return f"{head}.{issuer.sign(preferred_username='root').split('.')[1]}.{signature}"


BAD: dict[str, Callable[[Issuer], str]] = {
    "not signed": unsigned,
    "signed with the public key": confused,
    "forged": forged,
    "altered": altered,
    "expired": lambda issuer: issuer.sign(exp=int(time.time()) - 61),
    "without an end": lambda issuer: issuer.sign(exp=None),
    "not yet": lambda issuer: issuer.sign(nbf=int(time.time()) + 120),
    "of the future": lambda issuer: issuer.sign(iat=int(time.time()) + 3600),
    "for somebody else": lambda issuer: issuer.sign(aud="somebody-else"),
    "for the browser": lambda issuer: issuer.sign(aud=CLIENT),
    "for nobody": lambda issuer: issuer.sign(aud=None),
    "of another issuer": lambda issuer: issuer.sign(iss="https://evil.example"),
    "of nobody": lambda issuer: issuer.sign(iss=None),
    "about nobody": lambda issuer: issuer.sign(sub=None),
    "of another user's name": lambda issuer: issuer.sign(preferred_username="root"),
    "nonsense": lambda _: secrets.token_urlsafe(40),
    "dots": lambda _: "..",
    "empty": lambda _: "",
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bearer_token_that_proves_nothing_is_refused(app: Flask, issuer: Issuer, bad: str) -> None:
    answer = ask(app, BAD[bad](issuer))
    assert answer.status_code == 401, answer.text
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert [user.id for user in app.extensions["engine"].queries.users.list()] == ["root"]


def test_without_an_audience_no_bearer_token_is_taken(make: Make, issuer: Issuer) -> None:
    app = make(oidc_audience="none")
    for audience in (CLIENT, AUDIENCE, "none"):
        assert ask(app, issuer.sign(aud=audience)).status_code == 401


@pytest.mark.parametrize(("alg", "curve"), [("RS256", None), ("PS256", None), ("ES256", "P-256")])
def test_keys_of_several_kinds_are_known(app: Flask, issuer: Issuer, alg: str, curve: str | None) -> None:
    issuer.add_key("other", curve=curve)
    assert ask(app, issuer.sign(kid="other", alg=alg)).status_code == 200


def test_a_shared_secret_among_the_keys_is_left_out(
    app: Flask, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = issuer.public()
    public["keys"].append({"kty": "oct", "kid": "shared", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"})
    monkeypatch.setattr(issuer, "public", lambda: public)
    assert ask(app, issuer.sign()).status_code == 200


def test_keys_are_read_once_and_again_when_a_new_one_is_named(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider(OidcSettings(issuer.url, CLIENT, audience=AUDIENCE))
    moment = [1000.0]
    monkeypatch.setattr("api.oidc.time.monotonic", lambda: moment[0])
    for _ in range(3):
        provider.bearer(issuer.sign())
    assert issuer.asked == ["description", "keys"]
    issuer.add_key("next")
    with pytest.raises(OidcError, match="next"):
        provider.bearer(issuer.sign(kid="next"))
    assert issuer.asked == ["description", "keys"], "who invents names of keys does not make this server ask"
    moment[0] += 61
    provider.bearer(issuer.sign(kid="next"))
    assert issuer.asked == ["description", "keys", "keys"]
    moment[0] += 3601
    issuer.published.remove("first")
    with pytest.raises(OidcError):
        provider.bearer(issuer.sign(kid="first"))
