"""Whole lists as files: CSV for spreadsheets, JSON for programs, with what the person may see.

Which rows belong to the file is decided at one moment; they are then read some hundred at a time while the client takes
them, so that neither a database transaction nor much memory is held for as long as that lasts.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from api.errors import Answer, refuse
from api.resources import ROUTES
from api.routing import Body, Call, Collection, Download, Routes, query_of
from api.v1.decisions import list_decisions
from api.v1.monitoring import instances_query, list_processes, show_instance_rows, with_trends
from api.v1.sign_ins import SIGN_INS
from api.v1.tasks import WantedTasks, show_rows
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import Listing, Query

EXPORTS = Routes("Export")

MOST = 200_000
"""So many rows are in one file at most."""
AT_ONCE = 500
"""So many rows are read at once."""
LONGEST_TEXT = 32_767
"""Characters that a cell of a spreadsheet holds."""

Rows = Iterator[Sequence[Mapping[str, Any]]]
"""Some rows after the other, each as the API shows it."""

COLLECTIONS: Mapping[str, Collection] = {
    route.path: route.collection for route in (*ROUTES, *SIGN_INS.all) if route.collection is not None
}
TYPES: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class Column(Body):
    """A column of a table: its head, and the way to its value from member to member of a row.

    A way that goes on from a list goes on from each of its members.
    """

    label: str
    path: list[str] = Field(min_length=1, max_length=5)


class WantedFile(WantedTasks):
    """A list, by the path that lists it, and how it is to be written; `query` narrows it down and orders it.

    `filter`, `group` and `variables` are for lists of tasks.
    """

    of: str
    format: Literal["csv", "json"] = "csv"
    columns: list[Column] = Field(default_factory=list, max_length=100)
    """Of a CSV file."""
    name: str = Field("list", min_length=1, max_length=100)
    """Of the file, without its ending."""


@EXPORTS.post(
    "/export",
    "Save a whole list as a file",
    fails={NotFound: Answer(404, "InvalidRequestException")},
    found={"call": lambda call: call},
    changes=False,
)
def export(engine: Engine, body: WantedFile, call: Call) -> Download:
    """What a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection")."""
    if body.format == "csv" and not body.columns:
        raise refuse("columns: a CSV file needs some")
    rows = _rows(engine, body, call)
    chunks = _as_csv(rows, body.columns) if body.format == "csv" else _as_json(rows)
    return Download(chunks, TYPES[body.format], f"{body.name}.{body.format}")


# ---------------------------------------------------------------- rows


def _rows(engine: Engine, body: WantedFile, call: Call) -> Rows:
    if body.of == "/task/page":
        wanted, names = body.ask(engine)
        if wanted is None:
            return iter(())
        return _all(engine.queries.grouped_tasks, wanted, lambda views: show_rows(engine, views, names, LONGEST_TEXT))
    if body.of == "/process-instance/page":
        query = instances_query(body.query)
        return _all(engine.queries.historic_process_instances, query, lambda views: show_instance_rows(engine, views))
    if body.of == "/process":
        found = list_processes(engine, **_by_key(body))
        return iter([with_trends(engine, found, str(body.query.get("zone") or "UTC"))])
    if body.of == "/decision":
        return iter([list_decisions(engine, **_by_key(body))])
    collection = COLLECTIONS.get(body.of)
    if collection is None:
        raise NotFound("list", body.of)
    asked = query_of(collection.resource, body.query)
    query = Query({**asked.filters, **collection.narrow(call)}, asked.any_of, asked.sorting)
    shape = {name: str(value) for name, value in body.query.items()}
    return _all(
        collection.listing(engine.queries), query, lambda views: collection.render(engine, views, query.filters, shape)
    )


def _by_key(body: WantedFile) -> dict[str, str]:
    """What is searched for, and the order, of a list that has one row for all versions of a key."""
    names = {"search": "search", "sort_by": "sortBy", "sort_order": "sortOrder"}
    return {name: str(body.query[key]) for name, key in names.items() if body.query.get(key)}


def _all(listing: Listing[Any], query: Query, show: Callable[[Sequence[Any]], Sequence[Mapping[str, Any]]]) -> Rows:
    """All rows of a query. Those that have gone meanwhile, or may not be seen any more, are left out."""
    ids = listing.order(query, MOST + 1)
    if len(ids) > MOST:
        raise refuse(f"There are more than {MOST:,} rows: narrow the list, and save it in parts")
    parts = (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
    return (show(listing.among(query, part)) for part in parts)


# ---------------------------------------------------------------- files


def _as_json(rows: Rows) -> Iterator[bytes]:
    """An array with one row on each line."""
    yield b"["
    before = "\n"
    for part in rows:
        for row in part:
            yield f"{before}{json.dumps(row, ensure_ascii=False)}".encode()
            before = ",\n"
    yield b"\n]\n"


def _as_csv(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """RFC 4180."""
    yield _lines([[column.label for column in columns]])
    for part in rows:
        yield _lines([[_found(row, column.path) for column in columns] for row in part])


def _lines(cells: Sequence[Sequence[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([[_cell(each) for each in row] for row in cells])
    return written.getvalue().encode()


def _found(found: object, path: Sequence[str]) -> object:
    for at, name in enumerate(path):
        if isinstance(found, list):
            return [_found(each, path[at:]) for each in found]
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
"""What begins like a formula; some programs read wide signs as the plain ones."""


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)  # a number may well be negative, and is no formula
    if isinstance(value, Mapping):
        text = ", ".join(f"{name}: {_plain(each)}" for name, each in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        text = ", ".join(map(_plain, value))
    else:
        text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
