"""Deployments over the API, as Camunda Modeler makes them too."""

from __future__ import annotations

import threading
from io import BytesIO

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from engine import Engine
from tests.api.conftest import Api
from tests.api.models import ASYNC, BROKEN, ONE_TASK

PATIENCE = 60.0
"""Seconds after which a server that has not answered will not."""


def test_camunda_modeler_checks_deploys_and_starts(app: Flask) -> None:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_port}/engine-rest"
        check = requests.get(
            f"{base}/deployment?maxResults=0", headers={"Accept": "application/json"}, timeout=PATIENCE
        )
        assert (check.status_code, check.json()) == (200, [])
        assert requests.get(f"{base}/version", timeout=PATIENCE).json()["version"].startswith("7.")
        form = {
            "deployment-name": "diagram_1",
            "deployment-source": "Camunda Modeler",
            "enable-duplicate-filtering": "true",
        }
        files = {"diagram_1.bpmn": ("diagram_1.bpmn", ONE_TASK.encode(), "application/octet-stream")}
        deployed = requests.post(f"{base}/deployment/create", data=form, files=files, timeout=PATIENCE).json()
        (definition,) = deployed["deployedProcessDefinitions"].values()
        assert definition["key"] == "oneTask"
        again = requests.post(f"{base}/deployment/create", data=form, files=files, timeout=PATIENCE).json()
        assert (again["id"], again["deployedProcessDefinitions"]) == (deployed["id"], None)
        start = requests.post(
            f"{base}/process-definition/{definition['id']}/start",
            json={"businessKey": "from the modeler", "variables": {"x": {"value": 1, "type": "Integer"}}},
            timeout=PATIENCE,
        )
        assert start.status_code == 200
        assert start.json()["businessKey"] == "from the modeler"
        wrong = {"broken.bpmn": ("broken.bpmn", BROKEN.encode(), "application/octet-stream")}
        refused = requests.post(f"{base}/deployment/create", data=form, files=wrong, timeout=PATIENCE)
        assert refused.status_code == 400
        assert refused.json()["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_deployment_that_is_refused_tells_all_and_keeps_nothing(api: Api) -> None:
    answer = api.deploy(400, broken_bpmn=BROKEN, one_bpmn=ONE_TASK)
    (error, *_) = answer["details"]["broken.bpmn"]["errors"]
    assert answer["type"] == "ParseException"
    assert error["line"] == 4
    assert error["elementIds"]
    assert api.get("/deployment/count") == {"count": 0}


def test_what_cannot_be_executed_is_told_with_what_was_deployed(api: Api) -> None:
    groovy = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">\n'
        '<process id="q" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="x"/>\n'
        '<scriptTask id="x" scriptFormat="groovy"><script>1</script></scriptTask></process></definitions>'
    )
    answer = api.deploy(one_bpmn=ONE_TASK, groovy_bpmn=groovy)
    (told,) = answer["warnings"]["groovy.bpmn"]
    assert (told["line"], told["mainElementId"], told["rule"]) == (3, "x", "expression.language")
    assert list(answer["warnings"]) == ["groovy.bpmn"]
    assert len(answer["deployedProcessDefinitions"]) == 2
    failed = api.post("/process-definition/key/q/start", {}, status=500)
    assert "'groovy', which cannot be executed" in failed["message"]


def test_files_come_back_as_they_were(deployed: Api) -> None:
    (deployment,) = deployed.get("/deployment")
    resources = deployed.get(f"/deployment/{deployment['id']}/resources")
    assert [each["name"] for each in resources] == ["form.html", "one.bpmn"]
    for each, content in zip(resources, (b"<form>Work</form>", ONE_TASK.encode()), strict=True):
        where = f"/deployment/{deployment['id']}/resources/{each['id']}"
        assert deployed.get(where) == each
        data = deployed.call("GET", f"{where}/data")
        assert data.data == content
        assert data.headers["Content-Disposition"].startswith("attachment;")
    (definition,) = deployed.get("/process-definition")
    assert deployed.get(f"/process-definition/{definition['id']}/xml")["bpmn20Xml"] == ONE_TASK


def test_a_file_name_is_data_and_no_header(api: Api) -> None:
    name = "b/../\u00e9 d.txt"
    api.call("POST", "/deployment/create", data={"deployment-name": "n", "file": (BytesIO(b"x"), name)})
    (deployment,) = api.get("/deployment")
    (resource,) = api.get(f"/deployment/{deployment['id']}/resources")
    assert resource["name"] == name
    data = api.call("GET", f"/deployment/{deployment['id']}/resources/{resource['id']}/data")
    assert data.headers["Content-Disposition"] == "attachment; filename=\"? d.txt\"; filename*=UTF-8''%C3%A9%20d.txt"


def test_nothing_to_deploy(api: Api) -> None:
    form = {"data": {"deployment-name": "n"}, "content_type": "multipart/form-data"}
    answer = api.call("POST", "/deployment/create", 400, **form).get_json()
    assert answer["message"] == "No deployment resources contained in the form upload."


def test_a_deployment_with_running_instances_needs_cascade(deployed: Api) -> None:
    deployed.start()
    (deployment,) = deployed.get("/deployment")
    deployed.delete(f"/deployment/{deployment['id']}", 500)
    deployed.delete(f"/deployment/{deployment['id']}", cascade="true")
    deployed.delete(f"/deployment/{deployment['id']}", 404)
    assert deployed.get("/history/process-instance/count") == {"count": 0}


LISTENER = '<camunda:executionListener event="end" expression="${nothing.here}"/>'
OUTPUT = (
    '<camunda:inputOutput><camunda:outputParameter name="x">${nothing.here}</camunda:outputParameter>'
    "</camunda:inputOutput>"
)


@pytest.mark.parametrize("what", ["deployment", "process-definition", "process-definition/key"])
@pytest.mark.parametrize(
    ("extension", "skipped", "other"),
    [(LISTENER, "skipCustomListeners", "skipIoMappings"), (OUTPUT, "skipIoMappings", "skipCustomListeners")],
)
def test_what_is_deleted_is_cancelled_unless_that_is_skipped(
    api: Api, what: str, extension: str, skipped: str, other: str
) -> None:
    inside = f"<extensionElements>{extension}</extensionElements></userTask>"
    model = ONE_TASK.replace('embedded:deployment:form.html"/>', f'embedded:deployment:form.html">{inside}')
    assert inside in model
    deployment = api.deploy(one_bpmn=model)["id"]
    instance = api.start()
    named = {"deployment": deployment, "process-definition": instance["definitionId"]}.get(what, "oneTask")
    for query in ({}, {other: "true"}):
        assert "nothing" in api.delete(f"/{what}/{named}", 500, cascade="true", **query)["message"]
        assert api.get("/process-instance/count") == {"count": 1}
    api.delete(f"/{what}/{named}", cascade="true", **{skipped: "true"})
    assert api.get("/process-definition/count") == api.get("/history/process-instance/count") == {"count": 0}


def test_nothing_is_cancelled_where_all_of_it_is_skipped(deployed: Api, engine: Engine) -> None:
    deployed.start()
    skipped = {"skipCustomListeners": "true", "skipIoMappings": "true"}
    (deployment,) = deployed.get("/deployment")
    with engine.database.count_statements() as counter:
        deployed.delete(f"/deployment/{deployment['id']}", cascade="true", **skipped)
    assert not any("UPDATE element_instance" in statement for statement in counter.log)
    assert deployed.get("/history/process-instance/count") == {"count": 0}


def test_definitions_are_suspended_kept_and_deleted(deployed: Api) -> None:
    deployed.deploy(one_bpmn=ONE_TASK, later_bpmn=ASYNC)
    assert deployed.get("/process-definition/count", key="oneTask") == {"count": 2}
    old, new = deployed.get("/process-definition", key="oneTask", sortBy="version", sortOrder="asc")
    deployed.put(f"/process-definition/{old['id']}/history-time-to-live", {"historyTimeToLive": 7})
    assert deployed.get(f"/process-definition/{old['id']}")["historyTimeToLive"] == 7
    deployed.put(f"/process-definition/{old['id']}/history-time-to-live", {"historyTimeToLive": -7}, 400)
    deployed.put("/process-definition/suspended", {"processDefinitionKey": "oneTask", "suspended": True})
    assert deployed.get("/process-definition/count", suspended="true") == {"count": 2}
    deployed.put("/process-definition/suspended", {"suspended": True}, 400)
    deployed.put(f"/process-definition/{new['id']}/suspended", {"suspended": False})
    deployed.start()
    deployed.delete(f"/process-definition/{new['id']}", 500)
    deployed.delete(f"/process-definition/{old['id']}")
    assert deployed.get("/process-definition/count", key="oneTask") == {"count": 1}


def test_definitions_are_found_by_who_may_start_them_and_by_their_namespace(api: Api, engine: Engine) -> None:
    engine.people.create_group("sales")
    for user in ("ann", "ben"):
        engine.people.create_user(user, password="enchantress-of-numbers")
    engine.people.add_to_group("ben", "sales")
    model = ONE_TASK.replace('targetNamespace="test"', 'targetNamespace="http://example.org/shop"')
    api.deploy(a_bpmn=model.replace('id="oneTask"', 'id="mine" camunda:candidateStarterUsers="ann"'))
    api.deploy(a_bpmn=ONE_TASK.replace('id="oneTask"', 'id="ours" camunda:candidateStarterGroups="sales"'))
    api.deploy(a_bpmn=ONE_TASK)

    def found(**query: str) -> list[str]:
        listed = api.get("/process-definition", **query)
        assert api.get("/process-definition/count", **query) == {"count": len(listed)}
        return [each["key"] for each in listed]

    assert found(startableBy="ann") == ["mine"]
    assert found(startableBy="ben") == ["ours"]
    assert found(startableBy="nobody") == []
    assert found(category="test") == ["ours", "oneTask"]
    assert found(categoryLike="%shop") == ["mine"]
    assert found(sortBy="category", sortOrder="asc")[0] == "mine"
    assert api.get("/process-definition", key="mine")[0]["category"] == "http://example.org/shop"
