"""A real Chromium on a real server: every page that a test opens must end without an error and without a violation."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import make_server

from baton.jobs import prepare_jobs
from baton.settings import Settings
from baton.wsgi import create_app
from engine import Engine
from engine.handlers import HandlerRegistry
from tasklist.app import STATIC
from tests.chromium import ARGUMENTS, ChromiumMissing, find

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tasklist" / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = Path(os.environ.get("BATON_SCREENSHOTS", ROOT / "build" / "screenshots"))
PATIENCE_MS = 15_000
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}


@dataclass
class Site:
    """A server on a port of its own, with the engine behind it at hand."""

    url: str
    engine: Engine
    app: Flask


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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """The settings of the server; a module may override it."""
    return Settings(database_url=sqlite_url, job_runner=True, auth=False)


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Iterator[Site]:
    """A server with these settings, whose jobs run."""
    app = create_app(settings, upgrade=True)
    prepare_jobs(app, settings, tmp_path, HandlerRegistry())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    runner = app.extensions.get("runner")
    if runner is not None:
        runner.start()
    engine: Engine = app.extensions["engine"]
    yield Site(f"http://127.0.0.1:{server.server_port}", engine, app)
    if runner is not None:
        runner.stop()
    server.shutdown()
    engine.close()


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


def shoot(page: Page, name: str) -> None:
    """Takes a picture of the page for people to look at, in `build/screenshots` or BATON_SCREENSHOTS."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
