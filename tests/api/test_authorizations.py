"""Authorizations over REST: made, listed, changed and deleted, with the names and numbers of Camunda."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.authorization import Resource
from tests.api.conftest import Api
from tests.api.models import ONE_TASK
from tests.api.signing_in import Guarded, guarded

GRANT = {"type": 1, "permissions": ["READ", "UPDATE"], "userId": "ada", "resourceType": 8, "resourceId": "17"}


def create(api: Api, **members: Any) -> Any:
    return api.post("/authorization/create", {**GRANT, **members}, 200)


def test_an_authorization_is_made_read_changed_and_deleted(api: Api) -> None:
    made = create(api)
    assert made == {
        **GRANT,
        "id": made["id"],
        "groupId": None,
        "removalTime": None,
        "rootProcessInstanceId": None,
    }
    api.put(f"/authorization/{made['id']}", {**GRANT, "permissions": ["ALL"], "resourceId": "*"})
    assert api.get(f"/authorization/{made['id']}") == {**made, "permissions": ["ALL"], "resourceId": "*"}
    api.delete(f"/authorization/{made['id']}")
    for call in (api.get, api.delete):
        assert call(f"/authorization/{made['id']}", 404)["type"] == "InvalidRequestException"
    api.put(f"/authorization/{made['id']}", GRANT, 404)


def test_authorizations_are_found_by_whom_they_are_for_and_what_they_are_about(api: Api) -> None:
    ours = create(api)["id"]
    theirs = create(api, userId=None, groupId="sales", resourceType=6, resourceId="invoice", type=2)["id"]
    all_of_us = create(api, type=0, userId=None, resourceType=13, resourceId="*")
    assert all_of_us["userId"] == "*"

    def found(**filters: Any) -> set[str]:
        rows = api.get("/authorization", **filters)
        assert api.get("/authorization/count", **filters) == {"count": len(rows)}
        return {row["id"] for row in rows}

    assert found() == {ours, theirs, all_of_us["id"]}
    assert found(userIdIn="ada,bob") == {ours}
    assert found(groupIdIn="sales") == {theirs}
    assert found(type=0) == {all_of_us["id"]}
    assert found(resourceType=6, resourceId="invoice") == {theirs}
    assert found(id=ours) == {ours}
    ordered = api.get("/authorization", sortBy="resourceType", sortOrder="desc")
    assert [row["resourceType"] for row in ordered] == [13, 8, 6]
    assert [row["permissions"] for row in ordered] == [["READ", "UPDATE"]] * 3


REFUSED = 400, "BadUserRequestException"
UNKNOWN = 500, "ProcessEngineException"
NOBODY = 500, "NullValueException"


@pytest.mark.parametrize(
    ("wrong", "told", "status", "type"),
    [
        (
            {"permissions": ["NOPE"]},
            "The permission 'NOPE' is not valid for 'PROCESS_INSTANCE' resource type",
            *REFUSED,
        ),
        ({"resourceType": 0}, "The permission 'READ' is not valid for 'APPLICATION' resource type", *REFUSED),
        ({"resourceType": 99}, "There is no resource type 99", *REFUSED),
        ({"type": 7}, "Unrecognized authorization type '7'", *UNKNOWN),
        ({"groupId": "sales"}, "must either have a 'userId' or a 'groupId'", *NOBODY),
        ({"userId": None}, "must either have a 'userId' or a 'groupId'", *NOBODY),
        ({"userId": "*"}, "Only a global authorization", *REFUSED),
        ({"type": 0}, "Illegal value 'ada' for userId for GLOBAL authorization", *UNKNOWN),
        ({"type": 0, "userId": None, "groupId": "sales"}, "for GLOBAL authorization", *UNKNOWN),
    ],
)
def test_what_does_not_go_together_is_refused(
    api: Api, wrong: dict[str, Any], told: str, status: int, type: str
) -> None:
    answer = api.post("/authorization/create", {**GRANT, **wrong}, status)
    assert (answer["type"], answer["code"]) == (type, 0)
    assert told in answer["message"]
    assert api.get("/authorization") == []


@pytest.mark.parametrize("missing", ["type", "permissions", "resourceType"])
def test_an_authorization_needs_these(api: Api, missing: str) -> None:
    body = {name: value for name, value in GRANT.items() if name != missing}
    assert missing in api.post("/authorization/create", body, 400)["message"]


def test_there_is_one_authorization_of_a_type_for_one_on_a_thing(api: Api) -> None:
    create(api)
    other = create(api, type=2)["id"]
    taken = api.post("/authorization/create", GRANT, 500)
    assert "already" in taken["message"]
    assert taken["type"] == "ProcessEnginePersistenceException"
    moved = create(api, resourceId="18")["id"]
    api.put(f"/authorization/{moved}", GRANT, 500)
    assert api.get(f"/authorization/{other}")["type"] == 2
    assert api.get("/authorization", 500, userIdIn="ada", groupIdIn="sales")["type"] == "ProcessEngineException"


def test_who_has_not_signed_in_cannot_ask_what_is_permitted(api: Api) -> None:
    wanted = {"permissionName": "READ", "resourceName": "application", "resourceType": 0}
    assert api.get("/authorization/check", 401, **wanted)["type"] == "InvalidRequestException"
    for name in wanted:
        rest = {key: value for key, value in wanted.items() if key != name}
        answer = api.get("/authorization/check", 400, **rest)
        assert answer["message"] == f"Query parameter '{name}' cannot be null"


# ---------------------------------------------------------------- asked about people


@pytest.fixture
def signed_in(sqlite_url: str) -> Iterator[Guarded]:
    with guarded(sqlite_url) as made:
        made.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode()})
        yield made


def ask(made: Guarded, path: str, user: str = "ada", status: int = 200) -> Any:
    password = "enchantress" if user == "ada" else "builder"
    answer = made.app.test_client().get(path, auth=(user, password))
    assert answer.status_code == status, answer.text
    return answer.get_json()


def access(made: Guarded, resource: str, id: str = "", user: str = "bob") -> dict[str, Any]:
    found = ask(made, f"/api/v1/access?user={user}&resource={resource}" + (f"&id={id}" if id else ""))
    return {each["action"]: (each["permitted"], each["because"]) for each in found["access"]}


def test_it_is_explained_what_somebody_may_do_and_why(signed_in: Guarded) -> None:
    engine = signed_in.engine
    instance = engine.process_instances.start(key="oneTask")
    (task,) = engine.queries.tasks.list({"processInstanceId": instance.id})
    nothing = (False, "nothing")
    assert access(signed_in, "task", str(task.id))["claim"] == (True, "own"), "a candidate by the group"
    assert access(signed_in, "task", str(task.id))["work"] == nothing
    assert set(access(signed_in, "task", str(task.id), "ada").values()) == {(True, "administrator")}
    engine.tasks.set_assignee(task.id, "bob")
    engine.authorizations.grant(Resource.PROCESS_DEFINITION, "TASK_ASSIGN", resource_id="oneTask", group="sales")
    engine.authorizations.create(2, Resource.TASK, ["UPDATE"], user_id="bob")
    found = access(signed_in, "TASK", str(task.id))
    assert found["read"] == found["work"] == (True, "own")
    assert found["assign"] == (True, "authorization")
    assert found["update"] == (False, "authorization")
    assert access(signed_in, "6", "oneTask")["start"] == nothing
    assert access(signed_in, "process_instance", str(instance.id))["read"] == nothing
    told = ask(signed_in, f"/api/v1/access?user=bob&resource=task&id={task.id}")
    assign = next(each for each in told["access"] if each["action"] == "assign")
    assert (assign["permission"], assign["resource"]) == ("TASK_ASSIGN", "PROCESS_DEFINITION")
    assert assign["authorization"]["groupId"] == "sales"
    assert told["groups"] == ["sales"]
    assert ask(signed_in, "/api/v1/access?user=bob&resource=task&id=999999")["isThere"] is False


def test_what_others_may_is_told_to_those_who_may_read_authorizations(signed_in: Guarded) -> None:
    check = "/engine-rest/authorization/check?permissionName=READ&resourceName=task&resourceType=7"
    assert ask(signed_in, check, "bob")["authorized"] is False
    assert ask(signed_in, "/api/v1/access?resource=task", "bob")["userId"] == "bob"
    for path in (f"{check}&userId=ada", "/api/v1/access?user=ada&resource=task"):
        assert ask(signed_in, path, "bob", 403)["type"] == "AuthorizationException"
    assert ask(signed_in, f"{check}&userId=bob")["authorized"] is False
    signed_in.engine.authorizations.grant(Resource.TASK, "READ", user="bob")
    assert ask(signed_in, f"{check}&userId=bob")["authorized"] is True
    ask(signed_in, "/api/v1/access?user=nobody&resource=task", status=404)
    assert "There is no kind of thing" in ask(signed_in, "/api/v1/access?resource=x", status=400)["message"]
