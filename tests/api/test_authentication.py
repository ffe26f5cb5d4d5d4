"""Who may send a request at all: by password, token and session, and never because of a foreign page."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from api import create_blueprint
from api.interfaces import INTERFACES
from api.routing import Route
from engine import Engine
from engine.authorization import Resource
from tests.api.models import ONE_TASK
from tests.api.signing_in import CHEAP, Browser, Guarded, guarded

ALL = [
    pytest.param(interface.prefix, route, id=f"{route.method} {interface.prefix}{route.path}")
    for interface in INTERFACES
    for route in interface.routes
]
UNSAFE = [each for each in ALL if each.values[1].method not in ("GET", "OPTIONS") and not each.values[1].open]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One application for all tests of a route each; nothing that they send gets through."""
    with guarded(f"sqlite:///{tmp_path_factory.mktemp('guarded') / 'baton.db'}") as made:
        yield made


@pytest.fixture
def own(sqlite_url: str) -> Iterator[Guarded]:
    """An application of the test's own."""
    with guarded(sqlite_url) as made:
        yield made


def at(prefix: str, route: Route) -> str:
    """A path of the route."""
    return prefix + re.sub(r"{\w+}", "1", route.path)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# ---------------------------------------------------------------- nobody


@pytest.mark.parametrize(("prefix", "route"), [each for each in ALL if not each.values[1].open])
def test_nobody_gets_nothing(shared: Guarded, prefix: str, route: Route) -> None:
    client = shared.app.test_client()
    answer = client.open(at(prefix, route), method=route.method, json={} if route.method != "GET" else None)
    assert (answer.status_code, answer.get_json()["type"]) == (401, "AuthenticationException")


def test_few_routes_are_open() -> None:
    found = {f"{each.values[1].method} {each.values[1].path}" for each in ALL if each.values[1].open}
    assert found == {"GET /session", "POST /session", "POST /identity/verify"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Negotiate abc"},
        {"Authorization": "Bearer "},
        bearer("baton_nothing"),
        bearer("nothing"),
        basic("ada", ""),
        basic("ada", "Enchantress"),
        basic("ada", "enchantress "),
        basic("nobody", "enchantress"),
        basic("", ""),
        basic("ada\0", "enchantress"),
        basic("x" * 5000, "y" * 5000),
        {"Cookie": "baton_session="},
        {"Cookie": "baton_session=nothing"},
    ],
    ids=str,
)
def test_what_proves_nothing_is_refused(own: Guarded, headers: dict[str, str]) -> None:
    answer = own.app.test_client().get("/engine-rest/task", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Basic" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Mode": "navigate"}, {"User-Agent": "Mozilla/5.0 (X11)"}],
    ids=str,
)
def test_a_browser_is_not_made_to_ask_for_a_password_by_itself(own: Guarded, headers: dict[str, str]) -> None:
    answer = own.app.test_client().get("/engine-rest/task", headers=headers)
    assert answer.status_code == 401
    assert "Basic" not in answer.headers["WWW-Authenticate"]


def test_failures_are_told_to_who_watches_the_log(own: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    wrong(own)
    (record,) = caplog.records
    assert record.getMessage() == "A sign-in from 127.0.0.1 has failed"


def test_without_any_user_one_is_told_how_to_make_the_first(sqlite_url: str) -> None:
    made = Guarded(sqlite_url)
    answer = made.app.test_client().get("/engine-rest/task")
    assert answer.status_code == 401
    for word in ("/setup", "BATON_ADMIN_USER", "BATON_ADMIN_PASSWORD"):
        assert word in answer.get_json()["message"]
    made.engine.close()


# ---------------------------------------------------------------- passwords


def test_a_password_lets_its_user_in(own: Guarded) -> None:
    client = own.app.test_client()
    assert client.get("/engine-rest/task", headers=basic("ada", "enchantress")).status_code == 200
    task = client.post("/engine-rest/task", headers=basic("bob", "builder"), json={"name": "x"})
    assert task.status_code == 200
    assert "Set-Cookie" not in task.headers


def test_who_acts_is_known_to_the_engine(own: Guarded) -> None:
    client = own.app.test_client()
    client.post("/engine-rest/task/create", headers=basic("ada", "enchantress"), json={"name": "x"})
    (task,) = client.get("/engine-rest/task", headers=basic("ada", "enchantress")).get_json()
    path = f"/engine-rest/task/{task['id']}/comment/create"
    said = client.post(path, headers=basic("ada", "enchantress"), json={"message": "hello"}).get_json()
    assert said["userId"] == "ada"


def test_what_is_done_with_people_is_written_down(own: Guarded) -> None:
    browser, why = own.browser(), {"X-Baton-Reason": "Sie hat gek%C3%BCndigt"}
    browser.sign_in()
    sent: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/user/create", {"profile": {"id": "eve"}, "credentials": {"password": "secret"}}),
        ("PUT", "/user/eve/profile", {"firstName": "Eve"}),
        ("PUT", "/user/eve/credentials", {"password": "secret2"}),
        ("POST", "/user/eve/unlock", None),
        ("PUT", "/group/sales/members/eve", None),
        ("DELETE", "/group/sales/members/eve", None),
        ("DELETE", "/user/eve", None),
        ("DELETE", "/user/eve", None),
    )
    for method, path, body in sent:
        answer = browser.send(method, "/engine-rest" + path, json=body, headers=why)
        assert answer.status_code == 204, answer.text
    path = "/engine-rest/history/user-operation?category=Admin&sortBy=timestamp&sortOrder=asc"
    log = browser.send("GET", path).get_json()
    assert {(each["userId"], each["category"], each["reason"]) for each in log} == {
        ("ada", "Admin", "Sie hat gekündigt")
    }
    told = [
        (each["entityType"], each["operationType"], each["property"], each["newValue"] or each["orgValue"])
        for each in log
    ]
    assert sorted(told) == sorted(
        [
            ("User", "Create", "userId", "eve"),
            ("User", "Update", "userId", "eve"),
            ("User", "UpdateCredentials", "userId", "eve"),
            ("User", "Unlock", "userId", "eve"),
            ("GroupMembership", "Create", "userId", "eve"),
            ("GroupMembership", "Create", "groupId", "sales"),
            ("GroupMembership", "Delete", "userId", "eve"),
            ("GroupMembership", "Delete", "groupId", "sales"),
            ("User", "Delete", "userId", "eve"),
        ]
    )
    assert "secret" not in str(log)


def test_another_password_ends_what_the_old_one_opened(own: Guarded) -> None:
    client = own.app.test_client()
    browser = own.browser()
    browser.sign_in("bob", "builder")
    assert client.get("/engine-rest/task", headers=basic("bob", "builder")).status_code == 200
    own.engine.people.set_password("bob", "other")
    assert client.get("/engine-rest/task", headers=basic("bob", "builder")).status_code == 401
    assert browser.send("GET", "/engine-rest/task").status_code == 401
    own.clock.move(minutes=2)
    assert client.get("/engine-rest/task", headers=basic("bob", "other")).status_code == 200


def test_a_user_who_is_deleted_is_out(own: Guarded) -> None:
    client, browser = own.app.test_client(), own.browser()
    browser.sign_in("bob", "builder")
    secret, _ = own.engine.credentials.create_token("bob", "robot")
    own.engine.people.delete_user("bob")
    assert client.get("/engine-rest/task", headers=basic("bob", "builder")).status_code == 401
    assert client.get("/engine-rest/task", headers=bearer(secret)).status_code == 401
    assert browser.send("GET", "/engine-rest/task").status_code == 401


def wrong(own: Guarded, user: str = "ada") -> Any:
    return own.app.test_client().get("/engine-rest/task", headers=basic(user, "wrong"))


@pytest.mark.parametrize("user", ["ada", "nobody"])
def test_wrong_passwords_are_slowed_down(own: Guarded, user: str) -> None:
    waits = []
    for _ in range(8):
        assert wrong(own, user).status_code == 401
        refused = wrong(own, user)
        assert (refused.status_code, refused.get_json()["type"]) == (429, "TooManyRequestsException")
        seconds = int(refused.headers["Retry-After"])
        waits.append(seconds)
        own.clock.move(seconds=seconds)
    assert waits == [3, 6, 12, 24, 48, 60, 60, 60]


def test_while_one_waits_the_right_password_is_no_help_and_then_all_is_forgotten(own: Guarded) -> None:
    client = own.app.test_client()
    assert wrong(own).status_code == 401
    assert client.get("/engine-rest/task", headers=basic("ada", "enchantress")).status_code == 429
    own.clock.move(seconds=3)
    assert client.get("/engine-rest/task", headers=basic("ada", "enchantress")).status_code == 200
    assert wrong(own).status_code == 401
    assert wrong(own).headers["Retry-After"] == "3"


def test_programs_that_have_been_in_stay_in_while_somebody_guesses(own: Guarded) -> None:
    client = own.app.test_client()
    assert client.get("/engine-rest/task", headers=basic("ada", "enchantress")).status_code == 200
    assert wrong(own).status_code == 401
    assert client.get("/engine-rest/task", headers=basic("ada", "enchantress")).status_code == 200


def test_who_tries_many_accounts_is_slowed_down_too(own: Guarded) -> None:
    found = [wrong(own, f"user{number}").status_code for number in range(11)]
    assert found == [401] * 10 + [429]
    own.clock.move(seconds=3)
    assert wrong(own, "user20").status_code == 401
    assert wrong(own, "user21").headers["Retry-After"] == "6"


def test_an_account_can_be_unlocked(own: Guarded) -> None:
    assert wrong(own, "bob").status_code == 401
    own.engine.people.unlock("bob")
    assert own.app.test_client().get("/engine-rest/task", headers=basic("bob", "builder")).status_code == 200


# ---------------------------------------------------------------- tokens


def test_a_token_lets_its_user_in_until_it_expires(own: Guarded) -> None:
    browser = own.browser()
    browser.sign_in()
    expires = "2030-01-02T12:00:00.000+0000"
    made = browser.send("POST", "/api/v1/token", json={"name": "robot", "expires": expires}).get_json()
    assert made["token"].startswith("baton_")
    assert made["expires"] == expires
    client = own.app.test_client()
    assert client.get("/engine-rest/task", headers=bearer(made["token"])).status_code == 200
    (listed,) = browser.send("GET", "/api/v1/token").get_json()
    assert listed == {**{key: made[key] for key in listed}, "lastUsed": "2030-01-01T12:00:00.000+0000"}
    assert "token" not in listed
    own.clock.move(days=1)
    refused = client.get("/engine-rest/task", headers=bearer(made["token"]))
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_token_can_be_taken_away_by_its_owner_alone(own: Guarded) -> None:
    ada, bob = own.browser(), own.browser()
    ada.sign_in()
    bob.sign_in("bob", "builder")
    made = ada.send("POST", "/api/v1/token", json={"name": "robot"}).get_json()
    assert bob.send("GET", "/api/v1/token").get_json() == []
    assert bob.send("DELETE", f"/api/v1/token/{made['id']}").status_code == 404
    assert ada.send("DELETE", f"/api/v1/token/{made['id']}").status_code == 204
    assert own.app.test_client().get("/engine-rest/task", headers=bearer(made["token"])).status_code == 401


def test_a_token_that_only_reads_changes_nothing(own: Guarded) -> None:
    secret, _ = own.engine.credentials.create_token("ada", "eyes", read_only=True)
    client = own.app.test_client()
    assert client.get("/engine-rest/task", headers=bearer(secret)).status_code == 200
    assert client.post("/engine-rest/task", headers=bearer(secret), json={"name": "x"}).status_code == 200
    refused = client.post("/engine-rest/task/create", headers=bearer(secret), json={"name": "x"})
    assert (refused.status_code, refused.get_json()["type"]) == (403, "AuthorizationException")


@pytest.mark.parametrize("body", [{"name": ""}, {"name": "x" * 201}, {"name": "x", "expires": "2020-01-01"}, {}])
def test_a_token_that_makes_no_sense_is_refused(own: Guarded, body: dict[str, str]) -> None:
    browser = own.browser()
    browser.sign_in()
    assert browser.send("POST", "/api/v1/token", json=body).status_code == 400


# ---------------------------------------------------------------- sessions


def cookies(answer: Any) -> dict[str, str]:
    return {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_signing_in_tells_who_one_is(own: Guarded) -> None:
    browser = own.browser()
    session = browser.sign_in()
    assert session["user"] == {"id": "ada", "firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
    assert session["groups"] == [{"id": "camunda-admin", "name": "Administrators", "type": "SYSTEM"}]
    assert (session["administrator"], session["authentication"], session["demo"]) == (True, "on", False)
    assert all(session["capabilities"].values())
    assert browser.send("GET", "/api/v1/session").get_json() == session
    bob = own.browser().sign_in("bob", "builder")
    assert (bob["administrator"], any(bob["capabilities"].values())) == (False, False)


def test_what_one_may_do_anywhere_opens_a_part_of_the_web_app(own: Guarded) -> None:
    grant = own.engine.authorizations.grant
    grant(Resource.DEPLOYMENT, "READ", user="bob", resource_id="7")
    grant(Resource.PROCESS_DEFINITION, "READ_INSTANCE", group="sales")
    shown = own.browser().sign_in("bob", "builder")["capabilities"]
    assert {part for part, open_ in shown.items() if open_} == {"deployments", "processes"}


@pytest.mark.parametrize(("base", "secure"), [("http://localhost", False), ("https://localhost", True)])
def test_the_cookie_of_a_session_is_out_of_reach(own: Guarded, base: str, secure: bool) -> None:
    body = {"username": "ada", "password": "enchantress"}
    client = own.app.test_client()
    for _ in range(2):
        answer = client.post("/api/v1/session", json=body, base_url=base)
        assert len(answer.headers.getlist("Set-Cookie")) == 2
    set_ = cookies(answer)
    for name, hidden in (("baton_session", True), ("XSRF-TOKEN", False)):
        parts = {part.strip() for part in set_[name].split(";")}
        assert {"SameSite=Lax", "Path=/"} <= parts
        assert ("HttpOnly" in parts, "Secure" in parts) == (hidden, secure)


def test_signing_in_again_makes_another_session_and_ends_the_one_before(own: Guarded) -> None:
    browser = own.browser()
    browser.sign_in()
    before = browser.client.get_cookie("baton_session")
    browser.sign_in()
    after = browser.client.get_cookie("baton_session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert len(own.engine.credentials.sessions("ada")) == 1
    thief = own.app.test_client()
    thief.set_cookie("baton_session", before.value)
    assert thief.get("/engine-rest/task").status_code == 401


def test_a_cookie_that_was_planted_is_not_made_a_session(own: Guarded) -> None:
    browser = own.browser()
    browser.client.set_cookie("baton_session", "planted")
    browser.sign_in()
    cookie = browser.client.get_cookie("baton_session")
    assert cookie is not None
    assert cookie.value != "planted"


def test_signing_out_ends_the_session(own: Guarded) -> None:
    browser = own.browser()
    browser.sign_in()
    cookie = browser.client.get_cookie("baton_session")
    assert browser.send("DELETE", "/api/v1/session").status_code == 204
    assert browser.client.get_cookie("baton_session") is None
    assert cookie is not None
    browser.client.set_cookie("baton_session", cookie.value)
    assert browser.send("GET", "/api/v1/session").status_code == 401


def test_a_session_ends_when_it_is_not_used(own: Guarded) -> None:
    browser = own.browser()
    browser.sign_in()
    for _ in range(3):
        own.clock.move(hours=7)
        assert browser.send("GET", "/engine-rest/task").status_code == 200
    own.clock.move(hours=8)
    assert browser.send("GET", "/engine-rest/task").status_code == 401


def test_a_session_ends_in_the_end(own: Guarded) -> None:
    browser = own.browser()
    browser.sign_in()
    for _ in range(27):
        own.clock.move(hours=6)
        assert browser.send("GET", "/engine-rest/task").status_code == 200
    own.clock.move(hours=6)
    assert browser.send("GET", "/engine-rest/task").status_code == 401


def test_one_sees_where_one_is_signed_in_and_ends_it(own: Guarded) -> None:
    here, there, stranger = own.browser(), own.browser(), own.browser()
    here.sign_in()
    own.clock.move(minutes=1)
    there.sign_in()
    stranger.sign_in("bob", "builder")
    shown = here.send("GET", "/api/v1/sessions").get_json()
    assert [each["current"] for each in shown] == [False, True]
    assert stranger.send("DELETE", f"/api/v1/sessions/{shown[0]['id']}").status_code == 404
    assert here.send("DELETE", f"/api/v1/sessions/{shown[0]['id']}").status_code == 204
    assert there.send("GET", "/engine-rest/task").status_code == 401
    there.sign_in()
    assert here.send("DELETE", "/api/v1/sessions").status_code == 204
    assert there.send("GET", "/engine-rest/task").status_code == 401
    assert here.send("GET", "/engine-rest/task").status_code == 200


def test_one_changes_ones_own_password_by_showing_the_old_one_and_stays_signed_in(own: Guarded) -> None:
    here, there = own.browser(), own.browser()
    for browser in (here, there):
        browser.sign_in("bob", "builder")

    def change(browser: Browser, **proof: str) -> Any:
        return browser.send("PUT", "/engine-rest/user/bob/credentials", json={"password": "better", **proof})

    assert change(here).status_code == 400
    assert change(here, authenticatedUserPassword="wrong").status_code == 400
    own.clock.move(minutes=1)
    assert there.send("GET", "/engine-rest/task").status_code == 200
    assert change(here, authenticatedUserPassword="builder").status_code == 204
    assert here.send("GET", "/engine-rest/task").status_code == 200
    assert there.send("GET", "/engine-rest/task").status_code == 401
    assert own.browser().sign_in("bob", "better")["user"]["id"] == "bob"


def test_who_never_had_a_password_gives_themselves_one(own: Guarded) -> None:
    eve = own.engine.credentials.vouched("https://login.example.org 1", "eve")
    browser = own.browser()
    secret, _ = own.engine.credentials.open_session(eve.user.id)
    browser.client.set_cookie("baton_session", secret)
    browser.token = browser.send("GET", "/api/v1/session").get_json()["csrfToken"]
    assert browser.send("PUT", "/engine-rest/user/eve/credentials", json={"password": "first"}).status_code == 204
    assert browser.send("PUT", "/engine-rest/user/eve/credentials", json={"password": "second"}).status_code == 400


def test_what_the_database_keeps_opens_nothing(own: Guarded) -> None:
    browser = own.browser()
    browser.sign_in()
    cookie = browser.client.get_cookie("baton_session")
    secret, _ = own.engine.credentials.create_token("ada", "robot")
    assert cookie is not None
    with own.engine.database.read() as tx:
        kept = "\n".join(
            str(tx.run(f"SELECT * FROM {table}", ()).fetchall())
            for table in ("web_session", "api_token", "user_account")
        )
    for word in (cookie.value, secret, "enchantress", "builder"):
        assert word not in kept
    assert "$argon2id$" in kept


# ---------------------------------------------------------------- foreign pages


@pytest.fixture(scope="module")
def signed_in(shared: Guarded) -> Browser:
    browser = shared.browser()
    browser.sign_in()
    return browser


FOREIGN = [
    {"X-XSRF-TOKEN": ""},
    {"X-XSRF-TOKEN": "0" * 64},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize(("prefix", "route"), UNSAFE)
def test_a_foreign_page_changes_nothing(shared: Guarded, signed_in: Browser, prefix: str, route: Route) -> None:
    for headers in FOREIGN:
        answer = signed_in.send(route.method, at(prefix, route), headers=headers)
        assert (answer.status_code, answer.get_json()["type"]) == (403, "CsrfPreventionException"), headers
        assert answer.headers["X-XSRF-TOKEN"] == "Required"


def test_the_token_of_another_session_is_none(own: Guarded) -> None:
    ada, bob = own.browser(), own.browser()
    ada.sign_in()
    bob.sign_in("bob", "builder")
    assert ada.token is not None
    answer = bob.send("POST", "/engine-rest/task/create", headers={"X-XSRF-TOKEN": ada.token}, json={"name": "x"})
    assert answer.status_code == 403


def test_who_sends_a_cookie_is_a_browser_whatever_else_is_sent(own: Guarded) -> None:
    browser = own.browser()
    browser.sign_in()
    headers = {"X-XSRF-TOKEN": "", **basic("ada", "enchantress")}
    assert browser.send("POST", "/engine-rest/task/create", headers=headers, json={"name": "x"}).status_code == 403


def test_a_foreign_page_signs_nobody_in(own: Guarded) -> None:
    body = {"username": "ada", "password": "enchantress"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = own.app.test_client().post("/api/v1/session", json=body, headers=headers)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
    text = own.app.test_client().post("/api/v1/session", data=b'{"username":"ada"}', content_type="text/plain")
    assert text.status_code == 415


def test_a_foreign_page_uses_no_password_that_the_browser_keeps(own: Guarded) -> None:
    client, known = own.app.test_client(), basic("ada", "enchantress")
    for origin, status in (
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost:81", 403),
        ("http://localhost", 204),
        ("file://", 204),
    ):
        answer = client.post("/engine-rest/task/create", headers={**known, "Origin": origin}, json={"name": "x"})
        assert answer.status_code == status, origin
    token = own.engine.credentials.create_token("ada", "laptop")[0]
    headers = {**bearer(token), "Origin": "https://app.example"}  # nothing but the page itself can know it
    assert client.post("/engine-rest/task/create", headers=headers, json={"name": "x"}).status_code == 204


# ---------------------------------------------------------------- switched off


def test_where_nobody_has_to_sign_in_foreign_pages_change_nothing(sqlite_url: str) -> None:
    engine = Engine.open(sqlite_url, credentials=CHEAP)
    engine.upgrade()
    app = Flask("open")
    app.register_blueprint(create_blueprint(engine))
    model = {"one.bpmn": (BytesIO(ONE_TASK.encode()), "one.bpmn")}  # which any form in any page can send
    answer = app.test_client().post(
        "/engine-rest/deployment/create", data=model, headers={"Origin": "https://evil.example"}
    )
    assert (answer.status_code, answer.get_json()["type"]) == (403, "CsrfPreventionException")
    assert engine.queries.deployments.count() == 0
    engine.close()


def test_where_nobody_has_to_sign_in_everybody_is_the_engine(sqlite_url: str) -> None:
    engine = Engine.open(sqlite_url, credentials=CHEAP)
    engine.upgrade()
    app = Flask("open")
    app.register_blueprint(create_blueprint(engine))
    client = app.test_client()
    session = client.get("/api/v1/session").get_json()
    assert (session["user"], session["administrator"], session["authentication"]) == (None, True, "off")
    assert all(session["capabilities"].values())
    assert client.post("/engine-rest/task/create", json={"name": "x"}).status_code == 204
    assert client.post("/api/v1/session", json={"username": "a", "password": "b"}).status_code == 400
    assert client.get("/api/v1/token").status_code == 400
    assert client.get("/api/v1/sessions").get_json() == []
    engine.close()
