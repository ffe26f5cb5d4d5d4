"""A world for tests of who may do what: a tenant's process with something of every kind, and people around it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from engine import Engine
from engine.authorization import Actor, Resource
from engine.services.long_polling import TopicRequest
from engine.services.queries import Query
from tests.api.signing_in import Guarded

MARK: Final = "acme-secret"
"""Is in names and values of what belongs to the tenant, and must not be seen outside of it."""

MODEL: Final = f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="{MARK}">
  <message id="paid" name="paid"/><signal id="bell" name="bell"/>
  <process id="mirror" name="{MARK}" isExecutable="true" camunda:candidateStarterUsers="sue">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="shared"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="own"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="wait"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="listen"/>
    <sequenceFlow id="f6" sourceRef="fork" targetRef="later"/>
    <sequenceFlow id="f7" sourceRef="fork" targetRef="out"/>
    <sequenceFlow id="f8" sourceRef="fork" targetRef="choice"/>
    <userTask id="shared" name="{MARK}" camunda:candidateGroups="sales"/>
    <userTask id="own" name="{MARK}" camunda:assignee="carl"/>
    <receiveTask id="wait" messageRef="paid"/>
    <intermediateCatchEvent id="listen"><signalEventDefinition signalRef="bell"/></intermediateCatchEvent>
    <intermediateCatchEvent id="later"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>
    </intermediateCatchEvent>
    <serviceTask id="out" camunda:type="external" camunda:topic="{MARK}"/>
    <adHocSubProcess id="choice"><task id="option"/></adHocSubProcess>
  </process>
</definitions>"""

DECISIONS: Final = f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="mirror" name="{MARK}" namespace="{MARK}">
  <decision id="other" name="other"><variable name="other" typeRef="string"/>
    <literalExpression id="e1"><text>"{MARK}"</text></literalExpression></decision>
  <decision id="mirror" name="{MARK}"><informationRequirement id="r"><requiredDecision href="#other"/>
    </informationRequirement><variable name="same" typeRef="string"/>
    <literalExpression id="e2"><text>other</text></literalExpression></decision>
</definitions>"""

ADMINISTRATOR, STRANGER, CANDIDATE, ASSIGNEE, STARTER, OTHER, NOBODY = (
    "ada",
    "sid",
    "sam",
    "carl",
    "sue",
    "tess",
    None,
)
PASSWORD: Final = "open sesame"


def build(guarded: Guarded) -> dict[str, str]:
    """Makes the world; gives the ids of what is in it."""
    engine = guarded.engine
    _people(engine)
    engine.deployments.deploy(
        {"mirror.bpmn": MODEL.encode(), "mirror.dmn": DECISIONS.encode(), "secret.form": b'{"id": "f"}'},
        tenant_id="acme",
        name=MARK,
    )
    engine.decisions.evaluate(key="mirror", tenant_id="acme")
    (definition,) = engine.queries.process_definitions.list({"key": "mirror"})
    sue = engine.acting_as(Actor(STARTER, tenants=frozenset({"acme"})))
    ended = sue.process_instances.start(definition_id=definition.id, business_key=MARK).id
    engine.process_instances.delete(ended, reason=MARK)
    instance = sue.process_instances.start(
        definition_id=definition.id, business_key=MARK, variables={MARK: MARK, "file": b"secret"}
    ).id
    return _ids(engine, definition, instance, ended)


def _people(engine: Engine) -> None:
    people = engine.people
    for tenant in ("acme", "zeta"):
        people.create_tenant(tenant)
    for user in (STRANGER, CANDIDATE, ASSIGNEE, STARTER, OTHER):
        people.create_user(user, password=PASSWORD)
        people.add_user_to_tenant(user, "zeta" if user == OTHER else "acme")
    people.add_to_group(CANDIDATE, "sales")
    for resource in Resource:
        engine.authorizations.grant(resource, "ALL", user=OTHER)


def _ids(engine: Engine, definition: Any, instance: int, ended: int) -> dict[str, str]:
    tasks = {task.element_id: task.id for task in engine.queries.tasks.list({"processInstanceId": instance})}
    (work,) = engine.external_tasks.fetch_and_lock(
        "worker", [TopicRequest(topic=MARK, lease=timedelta(hours=1))], limit=1
    )
    engine.external_tasks.fail(work.id, worker="worker", message=MARK, details=MARK, retries=0)
    (job,) = engine.queries.jobs.list({"processInstanceId": instance})
    (deployment,) = engine.queries.deployments.list({"name": MARK})
    comments = {id: engine.tasks.add_comment(id, MARK) for id in tasks.values()}
    attachments = {id: engine.tasks.add_attachment(id, name=MARK, content=b"secret") for id in tasks.values()}
    batch = engine.bulk.set_job_retries([job.id], 1)
    variables = {
        view.name: view.id for view in engine.queries.variable_instances.list({"processInstanceIdIn": [instance]})
    }
    lost = engine.queries.historic_variables.list({"processInstanceId": ended})
    (element,) = engine.queries.historic_element_instances.list({"activityId": "own", "processInstanceId": instance})
    execution = next(
        view.scope_id if hasattr(view, "scope_id") else view.execution_id
        for view in engine.queries.event_subscriptions.list({"eventType": "message"})
    )
    return {
        "definition": f"mirror:1:{definition.id}",
        "definition number": str(definition.id),
        "instance": str(instance),
        "ended": str(ended),
        "shared": str(tasks["shared"]),
        "own": str(tasks["own"]),
        **{f"comment {task}": str(id) for task, id in comments.items()},
        **{f"attachment {task}": str(id) for task, id in attachments.items()},
        "work": str(work.id),
        "job": str(job.id),
        "job definition": str(job.job_definition_id),
        "incident": str(engine.queries.incidents.list({"processInstanceId": instance})[0].id),
        "deployment": str(deployment.id),
        "resource": str(definition.resource_id),
        "batch": str(batch),
        "variable": str(variables[MARK]),
        "lost": str(lost[0].id if lost else variables[MARK]),
        "detail": str(engine.queries.variable_updates.list({"processInstanceId": instance})[0].id),
        "element": f"own:{element.id}",
        "decision": engine.queries.latest_decision("mirror", "acme").reference,
        "requirements": engine.queries.latest_requirements("mirror", "acme").reference,
        "made": str(engine.queries.historic_decisions.list({"decisionDefinitionKey": "mirror"})[0].id),
        "execution": str(execution),
        "job log": str(engine.queries.job_logs.list({"processInstanceId": instance})[0].id),
        "work log": str(engine.queries.external_task_logs.list({"processInstanceId": instance})[0].id),
        "filter": str(engine.filters.create("ours", Query({"name": "x"}), owner="ada").id),
        "authorization": str(engine.authorizations.grant(Resource.TASK, "READ", user="nobody").id),
        "operation": str(engine.queries.operations.list()[0].operation_id),
    }


THINGS: Final[tuple[tuple[str, str], ...]] = (
    (r"/process-definition/\{id\}|/history/process-definition", "definition"),
    (r"/decision-definition/", "decision"),
    (r"/decision-requirements-definition/", "requirements"),
    (r"/decision-instance/", "made"),
    (r"/deployment/", "deployment"),
    (r"/history/process-instance/\{id\}$", "ended"),
    (r"/process-instance/", "instance"),
    (r"/execution/", "execution"),
    (r"/filter/", "filter"),
    (r"/history/variable-instance/\{id\}$", "variable"),
    (r"/variable-instance/|/variable/", "variable"),
    (r"/history/external-task-log/", "work log"),
    (r"/external-task/", "work"),
    (r"/history/job-log/", "job log"),
    (r"/job-definition/", "job definition"),
    (r"/job/", "job"),
    (r"/incident/", "incident"),
    (r"/batch/", "batch"),
    (r"/authorization/", "authorization"),
    (r"/history/detail/", "detail"),
    (r"/history/activity-instance/", "element"),
    (r"/history/user-operation/", "operation"),
)
"""Which thing the `{id}` of a path names, by the first pattern that is in it."""


def fill(path: str, ids: Mapping[str, str], user: str | None) -> str:
    """A path of a route that names things of the tenant; people are told their own task, others the assignee's."""
    task = ids["shared"] if user == CANDIDATE else ids["own"]
    values = {
        "key": "mirror",
        "tenant_id": "acme",
        "user_id": "nobody",
        "session_id": "1",
        "token_id": "1",
        "group_id": "sales",
        "var_name": MARK,
        "message_name": "paid",
        "name": "activity-instance-start",
        "resource_id": ids["resource"],
        "comment_id": ids[f"comment {task}"],
        "attachment_id": ids[f"attachment {task}"],
        "id": "1",
    }
    for pattern, thing in THINGS:
        if re.search(pattern, path):
            values["id"] = ids[thing]
            break
    if "/task/" in path and "/history/" not in path and "external" not in path:
        values["id"] = task
    if whole := re.search(r"/(user|group|tenant)/\{id\}", path):
        values["id"] = {"user": "bob", "group": "sales", "tenant": "acme"}[whole[1]]
    return re.sub(r"{(\w+)}", lambda match: values[match[1]], path)


def credentials(user: str | None) -> dict[str, str]:
    """The header by which somebody signs in."""
    if user is None:
        return {}
    password = "enchantress" if user == ADMINISTRATOR else PASSWORD
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def bodies(ids: Mapping[str, str], user: str | None) -> dict[str, Any]:
    """What routes are sent that would else be refused before anybody asks who may: JSON, or parts of a form."""
    task = ids["shared"] if user == CANDIDATE else ids["own"]
    me = user or "nobody"
    value = {"value": "x", "type": "String"}
    instances = {"processInstanceIds": [ids["instance"]]}
    move = {"instructions": [{"type": "startBeforeActivity", "activityId": "own"}]}
    restart = {
        "instructions": [{"type": "startBeforeActivity", "activityId": "own"}],
        "processInstanceIds": [ids["ended"]],
    }
    plan = {"sourceProcessDefinitionId": ids["definition"], "targetProcessDefinitionId": ids["definition"]}
    instruction = {"sourceActivityIds": ["own"], "targetActivityIds": ["own"]}
    whole = {**plan, "instructions": [instruction]}
    data = {"data": (b"x", "x.txt"), "valueType": "Bytes"}
    worker = {"workerId": "worker"}
    return {
        "POST /deployment/create": {
            "form": {"deployment-name": "d", "tenant-id": "acme", "f": (MODEL.encode(), "m.bpmn")}
        },
        "PUT /process-definition/suspended": {"processDefinitionKey": "mirror", "suspended": True},
        "POST /process-definition/{id}/restart": restart,
        "POST /process-definition/{id}/restart-async": restart,
        "POST /process-instance/{id}/modification": move,
        "POST /process-instance/{id}/modification-async": move,
        "POST /api/v1/process-instance/{id}/modification/preview": move,
        "POST /api/v1/process-instance/{id}/fork": LONG_AFTER,
        "POST /api/v1/process-instance/{id}/fork/preview": LONG_AFTER,
        "PUT /process-instance/suspended": {**instances, "suspended": True},
        "POST /process-instance/suspended-async": {**instances, "suspended": True},
        "POST /process-instance/delete": instances,
        "POST /process-instance/delete-historic-query-based": instances,
        "POST /process-instance/job-retries": {"processInstances": [ids["instance"]], "retries": 2},
        "POST /process-instance/job-retries-historic-query-based": {
            "historicProcessInstanceQuery": {"processInstanceId": ids["instance"]},
            "retries": 2,
        },
        "POST /process-instance/variables-async": {**instances, "variables": {"x": value}},
        "POST /process-instance/message-async": {**instances, "messageName": "paid"},
        "PUT /process-instance/{id}/comment": {"id": ids[f"comment {task}"], "message": "other"},
        "PUT /process-instance/{id}/variables/{var_name}": value,
        "POST /process-instance/{id}/variables": {"modifications": {"x": value}},
        "POST /process-instance/{id}/variables/{var_name}/data": {"form": data},
        "POST /process-instance/{id}/ad-hoc-activation": {"activities": [{"activityId": "option"}]},
        "POST /modification/execute": {**move, **instances, "processDefinitionId": ids["definition"]},
        "POST /modification/executeAsync": {**move, **instances, "processDefinitionId": ids["definition"]},
        "POST /migration/generate": plan,
        "POST /migration/validate": whole,
        "POST /migration/execute": {"migrationPlan": whole, **instances},
        "POST /migration/executeAsync": {"migrationPlan": whole, **instances},
        "POST /api/v1/migration/check": {"migrationPlan": whole, **instances},
        "POST /execution/{id}/create-incident": {"incidentType": "stuck"},
        "POST /execution/{id}/localVariables": {"modifications": {"x": value}},
        "PUT /execution/{id}/localVariables/{var_name}": value,
        "POST /execution/{id}/localVariables/{var_name}/data": {"form": data},
        "POST /task/create": {"name": "t", "tenantId": "acme"},
        "PUT /task/{id}": {"name": "other", "assignee": None if user == CANDIDATE else "carl", "priority": 50},
        "POST /task/{id}/claim": {"userId": me},
        "POST /task/{id}/assignee": {"userId": "sid"},
        "POST /task/{id}/delegate": {"userId": "sid"},
        "POST /task/{id}/identity-links": {"userId": "sid", "type": "candidate"},
        "POST /task/{id}/identity-links/delete": {"groupId": "sales", "type": "candidate"},
        "POST /task/{id}/bpmnError": {"errorCode": "e"},
        "POST /task/{id}/bpmnEscalation": {"escalationCode": "e"},
        "POST /task/{id}/comment/create": {"message": "hello"},
        "PUT /task/{id}/comment": {"id": ids[f"comment {task}"], "message": "other"},
        "POST /task/{id}/attachment/create": {"form": {"attachment-name": "a", "content": (b"x", "x.txt")}},
        "POST /task/{id}/variables": {"modifications": {"x": value}},
        "PUT /task/{id}/variables/{var_name}": value,
        "POST /task/{id}/variables/{var_name}/data": {"form": data},
        "POST /task/{id}/localVariables": {"modifications": {"x": value}},
        "PUT /task/{id}/localVariables/{var_name}": value,
        "POST /task/{id}/localVariables/{var_name}/data": {"form": data},
        "POST /filter/create": {"resourceType": "Task", "name": "f", "query": {}, "properties": {}},
        "PUT /filter/{id}": {"resourceType": "Task", "name": "f", "query": {}, "properties": {}},
        "POST /external-task/fetchAndLock": {
            **worker,
            "maxTasks": 5,
            "topics": [{"topicName": MARK, "lockDuration": 1000}],
        },
        "POST /external-task/{id}/complete": worker,
        "POST /external-task/{id}/failure": worker,
        "POST /external-task/{id}/bpmnError": {**worker, "errorCode": "e"},
        "POST /external-task/{id}/extendLock": {**worker, "newDuration": 1000},
        "POST /external-task/{id}/lock": {**worker, "lockDuration": 1000},
        "PUT /external-task/{id}/retries": {"retries": 3},
        "PUT /external-task/retries": {"retries": 3, "externalTaskIds": [ids["work"]]},
        "POST /external-task/retries-async": {"retries": 3, "externalTaskIds": [ids["work"]]},
        "PUT /external-task/{id}/priority": {"priority": 3},
        "PUT /job/{id}/retries": {"retries": 3},
        "POST /job/retries": {"retries": 3, "jobIds": [ids["job"]]},
        "PUT /job/{id}/priority": {"priority": 3},
        "PUT /job/{id}/duedate": {"duedate": None},
        "PUT /job/{id}/suspended": {"suspended": True},
        "PUT /job/suspended": {"suspended": True, "processDefinitionKey": "mirror"},
        "PUT /job-definition/suspended": {"suspended": True, "processDefinitionKey": "mirror"},
        "PUT /job-definition/{id}/suspended": {"suspended": True},
        "PUT /job-definition/{id}/retries": {"retries": 3},
        "PUT /job-definition/{id}/jobPriority": {"priority": 3},
        "POST /message": {"messageName": "paid", "processInstanceId": ids["instance"]},
        "POST /signal": {"name": "bell", "tenantId": "acme"},
        "POST /telemetry/configuration": {"enableTelemetry": False},
        "POST /condition": {"variables": {}, "processDefinitionId": ids["definition"]},
        "PUT /incident/{id}/annotation": {"annotation": "x"},
        "PUT /batch/{id}/suspended": {"suspended": True},
        "POST /user/create": {"profile": {"id": "new"}, "credentials": {"password": "long enough for it"}},
        "PUT /user/{id}/profile": {"id": "ada", "firstName": "A"},
        "PUT /user/{id}/credentials": {"password": "long enough for it"},
        "POST /group/create": {"id": "new", "name": "New"},
        "PUT /group/{id}": {"id": "sales", "name": "Other"},
        "POST /tenant/create": {"id": "new", "name": "New"},
        "PUT /tenant/{id}": {"id": "acme", "name": "Other"},
        "POST /identity/password-policy": {"password": "x"},
        "POST /authorization/create": {
            "type": 1,
            "permissions": ["READ"],
            "userId": me,
            "resourceType": 7,
            "resourceId": "*",
        },
        "PUT /authorization/{id}": {"permissions": ["ALL"], "userId": me, "resourceType": 7, "resourceId": "*"},
        "POST /history/decision-instance/delete": {"historicDecisionInstanceIds": [ids["made"]]},
        "POST /history/decision-instance/set-removal-time": {
            "historicDecisionInstanceIds": [ids["made"]],
            "clearedRemovalTime": True,
        },
        "POST /history/process-instance/delete": {"historicProcessInstanceIds": [ids["ended"]]},
        "POST /history/process-instance/set-removal-time": {
            "historicProcessInstanceIds": [ids["ended"]],
            "clearedRemovalTime": True,
        },
        "POST /history/batch/set-removal-time": {"historicBatchIds": [ids["batch"]], "clearedRemovalTime": True},
        "PUT /history/user-operation/{id}/set-annotation": {"annotation": "x"},
        "POST /api/v1/token": {"name": "t"},
        "POST /api/v1/task/page": {"query": {}},
        "POST /api/v1/export": {"of": "/task/page", "format": "json"},
        "POST /api/v1/task/counts": {"queries": {"all": {}}},
        "POST /api/v1/task/changes": {"action": "complete", "ids": [task]},
        "POST /api/v1/task/{id}/submit": {"data": {}},
        "POST /api/v1/process-definition/{id}/start": {"data": {}},
        "PUT /api/v1/task/{id}/draft": {"data": {"x": 1}},
        "PUT /api/v1/process-definition/{id}/draft": {"data": {"x": 1}},
        "POST /api/v1/model/check": {"files": {"m.bpmn": MODEL}},
        "POST /api/v1/model-draft": {"name": "m", "files": {"m.bpmn": MODEL}},
        "PUT /api/v1/model-draft/{id}": {"files": {"m.bpmn": MODEL}, "revision": 1},
        "PUT /api/v1/model-draft/{id}/name": {"name": "m"},
        "POST /api/v1/process-instance/page": {"query": {}},
    }


LONG_AFTER: Final = {"time": "2999-01-01T00:00:00Z"}
QUERIES: Final[Mapping[str, str]] = {
    "GET /identity/groups": "userId=ada",
    "GET /authorization/check": "permissionName=READ&resourceName=task&resourceType=7",
    "GET /api/v1/access": "resource=task&id=1",
    "GET /api/v1/events": "topics=nonsense",
    "GET /api/v1/process-instance/{id}/past": "time=2999-01-01T00:00:00Z",
}
"""Query strings that routes need."""
