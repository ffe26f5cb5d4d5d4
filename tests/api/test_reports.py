"""Sums over history, and what the server tells of itself, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.models import FAILING

LONG_AGO, LONG_HENCE = "2001-01-01T00:00:00.000+0000", "2101-01-01T00:00:00.000+0000"


@pytest.fixture
def definition(deployed: Api) -> str:
    """A definition of which one instance has ended, one was canceled, and one still runs."""
    ended, canceled, running = (deployed.start() for _ in range(3))
    deployed.post(f"/task/{deployed.task(ended['id'])}/complete")
    deployed.delete(f"/process-instance/{canceled['id']}")
    found: str = running["definitionId"]
    return found


def statistics(api: Api, definition: str, **query: Any) -> list[tuple[Any, ...]]:
    found = api.get(f"/history/process-definition/{definition}/statistics", **query)
    return [(row["id"], row["instances"], row["finished"], row["canceled"], row["completeScope"]) for row in found]


def test_visits_are_counted_as_asked_for(deployed: Api, definition: str) -> None:
    assert statistics(deployed, definition) == [("work", 1, 0, 0, 0)]
    every = {"finished": "true", "canceled": "true", "completeScope": "true"}
    assert statistics(deployed, definition, **every, sortBy="activityId", sortOrder="asc") == [
        ("end", 0, 1, 0, 1),
        ("start", 0, 3, 0, 0),
        ("work", 1, 2, 1, 0),
    ]
    descending = statistics(deployed, definition, finished="true", sortOrder="desc")
    assert [row[0] for row in descending] == ["work", "start", "end"]
    assert statistics(deployed, "nope") == []


def test_visits_of_some_instances_are_counted(deployed: Api, definition: str) -> None:
    (running,) = deployed.get("/process-instance")
    of_running = statistics(deployed, definition, finished="true", processInstanceIdIn=running["id"])
    assert of_running == [("start", 0, 1, 0, 0), ("work", 1, 0, 0, 0)]
    assert statistics(deployed, definition, finished="true", startedBefore=LONG_AGO) == []
    assert statistics(deployed, definition, finishedAfter=LONG_AGO) == []
    assert statistics(deployed, definition, finishedAfter=LONG_AGO, finished="true")[0][0] == "end"
    refused = deployed.get(f"/history/process-definition/{definition}/statistics", 400, startedBefore="then")
    assert "startedBefore" in refused["message"]


def test_incidents_are_counted(api: Api) -> None:
    api.deploy(failing_bpmn=FAILING)
    started = api.start("failing")
    (job,) = api.get("/job", processInstanceId=started["id"])
    api.put(f"/job/{job['id']}/retries", {"retries": 0})
    path = f"/history/process-definition/{started['definitionId']}/statistics"
    (row,) = [row for row in api.get(path, incidents="true") if row["openIncidents"]]
    assert (row["openIncidents"], row["resolvedIncidents"], row["deletedIncidents"]) == (1, 0, 0)
    api.put(f"/job/{job['id']}/retries", {"retries": 1})
    (row,) = [row for row in api.get(path, incidents="true") if row["resolvedIncidents"]]
    assert row["openIncidents"] == 0


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("process-instances", 3),
        ("root-process-instance-start", 3),
        ("flow-node-instances", 7),
        ("activity-instance-end", 6),
        ("job-successful", 0),
        ("task-users", 0),
    ],
)
def test_what_happens_is_counted(deployed: Api, name: str, count: int) -> None:
    path = f"/metrics/{name}/sum"
    assert deployed.get(path) == {"result": count}
    assert deployed.get(path, startDate=LONG_AGO, endDate=LONG_HENCE) == {"result": count}
    assert deployed.get(path, startDate=LONG_HENCE) == {"result": 0}
    assert deployed.get(path, endDate=LONG_AGO) == {"result": 0}


def test_who_works_on_tasks_is_counted_once(deployed: Api) -> None:
    for _ in range(2):
        deployed.post(f"/task/{deployed.task(deployed.start()['id'])}/claim", {"userId": "ann"})
    assert deployed.get("/metrics/unique-task-workers/sum") == {"result": 1}


def test_of_what_is_not_counted_there_is_nothing(deployed: Api) -> None:
    assert deployed.get("/metrics/nonsense/sum") == {"result": 0}


def test_the_server_tells_what_it_is(api: Api) -> None:
    product = api.get("/engine/default/telemetry/data")["product"]
    assert product["name"] == "Baton"
    assert product["internals"]["database"]["vendor"] == "SQLite"
    assert product["internals"]["database"]["version"].startswith("3.")
    assert api.get("/telemetry/configuration") == {"enableTelemetry": False}


def test_there_are_no_decisions(api: Api) -> None:
    for path in ("/decision-definition", "/history/decision-instance"):
        assert api.get(path) == []
        assert api.get(f"{path}/count") == {"count": 0}
        assert api.get(f"{path}/x", 404)["type"] == "InvalidRequestException"
    api.get("/decision-definition/x/xml", 404)


def test_comments_of_instances_are_changed_and_deleted(deployed: Api) -> None:
    instance = deployed.start()["id"]
    task = deployed.task(instance)
    first, second = (deployed.post(f"/task/{task}/comment/create", {"message": text}, 200)["id"] for text in "ab")
    path = f"/process-instance/{instance}/comment"
    deployed.put(path, {"id": first, "message": "c"})
    assert [each["message"] for each in deployed.get(path)] == ["b", "c"]
    deployed.delete(f"{path}/{second}")
    assert [each["id"] for each in deployed.get(path)] == [first]
    deployed.delete(f"{path}/{second}", 404)
    deployed.put(path, {"id": "nope", "message": "c"}, 404)
    deployed.delete(path)
    assert deployed.get(path) == []
    deployed.delete("/process-instance/4711/comment", 404)
