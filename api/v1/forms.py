"""Forms for a web app: one shape, whatever the model asks with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer, refuse
from api.identity import current_actor, current_user
from api.resources.process_definitions import show_started
from api.routing import MULTIPART, Body, Call, Routes, ThingId
from api.shapes import ProcessInstance, Task, show_task
from api.strict_json import InvalidJson, loads
from engine import Conflict, Engine, ExecutionFailed, NotFound
from engine.services.form_pages import FormPage
from engine.services.forms import InvalidForm
from engine.services.queries import ProcessDefinitionView, Sorting, TaskView
from engine.values import FileValue

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


def definition_of(call: Call) -> ProcessDefinitionView:
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
    found={"definition": definition_of},
)
def get_start_form(engine: Engine, definition: ProcessDefinitionView) -> Form:
    html = f"/engine-rest/process-definition/{definition.key}:{definition.version}:{definition.id}/deployed-start-form"
    return _show(engine.form_pages.of_start(definition), html)


# ---------------------------------------------------------------- filled in


class Filled(Body):
    """What a form was filled in with, as form-js gives it: plain JSON by the keys of the fields."""

    data: dict[str, Any] = Field(default_factory=dict)


class FilledStart(Filled):
    """What a start form was filled in with, and the business key of the new instance."""

    business_key: str | None = None


@dataclass(frozen=True)
class Submission:
    """What was sent: the form's data, and files by the texts that stand for them in the data."""

    data: dict[str, Any]
    files: Mapping[str, Sequence[FileValue]]
    business_key: str | None


PARTS: Mapping[str, Any] = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {"type": "string", "contentMediaType": "application/json", "description": "the form's data"},
        "businessKey": {"type": "string"},
    },
    "additionalProperties": {
        "type": "string",
        "format": "binary",
        "description": "files, each under the text that stands for it in the data",
    },
}
_FILLED = TypeAdapter(FilledStart)


def _read(call: Call) -> Submission:
    """JSON, or the same in the part `data` of a multipart body with files beside it."""
    if call.mimetype != MULTIPART:
        given = call.read_json()
        try:
            body = _FILLED.validate_python({} if given is None else given)
        except ValidationError:
            raise refuse("The body must be an object with the form's data in `data`") from None
        return Submission(body.data, {}, body.business_key)
    form = call.read_form()
    try:
        data = loads((form.text("data") or "{}").encode())
    except InvalidJson as problem:
        raise refuse(f"data: {problem}") from None
    if not isinstance(data, dict):
        raise refuse("data: must be a JSON object")
    files: dict[str, list[FileValue]] = {}
    for name, upload in form.files:
        filename = upload.filename.replace("\\", "/").rpartition("/")[2]
        files.setdefault(name, []).append(FileValue(filename, upload.mimetype, None, upload.data))
    return Submission(data, files, form.text("businessKey"))


class StartedWithForm(TypedDict):
    """The new instance, and a task of it that its person may go on with, if there is any."""

    instance: ProcessInstance
    next: Task | None


class Completed(TypedDict):
    """What came of completing a task: one that its person may go on with, if there is any."""

    next: Task | None


FAILING: Mapping[type[Exception], Answer] = {
    NotFound: Answer(404, INVALID_REQUEST),
    InvalidForm: Answer(400, "InvalidFormException"),
    Conflict: Answer(409, "ConflictException"),
    ExecutionFailed: Answer(500, "ProcessEngineException", 0),
}


@FORMS.post(
    "/task/{id}/submit",
    "Complete a task with its form",
    fails=FAILING,
    body=Filled,
    form=PARTS,
    found={"submission": _read},
)
def submit_task_form(engine: Engine, id: TaskId, submission: Submission) -> Completed:
    root = _open_task(engine, id).root_id
    engine.form_pages.complete(id, submission.data, submission.files, user=current_user())
    return {"next": None if root is None else _next_task(engine, root)}


def _open_task(engine: Engine, id: int) -> TaskView:
    """The task, if it is open. Raises Conflict if somebody was faster, NotFound if there never was one."""
    task = engine.queries.tasks.find(id)
    if task is not None:
        return task
    ended = engine.queries.historic_tasks.get(id)
    how = "was completed meanwhile" if ended.delete_reason == "completed" else "is not needed any more"
    who = f" (it was {ended.assignee}'s)" if ended.assignee else ""
    raise Conflict(f"'{ended.name or ended.element_id or id}' {how}{who}")


def _next_task(engine: Engine, root_id: int) -> Task | None:
    """The oldest open task of the same instance, or of those it calls, that is its person's or may become it."""
    actor = current_actor()
    mine: dict[str, Any] = {"unassigned": True}
    if actor.user_id is not None:
        mine = {"assignee": actor.user_id, "candidateUser": actor.user_id}
        if actor.groups:
            mine["candidateGroups"] = sorted(actor.groups)
    found = engine.queries.tasks.list(
        {"rootProcessInstanceId": root_id, "active": True}, any_of=[mine], sorting=[Sorting("created", "asc")], limit=1
    )
    return show_task(found[0]) if found else None


@FORMS.post(
    "/process-definition/{id}/start",
    "Start an instance with the start form",
    fails=FAILING,
    body=FilledStart,
    form=PARTS,
    found={"definition": definition_of, "submission": _read},
)
def start_with_form(engine: Engine, definition: ProcessDefinitionView, submission: Submission) -> StartedWithForm:
    started = engine.form_pages.start(
        definition,
        submission.data,
        submission.files,
        business_key=submission.business_key,
        user=current_user(),
    )
    return {"instance": show_started(started), "next": _next_task(engine, started.id)}
