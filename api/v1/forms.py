"""Forms for a web app: one shape, whatever the model asks with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer
from api.routing import Call, Routes, ThingId
from engine import Engine
from engine.errors import NotFound
from engine.services.form_pages import FormPage
from engine.services.queries import ProcessDefinitionView

FORMS = Routes("Form")

TaskId = Annotated[int, ThingId("task")]


class GeneratedField(TypedDict):
    """A field of a generated form, as the model has it."""

    id: str
    label: str | None
    type: str


class Form(TypedDict):
    """A form and what it shows: a schema for form-js, an address elsewhere, or nothing."""

    kind: Literal["form-js", "generated", "external", "html", "none"]
    key: str | None
    schema: dict[str, Any] | None
    fields: list[GeneratedField]
    url: str | None
    variables: dict[str, Any]
    readonly: bool


MISSING: Mapping[type[Exception], Answer] = {NotFound: Answer(404, INVALID_REQUEST)}


def _definition(call: Call) -> ProcessDefinitionView:
    return call.engine.queries.definition(call.path["id"])


def _show(page: FormPage, html: str) -> Form:
    return {
        "kind": page.kind.value,
        "key": page.key,
        "schema": None if page.schema is None else dict(page.schema.json),
        "fields": [{"id": each.id, "label": each.label, "type": each.type} for each in page.fields],
        "url": html if page.kind == "html" else page.url,
        "variables": dict(page.variables),
        "readonly": page.readonly,
    }


@FORMS.get("/task/{id}/form", "Get the form of a task, open or completed", fails=MISSING)
def get_task_form(engine: Engine, id: TaskId) -> Form:
    return _show(engine.form_pages.of_task(id), f"/engine-rest/task/{id}/deployed-form")


@FORMS.get(
    "/process-definition/{id}/start-form",
    "Get the start form of a process definition",
    fails=MISSING,
    found={"definition": _definition},
)
def get_start_form(engine: Engine, definition: ProcessDefinitionView) -> Form:
    html = f"/engine-rest/process-definition/{definition.key}:{definition.version}:{definition.id}/deployed-start-form"
    return _show(engine.form_pages.of_start(definition), html)
