"""The conformance scenarios, over HTTP on both databases: all that ask only for what this engine has must pass."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.api.serving import served
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
