"""Changes that others make are seen at once, in as many tabs as there are, and without a flood."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE_MS, Site, Watched, shoot
from tests.executor.models import model

TABS = 8
"""A browser opens six connections to a server at most (HTTP/1.1)."""
WITHOUT_SHARED_WORKER = "delete window.SharedWorker"
TASK = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="task"/>'
    '<userTask id="task" name="NAME"/>'
)

LATER = TASK.replace("NAME", "Look").replace("<userTask ", '<userTask camunda:asyncBefore="true" ')


@pytest.fixture
def busy(site: Site) -> Site:
    """A server with the process `p`, each of whose instances waits for somebody who checks an invoice."""
    site.engine.deployments.deploy(model(TASK.replace("NAME", "Check invoice")))
    return site


def live_is(page: Page, word: str) -> None:
    """Wait until the page hears of changes in that way."""
    expect(page.locator(f"html[data-live={word}]")).to_be_attached()


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait until something holds on the server, while the page goes on."""
    for _ in range(PATIENCE_MS // 100):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it has not come true")


def test_eight_tabs_share_one_stream_and_all_see_a_change(
    busy: Site, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context()
    tabs = [context.new_page() for _ in range(TABS)]
    for page in tabs:
        page.goto("/tasks?filter=all")
        live_is(page, "live")
    until(tabs[0], lambda: busy.engine.live.listening == 1)  # of what was wanted before, the server hears the end later
    busy.engine.process_instances.start(key="p")
    for page in tabs:
        expect(page.locator(".task-item")).to_have_count(1)
        page.goto("/processes")
        expect(page.get_by_role("link", name="p", exact=True).first).to_be_visible()


def test_without_a_shared_worker_few_tabs_have_streams_and_the_others_ask(
    busy: Site, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context()
    context.add_init_script(WITHOUT_SHARED_WORKER)
    tabs = [context.new_page() for _ in range(TABS)]
    for page in tabs:
        page.goto("/tasks?filter=all")
        expect(page.get_by_role("heading", name="All open tasks")).to_be_visible()
    until(tabs[0], lambda: busy.engine.live.listening == 2)
    busy.engine.process_instances.start(key="p")
    for page in tabs:
        expect(page.locator(".task-item")).to_have_count(1)

    def words() -> list[str | None]:
        return [page.locator("html").get_attribute("data-live") for page in tabs]

    until(tabs[0], lambda: sorted(map(str, words())) == ["live"] * 2 + ["polling"] * (TABS - 2))
    tabs.pop(words().index("live")).close()
    until(tabs[0], lambda: sorted(map(str, words())) == ["live"] * 2 + ["polling"] * (TABS - 3))


def test_a_tab_that_nobody_sees_rests(busy: Site, page: Page) -> None:
    page.clock.install()
    page.goto("/tasks?filter=all")
    live_is(page, "live")
    shown = "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(shown % "hidden" + tell)
    until(page, lambda: busy.engine.live.listening == 0)
    busy.engine.process_instances.start(key="p")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(60_000)
    expect(page.locator(".task-item")).to_have_count(0)
    assert asked == []
    page.evaluate(shown % "visible" + tell)
    expect(page.locator(".task-item")).to_have_count(1)
    live_is(page, "live")


def test_a_burst_of_changes_does_not_lead_to_a_burst_of_requests(busy: Site, page: Page) -> None:
    page.goto("/tasks?filter=all")
    live_is(page, "live")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    begun = time.monotonic()
    started = 400

    def start_them() -> None:
        for _ in range(started // 4):
            busy.engine.process_instances.start(key="p")

    crowd = [threading.Thread(target=start_them) for _ in range(4)]
    for each in crowd:
        each.start()
    until(page, lambda: not any(each.is_alive() for each in crowd))
    expect(page.locator(".task-rail")).to_contain_text(str(started))
    most = max(Counter(asked).values())
    assert most <= time.monotonic() - begun + 1, (
        "the page must gather what is changed for a second, however long it lasts"
    )


def test_a_lost_stream_is_replaced_by_asking_now_and_then(busy: Site, page: Page, watched: Watched) -> None:
    watched.expected += ["503", "ERR_FAILED"]
    page.goto("/tasks?filter=all")
    live_is(page, "live")
    expect(page.get_by_role("img", name="Live: changes show at once")).to_be_visible()
    busy.engine.live.retire()
    live_is(page, "polling")
    expect(page.get_by_role("img", name="Changes are looked for every few seconds")).to_be_visible()
    busy.engine.process_instances.start(key="p")
    expect(page.locator(".task-item")).to_have_count(1)
    page.route("**/form", lambda route: route.abort())
    page.locator(".task-item a").click()
    form = page.get_by_role("tabpanel")
    expect(form.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.unroute("**/form")
    expect(form.get_by_role("alert")).to_have_count(0)  # nobody had to ask again
    expect(form).to_contain_text("This task sees no data of its process.")


def test_every_screen_shows_what_others_do(busy: Site, page: Page, watched: Watched) -> None:
    engine = busy.engine

    def opened(path: str) -> None:
        page.goto(path)
        live_is(page, "live")

    opened("/processes")
    running = page.locator(".process-table tbody tr td:nth-child(4)")
    expect(running).to_have_text("0")
    instance = engine.process_instances.start(key="p", business_key="first").id
    expect(running).to_have_text("1")
    opened(f"/instances/{instance}")
    expect(page.get_by_text("Waiting for").first).to_be_visible()
    (task,) = engine.queries.tasks.list({"processInstanceId": str(instance)})
    engine.tasks.complete(task.id)
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    watched.expected.append("404")
    engine.process_instances.delete_history(instance)
    expect(page.get_by_text(f"There is no instance {instance}")).to_be_visible()
    opened("/start")
    engine.deployments.deploy(model(TASK.replace("NAME", "Ask"), "asking"), name="more")
    expect(page.get_by_text("asking").first).to_be_visible()
    opened("/batches")
    expect(page.get_by_text("No batch runs")).to_be_visible()
    busy.stop_jobs()
    engine.bulk.set_variables([engine.process_instances.start(key="p").id], {"a": 1})
    expect(page.get_by_role("heading", name="Set variables")).to_be_visible()
    opened("/incidents")
    expect(page.get_by_text("No incident is open")).to_be_visible()
    engine.deployments.deploy(model(LATER, "later"))
    instance = engine.process_instances.start(key="later").id
    (job,) = engine.queries.jobs.list({"processInstanceId": str(instance)})
    engine.jobs.set_retries([job.id], 0)
    expect(page.get_by_text("1 incident in 1 group")).to_be_visible()


def test_rows_stay_in_their_places_and_light_up_when_they_change(busy: Site, page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")
    first = busy.engine.process_instances.start(key="p", business_key="first").id
    page.goto("/processes/p")
    live_is(page, "live")
    rows = page.get_by_role("table", name="Instances").locator("tbody tr")
    expect(rows).to_have_count(1)
    for number in range(3):
        busy.engine.process_instances.start(key="p", business_key=f"later {number}")
    expect(page.get_by_role("button", name="3 new")).to_be_visible()
    expect(rows).to_have_count(1)
    shoot(page, "fresh-instances")
    page.get_by_role("button", name="3 new").click()
    expect(rows).to_have_count(4)
    expect(rows.last).to_contain_text("first")
    busy.engine.process_instances.set_suspended(first, True)
    expect(rows.last).to_have_css("animation-name", "changed")
    page.emulate_media(reduced_motion="reduce")
    expect(rows.last).to_have_css("animation-name", "none")
    page.emulate_media(reduced_motion="no-preference")
    busy.engine.process_instances.delete(first)
    expect(rows.last).to_have_class("gone changed")
    expect(rows).to_have_count(4)
    page.goto("/deployments")
    live_is(page, "live")
    expect(page.get_by_role("table", name="Deployments").locator("tbody tr")).to_have_count(1)
    busy.engine.deployments.deploy(model(TASK.replace("NAME", "Ask"), "asking"), name="more")
    page.get_by_role("button", name="1 new").click()
    expect(page.get_by_role("link", name="more")).to_be_visible()
