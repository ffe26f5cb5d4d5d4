"""The screen Instance: where it is, what it waits for, what happened, and all that operators do to it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from engine.authorization import Actor
from tests.browser.conftest import LOOKS, Site, Watched, shoot, violations
from tests.browser.operated import SECOND, Operated, operate


@pytest.fixture
def operated(site: Site) -> Operated:
    """Instances of `order` in all states."""
    return operate(site)


def _open(page: Page, id: str, rest: str = "") -> None:
    page.goto(f"/instances/{id}{rest}")
    expect(page.locator(".djs-shape[data-element-id=check]")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_an_instance_in_every_look(open_context: Callable[..., BrowserContext], operated: Operated, look: str) -> None:
    page = open_context(look).new_page()
    _open(page, operated.spread)
    waiting = page.get_by_role("region", name="What it waits for")
    expect(waiting).to_contain_text("the message paid")
    expect(waiting).to_contain_text(re.compile("the time: in 1[34] d"))  # rounded: 14 in the first half of a second
    expect(waiting).to_contain_text("what it called to end")
    expect(waiting).to_contain_text("the job has failed")
    expect(page.locator("[data-element-id=f3].mark-done")).to_have_count(1)
    expect(page.locator("[data-element-id=f7].mark-done")).to_have_count(0)
    shoot(page, f"instance-{look}")
    assert violations(page) == []


def test_the_tabs_of_an_instance(page: Page, site: Site, operated: Operated) -> None:
    mary = site.engine.in_the_name_of(Actor("mary", administrator=True, reason="she said so"))
    mary.variables.set(int(operated.spread), {"checked": True})
    _open(page, operated.spread)
    for tab, text in (
        ("Timeline", "Check the order"),
        ("Timeline", "not begun, 1 failed attempt"),
        ("Variables", "amount"),
        ("Jobs", "Pack"),
        ("User tasks", "Check the order"),
        ("Incidents", "missing"),
        ("Messages", "paid"),
        ("Called instances", "Parcel"),
        ("Audit", "she said so"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).to_contain_text(text)
        assert violations(page) == []
        shoot(page, f"instance-{tab.lower().replace(' ', '-')}-light")


def test_jobs_are_put_off_suspended_and_deleted(page: Page, operated: Operated) -> None:
    _open(page, operated.spread, "?tab=jobs")
    row = page.get_by_role("row").filter(has_text="Two weeks")
    more = row.get_by_role("button", name="More for this job")
    more.click()
    row.get_by_role("menuitem", name="Set when it is due").click()
    page.get_by_label("Due", exact=False).last.fill("2090-01-01T12:00:00")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(row.get_by_role("cell").nth(2)).to_contain_text("years")
    more.click()
    row.get_by_role("menuitem", name="Suspend").click()
    expect(row).to_contain_text("Suspended")
    page.get_by_role("row").filter(has_text="Pack").get_by_role("button", name="missing").click()
    expect(page.get_by_role("dialog", name="How it failed")).to_contain_text("missing")
    page.keyboard.press("Escape")
    more.click()
    row.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert len(operated.get("/job", processInstanceId=operated.spread)) == 1


def test_a_failed_job_is_retried_once_its_cause_is_mended(page: Page, site: Site, operated: Operated) -> None:
    _open(page, operated.spread, "?tab=jobs")
    waiting = page.get_by_role("region", name="What it waits for")
    expect(waiting).to_contain_text("the job has failed")
    site.engine.variables.set(int(operated.spread), {"missing": "found"})
    row = page.locator("tr:not(.gone)").filter(has_text="Pack")
    row.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("It is tried again")).to_be_visible()
    expect(waiting).to_contain_text("the other branches")
    expect(waiting).not_to_contain_text("the job has failed")
    expect(row).to_have_count(0)


def test_a_message_is_sent_from_its_tab_and_the_link_is_copied(page: Page, operated: Operated) -> None:
    _open(page, operated.spread, "?tab=messages")
    page.get_by_role("row").filter(has_text="Wait for the payment").get_by_role("button", name="Send").click()
    page.get_by_role("dialog", name="Send a message").get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("It waits for no message")).to_be_visible()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Copy the link").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/instances/{operated.spread}?tab=messages")
    page.get_by_role("button", name="Modify").click()
    page.get_by_role("button", name="Leave without a change").click()
    expect(page.get_by_role("region", name="What it waits for")).to_be_visible()


def test_an_ended_instance_is_started_again(page: Page, operated: Operated) -> None:
    _open(page, operated.ended)
    expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Restart").click()
    dialog = page.get_by_role("dialog", name="Start this instance again")
    dialog.get_by_label("Begin before").select_option("check")
    dialog.get_by_role("button", name="Start again").click()
    expect(page.get_by_text("Started again")).to_be_visible()
    assert len(operated.get("/process-instance", businessKey="order-ended")) == 1


def test_variables_are_changed_added_and_deleted(page: Page, operated: Operated) -> None:
    (id, *_) = operated.waiting
    _open(page, id, "?tab=variables")
    page.get_by_role("button", name="Change amount").click()
    dialog = page.get_by_role("dialog", name="Change amount")
    dialog.get_by_label("Value").fill("many")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("Value").fill("200")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="200")).to_be_visible()
    page.get_by_role("button", name="What amount was before").click()
    expect(page.get_by_role("dialog").get_by_role("cell", name="100")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add").click()
    dialog = page.get_by_role("dialog", name="Add a variable")
    dialog.get_by_label("Name").fill("order")
    dialog.get_by_label("Type").select_option("Json")
    dialog.get_by_label("Value").fill('{"lines": [1, 2]}')
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="order", exact=True)).to_be_visible()
    page.get_by_role("button", name="Change order").click()
    page.get_by_role("dialog", name="Change order").get_by_label("Value").fill('{"lines": [1, 3]}')
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_role("button", name="What order was before").click()
    changed = page.get_by_role("dialog").locator(".diff")
    expect(changed.locator(".removed")).to_have_text(re.compile("-     2"))
    expect(changed.locator(".added")).to_have_text(re.compile(r"\+     3"))
    assert violations(page) == []
    shoot(page, "variable-changes-light")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete amount").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("cell", name="amount")).to_have_count(0)
    assert sorted(operated.get(f"/process-instance/{id}/variables")) == ["order"]


def test_tokens_are_moved_by_hand(page: Page, operated: Operated) -> None:
    (id, *_) = operated.waiting
    _open(page, id)
    page.keyboard.press("m")
    panel = page.get_by_role("region", name="Modify")
    page.locator(".djs-shape[data-element-id=check]").click()
    panel.get_by_role("button", name="Cancel all here").click()
    page.locator(".djs-shape[data-element-id=remind]").click()
    panel.get_by_role("button", name="Start before").click()
    told = panel.get_by_role("region", name="What would happen")
    expect(told).to_contain_text("Check the order is cancelled")
    expect(told).to_contain_text("Remind begins")
    panel.get_by_label("Reason").fill("it is late")
    shoot(page, "modify-light")
    assert violations(page) == []
    panel.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The instance is modified")).to_be_visible()
    expect(page.get_by_role("region", name="What it waits for")).to_contain_text("somebody of accounting")
    (task,) = operated.get("/task", processInstanceId=id)
    assert task["taskDefinitionKey"] == "remind"


def test_what_a_modification_would_do_is_told_by_the_keys(page: Page, operated: Operated) -> None:
    (id, *_) = operated.waiting
    _open(page, id)
    page.keyboard.press("m")
    panel = page.get_by_role("region", name="Modify")
    page.locator(".djs-connection[data-element-id=f3] .djs-hit").first.dispatch_event("click")
    expect(panel).to_contain_text("On the flow from fork to Wait for the payment")
    page.get_by_role("button", name="Elements as a list").click()
    page.get_by_role("row").filter(has_text="Check the order").get_by_role("button").click()
    page.keyboard.press("Delete")
    expect(panel.get_by_role("region", name="What would happen")).to_contain_text("The instance would end")
    panel.get_by_role("button", name="Take back: Cancel all at Check the order").click()
    panel.get_by_role("button", name="Move").click()
    page.get_by_role("row").filter(has_text="Pack").get_by_role("button").click()
    expect(panel).to_contain_text("Cancel all at Check the order")
    expect(panel.get_by_role("region", name="What would happen")).to_contain_text("Pack begins")
    panel.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The instance is modified")).to_be_visible()
    assert [job["activityId"] for job in operated.get("/history/activity-instance", processInstanceId=id)].count(
        "check"
    ) == 1


def test_what_is_waited_for_comes_by_hand(page: Page, operated: Operated) -> None:
    _open(page, operated.spread)
    waiting = page.get_by_role("region", name="What it waits for")
    timer = waiting.get_by_role("listitem").filter(has_text="Two weeks")
    timer.get_by_role("button", name="Do it now").click()
    expect(waiting).to_contain_text("somebody of accounting")
    waiting.get_by_role("button", name="Send it").click()
    dialog = page.get_by_role("dialog", name="Send a message")
    dialog.get_by_label("Variables").fill('{"payment": 100}')
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(waiting).to_contain_text("the other branches")
    assert operated.get(f"/process-instance/{operated.spread}/variables/payment")["value"] == 100


def test_an_instance_is_suspended_undone_and_cancelled(page: Page, site: Site, operated: Operated) -> None:
    (id, *_) = operated.waiting
    _open(page, id)
    page.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Suspended", exact=True)).to_be_visible()
    page.get_by_role("button", name="Copy as curl").first.click()
    expect(page.get_by_text(f"Copied PUT /engine-rest/process-instance/{id}")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert f"/engine-rest/process-instance/{id}/suspended" in copied
    assert copied.startswith("curl -X PUT")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Running", exact=True)).to_be_visible()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Cancel the instance").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the instance").click()
    expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
    assert site.engine.queries.process_instances.find(int(id)) is None
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete the history").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Order")).to_be_visible()


def test_one_instance_is_migrated(page: Page, site: Site, operated: Operated) -> None:
    site.engine.deployments.deploy({"order.bpmn": SECOND.encode()}, name="second")
    (id, *_) = operated.waiting
    _open(page, id)
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Migrate to another version").click()
    page.get_by_role("dialog").get_by_role("button", name="Migrate now").click()
    expect(page.get_by_text("Migrated to version 2")).to_be_visible()
    expect(page.get_by_role("link", name="Order · version 2")).to_be_visible()


def test_a_change_by_somebody_else_is_seen(page: Page, operated: Operated) -> None:
    (id, *_) = operated.waiting
    _open(page, id)
    (task,) = operated.get("/task", processInstanceId=id)
    operated.post(f"/task/{task['id']}/complete")
    expect(page.get_by_role("region", name="What it waits for")).to_contain_text("the message paid")


def test_an_instance_that_is_not_there(page: Page, watched: Watched) -> None:
    watched.expected.append("404")
    page.goto("/instances/17")
    expect(page.get_by_text("There is no instance 17")).to_be_visible()
