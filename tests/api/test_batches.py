"""Batches over the API: what starts them, what they show, and how they are watched, stopped and forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import Engine
from tests.api.conftest import Api
from tests.api.models import ASYNC, ONE_TASK, WORK

NOTHING: dict[str, Any] = {"processDefinitionKey": "nothing"}
ALL: dict[str, Any] = {"processDefinitionKey": "oneTask"}


def work(engine: Engine) -> None:
    """Do all jobs that can be done now."""
    while engine.dispatch.run_internal("baton:w", lease=timedelta(minutes=1), limit=100):
        pass


def started(api: Api, count: int, key: str = "oneTask") -> list[str]:
    return [api.start(key)["id"] for _ in range(count)]


def job_of(api: Api, definition: str) -> dict[str, Any]:
    """The only job of a job definition."""
    (found,) = api.get("/job", jobDefinitionId=definition)
    return dict(found)


# ---------------------------------------------------------------- what a batch shows


def test_a_batch_is_watched_from_start_to_end(deployed: Api) -> None:
    instances = started(deployed, 2)
    begun = deployed.post(
        "/process-instance/suspended-async", {"processInstanceIds": instances, "suspended": True}, 200
    )
    assert {name: begun[name] for name in ("type", "totalJobs", "jobsCreated", "suspended", "executionStartTime")} == {
        "type": "instance-update-suspension-state",
        "totalJobs": 2,
        "jobsCreated": 0,
        "suspended": False,
        "executionStartTime": None,
    }
    assert (begun["batchJobsPerSeed"], begun["invocationsPerBatchJob"]) == (100, 1)
    batch = f"/batch/{begun['id']}"
    assert deployed.get(batch) == begun
    seed = job_of(deployed, begun["seedJobDefinitionId"])
    assert (seed["batchId"], seed["retries"], seed["processInstanceId"]) == (begun["id"], 3, None)
    deployed.post(f"/job/{seed['id']}/execute")
    first, second = deployed.get("/job", jobDefinitionId=begun["batchJobDefinitionId"])
    deployed.post(f"/job/{first['id']}/execute")
    (statistics,) = deployed.get("/batch/statistics", batchId=begun["id"])
    assert (statistics["remainingJobs"], statistics["completedJobs"], statistics["failedJobs"]) == (1, 1, 0)
    assert statistics["executionStartTime"] is not None
    deployed.put(f"/job/{second['id']}/retries", {"retries": 0})
    assert deployed.get("/batch/statistics/count", withFailures="true") == {"count": 1}
    deployed.put(f"/job-definition/{begun['batchJobDefinitionId']}/retries", {"retries": 1})
    deployed.post(f"/job/{second['id']}/execute")
    monitor = job_of(deployed, begun["monitorJobDefinitionId"])
    deployed.post(f"/job/{monitor['id']}/execute")
    deployed.get(batch, 404)
    past = deployed.get(f"/history/batch/{begun['id']}")
    assert past["endTime"] is not None
    assert past.keys() >= {"removalTime", "totalJobs", "executionStartTime"}
    assert "jobsCreated" not in past
    assert [each["suspended"] for each in deployed.get("/process-instance")] == [True, True]
    logs = deployed.get("/history/job-log", jobDefinitionId=begun["batchJobDefinitionId"], successLog="true")
    assert [(each["batchId"], each["jobDefinitionType"]) for each in logs] == [(begun["id"], begun["type"])] * 2


def test_batches_are_listed_by_what_they_are(deployed: Api, engine: Engine) -> None:
    instances = started(deployed, 1)
    body = {"processInstanceIds": instances, "variables": {"x": {"value": 1}}}
    ended = deployed.post("/process-instance/variables-async", body, 200)["id"]
    work(engine)
    running = deployed.post("/process-instance/delete", {"processInstanceIds": instances}, 200)["id"]

    def found(path: str, **query: str) -> list[str]:
        listed = [each["id"] for each in deployed.get(path, **query)]
        assert deployed.get(f"{path}/count", **query) == {"count": len(listed)}
        return listed

    assert found("/batch") == found("/batch", type="instance-deletion", suspended="false") == [running]
    assert found("/batch", suspended="true") == found("/batch", batchId=ended) == []
    assert found("/batch/statistics", createdBy="ada") == []
    assert found("/batch/statistics", startedAfter="2020-01-01T00:00:00.000+0000") == [running]
    assert found("/history/batch") == [ended, running]
    assert found("/history/batch", completed="true") == [ended]
    assert found("/history/batch", completed="false", withoutTenantId="true") == [running]
    assert [each["id"] for each in deployed.get("/history/batch", sortBy="endTime", sortOrder="desc")] == [
        ended,
        running,
    ]
    sources = deployed.get("/job-definition", jobConfiguration=running)
    assert [each["jobType"] for each in sources] == ["batch-seed-job", "batch-monitor-job", "instance-deletion"]
    assert deployed.get("/job-definition", jobConfiguration=ended) == []


def test_a_batch_is_suspended_activated_and_deleted(deployed: Api, engine: Engine) -> None:
    body = {"processInstanceIds": started(deployed, 2)}
    begun = deployed.post("/process-instance/delete", body, 200)
    batch = f"/batch/{begun['id']}"
    deployed.put(f"{batch}/suspended", {"suspended": True})
    assert deployed.get(batch)["suspended"] is True
    assert job_of(deployed, begun["seedJobDefinitionId"])["suspended"] is True
    assert {each["suspended"] for each in deployed.get("/job-definition", jobConfiguration=begun["id"])} == {True}
    work(engine)
    assert deployed.get("/process-instance/count") == {"count": 2}
    deployed.put(f"{batch}/suspended", {"suspended": False})
    deployed.delete(batch)
    work(engine)
    assert deployed.get("/process-instance/count") == {"count": 2}
    assert deployed.get(f"/history/batch/{begun['id']}")["endTime"] is not None
    deployed.delete(f"/history/batch/{begun['id']}")
    deployed.get(f"/history/batch/{begun['id']}", 404)
    begun = deployed.post("/process-instance/delete", body, 200)
    deployed.delete(f"/batch/{begun['id']}", cascade="true")
    deployed.get(f"/history/batch/{begun['id']}", 404)


@pytest.mark.parametrize("id", ["1", "none"])
def test_a_batch_that_is_not_there(api: Api, id: str) -> None:
    for method, path, status in (
        ("GET", f"/batch/{id}", 404),
        ("DELETE", f"/batch/{id}", 400),
        ("PUT", f"/batch/{id}/suspended", 400),
        ("GET", f"/history/batch/{id}", 404),
        ("DELETE", f"/history/batch/{id}", 400),
    ):
        options = {"json": {"suspended": True}} if method == "PUT" else {}
        answer = api.call(method, path, status, **options).get_json()
        assert answer["type"] == "InvalidRequestException"


# ---------------------------------------------------------------- what starts one


@pytest.mark.parametrize(
    ("path", "body", "kind", "jobs"),
    [
        ("/process-instance/suspended-async", {"processInstanceQuery": ALL}, "instance-update-suspension-state", 3),
        (
            "/process-instance/suspended-async",
            {"historicProcessInstanceQuery": ALL, "processInstanceIds": ["none", "neither"]},
            "instance-update-suspension-state",
            5,
        ),
        (
            "/process-instance/delete",
            {"processInstanceQuery": {"orQueries": [{**ALL, "suspended": True}]}},
            "instance-deletion",
            3,
        ),
        ("/process-instance/delete", {"processInstanceIds": ["none"], "deleteReason": "x"}, "instance-deletion", 1),
        (
            "/process-instance/delete-historic-query-based",
            {"historicProcessInstanceQuery": {"unfinished": True}, "processInstanceQuery": ALL},
            "instance-deletion",
            4,
        ),
        (
            "/process-instance/variables-async",
            {"processInstanceQuery": ALL, "variables": {"n": {"value": 5, "type": "Integer"}}},
            "set-variables",
            3,
        ),
        ("/process-instance/job-retries", {"processInstanceQuery": {}, "retries": 0}, "set-job-retries", 1),
        (
            "/process-instance/job-retries-historic-query-based",
            {"historicProcessInstanceQuery": {}, "retries": 1, "dueDate": "2090-01-01T00:00:00.000+0000"},
            "set-job-retries",
            1,
        ),
        ("/process-instance/message-async", {"processInstanceQuery": ALL, "messageName": "m"}, "correlate-message", 3),
        ("/job/retries", {"jobIds": ["none"], "jobQuery": {"messages": True}, "retries": 2}, "set-job-retries", 2),
        (
            "/history/process-instance/delete",
            {"historicProcessInstanceQuery": ALL, "historicProcessInstanceIds": ["none"]},
            "historic-instance-deletion",
            4,
        ),
    ],
)
def test_what_starts_a_batch(deployed: Api, path: str, body: dict[str, Any], kind: str, jobs: int) -> None:
    deployed.deploy(later_bpmn=ASYNC)
    started(deployed, 3)
    started(deployed, 1, "later")
    answer = deployed.post(path, body, 200)
    assert (answer["type"], answer["totalJobs"]) == (kind, jobs)
    assert deployed.get("/batch/count", type=kind) == {"count": 1}


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("/process-instance/suspended-async", {"suspended": True}, 400, "InvalidRequestException"),
        ("/process-instance/suspended-async", {"processInstanceIds": []}, 400, "InvalidRequestException"),
        ("/process-instance/delete", {}, 400, "InvalidRequestException"),
        ("/process-instance/delete", {"processInstanceQuery": NOTHING}, 400, "InvalidRequestException"),
        ("/process-instance/delete", {"historicProcessInstanceQuery": ALL}, 400, "InvalidRequestException"),
        ("/process-instance/delete", {"processInstanceQuery": ALL, "skipSubprocesses": True}, 400, None),
        ("/process-instance/delete", {"processInstanceQuery": {"sortBy": "instanceId"}}, 400, None),
        ("/process-instance/delete-historic-query-based", {}, 400, "InvalidRequestException"),
        ("/process-instance/variables-async", {"processInstanceQuery": ALL}, 400, "InvalidRequestException"),
        ("/process-instance/variables-async", {"variables": {}}, 400, "BadUserRequestException"),
        (
            "/process-instance/variables-async",
            {"processInstanceIds": ["none"], "variables": {"x": {"value": 1}}},
            400,
            "BadUserRequestException",
        ),
        ("/process-instance/variables-async", {"variables": {"x": {"type": "Nope"}}}, 400, "InvalidRequestException"),
        ("/process-instance/job-retries", {"processInstanceQuery": ALL}, 400, "InvalidRequestException"),
        ("/process-instance/job-retries", {"retries": 1}, 500, "ProcessEngineException"),
        ("/process-instance/job-retries", {"retries": 1, "processInstances": ["none"]}, 400, "InvalidRequestException"),
        ("/process-instance/message-async", {"processInstanceQuery": ALL}, 400, "InvalidRequestException"),
        ("/process-instance/message-async", {"messageName": "m"}, 400, "InvalidRequestException"),
        (
            "/process-instance/message-async",
            {"messageName": "m", "processInstanceQuery": NOTHING},
            400,
            "BadUserRequestException",
        ),
        ("/job/retries", {"jobIds": ["1"]}, 400, "InvalidRequestException"),
        ("/job/retries", {"retries": 5}, 500, "ProcessEngineException"),
        ("/job/retries", {"retries": 5, "jobIds": []}, 500, "ProcessEngineException"),
        ("/job/retries", {"retries": -1, "jobIds": ["1"]}, 500, "ProcessEngineException"),
        ("/job/retries", {"retries": 5, "jobQuery": NOTHING}, 400, "InvalidRequestException"),
        ("/external-task/retries-async", {"externalTaskIds": ["1"]}, 400, "InvalidRequestException"),
        ("/external-task/retries-async", {"retries": 1}, 400, "InvalidRequestException"),
        ("/history/process-instance/delete", {}, 400, "InvalidRequestException"),
        ("/history/process-instance/delete", {"historicProcessInstanceQuery": NOTHING}, 400, "InvalidRequestException"),
    ],
)
def test_what_is_no_batch(deployed: Api, path: str, body: dict[str, Any], status: int, kind: str | None) -> None:
    started(deployed, 1)
    answer = deployed.post(path, body, status)
    assert kind in (None, answer["type"])
    assert deployed.get("/history/batch/count") == {"count": 0}


def test_retries_of_jobs_and_external_tasks(api: Api, engine: Engine) -> None:
    api.deploy(later_bpmn=ASYNC, work_bpmn=WORK)
    (instance,) = started(api, 1, "later")
    (job,) = api.get("/job", processInstanceId=instance)
    due = "2090-01-01T00:00:00.000+0000"
    api.put(f"/job/{job['id']}/suspended", {"suspended": True})
    api.post("/process-instance/job-retries", {"processInstances": [instance], "retries": 7, "dueDate": due}, 200)
    work(engine)
    shown = api.get(f"/job/{job['id']}")
    assert (shown["retries"], shown["dueDate"]) == (7, due)

    instance = api.start("work", variables={"topic": {"value": "a"}, "priority": {"value": 1}})["id"]
    (task,) = api.get("/external-task", processInstanceId=instance)
    api.post("/external-task/retries-async", {"processInstanceIds": [instance, "none"], "retries": 0}, 200)
    work(engine)
    assert api.get(f"/external-task/{task['id']}")["retries"] == 0
    body = {"externalTaskIds": [task["id"], "none"], "externalTaskQuery": {}, "retries": 3}
    assert api.post("/external-task/retries-async", body, 200)["totalJobs"] == 2
    work(engine)
    assert api.get(f"/external-task/{task['id']}")["retries"] == 3


def test_history_is_deleted_as_a_batch(deployed: Api, engine: Engine) -> None:
    running, ended = started(deployed, 2)
    deployed.delete(f"/process-instance/{ended}")
    body = {"historicProcessInstanceIds": [running, ended], "deleteReason": "old"}
    begun = deployed.post("/history/process-instance/delete", body, 200)
    work(engine)
    deployed.get(f"/history/process-instance/{ended}", 404)
    deployed.get(f"/history/process-instance/{running}")
    failed = job_of(deployed, begun["batchJobDefinitionId"])
    assert failed["retries"] == 0
    assert "still running" in failed["exceptionMessage"]
    (incident,) = deployed.get("/incident", jobDefinitionIdIn=begun["batchJobDefinitionId"])
    assert (incident["configuration"], incident["processInstanceId"]) == (failed["id"], None)
    answer = deployed.delete(f"/history/process-instance/{running}", 404)
    assert answer["type"] == "InvalidRequestException"


def test_running_batches_are_found_by_who_began_them_and_when(deployed: Api, engine: Engine) -> None:
    jobs = [engine.bulk.set_job_retries([1], 2, user=user) for user in ("ann", "ben")]
    seed = job_of(deployed, deployed.get(f"/batch/{jobs[0]}")["seedJobDefinitionId"])
    deployed.post(f"/job/{seed['id']}/execute")
    work = job_of(deployed, deployed.get(f"/batch/{jobs[0]}")["batchJobDefinitionId"])
    deployed.put(f"/job/{work['id']}/retries", {"retries": 0})

    def found(**query: str) -> list[str]:
        listed = [each["id"] for each in deployed.get("/batch", **query)]
        assert deployed.get("/batch/count", **query) == {"count": len(listed)}
        return listed

    first, second = map(str, jobs)
    assert found(createdBy="ben") == [second]
    assert found(withFailures="true") == [first]
    assert found(withoutFailures="true") == [second]
    assert found(startedAfter="2020-01-01T00:00:00.000+0000") == [first, second]
    assert found(startedBefore="2020-01-01T00:00:00.000+0000") == []


def test_instances_that_queries_find_are_suspended_at_once(deployed: Api) -> None:
    first, second, third = started(deployed, 3)
    deployed.put(
        "/process-instance/suspended",
        {
            "suspended": True,
            "processInstanceIds": [first],
            "processInstanceQuery": {"processInstanceIds": [second]},
            "historicProcessInstanceQuery": {"processInstanceIds": [first]},
        },
    )
    suspended = {each["id"]: each["suspended"] for each in deployed.get("/process-instance")}
    assert suspended == {first: True, second: True, third: False}
    nothing = {"suspended": True, "processInstanceQuery": NOTHING}
    assert deployed.put("/process-instance/suspended", nothing, 400)["type"] == "BadUserRequestException"
    both = {**nothing, "processDefinitionKey": "oneTask"}
    assert deployed.put("/process-instance/suspended", both, 400)["type"] == "InvalidRequestException"


@pytest.mark.parametrize("skip", [True, False])
def test_listeners_are_skipped_when_instances_are_cancelled(api: Api, engine: Engine, skip: bool) -> None:
    listener = (
        '<userTask id="work"><extensionElements><camunda:executionListener event="end" '
        """expression="${execution.setVariable('left', true)}"/></extensionElements></userTask>"""
    )
    head = ONE_TASK.partition("<userTask")[0]
    api.deploy(one_bpmn=f"{head}{listener}</process></definitions>")
    first, second = started(api, 2)
    api.delete(f"/process-instance/{first}", skipCustomListeners=str(skip).lower())
    api.post("/process-instance/delete", {"processInstanceIds": [second], "skipCustomListeners": skip}, 200)
    work(engine)
    found = api.get("/history/variable-instance", variableName="left")
    assert {each["processInstanceId"] for each in found} == (set() if skip else {first, second})
