"""Signing in, out and setting up: pages that work without JavaScript, in every look."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from baton.demo import add_demo, known_to_all
from tests.browser.conftest import LOOKS, Site, Watched, shoot, violations


@pytest.fixture
def options() -> Mapping[str, Any]:
    """A server for which one must sign in."""
    return {"auth": True}


@pytest.fixture
def demo(site: Site) -> Site:
    """The server with the people of the demo."""
    add_demo(site.engine)
    site.app.extensions["door"].people = known_to_all(site.engine)
    return site


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", ["/setup", "/login"])
def test_the_pages_are_accessible_in_every_look(
    site: Site, open_context: Callable[..., BrowserContext], path: str, look: str
) -> None:
    if path == "/login":
        add_demo(site.engine)
        site.app.extensions["door"].people = known_to_all(site.engine)
    page = open_context(look).new_page()
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert violations(page) == []
    shoot(page, f"{path[1:]}-{look}")


def test_without_javascript_one_sets_up_signs_out_and_in(
    site: Site, open_context: Callable[..., BrowserContext], watched: Watched
) -> None:
    watched.expected.append("400")
    page = open_context(java_script_enabled=False).new_page()
    page.goto("/login")
    expect(page).to_have_url(re.compile("/setup$"))
    page.get_by_label("Set-up key").fill(site.app.extensions["door"].key)
    page.get_by_label("User").fill("ada")
    page.get_by_label("Password at least").fill("enchantress")
    page.get_by_label("Password once more").fill("enchantress")
    page.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/(tasks)?$"))
    page.goto("/logout")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login$"))
    page.get_by_label("User").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("the password is wrong")


def test_who_is_not_signed_in_is_asked_to_and_goes_on(demo: Site, page: Page, watched: Watched) -> None:
    watched.expected.append("401")
    page.goto("/tasks")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Ftasks$"))
    page.get_by_role("button", name="Sandra Sales").click()
    expect(page).to_have_url(re.compile("/tasks"))
    expect(page.get_by_role("button", name="Sandra Sales")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/tasks?filter=all&search=a%26b%20%C3%BC", "/processes/invoice?tab=xml#top"])
def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(demo: Site, page: Page, path: str) -> None:
    page.goto(path)
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_role("button", name=re.compile("manager", re.IGNORECASE)).click()
    expect(page.get_by_role("navigation", name="Sections")).to_be_visible()
    assert page.url.removeprefix(demo.url).partition("#")[0] == path.partition("#")[0]


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(demo: Site, page: Page, next: str) -> None:
    page.goto(f"/login?next={quote(next)}")
    page.get_by_role("button", name=re.compile("manager", re.IGNORECASE)).click()
    expect(page.get_by_role("navigation", name="Sections")).to_be_visible()
    assert page.url.startswith(demo.url)


def test_a_session_that_ends_leaves_what_was_written(demo: Site, page: Page, watched: Watched) -> None:
    watched.expected.append("401")
    page.goto("/login?next=/tasks/filter")
    page.get_by_role("button", name=re.compile("Admin")).click()
    page.get_by_label("Name", exact=True).fill("What I was about to save")

    def end_first(route: Route) -> None:
        # Ended any sooner, the tab may hear of it from its stream, and the dialog comes before the click.
        demo.engine.credentials.end_sessions("admin")
        route.continue_()

    page.route("**/filter/create", end_first, times=1)
    page.get_by_role("button", name="Save").first.click()
    dialog = page.get_by_role("dialog", name="You are signed out")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    shoot(page, "signed-out")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in again").click()
    opened.value.get_by_role("button", name=re.compile("Admin")).click()
    expect(opened.value.get_by_role("navigation", name="Sections")).to_be_visible()
    opened.value.close()
    expect(dialog).not_to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("What I was about to save")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("link", name="What I was about to save", exact=True)).to_be_visible()


def test_a_tab_hears_that_its_session_has_ended(demo: Site, page: Page, watched: Watched) -> None:
    watched.expected.append("401")
    page.goto("/login?next=/tasks")
    page.get_by_role("button", name=re.compile("manager", re.IGNORECASE)).click()
    expect(page.locator("html[data-live=live]")).to_be_attached()
    demo.engine.credentials.end_sessions("manager")
    expect(page.get_by_role("dialog", name="You are signed out")).to_be_visible()
