"""Text that tries to become markup, script or a link, in every field that a person or a model can fill in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Site, Watched

CANARY = (
    "\"'><img src=x onerror=window.__xss=1><svg onload=window.__xss=2></svg>"
    "<script>window.__xss=3</script>{{constructor.constructor('window.__xss=4')()}}${7*7}javascript:window.__xss=5//"
)
LINK = "javascript:window.__xss=6"
MARKDOWN = (
    f"{CANARY}\n\n[a](javascript:window.__xss=7) ![b](JavaScript:window.__xss=8) <javascript:window.__xss=9> "
    '[c](data:text/html,<script>window.__xss=10</script>) [d][e] [f](https://x/"onmouseover=window.__xss=11)\n\n'
    "<div onclick=window.__xss=12>\n\n[e]: javascript:window.__xss=13\n"
)
IN_MODEL = quoteattr(CANARY.replace("${", "$ {"))
"""An expression would be evaluated there, as models want it."""

MODEL = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <process id="hostile" name={IN_MODEL} isExecutable="true" camunda:versionTag={IN_MODEL}>
    <documentation>{MARKDOWN.replace("<", "&lt;").replace("${", "$ {")}</documentation>
    <startEvent id="start" name={IN_MODEL}/><sequenceFlow id="f1" name={IN_MODEL} sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="form"/><sequenceFlow id="f3" sourceRef="fork" targetRef="fail"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="outside"/>
    <userTask id="form" name={IN_MODEL} camunda:assignee={IN_MODEL} camunda:candidateGroups="sales">
      <documentation>{MARKDOWN.replace("<", "&lt;").replace("${", "$ {")}</documentation>
      <extensionElements><camunda:formData>
        <camunda:formField id="field" label={IN_MODEL} type="string" defaultValue={IN_MODEL}/>
      </camunda:formData></extensionElements>
    </userTask>
    <userTask id="outside" name="Outside" camunda:formKey="{LINK}"/>
    <serviceTask id="fail" name={IN_MODEL} camunda:asyncBefore="true" camunda:expression="${{missing}}">
      <extensionElements>
        <camunda:failedJobRetryTimeCycle>R1/PT1M</camunda:failedJobRetryTimeCycle>
      </extensionElements>
    </serviceTask>
  </process>
</definitions>"""


@pytest.fixture
def hostile(site: Site) -> dict[str, str]:
    """A server full of it; gives the ids of things to look at."""
    client: FlaskClient = site.app.test_client()

    def ask(method: str, path: str, body: Any = None, **options: Any) -> Any:
        answer = client.open(f"/engine-rest{path}", method=method, json=body, **options)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.get_json(silent=True)

    site.engine.deployments.deploy({"hostile.bpmn": MODEL.encode()}, name=CANARY, source=CANARY)
    started = ask(
        "POST",
        "/process-definition/key/hostile/start",
        {
            "businessKey": CANARY[:200],
            "variables": {
                CANARY[:100]: {"value": CANARY, "type": "String"},
                "object": {"value": json.dumps({CANARY: CANARY}), "type": "Json"},
            },
        },
    )
    tasks = {task["taskDefinitionKey"]: task["id"] for task in ask("GET", f"/task?processInstanceId={started['id']}")}
    ask("POST", f"/task/{tasks['form']}/comment/create", {"message": MARKDOWN})
    ask(
        "POST",
        f"/task/{tasks['form']}/attachment/create",
        data={
            "attachment-name": CANARY,
            "attachment-description": CANARY,
            "attachment-type": "url",
            "url": "http://x/",
        },
        content_type="multipart/form-data",
    )
    ask(
        "POST",
        "/filter/create",
        {"resourceType": "Task", "name": CANARY, "query": {}, "properties": {"description": CANARY, "color": CANARY}},
    )
    ask(
        "POST",
        "/user/create",
        {
            "profile": {"id": "hostile", "firstName": CANARY, "lastName": CANARY, "email": CANARY[:200]},
            "credentials": {"password": "a-Long-Passw0rd!"},
        },
    )
    ask("POST", "/group/create", {"id": "hostile", "name": CANARY, "type": CANARY[:200]})
    ask("POST", "/tenant/create", {"id": "hostile", "name": CANARY})
    form = {"type": "default", "id": CANARY, "components": [{"type": "textfield", "key": "a", "label": CANARY}]}
    draft = site.engine.model_drafts.create(CANARY, {f"{CANARY[:200]}.bpmn": MODEL, "f.form": json.dumps(form)})
    other = site.engine.model_drafts.create(CANARY, {"f.form": json.dumps(form)})
    return {"instance": started["id"], "draft": str(draft.id), "drawn form": str(other.id), **tasks}


def _untouched(page: Page) -> None:
    assert page.evaluate("() => window.__xss") is None
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("a[href^='javascript:' i], a[href^='data:' i]").count() == 0


@pytest.mark.slow
def test_no_screen_runs_what_people_write(
    open_context: Callable[..., BrowserContext], hostile: dict[str, str], watched: Watched
) -> None:
    page = open_context().new_page()
    screens = [
        f"/tasks?task={hostile['form']}",
        f"/tasks?task={hostile['outside']}",
        "/start",
        "/start?process=hostile",
        "/processes",
        "/processes/hostile",
        f"/instances/{hostile['instance']}",
        "/incidents",
        "/deployments",
        "/batches",
        "/modeler",
        f"/modeler?draft={hostile['draft']}",
        f"/modeler?draft={hostile['drawn form']}",
        *(f"/admin/{part}" for part in ("users", "groups", "tenants", "authorizations", "audit", "system")),
    ]
    silent = {"/batches", "/admin/authorizations", "/admin/audit", "/admin/system"}  # it need not be there
    for screen in screens:
        page.goto(screen)
        expect(page.locator("main")).to_be_visible()
        if screen not in silent:
            expect(page.locator("body")).to_contain_text("window.__xss")
        expect(page.locator(".skeleton")).to_have_count(0)
        for tab in page.get_by_role("tab").all():
            tab.click()
            expect(page.locator(".skeleton")).to_have_count(0)
            _untouched(page)
        _untouched(page)
    assert watched.unexpected == []
