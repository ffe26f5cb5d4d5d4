"""Sums over history, and what the server tells of itself, over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from engine import Engine
from engine.store import tables
from tests.api.conftest import Api
from tests.api.models import FAILING, ONE_TASK

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


@pytest.mark.usefixtures("definition")
def test_what_happens_is_counted_by_intervals(deployed: Api) -> None:
    hour = 3600
    listed = deployed.get("/metrics", interval=1000 * 24 * hour)
    assert {(each["name"], each["value"]) for each in listed} == {
        ("flow-node-instances", 7),
        ("activity-instance-end", 6),
        ("process-instances", 3),
    }
    starts = deployed.get("/metrics", name="process-instances", interval=hour)
    assert sum(each["value"] for each in starts) == 3
    for each in starts:
        assert (each["name"], each["reporter"]) == ("process-instances", None)
        assert each["timestamp"].endswith(":00:00.000+0000")
    assert deployed.get("/metrics", name="process-instances", startDate=LONG_AGO, endDate=LONG_HENCE) != []
    for none in ({"startDate": LONG_HENCE}, {"endDate": LONG_AGO}, {"name": "nonsense"}, {"reporter": "x"}):
        assert deployed.get("/metrics", **none) == []
    assert deployed.get("/metrics", maxResults=1, interval=1000 * 24 * hour) == listed[:1]
    assert deployed.get("/metrics", firstResult=1, interval=1000 * 24 * hour) == listed[1:]
    for refused in ({"maxResults": 201}, {"interval": 0}, {"firstResult": -1}):
        assert deployed.get("/metrics", 500, **refused)["type"] == "ProcessEngineException"


def test_who_worked_on_tasks_can_be_forgotten(deployed: Api) -> None:
    deployed.post(f"/task/{deployed.task(deployed.start()['id'])}/claim", {"userId": "ann"})
    links = deployed.get("/history/identity-link-log")
    for date, left in (({"date": LONG_AGO}, 1), ({}, 0), ({"date": LONG_AGO}, 0), ({"date": LONG_HENCE}, 0)):
        deployed.delete("/metrics/task-worker", **date)
        for name in ("task-users", "unique-task-workers"):
            assert deployed.get(f"/metrics/{name}/sum") == {"result": left}
            assert len(deployed.get("/metrics", name=name)) == left
    assert deployed.get("/history/identity-link-log") == links
    deployed.delete("/metrics/task-worker", 400, date="then")


def test_who_works_on_tasks_is_counted_once(deployed: Api) -> None:
    for _ in range(2):
        deployed.post(f"/task/{deployed.task(deployed.start()['id'])}/claim", {"userId": "ann"})
    assert deployed.get("/metrics/unique-task-workers/sum") == {"result": 1}


def test_of_what_is_not_counted_there_is_nothing(deployed: Api) -> None:
    assert deployed.get("/metrics/nonsense/sum") == {"result": 0}


def test_the_server_tells_what_it_is(api: Api) -> None:
    asked = {"SERVER_SOFTWARE": "gunicorn/23.0.0"}
    product = api.call("GET", "/engine/default/telemetry/data", environ_overrides=asked).get_json()["product"]
    assert product["name"] == "Baton"
    assert product["internals"]["application-server"] == {"vendor": "gunicorn", "version": "23.0.0"}
    assert (product["internals"]["metrics"], product["internals"]["data-collection-start-date"]) == ({}, None)
    assert product["internals"]["database"]["vendor"] == "SQLite"
    assert product["internals"]["database"]["version"].startswith("3.")
    for wish in (True, False):
        api.post("/telemetry/configuration", {"enableTelemetry": wish})
        assert api.get("/telemetry/configuration") == {"enableTelemetry": False}
    for nonsense in ({}, {"enableTelemetry": "perhaps"}):
        assert api.post("/telemetry/configuration", nonsense, 400)["type"] == "InvalidRequestException"


def test_the_log_of_the_schema_tells_of_its_revision(api: Api, engine: Engine) -> None:
    engine.upgrade()
    (entry,) = api.get("/schema/log")
    assert (entry["id"], entry["version"]) == ("0", engine.database.head())
    assert LONG_AGO < entry["timestamp"] < LONG_HENCE
    for order in ("asc", "desc"):
        assert api.get("/schema/log", version=entry["version"], sortBy="timestamp", sortOrder=order) == [entry]
        sorting = [{"sortBy": "timestamp", "sortOrder": order}]
        assert api.post("/schema/log", {"version": entry["version"], "sorting": sorting}, 200) == [entry]
    assert api.get("/schema/log", version="0000") == api.get("/schema/log", firstResult=1) == []
    assert api.post("/schema/log", {"version": "0000"}, 200) == api.post("/schema/log?maxResults=0", {}, 200) == []
    for refused in ({"sortBy": "timestamp"}, {"sortBy": "version", "sortOrder": "asc"}, {"firstResult": "-1"}):
        api.get("/schema/log", 400, **refused)


# ---------------------------------------------------------------- how long things took

DAYS = ((2020, 3, 1), (2021, 5, 1))
DURATION = {"reportType": "duration", "periodUnit": "month"}


@pytest.fixture
def long_ago(deployed: Api, engine: Engine) -> Api:
    """An API of which three instances ended with their tasks: begun in January and March of 2020, and in May of 2021.

    They took 10, 20 and 60 seconds, their tasks half of it. A fourth still runs.
    """
    begun = (
        datetime(2020, 1, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2020, 3, 1, tzinfo=UTC),
        datetime(2021, 5, 1, tzinfo=UTC),
    )
    for at, seconds in zip(begun, (10, 20, 60), strict=True):
        instance = deployed.start()["id"]
        deployed.post(f"/task/{deployed.task(instance)}/complete")
        with engine.database.write() as tx:
            ended = at + timedelta(seconds=seconds)
            rows = update(tables.process_instance).where(tables.process_instance.c.id == int(instance))
            tx.connection.execute(rows.values(started_at=at, ended_at=ended))
            tasks = update(tables.user_task).where(tables.user_task.c.process_instance_id == int(instance))
            tx.connection.execute(tasks.values(created_at=at, ended_at=at + timedelta(seconds=seconds) / 2))
    deployed.start()
    return deployed


def spans(found: Any) -> list[tuple[Any, ...]]:
    return [tuple(each.values()) for each in found]


def test_how_long_instances_took_by_when_they_began(long_ago: Api) -> None:
    def report(unit: str, **query: str) -> list[tuple[Any, ...]]:
        return spans(long_ago.get("/history/process-instance/report", **{**DURATION, "periodUnit": unit, **query}))

    assert report("month") == [
        (1, "MONTH", 10_000, 10_000, 10_000),
        (3, "MONTH", 20_000, 20_000, 20_000),
        (5, "MONTH", 60_000, 60_000, 60_000),
    ]
    assert report("QUARTER") == [(1, "QUARTER", 10_000, 20_000, 15_000), (2, "QUARTER", 60_000, 60_000, 60_000)]
    first = "2020-01-31T23:59:59.000+0000"
    assert report("quarter", startedAfter=first, startedBefore="2020-12-31T00:00:00.000+0000") == report("quarter")[:1]
    assert [each[0] for each in report("month", startedBefore=first)] == [1]
    definition = long_ago.get("/process-definition")[0]["id"]
    for query in ({"processDefinitionIdIn": f"x:1:1,{definition}"}, {"processDefinitionKeyIn": "oneTask,x"}):
        assert report("quarter", **query) == report("quarter")
    for query in ({"processDefinitionIdIn": "x:1:1"}, {"processDefinitionKeyIn": "x"}):
        assert report("quarter", **query) == []


def test_how_long_tasks_took_by_when_they_began(long_ago: Api) -> None:
    def report(**query: str) -> list[tuple[Any, ...]]:
        return spans(long_ago.get("/history/task/report", **{**DURATION, "periodUnit": "quarter", **query}))

    assert report() == [(1, "QUARTER", 5_000, 10_000, 7_500), (2, "QUARTER", 30_000, 30_000, 30_000)]
    assert report(completedAfter="2020-03-01T00:00:10.000+0000") == [
        (1, "QUARTER", 10_000, 10_000, 10_000),
        (2, "QUARTER", 30_000, 30_000, 30_000),
    ]
    assert report(completedBefore="2020-03-01T00:00:09.999+0000") == [(1, "QUARTER", 5_000, 5_000, 5_000)]


def test_ended_tasks_are_counted(long_ago: Api) -> None:
    long_ago.post("/task/create", {"id": None, "name": "of no process"})
    long_ago.deploy(one_bpmn=ONE_TASK.replace('name="Work"', 'name="Other"'))
    newest = long_ago.start()
    long_ago.post(f"/task/{long_ago.task(newest['id'])}/complete")
    count = {"reportType": "count", "groupBy": "processDefinition"}
    (row,) = long_ago.get("/history/task/report", **count)
    assert row == {
        "count": 4,
        "processDefinitionKey": "oneTask",
        "processDefinitionId": newest["definitionId"],
        "processDefinitionName": long_ago.get(f"/process-definition/{newest['definitionId']}")["name"],
        "taskName": None,
        "tenantId": None,
    }
    named = long_ago.get("/history/task/report", **{**count, "groupBy": "taskName"})
    assert sorted(each["count"] for each in named) == [1, 3]
    assert long_ago.get("/history/task/report", **count, completedBefore=LONG_AGO) == []


def test_reports_are_given_as_csv_to_who_wants_it(long_ago: Api) -> None:
    for mimetype in ("text/csv", "application/csv"):
        answer = long_ago.call(
            "GET", "/history/process-instance/report", query_string=DURATION, headers={"Accept": mimetype}
        )
        assert answer.mimetype == mimetype
        assert answer.headers["Vary"] == "Accept"
        assert 'filename="process-instance-report.csv"' in answer.headers["Content-Disposition"]
        lines = answer.text.splitlines()
        assert lines[:2] == ["PERIOD,PERIOD_UNIT,MINIMUM,MAXIMUM,AVERAGE", "1,MONTH,10000,10000,10000"]
        assert len(lines) == 4
    anything = long_ago.call(
        "GET", "/history/process-instance/report", query_string=DURATION, headers={"Accept": "*/*"}
    )
    assert anything.mimetype == "application/json"
    document = long_ago.get("/openapi.json")["paths"]["/history/process-instance/report"]["get"]
    assert set(document["responses"]["200"]["content"]) == {"application/json", "text/csv", "application/csv"}


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("process-instance", {}, "Unknown report type null"),
        ("process-instance", {"reportType": "count"}, "Unknown report type count"),
        ("process-instance", {"reportType": "duration"}, "periodUnit is null"),
        ("process-instance", {"reportType": "duration", "periodUnit": "year"}, "'periodUnit' to value 'year'"),
        ("process-instance", {**DURATION, "startedAfter": "then"}, "startedAfter"),
        ("task", {}, "Parameter reportType is not set."),
        ("task", {"reportType": "length"}, "'reportType' to value 'length'"),
        ("task", {"reportType": "duration"}, "periodUnit is null"),
        ("task", {"reportType": "count"}, "groupBy parameter has invalid value: null"),
        ("task", {"reportType": "count", "groupBy": "name"}, "groupBy parameter has invalid value: name"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(api: Api, path: str, query: dict[str, str], message: str) -> None:
    refused = api.get(f"/history/{path}/report", 400, **query)
    assert refused["type"] == "InvalidRequestException"
    assert message in refused["message"]


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
    assert {each["id"]: each["message"] for each in deployed.get(path)} == {first: "c", second: "b"}
    deployed.delete(f"{path}/{second}")
    assert [each["id"] for each in deployed.get(path)] == [first]
    deployed.delete(f"{path}/{second}", 404)
    deployed.put(path, {"id": "nope", "message": "c"}, 400)
    deployed.delete(path)
    assert deployed.get(path) == []
    deployed.delete("/process-instance/4711/comment", 404)
