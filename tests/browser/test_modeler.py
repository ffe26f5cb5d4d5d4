"""The modeler: begin from a template, see what the server would say, deploy, see what differs from the last version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import LOOKS, Site, shoot, violations

ZEEBE = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  targetNamespace="t" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.5.0">
  <bpmn:process id="cloudy" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <bpmn:serviceTask id="work" name="Work">
      <bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming>
    </bpmn:serviceTask>
  </bpmn:process>
</bpmn:definitions>"""


def begin(page: Page, template: str = "Approval") -> None:
    """Opens the modeler and begins from a template."""
    page.goto("/modeler")
    page.get_by_role("dialog", name="New model").get_by_role("button", name=template).click()
    expect(page.locator(".modeler-canvas [data-element-id=start]")).to_be_visible()


@pytest.mark.parametrize("template", ["Empty", "Approval", "Four eyes", "Service with retries", "Deadline"])
def test_every_template_could_be_deployed_as_it_is(page: Page, template: str) -> None:
    begin(page, template)
    expect(page.get_by_role("button", name="No problems")).to_be_visible()


def test_deploying_twice_shows_what_is_different(page: Page, site: Site) -> None:
    begin(page)
    page.get_by_role("button", name="Deploy").click()
    dialog = page.get_by_role("dialog", name="Deploy")
    expect(dialog.get_by_text("has not been deployed before")).to_be_visible()
    dialog.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Approval, version 1")).to_be_visible()
    site.engine.process_instances.start(key="approval")

    page.locator("[data-element-id=approve].djs-shape").click()
    page.get_by_label("Properties").get_by_label("Name").fill("Approve it")
    page.locator(".modeler-canvas .djs-container").click(position={"x": 30, "y": 400})
    page.get_by_role("button", name="Deploy").click()
    dialog = page.get_by_role("dialog", name="Deploy")
    expect(dialog.get_by_text("on which 1 instance goes on running")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_contain_text(["Approve it"])
    shoot(page, "modeler-deploy-light")
    dialog.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Approval, version 2")).to_be_visible()


def test_a_problem_is_marked_and_leads_to_its_element(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "wrong.bpmn"
    file.write_text(ZEEBE.replace('<zeebe:taskDefinition type="work"/>', ""))
    begin(page, "Empty")
    page.get_by_label("Open a model").first.set_input_files(file)
    expect(page.locator(".problem-mark.error")).to_be_visible()
    page.keyboard.press("Control+Shift+l")
    problems = page.get_by_role("region", name="Problems")
    problems.get_by_role("button", name="error: ").first.click()
    expect(page.locator("[data-element-id=work].djs-shape.selected")).to_be_visible()
    shoot(page, "modeler-problems-light")
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Mend the errors first")).to_be_visible()


def test_keys_show_the_xml_and_undo_takes_back(page: Page) -> None:
    begin(page, "Empty")
    page.locator("[data-element-id=start].djs-shape").click()
    page.get_by_label("Properties").get_by_label("Name").fill("Go")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.keyboard.press("Control+e")
    expect(page.get_by_label("XML", exact=True).locator("pre")).to_contain_text('name="Go"')
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_what_was_drawn_is_there_after_a_reload(page: Page) -> None:
    begin(page, "Empty")
    page.locator("[data-element-id=start].djs-shape").click()
    page.get_by_label("Properties").get_by_label("Name").fill("Kept")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.wait_for_function("() => (localStorage.getItem('baton.model-draft') ?? '').includes('Kept')")
    page.reload()
    expect(page.get_by_text("what you were drawing last time")).to_be_visible()
    expect(page.locator(".modeler-canvas").get_by_text("Kept")).to_be_visible()


def test_a_camunda_8_model_without_a_picture_is_laid_out_and_has_its_own_properties(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "cloudy.bpmn"
    file.write_text(ZEEBE)
    begin(page, "Empty")
    page.get_by_label("Open a model").first.set_input_files(file)
    page.locator("[data-element-id=work].djs-shape").click()
    expect(page.get_by_label("Properties").get_by_text("Task definition")).to_be_visible()


def test_saving_gives_the_file_and_the_picture(page: Page) -> None:
    begin(page)
    with page.expect_download() as saved:
        page.keyboard.press("Control+s")
    assert saved.value.suggested_filename == "approval.bpmn"
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as drawn:
        page.get_by_role("menuitem", name="Save the picture").click()
    assert drawn.value.suggested_filename == "approval.svg"


@pytest.mark.parametrize("look", LOOKS)
def test_how_it_looks(open_context: Callable[..., BrowserContext], look: str) -> None:
    page = open_context(look).new_page()
    begin(page, "Service with retries")
    expect(page.get_by_role("button", name="No problems")).to_be_visible()
    if look != "phone":
        page.locator("[data-element-id=call].djs-shape").click()
        expect(page.get_by_label("Properties").get_by_text("General")).to_be_visible()
    shoot(page, f"modeler-{look}")
    assert violations(page) == []
