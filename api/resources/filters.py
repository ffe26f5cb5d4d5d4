"""Saved queries over REST (Camunda manual, REST API, "Filter")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from flask import request
from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer, Refused, refuse
from api.resources.tasks import show_tasks
from api.routing import Body, Call, Routes, ThingId, query_of, query_schema
from api.shapes import Task
from engine import Engine
from engine.errors import BadRequest, NotFound
from engine.services.filters import TASK, SavedFilter
from engine.services.queries import FILTERS as TABLE
from engine.services.queries import TASKS, Query

FILTERS = Routes("Filter")

FilterId = Annotated[int, ThingId("filter")]

VARIABLES = ("taskVariables", "processVariables", "caseInstanceVariables")


class ShownFilterFields(TypedDict):
    """A saved query. `itemCount`: how many it finds now, where that is asked for."""

    id: str
    resourceType: str
    name: str
    owner: str | None
    query: dict[str, Any]
    properties: dict[str, Any] | None


class ShownFilter(ShownFilterFields, total=False):
    itemCount: int


def _show(engine: Engine, saved: SavedFilter, *, count: bool = False) -> ShownFilter:
    query = _with_variables(saved.filters)
    query["orQueries"] = [_with_variables(group) for group in saved.any_of]
    if saved.sorting:
        query["sorting"] = [
            {"sortBy": each["sortBy"], "sortOrder": each["sortOrder"]}
            | ({"parameters": each["parameters"]} if each["parameters"] else {})
            for each in saved.sorting
        ]
    shown: ShownFilter = {
        "id": str(saved.id),
        "resourceType": saved.resource_type,
        "name": saved.name,
        "owner": saved.owner,
        "query": query,
        "properties": dict(saved.properties),
    }
    if count:
        shown["itemCount"] = _count(engine, engine.filters.resolve(saved))
    return shown


def _with_variables(group: Mapping[str, Any]) -> dict[str, Any]:
    """Camunda always shows these lists."""
    return {**{name: [] for name in VARIABLES}, **group}


def _show_all(
    engine: Engine, rows: Sequence[SavedFilter], _: Mapping[str, Any], query: Mapping[str, str]
) -> list[ShownFilter]:
    count = query.get("itemCount", "").lower() == "true"
    return [_show(engine, row, count=count) for row in rows]


FILTERS.collection(
    "/filter",
    lambda queries: queries.filters,
    TABLE,
    _show_all,
    list[ShownFilter],
    post=False,
    plural="filters",
    reads=("itemCount",),
)


class Given(Body):
    """A query to be kept: `query` is as in the body of `POST /task`, and may have expressions too."""

    resource_type: str | None = None
    name: str | None = None
    owner: str | None = None
    query: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None


def _parts(body: Given) -> dict[str, Any]:
    if body.query is None:
        raise refuse("query: is required")
    return {
        "name": body.name or "",
        "query": query_of(TASKS, body.query),
        "owner": body.owner,
        "properties": body.properties,
    }


@contextmanager
def _told_as(message: str) -> Iterator[None]:
    """Whatever is wrong with a query is told as something wrong with the filter, as Camunda does."""
    try:
        yield
    except (BadRequest, Refused) as error:
        raise refuse(f"{message}: {error}", code=0) from None


@FILTERS.post("/filter/create", "Keep a query")
def create_filter(engine: Engine, body: Given) -> ShownFilter:
    if not body.name or body.resource_type is None:
        raise refuse("Unable to create filter with invalid content: name and resourceType are required")
    if body.resource_type != TASK:
        raise refuse(f"Unable to create filter with invalid resource type '{body.resource_type}'")
    with _told_as("Unable to create filter with invalid content"):
        made = engine.filters.create(**_parts(body))
    return {**_show(engine, made), "properties": body.properties}


@FILTERS.get("/filter/{id}", "Get a saved query")
def get_filter(engine: Engine, id: FilterId, item_count: bool = False) -> ShownFilter:
    return _show(engine, engine.filters.get(id), count=item_count)


@FILTERS.put("/filter/{id}", "Write a saved query anew")
def update_filter(engine: Engine, id: FilterId, body: Given) -> None:
    if body.resource_type is not None and body.resource_type != TASK:
        raise refuse(f"Unable to update filter with invalid resource type '{body.resource_type}'")
    with _told_as("Unable to update filter with invalid content"):
        engine.filters.update(id, **_parts(body))


NO_FILTER = {NotFound: Answer(404, INVALID_REQUEST, 0)}


@FILTERS.delete("/filter/{id}", "Delete a saved query", fails=NO_FILTER)
def delete_filter(engine: Engine, id: FilterId) -> None:
    engine.filters.delete(id)


# ---------------------------------------------------------------- what can be done


class OperationLink(TypedDict):
    """One thing that can be done, and how."""

    method: str
    href: str
    rel: str


class Operations(TypedDict):
    """What can be done."""

    links: list[OperationLink]


def _operations(*links: tuple[str, str, str]) -> Operations:
    base = request.url_root.rstrip("/") + "/engine-rest/filter"
    return {"links": [{"method": method, "href": base + path, "rel": rel} for method, path, rel in links]}


@FILTERS.options("/filter", "Ask what can be done with filters")
def get_filter_operations() -> Operations:
    return _operations(("GET", "", "list"), ("GET", "/count", "count"), ("POST", "/create", "create"))


@FILTERS.options("/filter/{id}", "Ask what can be done with a filter")
def get_operations_of_filter(id: str) -> Operations:
    at = f"/{quote(id, safe='')}"
    asked = [
        (method, f"{at}/{ending}", ending) for ending in ("singleResult", "list", "count") for method in ("GET", "POST")
    ]
    return _operations(("GET", at, "self"), *asked, ("DELETE", at, "delete"), ("PUT", at, "update"))


# ---------------------------------------------------------------- asking it


class FilterCount(TypedDict):
    """How many a saved query finds now."""

    count: int


def _count(engine: Engine, query: Query | None) -> int:
    return 0 if query is None else engine.queries.tasks.count(query)


def _tasks(engine: Engine, query: Query | None) -> list[Task]:
    if query is None:
        return []
    return show_tasks(engine, engine.queries.tasks.query(query), query.filters, {})


def _no_extension(_: Call) -> Query:
    return Query()


def _extension(call: Call) -> Query:
    body = call.read_json()
    if body is not None and not isinstance(body, dict):
        raise refuse("The body must be a JSON object")
    return query_of(TASKS, body or {})


def _told_extension(call: Call) -> Query:
    with _told_as("Filter cannot be extended by an invalid query"):
        return _extension(call)


def list_filtered(
    engine: Engine, id: FilterId, extension: Query, first_result: int = 0, max_results: int | None = None
) -> list[Task]:
    return _tasks(engine, engine.filters.query(id, replace(extension, first=first_result, limit=max_results)))


def count_filtered(engine: Engine, id: FilterId, extension: Query) -> FilterCount:
    return {"count": _count(engine, engine.filters.query(id, extension))}


def get_only_filtered(engine: Engine, id: FilterId, extension: Query) -> Task | None:
    found = _tasks(engine, engine.filters.query(id, replace(extension, limit=2)))
    if len(found) > 1:
        raise refuse("Filter does not returns a valid single result", code=0)
    return found[0] if found else None


for _ending, _summary, _handler, _read_extension in (
    ("list", "List the tasks that a saved query finds", list_filtered, _extension),
    ("count", "Count the tasks that a saved query finds", count_filtered, _told_extension),
    ("singleResult", "Get the only task that a saved query finds", get_only_filtered, _told_extension),
):
    _name = _handler.__name__
    FILTERS.get(f"/filter/{{id}}/{_ending}", _summary, fails=NO_FILTER, found={"extension": _no_extension}, name=_name)(
        _handler
    )
    FILTERS.post(
        f"/filter/{{id}}/{_ending}",
        f"{_summary}, and which is extended by another",
        fails=NO_FILTER,
        found={"extension": _read_extension},
        name=f"{_name}_extended",
        body=query_schema(TASKS),
        changes=False,
    )(_handler)
