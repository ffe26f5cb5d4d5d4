"""What people did, and who got and lost a part in tasks, over the API."""

from __future__ import annotations

import pytest

from engine import Engine
from engine.authorization import Actor
from tests.api.conftest import Api
from tests.api.models import ONE_TASK
from tests.api.signing_in import guarded


@pytest.fixture
def instance(deployed: Api, engine: Engine) -> str:
    """An instance of which Ann has assigned the task to Ben."""
    started = deployed.start()
    engine.in_the_name_of(Actor("ann", reason="He asked")).tasks.set_assignee(int(deployed.task(started["id"])), "ben")
    found: str = started["id"]
    return found


def test_operations_are_listed_with_camundas_words(deployed: Api, instance: str) -> None:
    (entry,) = deployed.get("/history/user-operation", processInstanceId=instance)
    definition = deployed.get(f"/process-instance/{instance}")["definitionId"]
    wanted = {
        "operationType": "Assign",
        "entityType": "Task",
        "category": "TaskWorker",
        "property": "assignee",
        "orgValue": None,
        "newValue": "ben",
        "userId": "ann",
        "processInstanceId": instance,
        "processDefinitionId": definition,
        "processDefinitionKey": "oneTask",
        "taskId": deployed.task(instance),
        "reason": "He asked",
        "annotation": None,
    }
    assert {name: entry[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"operationType": "Assign"}, 1),
        ({"operationType": "Claim"}, 0),
        ({"entityTypeIn": "Task,Job"}, 1),
        ({"categoryIn": "Operator,Admin"}, 0),
        ({"userId": "ann", "property": "assignee"}, 1),
        ({"userId": "ben"}, 0),
        ({"beforeTimestamp": "2013-01-23T14:42:45.000+0100"}, 0),
        ({"afterTimestamp": "2013-01-23T14:42:45.000+0100"}, 1),
        ({"processDefinitionKey": "oneTask"}, 1),
        ({"caseInstanceId": "x"}, 0),
    ],
)
@pytest.mark.usefixtures("instance")
def test_operations_are_found(deployed: Api, filters: dict[str, str], found: int) -> None:
    assert len(deployed.get("/history/user-operation", sortBy="timestamp", sortOrder="desc", **filters)) == found
    assert deployed.get("/history/user-operation/count", **filters) == {"count": found}


@pytest.mark.usefixtures("instance")
def test_operations_are_annotated(deployed: Api) -> None:
    (entry,) = deployed.get("/history/user-operation")
    path = f"/history/user-operation/{entry['operationId']}"
    deployed.put(f"{path}/set-annotation", {"annotation": "Why?"})
    assert deployed.get("/history/user-operation")[0]["annotation"] == "Why?"
    deployed.put(f"{path}/clear-annotation", {})
    assert deployed.get("/history/user-operation")[0]["annotation"] is None
    refused = deployed.put("/history/user-operation/nope/set-annotation", {"annotation": "Why?"}, 400)
    assert refused["type"] == "BadUserRequestException"
    assert deployed.put(f"{path}/set-annotation", {}, 400)["type"] == "InvalidRequestException"


def test_identity_links_are_logged(deployed: Api, instance: str) -> None:
    task = deployed.task(instance)
    deployed.post(f"/task/{task}/identity-links/delete", {"groupId": "sales", "type": "candidate"})
    entries = deployed.get("/history/identity-link-log", taskId=task, sortBy="time", sortOrder="asc")
    assert [
        (each["operationType"], each["type"], each["userId"], each["groupId"], each["assignerId"]) for each in entries
    ] == [
        ("add", "candidate", None, "sales", None),
        ("add", "assignee", "ben", None, "ann"),
        ("delete", "candidate", None, "sales", None),
    ]
    assert {each["processDefinitionKey"] for each in entries} == {"oneTask"}
    assert {each["rootProcessInstanceId"] for each in entries} == {instance}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"operationType": "add"}, 2),
        ({"type": "assignee"}, 1),
        ({"userId": "ben"}, 1),
        ({"groupId": "sales"}, 1),
        ({"assignerId": "ann"}, 1),
        ({"processDefinitionKey": "other"}, 0),
        ({"dateBefore": "2013-01-23T14:42:45.000+0100"}, 0),
        ({"withoutTenantId": "true"}, 2),
    ],
)
@pytest.mark.usefixtures("instance")
def test_identity_links_are_found(deployed: Api, filters: dict[str, str], found: int) -> None:
    assert deployed.get("/history/identity-link-log/count", **filters) == {"count": found}


# ---------------------------------------------------------------- who asks, and why


def test_a_request_is_logged_with_who_sent_it_and_why(sqlite_url: str) -> None:
    with guarded(sqlite_url) as made:
        made.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode()})
        browser = made.browser()
        browser.sign_in()
        headers = {"X-Baton-Reason": "Geb%C3%BChr", "X-Request-ID": "r-1"}
        path = "/engine-rest/process-definition/key/oneTask/start"
        assert browser.send("POST", path, headers=headers, json={}).status_code == 200
        assert browser.send("POST", path, headers={"X-Baton-Reason": "%FF%00 "}, json={}).status_code == 200
        assert browser.send("POST", path, json={}).status_code == 200
        entries = browser.send(
            "GET", "/engine-rest/history/user-operation?operationType=Create&category=Operator"
        ).get_json()
    assert [entry["reason"] for entry in entries] == ["Geb\u00fchr", "\ufffd", None]
    assert (entries[0]["userId"], entries[0]["requestId"], entries[0]["address"]) == ("ada", "r-1", "127.0.0.1")
