"""Nobody comes to more than they were given: what few permissions, a token or a found browser are not good for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.authorization import ADMINISTRATORS, Resource
from tests.api.signing_in import Browser, Guarded, guarded


@pytest.fixture
def own(sqlite_url: str) -> Iterator[Guarded]:
    """An application of the test's own, with `eve`, to whom nothing is permitted."""
    with guarded(sqlite_url) as made:
        made.engine.people.create_user("eve", password="apple")
        yield made


@pytest.fixture
def bob(own: Guarded) -> Browser:
    """The browser of bob, who may do everything with users, groups, memberships and tenants."""
    for resource in (Resource.USER, Resource.GROUP, Resource.GROUP_MEMBERSHIP, Resource.TENANT):
        own.engine.authorizations.grant(resource, "ALL", user="bob")
    browser = own.browser()
    browser.sign_in("bob", "builder")
    return browser


OF_ADMINISTRATORS: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "/engine-rest/group/camunda-admin/members/bob", None),
    ("DELETE", "/engine-rest/group/camunda-admin/members/ada", None),
    ("PUT", "/engine-rest/group/camunda-admin", {"id": "camunda-admin", "name": "x"}),
    ("DELETE", "/engine-rest/group/camunda-admin", None),
    ("PUT", "/engine-rest/user/ada/credentials", {"password": "taken over"}),
    ("PUT", "/engine-rest/user/ada/profile", {"firstName": "Eve"}),
    ("DELETE", "/engine-rest/user/ada", None),
    ("DELETE", "/api/v1/user/ada/session", None),
    ("DELETE", "/api/v1/user/ada/token", None),
)


@pytest.mark.parametrize(("method", "path", "body"), OF_ADMINISTRATORS, ids=str)
def test_administrators_are_made_and_changed_by_administrators(
    own: Guarded, bob: Browser, method: str, path: str, body: Any
) -> None:
    refused = bob.send(method, path, json=body)
    assert (refused.status_code, refused.get_json()["type"]) == (403, "AuthorizationException")
    assert "Only administrators" in refused.get_json()["message"]
    other = path.replace("camunda-admin", "sales").replace("ada", "eve")
    own.engine.people.remove_from_group("bob", "sales")
    assert bob.send(method, other, json=body).status_code == 204
    ada = own.browser()
    assert ada.sign_in()["administrator"]
    own.engine.people.create_user("root", password="other")
    own.engine.people.add_to_group("root", ADMINISTRATORS)
    of_all = (method, path) == ("DELETE", "/engine-rest/group/camunda-admin")
    assert ada.send(method, path.replace("ada", "root"), json=body).status_code == (400 if of_all else 204)


@pytest.mark.parametrize("path", ["user/ada", "group/camunda-admin", "group/camunda-admin/members/ada"])
def test_the_last_administrator_stays(own: Guarded, path: str) -> None:
    ada = own.browser()
    ada.sign_in()
    refused = ada.send("DELETE", f"/engine-rest/{path}")
    assert (refused.status_code, refused.get_json()["type"]) == (400, "BadUserRequestException")
    assert "last administrator" in refused.get_json()["message"]
    assert ada.send("GET", "/api/v1/session").get_json()["administrator"]


def test_nobody_makes_the_group_of_the_administrators_and_joins_it(own: Guarded, bob: Browser) -> None:
    with own.engine.database.write() as tx:
        tx.run("DELETE FROM user_group WHERE id = ?", (ADMINISTRATORS,))
    for path, body in (("create", {"id": ADMINISTRATORS, "name": "x"}), (f"{ADMINISTRATORS}/members/bob", None)):
        refused = bob.send("POST" if body else "PUT", f"/engine-rest/group/{path}", json=body)
        assert refused.status_code == 403
    assert not own.engine.credentials.has_administrator()


def by_token(own: Guarded, secret: str, method: str, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    return own.app.test_client().open(path, method=method, headers=headers, json=body)


@pytest.mark.parametrize("user", ["ada", "bob"])
def test_a_token_makes_no_token(own: Guarded, user: str) -> None:
    secret, _ = own.engine.credentials.create_token(user, "robot")
    refused = by_token(own, secret, "POST", "/api/v1/token", {"name": "for ever"})
    assert (refused.status_code, refused.get_json()["type"]) == (403, "AuthorizationException")
    assert len(own.engine.credentials.tokens(user)) == 1


def test_a_token_gives_its_user_no_other_password(own: Guarded) -> None:
    secret, _ = own.engine.credentials.create_token("bob", "robot")
    path = "/engine-rest/user/bob/credentials"
    assert by_token(own, secret, "PUT", path, {"password": "mine"}).status_code == 400
    wrong = {"password": "mine", "authenticatedUserPassword": "guess"}
    assert by_token(own, secret, "PUT", path, wrong).status_code == 400
    own.clock.move(minutes=1)
    assert own.engine.credentials.check("bob", "builder") is not None
    proven = {"password": "other", "authenticatedUserPassword": "builder"}
    assert by_token(own, secret, "PUT", path, proven).status_code == 204


def test_a_token_gives_who_has_no_password_none(own: Guarded) -> None:
    own.engine.credentials.vouched("issuer 7", "fay")
    secret, _ = own.engine.credentials.create_token("fay", "robot")
    assert by_token(own, secret, "PUT", "/engine-rest/user/fay/credentials", {"password": "mine"}).status_code == 400
    assert not own.engine.credentials.uses_password("fay")


def test_a_token_that_only_reads_takes_nothing_away(own: Guarded) -> None:
    secret, view = own.engine.credentials.create_token("ada", "eyes", read_only=True)
    for path in (f"/api/v1/token/{view.id}", "/api/v1/sessions", "/api/v1/user/bob/token", "/engine-rest/user/bob"):
        assert by_token(own, secret, "DELETE", path, None).status_code == 403
    assert own.engine.credentials.token(secret) is not None


def test_ids_of_sessions_and_tokens_are_no_keys(own: Guarded) -> None:
    """What lists show of them, signs nobody in."""
    _, token = own.engine.credentials.create_token("ada", "robot")
    _, session = own.engine.credentials.open_session("ada")
    client = own.app.test_client()
    for id in (token.id, f"baton_{token.id}"):
        assert client.get("/engine-rest/task", headers={"Authorization": f"Bearer {id}"}).status_code == 401
    client.set_cookie("baton_session", session.id)
    assert client.get("/engine-rest/task").status_code == 401
