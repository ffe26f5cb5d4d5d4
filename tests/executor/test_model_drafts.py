"""Drafts of models, each person's own, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import BadRequest, Engine, NotFound
from engine.services import model_drafts
from engine.services.model_drafts import MOST_BYTES, DraftChanged

FILES = {"b.bpmn": "<b/>", "a.form": "ü"}


def test_a_draft_is_saved_again_and_again(engine: Engine) -> None:
    made = engine.model_drafts.create(" Order ", FILES, user="ada")
    assert (made.name, made.file_names, made.revision) == ("Order", ["b.bpmn", "a.form"], 1)
    kept = engine.model_drafts.keep(made.id, {**FILES, "a.form": "x"}, 1, user="ada")
    assert (kept.id, kept.revision) == (made.id, 2)
    engine.model_drafts.rename(made.id, "Orders", user="ada")
    draft, files = engine.model_drafts.get(made.id, user="ada")
    assert (draft.name, draft.revision, files) == ("Orders", 2, {"b.bpmn": "<b/>", "a.form": "x"})
    assert list(files) == ["b.bpmn", "a.form"]


def test_what_was_saved_elsewhere_is_not_written_over(engine: Engine) -> None:
    made = engine.model_drafts.create("Order", FILES, user="ada")
    engine.model_drafts.keep(made.id, {"b.bpmn": "mine"}, 1, user="ada")
    with pytest.raises(DraftChanged):
        engine.model_drafts.keep(made.id, {"b.bpmn": "yours"}, 1, user="ada")
    assert engine.model_drafts.get(made.id, user="ada")[1] == {"b.bpmn": "mine"}


def test_of_several_that_save_at_once_one_gets_through(engine: Engine) -> None:
    made = engine.model_drafts.create("Order", FILES)

    def save(number: int) -> bool:
        try:
            engine.model_drafts.keep(made.id, {"b.bpmn": str(number)}, 1)
        except DraftChanged:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(save, range(8))) == 1
    assert engine.model_drafts.get(made.id)[0].revision == 2


def test_nobody_sees_or_changes_those_of_others(engine: Engine) -> None:
    made = engine.model_drafts.create("Order", FILES, user="ada")
    engine.model_drafts.delete(made.id, user="bo")
    for attempt in (
        lambda: engine.model_drafts.get(made.id, user="bo"),
        lambda: engine.model_drafts.keep(made.id, FILES, 1, user="bo"),
        lambda: engine.model_drafts.rename(made.id, "Mine", user="bo"),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert engine.model_drafts.all(user="bo") == []
    assert [draft.name for draft in engine.model_drafts.all(user="ada")] == ["Order"]
    engine.model_drafts.delete(made.id, user="ada")
    assert engine.model_drafts.all(user="ada") == []


def test_the_one_saved_last_comes_first(engine: Engine) -> None:
    first = engine.model_drafts.create("First", FILES)
    engine.model_drafts.create("Second", FILES)
    assert [draft.name for draft in engine.model_drafts.all()] == ["Second", "First"]
    saved = engine.model_drafts.keep(first.id, FILES, 1)
    listed = engine.model_drafts.all()
    assert saved in listed
    assert listed == sorted(listed, key=lambda draft: (draft.saved_at, draft.id), reverse=True)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("", FILES),
        ("x" * 256, FILES),
        ("x", {}),
        ("x", {" ": "a"}),
        ("x", {"a": "x" * MOST_BYTES}),
        ("x", {str(number): "" for number in range(51)}),
    ],
)
def test_what_is_no_draft_or_too_much(engine: Engine, name: str, files: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        engine.model_drafts.create(name, files)
    assert engine.model_drafts.all() == []


def test_nobody_has_more_than_the_bounds(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_drafts, "MOST_DRAFTS", 2)
    monkeypatch.setattr(model_drafts, "MOST_BYTES_OF_ALL", 1000)
    made = engine.model_drafts.create("First", {"a": "x" * 500}, user="ada")
    with pytest.raises(BadRequest):
        engine.model_drafts.create("Second", {"a": "x" * 500}, user="ada")
    engine.model_drafts.create("Second", {"a": "x"}, user="ada")
    with pytest.raises(BadRequest):
        engine.model_drafts.keep(made.id, {"a": "x" * 990}, 1, user="ada")
    with pytest.raises(BadRequest):
        engine.model_drafts.create("Third", {"a": "x"}, user="ada")
    engine.model_drafts.create("Of another", {"a": "x" * 900}, user="bo")
    assert {(draft.name, draft.revision) for draft in engine.model_drafts.all(user="ada")} == {
        ("First", 1),
        ("Second", 1),
    }
