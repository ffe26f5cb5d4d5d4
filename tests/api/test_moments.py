"""Time travel over REST: the moments of an instance, what it was then, and forks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from engine import Engine
from tests.api.conftest import Api
from tests.executor.clock import Clock

TWO = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">'
    '<process id="two" isExecutable="true"><startEvent id="start"/>'
    '<sequenceFlow id="f1" sourceRef="start" targetRef="s"/><subProcess id="s"><startEvent id="in"/>'
    '<sequenceFlow id="f2" sourceRef="in" targetRef="a"/><userTask id="a" name="A" camunda:assignee="mary"/>'
    '<sequenceFlow id="f3" sourceRef="a" targetRef="b"/><userTask id="b"/></subProcess></process></definitions>'
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(sqlite_url: str, clock: Clock) -> Iterator[Engine]:
    """A fresh engine with the clock of the test."""
    made = Engine.open(sqlite_url, clock=clock)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def id(api: Api, clock: Clock) -> str:
    """An instance that has changed at four moments: started, variables, a completed, all cancelled."""
    api.deploy(two_bpmn=TWO)
    data = {"value": "aGk=", "type": "Bytes"}
    found: str = api.start("two", variables={"x": {"value": 1, "type": "Integer"}, "data": data}, businessKey="B")["id"]
    clock.now += timedelta(seconds=1)
    api.post(f"/process-instance/{found}/variables", {"modifications": {"x": {"value": 2, "type": "Integer"}}})
    clock.now += timedelta(seconds=1)
    api.post(f"/task/{api.task(found)}/complete")
    clock.now += timedelta(seconds=1)
    api.delete(f"/process-instance/{found}")
    return found


def times(own: Api, id: str) -> list[str]:
    return [each["time"] for each in own.get(f"/process-instance/{id}/moments")["moments"]]


def test_moments_come_in_pages(own: Api, id: str) -> None:
    page = own.get(f"/process-instance/{id}/moments", firstResult=1, maxResults=2)
    assert page["total"] == 4
    assert [(each["entered"], each["completed"], each["variables"]) for each in page["moments"]] == [
        (0, 0, 1),
        (1, 1, 0),
    ]
    assert times(own, id)[0] == "2030-01-01T12:00:00.000+0000"
    own.get("/process-instance/1/moments", 404)


def test_past_tells_what_was_there(own: Api, id: str) -> None:
    moments = times(own, id)
    past = own.get(f"/process-instance/{id}/past", time=moments[1])
    assert (past["moment"], past["previous"], past["position"], past["total"]) == (moments[1], moments[0], 2, 4)
    scope, task = past["activities"]
    assert (scope["activityId"], scope["parentId"], scope["new"]) == ("s", id, False)
    assert (task["activityName"], task["parentId"], task["assignee"]) == ("A", scope["id"], "mary")
    variables = {each["name"]: each for each in past["variables"]}
    assert (variables["x"]["change"], variables["x"]["value"]["value"], variables["x"]["before"]["value"]) == (
        "changed",
        2,
        1,
    )
    # Of files only what they are is told.
    assert (variables["data"]["value"]["type"], variables["data"]["value"]["value"]) == ("Bytes", None)
    left = own.get(f"/process-instance/{id}/past", time=moments[3])
    assert {(each["activityId"], each["canceled"]) for each in left["left"]} == {("s", True), ("b", True)}
    assert (left["activities"], left["more"]) == ([], [])
    for bad in ({}, {"time": "then"}):
        own.get(f"/process-instance/{id}/past", 400, **bad)
    own.get("/process-instance/1/past", 404, time=moments[0])


def test_fork_is_previewed_started_and_linked(own: Api, api: Api, id: str) -> None:
    body: dict[str, Any] = {"time": times(own, id)[1], "variables": {"x": {"value": 5, "type": "Integer"}}}
    preview = own.post(f"/process-instance/{id}/fork/preview", body, 200)
    assert preview["places"] == [{"activityId": "a", "scopes": ["s"], "behind": False, "number": 1}]
    assert preview["elements"] == [{"id": "a", "arriving": 1, "passing": 0}, {"id": "s", "arriving": 1, "passing": 0}]
    assert (preview["moment"], preview["refusals"], preview["ends"]) == (body["time"], [], False)
    made = own.post(f"/process-instance/{id}/fork", body, 200)
    assert (made["businessKey"], made["ended"]) == ("B", False)
    found = api.get(f"/process-instance/{made['id']}/variables")
    assert (found["x"]["value"], found["data"]["type"]) == (5, "Bytes")
    assert api.call("GET", f"/process-instance/{made['id']}/variables/data/data").data == b"hi"
    assert own.get(f"/process-instance/{made['id']}/lineage")["origin"] == {"id": id, "time": body["time"]}
    (fork,) = own.get(f"/process-instance/{id}/lineage")["forks"]
    assert (fork["id"], fork["time"], fork["state"], fork["businessKey"]) == (made["id"], body["time"], "ACTIVE", "B")


def test_what_cannot_be_forked_is_told_in_words(own: Api, id: str) -> None:
    ended = {"time": times(own, id)[3]}
    (refusal,) = own.post(f"/process-instance/{id}/fork/preview", ended, 200)["refusals"]
    assert refusal == {"activityId": None, "message": "nothing was active then, so there is nothing to begin with"}
    own.post(f"/process-instance/{id}/fork", ended, 400)
    own.post(f"/process-instance/{id}/fork", {}, 400)
    own.post(f"/process-instance/{id}/fork", {**ended, "processDefinitionId": "two:9:9"}, 400)
    own.post("/process-instance/1/fork", ended, 404)
