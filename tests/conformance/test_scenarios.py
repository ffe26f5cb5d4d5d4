"""The conformance scenarios, over HTTP on both databases: all that ask only for what this engine has must pass."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from werkzeug.serving import make_server

from api import create_blueprint
from engine import Engine
from tests.conformance.applicable import missing

CONFORMANCE = Path(__file__).parents[2].parent / "shared" / "conformance"
DEVIATIONS: dict[str, str] = yaml.safe_load((Path(__file__).parent / "deviations.yaml").read_text())
FILES = ("core.yaml", "api.yaml", "events.yaml")

pytestmark = pytest.mark.skipif(
    not CONFORMANCE.is_dir(), reason=f"the conformance scenarios are not at {CONFORMANCE}: nothing was compared"
)


def _runner() -> Any:
    spec = importlib.util.spec_from_file_location("conformance_run", CONFORMANCE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def served(database_url: str) -> Iterator[str]:
    """The base URL of a server over a fresh engine."""
    engine = Engine.open(database_url)
    engine.upgrade()
    app = Flask("conformance")
    app.register_blueprint(create_blueprint(engine))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/engine-rest"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        engine.close()


@pytest.mark.parametrize("file", FILES)
def test_scenarios(file: str, database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", logger="werkzeug")
    run = _runner()
    models = run.Models(folder=CONFORMANCE / "models")
    scenarios = [scenario for _, scenario in run.load([CONFORMANCE / file])]
    lacks = {scenario["id"]: missing(scenario, models) for scenario in scenarios}
    applicable = [scenario for scenario in scenarios if not lacks[scenario["id"]]]
    with served(database_url) as base_url:
        failures = {each["id"]: run.run_scenario(each, base_url, None, models) for each in applicable}
    for scenario_id, what in lacks.items():
        print(f"{'SKIP ' + ', '.join(what) if what else 'FAIL' if failures[scenario_id] else 'PASS'} {scenario_id}")
    failed = {id: failure for id, failure in failures.items() if failure}
    unexpected = "\n".join(f"{id}: {where}: {why}" for id, (where, why) in failed.items() if id not in DEVIATIONS)
    assert not unexpected, unexpected
    assert not (gone := set(DEVIATIONS) & set(failures) - set(failed)), f"no deviations any more: {gone}"
    assert applicable, f"no scenario of {file} is applicable"
