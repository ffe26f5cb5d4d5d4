"""Every model of the conformance scenarios is accepted or refused as the scenario says, and the problems name ids."""

from pathlib import Path

import pytest
import yaml

from bpmn.check import check, check_all
from bpmn.reader import is_bpmn

CONFORMANCE = Path(__file__).parents[2].parent / "shared" / "conformance"
MODELS = CONFORMANCE / "models"
AREAS = ("core.yaml", "events.yaml", "api.yaml")

pytestmark = pytest.mark.skipif(
    not CONFORMANCE.is_dir(), reason=f"the conformance scenarios are not at {CONFORMANCE}: nothing was compared"
)

NOT_THE_READERS = {
    "parse-expression-syntax-error": "the engine compiles expressions, and finds what is wrong with them",
}


def files_of(step: dict) -> list[tuple[str, bytes]]:
    named = [MODELS / Path(path).name for path in step.get("models") or ()]
    inline = (step.get("inline") or {}).items()
    return [(path.name, path.read_bytes()) for path in named] + [(name, text.encode()) for name, text in inline]


def deployments():
    """(scenario id and number, files, expected status, texts that the answer must contain) of all scenarios."""
    if not CONFORMANCE.is_dir():
        return
    for area in AREAS:
        for scenario in yaml.safe_load((CONFORMANCE / area).read_text()):
            if scenario["id"] in NOT_THE_READERS:
                continue
            if scenario.get("models") or scenario.get("inline"):
                yield pytest.param(files_of(scenario), 200, (), id=scenario["id"])
            for number, step in enumerate(scenario["steps"]):
                deploy = step.get("deploy")
                if deploy is not None:
                    status, contains = deploy.get("expect_status", 200), deploy.get("contains", ())
                    yield pytest.param(files_of(deploy), status, contains, id=f"{scenario['id']}-{number}")


@pytest.mark.parametrize(("files", "status", "contains"), list(deployments()))
def test_deployment(files, status, contains):
    definitions, problems = check_all(files)
    errors = [problem for problem in problems if problem.is_error]
    if status == 200:
        assert errors == []
        assert len(definitions) == sum(is_bpmn(name) for name, _ in files)
    else:
        assert errors
        told = "\n".join(f"{problem} {problem.element_ids}" for problem in errors)
        assert all(text in told for text in contains)


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.bpmn*")) if MODELS.is_dir() else [], ids=lambda path: path.name)
def test_problems_have_places_and_names(path):
    _, problems = check(path.read_bytes(), path.name)
    for problem in problems:
        assert problem.line > 0
        assert problem.column > 0
        assert problem.message
        assert problem.rule.partition(".")[0] in ("xml", "bpmn", "camunda", "zeebe")
