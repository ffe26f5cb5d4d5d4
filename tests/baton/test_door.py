"""How the first people come, and signing in, out and setting up in a browser without JavaScript."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from baton.demo import PEOPLE
from baton.settings import Settings
from baton.starting import CannotStart
from baton.wsgi import create_app
from engine.authorization import ADMINISTRATORS
from engine.clock import system_clock

Make = Callable[..., Flask]


@pytest.fixture
def make(sqlite_url: str) -> Iterator[Make]:
    """Makes applications on one database."""
    made: list[Flask] = []

    def make_one(*, demo: bool = False, **settings: Any) -> Flask:
        made.append(create_app(Settings(database_url=sqlite_url, **settings), upgrade=True, demo=demo))
        return made[-1]

    yield make_one
    for app in made:
        app.extensions["engine"].close()


def secret_of(page: Any) -> str:
    found = re.search(r'name="secret" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def send(client: FlaskClient, path: str, fields: dict[str, str], **options: Any) -> Any:
    """Fills in the form of a page and sends it."""
    return client.post(path, data={"secret": secret_of(client.get(path, **options)), **fields}, **options)


def is_inside(client: FlaskClient) -> bool:
    return client.get("/api/v1/session").status_code == 200


ADA = {"username": "ada", "password": "enchantress", "repeated": "enchantress", "first_name": "Ada"}


# ---------------------------------------------------------------- set-up


def test_the_first_administrator_is_made_in_the_browser(make: Make) -> None:
    app = make()
    client = app.test_client()
    assert client.get("/login").headers["Location"] == "/setup"
    key = app.extensions["door"].key
    assert key not in client.get("/setup").text
    assert f'value="{key}"' in client.get(f"/setup?key={key}").text
    done = send(client, "/setup", {**ADA, "key": key})
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    session = client.get("/api/v1/session").get_json()
    assert (session["user"]["id"], session["user"]["firstName"], session["administrator"]) == ("ada", "Ada", True)
    assert client.get("/setup").headers["Location"] == "/login"
    late = app.test_client()
    page = late.get("/setup")
    assert page.headers["Location"] == "/login"
    assert late.post("/setup", data={**ADA, "username": "eve"}).headers["Location"] == "/login"
    assert [user.id for user in app.extensions["engine"].queries.users.list()] == ["ada"]


@pytest.mark.parametrize("key", ["", "wrong", "ä"])
def test_the_first_administrator_shows_the_key_also_on_the_same_machine(make: Make, key: str) -> None:
    app = make()
    client = app.test_client()
    refused = send(client, "/setup", {**ADA, "key": key})
    assert (refused.status_code, "not the key" in refused.text) == (400, True)
    assert not app.extensions["engine"].credentials.has_users()


def test_the_key_is_told_in_the_log_while_there_is_no_administrator(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[logging.LogRecord]:
        return [each for each in caplog.records if each.name == "baton.sign_in"]

    key = make().extensions["door"].key
    (record,) = told()
    assert record.levelname == "WARNING"
    assert record.getMessage() == f"There is no administrator yet: make one at /setup?key={key}"
    caplog.clear()
    make(auth=False)
    make(admin_user="ada", admin_password="enchantress")
    make()
    assert told() == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"password": "short", "repeated": "short"}, "at least 10 characters"),
        ({"password": "letmein1234", "repeated": "letmein1234"}, "password policy: common"),
        ({"repeated": "enchanters"}, "not the same"),
        ({"username": "a b"}, "not a valid resource identifier"),
        ({"username": ""}, "not a valid resource identifier"),
        ({"secret": "wrong"}, "too old"),
    ],
)
def test_a_set_up_that_makes_no_sense_is_refused_and_kept(make: Make, fields: dict[str, str], wrong: str) -> None:
    app = make()
    client, key = app.test_client(), app.extensions["door"].key
    refused = send(client, "/setup", {**ADA, "key": key, **fields})
    assert (refused.status_code, wrong in refused.text) == (400, True)
    assert 'value="Ada"' in refused.text
    assert "enchant" not in refused.text
    assert not is_inside(client)


def test_the_settings_may_name_the_first_administrator(make: Make) -> None:
    engine = make(admin_user="ada", admin_password="enchantress").extensions["engine"]
    assert engine.credentials.check("ada", "enchantress").actor().administrator
    engine = make(admin_user="eve", admin_password="serpent").extensions["engine"]
    assert engine.credentials.person("eve") is None


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"admin_user": "ada"}, "a name and a password"),
        ({"admin_password": "x"}, "a name and a password"),
        ({"admin_user": "a b", "admin_password": "x"}, "valid resource identifier"),
    ],
)
def test_an_administrator_who_cannot_be_stops_the_start(make: Make, settings: dict[str, str], why: str) -> None:
    with pytest.raises(CannotStart, match=why):
        make(**settings)


# ---------------------------------------------------------------- the demo


def test_the_demo_has_people_for_all_to_try(make: Make) -> None:
    app = make(demo=True)
    engine = app.extensions["engine"]
    page = app.test_client().get("/login").text
    for person in PEOPLE:
        assert person.can in page
        client = app.test_client()
        done = send(client, "/login", {"username": person.id, "password": person.id})
        assert (done.status_code, done.headers["Location"]) == (303, "/")
        session = client.get("/api/v1/session").get_json()
        assert [group["id"] for group in session["groups"]] == sorted(person.groups)
        assert session["demo"] is True
        assert session["administrator"] is (ADMINISTRATORS in person.groups)
    engine.people.set_password("sales", "much better")
    again = make(demo=True)
    page = again.test_client().get("/login").text
    assert (PEOPLE[0].can in page, PEOPLE[1].can in page) == (False, True)
    assert len(engine.queries.users.list()) == len(PEOPLE)


def test_where_there_are_users_no_demo_is_made(make: Make) -> None:
    app = make(demo=True, admin_user="ada", admin_password="enchantress")
    assert [user.id for user in app.extensions["engine"].queries.users.list()] == ["ada"]
    assert "try it as" not in app.test_client().get("/login").text


def test_no_demo_is_made_where_others_can_reach_it_and_one_that_is_there_stops_the_start(make: Make) -> None:
    public = make(demo=True, host="0.0.0.0")
    assert not public.extensions["engine"].credentials.has_users()
    make(demo=True)
    with pytest.raises(CannotStart, match="sales, accounting, manager, admin"):
        make(host="0.0.0.0")
    people = public.extensions["engine"].people
    people.create_user("root", password="enchantress")
    people.add_to_group("root", ADMINISTRATORS)  # for the last administrator stays
    for person in PEOPLE:
        people.delete_user(person.id)
    make(host="0.0.0.0")


def test_only_the_demo_offers_people(make: Make) -> None:
    make(demo=True)
    app = make()
    assert "try it as" not in app.test_client().get("/login").text
    assert app.extensions["door"].people == ()


# ---------------------------------------------------------------- signing in and out


@pytest.fixture
def app(make: Make) -> Flask:
    """An application with an administrator, `ada`."""
    return make(admin_user="ada", admin_password="enchantress")


def test_signing_in_leads_where_one_wanted_to_go(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/login?next=/tasks/17%3Fa=b")
    fields = {"secret": secret_of(page), "username": "ada", "password": "enchantress", "next": "/tasks/17?a=b"}
    assert 'value="/tasks/17?a=b"' in page.text
    done = client.post("/login", data=fields)
    assert (done.status_code, done.headers["Location"]) == (303, "/tasks/17?a=b")
    assert client.get("/login?next=/start").headers["Location"] == "/start"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(app: Flask, elsewhere: str) -> None:
    done = send(app.test_client(), "/login", {"username": "ada", "password": "enchantress", "next": elsewhere})
    assert (done.status_code, done.headers["Location"]) == (303, "/")


def test_what_is_not_there_is_told_in_words_and_leads_back(app: Flask) -> None:
    missing = app.test_client().get("/nowhere")
    assert (missing.status_code, missing.mimetype) == (404, "text/html")
    assert "There is no such page" in missing.text
    assert 'href="/"' in missing.text
    assert "frame-ancestors 'none'" in missing.headers["Content-Security-Policy"]
    api = app.test_client().get("/engine-rest/nowhere")
    assert (api.status_code, api.mimetype) == (404, "application/json")


def test_a_page_that_fails_says_so_and_tells_nothing(app: Flask) -> None:
    def fail() -> str:
        raise ValueError("a secret of the inside")

    app.add_url_rule("/fails", "fails", fail)
    failed = app.test_client().get("/fails")
    assert (failed.status_code, failed.mimetype) == (500, "text/html")
    assert "Something went wrong" in failed.text
    assert "secret of the inside" not in failed.text


def test_a_wrong_password_is_told_and_slowed_down(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    now = system_clock()
    monkeypatch.setattr(app.extensions["engine"].credentials, "_clock", lambda: now)
    client = app.test_client()
    refused = send(client, "/login", {"username": "ada", "password": "wrong"})
    assert (refused.status_code, "or the password is wrong" in refused.text) == (400, True)
    assert 'value="ada"' in refused.text
    assert "wrong" not in re.findall(r'value="([^"]*)"', refused.text)
    refused = send(client, "/login", {"username": "ada", "password": "enchantress"})
    assert "Too many sign-ins have failed" in refused.text
    assert not is_inside(client)


@pytest.mark.parametrize("path", ["/login", "/logout", "/setup"])
@pytest.mark.parametrize("foreign", ["no cookie", "no secret", "origin", "site"])
def test_a_foreign_page_signs_nobody_in_or_out(make: Make, path: str, foreign: str) -> None:
    app = make() if path == "/setup" else make(admin_user="ada", admin_password="enchantress")
    client = app.test_client()
    if path == "/logout":
        send(client, "/login", {"username": "ada", "password": "enchantress"})
    fields = {**ADA, "secret": secret_of(client.get(path))}
    headers = {"origin": {"Origin": "https://evil.example"}, "site": {"Sec-Fetch-Site": "cross-site"}}.get(foreign)
    if foreign == "no cookie":
        client.delete_cookie("baton_form")
    if foreign == "no secret":
        del fields["secret"]
    refused = client.post(path, data=fields, headers=headers)
    assert refused.status_code == 400
    assert is_inside(client) is (path == "/logout")


def test_signing_out_asks_first(app: Flask) -> None:
    client = app.test_client()
    send(client, "/login", {"username": "ada", "password": "enchantress"})
    assert is_inside(client)
    assert client.get("/logout").status_code == 200
    assert is_inside(client)
    done = send(client, "/logout", {})
    assert (done.status_code, done.headers["Location"]) == (303, "/login")
    assert not is_inside(client)


@pytest.mark.parametrize("path", ["/login", "/logout", "/setup", "/pages.css"])
def test_pages_are_shut_to_what_is_not_theirs(make: Make, path: str) -> None:
    app = make() if path == "/setup" else make(admin_user="ada", admin_password="enchantress")
    page = app.test_client().get(path)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == ("no-cache" if path == "/pages.css" else "no-store")
    assert "<script" not in page.text
    assert "style=" not in page.text
    if path == "/pages.css":
        assert "--accent:" in page.text
        assert page.mimetype == "text/css"


def test_what_people_write_is_shown_as_text(app: Flask) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    refused = send(app.test_client(), "/login", {"username": evil, "password": "x"})
    assert "<img" not in refused.text
    assert "&lt;img" in refused.text


def test_where_nobody_has_to_sign_in_there_is_nothing_to_do(make: Make) -> None:
    client = make(auth=False).test_client()
    for path in ("/login", "/setup"):
        assert client.get(path).headers["Location"] == "/"


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_who_asks_is_believed_of_known_proxies_alone(make: Make, proxies: int, address: str) -> None:
    app = make(admin_user="ada", admin_password="enchantress", proxies=proxies)
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    body = {"username": "ada", "password": "enchantress"}
    done = app.test_client().post("/api/v1/session", json=body, headers=told)
    assert done.status_code == 200
    (session,) = app.extensions["engine"].credentials.sessions("ada")
    assert session.address == address
    assert ("Secure" in done.headers["Set-Cookie"]) is bool(proxies)
