"""Drafts of models over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api

FILES = {"b.bpmn": "<b/>", "a.form": "{}"}


def test_a_draft_from_its_first_to_its_last_day(own: Api) -> None:
    made = own.post("/model-draft", {"name": "Order", "files": FILES}, 200)
    path = f"/model-draft/{made['id']}"
    kept = own.put(path, {"files": {"b.bpmn": "<c/>"}, "revision": made["revision"]}, 200)
    own.put(f"{path}/name", {"name": "Orders"})
    (listed,) = own.get("/model-draft")
    assert listed == {**kept, "name": "Orders"}
    assert listed["fileNames"] == ["b.bpmn"]
    assert own.get(path) == {**listed, "files": {"b.bpmn": "<c/>"}}
    own.delete(path)
    own.get(path, 404)
    assert own.get("/model-draft") == []


def test_who_was_too_late_is_told_so(own: Api) -> None:
    made = own.post("/model-draft", {"name": "Order", "files": FILES}, 200)
    path = f"/model-draft/{made['id']}"
    own.put(path, {"files": FILES, "revision": 1}, 200)
    told = own.put(path, {"files": {"b.bpmn": "late"}, "revision": 1}, 409)
    assert told["type"] == "DraftChangedException"
    assert "saved elsewhere" in told["message"]
    assert own.get(path)["files"] == FILES


@pytest.mark.parametrize(
    "body", [{}, {"name": "x"}, {"name": "", "files": FILES}, {"name": "x", "files": {}}, {"name": "x", "files": [1]}]
)
def test_what_is_no_draft(own: Api, body: Any) -> None:
    own.post("/model-draft", body, 400)
    assert own.get("/model-draft") == []


def test_drafts_that_are_not_there(own: Api) -> None:
    own.get("/model-draft/4711", 404)
    own.get("/model-draft/x", 404)
    own.put("/model-draft/4711", {"files": FILES, "revision": 1}, 404)
    own.put("/model-draft/4711/name", {"name": "x"}, 404)
    own.delete("/model-draft/4711")
