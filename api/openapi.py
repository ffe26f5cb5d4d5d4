"""The OpenAPI 3.1 document of the routes and a page that shows it, both made from what serves requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from api.interfaces import Interface
from api.product import product_version
from api.routing import CSV, JSON, MULTIPART, Content, Download, Route, Stream

REFERENCE = "#/components/schemas/{model}"

ERROR_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "message", "code"],
    "properties": {
        "type": {"type": "string"},
        "message": {"type": "string"},
        "code": {"type": ["integer", "null"]},
        "details": {
            "type": "object",
            "description": "of a ParseException: errors and warnings by file; of an InvalidFormException: by field",
        },
    },
}


def document(interface: Interface) -> dict[str, Any]:
    """The OpenAPI document of the routes of an interface."""
    routes = interface.routes
    schemas, components = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for index, route in enumerate(routes):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, index, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": interface.title,
            "version": product_version(),
            "description": interface.description,
        },
        "servers": [{"url": interface.prefix}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {"schemas": {**components, "Error": dict(ERROR_SCHEMA)}},
    }


Schemas = Mapping[tuple[int, str], Any]


def _schemas(routes: Sequence[Route]) -> tuple[Schemas, dict[str, Any]]:
    """The schema of each route's body ("validation") and answer ("serialization"), and those they refer to."""
    inputs: list[tuple[tuple[int, str], Any, TypeAdapter[Any]]] = []
    for index, route in enumerate(routes):
        if route.body is not None and not isinstance(route.body, dict):
            inputs.append(((index, "validation"), "validation", TypeAdapter(route.body)))
        if route.answer not in (None, Content, Stream, Download):
            inputs.append(((index, "serialization"), "serialization", TypeAdapter(route.answer)))
    found, definitions = TypeAdapter.json_schemas(
        inputs, by_alias=True, ref_template=REFERENCE, schema_generator=GenerateJsonSchema
    )
    return {key[0]: schema for key, schema in found.items()}, definitions.get("$defs", {})


def _operation(route: Route, index: int, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [
            {"name": each.name, "in": each.where, "required": each.required, "schema": dict(each.schema)}
            for each in route.parameters
        ],
        "responses": _responses(route, schemas.get((index, "serialization"))),
    }
    content: dict[str, Any] = {}
    if route.body is not None:
        content[JSON] = {"schema": route.body if isinstance(route.body, dict) else schemas[index, "validation"]}
    if route.form is not None:
        content[MULTIPART] = {"schema": dict(route.form)}
    if content:
        operation["requestBody"] = {**({} if route.body else {"required": True}), "content": content}
    return operation


def _responses(route: Route, schema: Any) -> dict[str, Any]:
    error = {"content": {JSON: {"schema": {"$ref": REFERENCE.format(model="Error")}}}}
    if route.answer is None:
        success: dict[str, Any] = {"description": "Done"}
    elif route.answer in (Content, Download):
        success = {"description": "The content", "content": {"*/*": {}}}
    elif route.answer is Stream:
        success = {"description": "Events, one after the other", "content": {"text/event-stream": {}}}
    else:
        as_csv: dict[str, Any] = {media: {} for media in CSV} if route.csv is not None else {}
        success = {"description": "The result", "content": {JSON: {"schema": schema}, **as_csv}}
    statuses = sorted({"400", *(str(answer.status) for answer in route.fails.values())})
    return {
        str(route.status): success,
        **{status: {"description": "Refused", **error} for status in statuses},
        "default": {"description": "Any other error", **error},
    }


# ---------------------------------------------------------------- the page

STYLE = """
:root { color-scheme: light dark; --line: #8885; --soft: #8881; --get: #1a6fb5; --post: #1c7c43; --put: #a35b00;
  --delete: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 16rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem;
  border-right: 1px solid var(--line); }
nav a { display: block; padding: .2rem .5rem; border-radius: .3rem; color: inherit; text-decoration: none; }
nav a:hover { background: var(--soft); }
main { padding: 1.5rem 2rem 6rem; max-width: 70rem; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .4rem 0; }
summary { display: flex; gap: .75rem; align-items: baseline; padding: .45rem .75rem; cursor: pointer; flex-wrap: wrap; }
details[open] > summary { border-bottom: 1px solid var(--line); }
summary code { font-size: .9rem; overflow-wrap: anywhere; }
summary span { color: GrayText; font-size: .9rem; }
.method { font: 700 .72rem/1 ui-monospace, monospace; color: #fff; padding: .3rem .4rem; border-radius: .25rem;
  min-width: 3.6rem; text-align: center; }
.get { background: var(--get); } .post { background: var(--post); } .put { background: var(--put); }
.delete { background: var(--delete); } .options { background: #666; }
.inside { padding: .25rem .75rem .75rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--soft); vertical-align: top; }
h3 { font-size: .95rem; margin: .9rem 0 .3rem; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } }
"""


def page(contents: Mapping[str, Any], prefix: str) -> str:
    """A page of HTML that lists the document's operations by tag; it needs no script."""
    by_tag: dict[str, list[str]] = {tag["name"]: [] for tag in contents["tags"]}
    for path, methods in contents["paths"].items():
        for method, operation in methods.items():
            by_tag[operation["tags"][0]].append(_operation_html(path, method, operation, contents))
    links = "".join(f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in by_tag)
    sections = "".join(
        f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>{"".join(operations)}' for tag, operations in by_tag.items()
    )
    info = contents["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(info["title"])}</title><link rel="stylesheet" href="{prefix}/docs/style.css"></head><body>'
        f'<nav aria-label="Resources">{links}</nav><main><h1>{escape(info["title"])}</h1>'
        f"<p>Version {escape(info['version'])}. {escape(info['description'])} "
        f'Everything is below <code>{prefix}</code>; the <a href="{prefix}/openapi.json">OpenAPI document</a> '
        f"is made for programs.</p>{sections}</main></body></html>"
    )


def _anchor(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower())


def _operation_html(path: str, method: str, operation: Mapping[str, Any], contents: Mapping[str, Any]) -> str:
    parts = [
        _table("Parameters", ((each["name"], each["in"], _name_of(each["schema"])) for each in operation["parameters"]))
    ]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(_table(f"Body, {media}", _members(content["schema"], contents)))
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values() if status.startswith("2") else ():
            schema = content.get("schema", {})
            parts.append(_table(f"Answer {status}: {_name_of(schema)}", _members(schema, contents)))
    return (
        f'<details><summary><b class="method {method}">{method.upper()}</b><code>{escape(path)}</code>'
        f'<span>{escape(operation["summary"])}</span></summary><div class="inside">{"".join(parts)}</div></details>'
    )


def _table(title: str, rows: Iterable[Sequence[str]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<h3>{escape(title)}</h3><table>{body}</table>" if body else ""


def _members(schema: Mapping[str, Any], contents: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    while schema.get("type") == "array":
        schema = schema.get("items", {})
    if "$ref" in schema:
        schema = contents["components"]["schemas"].get(schema["$ref"].rpartition("/")[2], {})
    for name, member in schema.get("properties", {}).items():
        yield name, "required" if name in schema.get("required", ()) else "", _name_of(member)


def _name_of(schema: Mapping[str, Any]) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(_name_of(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_name_of(schema.get('items', {}))}"
    kind = schema.get("format") or schema.get("type") or "anything"
    described = f", {schema['description']}" if "description" in schema else ""
    return (" or ".join(kind) if isinstance(kind, list) else str(kind)) + described
