"""What the database says about one process instance, in the words of the reference; read past the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from bpmn.reader import read
from engine.core.state import ElementInstance, ProcessInstance, UserTask, Variable
from engine.store.database import Database
from engine.store.invariants import check
from engine.store.tables import TABLES, process_definition, resource
from engine.values import JsonValue, ObjectValue
from tests.property.reference import Path, Reference

COMPUTED = ("nrOf", "loopCounter")
"""Variables of multi-instance activities, which need not be rows; the paths show the counter."""


class Observation:
    """The tree of one root process instance, at one moment."""

    def __init__(self, database: Database, root_id: int) -> None:
        with database.read() as transaction:
            self.instances = {
                row.id: row for row in transaction.select(ProcessInstance, "root_id", [root_id], alive=False)
            }
            elements = transaction.select(ElementInstance, "root_id", [root_id], alive=False)
            tasks = transaction.select(UserTask, "root_id", [root_id])
            variables = transaction.select(Variable, "root_id", [root_id], alive=False)
        self.root = self.instances[root_id]
        self.elements = {row.id: row for row in elements}
        self.tasks = {row.element_instance_id: row for row in tasks}
        self.variables: dict[int, dict[str, object]] = {}
        for row in variables:
            owner: Any = self.elements.get(row.scope_id) or self.instances.get(row.scope_id)
            if row.ended_at is None or (not row.deleted and owner.ended_at is not None):
                self.variables.setdefault(row.scope_id, {})[row.name] = _plain(row.value)

    @property
    def finished(self) -> bool:
        return self.root.ended_at is not None

    def ready(self) -> dict[Path, int]:
        """The ids of the open tasks, by their path."""
        found = {self._path(element_id): task.id for element_id, task in self.tasks.items()}
        assert len(found) == len(self.tasks), "two open tasks with one path"
        return found

    def _path(self, element_id: int | None) -> Path:
        path: list[tuple[str, int | None]] = []
        while element_id is not None:
            element = self.elements[element_id]
            path.append((element.element_id, element.loop_counter))
            element_id = self._around(element)
        return tuple(reversed(path))

    def _around(self, element: ElementInstance) -> int | None:
        if element.scope_id in self.elements:
            return element.scope_id
        return self.instances[element.scope_id].caller_id

    def visible(self, task_id: int) -> dict[str, object]:
        """The variables that a task sees."""
        [element_id] = [element_id for element_id, task in self.tasks.items() if task.id == task_id]
        assert element_id is not None
        element = self.elements[element_id]
        found = dict(self.variables.get(task_id, {}))
        scope: int | None = element.id
        while scope is not None:
            found = self.variables.get(scope, {}) | found
            scope = self.elements[scope].scope_id if scope in self.elements else None
        return found

    def visits(self) -> Counter[tuple[str, bool]]:
        """How often each element was left, and was it cancelled; without the tokens that only waited for a job."""
        ended = [row for row in self.elements.values() if row.ended_at is not None and row.started_at is not None]
        return Counter((row.element_id, row.canceled) for row in ended if "_merge" not in row.element_id)


def disagreements(seen: Observation, reference: Reference) -> list[str]:
    """In what the database differs from the reference; empty when it does not."""
    ready, expected = seen.ready(), reference.ready()
    found = []
    if ready.keys() != expected.keys():
        found.append(f"ready: {_difference(Counter(ready), Counter(expected))}")
    if seen.finished != reference.finished:
        found.append(f"finished is {seen.finished} instead of {reference.finished}")
    for path in ready.keys() & expected.keys():
        found += _compare(f"task {path} sees", seen.visible(ready[path]), expected[path].variables.visible())
    found += _compare("the process has", seen.variables.get(seen.root.id, {}), reference.variables.own)
    if seen.visits() != reference.visits:
        found.append(f"visits: {_difference(seen.visits(), reference.visits)}")
    return found


def _compare(what: str, seen: Mapping[str, object], expected: Mapping[str, object]) -> list[str]:
    names = [name for name in {**seen, **expected} if not name.startswith(COMPUTED)]
    pairs = [(name, seen.get(name, "nothing"), expected.get(name, "nothing")) for name in sorted(names)]
    return [f"{what} {name} = {left!r} instead of {right!r}" for name, left, right in pairs if left != right]


def _difference(seen: Counter[Any], expected: Counter[Any]) -> str:
    return f"too many {dict(seen - expected)}, missing {dict(expected - seen)}"


def _plain(value: object) -> object:
    return value.node if isinstance(value, JsonValue | ObjectValue) else value


def violations(database: Database) -> list[str]:
    """What `engine.store.invariants` finds, parallel joins included."""
    incoming: dict[int, Mapping[str, tuple[str, ...]]] = {}
    with database.read() as transaction:

        def join_flows(definition_id: int) -> Mapping[str, tuple[str, ...]]:
            if definition_id not in incoming:
                query = select(resource.c.data, resource.c.name, process_definition.c.key)
                query = query.where(process_definition.c.id == definition_id)
                query = query.where(process_definition.c.resource_id == resource.c.id)
                data, name, key = transaction.connection.execute(query).one()
                definitions, _ = read(data, name)
                assert definitions is not None
                process = next(each for each in definitions.processes if each.id == key)
                incoming[definition_id] = {each.id: each.incoming for each in process.elements.values()}
            return incoming[definition_id]

        return [str(violation) for violation in check(transaction, join_flows)]


def dump(database: Database, root_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a tree as they lie in the tables."""
    rows = {}
    with database.read() as transaction:
        for table in TABLES.values():
            query = select(table).where(table.c.root_id == root_id).order_by(table.c.id)
            rows[table.name] = [tuple(row) for row in transaction.connection.execute(query)]
    return rows
