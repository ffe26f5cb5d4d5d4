"""Transactions around batches of commands: locate, lock, load, run the pure steps, write, commit.

A batch costs one statement per kind of row it reads and writes, however many commands it holds. A command that fails is
undone and leaves the others alone. Steps that ask for rows that are not loaded run again when these are.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Any

from engine.clock import Clock
from engine.core.commands import Command, Target
from engine.core.lifecycle import JobState
from engine.core.state import (
    Changes,
    ElementInstance,
    IdentityLink,
    Incident,
    Job,
    ProcessInstance,
    Row,
    UserTask,
    Variable,
)
from engine.core.step import Limits, Step
from engine.core.unit_of_work import (
    Children,
    DefinitionBy,
    DefinitionOf,
    Incidents,
    Instance,
    Jobs,
    Links,
    Need,
    NotLoaded,
    Spine,
    Task,
    UnitOfWork,
    Variables,
    Whole,
)
from engine.definitions import DefinitionCache, DefinitionsInTransaction
from engine.errors import BadRequest, Conflict, NotFound
from engine.expression import ScriptRunner
from engine.failpoints import failpoint
from engine.store.database import Database
from engine.store.deletion import delete_ended_variables, delete_history
from engine.store.errors import SerializationFailure
from engine.store.ids import IdAllocator, IdsExhausted
from engine.store.transaction import WriteTransaction
from engine.values import InvalidValue

WHOLE_TREE = 8
"""A tree of at most so many living element instances is loaded whole; of a bigger one only what a command needs."""
ATTEMPTS = 5
"""How often a batch is tried when the database resolves a deadlock at its cost."""


class HistoryLevel(StrEnum):
    """How much is kept (Camunda manual, "History and Audit Event Log").

    NONE: nothing of ended instances; ACTIVITY: instances, elements and tasks; AUDIT: variables too, as they were last;
    FULL: every value they had.
    """

    NONE = "none"
    ACTIVITY = "activity"
    AUDIT = "audit"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command: its value, or the error that undid it."""

    value: Any = None
    error: Exception | None = None

    def get(self) -> Any:
        """The value; raises the error."""
        if self.error is not None:
            raise self.error
        return self.value


class Executor:
    """Runs batches of commands, each batch in one transaction. Safe to be used by several threads."""

    def __init__(
        self,
        database: Database,
        cache: DefinitionCache,
        ids: IdAllocator,
        clock: Clock,
        *,
        limits: Limits | None = None,
        history_level: HistoryLevel = HistoryLevel.FULL,
        zone: tzinfo = UTC,
        scripts: ScriptRunner | None = None,
        bell: Callable[[Collection[Job]], None] | None = None,
    ) -> None:
        """`bell` is told, after the commit, of the jobs that wait to be done, now or when their time has come."""
        self._zone, self._scripts, self._bell = zone, scripts, bell
        self._database, self._cache, self._ids, self._clock = database, cache, ids, clock
        self._limits = limits or Limits()
        self._history_level = history_level

    def execute(self, commands: Sequence[Command[Any]]) -> list[Outcome]:
        """Run the commands in their order. Raises what undid the whole batch: `engine.errors.Unavailable`."""
        wanted_ids, attempt = 100 + 20 * len(commands), 0
        while True:
            self._ids.reserve(wanted_ids)
            try:
                return self._attempt(commands)
            except IdsExhausted:
                wanted_ids *= 4
            except (BadRequest, InvalidValue) as problem:
                # Some command made a row that cannot be kept: find out which one, so that the others go on.
                if len(commands) == 1:
                    return [Outcome(error=problem)]
                return [self.execute([command])[0] for command in commands]
            except SerializationFailure:
                attempt += 1
                if attempt == ATTEMPTS:
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, no secret

    def _attempt(self, commands: Sequence[Command[Any]]) -> list[Outcome]:
        with self._database.write() as tx:
            batch = _Batch(tx, self._cache, commands)
            outcomes = self._run(batch)
            changes = batch.uow.changes()
            if changes.inserted or changes.updated or changes.closed_scopes:
                failpoint("executor.before_write")
                tx.write(changes)
                self._trim_history(tx, batch.uow, changes.closed_scopes)
            failpoint("executor.before_commit")
        failpoint("executor.after_commit")
        if self._bell is not None and (waiting := _waiting_jobs(changes)):
            self._bell(waiting)
        return outcomes

    def _run(self, batch: _Batch) -> list[Outcome]:
        outcomes: list[Outcome | None] = [None] * len(batch.commands)
        waiting = list(enumerate(batch.commands))
        asked: set[tuple[int, Need]] = set()
        while waiting:
            later: list[tuple[int, Command[Any]]] = []
            held: set[int | None] = set()
            needs: list[Need] = []
            for index, command in waiting:
                root = batch.root_of(command)
                if root is not None and root in held:
                    # An earlier command on this tree waits for rows: the order of commands on one tree is kept.
                    later.append((index, command))
                    continue
                try:
                    outcomes[index] = self._run_one(batch, command)
                except NotLoaded as missing:
                    repeated = [need for need in missing.needs if (index, need) in asked]
                    if repeated:
                        # Loading it once more would not help: without this the batch would never end.
                        outcomes[index] = Outcome(
                            error=Conflict(f"What the step needs is not there (any more): {repeated}")
                        )
                        continue
                    asked.update((index, need) for need in missing.needs)
                    needs.extend(missing.needs)
                    later.append((index, command))
                    held.add(root)
            if needs:
                batch.load(needs)
            waiting = later
        return [outcome or Outcome() for outcome in outcomes]

    def _run_one(self, batch: _Batch, command: Command[Any]) -> Outcome:
        target = command.target
        if target is not None and not batch.is_alive(target):
            return Outcome(error=NotFound(target.kind_name, target.id))
        uow = batch.uow
        step = Step(
            uow=uow,
            next_id=self._ids.next,
            now=self._clock(),
            definitions=batch.definitions,
            user=command.user,
            groups=command.groups,
            limits=self._limits,
            record_updates=self._history_level is HistoryLevel.FULL,
            zone=self._zone,
            scripts=self._scripts,
        )
        uow.begin()
        try:
            return Outcome(command.run(step))
        except (NotLoaded, IdsExhausted):
            uow.undo()
            raise
        except Exception as problem:  # noqa: BLE001 - a mistake in one command must not undo the others of its batch
            uow.undo()
            return Outcome(error=problem)

    def _trim_history(self, tx: WriteTransaction, uow: UnitOfWork, closed_scopes: Collection[int]) -> None:
        if self._history_level is HistoryLevel.NONE:
            ended = [
                each.id for each in uow.instances.values() if each.ended_at is not None and each.id == each.root_id
            ]
            if ended:
                delete_history(tx, ended)
        elif self._history_level is HistoryLevel.ACTIVITY:
            delete_ended_variables(tx, closed_scopes)


class _Batch:
    """The commands of one transaction, their targets, and what has been loaded for them."""

    def __init__(self, tx: WriteTransaction, cache: DefinitionCache, commands: Sequence[Command[Any]]) -> None:
        self.tx, self.commands = tx, commands
        self.uow = UnitOfWork()
        self.definitions = DefinitionsInTransaction(cache)
        self._cache = cache
        self._roots: dict[int, int | None] = {}
        self.certain: list[Need] = []
        targets = [command.target for command in commands]
        self._begin([target for target in targets if target is not None])

    def root_of(self, command: Command[Any]) -> int | None:
        """The root of the tree a command is about; for a standalone task the task; None for a new instance."""
        target = command.target
        return None if target is None else self._roots.get(target.id) or target.id

    def is_alive(self, target: Target) -> bool:
        """Is what the command is about (still) there?"""
        uow, found = self.uow, target.id
        return (
            (UserTask in target.kinds and _lives(uow.tasks.get(found)))
            or (ElementInstance in target.kinds and _lives(uow.elements.get(found)))
            or (ProcessInstance in target.kinds and _lives(uow.instances.get(found)))
            or (Job in target.kinds and _lives(uow.jobs.get(found)))
            or (Incident in target.kinds and uow.has_incident(found))
        )

    def _begin(self, targets: Sequence[Target]) -> None:
        """Find what the commands are about, lock the trees, and load what they are sure to need."""
        if not targets:
            return
        wanted: dict[type[Row], set[int]] = {}
        for target in targets:
            for kind in target.kinds:
                wanted.setdefault(kind, set()).add(target.id)
        spines: dict[int, list[Need]] = {}
        standalone: list[int] = []
        unrooted: list[int] = []
        for kind, ids in wanted.items():
            missing = ids - self._roots.keys()
            if kind in (UserTask, Job, Incident):
                for row in self.tx.select(kind, "id", missing):
                    self._locate(row, spines, standalone, unrooted)
            else:
                for found, root in self.tx.locate(kind, missing).items():
                    self._roots[found] = root
                    need = Instance(found) if kind is ProcessInstance else Spine(found)
                    spines.setdefault(root or 0, []).append(need)
        roots = self.tx.lock_roots({root for root in self._roots.values() if root is not None})
        self.uow.load(roots)
        self.uow.load(self.tx.lock_tasks(standalone))
        self.uow.load(self.tx.select(Job, "id", unrooted, lock=True))
        needs: list[Need] = [Task(each) for each in standalone] + self.certain
        for root_row in roots:
            if root_row.live <= WHOLE_TREE:
                needs.append(Whole(root_row.id))
            else:
                needs.extend(spines.get(root_row.id, ()))
        self.load(needs)

    def _locate(self, row: Row, spines: dict[int, list[Need]], standalone: list[int], unrooted: list[int]) -> None:
        """Note the root of a target's row, and what a command on it is sure to need."""
        assert isinstance(row, UserTask | Job | Incident)  # noqa: S101 - tells the type checker
        self._roots[row.id] = row.root_id
        if row.root_id is None:
            if isinstance(row, UserTask):
                standalone.append(row.id)
            elif isinstance(row, Job):
                unrooted.append(row.id)
            else:
                self.uow.load([row])
            return
        needs = spines.setdefault(row.root_id, [])
        if isinstance(row, UserTask):
            needs.append(Task(row.id))
        if row.element_instance_id is not None:
            needs.append(Spine(row.element_instance_id))
            if isinstance(row, Job):
                self.certain.append(Jobs(row.element_instance_id))
        if isinstance(row, Incident):
            self.certain.append(Incidents(int(row.configuration or 0)))

    # ------------------------------------------------------------ loading

    def load(self, needs: Sequence[Need]) -> None:
        """Load what steps asked for: at most one statement per kind of row and way of finding it."""
        tx, uow = self.tx, self.uow
        whole = {need.root_id for need in needs if isinstance(need, Whole)}
        scopes = {need.scope_id for need in needs if isinstance(need, Variables)}
        if whole:
            self._load_whole(whole)
        spines = {need.element_instance_id for need in needs if isinstance(need, Spine)}
        instances = {need.instance_id for need in needs if isinstance(need, Instance)}
        if spines:
            rows = tx.spine(spines)
            uow.load(rows)
            scopes.update(row.id for row in rows)
            instances.update(row.process_instance_id for row in rows)
        scopes.update(instances)
        uow.load(tx.select(ProcessInstance, "id", instances - uow.instances.keys()))
        children = {need.scope_id for need in needs if isinstance(need, Children)}
        uow.load(tx.select(ElementInstance, "scope_id", children))
        uow.loaded(children=children)
        tasks = {need.user_task_id for need in needs if isinstance(need, Task)}
        uow.load(tx.select(UserTask, "id", tasks - uow.tasks.keys()))
        scopes.update(tasks)
        links = {need.user_task_id for need in needs if isinstance(need, Links)}
        uow.load(tx.select(IdentityLink, "user_task_id", links))
        jobs = {need.element_instance_id for need in needs if isinstance(need, Jobs)}
        # Workers claim jobs without the lock of the tree: their rows are locked one by one.
        uow.load(tx.select(Job, "element_instance_id", jobs, lock=True))
        incidents = {need.job_id for need in needs if isinstance(need, Incidents)}
        uow.load(tx.select(Incident, "configuration", [str(each) for each in incidents]))
        uow.load(tx.select(Variable, "scope_id", scopes))
        uow.loaded(variables=scopes, links=links, jobs=jobs, incidents=incidents)
        self.definitions.load(tx, [need for need in needs if isinstance(need, DefinitionBy)])
        self._cache.load(tx, [need.definition_id for need in needs if isinstance(need, DefinitionOf)])

    def _load_whole(self, roots: set[int]) -> None:
        """All that lives in some trees; kinds of row that the element instances say are not there cost no statement."""
        tx, uow = self.tx, self.uow
        elements = tx.select(ElementInstance, "root_id", roots)
        uow.load(elements)
        uow.load(tx.select(Variable, "root_id", roots))
        if any(row.called_instance_id is not None for row in elements):
            uow.load(tx.select(ProcessInstance, "root_id", roots))
        if any(row.user_task_id is not None for row in elements):
            uow.load(tx.select(UserTask, "root_id", roots))
        if any(self._makes_jobs(definition_id) for definition_id in {row.definition_id for row in elements}):
            uow.load(tx.select(Job, "root_id", roots, lock=True))
        uow.loaded(whole=roots)

    def _makes_jobs(self, definition_id: int) -> bool:
        definition = self._cache.get(definition_id)
        return definition is None or definition.makes_jobs


def _waiting_jobs(changes: Changes) -> list[Job]:
    """The jobs among what was written that wait for somebody to do them."""
    written = [*changes.inserted.get(Job, ()), *changes.updated.get(Job, ())]
    return [job for job in written if isinstance(job, Job) and job.state is JobState.WAITING]


def _lives(row: UserTask | ElementInstance | ProcessInstance | Job | None) -> bool:
    return row is not None and row.ended_at is None
