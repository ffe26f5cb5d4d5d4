"""Users, groups and tenants over REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api import create_blueprint
from engine import PASSWORD_POLICIES, CredentialSettings, Engine, Hashing
from tests.api.conftest import Api
from tests.api.models import ONE_TASK

CHEAP = Hashing(memory_kib=8, passes=1)


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """A fresh engine whose passwords cost next to nothing to try."""
    made = Engine.open(sqlite_url, credentials=CredentialSettings(hashing=CHEAP))
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def people(api: Api) -> Api:
    """A client of an API with two users, two groups and a tenant."""
    for id, first, last in (("zed", "Zed", "Last"), ("amy", "Amy", "First")):
        profile = {"id": id, "firstName": first, "lastName": last, "email": f"{id}@example.org"}
        api.post("/user/create", {"profile": profile, "credentials": {"password": "pw"}})
    api.post("/group/create", {"id": "sales", "name": "Sales", "type": "WORKFLOW"})
    api.post("/group/create", {"id": "help", "name": "Help desk", "type": "SYSTEM"})
    api.post("/tenant/create", {"id": "north", "name": "North"})
    return api


def ids(found: Any) -> list[str]:
    return [each["id"] for each in found]


def test_users_are_listed_by_filters(people: Api) -> None:
    people.put("/group/sales/members/zed", None)
    people.put("/tenant/north/user-members/amy", None)
    assert ids(people.get("/user")) == ["amy", "zed"]
    for wanted, query in (
        (["zed"], {"id": "zed"}),
        (["amy", "zed"], {"idIn": "zed,amy,nobody"}),
        (["zed"], {"firstName": "Zed"}),
        (["amy"], {"firstNameLike": "A%"}),
        (["amy"], {"lastName": "First"}),
        (["zed"], {"lastNameLike": "%as%"}),
        (["amy"], {"email": "amy@example.org"}),
        (["amy", "zed"], {"emailLike": "%@example.org"}),
        (["zed"], {"nameOrIdLike": "%LAS%"}),
        (["amy"], {"nameOrIdLike": "%amy first%"}),
        (["amy"], {"nameOrIdLike": "% amy"}),
        (["zed"], {"memberOfGroup": "sales"}),
        ([], {"memberOfGroup": "help"}),
        (["amy"], {"memberOfTenant": "north"}),
    ):
        assert ids(people.get("/user", **query)) == wanted, query
        assert people.get("/user/count", **query) == {"count": len(wanted)}
    assert ids(people.get("/user", sortBy="lastName", sortOrder="desc")) == ["zed", "amy"]
    assert ids(people.get("/user", sortBy="userId", sortOrder="asc", firstResult=1, maxResults=1)) == ["zed"]
    assert people.get("/user", 400, sortBy="age", sortOrder="asc")["type"] == "InvalidRequestException"
    people.call("POST", "/user", 405, json={})


def test_users_are_found_by_what_they_may_start(people: Api, engine: Engine) -> None:
    people.put("/group/sales/members/zed", None)
    people.deploy(a_bpmn=ONE_TASK, b_bpmn=ONE_TASK.replace("oneTask", "other"))
    found = {each["key"]: each["id"] for each in people.get("/process-definition")}
    with engine.database.write() as tx:
        for id, key, user, group in ((-1, "oneTask", "amy", None), (-2, "other", None, "sales")):
            values = (id, int(found[key].rpartition(":")[2]), user, group)
            tx.run("INSERT INTO candidate_starter (id, definition_id, user_id, group_id) VALUES (?, ?, ?, ?)", values)
    assert ids(people.get("/user", potentialStarter=found["oneTask"])) == ["amy"]
    assert ids(people.get("/user", potentialStarter=found["other"])) == ["zed"]
    assert people.get("/user", potentialStarter="a:1:99999") == []


def test_a_user_is_read_and_changed(people: Api) -> None:
    assert people.get("/user/zed/profile") == {
        "id": "zed",
        "firstName": "Zed",
        "lastName": "Last",
        "email": "zed@example.org",
    }
    people.put("/user/zed/profile", {"id": "other", "firstName": "Z", "email": None})
    assert people.get("/user/zed/profile") == {"id": "zed", "firstName": "Z", "lastName": None, "email": None}
    people.delete("/user/zed")
    people.delete("/user/zed")
    assert ids(people.get("/user")) == ["amy"]


@pytest.mark.parametrize(
    ("body", "status", "type", "message"),
    [
        ({}, 400, "InvalidRequestException", "valid id"),
        ({"profile": {"firstName": "x"}}, 400, "InvalidRequestException", "valid id"),
        ({"profile": {"id": "zed"}}, 400, "BadUserRequestException", "The user already exists"),
        ({"profile": {"id": "a b"}}, 500, "ProcessEngineException", "'a b' is not a valid resource identifier"),
        ({"profile": {"id": "*"}}, 500, "ProcessEngineException", "not a valid resource identifier"),
        ({"profile": {"id": "x"}, "credentials": {"password": ""}}, 400, "BadUserRequestException", "1 to 1024"),
        ({"profile": {"id": "x", "email": "e" * 5000}}, 400, "BadUserRequestException", "email cannot be kept"),
    ],
)
def test_a_user_that_cannot_be_is_refused(
    people: Api, body: dict[str, Any], status: int, type: str, message: str
) -> None:
    refused = people.post("/user/create", body, status)
    assert refused["type"] == type
    assert message in refused["message"]
    assert people.get("/user/count") == {"count": 2}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/user/no/profile"), ("PUT", "/user/no/profile"), ("PUT", "/user/no/credentials")],
)
def test_a_user_who_is_not_there_is_told(people: Api, method: str, path: str) -> None:
    body = {"firstName": "x", "password": "x"}
    told = people.call(method, path, 404, json=None if method == "GET" else body).get_json()
    assert told == {"type": "UserNotFoundException", "message": "User with id no does not exist", "code": None}


def test_a_password_is_verified(people: Api) -> None:
    def verify(user: str, password: str) -> Any:
        return people.post("/identity/verify", {"username": user, "password": password}, 200)

    yes = {"authenticatedUser": "zed", "groups": None, "tenants": None, "authenticated": True}
    assert verify("zed", "pw") == yes
    people.put("/user/zed/credentials", {"password": "new"})
    assert verify("zed", "new") == yes
    assert verify("zed", "pw") == {**yes, "authenticated": False}
    assert verify("nobody", "pw")["authenticated"] is False
    people.post("/identity/verify", {"username": "zed", "password": "pw"}, 429)
    people.post("/user/zed/unlock", None)
    assert verify("zed", "pw")["authenticated"] is False
    people.post("/identity/verify", {"username": "zed"}, 400)
    people.put("/user/zed/credentials", {}, 400)


def test_who_has_no_password_cannot_sign_in(people: Api) -> None:
    people.post("/user/create", {"profile": {"id": "ghost"}})
    for password in ("", "pw", "None"):
        body = {"username": "ghost", "password": password}
        assert people.post("/identity/verify", body, 200)["authenticated"] is False
        people.post("/user/ghost/unlock", None)


def test_groups_are_listed_by_filters(people: Api) -> None:
    people.put("/group/sales/members/zed", None)
    people.put("/tenant/north/group-members/help", None)
    for wanted, query in (
        (["help", "sales"], {}),
        (["sales"], {"id": "sales"}),
        (["help", "sales"], {"idIn": "sales,help"}),
        (["sales"], {"name": "Sales"}),
        (["help"], {"nameLike": "Help%"}),
        (["help"], {"type": "SYSTEM"}),
        (["sales"], {"member": "zed"}),
        (["help"], {"memberOfTenant": "north"}),
    ):
        assert ids(people.get("/group", **query)) == wanted, query
        assert people.get("/group/count", **query) == {"count": len(wanted)}
        as_body = {**query, **({"idIn": query["idIn"].split(",")} if "idIn" in query else {})}
        assert ids(people.post("/group", as_body, 200)) == wanted
        assert people.post("/group/count", as_body, 200) == {"count": len(wanted)}
    assert ids(people.get("/group", sortBy="name", sortOrder="desc")) == ["sales", "help"]


def test_a_group_is_read_changed_and_deleted(people: Api) -> None:
    people.put("/group/sales/members/zed", None)
    assert people.get("/group/sales") == {"id": "sales", "name": "Sales", "type": "WORKFLOW"}
    people.put("/group/sales", {"name": "Sold"})
    assert people.get("/group/sales") == {"id": "sales", "name": "Sold", "type": None}
    people.delete("/group/sales")
    assert people.get("/group/sales", 404)["message"] == "Group with id sales does not exist"
    people.put("/group/sales", {"name": "x"}, 404)
    assert people.get("/user", memberOfGroup="sales") == []
    assert people.post("/group/create", {"id": "help"}, 400)["message"] == "The group already exists"
    assert people.post("/group/create", {"name": "x"}, 500)["type"] == "NullValueException"


def test_the_groups_of_a_user_and_who_else_is_in_them(people: Api) -> None:
    for member in ("zed", "amy"):
        people.put(f"/group/sales/members/{member}", None)
    people.put("/group/help/members/zed", None)
    assert people.get("/identity/groups", userId="zed") == {
        "groups": [{"id": "help", "name": "Help desk"}, {"id": "sales", "name": "Sales"}],
        "groupUsers": [{"id": "amy", "firstName": "Amy", "lastName": "First", "displayName": "Amy First"}],
    }
    assert people.get("/identity/groups", userId="nobody") == {"groups": [], "groupUsers": []}
    people.get("/identity/groups", 400)


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("/group/sales/members/zed", ["/group/sales/members/no", "/group/no/members/zed"]),
        ("/tenant/north/user-members/zed", ["/tenant/north/user-members/no", "/tenant/no/user-members/zed"]),
        ("/tenant/north/group-members/sales", ["/tenant/north/group-members/no", "/tenant/no/group-members/sales"]),
    ],
)
def test_memberships_begin_and_end(people: Api, path: str, unknown: list[str]) -> None:
    people.put(path, None)
    assert people.put(path, None, 500)["type"] == "ProcessEnginePersistenceException"
    people.delete(path)
    people.delete(path)
    people.put(path, None)
    for missing in unknown:
        told = people.put(missing, None, 500)
        assert told["type"] == "NullValueException"
        assert "with id 'no'.: " in told["message"]
        people.delete(missing)


def test_tenants_are_listed_by_filters(people: Api) -> None:
    people.post("/tenant/create", {"id": "south", "name": "South"})
    people.put("/tenant/north/user-members/zed", None)
    people.put("/group/sales/members/zed", None)
    people.put("/tenant/south/group-members/sales", None)
    for wanted, query in (
        (["north", "south"], {}),
        (["south"], {"id": "south"}),
        (["north"], {"name": "North"}),
        (["south"], {"nameLike": "S%"}),
        (["north"], {"userMember": "zed"}),
        (["north", "south"], {"userMember": "zed", "includingGroupsOfUser": "true"}),
        (["south"], {"groupMember": "sales"}),
        ([], {"userMember": "zed", "groupMember": "sales"}),
        (["north", "south"], {"includingGroupsOfUser": "true"}),
    ):
        assert ids(people.get("/tenant", **query)) == wanted, query
        assert people.get("/tenant/count", **query) == {"count": len(wanted)}
    assert ids(people.get("/tenant", sortBy="name", sortOrder="desc")) == ["south", "north"]


def test_a_tenant_is_read_changed_and_deleted(people: Api) -> None:
    assert people.get("/tenant/north") == {"id": "north", "name": "North"}
    people.put("/tenant/north", {"id": "north", "name": "N"})
    assert people.get("/tenant/north") == {"id": "north", "name": "N"}
    people.delete("/tenant/north")
    people.get("/tenant/north", 404)
    people.put("/tenant/north", {"name": "x"}, 404)
    assert people.post("/tenant/create", {}, 500)["type"] == "NullValueException"


ONE = {"self": "GET", "delete": "DELETE", "update": "PUT"}
ALL = {"list": "GET", "count": "GET", "create": "POST"}
MEMBERS = {"delete": "DELETE", "create": "PUT"}


@pytest.mark.parametrize(
    ("path", "links"),
    [
        ("/user", ALL),
        ("/user/zed", ONE),
        ("/group", ALL),
        ("/group/sales", ONE),
        ("/group/sales/members", MEMBERS),
        ("/tenant", ALL),
        ("/tenant/north", ONE),
        ("/tenant/north/user-members", MEMBERS),
        ("/tenant/north/group-members", MEMBERS),
    ],
)
def test_options_tell_what_can_be_done(people: Api, path: str, links: dict[str, str]) -> None:
    found = people.call("OPTIONS", path).get_json()["links"]
    assert {link["rel"]: link["method"] for link in found} == links
    for link in found:
        address = link["href"].removeprefix("http://localhost/engine-rest")
        assert address.startswith(path)
        if link["method"] == "GET":
            people.get(address)


def test_without_a_policy_every_password_will_do(people: Api) -> None:
    people.get("/identity/password-policy", 404)
    people.post("/identity/password-policy", {"password": "x"}, 404)


def test_a_policy_says_what_passwords_must_be(sqlite_url: str) -> None:
    settings = CredentialSettings(hashing=CHEAP, password_rules=PASSWORD_POLICIES["camunda"])
    strict = Engine.open(sqlite_url, credentials=settings)
    strict.upgrade()
    app = Flask("strict")
    app.register_blueprint(create_blueprint(strict))
    api = Api(app.test_client())
    rules = {rule["placeholder"]: rule["parameter"] for rule in api.get("/identity/password-policy")["rules"]}
    assert rules["PASSWORD_POLICY_LENGTH"] == {"minLength": "10"}
    assert len(rules) == 6
    for password, broken in (
        ("G00d enough!", set()),
        ("Short1!", {"LENGTH"}),
        ("nocapitals1!", {"UPPERCASE"}),
        ("NOSMALL1234!", {"LOWERCASE"}),
        ("NoDigits here!", {"DIGIT"}),
        ("NoSpecial123", {"SPECIAL_CHARACTER"}),
        ("I am Amy, 1!", {"USER_DATA"}),
    ):
        body = {"password": password, "profile": {"id": "amy"}}
        checked = api.post("/identity/password-policy", body, 200)
        found = {each["placeholder"].removeprefix("PASSWORD_POLICY_") for each in checked["rules"] if not each["valid"]}
        assert found == broken
        assert checked["valid"] is not bool(broken)
        status = 400 if broken else 204
        answer = api.post("/user/create", {"profile": {"id": "amy"}, "credentials": {"password": password}}, status)
        assert (answer["type"] == "PasswordPolicyException") if broken else answer is None
    api.put("/user/amy/credentials", {"password": "weak"}, 400)
    strict.close()


def test_the_plain_policy_asks_for_nothing_of_the_user(sqlite_url: str) -> None:
    plain = Engine.open(
        sqlite_url, credentials=CredentialSettings(hashing=CHEAP, password_rules=PASSWORD_POLICIES["plain"])
    )
    plain.upgrade()
    app = Flask("plain")
    app.register_blueprint(create_blueprint(plain))
    api = Api(app.test_client())
    rules = [rule["placeholder"] for rule in api.get("/identity/password-policy")["rules"]]
    assert rules == ["PASSWORD_POLICY_LENGTH", "PASSWORD_POLICY_USER_DATA", "PASSWORD_POLICY_COMMON"]
    profile = {"id": "amy", "lastName": "Pond", "email": "amelia@example.org"}
    for password, status in (("pondering it", 400), ("ask amelia!", 400), ("amylase and more", 204)):
        checked = api.post("/identity/password-policy", {"password": password, "profile": profile}, 200)
        assert checked["valid"] is (status == 204)
        answer = api.post("/user/create", {"profile": profile, "credentials": {"password": password}}, status)
        assert status == 204 or "user data" in answer["message"]
    assert "length (at least 10)" in api.put("/user/amy/credentials", {"password": "short"}, 400)["message"]
    plain.close()
