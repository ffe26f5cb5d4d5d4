"""The screen Account: profile, password, sessions, tokens, preferences."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import FROM_NO_DATABASE, LOOKS, Site, Watched, shoot, violations
from tests.browser.people import PASSWORD, add_people, signed_in


@pytest.fixture
def options() -> Mapping[str, Any]:
    """People must sign in."""
    return {"auth": True}


@pytest.fixture
def site(site: Site) -> Site:
    """The server with people."""
    add_people(site.engine)
    return site


@pytest.fixture
def page(open_context: Callable[..., BrowserContext], site: Site) -> Page:
    """A page of Mary's browser."""
    return signed_in(open_context, site.url)


@pytest.mark.parametrize("look", LOOKS)
def test_the_account_in_every_look(open_context: Callable[..., BrowserContext], site: Site, look: str) -> None:
    page = signed_in(open_context, site.url, look=look)
    page.goto("/account")
    expect(page.get_by_text("This browser", exact=True)).to_be_visible()
    expect(page.get_by_text("No tokens")).to_be_visible()
    shown = page.get_by_role("button", name="Account: Mary Doe")
    expect(shown.get_by_text("MD", exact=True)).to_be_visible()
    assert violations(page) == []
    shoot(page, f"account-{look}")


@FROM_NO_DATABASE
def test_the_bar_has_room_for_all_sections(page: Page) -> None:
    page.goto("/account")
    name = page.get_by_role("button", name="Account: Mary Doe").locator(".signed-in-name")
    for width, room in ((1680, True), (1440, False), (1280, False), (1024, False), (920, False)):
        page.set_viewport_size({"width": width, "height": 600})
        page.wait_for_function("width => innerWidth === width", arg=width)
        expect(name).to_be_visible(visible=room)
        cut = "sections => sections.scrollWidth - sections.clientWidth"
        assert page.get_by_role("navigation", name="Sections").evaluate(cut) == 0, width


def test_the_profile_is_changed(page: Page, site: Site) -> None:
    page.goto("/account")
    page.get_by_label("First name").fill("Marianne")
    page.get_by_label("Email").fill("mary@example.org")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    user = site.engine.people.user("mary")
    assert (user.first_name, user.last_name, user.email) == ("Marianne", "Doe", "mary@example.org")
    expect(page.get_by_role("button", name="Account: Marianne Doe")).to_be_visible()


def change_password(page: Page, old: str) -> None:
    """Fills in the form and sends it."""
    page.goto("/account")
    page.get_by_label("Old password").fill(old)
    page.get_by_label("New password", exact=True).fill("staple battery horse")
    page.get_by_label("New password again").fill("something else")
    expect(page.get_by_text("The two differ")).to_be_visible()
    page.get_by_label("New password again").fill("staple battery horse")
    page.get_by_role("button", name="Change the password").click()


def test_the_password_is_changed_by_who_knows_it(
    page: Page, open_context: Callable[..., BrowserContext], site: Site
) -> None:
    change_password(page, PASSWORD)
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    signed_in(open_context, site.url, password="staple battery horse")


def test_the_password_is_not_changed_by_others(page: Page, watched: Watched) -> None:
    watched.expected.append("the server responded with a status of 40")
    change_password(page, "wrong")
    expect(page.locator(".toast.bad")).to_be_visible()


def test_other_browsers_are_signed_out(page: Page, open_context: Callable[..., BrowserContext], site: Site) -> None:
    others = [signed_in(open_context, site.url) for _ in range(2)]
    page.goto("/account")
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_have_count(2)
    page.get_by_role("button", name="Sign out everywhere else").click()
    page.get_by_role("button", name="Sign out there").click()
    expect(page.get_by_text("Signed out everywhere else")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_have_count(0)
    assert all(other.context.request.get(f"{site.url}/api/v1/session").status == 401 for other in others)


def test_tokens_are_made_shown_once_and_deleted(page: Page, site: Site) -> None:
    page.goto("/account")
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("The worker")
    dialog.get_by_label("Only for reading").check()
    dialog.get_by_role("button", name="Make it").click()
    token = page.locator("code.token").inner_text()
    answer = page.context.request.get(
        f"{site.url}/engine-rest/task/count", headers={"Authorization": f"Bearer {token}", "Cookie": ""}
    )
    assert answer.status == 200
    assert violations(page) == []
    page.get_by_role("button", name="I have it").click()
    page.reload()
    expect(page.get_by_text("The worker")).to_be_visible()
    expect(page.locator("code.token")).to_have_count(0)
    page.get_by_role("button", name="Delete The worker").click()
    page.get_by_label("Reason").fill("It is not used")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No tokens")).to_be_visible()


def test_the_menu_of_the_account_copies_the_last_change_turns_keys_off_and_signs_out(page: Page) -> None:
    page.goto("/account")
    page.get_by_label("First name").fill("Marianne")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()

    def choose(action: str) -> None:
        page.get_by_role("button", name="Account: Marianne Doe").click()
        page.get_by_role("menuitem", name=action).click()

    choose("Copy the last change as curl")
    expect(page.get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl ")
    assert "Marianne" in copied
    choose("Turn single-letter keys off")
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    choose("Turn single-letter keys on")
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")

    def answer_late(route: Route) -> None:
        answer = route.fetch()
        expect(page.locator("html[data-live=polling]")).to_be_attached()  # its stream has ended, as has the session
        page.evaluate("new Promise((done) => setTimeout(done, 1500))")  # it would read again by now, and be refused
        route.fulfill(response=answer)

    page.route("**/api/v1/session", answer_late)
    choose("Sign out")
    expect(page).to_have_url(re.compile("/login"))


def test_what_one_likes_is_kept_in_this_browser(page: Page) -> None:
    page.goto("/account")
    page.get_by_label("Colours").select_option("Dark")
    page.get_by_label("Lists").select_option("Compact")
    page.get_by_label("Open the next task").uncheck()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    expect(page.get_by_label("Open the next task")).not_to_be_checked()
    page.get_by_role("button", name="As at the beginning").click()
    expect(page.get_by_label("Open the next task")).to_be_checked()
