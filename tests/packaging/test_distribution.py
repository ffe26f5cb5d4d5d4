"""What is shipped: pinned requirements, and a wheel that holds all that it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {_normal(re.split(r"[\[<>=~ ]", requirement)[0]) for requirement in wanted} - {"batonflow"}
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = {_normal(line.split("==")[0]) for line in lines if "==" in line}
    assert names - pinned == set()


def test_the_lock_names_versions_and_no_hosts() -> None:
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+]+", line)] == []


@pytest.mark.slow
def test_the_wheel_holds_packages_migrations_and_licence(tmp_path: Path) -> None:
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("batonflow-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / "engine" / "store" / "migrations").rglob("*.py")}
    assert {"baton/cli/__init__.py", "bpmn/model.py", "engine/__init__.py", "api/__init__.py"} <= set(names)
    assert shipped
    assert shipped <= set(names)
    pages = {
        path.relative_to(ROOT).as_posix()
        for folder in ("templates", "styles")
        for path in (ROOT / "tasklist" / folder).iterdir()
    }
    assert {"tasklist/templates/login.html", "tasklist/styles/pages.css"} <= pages <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "bench/", "tasklist/web/"))]
    if (ROOT / "tasklist" / "static" / "index.html").is_file():
        assert "tasklist/static/index.html" in names
        assert any(name.startswith("tasklist/static/assets/") for name in names)


def test_the_command_line_starts_without_its_heavy_parts() -> None:
    heavy = ["alembic", "api", "celery", "engine", "flask", "gunicorn", "lxml", "psycopg", "sqlalchemy", "ssl"]
    code = f"import sys, baton.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_a_server_starts_without_what_it_may_never_need(tmp_path: Path) -> None:
    rare = ["alembic", "celery", "joserfc", "kombu", "psycopg", "pydantic_monty", "quickjs", "redis", "requests"]
    code = f"""
import sys
import baton.cli, baton.jobs, baton.server, baton.wsgi
from pathlib import Path
from baton.settings import load
shared = set(sys.modules)
settings = load().settings
app = baton.wsgi.create_app(settings, upgrade=True)
baton.jobs.prepare_jobs(app, settings, Path({str(tmp_path)!r}))
assert app.test_client().get("/engine-rest/version").status_code == 200
ours = ("api", "baton", "bpmn", "engine", "sqlalchemy", "tasklist")
print([name for name in {rare!r} if name in sys.modules])
print([name for name in sys.modules if name not in shared and name.startswith(ours)])
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
    environment |= {"BATON_DATABASE_URL": f"sqlite:///{tmp_path}/baton.db", "BATON_AUTH": "off"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment)
    loaded, after_the_fork = done.stdout.splitlines() or ["", done.stderr]
    assert loaded == "[]"
    assert after_the_fork == "[]", "what is loaded before the worker process is forked is in memory once"


def test_the_image_runs_as_nobody_special_and_reports_its_health() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    instructions = [line for line in lines if re.match(r"[A-Z]+ ", line)]
    users = [line.split()[1] for line in instructions if line.startswith("USER ")]
    assert users
    assert users[-1].split(":")[0] not in ("0", "root")
    assert any(line.startswith("HEALTHCHECK ") for line in instructions)
    assert "/health/live'" in (ROOT / "Dockerfile").read_text(), "which answers whoever asks"
    assert 'ENTRYPOINT ["baton"]' in instructions
    copied = {line.split()[1] for line in instructions if line.startswith("COPY ") and "--from" not in line}
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(packages["packages"]) <= copied
