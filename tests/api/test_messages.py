"""Messages, event subscriptions, and executions found by what they wait for, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.models import WAITING


@pytest.fixture
def waiting(api: Api) -> Api:
    """A client of an API with a process that waits for messages, and is started by one."""
    api.deploy(waiting_bpmn=WAITING)
    return api


def integer(value: int) -> dict[str, Any]:
    return {"value": value, "type": "Integer"}


def test_the_result_tells_who_got_the_message(waiting: Api) -> None:
    instance = waiting.start("waiting", businessKey="B", variables={"n": integer(1)})["id"]
    (execution,) = waiting.get("/execution", messageEventSubscriptionName="paid")
    asked = {"messageName": "paid", "correlationKeys": {"n": integer(1)}, "processVariables": {"sum": integer(3)}}
    (told,) = waiting.post(
        "/message", {**asked, "businessKey": "B", "resultEnabled": True, "variablesInResultEnabled": True}, 200
    )
    assert told["execution"] == {
        "id": execution["id"],
        "processInstanceId": instance,
        "ended": True,
        "tenantId": None,
    }
    assert (told["resultType"], told["processInstance"]) == ("Execution", None)
    assert {name: each["value"] for name, each in told["variables"].items()} == {"n": 1, "sum": 3}
    assert [each["taskDefinitionKey"] for each in waiting.get("/task")] == ["after"]


def test_a_message_starts_an_instance(waiting: Api) -> None:
    asked = {"messageName": "ordered", "businessKey": "B", "processVariables": {"n": integer(1)}}
    waiting.post("/message", asked)
    (told,) = waiting.post("/message", {**asked, "resultEnabled": True}, 200)
    assert (told["resultType"], told["execution"]) == ("ProcessDefinition", None)
    assert told["processInstance"] == waiting.get(f"/process-instance/{told['processInstance']['id']}")
    assert "variables" not in told
    assert waiting.get("/process-instance/count", businessKey="B")["count"] == 2


def test_variables_go_where_they_are_for(waiting: Api) -> None:
    instance = waiting.start("waiting")["id"]
    waiting.post(
        "/message",
        {
            "messageName": "reminded",
            "processInstanceId": instance,
            "processVariables": {"a": integer(1)},
            "processVariablesLocal": {"b": integer(2)},
            "processVariablesToTriggeredScope": {"c": integer(3)},
        },
    )
    (execution,) = waiting.get("/execution", messageEventSubscriptionName="paid")
    assert sorted(waiting.get(f"/process-instance/{instance}/variables")) == ["a", "c"]
    assert sorted(waiting.get(f"/execution/{execution['id']}/localVariables")) == ["b"]


def test_all_get_it(waiting: Api) -> None:
    for _ in range(2):
        waiting.start("waiting")
    assert waiting.post("/message", {"messageName": "paid"}, 400)["type"] == "RestException"
    told = waiting.post("/message", {"messageName": "paid", "all": True, "resultEnabled": True}, 200)
    assert len(told) == 2
    assert waiting.post("/message", {"messageName": "paid", "all": True, "resultEnabled": True}, 200) == []
    waiting.post("/message", {"messageName": "paid", "all": True})


@pytest.mark.parametrize(
    ("body", "status", "type"),
    [
        ({}, 400, "InvalidRequestException"),
        ({"messageName": ""}, 400, "RestException"),
        ({"messageName": "nobody"}, 400, "RestException"),
        ({"messageName": "paid", "processInstanceId": "none"}, 400, "RestException"),
        ({"messageName": "paid", "variablesInResultEnabled": True}, 400, "InvalidRequestException"),
        ({"messageName": "paid", "tenantId": "a", "withoutTenantId": True}, 400, "InvalidRequestException"),
        ({"messageName": "paid", "tenantId": "a", "processInstanceId": "1"}, 400, "BadUserRequestException"),
        ({"messageName": "paid", "correlationKeys": {"n": {"value": "x", "type": "Integer"}}}, 400, None),
        ({"messageName": "paid", "correlationKeys": {"n": {"value": [1]}}}, 500, "ProcessEngineException"),
    ],
)
def test_refused(waiting: Api, body: dict[str, Any], status: int, type: str | None) -> None:
    waiting.start("waiting")
    answer = waiting.post("/message", body, status)
    assert answer["type"] == (type or "InvalidRequestException")
    assert ("MismatchingMessageCorrelationException" in answer["message"]) == (type == "RestException")
    assert waiting.get("/event-subscription/count")["count"] == 3


def test_one_execution_gets_it_by_its_id(waiting: Api) -> None:
    waiting.start("waiting")
    (execution,) = waiting.get("/execution", messageEventSubscriptionName="paid")
    place = f"/execution/{execution['id']}/messageSubscriptions"
    found = waiting.get(f"{place}/paid")
    assert (found["eventType"], found["eventName"], found["activityId"]) == ("message", "paid", "wait")
    assert waiting.get(f"{place}/ordered", 404)["type"] == "InvalidRequestException"
    assert waiting.post(f"{place}/ordered/trigger", {}, 500)["type"] == "RestException"
    assert waiting.post("/execution/none/messageSubscriptions/paid/trigger", {}, 500)["type"] == "RestException"
    assert waiting.post(f"{place}/paid/trigger", {"variables": {"n": {"value": "x", "type": "Date"}}}, 400)
    waiting.post(f"{place}/paid/trigger", {"variables": {"n": integer(1)}})
    assert [each["taskDefinitionKey"] for each in waiting.get("/task")] == ["after"]
    waiting.post(f"{place}/paid/trigger", {}, 500)


def test_event_subscriptions_are_listed(waiting: Api) -> None:
    instance = waiting.start("waiting")["id"]
    (execution,) = waiting.get("/execution", messageEventSubscriptionName="paid")
    shown = waiting.get("/event-subscription", sortBy="created", sortOrder="asc")
    assert [(each["eventName"], each["activityId"], each["processInstanceId"]) for each in shown] == [
        ("ordered", "byMessage", None),
        ("reminded", "boundary", instance),
        ("paid", "wait", instance),
    ]
    assert shown[2]["executionId"] == shown[1]["executionId"] == execution["id"]
    for filters, wanted in (
        ({"eventSubscriptionId": shown[1]["id"]}, [1]),
        ({"eventName": "paid"}, [2]),
        ({"eventType": "message"}, [0, 1, 2]),
        ({"eventType": "signal"}, []),
        ({"executionId": execution["id"]}, [1, 2]),
        ({"processInstanceId": instance}, [1, 2]),
        ({"activityId": "wait"}, [2]),
        ({"withoutTenantId": "true"}, [0, 1, 2]),
        ({"tenantIdIn": "blue"}, []),
        ({"tenantIdIn": "blue", "includeEventSubscriptionsWithoutTenantId": "true"}, [0, 1, 2]),
    ):
        assert waiting.get("/event-subscription", **filters) == [shown[number] for number in wanted], filters
        assert waiting.get("/event-subscription/count", **filters) == {"count": len(wanted)}
    assert waiting.get("/execution", signalEventSubscriptionName="paid") == []


# ---------------------------------------------------------------- kept, and published once


@pytest.mark.parametrize("span", ["PT1H", "P1M", "3600", 3600, 0.5])
def test_a_message_may_be_kept_for_a_while(waiting: Api, span: object) -> None:
    asked = {"messageName": "paid", "timeToLive": span, "messageId": "A"}
    (told,) = waiting.post("/message", asked, 200)
    assert (told["resultType"], told["messageId"], told["execution"]) == ("Kept", "A", None)
    assert told["keptUntil"] is not None
    (told,) = waiting.post("/message", asked, 200)
    assert (told["resultType"], told["messageId"], told["keptUntil"]) == ("Duplicate", "A", None)


def test_a_kept_message_is_there_when_somebody_waits(waiting: Api) -> None:
    waiting.post("/message", {"messageName": "paid", "timeToLive": "PT1H"}, 200)
    waiting.start("waiting")
    assert [each["taskDefinitionKey"] for each in waiting.get("/task")] == ["after"]
    waiting.start("waiting")
    waiting.post("/message", {"messageName": "paid", "timeToLive": "PT1H", "messageId": "A"})
    assert [each["taskDefinitionKey"] for each in waiting.get("/task")] == ["after"] * 2


@pytest.mark.parametrize(
    "body",
    [
        {"timeToLive": "soon"},
        {"timeToLive": "0"},
        {"timeToLive": "-PT1H"},
        {"timeToLive": "P20Y"},
        {"timeToLive": "PT1H", "all": True},
        {"messageId": "A", "all": True},
    ],
)
def test_what_cannot_be_kept(waiting: Api, body: dict[str, Any]) -> None:
    waiting.post("/message", {"messageName": "paid", **body}, 400)
