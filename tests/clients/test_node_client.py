"""A worker made with Camunda's client for Node.js, as npm has it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.clients.conftest import Served

PACKAGE = "camunda-external-task-client-js@3.1.0"
WORKER = Path(__file__).with_name("worker.mjs")
PATIENCE = 300


def _unavailable(why: str) -> None:
    message = f"{why}: Camunda's client for Node.js was not tried"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def package() -> Path:
    """A folder in which the client is installed: kept between runs, and filled once."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        _unavailable("there is no node, or no npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "baton-tests"
    folder = cache / PACKAGE
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=cache))
        (making / "package.json").write_text('{"private": true, "type": "module"}')
        command = [str(npm), "install", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE]
        made = subprocess.run(command, cwd=making, capture_output=True, text=True, check=False, timeout=PATIENCE)
        if made.returncode != 0:
            shutil.rmtree(making)
            _unavailable(f"npm could not install {PACKAGE} ({made.stderr.strip()[-300:]})")
        try:
            making.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(making)
    return folder


def test_the_client_completes_fails_and_throws(server: Served, package: Path, tmp_path: Path) -> None:
    script = tmp_path / "worker.mjs"
    shutil.copy(WORKER, script)
    (tmp_path / "node_modules").symlink_to(package / "node_modules")
    completed, failed = server.start(way="complete", amount=41), server.start(way="fail")
    with subprocess.Popen(
        ["node", str(script), server.url, "3"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as worker:
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "listening\n"
            thrown = server.start(way="error")
            said, _ = worker.communicate(timeout=PATIENCE)
        finally:
            worker.kill()
    assert worker.returncode == 0, said
    told = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert told == [{"businessKey": "key", "where": "there"}] * 3, said
    assert server.open_tasks(completed) == ["done"]
    found = server.variables(completed)
    assert (found["total"], json.loads(found["items"])) == (42, ["a", "b"])
    (incident,) = server.get("/incident", processInstanceId=failed)
    assert (incident["incidentMessage"], incident["activityId"]) == ("No stock", "work")
    assert server.open_tasks(thrown) == ["handled"]
    assert server.variables(thrown)["reason"] == "limit"
