"""The screen of deployments: upload, look into, deploy again, delete; and the links that Camunda Modeler gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import LOOKS, Site, drop, shoot, violations
from tests.clients.conftest import PROCESS


def _deploy(site: Site, name: str = "Worked") -> str:
    deployed = site.engine.deployments.deploy({"worked.bpmn": PROCESS.encode()}, name=name, source="a test")
    return str(deployed.deployment.id)


def test_files_are_deployed_looked_at_and_deleted(page: Page, site: Site, tmp_path: Path) -> None:
    model = tmp_path / "worked.bpmn"
    model.write_text(PROCESS)
    page.goto("/deployments")
    expect(page.get_by_text("Nothing is deployed yet")).to_be_visible()
    page.get_by_label("Files to deploy").set_input_files(model)
    drawer = page.get_by_role("dialog", name="Deployment")
    expect(drawer.get_by_role("link", name="worked, version 1")).to_be_visible()
    drawer.get_by_role("button", name="worked.bpmn", exact=True).click()
    expect(drawer.locator("[data-element-id=work]").first).to_be_visible()
    shoot(page, "deployments-drawer-light")
    drawer.get_by_label("Show as").select_option("text")
    expect(drawer.get_by_text('camunda:topic="work"')).to_be_visible()

    site.engine.process_instances.start(key="worked")
    drawer.get_by_role("button", name="Delete").click()
    question = page.get_by_role("dialog", name="Delete the deployment worked?")
    expect(question.get_by_text("1 running instance")).to_be_visible()
    question.get_by_label("Reason").fill("a mistake")
    question.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing is deployed yet")).to_be_visible()
    assert site.engine.queries.deployments.count() == 0


def test_dropped_files_are_deployed_and_found_by_name(page: Page, site: Site, tmp_path: Path) -> None:
    _deploy(site, "Another")
    model = tmp_path / "worked.bpmn"
    model.write_text(PROCESS)
    page.goto("/deployments")
    expect(page.get_by_role("row")).to_have_count(2)
    drop(page.get_by_role("heading", name="Deployments"), model)
    drawer = page.get_by_role("dialog", name="Deployment")
    expect(drawer.get_by_role("link", name="worked, version 2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_label("Search by name").fill("Anoth")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("cell", name="Another")).to_be_visible()


def test_a_deployment_is_deployed_again(page: Page, site: Site) -> None:
    page.goto(f"/deployments?deployment={_deploy(site)}")
    page.get_by_role("button", name="Deploy again").click()
    expect(page.get_by_role("row")).to_have_count(3)


def test_a_broken_model_is_refused_in_words(page: Page, tmp_path: Path, watched: object) -> None:
    model = tmp_path / "broken.bpmn"
    model.write_text(PROCESS.replace('targetRef="work"', 'targetRef="nowhere"'))
    watched.expected.append("400")  # type: ignore[attr-defined]
    page.goto("/deployments")
    page.get_by_label("Files to deploy").set_input_files(model)
    expect(page.get_by_text("nowhere")).to_be_visible()


def test_links_of_camunda_modeler_lead_to_the_same_thing_here(page: Page, site: Site) -> None:
    deployment = _deploy(site)
    page.goto(
        "/camunda/app/cockpit/default/#/repository?deploymentsQuery="
        f"%5B%7B%22type%22:%22id%22,%22operator%22:%22eq%22,%22value%22:%22{deployment}%22%7D%5D"
    )
    expect(page.get_by_role("dialog", name="Deployment")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_how_it_looks(open_context: Callable[..., BrowserContext], site: Site, look: str) -> None:
    for name in ("Worked", "اسم من اليمين إلى اليسار", "A name that is rather longer than what people usually choose"):
        _deploy(site, name)
    page = open_context(look).new_page()
    page.goto("/deployments")
    expect(page.get_by_role("row")).to_have_count(4)
    assert violations(page) == []
    shoot(page, f"deployments-{look}")
