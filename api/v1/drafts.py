"""Drafts of forms over REST: each person's own, of a task or a start form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer
from api.identity import current_user
from api.routing import Body, Routes, ThingId
from api.shapes import show_date
from api.v1.forms import definition_of
from engine import Engine, NotFound
from engine.services.drafts import Draft as Kept
from engine.services.queries import ProcessDefinitionView

DRAFTS = Routes("Draft")

TaskId = Annotated[int, ThingId("task")]
MISSING: Mapping[type[Exception], Answer] = {NotFound: Answer(404, INVALID_REQUEST)}


class Draft(TypedDict):
    """What a form was filled in with so far."""

    data: dict[str, Any]
    savedAt: str | None


class NewDraft(Body):
    """What a form is filled in with so far, as form-js gives it."""

    data: dict[str, Any] = Field(default_factory=dict)


class Saved(TypedDict):
    """When the draft was saved."""

    savedAt: str | None


def _show(kept: Kept | None) -> Draft | None:
    return None if kept is None else {"data": dict(kept.data), "savedAt": show_date(kept.saved_at)}


@DRAFTS.get("/task/{id}/draft", "Get one's draft for a task; 204 if there is none", fails=MISSING)
def get_task_draft(engine: Engine, id: TaskId) -> Draft | None:
    return _show(engine.drafts.of_task(id, user=current_user()))


@DRAFTS.put("/task/{id}/draft", "Save one's draft for a task", fails=MISSING)
def put_task_draft(engine: Engine, id: TaskId, body: NewDraft) -> Saved:
    return {"savedAt": show_date(engine.drafts.keep_for_task(id, body.data, user=current_user()).saved_at)}


@DRAFTS.delete("/task/{id}/draft", "Forget one's draft for a task", fails=MISSING)
def delete_task_draft(engine: Engine, id: TaskId) -> None:
    engine.drafts.drop_for_task(id, user=current_user())


OF_DEFINITION: Mapping[str, Any] = {"fails": MISSING, "found": {"definition": definition_of}}


@DRAFTS.get("/process-definition/{id}/draft", "Get one's draft for a start form; 204 if there is none", **OF_DEFINITION)
def get_start_draft(engine: Engine, definition: ProcessDefinitionView) -> Draft | None:
    return _show(engine.drafts.of_start(definition, user=current_user()))


@DRAFTS.put("/process-definition/{id}/draft", "Save one's draft for a start form", **OF_DEFINITION)
def put_start_draft(engine: Engine, definition: ProcessDefinitionView, body: NewDraft) -> Saved:
    return {"savedAt": show_date(engine.drafts.keep_for_start(definition, body.data, user=current_user()).saved_at)}


@DRAFTS.delete("/process-definition/{id}/draft", "Forget one's draft for a start form", **OF_DEFINITION)
def delete_start_draft(engine: Engine, definition: ProcessDefinitionView) -> None:
    engine.drafts.drop_for_start(definition, user=current_user())
