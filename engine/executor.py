"""Transactions around batches of commands: locate, lock, load, run the pure steps, write, commit.

A batch costs one statement per kind of row it reads and writes, however many commands it holds. A command that fails is
undone and leaves the others alone. Steps that ask for rows that are not loaded run again when these are.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Any

from engine.clock import Clock
from engine.core.commands import Command, Target, is_there, operations
from engine.core.commands.events import GoOnBroadcasting, delivery
from engine.core.commands.messages import FindKept, ReceiveKept
from engine.core.lifecycle import JobState
from engine.core.state import (
    Batch,
    Changes,
    DecisionInstance,
    ElementInstance,
    IdentityLink,
    Incident,
    Job,
    Message,
    Operation,
    Output,
    ProcessInstance,
    Row,
    Subscription,
    UserTask,
    Variable,
)
from engine.core.step import Broadcast, Limits, Step
from engine.core.subscriptions import MESSAGE, SIGNAL
from engine.core.unit_of_work import (
    Children,
    DecisionBy,
    DefinitionBy,
    DefinitionOf,
    History,
    IncidentBy,
    Incidents,
    IncidentsIn,
    Instance,
    JobBy,
    Jobs,
    JobsAt,
    JobsOf,
    KeptMessages,
    Links,
    MessageBy,
    Need,
    NotLoaded,
    Outputs,
    Published,
    Question,
    SomebodyWaits,
    Spine,
    SubscriptionBy,
    Subscriptions,
    SubscriptionsAt,
    SubscriptionsIn,
    Task,
    Tree,
    UnitOfWork,
    Variables,
    Whole,
)
from engine.definitions import DefinitionCache, DefinitionsInTransaction
from engine.errors import BadRequest, Conflict, NotFound, Suspended
from engine.expression import ScriptRunner
from engine.failpoints import failpoint
from engine.news import NewsDesk, news_of
from engine.store import messages, notices, retention
from engine.store import subscriptions as correlated
from engine.store.database import ATTEMPTS, Database
from engine.store.deletion import (
    delete_batches,
    delete_decisions,
    delete_ended_variables,
    delete_history,
    delete_jobs,
    delete_messages,
)
from engine.store.errors import SerializationFailure
from engine.store.ids import IdAllocator, IdsExhausted
from engine.store.jobs import override_priorities, ready
from engine.store.receivers import receivers
from engine.store.retention import Keeping, RemovalStrategy
from engine.store.transaction import Selection, WriteTransaction
from engine.values import InvalidValue

SMALL_TREE = 8
"""Of a tree of at most so many living element instances all are loaded; of a bigger one what a command needs."""
RECEIVERS = 100
"""How many of those who wait for signals one transaction tells; a job goes on with the others."""


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


class _Undone(Exception):
    """A command of a batch that is to be done as a whole has failed."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class _Tried(Exception):
    """A batch that was only to be tried has been run: its transaction is undone."""


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
        news: NewsDesk | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        """`bell` is told, after the commit, of the jobs that wait to be done, now or when their time has come.

        `news` is told then what was changed.
        """
        self._zone, self._scripts, self._bell, self._news = zone, scripts, bell, news
        self._database, self._cache, self._ids, self._clock = database, cache, ids, clock
        self._limits = limits or Limits()
        self._history_level = history_level
        self._keeping = keeping or Keeping()

    def execute(self, commands: Sequence[Command[Any]], *, together: bool = False) -> list[Outcome]:
        """Run the commands in their order. Raises what undid the whole batch: `engine.errors.Unavailable`.

        `together`: all of them or none; the first error undoes the batch, and is raised.
        """
        return self._insist(commands, together=together)[0]

    def rehearse(self, commands: Sequence[Command[Any]]) -> tuple[list[Outcome], Changes]:
        """Run the commands and keep nothing: what would become of them, and what would be written."""
        return self._insist(commands, keep=False)

    def _insist(
        self, commands: Sequence[Command[Any]], *, together: bool = False, keep: bool = True
    ) -> tuple[list[Outcome], Changes]:
        wanted_ids, attempt = 100 + 20 * len(commands), 0
        while True:
            self._ids.reserve(wanted_ids)
            try:
                return self._attempt(commands, together=together, keep=keep)
            except _Undone as undone:
                raise undone.error from None
            except IdsExhausted:
                wanted_ids *= 4
            except (BadRequest, InvalidValue) as problem:
                # Some command made a row that cannot be kept: find out which one, so that the others go on.
                if together:
                    raise
                if len(commands) == 1:
                    return [Outcome(error=problem)], Changes()
                return [self._insist([command], keep=keep)[0][0] for command in commands], Changes()
            except SerializationFailure:
                attempt += 1
                if attempt == ATTEMPTS:
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, no secret

    def _attempt(
        self, commands: Sequence[Command[Any]], *, together: bool, keep: bool
    ) -> tuple[list[Outcome], Changes]:
        with suppress(_Tried), self._database.write() as tx:
            batch = _Batch(tx, self._cache, commands)
            outcomes = self._run(batch, batch.commands)
            if together:
                for outcome in outcomes:
                    if outcome.error is not None:
                        raise _Undone(outcome.error)
            self._follow(batch)
            changes = batch.uow.changes()
            if not keep:
                raise _Tried
            if changes:
                failpoint("executor.before_write")
                batch.name_definitions(changes.inserted.get(Operation, ()))
                retention.date_batches(changes, self._keeping)
                retention.date_decisions(changes, self._keeping, batch.definitions.decisions_kept)
                notices.carry_seen(tx, changes.moved_tasks)
                tx.write(changes)
                delete_history(tx, changes.erased.get(ProcessInstance, ()))
                delete_batches(tx, changes.erased.get(Batch, ()))
                delete_messages(tx, changes.erased.get(Message, ()))
                delete_jobs(tx, changes.erased.get(Job, ()))
                delete_decisions(tx, changes.erased.get(DecisionInstance, ()))
                override_priorities(tx, changes.inserted.get(Job, ()))
                self._trim_history(tx, batch.uow, changes)
                if self._bell is not None:
                    tx.ring(self._bell, ready(tx, self._clock(), "process_instance_id", changes.activated))
            failpoint("executor.before_commit")
        if not keep:
            return outcomes, changes
        failpoint("executor.after_commit")
        if self._bell is not None and (waiting := _waiting_jobs(changes)):
            self._bell(waiting)
        if self._news is not None and self._news.is_heard:
            self._news.tell(news_of(changes))
        return outcomes, changes

    def _follow(self, batch: _Batch) -> None:
        """Do what the commands have caused elsewhere: signals find their receivers, and those who have begun to wait
        for a message get one that is kept for them. A message that its receiver cannot take is kept on."""
        welcomed: set[int] = set()
        while True:
            while batch.sent:
                self._spread(batch, batch.sent.popleft())
            newcomers = batch.newcomers(welcomed)
            if not newcomers:
                return
            (found,) = self._run(batch, [FindKept(subscription_ids=newcomers)])
            kept: Mapping[int, tuple[int, ...]] = found.get()
            self._run(batch, [ReceiveKept(subscription_id=id, message_ids=ids) for id, ids in kept.items()])

    def _spread(self, batch: _Batch, broadcast: Broadcast) -> None:
        """Tell those who wait for a signal, each by a command of its own; a job tells the rest if they are many.

        Who cannot take it now is told again by a job, so that its failure is counted and seen.
        """
        found = batch.receivers(broadcast)
        now, rest = found[: batch.room], found[batch.room :]
        batch.room -= len(now)
        commands = [delivery(broadcast, each) for each in now]
        if rest:
            told = now[-1].id if now else broadcast.after_id
            commands.append(GoOnBroadcasting(broadcast=replace(broadcast, after_id=told)))
        outcomes = self._run(batch, commands)
        failed = [
            each
            for each, outcome in zip(now, outcomes, strict=False)
            if outcome.error is not None and not _waits_no_more(each, outcome.error)
        ]
        if failed and not broadcast.asynchronous:
            self._run(batch, [delivery(broadcast, each, later=True) for each in failed])

    def _run(self, batch: _Batch, commands: Sequence[Command[Any]]) -> list[Outcome]:
        batch.prepare(commands)
        outcomes: list[Outcome | None] = [None] * len(commands)
        waiting = list(enumerate(commands))
        asked: set[tuple[int, Need]] = set()
        while waiting:
            later: list[tuple[int, Command[Any]]] = []
            held: set[int] = set()
            needs: list[Need] = []
            for index, command in waiting:
                roots = batch.roots_of(command)
                if roots & held:
                    # An earlier command on such a tree waits for rows: the order of commands on one tree is kept.
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
                    held |= roots
            if needs:
                batch.load(needs)
            waiting = later
        return [outcome or Outcome() for outcome in outcomes]

    def _run_one(self, batch: _Batch, command: Command[Any]) -> Outcome:
        target = command.target
        if target is not None and not is_there(batch.uow, target):
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
            outcome = Outcome(operations.run(step, command))
            batch.sent.extend(step.sent)
            return outcome
        except (NotLoaded, IdsExhausted):
            uow.undo()
            raise
        except Exception as problem:  # noqa: BLE001 - a mistake in one command must not undo the others of its batch
            uow.undo()
            return Outcome(error=problem)

    def _trim_history(self, tx: WriteTransaction, uow: UnitOfWork, changes: Changes) -> None:
        """Delete what is not to be kept, and say until when the rest is."""
        ended = [each.id for each in uow.instances.values() if each.ended_at is not None and each.id == each.root_id]
        if self._history_level is HistoryLevel.NONE:
            if ended:
                delete_history(tx, ended)
            return
        if self._history_level is HistoryLevel.ACTIVITY:
            delete_ended_variables(tx, changes.closed_scopes)
        if self._keeping.strategy is RemovalStrategy.END:
            retention.date_ended(tx, ended)
        elif self._keeping.strategy is RemovalStrategy.START:
            retention.date_started(tx, uow.made(ProcessInstance))
        retention.set_removals(tx, changes.removals, self._keeping)


class _Batch:
    """The commands of one transaction, their targets, and what has been loaded for them."""

    def __init__(self, tx: WriteTransaction, cache: DefinitionCache, commands: Sequence[Command[Any]]) -> None:
        self.tx, self.commands = tx, commands
        self.uow = UnitOfWork()
        self.definitions = DefinitionsInTransaction(cache)
        self._roots: dict[int, int | None] = {}
        self._locked: set[int] = set()
        self.sent: deque[Broadcast] = deque()
        """Signals whose receivers are still to be told."""
        self.room = RECEIVERS
        """How many more receivers of signals this transaction tells."""

    def roots_of(self, command: Command[Any]) -> set[int]:
        """The roots of the trees a command is about; of what is in no tree its own id; none for a new instance."""
        return {self._roots.get(target.id) or target.id for target in _targets(command)}

    def name_definitions(self, rows: Sequence[Row]) -> None:
        """Note the keys of the definitions that rows of the operation log are about, as far as these are at hand."""
        for row in rows:
            if isinstance(row, Operation) and row.definition_id is not None:
                known = self.definitions.get(row.definition_id)
                row.definition_key = None if known is None else known.key

    def receivers(self, broadcast: Broadcast) -> list[Subscription]:
        """Who waits for a signal, oldest first: as many as there is room for, and one more if there are more."""
        found = {
            each.id: self.uow.subscriptions.get(each.id, each)
            for each in receivers(
                self.tx,
                broadcast.name,
                broadcast.tenants,
                sent_at=broadcast.sent_at,
                after_id=broadcast.after_id,
                limit=self.room + 1,
            )
        }
        for each in self.uow.made(Subscription):
            if (
                each.kind == SIGNAL
                and each.name == broadcast.name
                and (broadcast.tenants is None or each.tenant_id in broadcast.tenants)
                and each.id < broadcast.before_id
            ):
                found[each.id] = each
        return [
            each
            for _, each in sorted(found.items())
            if each.ended_at is None and (each.root_id is None or each.root_id != broadcast.root_id)
        ]

    def newcomers(self, welcomed: set[int]) -> tuple[int, ...]:
        """The new subscriptions to messages of which some are kept; those in `welcomed` are left out, and added to."""
        found = [each for each in self.uow.new_subscriptions() if each.kind == MESSAGE and each.id not in welcomed]
        welcomed.update(each.id for each in found)
        names = {each.name or "" for each in found}
        kept = messages.begin_to_wait(self.tx, names) if names else ()
        return tuple(each.id for each in found if each.name in kept)

    def _answer(self, question: Question) -> object:
        """The answer to a step's question; what it names is loaded."""
        tx = self.tx
        match question:
            case SomebodyWaits(wanted, instead):
                messages.hold(tx, (wanted.name, *instead))
                found: Sequence[object] = correlated.receivers(tx, wanted, 1)
                if not found and not instead:
                    found = correlated.starters(tx, wanted, 1)
                return bool(found)
            case Published():
                return messages.published(tx, question)
            case KeptMessages():
                found_by, rows = messages.kept(tx, question)
                self.uow.load(rows)
                return found_by
        raise TypeError(f"The store has no answer to {question}")

    def _is_here(self, kind: type[Row], target: Target) -> bool:
        """Is it a row of a tree that is locked already, or new? The rows of receivers are looked up in any case."""
        found = self.uow.subscriptions.get(target.id) if kind is Subscription else None
        if found is None:
            return False
        self._roots[found.id] = found.root_id
        return True

    def prepare(self, commands: Sequence[Command[Any]]) -> None:
        """Find what the commands are about, lock the trees, and load what they are sure to need."""
        wanted: dict[type[Row], set[int]] = {}
        for target in [target for command in commands for target in _targets(command)]:
            for kind in target.kinds:
                if not self._is_here(kind, target):
                    wanted.setdefault(kind, set()).add(target.id)
        rootless: dict[type[Row], list[int]] = {}
        certain: list[Need] = [need for command in commands for need in command.needs]
        spines: dict[int, list[Need]] = {}
        for kind, ids in wanted.items():
            for found, (root, element) in self.tx.locate(kind, ids - self._roots.keys()).items():
                self._roots[found] = root
                if root is None:
                    rootless.setdefault(kind, []).append(found)
                else:
                    certain.extend(_certain_needs(kind, found, element))
                    spines.setdefault(root, []).extend(_spine_needs(kind, found, element))
        roots = self.tx.lock_roots({root for root in self._roots.values() if root is not None} - self._locked)
        self._locked.update(each.id for each in roots)
        self.uow.load(roots)
        self.uow.load(self.tx.lock_tasks(rootless.get(UserTask, ())))
        # A batch before its jobs: whoever suspends or deletes it locks them in this order.
        self.uow.load(self.tx.select(Batch, "id", rootless.get(Batch, ()), lock=True))
        self.uow.load(self.tx.select(Job, "id", rootless.get(Job, ()), lock=True))
        self.uow.load(self.tx.select(Incident, "id", rootless.get(Incident, ())))
        needs = certain + [Task(each) for each in rootless.get(UserTask, ())]
        for root_row in roots:
            if root_row.live <= SMALL_TREE:
                needs.append(Tree(root_row.id))
            else:
                needs.extend(spines.get(root_row.id, ()))
        self.load(needs)

    # ------------------------------------------------------------ loading

    def load(self, needs: Sequence[Need]) -> None:
        """Load what steps asked for: at most one statement per kind of row and way of finding it."""
        tx, uow = self.tx, self.uow
        for need in needs:
            if isinstance(need, Question):
                uow.take_answer(need, self._answer(need))
        uow.load(tx.select(Message, "id", {need.id for need in needs if isinstance(need, MessageBy)}, alive=False))
        whole = {need.root_id for need in needs if isinstance(need, Whole)}
        trees = {need.root_id for need in needs if isinstance(need, Tree)} - uow.trees - whole
        scopes = {need.scope_id for need in needs if isinstance(need, Variables)}
        instances = {need.instance_id for need in needs if isinstance(need, Instance)}
        spines = {need.element_instance_id for need in needs if isinstance(need, Spine)}
        if spines:
            rows = tx.spine(spines)
            uow.load(rows)
            scopes.update(row.id for row in rows)
            instances.update(row.process_instance_id for row in rows)
        children = {need.scope_id for need in needs if isinstance(need, Children)}
        outputs = {need.variable_id for need in needs if isinstance(need, Outputs)}
        tasks = {need.user_task_id for need in needs if isinstance(need, Task)}
        links = {need.user_task_id for need in needs if isinstance(need, Links)}
        jobs = {need.element_instance_id for need in needs if isinstance(need, Jobs)}
        jobs_at = {need.process_instance_id for need in needs if isinstance(need, JobsAt)}
        subscriptions = {need.scope_id for need in needs if isinstance(need, Subscriptions)}
        subscribed_instances = {need.process_instance_id for need in needs if isinstance(need, SubscriptionsAt)}
        subscribed = {need.root_id for need in needs if isinstance(need, SubscriptionsIn)}
        sources = {need.job_definition_id for need in needs if isinstance(need, JobsOf)}
        incidents = {need.job_id for need in needs if isinstance(need, Incidents)}
        incident_trees = {need.root_id for need in needs if isinstance(need, IncidentsIn)}
        scopes |= instances | tasks
        found = tx.select_many(
            Selection(ElementInstance, "root_id", whole | trees),
            Selection(Variable, "root_id", whole | trees),
            Selection(ProcessInstance, "id", instances - uow.instances.keys()),
            Selection(ElementInstance, "scope_id", children),
            Selection(UserTask, "id", tasks - uow.tasks.keys()),
            Selection(IdentityLink, "user_task_id", links),
            # Workers claim jobs without the lock of the tree: their rows are locked one by one.
            Selection(Job, "element_instance_id", jobs, lock=True),
            Selection(Job, "process_instance_id", jobs_at, lock=True),
            Selection(Job, "id", {need.job_id for need in needs if isinstance(need, JobBy)}, lock=True),
            Selection(Subscription, "scope_id", subscriptions),
            Selection(Subscription, "id", {need.subscription_id for need in needs if isinstance(need, SubscriptionBy)}),
            Selection(Subscription, "process_instance_id", subscribed_instances),
            Selection(Subscription, "root_id", subscribed),
            Selection(Job, "job_definition_id", sources, lock=True),
            Selection(Incident, "id", {need.incident_id for need in needs if isinstance(need, IncidentBy)}),
            Selection(Incident, "configuration", [str(each) for each in incidents]),
            Selection(Incident, "root_id", incident_trees),
            Selection(Variable, "scope_id", scopes),
            Selection(Output, "variable_id", outputs),
        )
        uow.load(found)
        self._load_history([need for need in needs if isinstance(need, History)])
        if whole or trees:
            self._load_rest_of_trees([row for row in found if isinstance(row, ElementInstance)], whole, trees)
        uow.loaded(
            whole=whole,
            trees=trees,
            children=children,
            variables=scopes,
            outputs=outputs,
            links=links,
            jobs=jobs | jobs_at,
            sources=sources,
            incidents=incidents,
            incident_trees=incident_trees,
            subscriptions=subscriptions,
            subscribed_instances=subscribed_instances,
            subscribed_trees=subscribed,
        )
        self.definitions.load(tx, [need for need in needs if isinstance(need, DefinitionBy)])
        self.definitions.load_decisions(tx, [need for need in needs if isinstance(need, DecisionBy)])
        self.definitions.load_bound(tx, [need.definition_id for need in needs if isinstance(need, DefinitionOf)])

    def _load_history(self, needs: Sequence[History]) -> None:
        for row_type in dict.fromkeys(need.row_type for need in needs):
            ids = [need.id for need in needs if need.row_type is row_type]
            self.uow.remember(needs, self.tx.select(row_type, "id", ids, alive=False))

    def _load_rest_of_trees(self, elements: Sequence[ElementInstance], whole: set[int], trees: set[int]) -> None:
        """What lives in trees beside elements and variables, as far as the elements say that there may be some."""
        tx, uow = self.tx, self.uow
        if any(row.called_instance_id is not None for row in elements):
            uow.load(tx.select(ProcessInstance, "root_id", whole | trees))
        inside = [row for row in elements if row.root_id in whole]
        if any(row.user_task_id is not None for row in inside):
            uow.load(tx.select(UserTask, "root_id", whole))
        definitions = [self.definitions.get(each) for each in {row.definition_id for row in inside}]
        makes_jobs = any(each is None or each.makes_jobs for each in definitions)
        has_incidents = any(row.reported for row in inside)
        if any(each is None or each.makes_subscriptions for each in definitions):
            subscriptions = tx.select(Subscription, "root_id", whole)
            uow.load(subscriptions)
            makes_jobs = makes_jobs or any(each.job_id is not None for each in subscriptions)
        if makes_jobs:
            jobs = tx.select(Job, "root_id", whole, lock=True)
            uow.load(jobs)
            has_incidents = has_incidents or any(job.state is JobState.FAILED for job in jobs)
        if has_incidents:
            uow.load(tx.select(Incident, "root_id", whole))


def _waits_no_more(receiver: Subscription, error: Exception) -> bool:
    """Has what waits for a signal ended, or is it suspended itself?"""
    if receiver.root_id is not None:
        instance_id = receiver.process_instance_id
        is_gone = isinstance(error, NotFound) and error.id == receiver.id
        return is_gone or (isinstance(error, Suspended) and error.concerns("process instance", instance_id))
    if isinstance(error, NotFound):
        return (error.kind, error.id) == ("process definition", receiver.definition_id)
    return isinstance(error, Suspended) and error.concerns("process definition", receiver.definition_id)


def _waiting_jobs(changes: Changes) -> list[Job]:
    """The jobs among what was written that wait for somebody to do them."""
    written = [*changes.inserted.get(Job, ()), *changes.updated.get(Job, ())]
    return [job for job in written if isinstance(job, Job) and job.state is JobState.WAITING]


def _certain_needs(kind: type[Row], id: int, element_instance_id: int | None) -> list[Need]:
    """What a command on a row needs, whatever the size of its tree."""
    if kind is UserTask:
        return [Task(id)]
    if kind is Job:
        return [JobBy(id) if element_instance_id is None else Jobs(element_instance_id)]
    if kind is Incident:
        return [IncidentBy(id)]
    if kind is Subscription:
        return [SubscriptionBy(id) if element_instance_id is None else Subscriptions(element_instance_id)]
    return []


def _spine_needs(kind: type[Row], id: int, element_instance_id: int | None) -> list[Need]:
    """What a command on a row needs of a tree that is not loaded as a whole."""
    if kind is ProcessInstance:
        return [Instance(id)]
    element = id if kind is ElementInstance else element_instance_id
    return [] if element is None else [Spine(element)]


def _targets(command: Command[Any]) -> list[Target]:
    return [*(() if command.target is None else (command.target,)), *command.others]
