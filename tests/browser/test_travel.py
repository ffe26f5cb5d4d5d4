"""Back in time on the screen Instance, and forks that begin from there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from engine.values import JsonValue
from tests.browser.conftest import FROM_NO_DATABASE, LOOKS, Site, shoot, violations
from tests.browser.operated import Operated, operate


@pytest.fixture
def operated(site: Site) -> Operated:
    """Instances of `order` in all states."""
    return operate(site)


def _open(page: Page, id: str) -> None:
    page.goto(f"/instances/{id}")
    expect(page.locator(".djs-shape[data-element-id=check]")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_the_past_in_every_look(
    open_context: Callable[..., BrowserContext], site: Site, operated: Operated, look: str
) -> None:
    site.engine.variables.set(int(operated.waiting[0]), {"amount": JsonValue.of({"of": "Ada", "cents": 2})})
    page = open_context(look).new_page()
    _open(page, operated.spread)
    page.get_by_role("button", name="Back in time").click()
    slider = page.get_by_role("slider", name="Moment in the history")
    was = page.get_by_role("region", name="What it was")
    expect(was).to_contain_text("Wait for the payment")
    page.get_by_role("button", name="The first moment").click()
    expect(slider).to_have_value("1")
    slider.press("ArrowRight")
    expect(was).to_contain_text("Ended at this moment")
    expect(page.locator("[data-element-id=f3].mark-done")).to_have_count(1)
    shoot(page, f"travel-{look}")
    assert violations(page) == []
    page.goto(f"/instances/{operated.waiting[0]}?at=last")
    changed = page.get_by_role("region", name="Variables at this moment").get_by_role("row").filter(has_text="Changed")
    expect(changed.locator(".diff .added").filter(has_text="Ada")).to_be_visible()
    assert violations(page) == []


def test_an_instance_as_it_was_is_forked(page: Page, operated: Operated) -> None:
    _open(page, operated.spread)
    page.keyboard.press("h")
    slider = page.get_by_role("slider", name="Moment in the history")
    expect(slider).not_to_have_value("1")
    slider.press("Home")
    was, variables = (page.get_by_role("region", name=name) for name in ("What it was", "Variables at this moment"))
    expect(was).to_contain_text("Check the order")
    expect(was).not_to_contain_text("Wait for the payment")
    expect(page.get_by_role("status").filter(has_text="Moment 1 of")).to_contain_text("2 began, 1 ended")
    expect(variables.get_by_role("row").filter(has_text="amount")).to_contain_text("New")
    expect(page.locator("[data-element-id=f3].mark-done")).to_have_count(0)
    expect(page.locator("[data-element-id=check].mark-current")).to_have_count(1)
    page.get_by_role("button", name="Fork from here").click()
    dialog = page.get_by_role("dialog", name="Fork from this moment")
    expect(dialog.get_by_role("status")).to_contain_text("with Check the order")
    dialog.get_by_label("Variables to set otherwise").fill('{"amount": 5}')
    dialog.get_by_label("Reason").fill("What if it were less")
    expect(dialog.get_by_role("button", name="Fork", exact=True)).to_be_enabled()
    shoot(page, "fork-light")
    assert violations(page) == []
    dialog.get_by_role("button", name="Fork", exact=True).click()
    origin = page.get_by_role("link", name=f"instance {operated.spread} as it was")
    expect(origin).to_be_visible()
    made = page.url.rpartition("/")[2]
    assert operated.get(f"/process-instance/{made}/variables")["amount"]["value"] == 5
    origin.click()
    expect(slider).to_have_value("1")
    page.get_by_text("1 fork", exact=True).click()
    expect(page.get_by_role("link", name="order-spread")).to_have_attribute("href", f"/instances/{made}")
    page.get_by_role("button", name="Back to now").click()
    expect(page.get_by_role("region", name="What it waits for")).to_be_visible()


@FROM_NO_DATABASE
def test_what_cannot_be_forked_is_told(page: Page, operated: Operated) -> None:
    _open(page, operated.ended)
    page.get_by_role("button", name="Back in time").click()
    expect(page.get_by_role("region", name="What it was")).to_contain_text("Nothing was active")
    page.get_by_role("button", name="Fork from here").click()
    dialog = page.get_by_role("dialog", name="Fork from this moment")
    expect(dialog).to_contain_text("nothing was active then")
    expect(dialog.get_by_role("button", name="Fork", exact=True)).to_be_disabled()
