"""The modeler: drafts that are kept, what the server would say, forms, text, deploying and what differs then."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import FROM_NO_DATABASE, LOOKS, Site, Watched, shoot, violations

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
    page.get_by_role("region", name="Begin with").get_by_role("link", name=template).click()
    expect(page.locator(".modeler-canvas [data-element-id=start]")).to_be_visible()


def open_file(page: Page, file: Path) -> None:
    """Opens a file from disk."""
    page.goto("/modeler")
    page.get_by_label("Open files").set_input_files(file)
    expect(page.locator(".modeler-canvas .djs-container")).to_be_visible()


def call(page: Page, name: str, element: str = "start") -> None:
    """Gives an element another name."""
    shape = page.locator(f"[data-element-id={element}].djs-shape")
    if "selected" not in (shape.get_attribute("class") or ""):
        shape.click()
    page.get_by_label("Properties").get_by_label("Name").fill(name)


def saved(page: Page) -> Locator:
    """What says that the draft is saved."""
    return page.get_by_role("toolbar", name="Draft").get_by_text("Saved", exact=True)


@contextmanager
def saving(page: Page) -> Iterator[None]:
    """Waits until what the block changes of a saved draft is saved: until it has begun to be, the old word stands."""
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/v1/model-draft/" in answer.url):
        yield
    expect(saved(page)).to_be_visible()


def drafts(page: Page) -> Locator:
    """The list of drafts."""
    return page.get_by_role("region", name="Your drafts").get_by_role("listitem")


@pytest.mark.parametrize("template", ["Empty", "Approval", "Four eyes", "Service with retries", "Deadline"])
@FROM_NO_DATABASE
def test_every_template_could_be_deployed_as_it_is(page: Page, template: str) -> None:
    begin(page, template)
    expect(page.get_by_role("button", name="No problems")).to_be_visible()


def test_an_approval_is_deployed_started_and_approved_without_a_change(page: Page, site: Site) -> None:
    begin(page)
    page.get_by_role("button", name="Deploy").click()
    page.get_by_role("dialog", name="Deploy").get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Approval, version 1")).to_be_visible()
    page.goto("/start")
    page.get_by_role("button", name="Approval", exact=True).click()
    page.get_by_label("What is it about?").fill("A new chair")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Started “Approval”")).to_be_visible()
    (task,) = site.engine.queries.tasks.list()
    page.goto(f"/tasks?task={task.id}")
    expect(page.get_by_label("What is it about?")).to_have_value("A new chair")
    page.get_by_label("Approved", exact=True).check()
    page.get_by_role("tabpanel").get_by_role("button", name="Complete").click()
    expect(page.get_by_text("Done: “Approve the request”")).to_be_visible()
    (instance,) = site.engine.queries.historic_process_instances.list()
    assert instance.ended_at is not None
    assert len(site.engine.queries.historic_element_instances.list({"activityId": "done"})) == 1


# ---------------------------------------------------------------- drafts


def test_what_is_drawn_is_kept_on_the_server(page: Page, site: Site) -> None:
    begin(page, "Empty")
    call(page, "Kept")
    expect(saved(page)).to_be_visible()
    expect(page).to_have_url(re.compile("draft="))
    assert page.evaluate("() => Object.keys(localStorage).filter(key => key.startsWith('baton.model.'))") == []
    with saving(page):
        page.get_by_label("Name of the draft").fill("Orders")
    (draft,) = site.engine.model_drafts.all()
    assert draft.name == "Orders"
    page.reload()
    expect(page.locator(".modeler-canvas").get_by_text("Kept")).to_be_visible()
    page.get_by_role("link", name="Your drafts").click()
    expect(drafts(page)).to_contain_text(["Orders"])
    page.get_by_role("link", name="Orders").click()
    expect(page.locator(".modeler-canvas").get_by_text("Kept")).to_be_visible()


def test_drafts_are_renamed_and_deleted_in_their_list(page: Page, site: Site) -> None:
    site.engine.model_drafts.create("First", {"a.bpmn": ZEEBE})
    site.engine.model_drafts.create("Second", {"b.bpmn": ZEEBE, "c.form": "{}"})
    page.goto("/modeler")
    expect(drafts(page)).to_contain_text(["Second", "First"])
    expect(drafts(page).first).to_contain_text("b.bpmn, c.form")
    page.get_by_role("button", name="More for First").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Third")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(drafts(page)).to_contain_text(["Second", "Third"])
    page.get_by_role("button", name="More for Second").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(drafts(page)).to_have_count(1)
    assert [draft.name for draft in site.engine.model_drafts.all()] == ["Third"]


def test_who_has_a_draft_open_twice_is_told_and_chooses(
    page: Page, open_context: Callable[..., BrowserContext], site: Site, watched: Watched
) -> None:
    watched.expected += ["409", "ERR_INTERNET_DISCONNECTED"]
    begin(page, "Empty")
    call(page, "One")
    expect(saved(page)).to_be_visible()
    page.context.set_offline(True)
    call(page, "Three")
    expect(page.get_by_text("Kept in this browser")).to_be_visible()
    other = open_context().new_page()
    other.goto(page.url)
    with saving(other):
        call(other, "Two")
    page.context.set_offline(False)
    page.keyboard.press("Control+s")
    told = page.get_by_role("alert").filter(has_text="saved in another tab or browser")
    expect(told).to_be_visible()
    assert violations(page) == []
    shoot(page, "modeler-conflict-light")
    told.get_by_role("button", name="Keep both").click()
    expect(saved(page)).to_be_visible()
    expect(told).to_have_count(0)
    kept = site.engine.model_drafts.all()
    assert sorted(draft.name for draft in kept) == ["New process", "New process (2)"]
    texts = {draft.name: next(iter(site.engine.model_drafts.get(draft.id)[1].values())) for draft in kept}
    assert 'name="Two"' in texts["New process"]
    assert 'name="Three"' in texts["New process (2)"]


def test_what_was_changed_elsewhere_is_shown_to_who_comes_back(page: Page, site: Site) -> None:
    made = site.engine.model_drafts.create("Cloudy", {"cloudy.bpmn": ZEEBE})
    page.goto(f"/modeler?draft={made.id}")
    expect(page.locator(".modeler-canvas").get_by_text("Work", exact=True)).to_be_visible()
    site.engine.model_drafts.keep(made.id, {"cloudy.bpmn": ZEEBE.replace('name="Work"', 'name="Toil"')}, 1)
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_text("“Cloudy” was changed elsewhere")).to_be_visible()
    expect(page.locator(".modeler-canvas").get_by_text("Toil")).to_be_visible()


@pytest.mark.parametrize("choice", ["Show the other one", "Keep this one"])
@FROM_NO_DATABASE
def test_one_of_two_is_chosen(page: Page, site: Site, watched: Watched, choice: str) -> None:
    watched.expected.append("409")
    begin(page, "Empty")
    call(page, "Mine")
    expect(saved(page)).to_be_visible()
    (draft,) = site.engine.model_drafts.all()
    _, files = site.engine.model_drafts.get(draft.id)
    other = {name: text.replace('name="Mine"', 'name="Other"') for name, text in files.items()}
    site.engine.model_drafts.keep(draft.id, other, draft.revision)
    call(page, "Mine again")
    page.get_by_role("button", name=choice).click()
    left, right = ("Other", "Mine again") if choice == "Show the other one" else ("Mine again", "Other")
    expect(page.locator(".modeler-canvas").get_by_text(left)).to_be_visible()
    expect(page.locator(".modeler-canvas").get_by_text(right)).to_have_count(0)
    expect(saved(page)).to_be_visible()
    _, files = site.engine.model_drafts.get(draft.id)
    assert f'name="{left}"' in next(iter(files.values()))


@FROM_NO_DATABASE
def test_without_a_server_the_browser_keeps_it(page: Page, site: Site, watched: Watched) -> None:
    watched.expected.append("ERR_INTERNET_DISCONNECTED")
    begin(page, "Empty")
    call(page, "Before")
    expect(saved(page)).to_be_visible()
    page.context.set_offline(True)
    call(page, "Meanwhile")
    expect(page.get_by_text("Kept in this browser: the server cannot be reached")).to_be_visible()
    address = page.url
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(address)
    expect(page.get_by_text("stood only in this browser")).to_be_visible()
    expect(page.locator(".modeler-canvas").get_by_text("Meanwhile")).to_be_visible()
    expect(saved(page)).to_be_visible()
    (draft,) = site.engine.model_drafts.all()
    assert 'name="Meanwhile"' in next(iter(site.engine.model_drafts.get(draft.id)[1].values()))


# ---------------------------------------------------------------- deploying, problems


def test_deploying_again_shows_what_is_different(page: Page, site: Site) -> None:
    begin(page)
    page.get_by_role("button", name="Deploy").click()
    dialog = page.get_by_role("dialog", name="Deploy")
    expect(dialog.get_by_text("has not been deployed before")).to_be_visible()
    dialog.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Approval, version 1")).to_be_visible()
    (definition,) = site.engine.queries.process_definitions.list()
    site.engine.process_instances.start(definition_id=definition.id)

    call(page, "Approve it", "approve")
    expect(saved(page)).to_be_visible()
    page.get_by_role("button", name="XML").click()
    field = page.get_by_label("Text of approval.bpmn")
    text = site.engine.model_drafts.get(site.engine.model_drafts.all()[0].id)[1]["approval.bpmn"]
    text = text.replace('<endEvent id="refused" name="Rejected">', '<endEvent id="no" name="Refused for good">')
    text = text.replace('targetRef="refused"', 'targetRef="no"').replace('bpmnElement="refused"', 'bpmnElement="no"')
    text = re.sub(r'(id="start_di"[^>]*>\s*<dc:Bounds x=")\d+', r"\g<1>60", text)
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    field.press("Control+a")
    field.press("Control+v")
    page.get_by_role("button", name="XML").click()
    page.get_by_role("button", name="Deploy").click()
    expect(dialog.get_by_text("on which 1 instance goes on running")).to_be_visible()
    told = {(item.locator(".pill").inner_text(), item.inner_text()) for item in dialog.get_by_role("listitem").all()}
    kinds = dict(told)
    assert set(kinds) >= {"added", "removed", "changed", "moved"}
    assert "Refused for good" in kinds["added"]
    assert "Rejected" in kinds["removed"]
    shoot(page, "modeler-deploy-light")
    dialog.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Approval, version 2")).to_be_visible()


@FROM_NO_DATABASE
def test_a_problem_is_marked_and_leads_to_its_element_and_its_line(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "wrong.bpmn"
    file.write_text(ZEEBE.replace('<zeebe:taskDefinition type="work"/>', ""))
    open_file(page, file)
    expect(page.locator(".problem-mark.error")).to_be_visible()
    page.keyboard.press("Control+Shift+l")
    problems = page.get_by_role("region", name="Problems")
    problems.get_by_role("button", name="error: ").first.click()
    expect(page.locator("[data-element-id=work].djs-shape.selected")).to_be_visible()
    shoot(page, "modeler-problems-light")
    page.keyboard.press("Control+e")
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    problems.get_by_role("button", name="error: ").first.click()
    expect(page.locator(".cm-activeLine")).to_contain_text('id="work"')
    assert violations(page) == []
    shoot(page, "modeler-xml-light")
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Mend the errors first")).to_be_visible()


# ---------------------------------------------------------------- text


@FROM_NO_DATABASE
def test_the_text_is_changed_and_drawn(page: Page) -> None:
    begin(page, "Empty")
    call(page, "Go")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.keyboard.press("Control+e")
    field = page.get_by_label("Text of process.bpmn")
    expect(field).to_contain_text('name="Go"')
    field.press("Control+End")
    field.press_sequentially("<!-- ")
    page.keyboard.press("Control+e")
    expect(page.get_by_text("This file cannot be drawn")).to_be_visible()
    page.get_by_role("button", name="Show the XML").click()
    page.get_by_label("Text of process.bpmn").press("Control+End")
    page.get_by_label("Text of process.bpmn").press_sequentially("a remark -->")
    page.keyboard.press("Control+e")
    expect(page.locator(".modeler-canvas").get_by_text("Go")).to_be_visible()


@FROM_NO_DATABASE
def test_looking_at_the_text_leaves_what_can_be_undone(page: Page) -> None:
    begin(page, "Empty")
    call(page, "Go")
    page.get_by_role("button", name="XML").click()
    expect(page.get_by_label("Text of process.bpmn")).to_contain_text('name="Go"')
    page.get_by_role("button", name="XML").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.locator(".modeler-canvas").get_by_text("Start", exact=True)).to_be_visible()


# ---------------------------------------------------------------- forms


def test_a_form_is_made_for_a_task_and_deployed_with_the_model(page: Page, site: Site) -> None:
    begin(page, "Deadline")
    page.locator("[data-element-id=answer].djs-shape").click()
    page.get_by_role("button", name="New form").click()
    dialog = page.get_by_role("dialog", name="New form")
    expect(dialog.get_by_label("Title")).to_have_value("Answer")
    dialog.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("button", name="answer.form", exact=True)).to_have_attribute("aria-pressed", "true")
    editor = page.get_by_role("group", name="Form answer.form")
    expect(editor.get_by_role("heading", name="Answer")).to_be_visible()
    palette = editor.locator(".fjs-palette")
    palette.get_by_text("Text field").drag_to(editor.locator(".fjs-form .fjs-children").first)
    expect(editor.locator(".fjs-form-field-textfield")).to_be_visible()
    expect(page.get_by_role("button", name="No problems")).to_be_visible()
    expect(saved(page)).to_be_visible()
    shoot(page, "modeler-form-light")
    page.get_by_role("button", name="Deploy").click()
    page.get_by_role("dialog", name="Deploy").get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Deadline, version 1")).to_be_visible()
    (definition,) = site.engine.queries.process_definitions.list()
    instance = site.engine.process_instances.start(definition_id=definition.id)
    (task,) = site.engine.queries.tasks.list({"processInstanceId": instance.id})
    schema = site.engine.form_pages.of_task(task.id).schema
    assert schema is not None
    assert [each.type for each in schema.components] == ["textfield"]


@FROM_NO_DATABASE
def test_a_form_of_a_camunda_8_model_is_bound_to_its_task(page: Page, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "cloudy.bpmn"
    file.write_text(
        re.sub(
            r"<bpmn:serviceTask.*</bpmn:serviceTask>", '<bpmn:userTask id="work" name="Work"/>', ZEEBE, flags=re.DOTALL
        )
    )
    open_file(page, file)
    page.get_by_role("button", name="New form").click()
    page.get_by_role("dialog", name="New form").get_by_label("Where").select_option("Work")
    page.get_by_role("dialog", name="New form").get_by_role("button", name="Make it").click()
    expect(page.get_by_role("button", name="work.form", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="No problems")).to_be_visible()
    page.get_by_role("button", name="cloudy.bpmn").click()
    page.keyboard.press("Control+e")
    expect(page.get_by_label("Text of cloudy.bpmn")).to_contain_text('formId="work"')


@FROM_NO_DATABASE
def test_files_are_added_renamed_and_taken_away(page: Page, site: Site) -> None:
    begin(page, "Empty")
    more = {"name": "sum.js", "mimeType": "text/javascript", "buffer": b"1 + 1"}
    page.get_by_label("Add files").last.set_input_files(more)
    expect(page.get_by_label("Text of sum.js")).to_have_text("1 + 1")
    page.get_by_role("button", name="More for sum.js").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name of the file").fill("add.js")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_label("Text of add.js")).to_be_visible()
    expect(saved(page)).to_be_visible()
    (draft,) = site.engine.model_drafts.all()
    assert draft.file_names == ["process.bpmn", "add.js"]
    page.get_by_role("button", name="More for add.js").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(page.locator(".modeler-canvas [data-element-id=start]")).to_be_visible()
    expect(page.get_by_role("group", name="Files").get_by_role("button")).to_have_count(1)


# ---------------------------------------------------------------- decisions

REQUIREMENTS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
  xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/"
  xmlns:di="http://www.omg.org/spec/DMN/20180521/DI/" id="meal" name="Meal" namespace="t">
  <decision id="dish" name="Dish">
    <informationRequirement id="needs"><requiredDecision href="#season"/></informationRequirement>
    <decisionTable id="dishes" hitPolicy="FIRST">
      <input id="when" label="Season"><inputExpression id="whenE" typeRef="string"><text>season</text></inputExpression>
      </input>
      <output id="what" label="Dish" name="dish" typeRef="string"/>
      <rule id="warm"><inputEntry id="w1"><text>"summer"</text></inputEntry>
        <outputEntry id="w2"><text>"salad"</text></outputEntry></rule>
      <rule id="cold"><inputEntry id="c1"><text/></inputEntry>
        <outputEntry id="c2"><text>"stew"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="season" name="Season"><variable id="v" name="season" typeRef="string"/>
    <literalExpression id="expression"><text>if month > 5 then "summer" else "winter"</text></literalExpression>
  </decision>
  <dmndi:DMNDI><dmndi:DMNDiagram id="drawn">
    <dmndi:DMNShape id="s1" dmnElementRef="dish"><dc:Bounds x="150" y="80" width="180" height="80"/></dmndi:DMNShape>
    <dmndi:DMNShape id="s2" dmnElementRef="season"><dc:Bounds x="150" y="250" width="180" height="80"/></dmndi:DMNShape>
    <dmndi:DMNEdge id="e1" dmnElementRef="needs"><di:waypoint x="240" y="250"/><di:waypoint x="240" y="160"/>
    </dmndi:DMNEdge>
  </dmndi:DMNDiagram></dmndi:DMNDI>
</definitions>"""


def test_a_decision_table_is_changed_mended_and_deployed(page: Page, site: Site) -> None:
    page.goto("/modeler")
    page.get_by_role("region", name="Begin with").get_by_role("link", name="Decision table").click()
    table = page.locator(".tjs-table")
    cell = table.get_by_text("< 1000")
    expect(cell).to_be_visible()
    expect(page.get_by_role("button", name="No problems")).to_be_visible()
    cell.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("< 2000")
    page.keyboard.press("Tab")
    expect(saved(page)).to_be_visible()
    (draft,) = site.engine.model_drafts.all()
    assert "<text>&lt; 2000</text>" in site.engine.model_drafts.get(draft.id)[1]["discount.dmn"]
    assert violations(page) == []
    shoot(page, "modeler-decision-table-light")
    page.get_by_role("button", name="Undo").click()
    expect(table.get_by_text("< 1000")).to_be_visible()
    page.get_by_role("button", name="Deploy").click()
    dialog = page.get_by_role("dialog", name="Deploy")
    dialog.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Discount, version 1")).to_be_visible()

    page.get_by_role("button", name="XML").click()
    text = page.get_by_label("Text of discount.dmn")
    expect(text).to_contain_text("&lt; 1000")
    kept = site.engine.model_drafts.get(draft.id)[1]["discount.dmn"]
    wrong = re.sub(r"&lt; \d+", "&lt; 1000 +", kept)
    page.evaluate("text => navigator.clipboard.writeText(text)", wrong)
    text.press("Control+a")
    text.press("Control+v")
    expect(page.get_by_role("button", name="1 error")).to_be_visible()
    page.get_by_role("button", name="1 error").click()
    page.get_by_role("button", name="XML").click()
    expect(table.locator("td[data-problem=error]")).to_contain_text("< 1000 +")
    page.get_by_role("region", name="Problems").get_by_role("button", name="error: ").click()
    expect(table.locator("td[data-problem=error]")).to_be_visible()
    assert violations(page) == []
    shoot(page, "modeler-decision-problem-light")
    page.get_by_role("button", name="XML").click()
    mended = wrong.replace("&lt; 1000 +", "&lt; 3000")
    page.evaluate("text => navigator.clipboard.writeText(text)", mended)
    text.press("Control+a")
    text.press("Control+v")
    expect(page.get_by_role("button", name="1 warning")).to_be_visible()
    expect(page.get_by_role("region", name="Problems")).to_contain_text("the rules 2 and 3 both match where")
    page.get_by_role("button", name="Deploy").click()
    expect(dialog.get_by_role("list")).to_contain_text('Rule 2: "regular", < 3000 → 5 (was "regular", < 1000 → 5)')
    dialog.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Discount, version 2")).to_be_visible()


RULE_TASK = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <process id="sale" name="Sale" isExecutable="true" camunda:historyTimeToLive="30">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="price"/>
    <businessRuleTask id="price" name="Find the price"/><sequenceFlow id="f2" sourceRef="price" targetRef="sell"/>
    <userTask id="sell" name="Sell"/>
  </process>
</definitions>"""


def test_a_decision_is_made_for_a_task_and_deployed_with_the_model(page: Page, site: Site) -> None:
    draft = site.engine.model_drafts.create("Sale", {"sale.bpmn": RULE_TASK})
    page.goto(f"/modeler?draft={draft.id}")
    expect(page.locator("[data-element-id=price].djs-shape")).to_be_visible()
    page.get_by_role("button", name="New decision").click()
    dialog = page.get_by_role("dialog", name="New decision")
    expect(dialog.get_by_label("Name")).to_have_value("Find the price")
    dialog.get_by_role("button", name="Make it").click()
    expect(page.locator(".tjs-table").get_by_text('"result"')).to_be_visible()
    expect(page.get_by_role("button", name="No problems")).to_be_visible()
    expect(saved(page)).to_be_visible()
    page.get_by_role("button", name="Deploy").click()
    page.get_by_role("dialog", name="Deploy").get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed Sale, version 1")).to_be_visible()
    site.engine.process_instances.start(key="sale", variables={"input": "x"})
    (made,) = site.engine.queries.historic_decisions.list({"decisionDefinitionKey": "find-the-price"})
    assert made.element_id == "price"
    (definition,) = site.engine.queries.process_definitions.list()
    page.goto(f"/modeler?definition=sale:1:{definition.id}")
    page.get_by_role("button", name="find-the-price.dmn", exact=True).click()
    expect(page.locator(".tjs-table").get_by_text('"result"')).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
@FROM_NO_DATABASE
def test_what_requires_what_is_drawn_and_each_decision_opened(
    open_context: Callable[..., BrowserContext], site: Site, look: str
) -> None:
    page = open_context(look).new_page()
    draft = site.engine.model_drafts.create("Meal", {"meal.dmn": REQUIREMENTS})
    page.goto(f"/modeler?draft={draft.id}")
    expect(page.locator(".djs-shape[data-element-id=dish]")).to_be_visible()
    shoot(page, f"modeler-requirements-{look}")
    assert violations(page) == []
    views = page.get_by_role("group", name="Views")
    views.get_by_role("button", name="Dish").click()
    expect(page.locator(".tjs-table").get_by_text('"stew"')).to_be_visible()
    shoot(page, f"modeler-dish-{look}")
    assert violations(page) == []
    views.get_by_role("button", name="Season").click()
    expect(page.locator(".dmn-literal-expression-container").get_by_text("if month")).to_be_visible()
    shoot(page, f"modeler-season-{look}")
    assert violations(page) == []


# ---------------------------------------------------------------- dialects, files, looks


@FROM_NO_DATABASE
def test_a_camunda_8_model_without_a_picture_is_laid_out_and_has_its_own_properties(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "cloudy.bpmn"
    file.write_text(ZEEBE)
    open_file(page, file)
    page.locator("[data-element-id=work].djs-shape").click()
    panel = page.get_by_label("Properties")
    panel.get_by_text("Task definition").click()
    expect(panel.get_by_label("Type")).to_be_visible()


def test_a_deployed_model_is_opened_with_its_forms(page: Page, site: Site) -> None:
    form = {"type": "default", "id": "ask", "components": [{"type": "textfield", "key": "a", "label": "Article"}]}
    site.engine.deployments.deploy({"cloudy.bpmn": ZEEBE.encode(), "ask.form": json.dumps(form).encode()})
    (definition,) = site.engine.queries.process_definitions.list()
    page.goto(f"/modeler?definition=cloudy:1:{definition.id}")
    page.get_by_role("button", name="ask.form", exact=True).click()
    expect(page.get_by_role("group", name="Form ask.form").get_by_text("Article")).to_be_visible()
    assert site.engine.model_drafts.all() == []


@FROM_NO_DATABASE
def test_saving_gives_the_file_and_the_picture(page: Page) -> None:
    begin(page)
    with page.expect_download() as file:
        page.keyboard.press("Control+Shift+s")
    assert file.value.suggested_filename == "approval.bpmn"
    for word, ending, magic in (("SVG", "svg", b"<?xml"), ("PNG", "png", b"\x89PNG")):
        page.get_by_role("button", name="Save", exact=True).click()
        with page.expect_download() as drawn:
            page.get_by_role("menuitem", name=f"Save the picture ({word})").click()
        assert drawn.value.suggested_filename == f"approval.{ending}"
        assert drawn.value.path().read_bytes().startswith(magic)


@pytest.mark.parametrize("look", LOOKS)
def test_how_it_looks(open_context: Callable[..., BrowserContext], site: Site, look: str) -> None:
    page = open_context(look).new_page()
    begin(page, "Service with retries")
    expect(page.get_by_role("button", name="No problems")).to_be_visible()
    if look != "phone":
        page.locator("[data-element-id=call].djs-shape").click()
        expect(page.get_by_label("Properties").get_by_text("General")).to_be_visible()
    shoot(page, f"modeler-{look}")
    assert violations(page) == []
    page.keyboard.press("Control+e")
    expect(page.get_by_label("Text of service.bpmn")).to_be_visible()
    shoot(page, f"modeler-text-{look}")
    assert violations(page) == []
    form = {
        "type": "default",
        "id": "ask",
        "components": [
            {"type": "text", "id": "t", "text": "# Ask"},
            {"type": "textfield", "id": "a", "key": "a", "label": "Article"},
            {"type": "number", "id": "n", "key": "n", "label": "Amount"},
        ],
    }
    draft = site.engine.model_drafts.create("Order goods", {"ask.form": json.dumps(form), "order.bpmn": ZEEBE})
    page.goto(f"/modeler?draft={draft.id}")
    expect(page.get_by_role("group", name="Form ask.form").get_by_text("Article")).to_be_visible()
    shoot(page, f"modeler-form-{look}")
    assert violations(page) == []
    page.goto("/modeler")
    expect(drafts(page)).to_have_count(1)
    shoot(page, f"modeler-home-{look}")
    assert violations(page) == []
