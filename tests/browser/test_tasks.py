"""The screen Tasks: lists, one task, its form, and what several people do at once."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Response, Route, expect

from engine import Engine
from engine.services.queries import Query
from engine.store import tables
from tests.browser.conftest import LOOKS, Site, Watched, drop, shoot, violations
from tests.browser.people import PASSWORD, add_people, signed_in

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <process id="invoice" name="Invoice" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="approve"/>
    <userTask id="approve" name="Approve invoice" camunda:formRef="approve" camunda:formRefBinding="latest"
              camunda:candidateGroups="sales"/>
    <sequenceFlow id="f2" sourceRef="approve" targetRef="pay"/>
    <userTask id="pay" name="Prepare payment" camunda:candidateGroups="sales"/>
  </process>
</definitions>"""
FORM = {
    "type": "default",
    "id": "approve",
    "components": [
        {"type": "text", "id": "T1", "text": "## Invoice of {{creditor}}"},
        {"type": "number", "id": "F1", "key": "amount", "label": "Amount", "validate": {"min": 1}},
        {"type": "checkbox", "id": "F2", "key": "approved", "label": "Approve"},
        {"type": "textfield", "id": "F3", "key": "note", "label": "Note", "validate": {"required": True}},
        {
            "type": "select",
            "id": "F4",
            "key": "account",
            "label": "Account",
            "values": [{"label": "Travel", "value": "travel"}, {"label": "Office", "value": "office"}],
        },
    ],
}


COMMENT = (
    "The creditor has **called twice**.\nSee [the letters](https://example.org/letters):\n\n"
    "- the first of *May*\n- the second, `2026-0017`\n\n> We wait for our money."
)
INSTRUCTIONS = """
      # What to look at

      1. The amount: above 1,000 ask purchase@example.org.
      2. The creditor.

      | Amount | Who      |
      |--------|----------|
      | < 100  | Anybody  |
      | more   | Purchase |
"""


@pytest.fixture
def options() -> Mapping[str, Any]:
    """People must sign in."""
    return {"auth": True}


@pytest.fixture
def site(site: Site) -> Site:
    """The server with people and a process."""
    add_people(site.engine)
    site.engine.deployments.deploy({"invoice.bpmn": PROCESS.encode(), "approve.form": json.dumps(FORM).encode()})
    return site


@pytest.fixture
def sign_in(open_context: Callable[..., BrowserContext], site: Site) -> Callable[..., Page]:
    """A page of a browser in which somebody is signed in."""

    return lambda user="mary", look="light": signed_in(open_context, site.url, user, look)


def start(engine: Engine, number: int = 1) -> str:
    """The id of the first task of a new instance."""
    instance = engine.process_instances.start(
        key="invoice", business_key=f"2026-{number:04}", variables={"creditor": "Pizza & Co", "amount": 30}
    )
    (task,) = engine.queries.tasks.list({"processInstanceId": instance.id})
    return str(task.id)


def item(page: Page, text: str = "Approve invoice") -> Locator:
    return page.locator(".task-item").filter(has_text=text)


@pytest.mark.parametrize("look", LOOKS)
def test_lists_and_a_task_in_every_look(sign_in: Callable[..., Page], site: Site, look: str) -> None:
    now = datetime.now(UTC)
    ids = [start(site.engine, number) for number in range(8)]
    tasks = site.engine.tasks
    tasks.claim(int(ids[0]), "mary")
    tasks.update(int(ids[0]), due_at=now - timedelta(hours=3), priority=100, description=INSTRUCTIONS)
    tasks.add_comment(int(ids[0]), COMMENT, user="john")
    tasks.claim(int(ids[1]), "mary")
    tasks.update(
        int(ids[1]), due_at=now + timedelta(days=2), name="Approve an invoice with a name that is really far too long"
    )
    page = sign_in(look=look)
    page.goto("/tasks")
    expect(page.locator(".task-item")).to_have_count(2)
    assert violations(page) == []
    shoot(page, f"tasks-list-{look}")
    page.goto(f"/tasks?task={ids[0]}")
    expect(page.get_by_label("Note")).to_be_visible()
    assert violations(page) == []
    shoot(page, f"tasks-{look}")
    page.goto(f"/tasks?filter=group&task={ids[4]}")
    expect(page.get_by_role("button", name="Claim")).to_be_visible()
    expect(page.get_by_label("Note")).to_be_visible()
    shoot(page, f"tasks-unclaimed-{look}")
    for tab in ("Details", "Comments", "History"):
        page.goto(f"/tasks?task={ids[0]}")
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).not_to_be_empty()
        expect(page.locator(".skeleton")).to_have_count(0)
        if tab != "History":
            address = "https://example.org/letters" if tab == "Comments" else "mailto:purchase@example.org"
            expect(page.locator(f".markdown a[href='{address}'][rel~=noopener]")).to_be_visible()
        assert violations(page) == [], tab
        shoot(page, f"tasks-{tab.lower()}-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_a_list_is_laid_out_as_one_likes(sign_in: Callable[..., Page], site: Site, look: str) -> None:
    now = datetime.now(UTC)
    ids = [int(start(site.engine, number)) for number in range(5)]
    for id, due in zip(ids, (None, now - timedelta(days=1), now + timedelta(days=30), None, None), strict=True):
        site.engine.tasks.update(id, due_at=due, priority=100 if due else 50)
    site.engine.tasks.claim(ids[0], "mary")
    page = sign_in(look=look)
    page.goto("/tasks?filter=all&sort=oldest")
    menu = page.get_by_role("button", name="How the list is shown")
    menu.click()
    page.get_by_role("menuitem", name="Variables").click()
    dialog = page.get_by_role("dialog", name="Variables beside each task")
    dialog.get_by_label("First variable").fill("amount")
    dialog.get_by_label("First label").fill("Amount")
    dialog.get_by_label("Second variable").fill("creditor")
    assert violations(page) == []
    dialog.get_by_role("button", name="Show them").click()
    expect(item(page, "2026-0001")).to_contain_text(re.compile("Amount: 30 ?creditor: Pizza & Co"))
    menu.click()
    page.get_by_role("menuitemcheckbox", name="By due date").click()
    expect(page).to_have_url(re.compile("group=due"))
    expect(page.locator(".task-group")).to_have_text(["Overdue1", "Later1", "Without a due date3"])
    assert violations(page) == []
    shoot(page, f"tasks-groups-{look}")
    site.engine.tasks.update(ids[3], due_at=now - timedelta(days=1))
    expect(item(page, "2026-0003").locator("time.late")).to_be_visible()
    expect(page.locator(".task-item .task-name")).to_have_count(5)
    expect(page.locator("ul").filter(has=item(page, "2026-0003")).locator(".task-item")).to_have_count(3)  # its place
    menu.click()
    page.get_by_role("menuitemcheckbox", name="Table").click()
    expect(page).to_have_url(re.compile("mode=table"))
    page.goto("/tasks?filter=all")  # both are remembered
    if look == "phone":
        expect(page.locator(".task-group").first).to_have_text("Overdue2")
        expect(page.locator(".task-item")).to_have_count(5)
        return
    table = page.get_by_role("table", name="All open tasks")
    expect(table.get_by_role("rowheader")).to_have_text(["Overdue2", "Later1", "Without a due date2"])
    assert violations(page) == []
    shoot(page, f"tasks-table-{look}")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Priority").click()
    page.get_by_role("menuitemcheckbox", name="Offered to").click()
    page.keyboard.press("Escape")
    expect(table.get_by_role("columnheader", name="Priority")).to_have_count(0)
    expect(table.get_by_role("row", name="2026-0001")).to_contain_text("sales")
    table.get_by_role("button", name="Created").click()
    expect(page).to_have_url(re.compile("sort=oldest"))
    expect(table.locator("tr[data-task]").first).to_contain_text("2026-0001")
    for key in ("j", "j", "x", "j", "Shift+X", "k", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("toolbar", name="Selected tasks")).to_contain_text("2 tasks")
    expect(page.get_by_role("button", name="Claim").last).to_be_visible()
    expect(table.locator("tr.open")).to_contain_text("2026-0003")
    assert violations(page) == []
    shoot(page, f"tasks-table-open-{look}")
    page.get_by_role("button", name="Save the list").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="As CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert lines[0].startswith("Task,Process,Key of the process,Business key,Amount,creditor,Assignee,Offered")
    assert lines[1].startswith("Approve invoice,Invoice,invoice,2026-0001,30,Pizza & Co,")
    page.keyboard.press("Escape")
    query = {"processDefinitionKey": "invoice"}
    site.engine.filters.create(
        "Big ones", Query(query), owner="mary", properties={"variables": [{"name": "amount", "label": "Sum"}]}
    )
    page.goto("/tasks")
    for label in ("Rows", "Not grouped"):
        menu.click()
        page.get_by_role("menuitemcheckbox", name=label).click()
    page.get_by_role("link", name="Big ones").click()
    expect(item(page, "2026-0001")).to_contain_text("Sum: 30")
    page.get_by_role("link", name="Change the filter Big ones").click()
    expect(page.get_by_label("First variable")).to_have_value("amount")
    page.get_by_label("Second variable").fill("creditor")
    page.get_by_role("button", name="Save").click()
    expect(item(page, "2026-0001")).to_contain_text(re.compile("Sum: 30 ?creditor: Pizza & Co"))


def test_claim_fill_in_complete_and_go_on(sign_in: Callable[..., Page], site: Site) -> None:
    task = start(site.engine)
    page = sign_in()
    page.goto("/tasks?filter=group")
    item(page).click()
    expect(page.get_by_label("Note")).to_have_attribute("readonly", "")
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("You have claimed “Approve invoice”")).to_be_visible()
    assert site.engine.queries.tasks.get(int(task)).assignee == "mary"
    page.get_by_role("button", name="Complete").first.click()
    expect(page.get_by_text("One field needs your attention.")).to_be_visible()
    expect(page.get_by_label("Note")).to_be_focused()
    page.get_by_label("Note").fill("Fine")
    page.get_by_label("Approve", exact=True).check()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")  # as by a key that is held too long
    expect(page.get_by_text("Done: “Approve invoice”")).to_be_visible()
    expect(page.get_by_role("heading", name="Prepare payment")).to_be_visible()
    assert page.get_by_role("button", name="Undo").count() == 0, "the claim of what is done cannot be undone"
    (paying,) = site.engine.queries.tasks.list()
    variables = site.engine.queries.variables_of(paying.id)
    assert (variables["note"], variables["approved"], variables["amount"]) == ("Fine", True, 30)
    page.goto(f"/tasks?task={task}")
    expect(page.get_by_label("Note")).to_have_value("Fine")
    expect(page.get_by_label("Note")).to_have_attribute("readonly", "")
    expect(page.get_by_text("The values are those of then.")).to_be_visible()
    expect(page.get_by_role("button", name="Complete")).to_have_count(0)


def test_a_task_without_a_form_shows_its_variables(sign_in: Callable[..., Page], site: Site) -> None:
    task = int(start(site.engine))
    site.engine.tasks.complete(task, {"note": "x"})
    (paying,) = site.engine.queries.tasks.list()
    site.engine.tasks.claim(paying.id, "mary")
    page = sign_in()
    page.goto(f"/tasks?task={paying.id}")
    expect(page.get_by_role("cell", name="Pizza & Co")).to_be_visible()
    page.get_by_role("textbox", name="Comment").fill("Paid by hand")
    page.get_by_role("tabpanel").get_by_role("button", name="Complete").click()
    expect(page.get_by_text("Done: “Prepare payment”")).to_be_visible()
    assert site.engine.queries.tasks.list() == []
    assert [each.message for each in site.engine.queries.task_comments(paying.id)] == ["Paid by hand"]


def test_what_the_server_does_not_accept_is_told_at_the_field(
    sign_in: Callable[..., Page], site: Site, watched: Watched
) -> None:
    task = start(site.engine)
    site.engine.tasks.claim(int(task), "mary")
    page = sign_in()
    watched.expected.append("400")
    page.route(  # a form that was changed on the way, so that the browser has nothing against what the server refuses
        f"**/api/v1/task/{task}/form",
        lambda route: route.fulfill(
            json={
                **(answer := route.fetch().json()),
                "schema": json.loads(json.dumps(answer["schema"]).replace('"required": true', '"required": false')),
            }
        ),
    )
    page.goto(f"/tasks?task={task}")
    page.get_by_role("tabpanel").get_by_role("button", name="Complete").click()
    expect(page.get_by_text("The form was not accepted. Note:")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_attribute("aria-invalid", "true")


def test_drafts_come_back_and_can_be_discarded(sign_in: Callable[..., Page], site: Site) -> None:
    task = start(site.engine)
    site.engine.tasks.claim(int(task), "mary")
    page = sign_in()
    page.goto(f"/tasks?task={task}")
    page.get_by_label("Note").fill("Half a thought")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    other = sign_in()
    other.goto(f"/tasks?task={task}")
    expect(other.get_by_label("Note")).to_have_value("Half a thought")
    with other.expect_response(lambda answer: answer.request.method == "DELETE" and answer.url.endswith("/draft")):
        other.get_by_role("button", name="Discard the draft").click()
    expect(other.get_by_label("Note")).to_have_value("")
    expect(other.get_by_text("was restored")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("")

    complete = page.get_by_role("tabpanel").get_by_role("button", name="Complete")
    asked: list[str] = []

    def complete_first(route: Route) -> None:
        complete.click()
        expect(complete).to_have_attribute("aria-busy", "true")
        asked.append("draft")
        route.continue_()

    def hand_in(route: Route) -> None:
        asked.append("submit")
        route.continue_()

    page.route("**/draft", complete_first, times=1)
    page.route("**/submit", hand_in)
    page.get_by_label("Note").fill("A whole thought")
    expect(page.get_by_role("heading", name="Prepare payment")).to_be_visible()
    assert asked == ["draft", "submit"], "a draft that comes late would be one of a task that has ended"


def test_everything_goes_by_keys(sign_in: Callable[..., Page], site: Site) -> None:
    ids = [start(site.engine, number) for number in range(3)]
    page = sign_in()
    page.goto("/tasks?filter=group&sort=oldest")
    expect(page.locator(".task-item")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"task={ids[0]}$"))
    expect(page.get_by_role("button", name="Claim")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Complete").first).to_be_visible()
    expect(page.get_by_label("Amount")).to_be_visible()
    page.keyboard.press("f")
    expect(page.get_by_label("Amount")).to_be_focused()
    page.locator(".task-title").click()
    page.keyboard.press("s")
    page.get_by_role("button", name="Tomorrow").click()
    expect(page.get_by_text("Snoozed, back")).to_be_visible()
    page.keyboard.press("d")
    page.get_by_role("button", name="In a week").click()
    expect(page.locator(".chips")).to_contain_text("Due next week")
    page.keyboard.press("3")
    expect(page.get_by_role("tab", name="Comments")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("m")
    page.get_by_role("textbox", name="Comment").fill("By keys alone")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("list", name="Comments")).to_contain_text("By keys alone")
    page.locator(".task-title").click()
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Claim")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="Complete").first).to_be_visible()
    page.keyboard.press("a")
    page.get_by_role("combobox", name="To").fill("john")
    page.keyboard.press("Enter")
    expect(page.locator(".chips")).to_contain_text("john")
    page.keyboard.press("Escape")
    expect(page.get_by_text("No task is open")).to_be_visible()


def test_people_and_dates_are_changed_from_the_menu(sign_in: Callable[..., Page], site: Site) -> None:
    task = start(site.engine)
    site.engine.tasks.claim(int(task), "mary")
    page = sign_in()
    page.goto(f"/tasks?task={task}")
    more = page.get_by_role("button", name="More", exact=True)

    def choose(action: str) -> None:
        more.click()
        page.get_by_role("menuitem", name=action).click()

    choose("Priority…")
    page.get_by_role("button", name="Urgent").click()
    expect(page.get_by_text("Priority 100")).to_be_visible()
    choose("Add a candidate group…")
    page.get_by_role("combobox", name="Group").fill("accounting")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".chips")).to_contain_text("accounting")
    page.get_by_role("tab", name="Details").click()
    page.get_by_role("button", name="Remove the candidate accounting").click()
    expect(page.locator(".chips")).not_to_contain_text("accounting")
    choose("Due…")
    year = datetime.now(UTC).year + 5
    page.get_by_label("Or at").fill(f"{year}-05-06T07:08")
    page.get_by_role("button", name="Set").click()
    expect(page.locator(".chips")).to_contain_text("Due in")
    due = site.engine.queries.tasks.get(int(task)).due_at
    assert due is not None
    assert due.year == year
    choose("Delegate…")
    page.get_by_role("combobox", name="To").fill("john")
    page.get_by_role("button", name="Delegate", exact=True).click()
    expect(page.get_by_text("Delegated by mary")).to_be_visible()
    page.get_by_role("link", name="Delegated to others").click()
    expect(item(page)).to_have_count(1)
    item(page).click()
    choose("Resolve")
    expect(page.get_by_text("Handed back")).to_be_visible()
    choose("Copy link")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/tasks?task={task}")
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_text("delegated the task")).to_be_visible()


def test_several_at_once(sign_in: Callable[..., Page], site: Site) -> None:
    ids = [start(site.engine, number) for number in range(4)]
    site.engine.tasks.complete(int(ids[3]), {"note": "x"})
    page = sign_in()
    page.goto("/tasks?filter=group&sort=oldest")
    expect(page.locator(".task-item")).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    toolbar = page.get_by_role("toolbar", name="Selected tasks")
    expect(toolbar).to_contain_text("4 tasks")
    assert violations(page) == []
    shoot(page, "tasks-bulk-light")
    toolbar.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("Claimed: 4 tasks")).to_be_visible()
    page.get_by_role("link", name="My tasks").click()
    expect(page.locator(".task-item")).to_have_count(4)
    page.get_by_role("checkbox", name="Select Prepare payment").click()
    page.get_by_role("checkbox", name="Select Approve invoice").first.click()
    toolbar.get_by_role("button", name="Complete").click()
    page.get_by_role("dialog").get_by_role("button", name="Complete 2 tasks").click()
    expect(page.get_by_text("Completed: 1 task")).to_be_visible()
    expect(page.get_by_text("Note: ")).to_be_visible()
    expect(page.locator(".task-item")).to_have_count(3)
    toolbar.get_by_role("button", name="More for the selected tasks").click()
    page.get_by_role("menuitem", name="Select all 3 of this page").click()
    toolbar.get_by_role("button", name="More for the selected tasks").click()
    page.get_by_role("menuitem", name="Assign…").click()
    page.get_by_role("combobox", name="To").fill("john")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_text("Nothing to do here")).to_be_visible()
    assert {task.assignee for task in site.engine.queries.tasks.list()} == {"john"}


def test_who_has_nothing_to_do_is_led_to_what_the_groups_have(sign_in: Callable[..., Page], site: Site) -> None:
    page = sign_in()
    page.goto("/tasks")
    expect(page.get_by_role("link", name="Start a process")).to_be_visible()
    start(site.engine, 1)
    start(site.engine, 2)
    page.get_by_role("link", name="2 tasks wait for somebody in your groups").click()
    expect(item(page)).to_have_count(2)


def test_what_others_do_is_seen_at_once(sign_in: Callable[..., Page], site: Site) -> None:
    first = start(site.engine, 1)
    page = sign_in()
    page.goto(f"/tasks?filter=group&task={first}")
    expect(page.locator(".liveness.live")).to_be_visible()
    expect(item(page)).to_have_count(1)
    start(site.engine, 2)
    page.get_by_role("button", name="1 new").click()
    expect(item(page)).to_have_count(2)
    site.engine.tasks.claim(int(first), "john", user="john")
    expect(page.get_by_text("john has this task since")).to_be_visible()
    expect(page.get_by_text("no longer here")).to_be_visible()
    site.engine.tasks.complete(int(first), {"note": "x"}, user="john")
    expect(page.get_by_text("This task was completed by john")).to_be_visible()


def deafen(page: Page) -> None:
    """Let the page hear of no changes: not by itself, not by the worker that it shares with others, not by asking."""
    page.add_init_script("delete window.SharedWorker; window.setInterval = () => 0")
    page.route("**/api/v1/events**", lambda route: route.abort())


def test_who_was_faster(sign_in: Callable[..., Page], site: Site, watched: Watched) -> None:
    task = start(site.engine)
    page = sign_in()
    watched.expected.append("500")
    deafen(page)
    watched.expected.append("ERR_FAILED")
    page.goto(f"/tasks?filter=group&task={task}")
    claim = page.get_by_role("button", name="Claim")
    expect(claim).to_be_visible()

    def be_faster(route: Route) -> None:
        site.engine.tasks.claim(int(task), "john")
        route.continue_()

    page.route("**/claim", be_faster)
    claim.click()
    expect(page.get_by_text("john has this task since")).to_be_visible()


def test_lists_are_searched_and_turned_over(sign_in: Callable[..., Page], site: Site) -> None:
    for number in range(52):
        start(site.engine, number)
    page = sign_in()
    page.goto("/tasks?filter=all&sort=oldest")
    expect(page.locator(".task-item")).to_have_count(50)
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".task-item")).to_have_count(2)
    expect(page.get_by_text("51 to 52")).to_be_visible()
    page.get_by_role("button", name="Previous page").click()
    expect(page.locator(".task-item")).to_have_count(50)
    page.get_by_role("searchbox").fill("2026-0007")
    expect(page.locator(".task-item")).to_have_count(1)
    expect(page).to_have_url(re.compile("search=2026-0007"))
    page.get_by_role("searchbox").fill("nothing like this")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("51 to 52")).to_be_visible()
    page.get_by_label("Order").select_option("Highest priority")
    expect(page).to_have_url(re.compile("sort=priority"))

    def come_late(route: Route) -> None:
        page.evaluate("new Promise((done) => setTimeout(done, 400))")  # what was typed would count by now
        route.continue_()

    page.route("**/assets/start-*.js", come_late)
    page.get_by_role("link", name="My tasks").click()
    expect(page.get_by_text("Nothing to do here")).to_be_visible()
    page.get_by_role("searchbox").fill("who leaves at once is not led back")
    page.get_by_role("link", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="Start a process")).to_be_visible()
    page.get_by_role("searchbox").fill("something")
    expect(page).to_have_url(re.compile("/start\\?search=something$"))


def test_files_and_links_are_attached_and_taken_away(sign_in: Callable[..., Page], site: Site) -> None:
    task = start(site.engine)
    page = sign_in()
    page.goto(f"/tasks?task={task}")
    page.get_by_role("tab", name="Attachments").click()
    expect(page.get_by_text("No attachments")).to_be_visible()
    page.get_by_label("Files to attach").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": b"hello"} for name in ("one.txt", "two.txt")]
    )
    expect(page.get_by_role("link", name="one.txt")).to_be_visible()
    expect(page.get_by_role("link", name="two.txt")).to_be_visible()
    page.get_by_role("button", name="Add a link").click()
    page.get_by_label("Address").fill("https://example.org/offer")
    page.get_by_label("Name").last.fill("The offer")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="The offer")).to_have_attribute("rel", "noopener noreferrer")
    assert violations(page) == []
    shoot(page, "tasks-attachments-light")
    with page.expect_download() as download:
        page.get_by_role("link", name="one.txt").click()
    assert download.value.path().read_bytes() == b"hello"
    page.get_by_role("button", name="Delete two.txt").click()
    page.get_by_label("Reason").fill("Twice")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("link", name="two.txt")).to_have_count(0)
    assert [each.name for each in site.engine.queries.task_attachments(int(task))] == ["one.txt", "The offer"]


def test_files_that_are_dropped_are_attached_and_never_replace_the_page(
    sign_in: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    task = start(site.engine)
    files = [tmp_path / name for name in ("one.txt", "two.txt")]
    for file in files:
        file.write_text(file.name)
    page = sign_in()
    page.goto(f"/tasks?task={task}")
    page.get_by_role("tab", name="Attachments").click()
    expect(page.get_by_text("No attachments")).to_be_visible()
    drop(page.get_by_text("Drop files here"), *files)
    expect(page.get_by_role("link", name="two.txt")).to_be_visible()
    drop(page.locator(".task-title"), files[0])
    page.get_by_role("tab", name="Comments").click()
    expect(page.get_by_text("No comments yet")).to_be_visible()
    page.get_by_role("tab", name="Attachments").click()
    expect(page.get_by_role("list", name="Attachments").get_by_role("listitem")).to_have_count(2)
    expect(page).to_have_url(re.compile(f"task={task}"))
    attached = site.engine.queries.task_attachments(int(task))
    assert [each.name for each in attached] == ["one.txt", "two.txt"]


EXTRA = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <process id="claim" name="Claim" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="prepare"/>
    <serviceTask id="prepare" camunda:asyncBefore="true" camunda:expression="${amount * 2}"
        camunda:resultVariable="amount"/>
    <sequenceFlow id="f2" sourceRef="prepare" targetRef="judge"/>
    <userTask id="judge" name="Judge the claim" camunda:assignee="mary">
      <extensionElements><camunda:formData>
        <camunda:formField id="amount" label="Amount" type="long"/>
        <camunda:formField id="verdict" label="Verdict" type="enum">
          <camunda:value id="yes" name="Pay"/><camunda:value id="no" name="Refuse"/>
          <camunda:validation><camunda:constraint name="required"/></camunda:validation>
        </camunda:formField>
      </camunda:formData></extensionElements>
    </userTask>
    <sequenceFlow id="f3" sourceRef="judge" targetRef="proof"/>
    <userTask id="proof" name="Prove it" camunda:assignee="mary" camunda:formRef="proof"
        camunda:formRefBinding="latest"/>
    <sequenceFlow id="f4" sourceRef="proof" targetRef="elsewhere"/>
    <userTask id="elsewhere" name="Go elsewhere" camunda:assignee="mary" camunda:formKey="https://example.org/form"/>
    <sequenceFlow id="f5" sourceRef="elsewhere" targetRef="end"/><endEvent id="end" camunda:asyncBefore="true"/>
  </process>
</definitions>"""
PROOF = {
    "type": "default",
    "id": "proof",
    "components": [{"type": "filepicker", "id": "F1", "key": "proof", "label": "Proof", "multiple": False}],
}


def test_forms_of_all_kinds_after_what_a_job_has_made(sign_in: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    site.engine.deployments.deploy({"claim.bpmn": EXTRA.encode(), "proof.form": json.dumps(PROOF).encode()})
    photo = tmp_path / "photo.txt"
    photo.write_text("a broken vase")
    page = sign_in()
    page.goto("/tasks")
    expect(page.locator(".liveness.live")).to_be_visible()
    instance = site.engine.process_instances.start(key="claim", variables={"amount": 21}).id
    item(page, "Judge the claim").click()  # which came by itself
    expect(page.get_by_label("Amount")).to_have_value("42")
    page.get_by_role("tabpanel").get_by_role("button", name="Complete").click()
    expect(page.get_by_text("One field needs your attention.")).to_be_visible()
    page.get_by_text("Pay", exact=True).click()  # the field that lacks an answer is focused, and so open
    page.get_by_role("tabpanel").get_by_role("button", name="Complete").click()

    expect(page.get_by_role("heading", name="Prove it")).to_be_visible()
    drop(page.locator(".fjs-form-field-filepicker"), photo)
    expect(page.get_by_text("photo.txt")).to_be_visible()
    page.get_by_role("tabpanel").get_by_role("button", name="Complete").click()

    expect(page.get_by_role("heading", name="Go elsewhere")).to_be_visible()
    expect(page.get_by_role("link", name="Open example.org")).to_have_attribute("href", "https://example.org/form")
    page.get_by_role("tab", name="Details").click()
    expect(page.get_by_role("link", name="photo.txt")).to_be_visible()
    values = site.engine.queries.variables_of(instance)
    assert (values["amount"], values["verdict"]) == (42, "yes")
    page.get_by_role("button", name="Complete").first.click()
    expect(page.get_by_text("Done: “Go elsewhere”")).to_be_visible()
    page.goto(f"/instances/{instance}")
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()


def test_several_are_dated_weighed_and_given_back(sign_in: Callable[..., Page], site: Site) -> None:
    ids = [start(site.engine, number) for number in range(2)]
    for id in ids:
        site.engine.tasks.claim(int(id), "mary")
    page = sign_in()
    page.goto("/tasks")
    for number in range(2):
        page.get_by_role("checkbox", name="Select Approve invoice").nth(number).click()
    toolbar = page.get_by_role("toolbar", name="Selected tasks")
    more = toolbar.get_by_role("button", name="More for the selected tasks")

    def choose(action: str) -> None:
        more.click()
        page.get_by_role("menuitem", name=action).click()

    choose("Due…")
    page.get_by_role("button", name="In a week").click()
    expect(page.get_by_text("Due date set: 2 tasks")).to_be_visible()
    for number in range(2):
        page.get_by_role("checkbox", name="Select Approve invoice").nth(number).click()
    choose("Snooze…")
    page.get_by_role("button", name="Tomorrow").click()
    expect(page.get_by_text("Snoozed: 2 tasks")).to_be_visible()
    assert all(task.follow_up_at is not None for task in site.engine.queries.tasks.list())
    site.engine.tasks.update(int(ids[0]), follow_up_at=None)
    site.engine.tasks.update(int(ids[1]), follow_up_at=None)
    page.reload()
    for number in range(2):
        page.get_by_role("checkbox", name="Select Approve invoice").nth(number).click()
    choose("Priority…")
    page.get_by_role("button", name="Urgent").click()
    expect(page.get_by_text("Priority set: 2 tasks")).to_be_visible()
    assert {task.priority for task in site.engine.queries.tasks.list()} == {100}
    assert all(task.due_at is not None for task in site.engine.queries.tasks.list())
    for number in range(2):
        page.get_by_role("checkbox", name="Select Approve invoice").nth(number).click()
    toolbar.get_by_role("button", name="Clear").click()
    expect(toolbar).to_have_count(0)
    for number in range(2):
        page.get_by_role("checkbox", name="Select Approve invoice").nth(number).click()
    choose("Unclaim")
    expect(page.get_by_text("Given back: 2 tasks")).to_be_visible()
    expect(page.get_by_text("Nothing to do here")).to_be_visible()
    assert {task.assignee for task in site.engine.queries.tasks.list()} == {None}


def test_the_menu_offers_a_task_to_somebody_and_gives_it_back(sign_in: Callable[..., Page], site: Site) -> None:
    task = start(site.engine)
    site.engine.tasks.claim(int(task), "mary")
    page = sign_in()
    page.goto(f"/tasks?task={task}")
    more = page.get_by_role("button", name="More", exact=True)
    more.click()
    page.get_by_role("menuitem", name="Add a candidate…").click()
    page.get_by_role("combobox", name="Person").fill("john")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".chips")).to_contain_text("john")
    more.click()
    page.get_by_role("menuitem", name="Unclaim").click()
    expect(page.get_by_role("button", name="Claim")).to_be_visible()
    john = sign_in("john")
    john.goto(f"/tasks?task={task}")
    john.get_by_role("tab", name="Comments").click()
    john.get_by_role("textbox", name="Comment").fill("I do it")
    john.get_by_role("button", name="Comment", exact=True).click()
    john.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("john has this task since")).to_be_visible()
    page.get_by_role("tab", name="Comments").click()
    expect(page.get_by_role("list", name="Comments")).to_contain_text("I do it")


def test_the_diagram_shows_where_the_task_is(sign_in: Callable[..., Page], site: Site) -> None:
    task = start(site.engine)
    page = sign_in()
    page.goto(f"/tasks?task={task}")
    expect(page.get_by_label("Note")).to_be_visible()
    page.keyboard.press("5")
    expect(page.get_by_role("tab", name="Diagram")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".djs-element[data-element-id=approve]")).to_be_visible()
    assert violations(page) == []
    shoot(page, "tasks-diagram-light")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_filter_is_saved_used_changed_and_deleted(sign_in: Callable[..., Page], site: Site, look: str) -> None:
    ids = [start(site.engine, number) for number in range(3)]
    site.engine.tasks.claim(int(ids[0]), "mary")
    page = sign_in(look=look)
    page.goto("/tasks")
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Mine of invoices")
    page.get_by_label("Who has them").select_option("Whoever looks")
    page.get_by_label("Process").fill("invoice")
    assert violations(page) == []
    shoot(page, f"tasks-filter-{look}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Mine of invoices 1")).to_be_visible()
    expect(page.locator(".task-item")).to_have_count(1)
    page.get_by_role("link", name="Change the filter Mine of invoices").click()
    expect(page.get_by_label("Who has them")).to_have_value("me")
    page.get_by_label("Who has them").select_option("Nobody; offered to a group of whoever looks")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".task-item")).to_have_count(2)
    shoot(page, f"tasks-saved-{look}")
    page.get_by_role("link", name="Change the filter Mine of invoices").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_label("Reason").fill("Not used")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("link", name="My tasks")).to_be_visible()
    expect(page.get_by_role("link", name="Mine of invoices")).to_have_count(0)
    assert site.engine.queries.filters.list() == []


def test_filters_stand_in_the_order_that_they_are_given(sign_in: Callable[..., Page]) -> None:
    page = sign_in()
    for name, place in (("Apples", "2"), ("Pears", "1")):
        page.goto("/tasks/filter")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Place in the list").fill(place)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    saved = page.get_by_role("navigation", name="Lists of tasks").get_by_role("link", name=re.compile("Apples|Pears"))
    expect(saved).to_have_text(["Pears", "Apples"])
    page.get_by_role("link", name="Apples", exact=True).click()
    page.get_by_role("link", name="Change the filter Apples").click()
    expect(page.get_by_label("Place in the list")).to_have_value("2")
    page.get_by_label("Place in the list").fill("0")
    page.get_by_role("button", name="Save").click()
    expect(saved).to_have_text(["Apples", "Pears"])


@pytest.mark.parametrize("look", LOOKS)
def test_the_other_tasks_of_the_instance(sign_in: Callable[..., Page], site: Site, look: str) -> None:
    first = start(site.engine)
    site.engine.tasks.claim(int(first), "mary")
    page = sign_in(look=look)
    page.goto(f"/tasks?task={first}")
    page.get_by_role("tab", name="Related").click()
    expect(page.get_by_text("Nothing else has been asked of anybody so far.")).to_be_visible()
    site.engine.tasks.complete(int(first), {"note": "x"})
    (paying,) = site.engine.queries.tasks.list()
    page.goto(f"/tasks?filter=group&task={paying.id}")
    page.get_by_role("tab", name="Related").click()
    others = page.get_by_role("list", name="Other tasks of the instance").get_by_role("listitem")
    expect(others).to_have_count(1)
    expect(others).to_contain_text("You")
    assert violations(page) == []
    shoot(page, f"tasks-related-{look}")
    others.get_by_role("link", name="Approve invoice").click()
    expect(page.get_by_text("The values are those of then.")).to_be_visible()
    page.get_by_role("tab", name="Related").click()
    expect(others).to_contain_text("Open")
    page.keyboard.press("v")
    expect(page.get_by_role("tab", name="Details")).to_have_attribute("aria-selected", "true")


def test_overdue_filters_are_understood_by_the_server(sign_in: Callable[..., Page], site: Site) -> None:
    ids = [start(site.engine, number) for number in range(2)]
    site.engine.tasks.update(int(ids[0]), due_at=datetime.now(UTC) - timedelta(days=1))
    page = sign_in()
    page.goto("/tasks/filter")
    page.get_by_label("Name", exact=True).fill("Late")
    page.locator("label").filter(has_text=re.compile("^Due")).locator("select").select_option("Overdue")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".task-item")).to_have_count(1)
    expect(page.locator(".late").first).to_be_visible()
    with page.expect_response("**/api/v1/task/page") as answer:
        page.get_by_label("Order").select_option("Oldest first")
    assert [one["id"] for one in answer.value.json()["tasks"]] == [ids[0]]
    expect(page.locator(".task-item")).to_have_count(1)


@pytest.mark.parametrize("many", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_tasks_load_with_few_bytes_requests_and_statements(
    sign_in: Callable[..., Page], site: Site, watched: Watched, capsys: pytest.CaptureFixture[str], many: int
) -> None:
    with site.engine.database.write() as tx:
        now = datetime.now(UTC)
        tx.connection.execute(
            tables.user_task.insert(),
            [
                {
                    "id": 10**9 + number,
                    "name": f"Task {number}",
                    "priority": 50,
                    "state": "created",
                    "tenant_id": "",
                    "created_at": now - timedelta(seconds=number),
                }
                for number in range(many)
            ],
        )
    page = sign_in()
    watched.expected.append("ERR_FAILED")
    deafen(page)  # else it would be told to read again
    site.stop_jobs()  # the runner looks for jobs by itself, which is not what is counted
    loaded: list[Response] = []
    page.on("response", lambda response: loaded.extend([response]))
    with site.engine.database.count_statements() as counter:
        page.goto("/tasks?filter=all")
        expect(page.locator(".task-item")).to_have_count(50)
        expect(page.get_by_role("link", name="All open tasks 999+")).to_be_visible()
    scripts = [each for each in loaded if each.request.resource_type == "script"]
    size = sum(len(gzip.compress(each.body())) for each in scripts)
    asked = [each.url for each in loaded if each.request.resource_type == "fetch"]
    paint = page.wait_for_function(
        "() => performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)[0]"
    ).json_value()
    with capsys.disabled():
        print(f"\n{many} tasks: {size} bytes of script, {len(asked)} requests, {counter.count} statements,", end=" ")
        print(f"painted at {paint:.0f} ms")
    assert size < 120_000
    assert len(asked) <= 5, asked
    assert counter.count <= 35
    with site.engine.database.count_statements() as counter:
        page.goto("/tasks?filter=all&group=due&mode=table")
        expect(page.get_by_role("row", name="Task 49")).to_be_visible()
    assert counter.count <= 35


def test_who_is_only_a_candidate_gets_along(sign_in: Callable[..., Page], site: Site, watched: Watched) -> None:
    site.engine.people.create_user("eve", first_name="Eve", password=PASSWORD)
    site.engine.people.add_to_group("eve", "sales")
    task = start(site.engine)
    page = sign_in("eve")
    watched.expected.append("the server responded with a status of 403")
    page.goto("/tasks?filter=group")
    item(page).click()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("button", name="Complete").first).to_be_visible()
    for tab, shown in (
        ("Details", "Pizza & Co"),
        ("Comments", "No comments yet"),
        ("Attachments", "No attachments"),
        ("Diagram", "not see its process as a whole"),
        ("History", "The task was created"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).to_contain_text(shown)
    expect(page.locator(".liveness.live")).to_be_visible()
    page.get_by_role("tab", name="Form").click()
    page.get_by_label("Note").fill("Fine")
    page.get_by_role("tabpanel").get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", name="Prepare payment")).to_be_visible()
    assert site.engine.queries.historic_tasks.get(int(task)).assignee == "eve"
