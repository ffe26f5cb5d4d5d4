"""User tasks over REST (Camunda manual, REST API, "Task")."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

from flask import request
from typing_extensions import TypedDict

from api.errors import NULL, Answer, engine_failure, refuse
from api.identity import current_user
from api.resources.process_definitions import Form, form_media_type, render_fields, show_fields
from api.resources.variables import variable_routes
from api.routing import Body, Content, Routes, ThingId, read_date
from api.routing import Form as UploadForm
from api.shapes import (
    Attachment,
    Comment,
    GivenValues,
    IdentityLink,
    Task,
    Values,
    read_values,
    show_attachment,
    show_comment,
    show_form_reference,
    show_link,
    show_task,
    show_values,
)
from engine import Engine
from engine.errors import BadRequest, Conflict, NotFound, Suspended
from engine.services.notices import mentioned
from engine.services.queries import TASKS as TABLE
from engine.services.queries import InvalidQuery, TaskView, parse_id

TASKS = Routes("Task")

TaskId = Annotated[int, ThingId("task")]
CommentId = Annotated[int, ThingId("comment")]


# ---------------------------------------------------------------- lists


def show_tasks(
    engine: Engine, views: Sequence[TaskView], filters: Mapping[str, Any], query: Mapping[str, str]
) -> list[Task]:
    """Tasks as lists show them, with what the filters or the query string ask for beside."""
    shown = [show_task(view) for view in views]
    if not views:
        return shown
    if _wanted(filters, query, "withCommentAttachmentInfo"):
        commented, attached = engine.queries.commented_tasks(views), engine.queries.attached_tasks(views)
        for view, task in zip(views, shown, strict=True):
            task["attachment"], task["comment"] = view.id in attached, view.id in commented
    for name, only_local in (("withTaskVariablesInReturn", False), ("withTaskLocalVariablesInReturn", True)):
        if _wanted(filters, query, name):
            variables = engine.queries.variables_of_tasks(views, only_local=only_local)
            for view, task in zip(views, shown, strict=True):
                if not only_local or variables.get(view.id):
                    task["variables"] = show_values(variables.get(view.id, {}), deserialize=False)
            break
    return shown


def _wanted(filters: Mapping[str, Any], query: Mapping[str, str], name: str) -> bool:
    return str(filters.get(name) or query.get(name) or "").lower() == "true"


TASKS.collection("/task", lambda queries: queries.tasks, TABLE, show_tasks, list[Task], plural="tasks")


class CandidateGroupCount(TypedDict):
    """How many open tasks a group may take; null stands for the tasks without a group."""

    groupName: str | None
    taskCount: int


@TASKS.get("/task/report/candidate-group-count", "Count open tasks per candidate group")
def get_candidate_group_count(engine: Engine) -> list[CandidateGroupCount]:
    return [{"groupName": group, "taskCount": count} for group, count in engine.queries.count_by_candidate_group()]


@TASKS.get("/task/{id}", "Get a task")
def get_task(engine: Engine, id: TaskId, with_comment_attachment_info: bool = False) -> Task:
    view = engine.queries.tasks.get(id)
    shown = show_task(view)
    if with_comment_attachment_info:
        shown["attachment"] = bool(engine.queries.attached_tasks([view]))
        shown["comment"] = bool(engine.queries.commented_tasks([view]))
    return shown


# ---------------------------------------------------------------- standalone tasks and attributes


class Attributes(Body):
    """The attributes of a task that clients may set; what is left out is null."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    assignee: str | None = None
    owner: str | None = None
    delegation_state: str | None = None
    due: str | None = None
    follow_up: str | None = None
    priority: int | None = None
    parent_task_id: str | None = None
    case_instance_id: str | None = None
    tenant_id: str | None = None


def _fields(body: Attributes) -> dict[str, Any]:
    state = body.delegation_state
    if state is not None and state.upper() not in ("PENDING", "RESOLVED"):
        raise refuse(f"Valid values for property 'delegationState' are 'PENDING' or 'RESOLVED', but not '{state}'")
    if body.parent_task_id is not None and parse_id(body.parent_task_id) is None:
        raise refuse(f"Parent task with id '{body.parent_task_id}' does not exist", code=0)
    if body.priority is not None and abs(body.priority) > 2**31 - 1:
        raise refuse("priority: must be a 32-bit integer")
    return {
        "name": body.name,
        "description": body.description,
        "assignee": body.assignee,
        "owner": body.owner,
        "delegation_state": None if state is None else state.upper(),
        "due_at": read_date(body.due, "due"),
        "follow_up_at": read_date(body.follow_up, "followUp"),
        "priority": body.priority or 0,
        "parent_task_id": None if body.parent_task_id is None else parse_id(body.parent_task_id),
        "case_instance_id": body.case_instance_id,
    }


@TASKS.post("/task/create", "Create a standalone task")
def create_task(engine: Engine, body: Attributes) -> None:
    if body.id is not None:
        raise refuse("The id of a task cannot be chosen: leave it out")
    engine.tasks.create(**_fields(body), tenant_id=body.tenant_id or "", user=current_user())


@TASKS.put("/task/{id}", "Set the attributes of a task", fails={NotFound: Answer(404, "TaskNotFoundException")})
def update_task(engine: Engine, id: TaskId, body: Attributes) -> None:
    fields = _fields(body)
    if body.case_instance_id is None:
        del fields["case_instance_id"]
    if body.parent_task_id is None:
        del fields["parent_task_id"]
    engine.tasks.update(id, **fields, user=current_user())


@TASKS.delete("/task/{id}", "Delete a standalone task, if there is one with that id")
def delete_task(engine: Engine, id: str) -> None:
    number = parse_id(id)
    if number is not None:
        with suppress(NotFound):
            engine.tasks.delete(number, user=current_user())


# ---------------------------------------------------------------- who does it


class UserId(Body):
    """A user, or null for none."""

    user_id: str | None = None


CLAIMED: Mapping[type[Exception], Answer] = {**NULL, Conflict: Answer(500, "TaskAlreadyClaimedException", 0)}
NO_TASK = {NotFound: Answer(400, "NotFoundException", 0)}


@TASKS.post("/task/{id}/claim", "Claim a task for a user", fails=CLAIMED)
def claim_task(engine: Engine, id: TaskId, body: UserId) -> None:
    if body.user_id is None:
        engine.tasks.unclaim(id, user=current_user())
    else:
        engine.tasks.claim(id, body.user_id, user=current_user())


@TASKS.post("/task/{id}/unclaim", "Give a task back", fails=NO_TASK)
def unclaim_task(engine: Engine, id: TaskId) -> None:
    engine.tasks.unclaim(id, user=current_user())


@TASKS.post("/task/{id}/assignee", "Give a task to a user, whoever has it", fails=NO_TASK)
def set_assignee(engine: Engine, id: TaskId, body: UserId) -> None:
    engine.tasks.set_assignee(id, body.user_id, user=current_user())


@TASKS.post("/task/{id}/delegate", "Let another user do a task and hand it back", fails=NULL)
def delegate_task(engine: Engine, id: TaskId, body: UserId) -> None:
    if body.user_id is None:
        raise refuse("userId: is required to delegate a task")
    engine.tasks.delegate(id, body.user_id, user=current_user())


class Link(Body):
    """A user's or a group's part in a task."""

    user_id: str | None = None
    group_id: str | None = None
    type: str | None = None


def _one_of(body: Link) -> tuple[str, str | None, str | None]:
    if body.user_id is not None and body.group_id is not None:
        raise refuse("Identity Link requires userId or groupId, but not both.")
    if body.user_id is None and body.group_id is None:
        raise refuse("Identity Link requires userId or groupId.")
    if not body.type:
        raise refuse("type: is required")
    return body.type, body.user_id, body.group_id


@TASKS.get("/task/{id}/identity-links", "List the users and groups of a task", fails=NULL)
def get_identity_links(engine: Engine, id: TaskId, type: str | None = None) -> list[IdentityLink]:
    return [show_link(view) for view in engine.queries.identity_links(id, type)]


@TASKS.post("/task/{id}/identity-links", "Give a user or a group a part in a task", fails=NO_TASK)
def add_identity_link(engine: Engine, id: TaskId, body: Link) -> None:
    type, user, group = _one_of(body)
    engine.tasks.add_identity_link(id, type, user_id=user, group_id=group, user=current_user())


@TASKS.post("/task/{id}/identity-links/delete", "Take a user's or a group's part in a task away", fails=NULL)
def delete_identity_link(engine: Engine, id: TaskId, body: Link) -> None:
    type, user, group = _one_of(body)
    engine.tasks.delete_identity_link(id, type, user_id=user, group_id=group, user=current_user())


# ---------------------------------------------------------------- going on


class Completion(Body):
    """What a task is completed with."""

    variables: GivenValues | None = None
    with_variables_in_return: bool = False


COMPLETING = engine_failure("Cannot complete task {id}: ")


@TASKS.post("/task/{id}/complete", "Complete a task", fails=COMPLETING)
def complete_task(engine: Engine, id: TaskId, body: Completion) -> Values | None:
    seen = engine.tasks.complete(
        id, read_values(body.variables), return_variables=body.with_variables_in_return, user=current_user()
    )
    return show_values(seen, deserialize=False) if body.with_variables_in_return else None


@TASKS.post(
    "/task/{id}/submit-form", "Complete a task with its form", fails=engine_failure("Cannot submit task form {id}: ")
)
def submit_task_form(engine: Engine, id: TaskId, body: Completion) -> Values | None:
    seen = engine.forms.submit_task(
        id, read_values(body.variables), return_variables=body.with_variables_in_return, user=current_user()
    )
    return show_values(seen, deserialize=False) if body.with_variables_in_return else None


@TASKS.post("/task/{id}/resolve", "Hand a delegated task back to its owner", fails=NULL)
def resolve_task(engine: Engine, id: TaskId, body: Completion) -> None:
    engine.tasks.resolve(id, read_values(body.variables), user=current_user())


class BpmnError(Body):
    """A BPMN error."""

    error_code: str | None = None
    error_message: str | None = None
    variables: GivenValues | None = None


class BpmnEscalation(Body):
    """A BPMN escalation."""

    escalation_code: str | None = None
    variables: GivenValues | None = None


NO_TASK_TO_FAIL = {NotFound: Answer(404, "RestException", 0), Suspended: Answer(400, "RestException", 0)}


@TASKS.post("/task/{id}/bpmnError", "Report a BPMN error at a task", fails=NO_TASK_TO_FAIL)
def report_bpmn_error(engine: Engine, id: TaskId, body: BpmnError) -> None:
    if not body.error_code:
        raise refuse("errorCode: is required", type="RestException", code=0)
    engine.tasks.bpmn_error(id, body.error_code, body.error_message, read_values(body.variables), user=current_user())


@TASKS.post("/task/{id}/bpmnEscalation", "Report a BPMN escalation at a task", fails=NO_TASK_TO_FAIL)
def report_bpmn_escalation(engine: Engine, id: TaskId, body: BpmnEscalation) -> None:
    if not body.escalation_code:
        raise refuse("escalationCode: is required", type="RestException", code=0)
    engine.tasks.bpmn_escalation(id, body.escalation_code, read_values(body.variables), user=current_user())


# ---------------------------------------------------------------- forms


@TASKS.get(
    "/task/{id}/form", "Get the form's key", fails={NotFound: Answer(400, "RestException", 0, "Cannot get form: ")}
)
def get_task_form(engine: Engine, id: TaskId) -> Form:
    view = engine.queries.tasks.get(id)
    key = view.form_key
    form = engine.forms.task_form(view)
    if key is None and form is not None and form.fields:
        key = f"embedded:engine://engine/:engine/task/{id}/rendered-form"
    reference = show_form_reference(view.form_ref, view.form_ref_binding, view.form_ref_version)
    return {"key": key, "camundaFormRef": reference, "operatonFormRef": reference, "contextPath": None}


@TASKS.get(
    "/task/{id}/form-variables",
    "Get the form's fields and all variables the task sees",
    fails={NotFound: Answer(400, "BadUserRequestException", 0)},
)
def get_form_variables(
    engine: Engine, id: TaskId, variable_names: list[str] | None = None, deserialize_values: bool = True
) -> Values:
    view = engine.queries.tasks.get(id)
    shown = show_values(engine.queries.variables_of(id), deserialize=deserialize_values)
    shown.update(
        {name: value for name, value in show_fields(engine.forms.task_fields(view)).items() if name not in shown}
    )
    return {name: value for name, value in shown.items() if variable_names is None or name in variable_names}


@TASKS.get(
    "/task/{id}/deployed-form",
    "Get the deployed form",
    fails={InvalidQuery: Answer(400, "InvalidRequestException"), BadRequest: Answer(400, "InvalidRequestException")},
)
def get_deployed_form(engine: Engine, id: TaskId) -> Content:
    view = engine.queries.tasks.get(id)
    return Content(engine.forms.deployed_task_form(view), form_media_type(view.form_key))


@TASKS.get("/task/{id}/rendered-form", "Get the generated form as HTML", fails=NULL)
def get_rendered_form(engine: Engine, id: TaskId) -> Content:
    return render_fields(engine.forms.task_fields(engine.queries.tasks.get(id)), "form of this task")


# ---------------------------------------------------------------- comments


class Message(Body):
    """What to say."""

    message: str | None = None


class ChangedMessage(Message):
    """What to say instead."""

    id: str | None = None


def change_comment(engine: Engine, owner_id: int, body: ChangedMessage, *, instance: bool = False) -> None:
    """Changes a comment of a task or a process instance. Raises Refused if it is not one of its comments."""
    number = parse_id(body.id or "")
    if number is None or not body.message:
        raise refuse("The id of a comment, and a message, are required")
    try:
        engine.comments.change(owner_id, number, body.message, instance=instance)
    except NotFound as error:
        raise refuse(str(error)) from None


NOTHING_TO_COMMENT = {NotFound: Answer(400, "InvalidRequestException")}


@TASKS.get("/task/{id}/comment", "List the comments of a task")
def get_comments(engine: Engine, id: TaskId) -> list[Comment]:
    return [show_comment(view) for view in engine.queries.task_comments(id)]


@TASKS.post("/task/{id}/comment/create", "Comment on a task", fails=NOTHING_TO_COMMENT)
def create_comment(engine: Engine, id: TaskId, body: Message) -> Comment:
    """Whom it names by `@id`, of those whom the author may see, gets a notice."""
    if not body.message:
        raise refuse("message: is required", code=0)
    names = mentioned(body.message)
    people = [user.id for user in engine.queries.users.list({"idIn": names})] if names else []
    made = engine.tasks.add_comment(id, body.message, mentions=people, user=current_user())
    shown = _find_comment(engine, id, made)
    href = f"{request.url_root.rstrip('/')}/engine-rest/task/{id}/comment/{made}"
    return {**shown, "links": [{"method": "GET", "href": href, "rel": "self"}]}


@TASKS.get("/task/{id}/comment/{comment_id}", "Get a comment")
def get_comment(engine: Engine, id: TaskId, comment_id: CommentId) -> Comment:
    return _find_comment(engine, id, comment_id)


def _find_comment(engine: Engine, id: int, comment_id: int) -> Comment:
    for view in engine.queries.task_comments(id):
        if view.id == comment_id:
            return show_comment(view)
    raise NotFound("comment", comment_id, f"Task comment with id {comment_id} does not exist for task id '{id}'.")


@TASKS.put("/task/{id}/comment", "Change a comment")
def update_comment(engine: Engine, id: TaskId, body: ChangedMessage) -> None:
    change_comment(engine, id, body)


@TASKS.delete("/task/{id}/comment/{comment_id}", "Delete a comment")
def delete_comment(engine: Engine, id: TaskId, comment_id: CommentId) -> None:
    engine.comments.remove(id, comment_id)


@TASKS.delete("/task/{id}/comment", "Delete all comments of a task")
def delete_comments(engine: Engine, id: TaskId) -> None:
    engine.comments.remove_all(id)


# ---------------------------------------------------------------- attachments

AttachmentId = Annotated[int, ThingId("attachment")]

ATTACHMENT_FORM: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "attachment-name": {"type": "string"},
        "attachment-description": {"type": "string"},
        "attachment-type": {"type": "string"},
        "url": {"type": "string"},
        "content": {"type": "string", "format": "binary"},
    },
}


@TASKS.get("/task/{id}/attachment", "List the attachments of a task")
def get_attachments(engine: Engine, id: TaskId) -> list[Attachment]:
    return [show_attachment(view) for view in engine.queries.task_attachments(id)]


@TASKS.post(
    "/task/{id}/attachment/create",
    "Put a file to a task, or the address of something elsewhere",
    form=ATTACHMENT_FORM,
    fails={**NOTHING_TO_COMMENT, BadRequest: Answer(400, "InvalidRequestException")},
)
def create_attachment(engine: Engine, id: TaskId, form: UploadForm) -> Attachment:
    file = next((upload for name, upload in form.files if name == "content"), None)
    content = None if file is None else file.data
    if content is None and "content" in form.fields:
        content = form.fields["content"].encode()
    made = engine.tasks.add_attachment(
        id,
        name=form.text("attachment-name"),
        description=form.text("attachment-description"),
        type=form.text("attachment-type"),
        url=form.text("url"),
        content=content,
        user=current_user(),
    )
    href = f"{request.url_root.rstrip('/')}/engine-rest/task/{id}/attachment/{made}"
    shown = show_attachment(engine.queries.task_attachment(id, made))
    return {**shown, "links": [{"method": "GET", "href": href, "rel": "self"}]}


@TASKS.get("/task/{id}/attachment/{attachment_id}", "Get an attachment")
def get_attachment(engine: Engine, id: TaskId, attachment_id: AttachmentId) -> Attachment:
    return show_attachment(engine.queries.task_attachment(id, attachment_id))


@TASKS.get("/task/{id}/attachment/{attachment_id}/data", "Download what is in an attachment")
def get_attachment_data(engine: Engine, id: TaskId, attachment_id: AttachmentId) -> Content:
    content = engine.queries.task_attachment_content(id, attachment_id)
    name = engine.queries.task_attachment(id, attachment_id).name
    return Content(content, filename=name or "attachment")


@TASKS.delete("/task/{id}/attachment/{attachment_id}", "Delete an attachment")
def delete_attachment(engine: Engine, id: TaskId, attachment_id: AttachmentId) -> None:
    engine.attachments.remove(id, attachment_id)


# ---------------------------------------------------------------- variables


def _visible(engine: Engine, id: int) -> Mapping[str, object]:
    return engine.queries.variables_of(id)


def _local(engine: Engine, id: int) -> Mapping[str, object]:
    return engine.queries.local_variables_of(id)


def _writer(*, local: bool) -> Callable[[Engine, int, Mapping[str, object], Collection[str]], None]:
    def write(engine: Engine, id: int, changes: Mapping[str, object], deletions: Collection[str]) -> None:
        engine.variables.set(id, changes, deletions, local=local, user=current_user())

    return write


variable_routes(TASKS, "/task/{id}/variables", "task", _visible, _writer(local=False), "task")
variable_routes(TASKS, "/task/{id}/localVariables", "task", _local, _writer(local=True), "local_task")
