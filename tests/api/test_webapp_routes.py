"""The routes that the web app of Operaton calls: each answers with the status and the members that it reads."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from api import Authentication, create_blueprint
from api.interfaces import CAMUNDA
from engine import Engine
from engine.authorization import Actor
from tests.api.conftest import Api, route_at
from tests.api.signing_in import CHEAP

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <process id="shop" name="Shop" isExecutable="true">
    <startEvent id="start">
      <extensionElements><camunda:formData>
        <camunda:formField id="amount" type="long"/>
      </camunda:formData></extensionElements>
    </startEvent>
    <sequenceFlow id="f0" sourceRef="start" targetRef="fork"/><parallelGateway id="fork"/>
    <sequenceFlow id="f1" sourceRef="fork" targetRef="approve"/>
    <userTask id="approve" name="Approve" camunda:candidateGroups="sales">
      <extensionElements><camunda:formData>
        <camunda:formField id="approved" type="boolean"/>
      </camunda:formData></extensionElements>
    </userTask>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="pay"/>
    <serviceTask id="pay" camunda:type="external" camunda:topic="pay"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="later"/>
    <task id="later" camunda:asyncBefore="true"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="call"/>
    <callActivity id="call" calledElement="part"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="deployed"/>
    <userTask id="deployed" camunda:formKey="embedded:deployment:form.html"/>
  </process>
  <process id="part" name="Part" isExecutable="true">
    <startEvent id="begin" camunda:formKey="embedded:deployment:form.html"/>
    <sequenceFlow id="g1" sourceRef="begin" targetRef="wait"/><userTask id="wait"/>
  </process>
</definitions>"""

DUE = "2030-01-01T00:00:00.000+0000"
MULTIPART = "multipart/form-data"
LIST = "list"
"""A shape: a list, which is empty."""


@dataclass(frozen=True)
class Line:
    """One call. `shape`: the members of the answer, or of the first one of a list of at least one; None: no JSON."""

    call: str
    status: int = 200
    shape: str | frozenset[str] | None = None
    body: Any = None
    form: Mapping[str, Any] = field(default_factory=dict)
    many: bool = False

    def __str__(self) -> str:
        return self.call.split("?")[0]


def one(call: str, shape: str, body: Any = None, form: Mapping[str, Any] | None = None) -> Line:
    """A call that answers with an object with these members, and maybe more."""
    return Line(call, 200, frozenset(shape.split()), body, form or {})


def some(call: str, shape: str, body: Any = None) -> Line:
    """A call that answers with a list of at least one such object."""
    return Line(call, 200, frozenset(shape.split()), body, many=True)


def done(call: str, body: Any = None) -> Line:
    """A call that answers with nothing."""
    return Line(call, 204, body=body)


DEFINITION = "id key name version deploymentId suspended tenantId versionTag resource startableInTasklist"
INSTANCE = "id definitionId businessKey ended suspended tenantId"
TASK = "id name assignee owner created due followUp priority description processInstanceId processDefinitionId formKey"
INCIDENT = "id incidentType incidentMessage incidentTimestamp activityId processInstanceId configuration annotation"
PLAN = {"sourceProcessDefinitionId": "{definition}", "targetProcessDefinitionId": "{definition}"}
INSTRUCTIONS = [{"sourceActivityIds": ["approve"], "targetActivityIds": ["approve"]}]
MIGRATION = {"migrationPlan": {**PLAN, "instructions": INSTRUCTIONS}, "processInstanceIds": ["{instance}"]}
PERMISSION = {"permissions": ["READ"], "groupId": "sales", "resourceType": 7, "resourceId": "*"}
AHEAD = [{"type": "startBeforeActivity", "activityId": "approve"}]
BATCH = "id type totalJobs"

LINES = (
    # people
    one("POST /identity/verify", "authenticatedUser authenticated", {"username": "ann", "password": "secret-word-1"}),
    done(
        "POST /user/create",
        {"profile": {"id": "ben", "firstName": "Ben"}, "credentials": {"password": "secret-word-2"}},
    ),
    some("GET /user", "id firstName lastName email"),
    some("GET /user?memberOfGroup=sales&firstResult=0&maxResults=10", "id firstName lastName email"),
    some("GET /user?memberOfTenant=acme&firstResult=0&maxResults=10", "id firstName lastName email"),
    one("GET /user/count", "count"),
    one("GET /user/ann/profile", "id firstName lastName email"),
    done("PUT /user/ann/profile", {"id": "ann", "firstName": "Anna"}),
    done("PUT /user/ann/credentials", {"password": "secret-word-3"}),
    done("POST /user/ann/unlock"),
    done("DELETE /user/ann"),
    some("GET /group", "id name type"),
    some("GET /group?memberOfTenant=acme&firstResult=0&maxResults=10", "id name type"),
    one("POST /group/count", "count", {}),
    some("POST /group", "id name type", {}),
    done("POST /group/create", {"id": "support", "name": "Support", "type": "WORKFLOW"}),
    done("PUT /group/sales", {"id": "sales", "name": "Sales people", "type": "WORKFLOW"}),
    done("PUT /group/sales/members/carl"),
    done("DELETE /group/sales/members/ann"),
    done("DELETE /group/sales"),
    some("GET /tenant?firstResult=0&maxResults=10", "id name"),
    some("GET /tenant?userMember=ann", "id name"),
    done("POST /tenant/create", {"id": "other", "name": "Other"}),
    done("PUT /tenant/acme", {"id": "acme", "name": "Acme Ltd"}),
    done("PUT /tenant/acme/user-members/carl"),
    done("PUT /tenant/acme/group-members/help"),
    done("DELETE /tenant/acme/user-members/ann"),
    done("DELETE /tenant/acme/group-members/sales"),
    done("DELETE /tenant/acme"),
    some(
        "GET /authorization?firstResult=0&maxResults=10&resourceType=7",
        "id type permissions userId groupId resourceType resourceId",
    ),
    one("POST /authorization/create", "id permissions", {"type": 1, **PERMISSION, "groupId": "support"}),
    done("PUT /authorization/{authorization}", PERMISSION),
    done("DELETE /authorization/{authorization}"),
    # deployments and definitions
    some("GET /deployment?firstResult=0&maxResults=10", "id name source deploymentTime tenantId"),
    some("GET /deployment/{deployment}/resources", "id name deploymentId"),
    Line("GET /deployment/{deployment}/resources/{resource}/data"),
    one(
        "POST /deployment/create",
        "id deployedProcessDefinitions",
        form={"deployment-name": "again", "data": (MODEL.replace("Shop", "Store").encode(), "shop.bpmn")},
    ),
    done("DELETE /deployment/{deployment}?cascade=true&skipCustomListeners=true"),
    some("GET /process-definition?latestVersion=true&sortBy=name&sortOrder=asc", DEFINITION),
    some("GET /process-definition?deploymentId={deployment}&resourceName=shop.bpmn", DEFINITION),
    some("GET /process-definition?processDefinitionIdIn={definition}", DEFINITION),
    some("GET /process-definition/statistics?incidents=true", "id instances failedJobs incidents definition"),
    one("GET /process-definition/{definition}", DEFINITION),
    some("GET /process-definition/{definition}/statistics", "id instances failedJobs incidents"),
    some("GET /process-definition/{definition}/statistics?incidents=true", "id instances failedJobs incidents"),
    one("GET /process-definition/{definition}/xml", "id bpmn20Xml"),
    some("GET /process-definition/{definition}/static-called-process-definitions", "id calledFromActivityIds"),
    one("GET /process-definition/{definition}/startForm", "key contextPath"),
    one("GET /process-definition/{definition}/form-variables", "amount"),
    Line("GET /process-definition/{definition}/rendered-form"),
    Line("GET /process-definition/{part}/deployed-start-form"),
    one("POST /process-definition/{definition}/submit-form", INSTANCE, {"variables": {"amount": {"value": 1}}}),
    one("POST /process-definition/{definition}/start", INSTANCE, {"businessKey": "b"}),
    done("PUT /process-definition/{definition}/suspended", {"suspended": True, "includeProcessInstances": True}),
    done("DELETE /process-definition/{definition}?cascade=true"),
    Line("GET /decision-definition?latestVersion=true&sortBy=name&sortOrder=asc", shape=LIST),
    Line("GET /decision-definition/none", 404),
    Line("GET /decision-definition/none/xml", 404),
    Line("GET /history/decision-instance?decisionDefinitionId=none", shape=LIST),
    Line("GET /history/decision-instance/none?includeInputs=true&includeOutputs=true", 404),
    # process instances
    some("GET /process-instance?processDefinitionId={definition}", INSTANCE),
    some("GET /process-instance?superProcessInstance={instance}", INSTANCE),
    some("POST /process-instance?firstResult=0&maxResults=10", INSTANCE, {"processDefinitionId": "{definition}"}),
    one("POST /process-instance/count", "count", {"processDefinitionId": "{definition}"}),
    one("GET /process-instance/{instance}", INSTANCE),
    one(
        "GET /process-instance/{instance}/activity-instances",
        "id activityId activityType processInstanceId childActivityInstances childTransitionInstances",
    ),
    one("GET /process-instance/{instance}/variables?deserializeValues=false", "amount"),
    done("PUT /process-instance/{instance}/variables/amount", {"value": 5, "type": "Long"}),
    done("DELETE /process-instance/{instance}/variables/amount"),
    done("POST /process-instance/{instance}/variables", {"modifications": {"more": {"value": 1}}}),
    done("PUT /process-instance/{instance}/suspended", {"suspended": True}),
    done("POST /process-instance/{instance}/modification", {"instructions": AHEAD}),
    one(
        "POST /modification/executeAsync",
        BATCH,
        {"processDefinitionId": "{definition}", "processInstanceIds": ["{instance}"], "instructions": AHEAD},
    ),
    done("DELETE /process-instance/{instance}?skipCustomListeners=true&skipIoMappings=true"),
    one("POST /migration/generate", "sourceProcessDefinitionId targetProcessDefinitionId instructions", PLAN),
    one("POST /migration/validate", "instructionReports", {**PLAN, "instructions": INSTRUCTIONS}),
    one("POST /migration/executeAsync", BATCH, MIGRATION),
    # tasks
    some("GET /task?processInstanceId={instance}", TASK),
    some("GET /task?sortBy=created&sortOrder=desc&firstResult=0&maxResults=15", TASK),
    one("GET /task/{task}", TASK),
    done("PUT /task/{task}", {"name": "Approve", "priority": 5, "due": DUE}),
    done("POST /task/{task}/assignee", {"userId": "ann"}),
    done("POST /task/{task}/claim", {"userId": "ann"}),
    done("POST /task/{task}/unclaim"),
    done("POST /task/{task}/complete", {"variables": {"approved": {"value": True}}}),
    done("POST /task/{task}/submit-form", {"variables": {"approved": {"value": True}}}),
    one("GET /task/{task}/form", "key contextPath"),
    one("GET /task/{task}/form-variables", "approved amount"),
    Line("GET /task/{task}/rendered-form"),
    Line("GET /task/{deployed}/deployed-form"),
    some("GET /task/{task}/identity-links", "userId groupId type"),
    done("POST /task/{task}/identity-links", {"userId": "ann", "type": "candidate"}),
    done("POST /task/{task}/identity-links/delete", {"groupId": "sales", "type": "candidate"}),
    some("GET /task/{task}/comment", "id message time userId"),
    one("POST /task/{task}/comment/create", "id message time userId", {"message": "Well"}),
    some("GET /task/{task}/attachment", "id name description type url createTime"),
    one(
        "POST /task/{task}/attachment/create",
        "id name description type url createTime",
        form={"attachment-name": "a", "content": (b"x", "a.txt")},
    ),
    done("DELETE /task/{task}/attachment/{attachment}"),
    some("GET /filter?resourceType=Task&itemCount=true", "id name query properties itemCount"),
    one("POST /filter/create", "id name query properties", {"resourceType": "Task", "name": "All", "query": {}}),
    one("GET /filter/{filter}", "id name query properties"),
    some("GET /filter/{filter}/list?firstResult=0&maxResults=15", TASK),
    some("POST /filter/{filter}/list?firstResult=0&maxResults=15", TASK, {"priority": 50}),
    one("POST /filter/{filter}/count", "count", {}),
    done("PUT /filter/{filter}", {"resourceType": "Task", "name": "Some", "query": {"assigned": True}}),
    done("DELETE /filter/{filter}"),
    # jobs, external tasks, incidents, batches
    some("GET /job?processInstanceId={instance}", "id retries dueDate suspended exceptionMessage priority"),
    Line("GET /job/{job}/stacktrace", 204),
    done("PUT /job/{job}/retries", {"retries": 3}),
    done("PUT /job/{job}/duedate", {"duedate": DUE}),
    done("PUT /job/{job}/suspended", {"suspended": True}),
    one("POST /job/retries", BATCH, {"jobIds": ["{job}"], "retries": 2}),
    some(
        "GET /job-definition?processDefinitionId={definition}", "id activityId jobType suspended overridingJobPriority"
    ),
    done("PUT /job-definition/{job_definition}/jobPriority", {"priority": 5, "includeJobs": True}),
    done("PUT /job-definition/{job_definition}/retries", {"retries": 3}),
    done("PUT /job-definition/{job_definition}/suspended", {"suspended": True, "includeJobs": True}),
    some("GET /external-task?processInstanceId={instance}", "id topicName workerId retries lockExpirationTime"),
    Line("GET /external-task/{external_task}/errorDetails", 204),
    done("POST /external-task/{external_task}/unlock"),
    done("PUT /external-task/{external_task}/retries", {"retries": 3}),
    some("GET /incident?processInstanceId={instance}", INCIDENT),
    some("GET /incident?processDefinitionId={definition}", INCIDENT),
    done("PUT /incident/{incident}/annotation", {"annotation": "Look"}),
    done("DELETE /incident/{incident}/annotation"),
    some("GET /batch/statistics?sortBy=startTime&sortOrder=desc", f"{BATCH} remainingJobs completedJobs failedJobs"),
    some("GET /batch/statistics?batchId={batch}", f"{BATCH} remainingJobs completedJobs failedJobs suspended"),
    done("PUT /batch/{batch}/suspended", {"suspended": True}),
    done("DELETE /batch/{batch}?cascade=true"),
    # history
    some("GET /history/process-instance?processDefinitionId={definition}&sortBy=startTime&sortOrder=desc", "id state"),
    some("GET /history/process-instance?superProcessInstanceId={instance}", "id state startTime endTime"),
    one("GET /history/process-instance/{instance}", "id state startTime endTime durationInMillis businessKey"),
    some(
        "GET /history/activity-instance?processInstanceId={instance}&sortBy=startTime&sortOrder=asc",
        "id activityId activityName activityType startTime endTime canceled",
    ),
    some("GET /history/task?processInstanceId={instance}", "id name assignee startTime endTime deleteReason"),
    some(
        "GET /history/variable-instance?processInstanceId={instance}&deserializeValues=false",
        "id name type value createTime state",
    ),
    some("GET /history/incident?processInstanceId={instance}", "id incidentType createTime endTime"),
    some("GET /history/incident?processDefinitionId={definition}", "id incidentType createTime endTime"),
    some("GET /history/batch?completed=false", BATCH),
    one("GET /history/batch/{batch}", BATCH),
    some(
        "GET /history/user-operation?processInstanceId={instance}&sortBy=timestamp&sortOrder=desc",
        "operationId operationType entityType userId timestamp property orgValue newValue annotation",
    ),
    done("PUT /history/user-operation/{operation}/set-annotation", {"annotation": "Why?"}),
    done("PUT /history/user-operation/{operation}/clear-annotation", {}),
    # the server
    one("GET /engine/default/telemetry/data", "product"),
    one("GET /version", "version"),
    some("GET /engine", "name"),
)


Ids = dict[str, str]


def build(engine: Engine, api: Api) -> Ids:
    """Makes one thing of each kind; gives their ids."""
    engine.people.create_user("ann", first_name="Ann", last_name="Lee", email="a@b.c", password="secret-word-1")
    engine.people.create_group("sales", name="Sales", type="WORKFLOW")
    engine.people.create_user("carl", password="secret-word-4")
    engine.people.create_group("help")
    engine.people.create_tenant("acme", name="Acme")
    engine.people.create_first_administrator("ada", "secret-word-5")
    for path in ("/group/sales/members/ann", "/tenant/acme/user-members/ann", "/tenant/acme/group-members/sales"):
        api.put(path, {})
    ids = {"authorization": api.post("/authorization/create", {"type": 1, **PERMISSION}, 200)["id"]}
    deployed = api.deploy(shop_bpmn=MODEL, form_html="<form>Wait</form>")
    ids["deployment"] = deployed["id"]
    for definition in deployed["deployedProcessDefinitions"].values():
        ids[{"shop": "definition", "part": "part"}[definition["key"]]] = definition["id"]
    files = api.get(f"/deployment/{deployed['id']}/resources")
    ids["resource"] = next(file["id"] for file in files if file["name"] == "shop.bpmn")
    ids["instance"] = instance = api.start("shop", businessKey="b", variables={"amount": {"value": 3}})["id"]
    for task in api.get("/task", processInstanceId=instance):
        ids[{"approve": "task", "deployed": "deployed"}[task["taskDefinitionKey"]]] = task["id"]
    api.post(f"/task/{ids['task']}/comment/create", {"message": "Really?"}, 200)
    note = {"attachment-name": "note", "url": "https://example.org"}
    attached = api.call("POST", f"/task/{ids['task']}/attachment/create", data=note, content_type=MULTIPART)
    ids["attachment"] = attached.get_json()["id"]
    ids["filter"] = api.post("/filter/create", {"resourceType": "Task", "name": "All", "query": {}}, 200)["id"]
    (ids["job"],) = (job["id"] for job in api.get("/job", processInstanceId=instance))
    ids["job_definition"] = api.get(f"/job/{ids['job']}")["jobDefinitionId"]
    api.put(f"/job/{ids['job']}/retries", {"retries": 0})
    (ids["incident"],) = (incident["id"] for incident in api.get("/incident", processInstanceId=instance))
    (ids["external_task"],) = (task["id"] for task in api.get("/external-task", processInstanceId=instance))
    ids["batch"] = api.post("/job/retries", {"jobIds": [ids["job"]], "retries": 0}, 200)["id"]
    engine.in_the_name_of(Actor("ann")).tasks.set_assignee(int(ids["deployed"]), "ann")
    (ids["operation"],) = (entry["operationId"] for entry in api.get("/history/user-operation", userId="ann"))
    return ids


@contextmanager
def serving(file: Path, *, guarded: bool = False) -> Iterator[tuple[Engine, Api]]:
    """An engine over a database file, and a client of its API; `guarded`: one must sign in."""
    engine = Engine.open(f"sqlite:///{file}", credentials=CHEAP)
    engine.upgrade()
    app = Flask("test")
    app.register_blueprint(create_blueprint(engine, authentication=Authentication(engine, required=guarded)))
    yield engine, Api(app.test_client())
    engine.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ids]:
    """A database file with one thing of each kind, and their ids."""
    file = tmp_path_factory.mktemp("world") / "baton.db"
    with serving(file) as (engine, api):
        ids = build(engine, api)
    return file, ids


def fill(part: Any, ids: Ids) -> Any:
    """The body with ids in their places."""
    if isinstance(part, str):
        return re.sub(r"{(\w+)}", lambda match: ids[match[1]], part)
    if isinstance(part, dict):
        return {name: fill(each, ids) for name, each in part.items()}
    return [fill(each, ids) for each in part] if isinstance(part, list) else part


def request_of(line: Line, ids: Ids) -> tuple[str, str, dict[str, Any]]:
    """The method, the path and what else is sent."""
    method, path = fill(line.call, ids).split(" ")
    options: dict[str, Any] = {"json": fill(line.body, ids)} if line.body is not None else {}
    if line.form:
        parts = {
            name: (BytesIO(part[0]), part[1]) if isinstance(part, tuple) else part for name, part in line.form.items()
        }
        options = {"data": parts, "content_type": MULTIPART}
    elif method == "POST" and line.body is None:
        options = {"json": {}}
    return method, path, options


@pytest.mark.parametrize("line", LINES, ids=str)
def test_a_route_answers_as_the_web_app_expects(line: Line, world: tuple[Path, Ids], tmp_path: Path) -> None:
    file, ids = world
    copied = tmp_path / "baton.db"
    shutil.copy(file, copied)
    method, path, options = request_of(line, ids)
    with serving(copied) as (_, api):
        answer = api.call(method, path, line.status, **options)
        shown = answer.get_json() if answer.mimetype == "application/json" and answer.data else None
    if line.shape == LIST:
        assert shown == []
    elif isinstance(line.shape, frozenset):
        if line.many:
            assert isinstance(shown, list)
            assert shown, "the list is empty"
        assert line.shape <= set(shown[0] if line.many else shown)
    elif line.status == 200:
        assert answer.data


def changes(line: Line) -> bool:
    """Does the call ask for a change?"""
    method, path = re.sub(r"{\w+}", "1", line.call.partition("?")[0]).split(" ")
    return method != "GET" and path != "/identity/verify" and route_at(CAMUNDA, method, path).changes


@pytest.mark.parametrize("line", [line for line in LINES if changes(line)], ids=str)
def test_a_change_is_logged_in_the_name_of_who_asked_for_it(
    line: Line, world: tuple[Path, Ids], tmp_path: Path
) -> None:
    file, ids = world
    copied = tmp_path / "baton.db"
    shutil.copy(file, copied)
    method, path, options = request_of(line, ids)
    with serving(copied, guarded=True) as (engine, api):
        made = {entry.id for entry in engine.queries.operations.list({"userId": "ada"})}
        headers = {"X-Baton-Reason": "It%20must%20be"}
        api.call(method, path, line.status, auth=("ada", "secret-word-5"), headers=headers, **options)
        entries = [each for each in engine.queries.operations.list({"userId": "ada"}) if each.id not in made]
    assert entries, "nothing was written down"
    assert {(entry.reason, entry.address) for entry in entries} == {("It must be", "127.0.0.1")}


def test_no_route_is_listed_twice() -> None:
    calls = [line.call for line in LINES]
    assert len(set(calls)) == len(calls)
