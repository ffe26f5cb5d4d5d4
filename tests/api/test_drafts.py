"""Drafts of forms over REST."""

from __future__ import annotations

from typing import Any

import pytest

from engine.services.drafts import MOST_BYTES
from tests.api.conftest import Api


def definition(api: Api) -> str:
    """The id of the process that is deployed."""
    (found,) = api.get("/process-definition")
    return str(found["id"])


@pytest.fixture(params=["task", "process-definition"])
def path(request: pytest.FixtureRequest, deployed: Api) -> str:
    """Where the draft of a task, or of a start form, is."""
    id = deployed.task(deployed.start()["id"]) if request.param == "task" else definition(deployed)
    return f"/{request.param}/{id}/draft"


def test_a_draft_is_kept_until_it_is_replaced_or_dropped(own: Api, path: str) -> None:
    assert own.call("GET", path, 204).data == b""
    saved = own.put(path, {"data": {"article": "Pap"}}, 200)
    own.put(path, {"data": {"article": "Paper", "lines": [1, None, {"a": "ü"}]}}, 200)
    shown = own.get(path)
    assert shown["data"] == {"article": "Paper", "lines": [1, None, {"a": "ü"}]}
    assert shown["savedAt"] >= saved["savedAt"]
    own.delete(path)
    own.call("GET", path, 204)
    own.delete(path)


@pytest.mark.parametrize("body", [[], {"data": []}, {"data": "x" * (MOST_BYTES + 1)}])
def test_what_is_no_draft(own: Api, path: str, body: Any) -> None:
    own.put(path, body, 400)
    own.call("GET", path, 204)


def test_a_draft_has_a_greatest_length(own: Api, path: str) -> None:
    told = own.put(path, {"data": {"a": "x" * MOST_BYTES}}, 400)
    assert str(MOST_BYTES) in told["message"]


def test_sending_the_form_ends_its_draft(api: Api, own: Api, deployed: Api) -> None:
    start = f"/process-definition/{definition(api)}"
    own.put(f"{start}/draft", {"data": {"a": 1}}, 200)
    started = own.post(f"{start}/start", {"data": {}}, 200)
    own.call("GET", f"{start}/draft", 204)
    task = f"/task/{deployed.task(started['instance']['id'])}"
    own.put(f"{task}/draft", {"data": {"a": 1}}, 200)
    own.post(f"{task}/submit", {"data": {}}, 200)
    own.call("GET", f"{task}/draft", 204)
    own.put(f"{task}/draft", {"data": {"a": 1}}, 404)


def test_things_that_are_not_there(own: Api) -> None:
    own.call("GET", "/task/4711/draft", 204)
    own.put("/task/4711/draft", {"data": {}}, 404)
    own.get("/process-definition/a:1:4711/draft", 404)
