"""What users sign in with, for those who administer them; and what the operation log tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.authorization import Resource
from engine.errors import BadRequest
from tests.api.signing_in import Browser, Guarded, guarded


@pytest.fixture
def own(database_url: str) -> Iterator[Guarded]:
    """An application of the test's own."""
    with guarded(database_url) as made:
        yield made


@pytest.fixture
def ada(own: Guarded) -> Browser:
    """The administrator's browser."""
    browser = own.browser()
    browser.sign_in()
    return browser


@pytest.fixture
def bob(own: Guarded) -> Browser:
    """The browser of somebody whom nothing is permitted."""
    browser = own.browser()
    browser.sign_in("bob", "builder")
    return browser


def works(own: Guarded, secret: str) -> bool:
    headers = {"Authorization": f"Bearer {secret}"}
    return own.app.test_client().get("/engine-rest/task", headers=headers).status_code == 200


def is_in(browser: Browser) -> bool:
    return bool(browser.send("GET", "/engine-rest/task").status_code == 200)


def told(own: Guarded, **filters: str) -> list[tuple[str, str, str, str | None, str | None, str | None]]:
    """The operation log, in order: who, what, to what, which property, before, after."""
    return [
        (each.user_id, each.type, each.entity, each.property, each.old_value, each.new_value)
        for each in own.engine.queries.operations.list(filters)
    ]


# ---------------------------------------------------------------- seen and taken away


def test_an_administrator_sees_where_everybody_is_signed_in(own: Guarded, ada: Browser, bob: Browser) -> None:
    shown = ada.send("GET", "/api/v1/user-session?sortBy=userId&sortOrder=asc").get_json()
    assert [each["userId"] for each in shown] == ["ada", "bob"]
    assert shown[1]["created"] == shown[1]["lastSeen"] == "2030-01-01T12:00:00.000+0000"
    assert (shown[1]["address"], shown[1]["expires"]) == ("127.0.0.1", "2030-01-08T12:00:00.000+0000")
    path = "/api/v1/user-session?sortBy=userId&sortOrder=desc&firstResult=1&maxResults=1"
    assert [each["userId"] for each in ada.send("GET", path).get_json()] == ["ada"]
    assert ada.send("GET", "/api/v1/user-session/count?userId=bob").get_json() == {"count": 1}
    assert is_in(bob)


def test_sessions_that_are_over_are_not_shown(own: Guarded, ada: Browser, bob: Browser) -> None:
    own.clock.move(hours=5)
    assert is_in(ada)
    own.clock.move(hours=4)
    assert [each["userId"] for each in ada.send("GET", "/api/v1/user-session").get_json()] == ["ada"]
    assert ada.send("GET", "/api/v1/user-session/count").get_json() == {"count": 1}
    assert not is_in(bob)


def test_an_administrator_ends_sessions_of_others(own: Guarded, ada: Browser, bob: Browser) -> None:
    there = own.browser()
    there.sign_in("bob", "builder")
    (first, _) = ada.send("GET", "/api/v1/user-session?userId=bob&sortBy=created&sortOrder=asc").get_json()
    assert ada.send("DELETE", f"/api/v1/user/ada/session/{first['id']}").status_code == 404
    assert ada.send("DELETE", f"/api/v1/user/bob/session/{first['id']}").status_code == 204
    assert sorted(map(is_in, (bob, there))) == [False, True]
    assert ada.send("DELETE", "/api/v1/user/bob/session").status_code == 204
    assert (is_in(bob), is_in(there), is_in(ada)) == (False, False, True)


def test_an_administrator_sees_and_deletes_tokens_of_others(own: Guarded, ada: Browser, bob: Browser) -> None:
    body = {"name": "robot", "readOnly": True, "expires": "2030-02-01T00:00:00.000+0000"}
    made = bob.send("POST", "/api/v1/token", json=body).get_json()
    more = [bob.send("POST", "/api/v1/token", json={"name": name}).get_json() for name in ("one", "two")]
    own.clock.move(minutes=2)
    assert works(own, made["token"])
    shown = ada.send("GET", "/api/v1/user-token?nameLike=rob%25").get_json()
    used = "2030-01-01T12:02:00.000+0000"
    assert shown == [{**{key: value for key, value in made.items() if key != "token"}, "lastUsed": used}]
    assert (shown[0]["userId"], shown[0]["expires"]) == ("bob", body["expires"])
    assert ada.send("GET", "/api/v1/user-token/count?userId=bob").get_json() == {"count": 3}
    assert ada.send("DELETE", f"/api/v1/user/ada/token/{made['id']}").status_code == 404
    assert ada.send("DELETE", f"/api/v1/user/bob/token/{made['id']}").status_code == 204
    assert (works(own, made["token"]), works(own, more[0]["token"])) == (False, True)
    assert ada.send("DELETE", "/api/v1/user/bob/token").status_code == 204
    assert not any(works(own, each["token"]) for each in more)


def test_others_see_their_own_alone(own: Guarded, ada: Browser, bob: Browser) -> None:
    own.engine.credentials.create_token("ada", "robot")
    own.engine.authorizations.grant(Resource.USER, "READ")
    assert [each["userId"] for each in bob.send("GET", "/api/v1/user-session").get_json()] == ["bob"]
    assert bob.send("GET", "/api/v1/user-token").get_json() == []
    for path in ("token", "session"):
        assert bob.send("DELETE", f"/api/v1/user/ada/{path}").status_code == 403
    assert is_in(ada)


def test_who_may_change_a_user_sees_what_they_sign_in_with(own: Guarded, bob: Browser) -> None:
    own.engine.people.create_user("eve", password="apple")
    own.engine.people.create_user("fay", password="apple")
    for user in ("eve", "fay"):
        own.engine.credentials.create_token(user, "robot")
    own.engine.authorizations.grant(Resource.USER, "UPDATE", user="bob", resource_id="eve")
    assert [each["userId"] for each in bob.send("GET", "/api/v1/user-token").get_json()] == ["eve"]
    assert bob.send("DELETE", "/api/v1/user/eve/token").status_code == 204
    assert bob.send("DELETE", "/api/v1/user/fay/token").status_code == 403


# ---------------------------------------------------------------- told


def test_who_signs_in_and_out_is_told(own: Guarded, ada: Browser, bob: Browser) -> None:
    assert bob.send("DELETE", "/api/v1/session").status_code == 204
    assert ada.send("DELETE", "/api/v1/user/bob/session").status_code == 204
    there = own.browser()
    there.sign_in("bob", "builder")
    assert ada.send("DELETE", "/api/v1/user/bob/session", headers={"X-Baton-Reason": "Lost"}).status_code == 204
    assert told(own) == [
        ("ada", "Create", "Session", "userId", None, "ada"),
        ("bob", "Create", "Session", "userId", None, "bob"),
        ("bob", "Delete", "Session", "userId", "bob", None),
        ("bob", "Create", "Session", "userId", None, "bob"),
        ("ada", "Delete", "Session", "userId", "bob", None),
    ]
    last = own.engine.queries.operations.list()[-1]
    assert (last.category, last.address, last.reason) == ("Security", "127.0.0.1", "Lost")


def test_tokens_are_told_without_what_they_are_made_of(own: Guarded, bob: Browser) -> None:
    made = bob.send("POST", "/api/v1/token", json={"name": "robot"}).get_json()
    assert bob.send("DELETE", f"/api/v1/token/{made['id']}").status_code == 204
    log = told(own, entityType="Token")
    assert log == [
        ("bob", "Create", "Token", "userId", None, "bob"),
        ("bob", "Create", "Token", "name", None, "robot"),
        ("bob", "Create", "Token", "readOnly", None, "false"),
        ("bob", "Delete", "Token", "userId", "bob", None),
        ("bob", "Delete", "Token", "name", "robot", None),
        ("bob", "Delete", "Token", "readOnly", "false", None),
    ]


def test_sessions_that_end_with_a_password_are_told(own: Guarded, ada: Browser, bob: Browser) -> None:
    sent = ada.send("PUT", "/engine-rest/user/bob/credentials", json={"password": "anvil"})
    assert (sent.status_code, is_in(bob)) == (204, False)
    assert told(own)[-2:] == [
        ("ada", "UpdateCredentials", "User", "userId", None, "bob"),
        ("ada", "Delete", "Session", "userId", "bob", None),
    ]
    assert "anvil" not in str(told(own))


def fail(own: Guarded, user: str, times: int) -> None:
    """Somebody guesses, as often as they are let."""
    for _ in range(times):
        assert own.engine.credentials.check(user, "guess", "10.0.0.9") is None
        own.clock.move(minutes=1)


def test_who_fails_to_sign_in_is_told_ever_less_often(own: Guarded) -> None:
    fail(own, "bob", 9)
    assert [row[-1] for row in told(own) if row[3] == "failures"] == ["1", "2", "4", "8"]
    assert told(own)[:2] == [
        ("bob", "Refuse", "Session", "userId", None, "bob"),
        ("bob", "Refuse", "Session", "failures", None, "1"),
    ]
    last = own.engine.queries.operations.list()[-1]
    assert (last.category, last.address) == ("Security", "10.0.0.9")


def test_a_name_that_is_nobodys_may_be_a_password_and_is_not_told(own: Guarded) -> None:
    fail(own, "enchantress", 1)
    assert told(own) == []


def test_the_first_administrator_is_told(database_url: str) -> None:
    made = Guarded(database_url)
    made.engine.people.create_first_administrator("root", "enchantress", address="10.0.0.1")
    assert told(made) == [
        ("root", "Create", "User", "userId", None, "root"),
        ("root", "Create", "GroupMembership", "userId", None, "root"),
        ("root", "Create", "GroupMembership", "groupId", None, "camunda-admin"),
    ]
    assert {each.address for each in made.engine.queries.operations.list()} == {"10.0.0.1"}
    made.engine.close()


def test_what_an_identity_provider_says_is_told(own: Guarded) -> None:
    vouched: Any = own.engine.credentials.vouched
    for groups in (["sales"], ["sales"], []):
        vouched("issuer 7", "eve", first_name="Eve", groups=groups)
    vouched("issuer 7", "eve", first_name="Eva")
    with pytest.raises(BadRequest):
        vouched("issuer 8", "eve")
    assert [row[:4] for row in told(own)] == [
        ("eve", "Create", "User", "userId"),
        ("eve", "Create", "GroupMembership", "userId"),
        ("eve", "Create", "GroupMembership", "groupId"),
        ("eve", "Delete", "GroupMembership", "userId"),
        ("eve", "Delete", "GroupMembership", "groupId"),
        ("eve", "Update", "User", "userId"),
    ]
    assert {each.reason for each in own.engine.queries.operations.list()} == {"The identity provider says so"}
