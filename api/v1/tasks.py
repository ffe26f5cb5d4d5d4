"""Tasks for a web app: pages with what is shown beside each, counts of many lists, changes of many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer, refuse
from api.identity import current_user
from api.routing import Body, Routes, ThingId, query_of, read_date
from api.shapes import Task, show_date, show_task, show_value
from engine import Engine, NotFound
from engine.errors import EngineError, Unavailable
from engine.services.filters import TASK
from engine.services.queries import SHORT, Query, ShortValue, Sorting, TaskView, parse_id
from engine.services.queries import TASKS as TABLE

TASKS = Routes("Task")

TaskId = Annotated[int, ThingId("task")]

PAGE = 50
LONGEST_PAGE = 200
COUNTED = 1000
"""Lists are counted up to here: a person learns nothing from higher numbers, and databases count one by one."""
MOST_COUNTS = 50
MOST_BOUNDS = 10
MOST_VARIABLES = 10
MOST_CHANGED = 500


class ShownValue(TypedDict):
    """A variable as far as it has room in a row: long texts are cut, and files and objects have no value here."""

    type: str
    value: bool | int | float | str | None


class TaskRow(Task, TypedDict):
    """A task with what belongs to it: its process, its candidates, how much was said, and the variables asked for."""

    processDefinitionKey: str | None
    processDefinitionName: str | None
    processDefinitionVersion: int | None
    businessKey: str | None
    candidateUsers: list[str]
    candidateGroups: list[str]
    comments: int
    ended: str | None
    shown: dict[str, ShownValue]


class TaskPage(TypedDict):
    """A page of a list; `more` tells whether there is another.

    `groups`: how many tasks of the whole list belong to each group, where they were to be grouped and are not too many
    to be counted. A group is known by the key of its process (empty: of none), its assignee (empty: nobody), or by how
    many of the bounds its tasks have reached (one more than there are: by none of them, for they have no date).
    """

    tasks: list[TaskRow]
    more: bool
    groups: dict[str, int] | None


def show_rows(
    engine: Engine, views: Sequence[TaskView], names: Sequence[str] = (), length: int = SHORT
) -> list[TaskRow]:
    """Tasks as rows, with the variables of these names, whose texts are cut after `length` characters."""
    around = engine.queries.surroundings_of(views) if views else {}
    values = engine.queries.short_values(views, names, length) if views and names else {}
    return [
        {
            **show_task(view),
            "processDefinitionKey": view.definition_key,
            "processDefinitionName": view.definition_name,
            "processDefinitionVersion": view.definition_version,
            "businessKey": view.business_key,
            "candidateUsers": list(around[view.id].candidate_users),
            "candidateGroups": list(around[view.id].candidate_groups),
            "comments": around[view.id].comments,
            "ended": show_date(view.ended_at),
            "shown": {name: _show_value(value) for name, value in values.get(view.id, {}).items()},
        }
        for view in views
    ]


def _show_value(short: ShortValue) -> ShownValue:
    return {"type": short.type, "value": None if short.value is None else show_value(short.value)["value"]}


class Grouping(Body):
    """What tasks are to be grouped by: groups come before all other orders.

    Dates and priorities are grouped by `bounds`, from the lowest.
    """

    by: Literal["process", "assignee", "due", "priority"]
    bounds: list[str | int] = Field(default_factory=list, max_length=MOST_BOUNDS)

    @property
    def sorting(self) -> Sorting:
        """The order in which the groups come."""
        return Sorting(f"{self.by}Group", "desc" if self.by == "priority" else "asc", {"bounds": self.bounds})


class WantedTasks(Body):
    """A query as the engine's REST API takes it."""

    query: dict[str, Any] = Field(default_factory=dict)
    filter: str | None = None
    """The id of a saved query, which `query` narrows down."""
    group: Grouping | None = None
    variables: list[str] | None = Field(None, max_length=MOST_VARIABLES)
    """The names of variables that are to be shown beside the tasks; where they are left out, those that the saved query
    names in its property `variables`, as Camunda's Tasklist keeps them."""

    def ask(self, engine: Engine, first: int = 0, limit: int | None = None) -> tuple[Query | None, list[str]]:
        """The query (None: nothing can be found) and the names of variables. Raises NotFound, Refused, InvalidQuery."""
        asked = query_of(TABLE, self.query)
        sorting = asked.sorting or (Sorting("created", "desc"),)
        wanted: Query | None = Query(asked.filters, asked.any_of, sorting, first, limit)
        names = self.variables or []
        if self.filter is not None:
            id = parse_id(self.filter)
            if id is None:
                raise NotFound("filter", self.filter)
            saved = engine.filters.get(id)
            wanted = engine.filters.resolve(saved, wanted)
            if self.variables is None:
                names = _shown_by(saved.properties)
        if wanted is not None and self.group is not None:
            wanted = replace(wanted, sorting=(self.group.sorting, *wanted.sorting))
        return wanted, names


def _shown_by(properties: Mapping[str, Any]) -> list[str]:
    """The names of the variables that a saved query shows; properties are whatever somebody has written there."""
    listed = properties.get("variables")
    named = [each.get("name") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [name for name in named if isinstance(name, str) and name][:MOST_VARIABLES]


class Wanted(WantedTasks):
    """A query as the engine's REST API takes it, and a page of it."""

    first: int = Field(0, ge=0)
    size: int = Field(PAGE, ge=1, le=LONGEST_PAGE)


@TASKS.post(
    "/task/page",
    "Get a page of open tasks with their processes and candidates",
    fails={NotFound: Answer(404, INVALID_REQUEST)},
    changes=False,
)
def get_task_page(engine: Engine, body: Wanted) -> TaskPage:
    wanted, names = body.ask(engine, body.first, body.size + 1)
    if wanted is None:
        return {"tasks": [], "more": False, "groups": None}
    found = engine.queries.grouped_tasks.query(wanted)
    return {
        "tasks": show_rows(engine, found[: body.size], names),
        "more": len(found) > body.size,
        "groups": None if body.group is None else _count_groups(engine, wanted, body.group),
    }


def _count_groups(engine: Engine, query: Query, group: Grouping) -> dict[str, int] | None:
    found = engine.queries.grouped_tasks.tally(query, group.sorting, COUNTED)
    return None if sum(found.values()) >= COUNTED else {str(key): count for key, count in found.items()}


class Lists(Body):
    """Queries by names that the client gives them."""

    queries: dict[str, dict[str, Any]] = Field(default_factory=dict, max_length=MOST_COUNTS)
    saved: bool = False
    """Also the saved queries that one may read, under their ids."""


class Counts(TypedDict):
    """How many tasks each list has; `limit` and more are told as `limit`."""

    counts: dict[str, int]
    limit: int


@TASKS.post("/task/counts", "Count open tasks of several lists", changes=False)
def count_tasks(engine: Engine, body: Lists) -> Counts:
    queries: dict[str, Query | None] = {name: query_of(TABLE, query) for name, query in body.queries.items()}
    if body.saved:
        saved = engine.queries.filters.list({"resourceType": TASK}, limit=MOST_COUNTS)
        queries |= {str(each.id): engine.filters.resolve(each) for each in saved}
    known = {name: query for name, query in queries.items() if query is not None}
    counts = dict(zip(known, engine.queries.tasks.counts(list(known.values()), COUNTED), strict=True))
    return {"counts": {name: counts.get(name, 0) for name in queries}, "limit": COUNTED}


@TASKS.get(
    "/task/{id}",
    "Get a task, open or ended, with its process and candidates",
    fails={NotFound: Answer(404, INVALID_REQUEST)},
)
def get_task(engine: Engine, id: TaskId) -> TaskRow:
    view = engine.queries.tasks.find(id) or engine.queries.historic_tasks.find(id)
    if view is None:
        raise NotFound("task", id)
    (row,) = show_rows(engine, [view])
    return row


# ---------------------------------------------------------------- changes


class Changes(Body):
    """What is to be done to each of the tasks."""

    ids: list[str] = Field(max_length=MOST_CHANGED)
    action: Literal["claim", "unclaim", "assign", "set", "complete"]
    user_id: str | None = None
    """For `assign`: to whom; nobody where it is left out."""
    values: dict[str, Any] = Field(default_factory=dict)
    """For `set`: the attributes to set, with null for none: due, followUp, priority, name, description."""


class Changed(TypedDict):
    """How it went with one of the tasks; `problem` says why it was not done."""

    id: str
    done: bool
    problem: str | None


class Results(TypedDict):
    """How it went with each, in the order in which they were named."""

    results: list[Changed]


def _text(value: Any, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise refuse(f"{name}: must be a text")
    return value


def _priority(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**31 - 1:
        raise refuse(f"{name}: must be a 32-bit integer")
    return value


_ATTRIBUTES: Mapping[str, tuple[str, Callable[[Any, str], Any]]] = {
    "due": ("due_at", lambda value, name: read_date(_text(value, name), name)),
    "followUp": ("follow_up_at", lambda value, name: read_date(_text(value, name), name)),
    "priority": ("priority", _priority),
    "name": ("name", _text),
    "description": ("description", _text),
}
"""The attributes that may be set, by their REST names: what the engine calls them, and how they are read."""


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in values.items():
        if name not in _ATTRIBUTES:
            raise refuse(f"There is no attribute '{name[:100]}' that can be set: use one of {', '.join(_ATTRIBUTES)}")
        attribute, read = _ATTRIBUTES[name]
        fields[attribute] = read(value, name)
    return fields


def _change(engine: Engine, body: Changes) -> Callable[[int], None]:
    """What is done to one task. Raises Refused."""
    user = current_user()
    if body.action == "claim":
        if user is None:
            raise refuse("Nobody is signed in who could claim tasks")
        return lambda task: engine.tasks.claim(task, user, user=user)
    if body.action == "unclaim":
        return lambda task: engine.tasks.unclaim(task, user=user)
    if body.action == "assign":
        return lambda task: engine.tasks.set_assignee(task, body.user_id, user=user)
    if body.action == "complete":
        return lambda task: engine.form_pages.complete(task, {}, {}, user=user)
    fields = _fields(body.values)
    return lambda task: engine.tasks.update(task, **fields, user=user)


@TASKS.post("/task/changes", "Do the same to several tasks, each by itself")
def change_tasks(engine: Engine, body: Changes) -> Results:
    """One task that cannot be changed does not keep the others from being changed."""
    change = _change(engine, body)
    results: list[Changed] = []
    for text in body.ids:
        id = parse_id(text)
        try:
            if id is None:
                raise NotFound("task", text)
            change(id)
        except Unavailable:
            raise
        except EngineError as problem:
            results.append({"id": text, "done": False, "problem": str(problem)})
        else:
            results.append({"id": text, "done": True, "problem": None})
    return {"results": results}
