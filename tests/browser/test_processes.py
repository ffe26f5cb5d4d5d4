"""The screens Processes and Definition: what goes on, layers, elements, instances in bulk, jobs, settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import LOOKS, Site, shoot, violations
from tests.browser.operated import ORDER, SECOND, Operated, operate

NIGHTLY = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test">
  <process id="nightly" isExecutable="true">
    <startEvent id="start" name="Every night">
      <timerEventDefinition><timeCycle>R/2090-01-01T02:00:00Z/P1D</timeCycle></timerEventDefinition>
    </startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="work"/><userTask id="work"/>
  </process>
</definitions>"""


@pytest.fixture
def operated(site: Site) -> Operated:
    """Instances of `order` in all states."""
    return operate(site)


def _open(page: Page, address: str = "/processes/order") -> None:
    page.goto(address)
    expect(page.locator(".djs-shape[data-element-id=check]")).to_be_visible()


def _wait_for_batches(page: Page) -> None:
    """Waits on the page of batches until all is done: a list that is opened before keeps what comes later back."""
    expect(page.get_by_text("No batch runs")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.usefixtures("operated")
def test_processes_and_one_of_them_in_every_look(open_context: Callable[..., BrowserContext], look: str) -> None:
    page = open_context(look).new_page()
    page.goto("/processes")
    row = page.get_by_role("row").filter(has_text="Order")
    expect(row.get_by_role("cell").nth(3)).to_have_text("4")
    expect(row.get_by_role("cell").nth(4)).to_have_text("1")
    expect(row.get_by_role("cell").nth(7)).to_contain_text("5 started and 1 ended in the last 14 days")
    shoot(page, f"processes-{look}")
    assert violations(page) == []
    row.get_by_role("link", name="Order", exact=True).click()
    expect(page.locator(".djs-overlays[data-container-id=pack] .incidents")).to_have_text("1")
    expect(page.get_by_role("cell", name="Check the order")).to_have_count(3)
    shoot(page, f"definition-{look}")
    assert violations(page) == []


@pytest.mark.usefixtures("operated")
def test_processes_are_searched_and_sorted(page: Page) -> None:
    page.goto("/processes")
    rows = page.get_by_role("row").filter(has=page.get_by_role("cell"))
    expect(rows).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("parc")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("search=parc"))
    page.goto("/processes")
    page.get_by_role("button", name="Running").click()
    expect(rows.first).to_contain_text("Order")


def test_nothing_is_deployed(page: Page) -> None:
    page.goto("/processes")
    expect(page.get_by_text("Nothing is deployed yet")).to_be_visible()


@pytest.mark.usefixtures("operated")
def test_an_element_filters_the_instances_and_layers_show_heat(page: Page) -> None:
    _open(page)
    page.locator(".djs-shape[data-element-id=check]").click()
    expect(page.get_by_role("status").filter(has_text="Only what is at")).to_contain_text("Check the order")
    expect(page.get_by_role("link", name="order-spread")).to_have_count(0)
    page.get_by_role("button", name="Show all", exact=True).click()
    expect(page.get_by_role("link", name="order-spread")).to_be_visible()
    page.get_by_role("radio", name="Frequency").click()
    expect(page.locator(".djs-overlays[data-container-id=received] .heat")).to_have_text("5")
    page.get_by_label("Since when").select_option("The last week")
    expect(page).to_have_url(re.compile("days=7"))
    expect(page.locator(".djs-overlays[data-container-id=received] .heat")).to_have_text("5")
    page.get_by_role("radio", name="Duration").click()
    expect(page.locator(".diagram-heat ellipse").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("look", LOOKS)
def test_statistics_tell_where_the_time_went(
    open_context: Callable[..., BrowserContext], operated: Operated, look: str
) -> None:
    (task,) = operated.get("/task", processInstanceId=operated.waiting[0])
    operated.post(f"/task/{task['id']}/complete")
    operated.client.delete(f"/engine-rest/process-instance/{operated.waiting[0]}")
    page = open_context(look).new_page()
    page.goto("/processes/order?tab=statistics")
    expect(page.get_by_role("tab", name="Statistics")).to_be_in_viewport()
    expect(page.get_by_role("region", name="Instances").get_by_text("2", exact=True)).to_be_visible()
    outcomes = page.get_by_role("region", name="Outcomes").get_by_role("row")
    expect(outcomes.filter(has_text="Cancelled")).to_contain_text("100%")
    places = page.get_by_role("region", name="Elements").get_by_role("button")
    expect(places.filter(has_text="Ship")).to_be_visible()
    places.filter(has_text="Check the order").click()
    expect(page.locator(".djs-element[data-element-id=check].mark-chosen")).to_be_visible()
    expect(places.filter(has_text="Check the order")).to_have_attribute("aria-pressed", "true")
    shoot(page, f"statistics-{look}")
    assert violations(page) == []
    page.get_by_label("Ended").select_option("Between two days")
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.get_by_text("No instance has ended in this time")).to_be_visible()


@pytest.mark.usefixtures("operated")
def test_instances_are_found_by_state_key_and_variable(page: Page) -> None:
    _open(page)
    chosen = page.get_by_role("link", name="order-")
    expect(chosen).to_have_count(4)
    page.get_by_label("State").select_option("With incidents")
    expect(chosen).to_have_text(["order-spread"])
    page.get_by_label("State").select_option("Cancelled")
    expect(chosen).to_have_text(["order-ended"])
    page.get_by_label("State").select_option("Running")
    page.get_by_label("Business key").fill("order-1")
    expect(chosen).to_have_text(["order-1"])
    page.get_by_label("Business key").fill("")
    page.get_by_label("Variable").fill("amount > 100")
    page.keyboard.press("Enter")
    expect(chosen).to_have_count(0)
    page.get_by_label("Variable").fill("nonsense")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Write a name, an operator and a value")).to_be_visible()


def test_many_instances_are_cancelled_as_a_batch(page: Page, site: Site, operated: Operated) -> None:
    _open(page)
    for key in ("order-0", "order-1"):
        page.get_by_label(f"Choose {key}").check()
    page.get_by_role("region", name="What is chosen").get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel 2 instances?")
    dialog.get_by_label("Reason").fill("a test")
    dialog.get_by_role("button", name="Cancel 2 instances").click()
    expect(page.get_by_role("link", name="Watch")).to_be_visible()
    expect(page.locator("tr.gone", has=page.get_by_role("link", name="order-0"))).to_be_visible()
    assert site.engine.queries.process_instances.find(int(operated.waiting[0])) is None


THIRD = ORDER.replace('id="check"', 'id="look"').replace('Ref="check"', 'Ref="look"')


@pytest.mark.parametrize("look", LOOKS)
def test_instances_are_migrated_to_another_version(
    open_context: Callable[..., BrowserContext], site: Site, operated: Operated, look: str
) -> None:
    site.engine.deployments.deploy({"order.bpmn": THIRD.encode()}, name="second")
    page = open_context(look).new_page()
    _open(page, "/processes/order?version=1")
    page.get_by_label("Choose order-0").check()
    page.get_by_role("button", name="Migrate").click()
    dialog = page.get_by_role("dialog", name="Migrate 1 instance")
    source = dialog.get_by_role("region", name="Version 1, from which it moves")
    target = dialog.get_by_role("region", name="Version 2, to which it moves")
    expect(dialog.get_by_label("What Pack becomes")).to_have_value("pack")
    expect(source.locator("[data-element-id=check].mark-removed")).to_have_count(1)
    expect(dialog).to_contain_text("Check the order: There is no migration instruction for this instance's activity")
    number = source.locator(".djs-overlays[data-container-id=pack] .pair").inner_text()
    expect(target.locator(".djs-overlays[data-container-id=pack] .pair")).to_have_text(number)
    assert violations(page) == []
    shoot(page, f"migration-refused-{look}")
    source.locator(".djs-shape[data-element-id=check]").click()
    expect(dialog.get_by_text("Now choose what Check the order becomes")).to_be_visible()
    target.locator(".djs-shape[data-element-id=look]").click()
    expect(dialog.get_by_label("What Check the order becomes")).to_have_value("look")
    expect(dialog.get_by_text("1 instance tried: it can be migrated.")).to_be_visible()
    assert violations(page) == []
    shoot(page, f"migration-{look}")
    dialog.get_by_label("Reason").fill("a new version")
    dialog.get_by_role("button", name="Migrate now").click()
    expect(page.get_by_text("Migrated to version 2")).to_be_visible()
    (instance,) = operated.get("/process-instance", processInstanceIds=operated.waiting[0])
    assert instance["definitionId"].startswith("order:2:")


def test_elements_are_mapped_by_the_keyboard(page: Page, site: Site, operated: Operated) -> None:
    site.engine.deployments.deploy({"order.bpmn": THIRD.encode()}, name="second")
    _open(page, "/processes/order?version=1")
    page.get_by_label("Choose order-0").check()
    page.get_by_role("button", name="Migrate").click()
    dialog = page.get_by_role("dialog", name="Migrate 1 instance")
    for version, element in (
        ("Version 1, from which it moves", "Check the order"),
        ("Version 2, to which it moves", "Check the order"),
    ):
        side = dialog.get_by_role("region", name=version)
        side.get_by_role("button", name="Elements as a list").focus()
        page.keyboard.press("Enter")
        side.get_by_role("button", name=element).focus()
        page.keyboard.press("Enter")
    expect(dialog.get_by_label("What Check the order becomes")).to_have_value("look")
    dialog.get_by_label("What Check the order becomes").select_option("")
    dialog.get_by_label("What Pack becomes").select_option("remind")
    expect(dialog).to_contain_text("The plan itself cannot be done yet")
    dialog.get_by_role("button", name="Map again what is the same").click()
    expect(dialog.get_by_label("What Pack becomes")).to_have_value("pack")
    assert operated.get("/process-instance/count", processDefinitionKey="order")["count"] == 4


def test_all_that_match_are_migrated_as_a_batch(page: Page, site: Site, operated: Operated) -> None:
    for number in range(30):
        operated.post("/process-definition/key/order/start", {"businessKey": f"more-{number:02}"})
    site.engine.deployments.deploy({"order.bpmn": SECOND.encode()}, name="second")
    _open(page, "/processes/order?version=1&business=more")
    chosen = page.get_by_role("region", name="What is chosen")
    could_be_migrated = []

    def hesitate(route: Route) -> None:
        could_be_migrated.append(chosen.get_by_role("button", name="Migrate").is_enabled())
        chosen.get_by_role("button", name="Choose none").click()
        route.continue_()

    page.get_by_label("Choose all on this page").check()
    page.route("**/history/process-instance/count", hesitate, times=1)
    with page.expect_response("**/history/process-instance/count"):
        chosen.get_by_role("button", name="Choose all that match").click()
    expect(chosen).to_have_count(0)
    assert could_be_migrated == [False], "before they were counted"
    page.get_by_label("Choose all on this page").check()
    chosen.get_by_role("button", name="Choose all that match").click()
    expect(chosen).to_contain_text("30 instances")
    page.locator(".djs-shape[data-element-id=check]").click()
    expect(chosen).to_have_count(0)  # they are not what matches now
    page.get_by_label("Choose all on this page").check()
    chosen.get_by_role("button", name="Choose all that match").click()
    chosen.get_by_role("button", name="Migrate").click()
    dialog = page.get_by_role("dialog", name="Migrate 30 instances")
    expect(dialog.get_by_text("30 instances tried: all of them can be migrated.")).to_be_visible()
    dialog.get_by_role("button", name="Migrate 30 instances").click()
    page.get_by_role("link", name="Watch").click()
    _wait_for_batches(page)
    page.goto("/processes/order?version=2&business=more&sort=businessKey&order=asc")
    expect(page.get_by_role("link", name="more-00")).to_be_visible(timeout=30_000)


def test_the_list_of_instances_has_the_columns_that_one_wants_and_is_saved(page: Page, operated: Operated) -> None:
    for number in range(30):
        operated.post("/process-definition/key/order/start", {"businessKey": f"more-{number:02}"})
    _open(page, "/processes/order?sort=businessKey&order=asc&business=more")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Instance").click()
    expect(page.get_by_role("columnheader", name="Instance")).to_have_count(0)
    assert violations(page) == [], "with the menu, which stays open"
    page.get_by_role("menuitemcheckbox", name="Incidents").click()
    expect(page.get_by_role("columnheader", name="Incidents")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("columns=state.key.where.started.took.incidents"))
    page.get_by_role("button", name="Save the list").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="As CSV").click()
    lines = downloading.value.path().read_text().splitlines()
    assert lines[0] == "State,Business key,Where,Started,Took (milliseconds),Incidents"
    assert [line.split(",")[1] for line in lines[1:]] == [f"more-{number:02}" for number in range(30)]
    page.get_by_role("button", name="Save the list").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="As JSON").click()
    assert len(json.loads(downloading.value.path().read_text())) == 30
    _open(page, "/processes/order?state=all")
    expect(page.get_by_role("columnheader", name="Incidents")).to_be_visible()  # they are remembered, too
    expect(page.get_by_role("columnheader", name="Instance")).to_have_count(0)


def test_variables_and_messages_are_brought_to_many(page: Page, operated: Operated) -> None:
    _open(page)
    page.get_by_label("Choose all on this page").check()
    chosen = page.get_by_role("region", name="What is chosen")
    chosen.get_by_role("button", name="More for what is chosen").click()
    page.get_by_role("menuitem", name="Set variables").click()
    dialog = page.get_by_role("dialog", name="Set variables of 4 instances")
    dialog.get_by_label("Variables").fill('{"urgent": true}')
    assert violations(page) == []
    dialog.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("Setting variables: 4 changes")).to_be_visible()
    page.get_by_label("Choose order-spread").check()
    chosen.get_by_role("button", name="More for what is chosen").click()
    page.get_by_role("menuitem", name="Send a message").click()
    dialog = page.get_by_role("dialog", name="Send a message to 1 instance")
    dialog.get_by_label("Message").fill("paid")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Sending “paid”: 1 change")).to_be_visible()
    page.goto("/batches")
    _wait_for_batches(page)
    page.goto("/processes/order?variable=urgent+%3D+true")
    expect(page.get_by_role("link", name="order-")).to_have_count(4)
    row = page.get_by_role("row").filter(has_text="order-spread")
    expect(row).not_to_contain_text("Wait for the payment")
    assert operated.waiting


def test_all_that_ended_are_started_again_and_deleted(page: Page, operated: Operated) -> None:
    for number in range(30):
        id = operated.post("/process-definition/key/order/start", {"businessKey": f"more-{number:02}"})["id"]
        operated.client.delete(f"/engine-rest/process-instance/{id}")
    _open(page, "/processes/order?state=cancelled&business=more")
    page.get_by_label("Choose all on this page").check()
    chosen = page.get_by_role("region", name="What is chosen")
    chosen.get_by_role("button", name="Choose all that match").click()
    chosen.get_by_role("button", name="Start again").click()
    dialog = page.get_by_role("dialog", name="Start 30 instances again")
    dialog.get_by_label("Begin before").select_option("remind")
    dialog.get_by_role("button", name="Start again").click()
    page.get_by_role("link", name="Watch").click()
    _wait_for_batches(page)
    page.goto("/processes/order?business=more&sort=businessKey&order=asc")
    expect(page.get_by_role("link", name="more-00")).to_be_visible(timeout=30_000)
    page.goto("/processes/order?state=cancelled&business=more")
    page.get_by_label("Choose all on this page").check()
    chosen.get_by_role("button", name="Choose all that match").click()
    chosen.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleting: 30 changes")).to_be_visible()
    expect(page.get_by_text("No instance is like this")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("look", LOOKS)
def test_two_versions_are_compared(
    open_context: Callable[..., BrowserContext], site: Site, operated: Operated, look: str
) -> None:
    fourth = THIRD.replace('name="Pack"', 'name="Pack well"')
    site.engine.deployments.deploy({"order.bpmn": fourth.encode()}, name="second")
    page = open_context(look).new_page()
    page.goto("/processes/order?tab=versions")
    row = page.get_by_role("row").filter(has=page.get_by_role("button", name="Show version 1"))
    expect(row.get_by_role("cell").nth(3)).to_have_text("4")
    row.get_by_role("button", name="Compare with 2").click()
    dialog = page.get_by_role("dialog", name="What is different in Order")
    before, after = (dialog.get_by_role("region", name=f"Version {number}") for number in (1, 2))
    expect(before.locator("[data-element-id=check].mark-removed")).to_have_count(1)
    expect(after.locator("[data-element-id=look].mark-added")).to_have_count(1)
    expect(after.locator("[data-element-id=pack].mark-changed")).to_have_count(1)
    dialog.get_by_role("button", name="Pack well").click()
    for side in (before, after):
        expect(side.locator("[data-element-id=pack].mark-chosen")).to_have_count(1)
    assert violations(page) == []
    shoot(page, f"versions-{look}")
    assert operated.waiting


@pytest.mark.usefixtures("operated")
def test_the_other_tabs_show_their_things(page: Page) -> None:
    _open(page)
    for tab, text in (
        ("Incidents", "missing"),
        ("Jobs", "Continues later"),
        ("Called processes", "Parcel"),
        ("Start timers", "No timer starts this version"),
        ("XML", "<definitions"),
        ("Settings", "Days to keep ended instances"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).to_contain_text(text)
        assert violations(page) == []


def test_what_makes_jobs_is_suspended_and_has_a_priority(page: Page, operated: Operated) -> None:
    _open(page, "/processes/order?tab=jobs")
    row = page.get_by_role("region", name="What makes jobs").get_by_role("row").filter(has_text="Continues later")
    row.get_by_role("button", name="Suspend").click()
    expect(row).to_contain_text("Suspended")
    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Active")
    row.get_by_role("button", name="Priority").click()
    page.get_by_role("dialog").get_by_label("Priority").fill("7")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row.get_by_role("cell").nth(3)).to_have_text("7")
    row.get_by_role("button", name="Retry failed").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry").click()
    expect(page.get_by_text("They are tried again")).to_be_visible()
    assert {each["priority"] for each in operated.get("/job", activityId="pack")} == {7}


def test_a_start_timer_is_paused_and_started_at_once(page: Page, site: Site) -> None:
    site.engine.deployments.deploy({"nightly.bpmn": NIGHTLY.encode()}, name="timer")
    page.goto("/processes/nightly?tab=timers")
    row = page.get_by_role("row").filter(has_text="Every night")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("Rests")
    row.get_by_role("button", name="Go on").click()
    expect(row).not_to_contain_text("Rests")
    row.get_by_role("button", name="Start now").click()
    expect(page.get_by_text("Started an instance")).to_be_visible()
    assert site.engine.queries.process_instances.count() == 1


def test_history_is_kept_for_some_days(page: Page, operated: Operated) -> None:
    _open(page, "/processes/order?tab=settings")
    page.get_by_label("Days to keep ended instances").fill("30")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Ended instances are kept for 30 days")).to_be_visible()
    (definition,) = operated.get("/process-definition", key="order")
    assert definition["historyTimeToLive"] == 30


def test_all_that_match_are_suspended(page: Page, operated: Operated) -> None:
    for number in range(30):
        body = {"businessKey": f"more-{number:02}"}
        operated.post("/process-definition/key/order/start", body)
    _open(page, "/processes/order?business=more")
    expect(page.get_by_role("link", name="more-")).to_have_count(25)
    page.get_by_label("Choose all on this page").check()
    chosen = page.get_by_role("region", name="What is chosen")
    chosen.get_by_role("button", name="Choose all that match").click()
    expect(chosen).to_contain_text("30 instances chosen")
    shoot(page, "bulk-light")
    assert violations(page) == []
    chosen.get_by_role("button", name="More for what is chosen").click()
    page.get_by_role("menuitem", name="Suspend").click()
    page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    page.get_by_role("link", name="Watch").click()
    _wait_for_batches(page)
    page.goto("/processes/order?state=suspended&sort=businessKey&order=asc")
    expect(page.get_by_role("link", name="more-24")).to_be_visible()
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_role("link", name="more-")).to_have_text([f"more-{number}" for number in range(25, 30)])
    page.goto("/processes/order?state=suspended&sort=gone&order=asc")  # an old bookmark
    expect(page.get_by_role("link", name="more-29")).to_be_visible()
    expect(page).to_have_url(re.compile("order[?]state=suspended$"))
    page.goto("/processes?sort=gone.asc")
    expect(page.get_by_role("link", name="Order", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("/processes$"))


def test_a_definition_is_suspended_and_deleted(page: Page, site: Site) -> None:
    site.engine.deployments.deploy({"order.bpmn": ORDER.encode()}, name="first")
    _open(page)
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Suspend").click()
    page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    expect(page.get_by_role("heading", name="Order").locator("..")).to_contain_text("Suspended")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete this version").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/processes$"))
    expect(page.get_by_text("Nothing is deployed yet")).to_be_visible()
    site.engine.deployments.deploy({"order.bpmn": ORDER.encode()}, name="second")
    _open(page)
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete this version").click()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/process-definition/*cascade=true", hold)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    # Who goes elsewhere meanwhile is not led away from there.
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page).to_have_url(re.compile("/tasks"))
    held[0].continue_()
    expect(page.get_by_text("Deleted")).to_be_visible()
    expect(page).to_have_url(re.compile("/tasks"))
    page.goto("/processes")
    expect(page.get_by_text("Nothing is deployed yet")).to_be_visible()


def test_a_process_that_is_not_there(page: Page) -> None:
    page.goto("/processes/nothing")
    expect(page.get_by_text("There is no process “nothing”")).to_be_visible()
