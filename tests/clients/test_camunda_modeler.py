"""Camunda Modeler deploys and starts by its own buttons, however it signs in, and follows links to the web app."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from baton.settings import Settings
from baton.wsgi import create_app
from engine import Engine
from tests.clients.conftest import PROCESS

SCRIPT = Path(__file__).with_name("camunda_modeler.mjs")
NOT_EXECUTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test">
  <process id="broken" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="flow" sourceRef="start" targetRef="nowhere"/>
  </process>
</definitions>"""
Deploy = Callable[..., Any]


@pytest.fixture(params=["off", "on"])
def authentication(request: pytest.FixtureRequest) -> bool:
    """Whether programs must sign in."""
    return bool(request.param == "on")


@pytest.fixture
def running(sqlite_url: str, authentication: bool) -> Iterator[tuple[str, Engine]]:
    """The address of a whole server, and its engine."""
    app = create_app(Settings(database_url=sqlite_url, auth=authentication), upgrade=True)
    engine: Engine = app.extensions["engine"]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", engine
    server.shutdown()
    thread.join()
    server.server_close()
    engine.close()


@pytest.fixture
def deploy(running: tuple[str, Engine], tmp_path: Path) -> Deploy:
    """Presses the buttons; gives what the modeler was answered."""
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI"):
            pytest.fail("there is no node: Camunda Modeler's calls were not tried")
        pytest.skip("there is no node: Camunda Modeler's calls were not tried")

    def press(model: str, kind: str = "none", secret: str = "") -> Any:
        file = tmp_path / "diagram.bpmn"
        file.write_text(model)
        command = [node, str(SCRIPT), f"{running[0]}/engine-rest", str(file), kind, secret]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=180).stdout)

    return press


def _administrator(engine: Engine) -> None:
    engine.people.create_user("ada", password="a-Long-Enough-Passw0rd", first_name="Ada", last_name="L")
    engine.people.create_group("camunda-admin", name="Administrators", type="SYSTEM")
    engine.people.add_to_group("ada", "camunda-admin")


def _check_success(told: Any, url: str) -> None:
    assert (told["connection"]["status"], told["connection"]["body"]) == (200, [])
    assert told["version"]["body"]["version"].startswith("7.")
    assert told["deployed"]["status"] == 200
    assert told["deployed"]["body"]["id"]
    assert told["started"]["status"] == 200
    assert told["started"]["body"]["businessKey"] == "from the modeler"
    assert told["webapps"]["cockpitUrl"] == f"{url}/camunda/app/cockpit/default/"
    assert {"adminUrl", "tasklistUrl"} <= set(told["webapps"])


@pytest.mark.parametrize("authentication", ["off"], indirect=True)
def test_it_deploys_and_starts_where_nobody_signs_in(deploy: Deploy, running: tuple[str, Engine]) -> None:
    _check_success(deploy(PROCESS), running[0])


@pytest.mark.parametrize("authentication", ["on"], indirect=True)
def test_it_deploys_and_starts_with_a_password(deploy: Deploy, running: tuple[str, Engine]) -> None:
    url, engine = running
    _administrator(engine)
    _check_success(deploy(PROCESS, "basic", "ada:a-Long-Enough-Passw0rd"), url)


@pytest.mark.parametrize("authentication", ["on"], indirect=True)
def test_it_deploys_and_starts_with_a_token(deploy: Deploy, running: tuple[str, Engine]) -> None:
    url, engine = running
    _administrator(engine)
    secret, _ = engine.credentials.create_token("ada", "modeler")
    _check_success(deploy(PROCESS, "bearer", secret), url)


@pytest.mark.parametrize("authentication", ["on"], indirect=True)
def test_a_wrong_password_is_refused(deploy: Deploy, running: tuple[str, Engine]) -> None:
    _, engine = running
    _administrator(engine)
    credentials = engine.credentials
    credentials.settings = replace(credentials.settings, first_wait=credentials.settings.longest_wait)
    told = deploy(PROCESS, "basic", "ada:wrong")
    assert told["connection"]["status"] == 401
    assert told["deployed"]["status"] == 429  # so soon after the first wrong password not even the right one would do


@pytest.mark.parametrize("authentication", ["off"], indirect=True)
def test_the_same_file_again_is_no_new_version_and_a_broken_one_is_told_in_known_words(deploy: Deploy) -> None:
    first, second = deploy(PROCESS)["deployed"]["body"], deploy(PROCESS)["deployed"]["body"]
    assert first["deployedProcessDefinitions"]
    assert second["deployedProcessDefinitions"] is None
    broken = deploy(NOT_EXECUTABLE)["deployed"]
    assert broken["status"] == 400
    assert broken["body"]["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    assert "nowhere" in broken["body"]["message"]
