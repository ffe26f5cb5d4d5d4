"""How long history is kept, over REST: shapes and errors are those of Operaton."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask

from api import create_blueprint
from engine import Engine, Keeping, RetentionSettings, Window
from tests.api.conftest import Api

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <process id="whole" isExecutable="true" camunda:historyTimeToLive="5">
    <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="c"/>
    <callActivity id="c" calledElement="part"/><sequenceFlow id="g" sourceRef="c" targetRef="u"/><userTask id="u"/>
  </process>
  <process id="part" name="Part" isExecutable="true"><startEvent id="s2"/></process>
</definitions>"""
PAST, FUTURE = "2010-01-01T00:00:00.000+0000", "2040-01-01T00:00:00.000+0000"
SET = "/history/process-instance/set-removal-time"
SET_BATCHES = "/history/batch/set-removal-time"
REPORT = "/history/process-definition/cleanable-process-instance-report"
BATCH_REPORT = "/history/batch/cleanable-batch-report"


def work(engine: Engine) -> None:
    """Do all jobs that can be done now."""
    while engine.dispatch.run_internal("baton:w", lease=timedelta(minutes=1), limit=100):
        pass


@pytest.fixture
def ended(api: Api) -> str:
    """A process instance that has ended, and had called another one."""
    api.deploy(a_bpmn=MODEL)
    instance: str = api.start("whole", variables={"a": {"value": 1}})["id"]
    task = api.task(instance)
    api.post(f"/task/{task}/comment/create", {"message": "hello"}, 200)
    api.post(f"/task/{task}/complete")
    return instance


def removal_times(api: Api) -> dict[str, str | None]:
    return {each["processDefinitionKey"]: each["removalTime"] for each in api.get("/history/process-instance")}


def test_all_that_is_theirs_shows_when_instances_may_be_deleted(api: Api, ended: str) -> None:
    (due,) = set(removal_times(api).values())
    end = api.get(f"/history/process-instance/{ended}")["endTime"]
    assert due is not None
    assert datetime.fromisoformat(due) == datetime.fromisoformat(end) + timedelta(days=5)
    for path in ("activity-instance", "task", "variable-instance", "detail"):
        assert {each["removalTime"] for each in api.get(f"/history/{path}")} == {due}, path
    (task,) = api.get("/history/task")
    assert [each["removalTime"] for each in api.get(f"/task/{task['id']}/comment")] == [due]


def test_people_say_when_instances_may_be_deleted(api: Api, ended: str, engine: Engine) -> None:
    body: dict[str, Any] = {"historicProcessInstanceIds": [ended], "absoluteRemovalTime": PAST}
    started = api.post(SET, {**body, "hierarchical": True, "updateInChunks": True, "updateChunkSize": 10}, 200)
    assert (started["type"], started["totalJobs"]) == ("process-set-removal-time", 1)
    work(engine)
    assert removal_times(api) == {"whole": PAST, "part": PAST}
    query = {"historicProcessInstanceQuery": {"processDefinitionKey": "part"}}
    api.post(SET, {**query, "clearedRemovalTime": True}, 200)
    work(engine)
    assert removal_times(api) == {"whole": PAST, "part": None}
    api.post(SET, {**query, "calculatedRemovalTime": True, "hierarchical": True}, 200)
    work(engine)
    (due,) = set(removal_times(api).values())
    assert due not in (None, PAST)


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (SET, {}, "Neither query nor ids provided."),
        (SET, {"absoluteRemovalTime": PAST}, "Neither query nor ids provided."),
        (SET, {"historicProcessInstanceIds": ["1"]}, "removalTime is null"),
        (SET, {"historicProcessInstanceIds": ["1"], "clearedRemovalTime": False}, "removalTime is null"),
        (
            SET,
            {"historicProcessInstanceIds": ["1"], "absoluteRemovalTime": PAST, "clearedRemovalTime": True},
            "The removal time modes are mutually exclusive: mode is not null",
        ),
        (SET, {"historicProcessInstanceIds": ["x"], "clearedRemovalTime": True}, "historicProcessInstances is empty"),
        (
            SET,
            {"historicProcessInstanceQuery": {"processDefinitionKey": "x"}, "clearedRemovalTime": True},
            "historicProcessInstances is empty",
        ),
        (SET_BATCHES, {}, "Neither query nor ids provided."),
        (SET_BATCHES, {"historicBatchIds": ["x"]}, "removalTime is null"),
        (SET_BATCHES, {"historicBatchIds": ["x"], "calculatedRemovalTime": True}, "historicBatches is empty"),
    ],
)
def test_what_is_not_understood_is_refused(api: Api, path: str, body: dict[str, Any], message: str) -> None:
    refused = api.post(path, body, 400)
    assert refused == {"type": "BadUserRequestException", "message": message, "code": 0}


@pytest.mark.parametrize("size", [0, 501])
def test_a_chunk_has_a_size(api: Api, ended: str, size: int) -> None:
    body = {"historicProcessInstanceIds": [ended], "clearedRemovalTime": True, "updateInChunks": True}
    refused = api.post(SET, {**body, "updateChunkSize": size}, 400)
    assert refused["message"] == "The value for chunk size should be between 1 and 500"


def test_people_say_when_batches_may_be_deleted(api: Api, ended: str, engine: Engine) -> None:
    body = {"historicProcessInstanceIds": [ended], "clearedRemovalTime": True}
    first = api.post(SET, body, 200)["id"]
    started = api.post(SET_BATCHES, {"historicBatchIds": [first], "absoluteRemovalTime": FUTURE}, 200)
    assert (started["type"], started["totalJobs"]) == ("batch-set-removal-time", 1)
    work(engine)
    assert api.get(f"/history/batch/{first}")["removalTime"] == FUTURE
    api.post(SET_BATCHES, {"historicBatchQuery": {"batchId": first}, "calculatedRemovalTime": True}, 200)
    work(engine)
    assert api.get(f"/history/batch/{first}")["removalTime"] is None
    logs = api.get("/history/job-log", jobDefinitionType="process-set-removal-time")
    assert {each["removalTime"] for each in logs} == {None}


def test_reports_tell_what_there_is_to_delete(api: Api, ended: str, engine: Engine) -> None:
    lines = api.get(REPORT)
    assert lines == [
        {
            "processDefinitionId": lines[0]["processDefinitionId"],
            "processDefinitionKey": "whole",
            "processDefinitionName": None,
            "processDefinitionVersion": 1,
            "historyTimeToLive": 5,
            "finishedProcessInstanceCount": 1,
            "cleanableProcessInstanceCount": 0,
            "tenantId": None,
        },
        {**lines[1], "processDefinitionKey": "part", "historyTimeToLive": None},
    ]
    api.start("part")
    api.post(SET, {"historicProcessInstanceIds": [ended], "absoluteRemovalTime": PAST, "hierarchical": True}, 200)
    work(engine)

    def counts(**query: str) -> dict[str, tuple[int, int]]:
        found = api.get(REPORT, **query)
        assert api.get(f"{REPORT}/count", **query) == {"count": len(found)}
        return {
            each["processDefinitionKey"]: (each["finishedProcessInstanceCount"], each["cleanableProcessInstanceCount"])
            for each in found
        }

    assert counts() == {"whole": (1, 1), "part": (2, 1)}
    assert list(counts(compact="true", withoutTenantId="true")) == ["whole", "part"]
    assert counts(processDefinitionKeyIn="part,other") == {"part": (2, 1)}
    assert counts(processDefinitionIdIn=lines[0]["processDefinitionId"]) == {"whole": (1, 1)}
    assert counts(tenantIdIn="acme") == {}
    ordered = api.get(REPORT, sortBy="finished", sortOrder="desc", maxResults="1")
    assert [each["processDefinitionKey"] for each in ordered] == ["part"]
    assert api.get(REPORT, 400, sortBy="x", sortOrder="asc")["type"] == "InvalidRequestException"
    api.deploy(a_bpmn=MODEL.replace("userTask", "manualTask"))
    assert api.get(f"{REPORT}/count", compact="true") == {"count": 2}
    assert api.get(f"{REPORT}/count") == {"count": 4}


def test_the_report_on_batches(api: Api, ended: str, engine: Engine) -> None:
    assert api.get(BATCH_REPORT) == []
    body = {"historicProcessInstanceIds": [ended], "clearedRemovalTime": True}
    first = api.post(SET, body, 200)["id"]
    empty = {"historyTimeToLive": None, "finishedBatchesCount": 0, "cleanableBatchesCount": 0}
    assert api.get(BATCH_REPORT) == [{"batchType": "process-set-removal-time", **empty}]
    work(engine)
    api.post(SET_BATCHES, {"historicBatchIds": [first], "absoluteRemovalTime": PAST}, 200)
    work(engine)
    assert api.get(BATCH_REPORT, sortBy="finished", sortOrder="desc") == [
        {
            "batchType": "process-set-removal-time",
            "historyTimeToLive": None,
            "finishedBatchesCount": 1,
            "cleanableBatchesCount": 1,
        },
        {"batchType": "batch-set-removal-time", **empty, "finishedBatchesCount": 1},
    ]
    assert api.get(f"{BATCH_REPORT}/count") == {"count": 2}


def test_what_is_old_is_deleted_when_somebody_asks(api: Api, ended: str, engine: Engine) -> None:
    missing = api.get("/history/cleanup/job", 404)
    assert missing == {"type": "InvalidRequestException", "message": "History cleanup job does not exist", "code": None}
    assert api.get("/history/cleanup/jobs", 404)["message"] == "History cleanup jobs are empty"
    nothing = {"batchWindowStartTime": None, "batchWindowEndTime": None, "enabled": True}
    assert api.get("/history/cleanup/configuration") == nothing
    api.post(SET, {"historicProcessInstanceIds": [ended], "absoluteRemovalTime": PAST, "hierarchical": True}, 200)
    work(engine)
    later = api.post("/history/cleanup?immediatelyDue=false", None, 200)
    assert (later["suspended"], later["dueDate"], later["retries"]) == (True, None, 3)
    assert (later["jobDefinitionId"], later["processInstanceId"], later["batchId"]) == (None, None, None)
    now = api.post("/history/cleanup", None, 200)
    assert now["id"] == later["id"]
    assert now["suspended"] is False
    assert now["dueDate"] is not None
    assert api.get("/history/cleanup/job") == now
    assert api.get("/history/cleanup/jobs") == [now]
    api.post(f"/job/{now['id']}/execute")
    assert api.get("/history/process-instance") == []
    assert api.get("/history/cleanup/job")["suspended"] is True
    api.post(f"/job/{now['id']}/execute", None, 404)


def test_configured(sqlite_url: str) -> None:
    engine = Engine.open(
        sqlite_url,
        clock=lambda: datetime(2030, 1, 1, 12, tzinfo=UTC),
        retention=RetentionSettings(
            window=Window(time(20), time(6)), keeping=Keeping(batches_by_type={"set-variables": timedelta(days=3)})
        ),
    )
    engine.upgrade()
    flask = Flask("test")
    flask.register_blueprint(create_blueprint(engine))
    api = Api(flask.test_client())
    assert api.get("/history/cleanup/configuration") == {
        "batchWindowStartTime": "2030-01-01T20:00:00.000+0000",
        "batchWindowEndTime": "2030-01-02T06:00:00.000+0000",
        "enabled": True,
    }
    assert api.post("/history/cleanup?immediatelyDue=false", None, 200)["dueDate"] == "2030-01-01T20:00:00.000+0000"
    engine.bulk.set_variables([1], {"a": 1})
    assert [each["historyTimeToLive"] for each in api.get(BATCH_REPORT)] == [3]
    engine.close()


def test_switched_off(sqlite_url: str) -> None:
    engine = Engine.open(sqlite_url, retention=RetentionSettings(enabled=False, window=Window(time(20), time(6))))
    engine.upgrade()
    flask = Flask("test")
    flask.register_blueprint(create_blueprint(engine))
    api = Api(flask.test_client())
    nothing = {"batchWindowStartTime": None, "batchWindowEndTime": None, "enabled": False}
    assert api.get("/history/cleanup/configuration") == nothing
    assert api.post("/history/cleanup", None, 400)["type"] == "BadUserRequestException"
    engine.close()
