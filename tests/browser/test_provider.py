"""Signing in with an identity provider, as the browser goes: away to the provider, and back to where one wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.api.issuer import CLIENT, SECRET, Issuer, issuing
from tests.browser.conftest import Site, Watched, shoot, violations


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture
def options(issuer: Issuer) -> Mapping[str, Any]:
    """A server that knows the provider, and has an administrator of its own."""
    return {
        "auth": True,
        "admin_user": "root",
        "admin_password": "An-Uncommon-Passw0rd",
        "oidc_issuer": issuer.url,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_name": "Example Ltd",
    }


def test_the_provider_lets_one_in_to_where_one_wanted(site: Site, page: Page) -> None:
    page.goto("/account")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    assert violations(page) == []
    shoot(page, "login-provider")
    page.get_by_role("link", name="Example Ltd").click()
    expect(page).to_have_url(re.compile("/account$"))
    expect(page.get_by_label("First name")).to_have_value("Ada")
    page.goto("/logout")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login"))


def test_whom_the_provider_refuses_is_told_in_words(
    site: Site, issuer: Issuer, open_context: Callable[..., BrowserContext], watched: Watched
) -> None:
    watched.expected.append("400")
    issuer.refusal = "Ada is on leave"
    page = open_context().new_page()
    page.goto("/login?next=/tasks")
    page.get_by_role("link", name="Example Ltd").click()
    expect(page.get_by_role("alert")).to_contain_text("Ada is on leave")
    issuer.refusal = None
    page.get_by_role("link", name="Example Ltd").click()
    expect(page).to_have_url(re.compile("/tasks"))
