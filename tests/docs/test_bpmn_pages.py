"""The models on the pages about elements can be deployed without a warning."""

from __future__ import annotations

import re

import pytest

from bpmn.check import check
from engine.core.definition import Identity, bind
from tests.docs.pages import FOLDER

_MODEL = re.compile(r"^```xml\n(<definitions.*?)^```", re.MULTILINE | re.DOTALL)
MODELS = [
    pytest.param(model, id=f"{page.stem}-{number}")
    for page in sorted((FOLDER / "bpmn").glob("*.md"))
    for number, model in enumerate(_MODEL.findall(page.read_text()), 1)
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
    assert _MODEL.search((FOLDER / "bpmn" / page).read_text())
