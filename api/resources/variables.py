"""The variable routes that process instances, executions and tasks share, and variables as things of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, Any

from api.errors import NULL, Answer, engine_failure, refuse
from api.routing import Content, Form, Routes, ThingId
from api.shapes import (
    Changes,
    GivenValue,
    Value,
    Values,
    VariableInstance,
    read_value,
    read_values,
    show_value,
    show_values,
    show_variable,
)
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import VARIABLE_INSTANCES, VariableView
from engine.values import FileValue

Read = Callable[[Engine, int], Mapping[str, object]]
Write = Callable[[Engine, int, Mapping[str, object], Collection[str]], None]

UPLOAD = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {"type": "string", "format": "binary"},
        "valueType": {"type": "string", "enum": ["Bytes", "File"]},
    },
}


def content_of(name: str, value: object) -> Content:
    """The bytes of a variable. Raises Refused for one that has none. They are always to be saved, never shown."""
    if isinstance(value, FileValue):
        mimetype = value.mimetype or "application/octet-stream"
        return Content(
            value.content, f"{mimetype}; charset={value.encoding}" if value.encoding else mimetype, value.filename
        )
    if isinstance(value, bytes):
        return Content(value, filename=name)
    raise refuse(f"Value of variable with name {name} is not a binary value.")


def read_upload(form: Form) -> object:
    """The value of a multipart upload: a file, or bytes."""
    upload = next((file for name, file in form.files if name == "data"), None)
    data = upload.data if upload is not None else (form.fields.get("data") or "").encode()
    if upload is None and "data" not in form.fields:
        raise refuse("No 'data' part in the multipart body")
    kind = (form.text("valueType") or "Bytes").capitalize()
    if kind == "Bytes":
        return data
    if kind != "File":
        raise refuse(f"Cannot upload a value of type '{kind[:100]}'; the part 'valueType' must be Bytes or File")
    if upload is None or not upload.filename:
        raise refuse("A File needs a file name in its 'data' part")
    return FileValue(upload.filename, upload.mimetype, None, upload.data)


def variable_routes(
    routes: Routes, path: str, kind: str, read: Read, write: Write, prefix: str, *, noun: str | None = None
) -> None:
    """The eight routes on the variables of one scope; `path` has `{id}` for the scope's id.

    `kind` names the scope in messages and `noun` one of its variables; `prefix` begins the names of the operations.
    """
    where = noun or f"{kind} variable"
    failing = engine_failure()
    scope = Annotated[int, ThingId(kind)]

    def find(engine: Engine, id: int, var_name: str) -> object:
        values = read(engine, id)
        if var_name not in values:
            raise refuse(f"{where} with name {var_name} does not exist", status=404)
        return values[var_name]

    def get_all(engine: Engine, id: scope, deserialize_values: bool = True) -> Values:
        return show_values(read(engine, id), deserialize=deserialize_values)

    def modify(engine: Engine, id: scope, body: Changes) -> None:
        write(engine, id, read_values(body.modifications), body.deletions or ())

    def get_one(engine: Engine, id: scope, var_name: str, deserialize_value: bool = True) -> Value:
        return show_value(find(engine, id, var_name), deserialize=deserialize_value)

    def put_one(engine: Engine, id: scope, var_name: str, body: GivenValue) -> None:
        write(engine, id, {var_name: read_value(var_name, body)}, ())

    def delete_one(engine: Engine, id: scope, var_name: str) -> None:
        write(engine, id, {}, (var_name,))

    def get_data(engine: Engine, id: scope, var_name: str) -> Content:
        return content_of(var_name, find(engine, id, var_name))

    def post_data(engine: Engine, id: scope, var_name: str, form: Form) -> None:
        write(engine, id, {var_name: read_upload(form)}, ())

    one, data = f"{path}/{{var_name}}", f"{path}/{{var_name}}/data"
    handlers: Sequence[tuple[str, str, str, str, Callable[..., Any], dict[str, Any]]] = (
        ("get", path, "List variables", "variables", get_all, {"fails": NULL}),
        ("post", path, "Set and remove variables", "modify_variables", modify, {"fails": failing}),
        ("get", one, "Get a variable", "get_variable", get_one, {"fails": failing}),
        ("put", one, "Set a variable", "set_variable", put_one, {"fails": failing}),
        ("delete", one, "Remove a variable", "delete_variable", delete_one, {"fails": failing}),
        ("get", data, "Download a variable's content", "get_variable_data", get_data, {"fails": failing}),
        (
            "post",
            data,
            "Upload a variable's content",
            "set_variable_data",
            post_data,
            {"fails": failing, "form": UPLOAD},
        ),
    )
    for method, where_path, summary, name, handler, options in handlers:
        handler.__name__ = f"{prefix}_{name}"
        getattr(routes, method)(where_path, summary, **options)(handler)


VARIABLES = Routes("Variable instance")

VariableId = Annotated[int, ThingId("variable instance")]
_MISSING = {NotFound: Answer(404, "InvalidRequestException")}


def _show(
    _: Engine, views: Sequence[VariableView], __: Mapping[str, Any], query: Mapping[str, str]
) -> list[VariableInstance]:
    deserialize = query.get("deserializeValues", "true").lower() != "false"
    return [show_variable(view, deserialize=deserialize) for view in views]


VARIABLES.collection(
    "/variable-instance",
    lambda queries: queries.variable_instances,
    VARIABLE_INSTANCES,
    _show,
    list[VariableInstance],
    plural="variable instances",
    reads=("deserializeValues",),
)


@VARIABLES.get("/variable-instance/{id}", "Get a variable instance", fails=_MISSING)
def get_variable_instance(engine: Engine, id: VariableId, deserialize_value: bool = True) -> VariableInstance:
    return show_variable(engine.queries.variable_instances.get(id), deserialize=deserialize_value)


@VARIABLES.get("/variable-instance/{id}/data", "Download the content of a variable instance", fails=_MISSING)
def get_variable_instance_data(engine: Engine, id: VariableId) -> Content:
    view = engine.queries.variable_instances.get(id)
    return content_of(view.name, view.value)
