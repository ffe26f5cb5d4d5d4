"""The screen Start: cards of processes, and start forms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import LOOKS, Site, shoot, violations
from tests.browser.people import add_people, signed_in

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">'
)
ORDER = f"""{HEAD}
  <process id="order" name="Order goods" isExecutable="true">
    <documentation>Asks for what is to be bought, and lets somebody approve it.</documentation>
    <startEvent id="start" camunda:formRef="order" camunda:formRefBinding="latest"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="approve"/>
    <userTask id="approve" name="Approve the order" camunda:candidateGroups="sales"/>
  </process>
</definitions>"""
PLAIN = f"""{HEAD}
  <process id="plain" name="Holiday" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
    <userTask id="wait" camunda:assignee="john"/>
  </process>
</definitions>"""
HIDDEN = PLAIN.replace('id="plain" name="Holiday"', 'id="hidden" name="Hidden" camunda:isStartableInTasklist="false"')
EVERY_TYPE = f"""{HEAD}
  <process id="every" name="Every type" isExecutable="true">
    <startEvent id="start"><extensionElements><camunda:formData>
      <camunda:formField id="name" label="Name" type="string" defaultValue="Mary">
        <camunda:validation><camunda:constraint name="required"/><camunda:constraint name="maxlength" config="10"/>
        </camunda:validation>
      </camunda:formField>
      <camunda:formField id="count" label="Count" type="long" defaultValue="3">
        <camunda:validation><camunda:constraint name="min" config="1"/><camunda:constraint name="max" config="9"/>
        </camunda:validation>
      </camunda:formField>
      <camunda:formField id="agreed" label="Agreed" type="boolean" defaultValue="true"/>
      <camunda:formField id="day" label="Day" type="date"/>
      <camunda:formField id="size" label="Size" type="enum" defaultValue="m">
        <camunda:value id="s" name="Small"/><camunda:value id="m" name="Middle"/>
      </camunda:formField>
      <camunda:formField id="fixed" label="Fixed" type="string" defaultValue="as it is">
        <camunda:validation><camunda:constraint name="readonly"/></camunda:validation>
      </camunda:formField>
      <camunda:formField id="place" label="المدينة" type="string" defaultValue="القاهرة"/>
    </camunda:formData></extensionElements></startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
    <userTask id="wait" camunda:assignee="john"/>
  </process>
</definitions>"""
FORM = {
    "type": "default",
    "id": "order",
    "components": [
        {"type": "textfield", "id": "F1", "key": "article", "label": "Article", "validate": {"required": True}},
        {"type": "number", "id": "F2", "key": "amount", "label": "Amount", "defaultValue": 1},
        {"type": "filepicker", "id": "F3", "key": "offer", "label": "Offer", "multiple": False},
    ],
}


@pytest.fixture
def options() -> Mapping[str, Any]:
    """People must sign in."""
    return {"auth": True}


@pytest.fixture
def site(site: Site) -> Site:
    """The server with people and processes."""
    add_people(site.engine)
    files = {"order.bpmn": ORDER, "plain.bpmn": PLAIN, "hidden.bpmn": HIDDEN, "order.form": json.dumps(FORM)}
    site.engine.deployments.deploy({name: text.encode() for name, text in files.items()})
    return site


@pytest.fixture
def page(open_context: Callable[..., BrowserContext], site: Site) -> Page:
    """A page of Mary's browser."""
    return signed_in(open_context, site.url)


@pytest.mark.parametrize("look", LOOKS)
def test_cards_and_a_form_in_every_look(open_context: Callable[..., BrowserContext], site: Site, look: str) -> None:
    page = signed_in(open_context, site.url, look=look)
    page.goto("/start")
    expect(page.get_by_role("button", name="Order goods Asks")).to_be_visible()
    expect(page.get_by_text("Hidden")).to_have_count(0)
    assert violations(page) == []
    shoot(page, f"start-{look}")
    page.goto("/start?process=order")
    expect(page.get_by_label("Article")).to_be_visible()
    assert violations(page) == []
    shoot(page, f"start-form-{look}")


def test_an_instance_is_started_with_a_form_and_its_task_is_next(page: Page, site: Site) -> None:
    page.goto("/start")
    page.get_by_role("button", name="Order goods Asks").click()
    expect(page).to_have_url(re.compile("process=order"))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("One field needs your attention.")).to_be_visible()
    page.get_by_label("Article").fill("Paper")
    page.keyboard.press("Tab")
    page.get_by_label("Offer").set_input_files({"name": "offer.txt", "mimeType": "text/plain", "buffer": b"cheap"})
    page.get_by_label("Business key").fill("B-7")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Started “Order goods”")).to_be_visible()
    expect(page.get_by_role("heading", name="Approve the order")).to_be_visible()
    (instance,) = site.engine.queries.process_instances.list()
    assert (instance.business_key, instance.start_user) == ("B-7", "mary")
    variables = site.engine.queries.variables_of(instance.id)
    assert (variables["article"], variables["amount"]) == ("Paper", 1)
    expect(page.get_by_role("link", name="offer.txt")).to_be_visible()


def test_what_asks_for_nothing_is_started_at_once(page: Page, site: Site) -> None:
    page.goto("/start?process=plain")
    expect(page.get_by_text("This process asks for nothing at its start.")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Started “Holiday”")).to_be_visible()
    expect(page.get_by_role("link", name="Show the instance")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(site.engine.queries.process_instances.list()) == 1
    expect(page.get_by_role("region", name="Started last")).to_contain_text("Holiday")


@pytest.mark.parametrize("look", LOOKS)
def test_a_form_is_made_of_fields_of_every_type(
    open_context: Callable[..., BrowserContext], site: Site, look: str
) -> None:
    site.engine.deployments.deploy({"every.bpmn": EVERY_TYPE.encode()})
    page = signed_in(open_context, site.url, look=look)
    page.goto("/start?process=every")
    expect(page.get_by_label("Name")).to_have_value("Mary")
    expect(page.get_by_label("Fixed")).not_to_be_editable()
    expect(page.get_by_label("المدينة")).to_have_value("القاهرة")
    assert violations(page) == []
    shoot(page, f"start-every-{look}")
    page.get_by_label("Name").fill("far too long a name")
    page.get_by_label("Count", exact=True).fill("12")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("alert").get_by_text("2 fields need your attention.")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Count", exact=True)).to_have_attribute("aria-invalid", "true")
    shoot(page, f"start-every-wrong-{look}")
    page.get_by_label("Name").fill("Sue")
    page.get_by_label("Count", exact=True).fill("5")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Started “Every type”")).to_be_visible()
    (instance,) = site.engine.queries.process_instances.list()
    variables = site.engine.queries.variables_of(instance.id)
    assert (variables["name"], variables["count"], variables["agreed"]) == ("Sue", 5, True)
    assert (variables["size"], variables["fixed"], variables["place"]) == ("m", "as it is", "القاهرة")


def test_favourites_come_first_and_names_are_searched(page: Page) -> None:
    page.goto("/start")
    page.get_by_role("button", name="Order goods is a favourite").click()
    page.reload()
    expect(page.get_by_role("region", name="Favourites")).to_contain_text("Order goods")
    page.get_by_role("searchbox").fill("holi")
    expect(page.locator(".start-card")).to_have_count(1)
    expect(page).to_have_url(re.compile("search=holi"))
    page.get_by_role("searchbox").fill("nothing like this")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_a_draft_of_a_start_form_is_kept(page: Page) -> None:
    page.goto("/start?process=order")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/draft" in answer.url):
        page.get_by_label("Article").fill("Pens")
    page.reload()
    expect(page.get_by_label("Article")).to_have_value("Pens")
    page.get_by_role("button", name="Discard the draft").click()
    expect(page.get_by_label("Article")).to_have_value("")


def test_a_process_that_is_not_there(page: Page) -> None:
    page.goto("/start?process=nothing")
    expect(page.get_by_text("This cannot be started")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/start$"))
