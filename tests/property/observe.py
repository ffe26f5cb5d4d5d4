"""What the database says about one process instance, in the words of the reference; read past the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.core.state import ElementInstance, Job, ProcessInstance, Subscription, UserTask, Variable
from engine.store.database import Database
from engine.store.tables import TABLES, process_instance
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
            elements = transaction.select(ElementInstance, "process_instance_id", self.instances, alive=False)
            tasks = transaction.select(UserTask, "process_instance_id", self.instances)
            jobs = transaction.select(Job, "process_instance_id", self.instances)
            subscriptions = transaction.select(Subscription, "process_instance_id", self.instances)
            variables = transaction.select(Variable, "process_instance_id", self.instances, alive=False)
        self.root = self.instances[root_id]
        self.elements = {row.id: row for row in elements}
        self.tasks = {row.element_instance_id: row for row in tasks}
        self.jobs = {row.id: row for row in jobs}
        self.subscriptions = {row.id: row for row in subscriptions}
        self.variables: dict[int, dict[str, object]] = {}
        for row in variables:
            owner: Any = self.elements.get(row.scope_id) or self.instances.get(row.scope_id)
            if row.ended_at is None or (not row.deleted and owner.ended_at is not None):
                self.variables.setdefault(row.scope_id, {})[row.name] = _plain(row.value)

    @property
    def finished(self) -> bool:
        return self.root.ended_at is not None

    def ready(self) -> dict[Path, int]:
        """The ids of the open tasks, the living jobs and the open subscriptions, by their path."""
        found = {self._path(element_id): task.id for element_id, task in self.tasks.items()}
        found |= {self._path_of_job(job): job.id for job in self.jobs.values()}
        found |= {self._path_of_event(each): each.id for each in self.subscriptions.values()}
        waiting = len(self.tasks) + len(self.jobs) + len(self.subscriptions)
        assert len(found) == waiting, "two things that wait have one path"
        return found

    def _path_of_job(self, job: Job) -> Path:
        path = self._path(job.element_instance_id)
        [*around, (element_id, counter)] = path
        if job.kind.startswith("async"):
            return (*around, (f"{element_id}@{job.kind}", counter))
        return self._path_of_event(job)

    def _path_of_event(self, waiting: Job | Subscription) -> Path:
        """At the event itself, or at what it is attached to, stands behind, or starts something in."""
        path = self._path(waiting.element_instance_id)
        return path if waiting.element_id == path[-1][0] else (*path, (str(waiting.element_id), None))

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
        """The variables that a task sees, or what waits for a job or an event; of one at a boundary, those of the token
        that it sends."""
        element_ids = {task.id: element_id for element_id, task in self.tasks.items()}
        events: dict[int, Job | Subscription] = {**self.jobs, **self.subscriptions}
        element_ids |= {each.id: each.element_instance_id for each in events.values()}
        element = self.elements[element_ids[task_id] or 0]
        event = events.get(task_id)
        if isinstance(event, Subscription) or (event is not None and event.kind == "timer"):
            starts_inside = str(event.element_id).endswith("_start")
            if event.element_id != element.element_id and not starts_inside:
                return self._seen_from(element.scope_id)
        return self._seen_from(element.id) | self.variables.get(task_id, {})

    def _seen_from(self, scope: int | None) -> dict[str, object]:
        found: dict[str, object] = {}
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
        found.append(f"ready: {_difference(Counter(list(ready)), Counter(list(expected)))}")
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


def dump(database: Database, root_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a tree as they lie in the tables."""
    tree = select(process_instance.c.id).where(process_instance.c.root_id == root_id)
    rows = {}
    with database.read() as transaction:
        instances = list(transaction.connection.scalars(tree))
        for table in TABLES.values():
            if table is not process_instance and "process_instance_id" not in table.c:
                continue
            belongs = table.c.id if table is process_instance else table.c.process_instance_id
            query = select(table).where(belongs.in_(instances)).order_by(table.c.id)
            rows[table.name] = [tuple(row) for row in transaction.connection.execute(query)]
    return rows
