"""Processes for those who watch them: overview, progress, what is waited for, heat, groups of incidents."""

from __future__ import annotations

from typing import Any

from engine import Engine
from engine.store.query.monitoring import pattern_of
from tests.api.conftest import Api
from tests.api.models import ONE_TASK

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">'
)

BRANCHES = f"""{_HEAD}
  <message id="paid" name="paid"/>
  <process id="branches" name="Branches" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="work"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="pay"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="wait"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="join"/>
    <userTask id="work" name="Work" camunda:assignee="mary" camunda:candidateGroups="sales"/>
    <boundaryEvent id="late" attachedToRef="work" cancelActivity="false">
      <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <receiveTask id="pay" messageRef="paid"/>
    <serviceTask id="wait" camunda:type="external" camunda:topic="ship"/>
    <sequenceFlow id="f6" sourceRef="work" targetRef="join"/>
    <sequenceFlow id="f7" sourceRef="pay" targetRef="join"/>
    <sequenceFlow id="f8" sourceRef="wait" targetRef="join"/>
    <parallelGateway id="join"/><sequenceFlow id="f9" sourceRef="join" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>"""

CALLS = f"""{_HEAD}
  <process id="calls" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
    <callActivity id="call" calledElement="oneTask"/>
  </process>
</definitions>"""


def _begin(api: Api, key: str, **body: Any) -> str:
    return str(api.post(f"/process-definition/key/{key}/start", body, 200)["id"])


def _fail(api: Api, message: str) -> None:
    """Lets the oldest piece of work for `ship` fail for good."""
    (task,) = api.post(
        "/external-task/fetchAndLock",
        {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "ship", "lockDuration": 60000}]},
        200,
    )
    failure = {"workerId": "w", "errorMessage": message, "retries": 0, "retryTimeout": 0}
    api.post(f"/external-task/{task['id']}/failure", failure)


# ---------------------------------------------------------------- all processes


def test_processes_are_told_with_all_their_versions(api: Api, own: Api) -> None:
    api.deploy(one_bpmn=ONE_TASK)
    _begin(api, "oneTask")
    api.deploy(one_bpmn=ONE_TASK.replace('name="One Task"', 'name="Two"'))
    api.deploy(branches_bpmn=BRANCHES)
    _begin(api, "oneTask")
    _begin(api, "branches")
    _fail(api, "no")
    page = own.get("/process", sortBy="instances", sortOrder="desc")
    assert [(each["key"], each["versions"], each["instances"]) for each in page["processes"]] == [
        ("oneTask", 2, 2),
        ("branches", 1, 1),
    ]
    assert (page["total"], page["instances"], page["incidents"]) == (2, 3, 1)
    assert (page["processes"][0]["name"], page["processes"][0]["version"]) == ("Two", 2)
    assert [each["key"] for each in own.get("/process", search="TWO")["processes"]] == ["oneTask"]
    assert [each["key"] for each in own.get("/process", firstResult=1, maxResults=1)["processes"]] == ["oneTask"]
    own.get("/process", 400, sortBy="nothing")


def test_processes_tell_what_started_and_ended_in_14_days(api: Api, own: Api, engine: Engine) -> None:
    api.deploy(one_bpmn=ONE_TASK)
    _begin(api, "oneTask")
    api.deploy(one_bpmn=ONE_TASK.replace('name="One Task"', 'name="Two"'), branches_bpmn=BRANCHES)
    _begin(api, "oneTask")
    for task in api.get("/task"):
        api.post(f"/task/{task['id']}/complete")
    with engine.database.count_statements() as counter:
        still, one = own.get("/process", zone="Asia/Tokyo", sortBy="key")["processes"]
    assert counter.count == 8  # five, and one BEGIN for each of the three reads
    assert (len(one["started"]), sum(one["started"]), sum(one["ended"])) == (14, 2, 2)
    taken = [each["durationInMillis"] for each in api.get("/history/process-instance")]
    assert one["averageDuration"] == round(sum(taken) / 2)
    assert (still["started"], still["ended"], still["averageDuration"]) == ([0] * 14, [0] * 14, None)
    own.get("/process", 400, zone="Mars/Olympus")


# ---------------------------------------------------------------- instances


def test_progress_tells_tokens_and_the_flows_that_were_taken(api: Api, own: Api) -> None:
    api.deploy(branches_bpmn=BRANCHES)
    id = _begin(api, "branches")
    _fail(api, "no")
    progress = own.get(f"/process-instance/{id}/progress")
    assert progress["flows"] == ["f1", "f2", "f3", "f4", "f5"]
    assert {each["id"]: (each["tokens"], each["finished"], each["incidents"]) for each in progress["elements"]} == {
        "start": (0, 1, 0),
        "fork": (0, 1, 0),
        "work": (1, 0, 0),
        "pay": (1, 0, 0),
        "wait": (1, 0, 1),
        "join": (1, 0, 0),
    }
    api.delete(f"/process-instance/{id}")
    ended = {
        each["id"]: (each["tokens"], each["canceled"])
        for each in own.get(f"/process-instance/{id}/progress")["elements"]
    }
    assert ended["work"] == (0, 1)
    own.get("/process-instance/1/progress", 404)


def test_waits_tell_what_each_token_waits_for(api: Api, own: Api) -> None:
    api.deploy(branches_bpmn=BRANCHES, one_bpmn=ONE_TASK, calls_bpmn=CALLS)
    id = _begin(api, "branches")
    waits = {(each["kind"], each["activityId"]): each for each in own.get(f"/process-instance/{id}/waiting")}
    assert set(waits) == {("task", "work"), ("timer", "late"), ("message", "pay"), ("work", "wait"), ("token", "join")}
    task = waits["task", "work"]
    assert (task["name"], task["assignee"], task["candidateGroups"]) == ("Work", "mary", ["sales"])
    assert waits["timer", "late"]["due"] is not None
    assert waits["timer", "late"]["activityInstanceId"] == task["activityInstanceId"]
    assert waits["message", "pay"]["name"] == "paid"
    assert waits["work", "wait"]["name"] == "ship"
    (oldest,) = own.get(f"/process-instance/{id}/waiting", maxResults=1)
    assert oldest["since"] == min(each["since"] for each in waits.values())
    caller = _begin(api, "calls")
    (called,) = own.get(f"/process-instance/{caller}/waiting")
    (child,) = api.get("/process-instance", superProcessInstance=caller)
    assert (called["kind"], called["activityId"], called["calledInstanceId"]) == ("call", "call", child["id"])
    own.get("/process-instance/1/waiting", 404)


def test_a_page_of_instances_tells_where_they_are(api: Api, own: Api, engine: Engine) -> None:
    api.deploy(branches_bpmn=BRANCHES)
    ids = [_begin(api, "branches", businessKey=f"b{number}") for number in range(3)]
    _fail(api, "no")
    query = {"processDefinitionKey": "branches", "unfinished": True, "sortBy": "instanceId", "sortOrder": "asc"}
    page = own.post("/process-instance/page", {"query": query, "size": 2}, 200)
    assert ([each["id"] for each in page["instances"]], page["more"]) == (ids[:2], True)
    assert page["instances"][0]["elements"] == {"work": 1, "pay": 1, "wait": 1, "join": 1}
    assert [each["incidents"] for each in page["instances"]] == [1, 0]
    with engine.database.count_statements() as few:
        own.post("/process-instance/page", {"query": query, "size": 1}, 200)
    with engine.database.count_statements() as many:
        own.post("/process-instance/page", {"query": query, "size": 3}, 200)
    assert few.count == many.count


def test_watching_costs_the_same_however_often_a_loop_went_round(api: Api, own: Api, engine: Engine) -> None:
    api.deploy(branches_bpmn=BRANCHES)
    id = _begin(api, "branches")
    with engine.database.count_statements() as progress:
        own.get(f"/process-instance/{id}/progress")
    with engine.database.count_statements() as waits:
        own.get(f"/process-instance/{id}/waiting")
    assert (progress.count, waits.count) == (6, 9)  # with the instance itself, and one BEGIN for each of the two reads


def test_changes_of_a_variable_tell_who_made_them(deployed: Api, own: Api) -> None:
    id = deployed.start(variables={"amount": {"value": 1, "type": "Integer"}})["id"]
    deployed.put(f"/process-instance/{id}/variables/amount", {"value": 2, "type": "Integer"})
    (variable,) = deployed.get("/history/variable-instance", processInstanceId=id)
    changes = own.get(f"/variable/{variable['id']}/changes")
    assert [(each["value"], each["type"], each["revision"]) for each in changes] == [
        (2, "Integer", 1),
        (1, "Integer", 0),
    ]
    assert own.get(f"/variable/{variable['id']}/changes", maxResults=1) == changes[:1]
    own.get("/variable/1/changes", 404)


# ---------------------------------------------------------------- one definition


def test_heat_tells_how_often_and_how_long(api: Api, own: Api) -> None:
    (definition,) = api.deploy(one_bpmn=ONE_TASK)["deployedProcessDefinitions"]
    for _ in range(3):
        _begin(api, "oneTask")
    first, second, _ = api.get("/task", sortBy="id", sortOrder="asc")
    for task in (first, second):
        api.post(f"/task/{task['id']}/complete")
    heat = {each["id"]: each for each in own.get(f"/process-definition/{definition}/heat")}
    assert {id: (each["visits"], each["ended"]) for id, each in heat.items()} == {
        "start": (3, 3),
        "work": (3, 2),
        "end": (2, 2),
    }
    taken = [
        each["durationInMillis"] for each in api.get("/history/activity-instance", activityId="work", finished=True)
    ]
    assert heat["work"]["median"] == min(taken)
    assert heat["work"]["slowest"] == max(taken)
    assert own.get(f"/process-definition/{definition}/heat", since="2999-01-01T00:00:00.000+0000") == []
    own.get("/process-definition/oneTask:9:1/heat", 404)


def test_statistics_tell_what_became_of_ended_instances(api: Api, own: Api) -> None:
    (definition,) = api.deploy(one_bpmn=ONE_TASK)["deployedProcessDefinitions"]
    for _ in range(3):
        _begin(api, "oneTask")
    first, second, _ = api.get("/task")
    api.post(f"/task/{first['id']}/complete")
    api.delete(f"/process-instance/{second['processInstanceId']}")
    found = own.get(f"/process-definition/{definition}/statistics")
    assert (found["ended"], found["instances"], found["completed"], found["canceled"]) == (2, 2, 1, 1)
    taken = [each["durationInMillis"] for each in api.get("/history/process-instance", finished=True)]
    assert (found["total"], found["p50"], found["p99"]) == (sum(taken), min(taken), max(taken))
    assert {each["id"]: (each["type"], each["visits"], each["outcomes"]) for each in found["elements"]} == {
        "start": ("startEvent", 2, 0),
        "work": ("userTask", 2, 0),
        "end": ("noneEndEvent", 1, 1),
    }
    later = own.get(f"/process-definition/{definition}/statistics", since="2999-01-01T00:00:00.000+0000")
    assert (later["ended"], later["p50"], later["elements"]) == (0, None, [])
    own.get("/process-definition/oneTask:9:1/statistics", 404)


# ---------------------------------------------------------------- incidents


def test_incidents_that_say_the_same_are_one_group(api: Api, own: Api) -> None:
    api.deploy(branches_bpmn=BRANCHES)
    for message in ("Order 17 is unknown", "Order 18 is unknown", "100% wrong"):
        _begin(api, "branches")
        _fail(api, message)
    page = own.get("/incident-group")
    assert (page["total"], page["incidents"]) == (2, 3)
    first, second = page["groups"]
    assert (first["count"], first["activityId"], first["messageLike"]) == (2, "wait", "Order % is unknown")
    assert (second["count"], second["message"]) == (1, "100% wrong")
    for group in (first, second):
        assert api.get("/incident/count", incidentMessageLike=group["messageLike"])["count"] == group["count"]
    assert own.get("/incident-group", search="UNKNOWN")["total"] == 1
    assert own.get("/incident-group", processDefinitionKey="other")["total"] == 0
    assert own.get("/incident-group", activityId="wait", firstResult=1)["groups"] == [second]
    assert own.get("/incident-group", processDefinitionId=first["processDefinitionId"])["total"] == 2
    assert own.post("/incident/retry", {"query": {"activityId": "start"}}, 400)["message"].startswith(
        "Nothing is found"
    )
    (batch,) = own.post("/incident/retry", {"query": {"incidentMessageLike": first["messageLike"]}}, 200)["batches"]
    assert (batch["type"], batch["totalJobs"]) == ("set-external-task-retries", 2)


def test_the_pattern_of_a_message_has_a_place_for_each_number_and_uuid() -> None:
    assert pattern_of("a_b 12 of 7ba7b810-9dad-11d1-80b4-00c04fd430c8") == "a\\_b % of %"
