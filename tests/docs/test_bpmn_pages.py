"""The models on the pages about elements can be deployed without a warning, and do what their pages say."""

from __future__ import annotations

import pytest

from bpmn.check import check
from engine.core.definition import Identity, bind
from tests.core.kit import Run
from tests.docs.pages import FOLDER
from tests.docs.pictures import DECISIONS, MODEL
from tests.docs.plays import PLAYS

MODELS = [
    pytest.param(model, id=f"{page.stem}-{number}")
    for page in sorted((FOLDER / "bpmn").glob("*.md"))
    for number, model in enumerate(MODEL.findall(page.read_text()), 1)
]


@pytest.mark.parametrize("model", MODELS)
def test_model_can_be_deployed(model):
    definitions, problems = check(model.encode(), "page.bpmn")
    for process in definitions.processes:
        problems += bind(process, Identity(1, process.id, 1, None, 1, ""), "page.bpmn", definitions.errors)[1]
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize("page", [page.name for page in (FOLDER / "bpmn").glob("*.md") if page.name != "README.md"])
def test_page_is_in_the_index_and_shows_a_model(page):
    assert f"]({page})" in (FOLDER / "bpmn" / "README.md").read_text()
    assert MODEL.search((FOLDER / "bpmn" / page).read_text())


@pytest.mark.parametrize(
    "page", sorted(page.stem for page in (FOLDER / "bpmn").glob("*.md") if page.name != "README.md")
)
def test_first_model_does_what_its_page_says(page):
    assert page in PLAYS, f"docs/bpmn/{page}.md has no play in tests/docs/plays.py: write one for its first model"
    text = (FOLDER / "bpmn" / f"{page}.md").read_text()
    run = Run(MODEL.search(text)[1].encode())
    for decisions in DECISIONS.findall(text):
        run.decide_by(decisions.encode())
    PLAYS[page](run)
