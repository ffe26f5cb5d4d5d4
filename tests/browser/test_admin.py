"""Administration in a browser: people, groups, tenants, permissions, the audit log and the system page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from baton.demo import add_demo
from engine import Removal
from engine.authorization import Resource
from engine.services.credentials import TooManyFailures
from tests.browser.conftest import LOOKS, Site, Watched, shoot, violations
from tests.browser.people import signed_in

PARTS = ("users", "groups", "tenants", "authorizations", "sign-ins", "audit", "system")


SHORT = (
    b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    b'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="tests">'
    b'<process id="short" name="A short one" isExecutable="true" camunda:historyTimeToLive="30">'
    b'<startEvent id="s"/></process></definitions>'
)


@pytest.fixture
def options() -> Mapping[str, Any]:
    """A server for which one must sign in."""
    return {"auth": True}


@pytest.fixture
def admin(site: Site, open_context: Callable[..., BrowserContext]) -> Page:
    """A page on which the administrator of the demo is signed in."""
    add_demo(site.engine)
    return signed_in(open_context, site.url, "admin", password="admin")


def test_old_history_is_deleted_at_once(admin: Page, site: Site) -> None:
    site.stop_jobs()
    site.engine.deployments.deploy({"short.bpmn": SHORT})
    site.engine.process_instances.start(key="short")
    ended = site.engine.queries.historic_process_instances.list({"finished": True})
    site.engine.retention.set_removal_time([ended[0].id], Removal(datetime(2020, 1, 1, tzinfo=UTC)))
    while site.engine.dispatch.run_internal("baton:w", lease=timedelta(minutes=1), limit=100):
        pass
    admin.goto("/admin/system")
    old = admin.get_by_role("region", name="Old history")
    expect(old).to_contain_text("when somebody asks for it")
    row = old.get_by_role("row", name=ended[0].definition_name or ended[0].definition_key).first
    expect(row.get_by_role("cell").last).to_have_text("1")
    shoot(admin, "admin-old-history")
    old.get_by_role("button", name="Delete now").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete now").click()
    expect(admin.get_by_text("Old history is being deleted")).to_be_visible()
    while site.engine.dispatch.run_internal("baton:w", lease=timedelta(minutes=1), limit=100):
        pass
    admin.reload()
    expect(old).to_contain_text("1 process instances and 0 batches deleted")
    assert site.engine.queries.historic_process_instances.find(ended[0].id) is None


def test_a_user_is_made_put_into_a_group_and_deleted(admin: Page, site: Site) -> None:
    admin.goto("/admin/users")
    admin.get_by_role("button", name="New user").click()
    dialog = admin.get_by_role("dialog", name="New user")
    dialog.get_by_label("Id").fill("grace")
    dialog.get_by_label("First name").fill("Grace")
    dialog.get_by_label("Last name").fill("Hopper")
    dialog.get_by_label("Password").fill("Nanoseconds-are-11.8-inches")
    dialog.get_by_role("button", name="Make user").click()
    row = admin.get_by_role("row", name="Grace Hopper")
    expect(row).to_be_visible()

    row.get_by_role("button", name="Actions").click()
    admin.get_by_role("menuitem", name="Edit, groups").click()
    dialog = admin.get_by_role("dialog", name="User grace")
    dialog.get_by_label("Choose a group").select_option("accounting")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("button", name="Remove Accounting")).to_be_visible()
    assert [group.id for group in site.engine.people.groups_of("grace")] == ["accounting"]
    dialog.get_by_label("Mail").fill("grace@example.org")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("grace@example.org")

    site.engine.credentials.create_token("grace", "The robot")
    for password, revoking in (("Picoseconds-are-specks", False), ("Microseconds-are-984-feet", True)):
        row.get_by_role("button", name="Actions").click()
        admin.get_by_role("menuitem", name="Set a password").click()
        dialog = admin.get_by_role("dialog", name="Password of grace")
        dialog.get_by_label("Password", exact=False).first.fill(password)
        dialog.get_by_label("Delete their API tokens too").set_checked(revoking)
        dialog.get_by_role("button", name="Set the password").click()
        expect(dialog).to_have_count(0)
        assert len(site.engine.credentials.tokens("grace")) == (0 if revoking else 1)
    assert site.engine.credentials.check("grace", "Microseconds-are-984-feet") is not None

    row.get_by_role("button", name="Actions").click()
    admin.get_by_role("menuitem", name="Delete").click()
    question = admin.get_by_role("dialog", name="Delete Grace Hopper?")
    question.get_by_label("Reason").fill("left")
    question.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)

    admin.goto("/admin/audit")
    expect(admin.get_by_role("row", name="left")).to_contain_text("admin")


def test_who_mistyped_a_password_is_found_and_unlocked(admin: Page, site: Site) -> None:
    credentials = site.engine.credentials
    credentials.settings = replace(credentials.settings, first_wait=credentials.settings.longest_wait)
    assert credentials.check("sales", "wrong") is None
    with pytest.raises(TooManyFailures):
        credentials.check("sales", "sales")
    admin.goto("/admin/users")
    expect(admin.get_by_role("row")).to_have_count(5)
    admin.get_by_label("Search by name or id").fill("Sal")
    admin.get_by_label("Search by name or id").press("Enter")
    expect(admin.get_by_role("row")).to_have_count(2)
    admin.get_by_role("button", name="Actions for sales").click()
    admin.get_by_role("menuitem", name="Unlock").click()
    expect(admin.get_by_text("sales can try to sign in at once")).to_be_visible()
    assert credentials.check("sales", "sales") is not None


def test_an_id_that_is_taken_is_refused_in_words(admin: Page, watched: Watched) -> None:
    watched.expected.append("400")
    admin.goto("/admin/users")
    admin.get_by_role("button", name="New user").click()
    dialog = admin.get_by_role("dialog", name="New user")
    dialog.get_by_label("Id").fill("sales")
    dialog.get_by_label("Password").fill("Nanoseconds-are-11.8-inches")
    dialog.get_by_role("button", name="Make user").click()
    expect(admin.locator(".toast.bad")).to_contain_text("already exists")
    expect(dialog).to_be_visible()


def test_groups_and_tenants_are_made_and_filled(admin: Page) -> None:
    for part, thing in (("groups", "group"), ("tenants", "tenant")):
        admin.goto(f"/admin/{part}")
        admin.get_by_role("button", name=f"New {thing}").click()
        dialog = admin.get_by_role("dialog", name=f"New {thing}")
        dialog.get_by_label("Id").fill("north")
        dialog.get_by_label("Name", exact=True).fill("The north")
        dialog.get_by_role("button", name=f"Make {thing}").click()
        row = admin.get_by_role("row", name="The north")
        row.get_by_role("button", name="Actions").click()
        admin.get_by_role("menuitem", name="Edit, members").click()
        dialog = admin.get_by_role("dialog")
        dialog.get_by_label("Choose a user").select_option("sales")
        dialog.get_by_role("button", name="Add").first.click()
        expect(dialog.locator("li.pill")).to_have_count(1)
        dialog.locator("li.pill button").click()
        expect(dialog.locator("li.pill")).to_have_count(0)
        admin.keyboard.press("Escape")
        row.get_by_role("button", name="Actions").click()
        admin.get_by_role("menuitem", name="Delete").click()
        admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(row).to_have_count(0)


def test_a_permission_is_granted_changed_and_taken_away(admin: Page) -> None:
    admin.goto("/admin/authorizations?kind=13")
    admin.get_by_role("button", name="New permission").click()
    dialog = admin.get_by_role("dialog", name="New permission")
    dialog.get_by_label("Group id").fill("sales")
    dialog.get_by_label("read", exact=True).check()
    dialog.get_by_role("button", name="Save").click()
    row = admin.get_by_role("row", name="Group sales")
    expect(row).to_contain_text("read")
    row.get_by_role("button", name="Actions").click()
    admin.get_by_role("menuitem", name="Edit").click()
    dialog = admin.get_by_role("dialog", name="Permission")
    dialog.get_by_label("all", exact=True).check()
    dialog.get_by_role("button", name="Save").click()
    expect(row.locator(".pill")).to_have_text(["all"])
    row.get_by_role("button", name="Actions").click()
    admin.get_by_role("menuitem", name="Delete").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_it_is_told_what_somebody_may_do_and_why(admin: Page, site: Site) -> None:
    admin.goto("/admin/authorizations?kind=6")
    part = admin.get_by_role("region", name="Check access")
    part.get_by_label("User id").fill("sales")
    part.get_by_role("button", name="Check access").click()
    expect(part.get_by_text("sales is in the groups sales, warehouse")).to_be_visible()
    expect(part.get_by_role("row", name="read yes Group sales: read on process definition all")).to_be_visible()
    expect(part.get_by_role("row", name="delete no Nothing grants it")).to_be_visible()
    site.engine.authorizations.create(2, 6, ["READ"], resource_id="invoice", user_id="sales")
    part.get_by_label("Id of one process definition").fill("invoice")
    part.get_by_role("button", name="Check access").click()
    expect(part.get_by_text("For this user there is no such thing.")).to_be_visible()
    part.get_by_label("User id").fill("admin")
    part.get_by_label("Id of one process definition").fill("")
    part.get_by_role("button", name="Check access").click()
    expect(part.get_by_role("row", name="delete yes Administrators may do everything")).to_be_visible()
    assert violations(admin) == []


def test_an_unknown_user_has_no_access_to_tell_of(admin: Page, watched: Watched) -> None:
    watched.expected.append("404")
    admin.goto("/admin/authorizations")
    part = admin.get_by_role("region", name="Check access")
    part.get_by_label("User id").fill("nobody")
    part.get_by_label("User id").press("Enter")
    expect(part.get_by_role("alert")).to_contain_text("nobody")


def test_sessions_and_tokens_of_others_are_seen_and_ended(
    admin: Page, site: Site, open_context: Callable[..., BrowserContext]
) -> None:
    there = signed_in(open_context, site.url, "sales", password="sales")
    site.engine.credentials.create_token("sales", "The robot", read_only=True)
    site.engine.credentials.create_token("manager", "The other")
    admin.goto("/admin/sign-ins")
    browsers = admin.get_by_role("region", name="Browsers")
    tokens = admin.get_by_role("region", name="API tokens")
    expect(browsers.get_by_role("row", name="sales Chrome on Linux 127.0.0.1")).to_be_visible()
    expect(tokens.get_by_role("row", name="The robot")).to_contain_text("only read")
    expect(tokens.get_by_role("row", name="The other")).to_contain_text("all that manager may")
    assert violations(admin) == []
    shoot(admin, "admin-sign-ins-full")

    admin.get_by_label("User", exact=True).fill("sales")
    admin.get_by_label("User", exact=True).press("Enter")
    expect(tokens.get_by_role("row", name="The other")).to_have_count(0)
    tokens.get_by_role("button", name="Delete The robot of sales").click()
    question = admin.get_by_role("dialog", name="Delete the token")
    question.get_by_label("Reason").fill("It was found in a repository")
    question.get_by_role("button", name="Delete").click()
    expect(tokens.get_by_text("No tokens")).to_be_visible()
    assert list(site.engine.credentials.tokens("sales")) == []
    browsers.get_by_role("button", name="Sign out everywhere").click()
    admin.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(browsers.get_by_text("sales is in no browser")).to_be_visible()
    assert there.context.request.get(f"{site.url}/api/v1/session").status == 401

    admin.goto("/admin/audit?entity=Token")
    expect(admin.get_by_role("row", name="It was found in a repository").first).to_contain_text("Delete")


def test_what_a_user_comes_in_with_is_told_where_the_user_is_edited(admin: Page, site: Site) -> None:
    site.engine.credentials.create_token("sales", "The robot")
    admin.goto("/admin/users")
    admin.get_by_role("row", name="Sandra Sales").get_by_role("button", name="Actions").click()
    admin.get_by_role("menuitem", name="Edit, groups").click()
    part = admin.get_by_role("dialog", name="User sales").get_by_role("region", name="Signed in")
    expect(part).to_contain_text("In 0 browsers, with one API token.")
    assert violations(admin) == []
    shoot(admin, "admin-user")
    part.get_by_role("button", name="Delete all tokens").click()
    admin.get_by_role("dialog", name="Delete all tokens").get_by_role("button", name="Delete").click()
    expect(part).to_contain_text("with 0 API tokens")


def test_the_audit_log_is_filtered_and_saved(admin: Page, site: Site) -> None:
    admin.goto("/admin/groups")
    admin.get_by_role("button", name="New group").click()
    dialog = admin.get_by_role("dialog", name="New group")
    dialog.get_by_label("Id").fill("audited")
    dialog.get_by_label("Name", exact=True).fill("=1+1")
    dialog.get_by_role("button", name="Make group").click()
    expect(admin.get_by_role("row", name="audited")).to_be_visible()
    admin.goto("/admin/audit")
    expect(admin.get_by_role("row", name="Create Group").first).to_be_visible()
    admin.get_by_label("User").fill("nobody")
    admin.get_by_label("User").press("Enter")
    expect(admin.get_by_text("Nothing is noted here")).to_be_visible()
    admin.get_by_label("User").fill("admin")
    admin.get_by_label("User").press("Enter")
    expect(admin.get_by_role("row", name="Create Group").first).to_be_visible()
    for label, other, own in (("Kind of thing", "Task", "Group"), ("Operation", "Claim", "Create")):
        admin.get_by_label(label).fill(other)
        admin.get_by_label(label).press("Enter")
        expect(admin.get_by_text("Nothing is noted here")).to_be_visible()
        admin.get_by_label(label).fill(own)
        admin.get_by_label(label).press("Enter")
        expect(admin.get_by_role("row", name="Create Group").first).to_be_visible()
    admin.get_by_label("Since").fill("2090-01-01")
    expect(admin.get_by_text("Nothing is noted here")).to_be_visible()
    admin.get_by_label("Since").fill("")
    expect(admin.get_by_role("row", name="Create Group").first).to_be_visible()
    admin.get_by_role("button", name="Save the list").click()
    with admin.expect_download() as saved:
        admin.get_by_role("menuitem", name="As CSV").click()
    assert saved.value.suggested_filename == "audit.csv"
    text = saved.value.path().read_text()
    assert text.startswith("When,Who,Operation,Kind of thing,Property")
    assert "admin,Create,Group" in text


def test_lists_show_what_others_do(admin: Page, site: Site) -> None:
    people = site.engine.people
    admin.goto("/admin/users")
    expect(admin.get_by_role("row", name="sales")).to_be_visible()
    people.create_user("grace", first_name="Grace")
    admin.get_by_role("button", name="1 new").click()
    row = admin.get_by_role("row", name="Grace")
    row.get_by_role("button", name="Actions for grace").click()
    admin.get_by_role("menuitem", name="Edit, groups").click()
    people.add_to_group("grace", "sales")
    expect(admin.get_by_role("dialog").locator("li.pill")).to_have_count(1)
    admin.keyboard.press("Escape")
    people.update_user("grace", first_name="Grace", last_name="Hopper")
    expect(row).to_contain_text("Grace Hopper")
    people.delete_user("grace")
    expect(row).to_have_class(re.compile("gone"))
    expect(row.get_by_role("button")).to_have_count(0)
    admin.get_by_role("button", name="Show what there is now").click()
    expect(row).to_have_count(0)
    for part, make in (
        ("groups", lambda: people.create_group("north")),
        ("tenants", lambda: people.create_tenant("north")),
        ("authorizations?kind=11", lambda: site.engine.authorizations.grant(Resource.TENANT, "READ", group="north")),
    ):
        admin.goto(f"/admin/{part}")
        expect(admin.locator(".skeleton")).to_have_count(0)
        expect(admin.locator("html")).to_have_attribute("data-live", "live")
        make()
        expect(admin.get_by_text("1 new").or_(admin.get_by_role("row", name="north")).first).to_be_visible()
    admin.goto("/admin/sign-ins?user=sales")
    expect(admin.get_by_text("Nobody is signed in")).to_be_visible()
    site.engine.credentials.open_session("sales")
    expect(admin.get_by_role("region", name="Browsers").get_by_role("row", name="sales")).to_be_visible()


def test_who_is_no_administrator_is_told_so(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    add_demo(site.engine)
    page = signed_in(open_context, site.url, "sales", password="sales")
    page.goto("/")
    expect(page.get_by_role("navigation", name="Sections").get_by_role("link", name="Admin")).to_have_count(0)
    page.goto("/admin/users")
    expect(page.get_by_text("This is for administrators")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_how_it_looks(site: Site, open_context: Callable[..., BrowserContext], look: str) -> None:
    add_demo(site.engine)
    page = signed_in(open_context, site.url, "admin", look, password="admin")
    for part in PARTS:
        page.goto(f"/admin/{part}")
        expect(page.locator("section.stack").first).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
        assert violations(page) == [], part
        shoot(page, f"admin-{part}-{look}")
