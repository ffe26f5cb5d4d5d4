"""Forms as Baton's own interface shows them: one shape, whatever the model asks with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any

import pytest

from engine import Engine
from tests.api.conftest import Api
from tests.api.models import FORM
from tests.api.signing_in import guarded

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">'
)


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """An engine for which every look at the clock is a second later."""
    seconds = count()
    made = Engine.open(sqlite_url, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=next(seconds)))
    made.upgrade()
    yield made
    made.close()


ORDER_FORM = {
    "type": "default",
    "id": "orderForm",
    "components": [
        {"type": "text", "id": "T1", "text": "Order of {{customer}}"},
        {"type": "textfield", "id": "F1", "key": "article", "label": "Article", "validate": {"required": True}},
        {"type": "number", "id": "F2", "key": "amount", "label": "Amount", "validate": {"min": 1, "max": 10}},
        {"type": "datetime", "id": "F3", "key": "day", "subtype": "date", "dateLabel": "Day"},
        {
            "type": "textfield",
            "id": "F4",
            "key": "reason",
            "conditional": {"hide": "=amount < 5"},
            "validate": {"required": True},
        },
    ],
}


def process(task: str, start: str = "") -> str:
    """A process with one task, whose attributes are given."""
    return f"""{_HEAD}
      <process id="order" isExecutable="true">
        <startEvent id="start" {start}/><sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
        <userTask id="work" name="Work" {task}/>
      </process>
    </definitions>"""


LATEST = 'camunda:formRef="orderForm" camunda:formRefBinding="latest"'


def begin(api: Api, model: str, **variables: Any) -> str:
    """The id of the task of a started instance."""
    api.deploy(order_bpmn=model, order_form=json.dumps(ORDER_FORM))
    given = {name: {"value": value} for name, value in variables.items()}
    return api.task(api.start("order", variables=given)["id"])


@pytest.mark.parametrize("key", [LATEST, 'camunda:formKey="camunda-forms:deployment:order.form"'])
def test_a_deployed_form_comes_with_the_variables_it_names(api: Api, own: Api, key: str) -> None:
    task = begin(api, process(key), customer="Ada", article="Paper", secret="no")
    shown = own.get(f"/task/{task}/form")
    assert (shown["kind"], shown["readonly"]) == ("form-js", False)
    assert shown["schema"] == ORDER_FORM
    assert shown["variables"] == {"customer": "Ada", "article": "Paper"}


def test_a_date_is_shown_as_its_field_wants_it(api: Api, own: Api) -> None:
    api.deploy(order_bpmn=process(LATEST), order_form=json.dumps(ORDER_FORM))
    day = {"value": "2026-03-01T10:20:30.000+0000", "type": "Date"}
    task = api.task(api.start("order", variables={"day": day, "article": day})["id"])
    assert own.get(f"/task/{task}/form")["variables"] == {"day": "2026-03-01", "article": "2026-03-01T10:20Z"}


def test_a_generated_form_is_shown_as_a_schema(api: Api, own: Api) -> None:
    api.deploy(form_bpmn=FORM)
    (definition,) = api.get("/process-definition", key="form")
    shown = own.get(f"/process-definition/{definition['id']}/start-form")
    assert shown["kind"] == "generated"
    assert [field["id"] for field in shown["fields"]] == ["age", "when", "color", "ok"]
    by_key = {each["key"]: each for each in shown["schema"]["components"]}
    assert (by_key["age"]["type"], by_key["age"]["validate"]) == ("number", {"min": 10})
    assert (by_key["when"]["type"], by_key["when"]["subtype"]) == ("datetime", "date")
    assert by_key["color"]["values"] == [{"value": "r", "label": "Red"}, {"value": "g", "label": "Green"}]
    assert by_key["ok"]["type"] == "checkbox"
    assert shown["variables"] == {"age": 18, "ok": True}


@pytest.mark.parametrize(
    ("key", "kind", "url"),
    [
        ("https://forms.example/7", "external", "https://forms.example/7"),
        ("javascript:alert(1)", "external", None),
        ("app:approve.jsf", "external", None),
    ],
)
def test_a_form_elsewhere_has_an_address_that_is_safe_to_follow(
    api: Api, own: Api, key: str, kind: str, url: str | None
) -> None:
    task = begin(api, process(f'camunda:formKey="{key}"'))
    shown = own.get(f"/task/{task}/form")
    assert (shown["kind"], shown["key"], shown["url"], shown["schema"]) == (kind, key, url, None)


def test_an_external_reference_of_camunda_8(api: Api, own: Api) -> None:
    model = f"""{_HEAD}<process id="order" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="work"/><userTask id="work"><extensionElements>
      <zeebe:userTask/><zeebe:formDefinition externalReference="https://forms.example/8"/>
      </extensionElements></userTask></process></definitions>"""
    task = begin(api, model)
    assert own.get(f"/task/{task}/form")["url"] == "https://forms.example/8"


def test_a_form_in_the_model_itself(api: Api, own: Api) -> None:
    model = f"""{_HEAD}<process id="order" isExecutable="true">
      <extensionElements><zeebe:userTaskForm id="inside"><![CDATA[{json.dumps(ORDER_FORM)}]]></zeebe:userTaskForm>
      </extensionElements><startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
      <userTask id="work"><extensionElements><zeebe:formDefinition formKey="camunda-forms:bpmn:inside"/>
      </extensionElements></userTask></process></definitions>"""
    task = begin(api, model)
    shown = own.get(f"/task/{task}/form")
    assert (shown["kind"], shown["schema"]["id"]) == ("form-js", "orderForm")


def test_html_and_no_form_at_all(api: Api, own: Api, deployed: Api) -> None:
    html = own.get(f"/task/{deployed.task(deployed.start()['id'])}/form")
    assert html["kind"] == "html"
    assert deployed.client.get(html["url"]).data == b"<form>Work</form>"
    task = begin(api, process(""))
    assert own.get(f"/task/{task}/form")["kind"] == "none"


def test_a_start_form_of_a_file(api: Api, own: Api) -> None:
    api.deploy(order_bpmn=process("", LATEST), order_form=json.dumps(ORDER_FORM))
    (definition,) = api.get("/process-definition", key="order")
    shown = own.get(f"/process-definition/{definition['id']}/start-form")
    assert (shown["kind"], shown["schema"]) == ("form-js", ORDER_FORM)


def test_the_form_of_a_completed_task_shows_what_was_known_then(api: Api, own: Api) -> None:
    task = begin(api, process(LATEST), customer="Ada", amount=2)
    api.post(f"/task/{task}/complete", {"variables": {"amount": {"value": 3}, "article": {"value": "Paper"}}})
    shown = own.get(f"/task/{task}/form")
    assert shown["readonly"]
    assert shown["variables"] == {"customer": "Ada", "amount": 3, "article": "Paper"}


def test_what_comes_after_a_completed_task_is_not_shown_in_its_form(api: Api, own: Api) -> None:
    model = f"""{_HEAD}<process id="order" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="work"/><userTask id="work" {LATEST}/>
      <sequenceFlow id="f2" sourceRef="work" targetRef="next"/><userTask id="next"/></process></definitions>"""
    task = begin(api, model, amount=2)
    instance = api.get(f"/task/{task}")["processInstanceId"]
    api.post(f"/task/{task}/complete")
    api.put(f"/process-instance/{instance}/variables/amount", {"value": 9})
    assert own.get(f"/task/{task}/form")["variables"] == {"amount": 2}


def test_tasks_and_forms_that_are_not_there(api: Api, own: Api) -> None:
    assert own.get("/task/4711/form", status=404)["type"] == "InvalidRequestException"
    task = begin(api, process('camunda:formKey="camunda-forms:deployment:missing.form"'))
    assert "missing.form" in own.get(f"/task/{task}/form", status=404)["message"]
    own.get("/process-definition/order:1:4711/start-form", status=404)


# ---------------------------------------------------------------- filled in


def variables(api: Api, instance: str) -> dict[str, Any]:
    """The variables of an instance, by their names."""
    return {name: each["value"] for name, each in api.get(f"/process-instance/{instance}/variables").items()}


TWO = f"""{_HEAD}<process id="order" isExecutable="true"><startEvent id="start"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="work"/><userTask id="work" {LATEST}/>
  <sequenceFlow id="f2" sourceRef="work" targetRef="next"/><userTask id="next"/></process></definitions>"""


def test_a_task_is_completed_with_its_form(api: Api, own: Api) -> None:
    task = begin(api, TWO, customer="Ada")
    instance = api.get(f"/task/{task}")["processInstanceId"]
    data = {"article": "Paper", "amount": 2, "day": "2026-03-01", "reason": "none", "customer": "Eve", "x": 1}
    done = own.post(f"/task/{task}/submit", {"data": data}, 200)
    assert done["next"]["taskDefinitionKey"] == "next"
    assert variables(api, instance) == {"customer": "Ada", "article": "Paper", "amount": 2, "day": "2026-03-01"}
    last = own.post(f"/task/{done['next']['id']}/submit", {"data": {"anything": 1}}, 200)
    assert last == {"next": None}


def test_what_does_not_fit_is_told_by_field_and_changes_nothing(api: Api, own: Api) -> None:
    task = begin(api, TWO)
    told = own.post(f"/task/{task}/submit", {"data": {"article": "", "amount": 11, "reason": "x"}}, 400)
    assert told["type"] == "InvalidFormException"
    assert told["details"] == {"article": ["Must be filled in"], "amount": ["Must be at most 10"]}
    assert "Article: Must be filled in" in told["message"]
    assert own.get(f"/task/{task}/form")["variables"] == {}


@pytest.mark.parametrize("body", [[], 7, {"data": 7}, {"data": []}])
def test_bodies_that_are_no_submission(api: Api, own: Api, body: Any) -> None:
    task = begin(api, TWO)
    assert own.post(f"/task/{task}/submit", body, 400)["type"] == "InvalidRequestException"


def test_a_task_that_somebody_else_has_completed(api: Api, own: Api) -> None:
    task = begin(api, process(""))
    api.post(f"/task/{task}/claim", {"userId": "ada"})
    api.post(f"/task/{task}/complete")
    told = own.post(f"/task/{task}/submit", {"data": {}}, 409)
    assert (told["type"], told["message"]) == ("ConflictException", "'Work' was completed meanwhile (it was ada's)")
    own.post("/task/4711/submit", {"data": {}}, 404)


def test_a_task_that_was_cancelled(api: Api, own: Api) -> None:
    task = begin(api, process(""))
    api.delete(f"/process-instance/{api.get(f'/task/{task}')['processInstanceId']}")
    assert own.post(f"/task/{task}/submit", {"data": {}}, 409)["message"] == "'Work' is not needed any more"


def test_a_delegated_task_is_handed_back(api: Api, own: Api) -> None:
    task = begin(api, process(LATEST))
    api.put(f"/task/{task}", {"owner": "ada"})
    api.post(f"/task/{task}/delegate", {"userId": "bo"})
    done = own.post(f"/task/{task}/submit", {"data": {"article": "Paper", "amount": 1}}, 200)
    assert done["next"] is None
    assert api.get(f"/task/{task}")["delegationState"] == "RESOLVED"


def test_a_generated_form_is_judged_and_converted(api: Api, own: Api) -> None:
    api.deploy(form_bpmn=FORM)
    (definition,) = api.get("/process-definition", key="form")
    path = f"/process-definition/{definition['id']}/start"
    assert own.post(path, {"data": {"age": 9, "color": "x"}}, 400)["details"] == {
        "age": ["Must be at least 10"],
        "color": ["Must be one of the choices"],
    }
    data = {"age": 20, "when": "2026-03-01", "color": "r", "ok": False}
    started = own.post(path, {"data": data, "businessKey": "B-1"}, 200)
    assert started["instance"]["businessKey"] == "B-1"
    assert started["next"]["taskDefinitionKey"] == "check"
    assert api.get(f"/process-instance/{started['instance']['id']}/variables/when")["type"] == "Date"
    assert variables(api, started["instance"]["id"]) == {
        "age": 20,
        "when": "2026-03-01T00:00:00.000+0000",
        "color": "r",
        "ok": False,
    }


def test_files_come_beside_the_data(api: Api, own: Api) -> None:
    form = {"id": "orderForm", "components": [{"type": "filepicker", "id": "F", "key": "bill", "accept": ".pdf"}]}
    api.deploy(order_bpmn=TWO, order_form=json.dumps(form))
    instance = api.start("order")["id"]
    task = api.task(instance)
    parts = {"data": json.dumps({"bill": "files::1"}), "files::1": (BytesIO(b"%PDF"), "../up/bill.pdf")}
    own.call("POST", f"/task/{task}/submit", data=parts)
    shown = api.get(f"/process-instance/{instance}/variables/bill")
    assert (shown["type"], shown["valueInfo"]["filename"]) == ("File", "bill.pdf")
    assert api.call("GET", f"/process-instance/{instance}/variables/bill/data").data == b"%PDF"


@pytest.mark.parametrize("data", ["no json", "[]", '{"a": 1, "a": 2}'])
def test_data_of_a_multipart_body_that_is_none(api: Api, own: Api, data: str) -> None:
    task = begin(api, TWO)
    own.call("POST", f"/task/{task}/submit", 400, data={"data": data, "f": (BytesIO(b""), "f")})


def test_forms_in_models_are_checked_too(api: Api) -> None:
    model = f"""{_HEAD}<process id="order" isExecutable="true"><extensionElements>
      <zeebe:userTaskForm id="inside"><![CDATA[{{"id": "f", "components": [{{"type": "number", "id": "N"}}]}}]]>
      </zeebe:userTaskForm></extensionElements><startEvent id="start"/></process></definitions>"""
    (problem,) = api.deploy(400, order_bpmn=model)["details"]["order.bpmn"]["errors"]
    assert (problem["rule"], problem["line"], problem["elementIds"]) == ("form.key", 2, ["order", "N"])


def test_forms_are_checked_when_they_are_deployed(api: Api) -> None:
    text = '{"id": "f", "components": [\n{"type": "number", "id": "N"}]}'
    told = api.deploy(400, order_form=text)
    (problem,) = told["details"]["order.form"]["errors"]
    assert (problem["line"], problem["mainElementId"], problem["rule"]) == (2, "N", "form.key")


def test_a_form_that_is_bound_to_its_deployment_should_be_in_it(api: Api) -> None:
    bound = process('camunda:formRef="orderForm" camunda:formRefBinding="deployment"')
    (told,) = api.deploy(order_bpmn=bound)["warnings"]["order.bpmn"]
    assert (told["rule"], told["mainElementId"]) == ("camunda.form_reference", "work")
    assert api.deploy(order_bpmn=bound, order_form=json.dumps(ORDER_FORM))["warnings"] is None


# ---------------------------------------------------------------- which of several


def tagged(text: str, tag: str | None = None) -> str:
    """A form with the id `orderForm` that is told by its text."""
    form = {"id": "orderForm", "components": [{"type": "text", "text": text}]}
    return json.dumps(form if tag is None else {**form, "versionTag": tag})


@pytest.mark.parametrize(
    ("binding", "shown"),
    [
        (LATEST, "third"),
        ('camunda:formRef="orderForm" camunda:formRefBinding="deployment"', "second"),
        ('camunda:formRef="orderForm" camunda:formRefBinding="version" camunda:formRefVersion="1"', "first"),
        ('camunda:formRef="orderForm" camunda:formRefBinding="version" camunda:formRefVersion="3"', "third"),
        ('camunda:formRef="orderForm" camunda:formRefBinding="version" camunda:formRefVersion="4"', None),
        ('camunda:formRef="orderForm" camunda:formRefBinding="version" camunda:formRefVersion="x"', None),
        ('camunda:formRef="none" camunda:formRefBinding="latest"', None),
    ],
)
def test_a_reference_means_one_of_the_deployed_forms(api: Api, own: Api, binding: str, shown: str | None) -> None:
    api.deploy(a_form=tagged("first"), b_form='{"id": "other"}')
    api.deploy(order_bpmn=process(binding), a_form=tagged("second"))
    api.deploy(a_form=tagged("third"))
    task = api.task(api.start("order")["id"])
    found = own.get(f"/task/{task}/form", 404 if shown is None else 200)
    assert shown is None or found["schema"]["components"][0]["text"] == shown


def test_a_version_tag_means_the_newest_form_that_has_it(api: Api, own: Api) -> None:
    model = f"""{_HEAD}<process id="order" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="work"/><userTask id="work"><extensionElements>
      <zeebe:formDefinition formId="orderForm" bindingType="versionTag" versionTag="v1"/>
      </extensionElements></userTask></process></definitions>"""
    api.deploy(order_bpmn=model, a_form=tagged("old", "v1"))
    api.deploy(a_form=tagged("better", "v1"))
    api.deploy(a_form=tagged("new", "v2"))
    task = api.task(api.start("order")["id"])
    assert own.get(f"/task/{task}/form")["schema"]["components"][0]["text"] == "better"


def test_forms_are_found_among_many_and_read_once(engine: Engine, api: Api, own: Api) -> None:
    api.deploy(order_bpmn=process(LATEST), a_form=tagged("mine"))
    api.deploy(**{f"f{number}_form": json.dumps({"id": f"f{number}"}) for number in range(200)})
    task = api.task(api.start("order")["id"])
    with engine.database.count_statements() as first:
        own.get(f"/task/{task}/form")
    with engine.database.count_statements() as again:
        assert own.get(f"/task/{task}/form")["schema"]["components"][0]["text"] == "mine"
    assert again.count < first.count


def test_without_the_whole_history_a_completed_form_shows_the_last_values(sqlite_url: str) -> None:
    engine = Engine.open(sqlite_url, history_level="audit")
    engine.upgrade()
    engine.deployments.deploy({"order.bpmn": TWO.encode(), "order.form": json.dumps(ORDER_FORM).encode()})
    engine.process_instances.start(key="order", variables={"amount": 3})
    (task,) = engine.queries.tasks.list()
    engine.form_pages.complete(task.id, {"article": "Paper"}, {})
    page = engine.form_pages.of_task(task.id)
    assert (page.readonly, page.variables) == (True, {"amount": 3, "article": "Paper"})
    engine.close()


# ---------------------------------------------------------------- whose


def test_the_next_task_is_one_that_the_person_may_work_on(sqlite_url: str) -> None:
    model = f"""{_HEAD}<process id="order" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="one"/><userTask id="one" camunda:assignee="ada"/>
      <sequenceFlow id="f2" sourceRef="one" targetRef="fork"/><parallelGateway id="fork"/>
      <sequenceFlow id="f3" sourceRef="fork" targetRef="a"/><userTask id="a" camunda:assignee="bob"/>
      <sequenceFlow id="f4" sourceRef="fork" targetRef="b"/><userTask id="b" camunda:candidateGroups="camunda-admin"/>
      <sequenceFlow id="f5" sourceRef="fork" targetRef="c"/><userTask id="c" camunda:candidateUsers="ada"/>
      </process></definitions>"""
    with guarded(sqlite_url) as site:
        site.engine.deployments.deploy({"order.bpmn": model.encode()})
        site.engine.process_instances.start(key="order")
        browser = site.browser()
        browser.sign_in("ada")
        (task,) = browser.send("GET", "/engine-rest/task?assignee=ada").get_json()
        then = []
        for _ in range(3):
            answer = browser.send("POST", f"/api/v1/task/{task['id']}/submit", json={"data": {}})
            task = answer.get_json()["next"]
            then.append(task and task["taskDefinitionKey"])
        assert then == ["b", "c", None]


def test_drafts_are_each_persons_own(sqlite_url: str) -> None:
    with guarded(sqlite_url) as site:
        site.engine.deployments.deploy({"order.bpmn": process('camunda:candidateUsers="ada,bob"').encode()})
        site.engine.process_instances.start(key="order")
        (task,) = site.engine.queries.tasks.list()
        ada, bob = site.browser(), site.browser()
        ada.sign_in("ada")
        bob.sign_in("bob", "builder")
        path = f"/api/v1/task/{task.id}/draft"
        assert ada.send("PUT", path, json={"data": {"a": 1}}).status_code == 200
        assert bob.send("GET", path).status_code == 204
        assert bob.send("DELETE", path).status_code == 204
        assert ada.send("GET", path).get_json()["data"] == {"a": 1}
