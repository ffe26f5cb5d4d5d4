"""Conditions over the API."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api
from tests.api.models import CONDITION, ONE_TASK


@pytest.fixture
def asked(api: Api) -> Api:
    """A client of an API with a process that starts when `x` is 1."""
    api.deploy(condition_bpmn=CONDITION)
    return api


X1 = {"x": {"value": 1, "type": "Integer"}}


def test_instances_start_with_the_variables(asked: Api) -> None:
    (started,) = asked.post("/condition", {"variables": X1, "businessKey": "B"}, 200)
    assert started == asked.get(f"/process-instance/{started['id']}")
    assert asked.get(f"/process-instance/{started['id']}/variables/x")["value"] == 1
    assert asked.post("/condition", {"variables": {"x": {"value": 2}}}, 200) == []
    assert asked.post("/condition", {}, 200) == []


def test_definition_waits_with_a_subscription_without_a_name(asked: Api) -> None:
    (waiting,) = asked.get("/event-subscription")
    assert (waiting["eventType"], waiting["eventName"], waiting["executionId"]) == ("conditional", None, None)


def test_one_definition_is_asked(asked: Api) -> None:
    (definition,) = asked.get("/process-definition")
    for status, id in ((200, definition["id"]), (400, "nobody"), (400, "nobody:1:4711")):
        answer = asked.post("/condition", {"variables": X1, "processDefinitionId": id}, status)
        assert status == 200 or answer["type"] == "NotFoundException"


@pytest.mark.parametrize(
    ("body", "status", "type"),
    [
        ({"variables": X1, "tenantId": "t", "withoutTenantId": True}, 400, "InvalidRequestException"),
        ({"variables": {"x": {"value": "abc", "type": "Integer"}}}, 400, "InvalidRequestException"),
        ({"variables": X1, "tenantId": "t"}, 500, "ProcessEngineException"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: Api, body: dict[str, object], status: int, type: str) -> None:
    assert asked.post("/condition", body, status)["type"] == type


def test_definition_without_such_a_start_event_is_refused(api: Api) -> None:
    api.deploy(one_bpmn=ONE_TASK)
    (definition,) = api.get("/process-definition")
    answer = api.post("/condition", {"processDefinitionId": definition["id"]}, 500)
    assert "does not declare a conditional start event" in answer["message"]


def test_condition_that_gives_no_truth_is_told(api: Api) -> None:
    api.deploy(condition_bpmn=CONDITION.replace("${x == 1}", "${x}"))
    assert api.post("/condition", {"variables": X1}, 500)["type"] == "ProcessEngineException"
    assert api.get("/process-instance") == []
