"""Drafts of models over REST: each person's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer
from api.identity import current_user
from api.routing import Body, Routes, ThingId
from api.shapes import show_date
from engine import Engine, NotFound
from engine.services.model_drafts import DraftChanged, ModelDraft

MODEL_DRAFTS = Routes("Model draft")

DraftId = Annotated[int, ThingId("draft")]
FAILS: Mapping[str, Any] = {
    "fails": {NotFound: Answer(404, INVALID_REQUEST), DraftChanged: Answer(409, "DraftChangedException")}
}


class ListedModelDraft(TypedDict):
    """What is known of a draft without its files. `revision` counts how often they were saved."""

    id: str
    name: str
    fileNames: list[str]
    bytes: int
    revision: int
    savedAt: str | None


class WholeModelDraft(ListedModelDraft):
    """A draft with its files by their names."""

    files: dict[str, str]


class NewModelDraft(Body):
    """Files by their names, to be kept under a name."""

    name: str
    files: dict[str, str]


class ChangedModelDraft(Body):
    """The files as they are now, and the revision that they were read at."""

    files: dict[str, str]
    revision: int


class DraftName(Body):
    """Another name."""

    name: str


def _show(draft: ModelDraft) -> ListedModelDraft:
    return {
        "id": str(draft.id),
        "name": draft.name,
        "fileNames": list(draft.file_names),
        "bytes": draft.bytes,
        "revision": draft.revision,
        "savedAt": show_date(draft.saved_at),
    }


@MODEL_DRAFTS.get("/model-draft", "List one's drafts of models, the one saved last first")
def list_model_drafts(engine: Engine) -> list[ListedModelDraft]:
    return [_show(draft) for draft in engine.model_drafts.all(user=current_user())]


@MODEL_DRAFTS.post("/model-draft", "Keep files as a new draft")
def create_model_draft(engine: Engine, body: NewModelDraft) -> ListedModelDraft:
    return _show(engine.model_drafts.create(body.name, body.files, user=current_user()))


@MODEL_DRAFTS.get("/model-draft/{id}", "Get a draft with its files", **FAILS)
def get_model_draft(engine: Engine, id: DraftId) -> WholeModelDraft:
    draft, files = engine.model_drafts.get(id, user=current_user())
    return {**_show(draft), "files": dict(files)}


@MODEL_DRAFTS.put("/model-draft/{id}", "Save a draft; 409 if it was saved elsewhere since it was read", **FAILS)
def put_model_draft(engine: Engine, id: DraftId, body: ChangedModelDraft) -> ListedModelDraft:
    return _show(engine.model_drafts.keep(id, body.files, body.revision, user=current_user()))


@MODEL_DRAFTS.put("/model-draft/{id}/name", "Rename a draft", **FAILS)
def rename_model_draft(engine: Engine, id: DraftId, body: DraftName) -> None:
    engine.model_drafts.rename(id, body.name, user=current_user())


@MODEL_DRAFTS.delete("/model-draft/{id}", "Throw a draft away", **FAILS)
def delete_model_draft(engine: Engine, id: DraftId) -> None:
    engine.model_drafts.delete(id, user=current_user())
