"""The diagram: drawn and laid out, badges, marks, heat, the same as a table, keys, export."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import LOOKS, shoot, violations


def _open(page: Page) -> None:
    page.goto("/kit")
    expect(page.locator(".djs-shape[data-element-id=check]")).to_be_visible()
    page.locator(".diagram").scroll_into_view_if_needed()


@pytest.mark.parametrize("look", LOOKS)
def test_a_diagram_is_readable_in_every_look(open_context: Callable[..., BrowserContext], look: str) -> None:
    page = open_context(look).new_page()
    _open(page)
    shoot(page, f"diagram-{look}")
    expect(page.get_by_title("Powered by bpmn.io")).to_be_in_viewport()
    page.get_by_role("button", name="Heat").click()
    expect(page.locator(".diagram-heat ellipse")).to_have_count(4)
    shoot(page, f"diagram-heat-{look}")
    assert violations(page) == []


def test_elements_that_are_drawn_nowhere_have_their_places(page: Page) -> None:
    _open(page)
    for element in ("received", "check", "late", "remind", "good", "deliver", "pack", "send", "done", "remark"):
        expect(page.locator(f".djs-shape[data-element-id={element}]")).to_have_count(1)
    left, right = (page.locator(f".djs-shape[data-element-id={id}]").bounding_box() for id in ("check", "deliver"))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] < right["x"]


def test_an_element_is_chosen_and_what_it_calls_is_opened(page: Page) -> None:
    _open(page)
    page.locator(".djs-shape[data-element-id=check]").click()
    expect(page.locator(".djs-shape[data-element-id=check]")).to_contain_class("mark-chosen")
    page.get_by_role("button", name="Open what this calls").click()
    expect(page.get_by_text("Called by send")).to_be_visible()


def test_the_same_is_told_as_a_table(page: Page) -> None:
    _open(page)
    page.get_by_role("button", name="Elements as a list").click()
    row = page.get_by_role("row").filter(has_text="Check the order")
    expect(row).to_contain_text("User task")
    expect(row.get_by_role("cell").nth(2)).to_have_text("3")
    row.get_by_role("button", name="Check the order").click()
    expect(row).to_have_attribute("aria-current", "true")
    assert violations(page) == []


def test_keys_move_and_zoom(page: Page) -> None:
    _open(page)
    canvas = page.get_by_role("group", name="Diagram of an order")
    canvas.focus()
    viewport = page.locator(".djs-container .viewport")
    before = viewport.get_attribute("transform")
    page.keyboard.press("ArrowRight")
    moved = viewport.get_attribute("transform")
    page.keyboard.press("+")
    assert len({before, moved, viewport.get_attribute("transform")}) == 3
    page.keyboard.press("0")
    assert viewport.get_attribute("transform") == before


@pytest.mark.parametrize("ending", ["svg", "png", "bpmn"])
def test_a_diagram_is_saved(page: Page, ending: str) -> None:
    _open(page)
    page.get_by_role("button", name="Save the diagram").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name=f"As {ending.upper()}").click()
    assert downloading.value.suggested_filename == f"diagram.{ending}"
    content = downloading.value.path().read_bytes()
    assert content.startswith({"svg": b"<?xml", "png": b"\x89PNG", "bpmn": b"<definitions"}[ending])
    assert len(content) > 1000


def test_the_colours_of_the_page_change_those_of_the_diagram(page: Page) -> None:
    _open(page)
    shape = page.locator(".djs-shape[data-element-id=remind] .djs-visual > rect")
    before = shape.evaluate("each => getComputedStyle(each).fill")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Dark").click()
    expect(shape).not_to_have_css("fill", before)
