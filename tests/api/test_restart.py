"""Restart of ended instances, and modification of many, over the API: at once or as a batch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import Engine
from tests.api.conftest import Api

MODEL = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
    '<process id="p" isExecutable="true"><startEvent id="start"/><userTask id="a"/><userTask id="b"/>'
    '<sequenceFlow id="to_a" sourceRef="start" targetRef="a"/><sequenceFlow id="to_b" sourceRef="a" targetRef="b"/>'
    "</process></definitions>"
)
AT_B = {"type": "startBeforeActivity", "activityId": "b"}


@pytest.fixture
def definition(api: Api) -> str:
    """The id of the definition."""
    (found,) = api.deploy(p_bpmn=MODEL)["deployedProcessDefinitions"]
    return str(found)


@pytest.fixture
def ended(api: Api, definition: str) -> str:
    """An instance that was deleted; its variable had two values."""
    instance = api.start("p", businessKey="B", variables={"x": {"value": 1}})["id"]
    api.put(f"/process-instance/{instance}/variables/x", {"value": 2})
    api.delete(f"/process-instance/{instance}")
    return str(instance)


def work(engine: Engine) -> None:
    """Do all jobs that can be done now."""
    while engine.dispatch.run_internal("baton:w", lease=timedelta(minutes=1), limit=100):
        pass


def running(api: Api) -> list[tuple[str | None, int, str]]:
    """(business key, value of x, task) of all instances that run."""
    found = []
    for each in api.get("/process-instance"):
        (task,) = api.get("/task", processInstanceId=each["id"])
        x = api.get(f"/process-instance/{each['id']}/variables").get("x", {"value": 0})["value"]
        found.append((each["businessKey"], x, task["taskDefinitionKey"]))
    return found


@pytest.mark.parametrize("by_batch", [False, True], ids=["at once", "batch"])
@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ({}, ("B", 2, "b")),
        ({"initialVariables": True, "withoutBusinessKey": True}, (None, 1, "b")),
        ({"instructions": [{"type": "startTransition", "transitionId": "to_a"}]}, ("B", 2, "a")),
    ],
    ids=["last", "initial", "transition"],
)
def test_an_ended_instance_is_restarted(
    api: Api,
    engine: Engine,
    definition: str,
    ended: str,
    by_batch: bool,
    options: dict[str, Any],
    seen: tuple[str | None, int, str],
) -> None:
    body = {"processInstanceIds": [ended], "instructions": [AT_B], **options}
    if by_batch:
        batch = api.post(f"/process-definition/{definition}/restart-async", body, 200)
        assert (batch["type"], batch["totalJobs"]) == ("instance-restart", 1)
        work(engine)
        assert api.get("/history/batch")[0]["endTime"] is not None
    else:
        api.post(f"/process-definition/{definition}/restart", body)
    assert running(api) == [seen]
    (made,) = api.get("/process-instance")
    past = api.get(f"/history/process-instance/{made['id']}")
    assert (past["restartedProcessInstanceId"], past["startActivityId"]) == (ended, seen[2])


def test_ended_instances_are_found_by_a_query(api: Api, definition: str, ended: str) -> None:
    query = {"processInstanceBusinessKey": "B"}
    body = {"historicProcessInstanceQuery": query, "instructions": [AT_B]}
    api.post(f"/process-definition/{definition}/restart", body)
    assert running(api) == [("B", 2, "b")]


def test_what_cannot_be_restarted(api: Api, definition: str, ended: str) -> None:
    alive = api.start("p")["id"]
    (other,) = api.deploy(p_bpmn=MODEL.replace('id="a"', 'id="a" name="A"'))["deployedProcessDefinitions"]
    good = {"processInstanceIds": [ended], "instructions": [AT_B]}
    for where, body, status, type in (
        (definition, {**good, "processInstanceIds": [ended, alive]}, 500, "ProcessEngineException"),
        (other, good, 500, "ProcessEngineException"),
        ("none", good, 400, "InvalidRequestException"),
        (definition, {**good, "processInstanceIds": ["none"]}, 400, "InvalidRequestException"),
        (definition, {**good, "processInstanceIds": []}, 400, "InvalidRequestException"),
        (definition, {**good, "instructions": []}, 400, "InvalidRequestException"),
        (definition, {**good, "instructions": [{"type": "cancel", "activityId": "a"}]}, 400, "InvalidRequestException"),
        (definition, {**good, "instructions": [{**AT_B, "activityId": "none"}]}, 400, "InvalidRequestException"),
    ):
        assert api.post(f"/process-definition/{where}/restart", body, status)["type"] == type
    api.post("/process-definition/none/restart-async", good, 400)
    api.put(f"/process-definition/{definition}/suspended", {"suspended": True})
    assert api.post(f"/process-definition/{definition}/restart", good, 400)["type"] == "InvalidRequestException"
    assert len(api.get("/process-instance")) == 1


# ---------------------------------------------------------------- modification

MOVE = [{"type": "cancel", "activityId": "a"}, {**AT_B, "variables": {"x": {"value": 7}}}]


@pytest.mark.parametrize("by_batch", [False, True], ids=["at once", "batch"])
def test_instances_are_modified(api: Api, engine: Engine, definition: str, by_batch: bool) -> None:
    instances = [api.start("p")["id"] for _ in range(2)]
    body = {
        "processDefinitionId": definition,
        "processInstanceIds": instances[:1],
        "processInstanceQuery": {"processInstanceIds": instances[1:]},
        "instructions": MOVE,
    }
    if by_batch:
        batch = api.post("/modification/executeAsync", body, 200)
        assert (batch["type"], batch["totalJobs"]) == ("instance-modification", 2)
        work(engine)
    else:
        api.post("/modification/execute", body)
    assert running(api) == [(None, 7, "b")] * 2
    assert engine.check() == []


def test_one_instance_is_modified_by_a_batch(api: Api, engine: Engine, definition: str) -> None:
    instance = api.start("p")["id"]
    (token,) = api.get(f"/process-instance/{instance}/activity-instances")["childActivityInstances"]
    instructions = [
        {"type": "cancel", "activityInstanceId": token["id"]},
        {"type": "startAfterActivity", "activityId": "a"},
    ]
    batch = api.post(f"/process-instance/{instance}/modification-async", {"instructions": instructions}, 200)
    assert batch["type"] == "instance-modification"
    work(engine)
    assert running(api) == [(None, 0, "b")]
    api.post("/process-instance/999999/modification-async", {"instructions": instructions}, 500)


def test_only_tokens_that_were_there_are_cancelled_if_asked(api: Api, definition: str) -> None:
    instance = api.start("p")["id"]
    again = {"type": "startBeforeActivity", "activityId": "a"}
    cancel = {"type": "cancel", "activityId": "a", "cancelCurrentActiveActivityInstances": True}
    body = {"processDefinitionId": definition, "processInstanceIds": [instance], "instructions": [again, cancel]}
    api.post("/modification/execute", body)
    assert running(api) == [(None, 0, "a")]


def test_what_cannot_be_modified(api: Api, definition: str, ended: str) -> None:
    instance = api.start("p")["id"]
    (other,) = api.deploy(p_bpmn=MODEL.replace('id="a"', 'id="a" name="A"'))["deployedProcessDefinitions"]
    good = {"processDefinitionId": definition, "processInstanceIds": [instance], "instructions": MOVE}
    for change, status, type in (
        ({"processDefinitionId": None}, 400, "InvalidRequestException"),
        ({"processDefinitionId": "none"}, 400, "InvalidRequestException"),
        ({"processDefinitionId": other}, 500, "ProcessEngineException"),
        ({"processInstanceIds": []}, 400, "InvalidRequestException"),
        ({"processInstanceIds": [instance, ended]}, 500, "ProcessEngineException"),
        ({"instructions": []}, 400, "InvalidRequestException"),
        ({"instructions": [{**AT_B, "activityId": "none"}]}, 400, "InvalidRequestException"),
    ):
        assert api.post("/modification/execute", {**good, **change}, status)["type"] == type
    assert running(api) == [(None, 0, "a")]
