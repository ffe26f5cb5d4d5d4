"""User tasks over the API."""

from __future__ import annotations

import json

from tests.api.conftest import Api
from tests.api.models import ASYNC, FORM


def test_a_task_from_start_to_end(deployed: Api) -> None:
    instance = deployed.start(businessKey="b")["id"]
    task = deployed.task(instance)
    shown = deployed.get(f"/task/{task}")
    assert (shown["name"], shown["taskState"], shown["formKey"]) == ("Work", "Created", "embedded:deployment:form.html")
    deployed.post(f"/task/{task}/claim", {"userId": "mary"})
    assert deployed.post(f"/task/{task}/claim", {"userId": "john"}, 500)["type"] == "TaskAlreadyClaimedException"
    done = deployed.post(
        f"/task/{task}/complete", {"variables": {"ok": {"value": True}}, "withVariablesInReturn": True}, 200
    )
    assert done == {"ok": {"value": True, "type": "Boolean", "valueInfo": {}}}
    answer = deployed.post(f"/task/{task}/complete", {}, 500)
    assert answer["message"].startswith(f"Cannot complete task {task}: ")
    (historic,) = deployed.get("/history/task", taskId=task)
    assert (historic["deleteReason"], historic["assignee"], historic["taskState"]) == ("completed", "mary", "Completed")
    deployed.delete(f"/history/process-instance/{instance}")
    deployed.delete(f"/history/process-instance/{instance}", 404)


def test_people_of_a_task(deployed: Api) -> None:
    task = deployed.task(deployed.start()["id"])
    links = f"/task/{task}/identity-links"
    assert deployed.get(links) == [{"userId": None, "groupId": "sales", "type": "candidate"}]
    deployed.post(links, {"userId": "mary", "type": "reviewer"})
    deployed.post(f"/task/{task}/assignee", {"userId": "john"})
    assert deployed.get(links, type="assignee") == [{"userId": "john", "groupId": None, "type": "assignee"}]
    deployed.post(f"{links}/delete", {"groupId": "sales", "type": "candidate"})
    assert [link["type"] for link in deployed.get(links)] == ["assignee", "reviewer"]
    for wrong in ({"type": "candidate"}, {"userId": "a", "groupId": "b", "type": "c"}, {"userId": "a"}):
        deployed.post(links, wrong, 400)


def test_lists_show_variables_and_comments_when_asked(deployed: Api) -> None:
    first = deployed.task(deployed.start(variables={"x": {"value": 1}})["id"])
    second = deployed.task(deployed.start()["id"])
    deployed.put(f"/task/{first}/localVariables/own", {"value": "o"})
    made = deployed.post(f"/task/{first}/comment/create", {"message": "hello"}, 200)
    assert made["links"][0]["href"].endswith(f"/engine-rest/task/{first}/comment/{made['id']}")
    shown = deployed.get("/task", withCommentAttachmentInfo="true")
    assert [(task["id"], task["comment"]) for task in shown] == [(first, True), (second, False)]
    (all_of, none) = deployed.post("/task", {"withTaskVariablesInReturn": True}, 200)
    assert sorted(all_of["variables"]) == ["own", "x"]
    assert none["variables"] == {}
    (own, _) = deployed.post("/task", {"withTaskLocalVariablesInReturn": True}, 200)
    assert sorted(own["variables"]) == ["own"]


def test_standalone_tasks(api: Api) -> None:
    api.post("/task/create", {"name": "Call back", "assignee": "mary", "due": "2030-01-01T10:00:00.000+0000"})
    (task,) = api.get("/task", name="call BACK")
    assert (task["priority"], task["processInstanceId"], task["suspended"]) == (0, None, False)
    assert task["due"] == "2030-01-01T10:00:00.000+0000"
    api.put(f"/task/{task['id']}/variables/x", {"value": 1})
    assert api.get(f"/task/{task['id']}/variables/x")["value"] == 1
    assert api.get(f"/task/{task['id']}/form")["key"] is None
    api.get(f"/task/{task['id']}/deployed-form", 400)
    api.delete(f"/task/{task['id']}")
    assert api.get("/task/count") == {"count": 0}
    for wrong in ({"id": "mine"}, {"due": "soon"}, {"delegationState": "LOST"}, {"priority": 2**31}, {"priority": "x"}):
        api.post("/task/create", wrong, 400)
    assert api.get("/task/count") == {"count": 0}


def test_a_deployed_form_is_sandboxed(deployed: Api) -> None:
    task = deployed.task(deployed.start()["id"])
    response = deployed.call("GET", f"/task/{task}/deployed-form")
    assert response.text == "<form>Work</form>"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_generated_forms(api: Api) -> None:
    api.deploy(form_bpmn=FORM)
    start = "/process-definition/key/form"
    fields = api.get(f"{start}/form-variables")
    assert {name: (each["type"], each["value"]) for name, each in fields.items()} == {
        "age": ("Long", 18),
        "when": ("Date", None),
        "color": ("String", None),
        "ok": ("Boolean", True),
    }
    page = api.call("GET", f"{start}/rendered-form")
    assert "Age &lt;years&gt;" in page.text
    assert '<option value="r">Red</option>' in page.text
    for wrong in ({"age": {"value": 9}}, {"age": {"value": "many"}}, {"color": {"value": "blue"}}):
        assert "Form field" in api.post(f"{start}/submit-form", {"variables": wrong}, 500)["message"]
    given = {"when": {"value": "24.12.2026"}, "color": {"value": "g"}, "free": {"value": 1}}
    instance = api.post(f"{start}/submit-form", {"variables": given}, 200)["id"]
    variables = api.get(f"/process-instance/{instance}/variables")
    assert variables["when"]["value"] == "2026-12-24T00:00:00.000+0000"
    assert {name: each["value"] for name, each in variables.items() if name != "when"} == {
        "age": 18,
        "color": "g",
        "free": 1,
        "ok": True,
    }
    task = api.task(instance)
    assert api.get(f"/task/{task}/form-variables", variableNames="note,age") == {
        "age": {"value": 18, "type": "Long", "valueInfo": {}},
        "note": {"value": "18 years", "type": "String", "valueInfo": {}},
    }
    api.post(f"/task/{task}/submit-form", {"variables": {"age": {"value": "19"}}})
    variables = api.get(f"/process-instance/{instance}/variables")
    assert (variables["age"]["value"], variables["note"]["value"]) == (19, "18 years")


def test_a_form_by_reference_is_the_newest(api: Api) -> None:
    api.deploy(form_bpmn=FORM, a_form='{"id": "myForm", "components": []}', b_form='{"id": "other"}')
    newest = {"id": "myForm", "components": [{"type": "text", "text": "new"}]}
    api.deploy(a_form=json.dumps(newest))
    instance = api.start("form")["id"]
    api.post(f"/task/{api.task(instance)}/complete")
    task = api.task(instance)
    reference = api.get(f"/task/{task}/form")["camundaFormRef"]
    assert reference == {"key": "myForm", "binding": "latest", "version": None}
    assert api.call("GET", f"/task/{task}/deployed-form").get_json() == newest


def test_jobs_wait_and_are_done(api: Api) -> None:
    api.deploy(later_bpmn=ASYNC)
    instance = api.start("later")["id"]
    (job,) = api.get("/job", processInstanceId=instance, messages="true")
    assert (job["retries"], job["suspended"], job["exceptionMessage"]) == (3, False, None)
    (waiting,) = api.get(f"/process-instance/{instance}/activity-instances")["childTransitionInstances"]
    assert waiting["activityId"] == "work"
    api.post(f"/job/{job['id']}/execute")
    api.post(f"/job/{job['id']}/execute", status=404)
    assert api.get("/task/count", processInstanceId=instance) == {"count": 1}


def test_a_suspended_instance_waits(deployed: Api) -> None:
    instance = deployed.start()["id"]
    task = deployed.task(instance)
    deployed.put(f"/process-instance/{instance}/suspended", {"suspended": True})
    assert deployed.get(f"/task/{task}")["suspended"] is True
    deployed.post(f"/task/{task}/complete", status=500)
    assert deployed.post(f"/task/{task}/claim", {"userId": "a"}, 400)["type"] == "SuspendedEntityInteractionException"
    deployed.put(f"/process-instance/{instance}/suspended", {"suspended": False})
    deployed.post(f"/task/{task}/complete")


def test_names_in_the_history_are_found_whatever_their_case_and_dates_strictly(deployed: Api) -> None:
    due = "2030-01-02T03:04:05.000+0000"
    deployed.post("/task/create", {"name": "Buy", "description": "Some milk", "due": due, "followUp": due})
    for found in ({"taskName": "BUY"}, {"taskNameLike": "b%"}, {"taskDescription": "some MILK"}):
        assert len(deployed.get("/history/task", **found)) == 1
    for bound in ("taskDueDateBefore", "taskDueDateAfter", "taskFollowUpDateBefore", "taskFollowUpDateAfter"):
        assert deployed.get("/history/task", **{bound: due}) == []


def test_only_tasks_with_variables_of_their_own_show_them(deployed: Api) -> None:
    for name in ("with", "without"):
        deployed.post("/task/create", {"name": name})
    (task,) = deployed.get("/task", name="with")
    deployed.post(f"/task/{task['id']}/localVariables", {"modifications": {"a": {"value": 1}}})
    shown = {
        each["name"]: each.get("variables") for each in deployed.get("/task", withTaskLocalVariablesInReturn="true")
    }
    assert shown == {"with": {"a": {"type": "Integer", "value": 1, "valueInfo": {}}}, "without": None}


def test_codes_are_needed_and_comments_are_of_their_task(deployed: Api) -> None:
    path = f"/task/{deployed.task(deployed.start()['id'])}"
    for ending in ("bpmnError", "bpmnEscalation"):
        refused = deployed.post(f"{path}/{ending}", {}, 400)
        assert (refused["type"], refused["code"]) == ("RestException", 0)
    assert deployed.post(f"{path}/comment/create", {}, 400)["code"] == 0
    made = deployed.post(f"{path}/comment/create", {"message": "first"}, 200)["id"]
    for body in ({"id": "nope", "message": "x"}, {"message": "x"}, {"id": made}, {"id": "999", "message": "x"}):
        assert deployed.put(f"{path}/comment", body, 400)["type"] == "InvalidRequestException"
    refused = deployed.post("/task/create", {"name": "child", "parentTaskId": "nope"}, 400)
    assert (refused["type"], refused["code"]) == ("InvalidRequestException", 0)
    both = deployed.post("/task", {"tenantIdIn": ["a"], "withoutTenantId": True}, 500)
    assert both["type"] == "ProcessEngineException"


def test_an_instance_that_was_started_tells_where_it_is(deployed: Api) -> None:
    started = deployed.start()
    href = f"http://localhost/engine-rest/process-instance/{started['id']}"
    assert started["links"] == [{"method": "GET", "href": href, "rel": "self"}]


def test_instructions_that_name_nothing(deployed: Api) -> None:
    nothing = {"type": "startBeforeActivity", "activityId": "nope"}
    refused = deployed.post("/process-definition/key/oneTask/start", {"startInstructions": [nothing]}, 500)
    assert (refused["type"], refused["code"]) == ("RestException", 0)
    path = f"/process-instance/{deployed.start()['id']}/modification"
    nobody = {"instructions": [{"type": "cancel", "activityInstanceId": "nope"}]}
    refused = deployed.post(path, nobody, 400)
    assert (refused["type"], refused["code"]) == ("NotValidException", 0)
    assert deployed.post(f"{path}-async", {}, 400)["type"] == "InvalidRequestException"
    for ending in ("", "-async"):
        refused = deployed.post(f"/process-instance/999999/modification{ending}", {"instructions": [nothing]}, 500)
        assert (refused["type"], refused["code"]) == ("ProcessEngineException", 0)
