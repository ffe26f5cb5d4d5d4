"""The screens Incidents and Batches: groups, retry, notes; progress, suspension, the end of batches."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import LOOKS, Site, shoot, violations
from tests.browser.operated import Operated, operate


@pytest.fixture
def operated(site: Site) -> Operated:
    """Instances of `order` in all states, one of them with an incident."""
    return operate(site)


@pytest.mark.parametrize("look", LOOKS)
def test_incidents_in_every_look(open_context: Callable[..., BrowserContext], operated: Operated, look: str) -> None:
    page = open_context(look).new_page()
    page.goto("/incidents")
    page.get_by_role("button", name="missing", expanded=False).click()
    expect(page.get_by_role("link", name="Instance", exact=True)).to_have_attribute(
        "href", f"/instances/{operated.spread}"
    )
    shoot(page, f"incidents-{look}")
    assert violations(page) == []
    page.get_by_role("tab", name="One by one").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Instance", exact=True))
    expect(row).to_contain_text("missing")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Kind").click()
    page.keyboard.press("Escape")
    expect(row).to_contain_text("a job failed")
    shoot(page, f"incidents-each-{look}")
    assert violations(page) == []
    page.get_by_role("searchbox", name="Search").fill("nothing like it")
    expect(page.get_by_text("No incident here")).to_be_visible()


def test_a_group_is_retried_and_comes_back(page: Page, operated: Operated) -> None:
    page.goto("/incidents")
    page.get_by_role("button", name="Retry").click()
    dialog = page.get_by_role("dialog", name="Retry 1 incident?")
    dialog.get_by_role("button", name="Retry 1").click()
    expect(page.get_by_text("It is tried again")).to_be_visible()
    page.goto(f"/instances/{operated.spread}")
    expect(page.get_by_role("tabpanel", name="Timeline")).to_contain_text("2 failed attempts")
    page.goto("/incidents")
    expect(page.get_by_role("button", name="missing", expanded=False)).to_be_visible()


def test_one_incident_is_retried_once_its_cause_is_mended(page: Page, site: Site, operated: Operated) -> None:
    page.goto("/incidents")
    page.get_by_role("button", name="missing", expanded=False).click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Instance", exact=True))
    expect(row).to_have_count(1)
    site.engine.variables.set(int(operated.spread), {"missing": "found"})
    row.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("No incident is open")).to_be_visible()


@pytest.mark.usefixtures("operated")
def test_a_group_is_noted_and_found(page: Page) -> None:
    page.goto("/incidents")
    page.get_by_role("button", name="Note something about").click()
    dialog = page.get_by_role("dialog", name="Note about these incidents")
    dialog.get_by_label("Note").fill("Ada looks at it")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ada looks at it")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.get_by_text("No incident here")).to_be_visible()
    expect(page).to_have_url(re.compile("search=nothing"))


@pytest.mark.usefixtures("operated")
def test_how_it_failed_is_told(page: Page) -> None:
    page.goto("/incidents")
    page.get_by_role("button", name="missing", expanded=False).click()
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("dialog", name="What happened")).to_contain_text("missing")


def test_no_incident_is_open(page: Page) -> None:
    page.goto("/incidents")
    expect(page.get_by_text("No incident is open")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_batches_in_every_look(open_context: Callable[..., BrowserContext], operated: Operated, look: str) -> None:
    batch = operated.post(
        "/process-instance/suspended-async", {"processInstanceIds": operated.waiting, "suspended": True}
    )
    page = open_context(look).new_page()
    page.goto("/batches?tab=ended")
    expect(page.get_by_role("cell", name="Suspend or activate instances")).to_contain_text(batch["id"])
    shoot(page, f"batches-{look}")
    assert violations(page) == []
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No batch has ended yet")).to_be_visible()


def test_what_has_failed_of_a_batch_is_retried(page: Page, operated: Operated) -> None:
    (instance, *_) = operated.waiting
    operated.post("/process-instance/message-async", {"processInstanceIds": [instance], "messageName": "paid"})
    page.goto("/batches")
    expect(page.get_by_text("1 failed")).to_be_visible()
    (task,) = operated.get("/task", processInstanceId=instance)
    operated.post(f"/task/{task['id']}/complete")  # now it waits for the message
    page.get_by_role("button", name="Retry failed").click()
    expect(page.get_by_text("What failed is tried again")).to_be_visible()
    expect(page.get_by_text("No batch runs")).to_be_visible()


def test_a_batch_rests_goes_on_and_is_ended(page: Page, site: Site, operated: Operated) -> None:
    site.stop_jobs()
    operated.post("/process-instance/suspended-async", {"processInstanceIds": operated.waiting, "suspended": True})
    page.goto("/batches")
    expect(page.get_by_role("heading", name="Suspend or activate instances")).to_be_visible()
    page.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Suspended", exact=True)).to_be_visible()
    shoot(page, "batch-light")
    assert violations(page) == []
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Running", exact=True).last).to_be_visible()
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(page.get_by_text("No batch runs")).to_be_visible()
