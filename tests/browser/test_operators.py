"""Operators who sign in: what they do is written down with their reason, and who may not, cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Site, Watched
from tests.browser.operated import ORDER, PARCEL
from tests.browser.people import PASSWORD, add_people, signed_in


@pytest.fixture
def options() -> Mapping[str, Any]:
    """People must sign in."""
    return {"auth": True}


@pytest.fixture
def instance(site: Site) -> str:
    """An instance that waits at `check`, on a server with people."""
    add_people(site.engine)
    site.engine.people.create_user("eve", first_name="Eve", last_name="Stranger", password=PASSWORD)
    site.engine.deployments.deploy({"order.bpmn": ORDER.encode(), "parcel.bpmn": PARCEL.encode()}, name="first")
    return str(site.engine.process_instances.start(key="order", business_key="order-1").id)


def test_what_an_operator_does_is_written_down_with_the_reason(
    open_context: Callable[..., BrowserContext], site: Site, instance: str
) -> None:
    page = signed_in(open_context, site.url)
    page.goto(f"/instances/{instance}?tab=audit")
    expect(page.get_by_text("Nobody has done anything")).to_be_visible()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Cancel the instance").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("ordered twice")
    dialog.get_by_role("button", name="Cancel the instance").click()
    row = page.get_by_role("row").filter(has_text="ordered twice")
    expect(row).to_contain_text("mary")
    expect(row).to_contain_text("Delete")


def test_a_stranger_sees_nothing_and_is_told_so(
    open_context: Callable[..., BrowserContext], site: Site, instance: str, watched: Watched
) -> None:
    watched.expected.append("403")
    page = signed_in(open_context, site.url, "eve")
    page.goto("/processes")
    expect(page.get_by_text("Nothing is deployed yet")).to_be_visible()
    page.goto(f"/instances/{instance}")
    expect(page.get_by_role("alert")).to_contain_text("eve")
