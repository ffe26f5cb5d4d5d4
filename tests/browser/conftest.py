"""A real Chromium on a real server: every page that a test opens must end without an error and without a violation.

Every test that asks for `site` runs twice: as a start is made, and as it is run in earnest (`BACKENDS`).
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright
from werkzeug.serving import ThreadedWSGIServer

from baton.jobs import prepare_jobs
from baton.settings import Settings
from baton.wsgi import create_app
from engine import Engine
from engine.handlers import HandlerRegistry
from tasklist.app import STATIC
from tests.brokers import Broker, private_broker
from tests.browser.cluster import WorkedDatabase, worked_database
from tests.chromium import ARGUMENTS, ChromiumMissing, find
from tests.conftest import TEMPLATE
from tests.postgres import Cluster

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tasklist" / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = Path(os.environ.get("BATON_SCREENSHOTS", ROOT / "build" / "screenshots"))
PATIENCE_MS = 60_000
"""How long something may take until it is there: a machine may have much else to do."""
EMBEDDED, CLUSTER = "embedded", "cluster"
BACKENDS = (EMBEDDED, pytest.param(CLUSTER, marks=pytest.mark.slow))
"""SQLite and a server that does the jobs itself; PostgreSQL and a Celery worker that does them."""
FROM_NO_DATABASE = pytest.mark.parametrize("site", [EMBEDDED], indirect=True)
"""Marks tests of what no database has a part in, such as the page of all parts: once is enough for them."""
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what shows nothing new: colours and widths are the browser's alone, so a cluster needs one look."""
    looks = {*LOOKS} - {"light"}
    given = {item: getattr(getattr(item, "callspec", None), "params", {}) for item in items}
    left_out = [item for item in items if given[item].get("site") == CLUSTER and given[item].get("look") in looks]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in {*left_out}]


@dataclass
class Site:
    """A server on a port of its own, with the engine behind it at hand."""

    url: str
    engine: Engine
    app: Flask
    stop_jobs: Callable[[], None]
    """Lets no more jobs be done in this test."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; skips without one or without the built app, and fails without them under CI."""
    try:
        program = find()
        if not (STATIC / "index.html").is_file():
            raise ChromiumMissing("the web app is not built: run `make web`")
    except ChromiumMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS), timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def worked(
    postgres_cluster: Cluster, brokers: Callable[[str], Broker], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkedDatabase]:
    """A PostgreSQL database with a Celery worker, one per test process: a worker for each test would take too long.

    Its broker is its own, for it lives on and would take the messages of tests that come later.
    """
    brokers("redis")  # skips or fails where there is none
    name = f"browser_{uuid.uuid4().hex}"
    url = postgres_cluster.create_database(name, TEMPLATE)
    with (
        private_broker("redis") as broker,
        worked_database(url, broker.url, tmp_path_factory.mktemp("worker")) as worked,
    ):
        yield worked
    postgres_cluster.drop_database(name)


@pytest.fixture
def options() -> Mapping[str, Any]:
    """What the settings of the server are to be, besides those of its database and jobs; a module may override it."""
    return {"auth": False}


@pytest.fixture(params=BACKENDS)
def site(request: pytest.FixtureRequest, options: Mapping[str, Any], tmp_path: Path) -> Iterator[Site]:
    """A server with nothing in it, whose jobs are done at once; on each backend."""
    if request.param == EMBEDDED:
        url = request.getfixturevalue("sqlite_url")
        with _serving(Settings(database_url=url, job_runner=True, **options), tmp_path) as (address, app):
            runner = app.extensions["runner"]
            runner.start()
            yield Site(address, app.extensions["engine"], app, runner.stop)
            runner.stop()
        return
    worked: WorkedDatabase = request.getfixturevalue("worked")
    worked.empty()
    settings = Settings(database_url=worked.url, broker_url=worked.broker_url, job_runner=False, **options)
    with _serving(settings, tmp_path) as (address, app):
        yield Site(address, app.extensions["engine"], app, worked.rest)
    worked.go_on()
    worked.assert_alive()


class _Server(ThreadedWSGIServer):
    """Answers each request in a thread, and knows how many do: a page that is closed leaves some behind."""

    _connected = 0
    _answering = 0
    _fewer = threading.Condition()
    _answers = threading.local()

    def serve(self, app: Flask) -> None:
        """Answer with the application from now on.

        Werkzeug's server does not close the answer (a file, say) of a connection that its reader resets, so its
        thread does; the server that Baton runs on closes all.
        """

        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            with self._fewer:
                self._answering += 1
            self._answers.begun = True
            self._answers.open = app(environ, start_response)
            return (part for part in self._answers.open)

        self.app = answer

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._fewer:
            self._connected += 1
        try:
            super().process_request_thread(request, client_address)
        finally:
            close = getattr(getattr(self._answers, "open", None), "close", None)
            if close is not None:
                close()
            with self._fewer:
                self._connected -= 1
                self._answering -= getattr(self._answers, "begun", False)
                self._fewer.notify_all()

    def wait(self) -> None:
        """Return when none does; some may be left for a while that are connected and have been asked nothing."""
        with self._fewer:
            self._fewer.wait_for(lambda: not self._connected, 5)
            assert self._fewer.wait_for(lambda: not self._answering, PATIENCE_MS / 1000), "a request is not answered"


@contextmanager
def _serving(settings: Settings, folder: Path) -> Iterator[tuple[str, Flask]]:
    app = create_app(settings, upgrade=True)
    prepare_jobs(app, settings, folder, HandlerRegistry())
    server = _Server("127.0.0.1", 0, app)
    server.serve(app)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", app
    server.shutdown()
    app.extensions["engine"].live.close()
    server.server_close()
    server.wait()
    app.extensions["silence"]()
    app.extensions["engine"].close()


@dataclass
class Watched:
    """What a page complained of: errors in the console, uncaught exceptions, violations of the page's policy."""

    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Parts of complaints that a test provokes."""

    def hear(self, message: ConsoleMessage) -> None:
        """Keeps errors, and warnings of the policy."""
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    @property
    def unexpected(self) -> list[str]:
        """The complaints that no test provoked."""
        return [one for one in self.complaints if not any(part in one for part in self.expected)]


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Fails the test if a page complained of anything that the test did not say it would."""
    seen = Watched()
    yield seen
    assert seen.unexpected == []


@pytest.fixture
def open_context(chromium: Browser, site: Site, watched: Watched) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browsers that share nothing, as those of several people."""
    opened: list[BrowserContext] = []

    def open_one(look: str = "light", **options: Any) -> BrowserContext:
        context = chromium.new_context(
            base_url=site.url, locale="en-GB", reduced_motion="reduce", **{**LOOKS[look], **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.on("console", watched.hear)
        context.on("weberror", lambda error: watched.complaints.append(str(error.error)))
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page of a desktop browser in light colours."""
    return open_context().new_page()


def violations(page: Page) -> list[str]:
    """What axe finds on the page: rule, what it is about, and where."""
    page.evaluate(AXE.read_text())  # evaluated, not inserted: the page's policy allows no script of ours
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found["violations"]
    ]


def drop(onto: Locator, *files: Path) -> None:
    """Drags files from outside of the browser onto something and lets them go there, as a hand would."""
    onto.scroll_into_view_if_needed()
    box = onto.bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    dragged = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    browser = onto.page.context.new_cdp_session(onto.page)
    for step in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": step, "data": dragged, **place})
    browser.detach()


def shoot(page: Page, name: str) -> None:
    """Takes a picture of the page for people to look at, in `build/screenshots` or BATON_SCREENSHOTS."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
