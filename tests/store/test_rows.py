"""Rows come back as they were written, on both databases."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, get_type_hints

import pytest

from engine.core.lifecycle import TaskState
from engine.core.state import ROW_TYPES, Comment, ElementInstance, Row, UserTask, Variable
from engine.errors import BadRequest
from engine.store.database import Database
from engine.store.tables import TABLES
from engine.values import FileValue, Integer, JsonValue, ObjectValue, Short, XmlValue
from tests.store.samples import LATER, NOW, a_tree, contents, ids, save, updating

AWKWARD = [
    "",
    " ",
    "NULL",
    "null",
    "{}",
    '{"a":1}',
    "a,b",
    'say "hi"',
    "back\\slash\\",
    "\\x00",
    "line\nbreak\ttab\rreturn",
    "%s %(x)s ? :name",
    "Grüße 🎉 \u200b漢字",
    "'; DROP TABLE variable; --",
    "x" * 100_000,
]


def filled(row_type: type[Row], *, optional: bool) -> Row:
    """A row of this kind with something in every field, or only in those that need it."""
    values: dict[str, Any] = {}
    hints = get_type_hints(row_type)
    for position, field in enumerate(dataclasses.fields(row_type)):
        hint = str(hints[field.name])
        needed = "None" not in hint and field.name != "value"
        if not (needed or optional) or _refers(row_type, field.name):
            values[field.name] = None
        elif field.name == "id":
            values["id"] = next(ids)
        elif field.name == "value":
            values["value"] = {"list": [1, "two", None]}
        elif isinstance(hints[field.name], type) and issubclass(hints[field.name], StrEnum):
            values[field.name] = list(hints[field.name])[-1]
        elif "datetime" in hint:
            values[field.name] = NOW + timedelta(milliseconds=position)
        elif "bool" in hint:
            values[field.name] = True
        elif "bytes" in hint:
            values[field.name] = bytes(range(256))
        elif "int" in hint:
            values[field.name] = next(ids) + 2**30
        elif "float" in hint:
            values[field.name] = position + 0.1
        else:
            values[field.name] = f'{field.name} \\ "{position}" ü'
    return row_type(**values)


def _refers(row_type: type[Row], name: str) -> bool:
    """Must what is in this field be there?"""
    table = TABLES[row_type]
    return name in table.columns and bool(table.columns[name].foreign_keys)


@pytest.mark.parametrize("optional", [True, False], ids=["full", "bare"])
@pytest.mark.parametrize("row_type", ROW_TYPES, ids=lambda row_type: row_type.__name__)
def test_every_field_comes_back(db: Database, row_type: type[Row], optional: bool) -> None:
    rows = [filled(row_type, optional=optional) for _ in range(3)]
    save(db, *rows)
    with db.read() as tx:
        found = tx.select(row_type, "id", [row.id for row in rows], alive=False)
    for row, back in zip(rows, found, strict=True):
        written, read = contents(row), contents(back)
        if isinstance(written.get("value"), dict):
            written["value"], read["value"] = written["value"], read["value"].node
        assert read == written
        assert {name: type(value) for name, value in read.items()} == {
            name: type(value) for name, value in written.items()
        }


@pytest.mark.parametrize("row_type", ROW_TYPES, ids=lambda row_type: row_type.__name__)
def test_an_update_writes_every_field(db: Database, row_type: type[Row]) -> None:
    row = filled(row_type, optional=False)
    save(db, row)
    changed = filled(row_type, optional=True)
    changed.id = row.id
    with db.write() as tx:
        tx.write(updating(changed))
    with db.read() as tx:
        (found,) = tx.select(row_type, "id", [row.id], alive=False)
    for name, value in contents(found).items():
        expected = getattr(changed, name)
        assert (value.node if isinstance(value, ObjectValue) else value) == expected, name


def test_an_update_leaves_other_rows_alone(db: Database) -> None:
    one, other = a_tree(), a_tree()
    save(db, *one.rows, *other.rows)
    one.task.assignee, one.task.state, one.task.ended_at = "kermit", TaskState.COMPLETED, LATER
    with db.write() as tx:
        tx.write(updating(one.task))
    with db.read() as tx:
        found = tx.select(UserTask, "id", [one.task.id, other.task.id], alive=False)
    assert [contents(task) for task in found] == [contents(one.task), contents(other.task)]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        Short(-7),
        Integer(2**31 - 1),
        -(2**63),
        0.1,
        -1.5e300,
        "",
        "NULL",
        'quote " and \\ slash',
        datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        b"",
        b"\x00\xff\\x",
        FileValue("a.txt", "text/plain", None, b"\x00content"),
        JsonValue('{"a": [1.50, null]}'),
        XmlValue("<a>&amp;</a>"),
        ObjectValue('{"b":1}', "com.example.Thing"),
    ],
    ids=repr,
)
def test_every_kind_of_value_comes_back(db: Database, value: object) -> None:
    variable = Variable(
        id=next(ids), name="v", scope_id=1, process_instance_id=1, root_id=1, value=value, created_at=NOW
    )
    save(db, variable)
    with db.read() as tx:
        (found,) = tx.select(Variable, "scope_id", [1])
    assert found.value == value
    assert type(found.value) is type(value)


def test_values_of_different_kinds_are_written_together(db: Database) -> None:
    values = [None, 1, "text", 1.5, b"bytes", True]
    variables = [
        Variable(id=next(ids), name=f"v{n}", scope_id=1, process_instance_id=1, root_id=1, value=value, created_at=NOW)
        for n, value in enumerate(values)
    ]
    save(db, *variables)
    with db.read() as tx:
        assert [variable.value for variable in tx.select(Variable, "scope_id", [1])] == values


@pytest.mark.parametrize("awkward", AWKWARD, ids=lambda text: repr(text[:20]))
def test_every_text_comes_back(db: Database, awkward: str) -> None:
    comment = Comment(id=next(ids), message=awkward, user_id=awkward, created_at=NOW)
    save(db, comment)
    with db.read() as tx:
        (found,) = tx.select(Comment, "message", [awkward])
    assert contents(found) == contents(comment)


@pytest.mark.parametrize(("broken", "what"), [("a\0b", "NUL"), ("a\ud800b", "surrogate")])
def test_a_text_that_one_database_cannot_keep_is_refused_by_both(db: Database, broken: str, what: str) -> None:
    with pytest.raises(BadRequest, match=rf"comment\.message.*{what}"):
        save(db, Comment(id=next(ids), message=broken, created_at=NOW))


def test_instants_are_cut_to_milliseconds_and_read_as_utc(db: Database) -> None:
    tree = a_tree()
    tree.element.created_at = datetime.fromisoformat("2026-03-29T02:30:00.123999+02:00")
    save(db, *tree.rows)
    with db.read() as tx:
        (found,) = tx.select(ElementInstance, "id", [tree.element.id])
    assert found.created_at == datetime(2026, 3, 29, 0, 30, 0, 123000, tzinfo=UTC)
    assert found.created_at.tzinfo is UTC
