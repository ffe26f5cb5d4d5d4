"""The frame around every screen: parts, keys, the palette, and pages that are not there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import FROM_NO_DATABASE, LOOKS, Site, Watched, shoot, violations
from tests.browser.operated import operate


@pytest.mark.parametrize("look", LOOKS)
@FROM_NO_DATABASE
def test_the_parts_are_accessible_in_every_look(open_context: Callable[..., BrowserContext], look: str) -> None:
    page = open_context(look).new_page()
    page.goto("/kit")
    expect(page.get_by_role("heading", name="Parts")).to_be_visible()
    assert violations(page) == []
    shoot(page, f"kit-{look}")


@FROM_NO_DATABASE
def test_question_mark_shows_the_keys(page: Page) -> None:
    page.goto("/kit")
    expect(page.get_by_role("heading", name="Parts")).to_be_visible()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Go to Tasks")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@FROM_NO_DATABASE
def test_the_palette_goes_to_a_page(page: Page) -> None:
    page.goto("/kit")
    expect(page.get_by_role("heading", name="Parts")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("task")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/tasks$"))


def test_the_palette_finds_tasks_processes_and_instances(page: Page, site: Site) -> None:
    operated = operate(site)
    for text, hit, address in (
        ("order-spr", "order-spread", f"/instances/{operated.spread}$"),
        (operated.ended, "order-ended", f"/instances/{operated.ended}$"),
        ("parc", "Parcel Process", "/processes/parcel$"),
        ("orde", "Start Order", "/start"),
        ("check", "Check the order", "task="),
    ):
        page.goto("/kit")
        expect(page.get_by_role("heading", name="Parts")).to_be_visible()
        page.keyboard.press("Control+k")
        page.get_by_role("combobox").fill(text)
        page.get_by_role("option", name=hit).first.click()
        expect(page).to_have_url(re.compile(address))
    page.goto("/kit")
    expect(page.get_by_role("heading", name="Parts")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill(operated.ended)
    page.keyboard.press("Enter")  # before it is found
    expect(page).to_have_url(re.compile(f"/instances/{operated.ended}$"))


@FROM_NO_DATABASE
def test_an_address_that_leads_nowhere_says_so(page: Page) -> None:
    page.goto("/admin/there/is/no/such/page")
    expect(page.get_by_text("There is no such page")).to_be_visible()


@FROM_NO_DATABASE
def test_a_fault_of_the_page_itself_is_told_in_words(page: Page, watched: Watched) -> None:
    watched.expected.append("a fault")
    page.goto("/kit")
    expect(page.get_by_role("heading", name="Parts")).to_be_visible()
    page.evaluate("() => void Promise.reject(new Error('a fault'))")
    expect(page.get_by_text("Something went wrong on this page: a fault")).to_be_visible()


@FROM_NO_DATABASE
def test_a_part_that_cannot_be_loaded_says_what_to_do(page: Page, watched: Watched) -> None:
    watched.expected.extend(["ERR_FAILED", "dynamically imported"])
    page.goto("/kit")
    expect(page.get_by_role("heading", name="Parts")).to_be_visible()
    page.route("**/assets/*.js", lambda route: route.abort())
    page.get_by_role("link", name="Modeler").click()
    expect(page.get_by_role("heading", name="This page has failed")).to_be_visible()
    expect(page.get_by_role("button", name="Load again")).to_be_visible()
