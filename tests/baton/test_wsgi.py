"""The application that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from baton.settings import Settings
from baton.starting import CannotStart
from baton.wsgi import create_app
from bpmn.problems import InvalidModel
from tasklist.app import STATIC

MODEL = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.org">
  <process id="nothing" isExecutable="true"><startEvent id="start"/></process>
</definitions>"""

Make = Callable[[Settings], Flask]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Flask] = []

    def make_one(settings: Settings) -> Flask:
        made.append(create_app(settings, upgrade=True))
        return made[-1]

    yield make_one
    for app in made:
        app.extensions["engine"].close()


def test_the_front_page_is_the_web_app_or_says_how_to_build_it(make: Make, sqlite_url: str) -> None:
    with make(Settings(auth=False, database_url=sqlite_url)).test_client().get("/") as page:
        assert page.status_code == (200 if (STATIC / "index.html").is_file() else 503)
        assert "Baton" in page.text
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_docs_lead_to_the_documentation(make: Make, sqlite_url: str) -> None:
    page = make(Settings(auth=False, database_url=sqlite_url)).test_client().get("/docs", follow_redirects=True)
    assert page.request.path == "/engine-rest/docs"


def test_a_body_beyond_the_limit_is_refused(make: Make, sqlite_url: str) -> None:
    client = make(Settings(auth=False, database_url=sqlite_url, body_limit=1024)).test_client()
    assert client.post("/engine-rest/task", json={"name": "x" * 900}).status_code == 200
    assert client.post("/engine-rest/task", json={"name": "x" * 1100}).status_code == 413


def test_an_upload_beyond_the_limit_is_refused(make: Make, sqlite_url: str) -> None:
    client = make(Settings(auth=False, database_url=sqlite_url, upload_limit=2000)).test_client()
    small, large = ({"m.bpmn": (BytesIO(MODEL + b" " * n), "m.bpmn")} for n in (0, 2000))
    assert client.post("/engine-rest/deployment/create", data=small).status_code == 200
    assert client.post("/engine-rest/deployment/create", data=large).status_code == 413


def test_a_time_to_live_is_required_on_demand(make: Make, sqlite_url: str) -> None:
    app = make(Settings(auth=False, database_url=sqlite_url, history_time_to_live_required=True))
    with pytest.raises(InvalidModel, match="historyTimeToLive"):
        app.extensions["engine"].deployments.deploy({"m.bpmn": MODEL})


def test_the_settings_say_how_long_history_is_kept(make: Make, sqlite_url: str) -> None:
    app = make(
        Settings(
            auth=False,
            database_url=sqlite_url,
            history_time_to_live="30",
            history_time_to_live_required=True,
            batch_history_time_to_live="9",
            batch_history_times_to_live=("set-variables=P3D",),
            history_cleanup_window="00:00-00:00",
        )
    )
    engine = app.extensions["engine"]
    engine.deployments.deploy({"m.bpmn": MODEL})
    assert [each.history_time_to_live for each in engine.queries.process_definitions.list()] == [30]
    assert engine.retention.batch_time_to_live("set-variables") == 3
    assert engine.retention.batch_time_to_live("set-job-retries") == 9
    configured = app.test_client().get("/engine-rest/history/cleanup/configuration").get_json()
    assert configured["enabled"] is True
    assert configured["batchWindowStartTime"] is not None


@pytest.mark.parametrize(("level", "kept"), [("none", 0), ("activity", 1), ("full", 1)])
def test_the_history_level_says_what_is_kept(make: Make, sqlite_url: str, level: str, kept: int) -> None:
    app = make(Settings(auth=False, database_url=sqlite_url, history_level=level))
    app.extensions["engine"].deployments.deploy({"m.bpmn": MODEL})
    client = app.test_client()
    assert client.post("/engine-rest/process-definition/key/nothing/start", json={}).status_code == 200
    assert client.get("/engine-rest/history/process-instance/count").get_json() == {"count": kept}


def test_tables_that_are_missing_stop_the_start(database_url: str) -> None:
    with pytest.raises(CannotStart, match="run `baton db upgrade`"):
        create_app(Settings(database_url=database_url))


def test_a_file_that_is_no_database_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("These are notes and no database. " * 100)
    with pytest.raises(CannotStart) as stopped:
        create_app(Settings(database_url=f"sqlite:///{tmp_path / 'notes.db'}"), upgrade=True)
    assert "notes.db" in stopped.value.hint


def test_an_unusable_environment_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_PROT", "1")
    with pytest.raises(CannotStart, match="Did you mean BATON_PORT"):
        create_app()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing/here",
        "/health",
        "/metrics",
        "/docs",
        "/login",
        "/setup",
        "/mark.svg",
        "/assets/none.js",
        "/pages.css",
        "/engine-rest/version",
        "/engine-rest/nothing",
        "/engine-rest/docs",
        "/api/v1/session",
        "/api/v1/nothing",
    ],
)
def test_every_answer_is_harmless_to_browsers(make: Make, sqlite_url: str, path: str) -> None:
    client = make(Settings(database_url=sqlite_url)).test_client()
    with client.get(path) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Referrer-Policy" in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
    with client.get(path, base_url="https://localhost") as answer:
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
