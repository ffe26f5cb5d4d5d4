"""The bell: what others do with one's tasks is told at once, and those whom a comment names hear of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import LOOKS, Site, shoot, violations
from tests.browser.people import add_people, signed_in

GIVING = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <process id="given" name="Orders" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="approve"/>
    <userTask id="approve" name="Approve" camunda:assignee="mary"/>
  </process>
</definitions>"""


@pytest.fixture
def options() -> Mapping[str, Any]:
    """People must sign in."""
    return {"auth": True}


@pytest.mark.parametrize("look", LOOKS)
def test_who_is_mentioned_hears_of_it_at_once(
    open_context: Callable[..., BrowserContext], site: Site, look: str
) -> None:
    add_people(site.engine)
    task = site.engine.tasks.create(name="Check the order", owner="john", user="john")
    mary = signed_in(open_context, site.url, "mary", look)
    mary.goto("/start")
    expect(mary.get_by_role("button", name="News: nothing unread")).to_be_visible()

    john = signed_in(open_context, site.url, "john", look)
    john.goto(f"/tasks?task={task}&tab=comments")
    john.get_by_role("textbox", name="Comment").press_sequentially("Please look, @doe")
    people = john.get_by_role("listbox", name="People")
    expect(people.get_by_role("option")).to_have_count(2)
    shoot(john, f"mention-{look}")
    assert violations(john) == []
    john.keyboard.press("ArrowDown")
    expect(people.get_by_role("option", name="Mary Doe")).to_have_attribute("aria-selected", "true")
    john.keyboard.press("Enter")
    expect(john.get_by_role("textbox", name="Comment")).to_have_value("Please look, @mary ")
    john.keyboard.press("Control+Enter")
    expect(john.locator(".comments .mention")).to_have_text("@mary")
    expect(john.get_by_role("button", name="News: nothing unread")).to_be_visible()

    mary.get_by_role("button", name="News: 1 unread").click()
    site.engine.tasks.set_assignee(task, "mary", user="john")
    news = mary.get_by_role("region", name="News")
    expect(news.get_by_role("listitem")).to_have_count(2)
    expect(news.get_by_role("listitem").first).to_contain_text("john gave you Check the order")
    expect(news.get_by_role("listitem").last).to_contain_text("Please look, @mary")
    shoot(mary, f"news-{look}")
    assert violations(mary) == []

    site.engine.deployments.deploy({"given.bpmn": GIVING})
    for _ in range(3):
        site.engine.process_instances.start(key="given")
    expect(news.get_by_role("listitem")).to_have_count(3)
    expect(news.get_by_role("listitem").first).to_contain_text("Orders gave you 3 tasks · Approve")
    shoot(mary, f"news-given-{look}")
    news.get_by_role("button", name="Orders gave you").click()
    expect(mary).to_have_url(re.compile("filter=mine&task="))
    mary.get_by_role("button", name="News: 2 unread").click()
    news.get_by_role("button", name="mentions you").click()
    expect(mary).to_have_url(re.compile(f"task={task}&tab=comments"))
    expect(mary.locator(".comments .mention")).to_be_visible()
    mary.get_by_role("tab", name="Form").click()
    mary.get_by_role("button", name="News: 1 unread").click()
    news.get_by_role("button", name="mentions you").click()
    expect(mary.locator(".comments .mention")).to_be_visible()
    mary.get_by_role("button", name="News: 1 unread").click()
    mary.get_by_role("button", name="Mark all as read").click()
    expect(mary.get_by_role("button", name="News: nothing unread")).to_be_visible()
    mary.keyboard.press("Escape")
    expect(news).to_have_count(0)
