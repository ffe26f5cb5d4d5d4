"""Jobs, job definitions and incidents over the API."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api
from tests.api.models import CALLING, FAILING


@pytest.fixture
def failing(api: Api) -> Api:
    """A client of an API with a process whose job fails until the variable `needed` is there."""
    api.deploy(failing_bpmn=FAILING, calling_bpmn=CALLING)
    return api


def job_of(api: Api, instance: str) -> str:
    """The id of the only job of an instance."""
    (job,) = api.get("/job", processInstanceId=instance)
    found: str = job["id"]
    return found


def test_a_failed_job_tells_why_and_counts_down_to_an_incident(failing: Api) -> None:
    instance = failing.start("failing")["id"]
    job = job_of(failing, instance)
    assert failing.call("GET", f"/job/{job}/stacktrace", 204).data == b""
    answer = failing.post(f"/job/{job}/execute", {}, 404)
    assert answer["type"] == "InvalidRequestException"
    shown = failing.get(f"/job/{job}")
    assert (shown["retries"], shown["failedActivityId"]) == (2, "compute")
    assert shown["exceptionMessage"] in answer["message"]
    assert "needed" in failing.call("GET", f"/job/{job}/stacktrace").text
    failing.put(f"/job/{job}/retries", {"retries": 0})
    (incident,) = failing.get("/incident", configuration=job)
    assert (incident["incidentType"], incident["failedActivityId"]) == ("failedJob", "compute")
    assert incident["jobDefinitionId"] == shown["jobDefinitionId"]
    (token,) = failing.get(f"/process-instance/{instance}/activity-instances")["childTransitionInstances"]
    assert token["incidentIds"] == [incident["id"]]
    failing.put(f"/process-instance/{instance}/variables/needed", {"value": 1})
    failing.post(f"/job/{job}/execute", {})
    (past,) = failing.get("/history/incident", processInstanceId=instance)
    assert (past["id"], past["resolved"], past["open"]) == (incident["id"], True, False)
    events = [
        next(flag for flag in ("creationLog", "failureLog", "successLog", "deletionLog") if each[flag])
        for each in failing.get("/history/job-log", jobId=job, sortBy="occurrence", sortOrder="asc")
    ]
    assert events == ["creationLog", "failureLog", "successLog"]


def test_the_log_of_a_failure_keeps_its_trace(failing: Api) -> None:
    instance = failing.start("failing")["id"]
    failing.post(f"/job/{job_of(failing, instance)}/execute", {}, 404)
    (failed,) = failing.get("/history/job-log", processInstanceId=instance, failureLog="true")
    assert (failed["jobRetries"], failed["failedActivityId"], failed["activityId"]) == (3, "compute", "compute")
    assert "needed" in failing.call("GET", f"/history/job-log/{failed['id']}/stacktrace").text
    (created,) = failing.get("/history/job-log", processInstanceId=instance, creationLog="true")
    failing.call("GET", f"/history/job-log/{created['id']}/stacktrace", 204)
    assert failing.get(f"/history/job-log/{created['id']}") == created
    failing.get("/history/job-log/none", 404)


def test_a_timer_is_moved_and_read_again(failing: Api) -> None:
    instance = failing.start("failing", variables={"needed": {"value": 1}})["id"]
    failing.post(f"/job/{job_of(failing, instance)}/execute", {})
    timer = job_of(failing, instance)
    due = failing.get(f"/job/{timer}")["dueDate"]
    failing.put(f"/job/{timer}/duedate", {"duedate": "2090-01-01T00:00:00.000+0000"})
    assert failing.get("/job", timers="true", dueDates="gt_2089-01-01T00:00:00.000+0000")[0]["id"] == timer
    assert failing.get("/job/count", executable="true") == {"count": 0}
    failing.call("POST", f"/job/{timer}/duedate/recalculate", 204)
    assert failing.get(f"/job/{timer}")["dueDate"] == due
    failing.put(f"/job/{timer}/duedate", {"duedate": None})
    assert failing.get("/job/count", executable="true", timers="true") == {"count": 1}
    failing.put(f"/job/{timer}/duedate", {"duedate": "tomorrow"}, 400)
    failing.put(f"/job/{timer}/duedate", {"duedate": "2090-01-01T00:00:00.000+0000", "cascade": True})


def test_jobs_that_are_not_there(failing: Api) -> None:
    instance = failing.start("failing")["id"]
    job = job_of(failing, instance)
    failing.post("/job/none/execute", {}, 404)
    failing.put("/job/none/retries", {"retries": 1}, 500)
    failing.put(f"/job/{job}/retries", {"retries": -1}, 500)
    failing.put("/job/none/priority", {"priority": 1}, 404)
    assert failing.put(f"/job/{job}/priority", {}, 400)["type"] == "RestException"
    failing.put("/job/none/duedate", {"duedate": None}, 500)
    failing.call("POST", "/job/none/duedate/recalculate", 404)
    failing.call("POST", f"/job/{job}/duedate/recalculate", 500)
    failing.put("/job/none/suspended", {"suspended": True})
    failing.delete("/job/none", 404)
    failing.delete(f"/job/{job}")
    failing.get(f"/job/{job}", 404)


def test_a_suspended_instance_suspends_its_jobs(failing: Api) -> None:
    instance = failing.start("failing")["id"]
    failing.put(f"/process-instance/{instance}/suspended", {"suspended": True})
    (job,) = failing.get("/job", suspended="true")
    assert job["suspended"] is True
    assert failing.get("/job/count", active="true") == {"count": 0}


def test_jobs_are_suspended_by_what_they_belong_to(failing: Api) -> None:
    instance = failing.start("failing")["id"]
    other = failing.start("failing")["id"]
    failing.put("/job/suspended", {"suspended": True, "processInstanceId": instance})
    assert [job["processInstanceId"] for job in failing.get("/job", suspended="true")] == [instance]
    failing.put("/job/suspended", {"suspended": True, "processDefinitionKey": "failing"})
    assert failing.get("/job/count", suspended="true") == {"count": 2}
    failing.put(f"/job/{job_of(failing, other)}/suspended", {"suspended": False})
    assert [job["processInstanceId"] for job in failing.get("/job", suspended="false", active="true")] == [other]
    failing.put("/job/suspended", {"suspended": False, "jobDefinitionId": "none"})
    failing.put("/job/suspended", {"suspended": True}, 400)
    failing.put("/job/suspended", {"jobId": "1"}, 400)
    failing.put("/job/suspended", {"processDefinitionKey": "failing", "processInstanceId": instance}, 400)


def test_job_definitions_are_listed_and_changed(failing: Api) -> None:
    shown = failing.get("/job-definition", processDefinitionKey="failing", sortBy="activityId", sortOrder="asc")
    assert [(each["activityId"], each["jobType"], each["jobConfiguration"]) for each in shown] == [
        ("compute", "async-continuation", "async-before"),
        ("wait", "timer-intermediate-transition", "DURATION: PT1H"),
    ]
    where = f"/job-definition/{shown[0]['id']}"
    job = job_of(failing, failing.start("failing")["id"])
    failing.put(f"{where}/jobPriority", {"priority": 7, "includeJobs": True})
    assert failing.get(f"/job/{job}")["priority"] == 7
    assert failing.get("/job-definition", withOverridingJobPriority="true")[0]["overridingJobPriority"] == 7
    failing.put(f"{where}/jobPriority", {"includeJobs": True}, 400)
    failing.put(f"{where}/jobPriority", {})
    failing.put(f"/job/{job}/retries", {"retries": 0})
    failing.put(f"{where}/retries", {"retries": 4})
    assert failing.get(f"/job/{job}")["retries"] == 4
    failing.put(f"{where}/retries", {"retries": -1}, 500)
    failing.put(f"{where}/suspended", {"suspended": True, "executionDate": "tomorrow"}, 400)
    failing.put("/job-definition/suspended", {"suspended": True, "processDefinitionKey": "failing"})
    assert failing.get("/job-definition/count", suspended="true") == {"count": 2}
    assert failing.get("/job/count", suspended="true") == {"count": 0}
    failing.put("/job-definition/suspended", {"suspended": True}, 400)
    failing.get("/job-definition/none", 404)


LATER = "2090-01-01T00:00:00.000+0000"


def scheduled(api: Api) -> str:
    """The id of the only job that is about definitions."""
    (job,) = api.get("/job", timers="true", dueDates="gt_2089-01-01T00:00:00.000+0000")
    assert (job["dueDate"], job["processInstanceId"], job["jobDefinitionId"], job["retries"]) == (LATER, None, None, 3)
    return str(job["id"])


@pytest.mark.parametrize("suspended", [True, False])
@pytest.mark.parametrize("by", ["id", "key"])
def test_process_definitions_are_suspended_later(failing: Api, suspended: bool, by: str) -> None:
    instance = failing.start("failing")["id"]
    definition = failing.get("/process-definition/key/failing")["id"]
    state = {"suspended": suspended, "includeProcessInstances": True}
    path = "/process-definition/suspended" if by == "key" else f"/process-definition/{definition}/suspended"
    named = {"processDefinitionKey": "failing"} if by == "key" else {}
    failing.put(path, {**named, **state, "suspended": not suspended})
    failing.put(path, {**named, **state, "executionDate": LATER})
    failing.put(path, {**named, **state, "executionDate": "tomorrow"}, 400)
    assert failing.get(f"/process-definition/{definition}")["suspended"] is not suspended
    job = scheduled(failing)
    failing.post(f"/job/{job}/execute")
    assert failing.get(f"/process-definition/{definition}")["suspended"] is suspended
    assert failing.get(f"/process-instance/{instance}")["suspended"] is suspended
    (log,) = failing.get("/history/job-log", jobId=job, successLog="true")
    assert log["jobDefinitionType"] == f"{'suspend' if suspended else 'activate'}-processdefinition"


def test_a_suspension_of_what_is_gone_does_nothing(failing: Api) -> None:
    failing.put(
        "/process-definition/suspended",
        {"processDefinitionKey": "nothing", "suspended": True, "executionDate": LATER},
    )
    job = scheduled(failing)
    failing.put(f"/job/{job}/suspended", {"suspended": True})
    failing.post(f"/job/{job}/execute", {}, 404)
    failing.put(f"/job/{job}/suspended", {"suspended": False})
    failing.post(f"/job/{job}/execute")
    failing.get(f"/job/{job}", 404)


@pytest.mark.parametrize("by", ["id", "key"])
def test_job_definitions_are_suspended_later(failing: Api, by: str) -> None:
    waiting = job_of(failing, failing.start("failing")["id"])
    source = failing.get(f"/job/{waiting}")["jobDefinitionId"]
    path = "/job-definition/suspended" if by == "key" else f"/job-definition/{source}/suspended"
    named = {"processDefinitionKey": "failing"} if by == "key" else {}
    failing.put(path, {**named, "suspended": True, "includeJobs": True, "executionDate": LATER})
    assert failing.get(f"/job/{waiting}")["suspended"] is False
    failing.post(f"/job/{scheduled(failing)}/execute")
    assert failing.get(f"/job-definition/{source}")["suspended"] is True
    assert failing.get(f"/job/{waiting}")["suspended"] is True
    failing.put(path, {**named, "suspended": False, "executionDate": LATER})
    failing.post(f"/job/{scheduled(failing)}/execute")
    assert failing.get(f"/job-definition/{source}")["suspended"] is False
    assert failing.get(f"/job/{waiting}")["suspended"] is True


def test_an_incident_shows_in_callers_and_statistics(failing: Api) -> None:
    caller = failing.start("calling")["id"]
    (called,) = failing.get("/process-instance", superProcessInstance=caller)
    job = job_of(failing, called["id"])
    failing.put(f"/job/{job}/retries", {"retries": 0})
    (cause,) = failing.get("/incident", processInstanceId=called["id"])
    (above,) = failing.get("/incident", processInstanceId=caller)
    assert (above["activityId"], above["causeIncidentId"], above["rootCauseIncidentId"]) == (
        "call",
        cause["id"],
        cause["id"],
    )
    assert (above["configuration"], above["incidentMessage"], above["failedActivityId"]) == (None, None, None)
    assert failing.get("/process-instance/count", withIncident="true") == {"count": 2}
    assert failing.get("/history/process-instance", withRootIncidents="true")[0]["id"] == called["id"]
    found = failing.get("/process-definition", incidentType="failedJob", sortBy="key", sortOrder="asc")
    assert [each["key"] for each in found] == ["calling", "failing"]
    counted = [{"incidentType": "failedJob", "incidentCount": 1}]
    assert failing.get("/process-definition/key/calling/statistics", incidents="true")[0]["incidents"] == counted
    assert failing.get("/process-definition/key/calling/statistics")[0]["incidents"] == []
    roots = failing.get("/process-definition/statistics", rootIncidents="true")
    assert {each["definition"]["key"]: each["incidents"] for each in roots} == {"calling": [], "failing": counted}
    assert [each["failedJobs"] for each in roots] == [0, 0]
    failed = failing.get("/process-definition/statistics", failedJobs="true")
    assert {each["definition"]["key"]: each["failedJobs"] for each in failed} == {"calling": 0, "failing": 1}
    for asked, count in (({}, 0), ({"failedJobs": "true"}, 1)):
        (at,) = failing.get("/process-definition/key/failing/statistics", **asked)
        assert at["failedJobs"] == count
    assert failing.get(f"/incident/{cause['id']}") == cause


def test_incidents_are_annotated(failing: Api) -> None:
    instance = failing.start("failing")["id"]
    failing.put(f"/job/{job_of(failing, instance)}/retries", {"retries": 0})
    (incident,) = failing.get("/incident")
    where = f"/incident/{incident['id']}"
    failing.put(f"{where}/annotation", {"annotation": "asked Ann"})
    assert failing.get(where)["annotation"] == "asked Ann"
    failing.delete(f"{where}/annotation")
    assert failing.get(where)["annotation"] is None
    failing.put("/incident/none/annotation", {"annotation": "x"}, 400)
    failing.get("/incident/none", 404)
    failing.delete("/incident/none", 404)
