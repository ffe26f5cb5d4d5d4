"""The rows one transaction has loaded, made and changed; and the way back when a step fails.

Whoever changes a row calls `touch` first. Rows that were not loaded are never guessed: asking for them raises
`NotLoaded`, and the executor loads them and runs the step again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter, is_not
from typing import Any, TypeVar, cast

from engine.core.correlation import Correlation
from engine.core.state import (
    JOB_INCIDENTS,
    ROW_TYPES,
    Attachment,
    Batch,
    BatchPart,
    Changes,
    Comment,
    DecisionInput,
    DecisionInstance,
    DecisionOutput,
    ElementInstance,
    IdentityLink,
    IdentityLinkLog,
    Incident,
    Job,
    JobDefinition,
    JobLog,
    Message,
    MovedTask,
    Notice,
    Operation,
    Output,
    ProcessInstance,
    Removal,
    Row,
    Scope,
    Subscription,
    UserTask,
    Variable,
    VariableUpdate,
)
from engine.errors import NotFound

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Need:
    """What a step asks the executor to load."""


@dataclass(frozen=True, slots=True)
class Whole(Need):
    """All living rows of the tree of a root."""

    root_id: int


@dataclass(frozen=True, slots=True)
class Tree(Need):
    """The living process instances, element instances and variables of the tree of a root, and nothing else of it."""

    root_id: int


@dataclass(frozen=True, slots=True)
class Spine(Need):
    """An element instance with its ancestors and their variables, up to its process instance."""

    element_instance_id: int


@dataclass(frozen=True, slots=True)
class Instance(Need):
    """A process instance of a locked tree."""

    instance_id: int


@dataclass(frozen=True, slots=True)
class Children(Need):
    """The living element instances directly in a scope."""

    scope_id: int


@dataclass(frozen=True, slots=True)
class Variables(Need):
    """The living variables of a scope."""

    scope_id: int


@dataclass(frozen=True, slots=True)
class Outputs(Need):
    """What instances gave for the list in a variable."""

    variable_id: int


@dataclass(frozen=True, slots=True)
class Task(Need):
    """A user task and its own variables."""

    user_task_id: int


@dataclass(frozen=True, slots=True)
class Links(Need):
    """The living identity links of a user task."""

    user_task_id: int


@dataclass(frozen=True, slots=True)
class Jobs(Need):
    """The living jobs of an element instance."""

    element_instance_id: int


@dataclass(frozen=True, slots=True)
class JobBy(Need):
    """The job with this id."""

    job_id: int


@dataclass(frozen=True, slots=True)
class JobsAt(Need):
    """The living jobs of a process instance, its own (those of its event sub-processes) among them."""

    process_instance_id: int


@dataclass(frozen=True, slots=True)
class Subscriptions(Need):
    """The open subscriptions of a process instance or an element instance."""

    scope_id: int


@dataclass(frozen=True, slots=True)
class SubscriptionsAt(Need):
    """The open subscriptions of a process instance and of all scopes in it, ended ones too."""

    process_instance_id: int


@dataclass(frozen=True, slots=True)
class SubscriptionBy(Need):
    """The subscription with this id."""

    subscription_id: int


@dataclass(frozen=True, slots=True)
class SubscriptionsIn(Need):
    """The open subscriptions of the tree of a root."""

    root_id: int


@dataclass(frozen=True, slots=True)
class JobsOf(Need):
    """The living jobs of a job definition."""

    job_definition_id: int


@dataclass(frozen=True, slots=True)
class Incidents(Need):
    """The open incidents of a job."""

    job_id: int


@dataclass(frozen=True, slots=True)
class IncidentsIn(Need):
    """The open incidents in the tree of a root."""

    root_id: int


@dataclass(frozen=True, slots=True)
class IncidentBy(Need):
    """The incident with this id."""

    incident_id: int


@dataclass(frozen=True, slots=True)
class DefinitionOf(Need):
    """The bound definition with this id."""

    definition_id: int


@dataclass(frozen=True, slots=True)
class DefinitionBy(Need):
    """The definition that an id means, or a key now: its latest version, or the one that the other fields name.

    `tenant_id` None means: of whichever tenant, if that is unambiguous.
    """

    definition_id: int | None = None
    key: str | None = None
    tenant_id: str | None = ""
    deployment_id: int | None = None
    version: int | None = None
    version_tag: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionBy(Need):
    """The decision definition that an id means, or a key now: its latest version, or the one the other fields name.

    `tenant_id` None means: of whichever tenant, if that is unambiguous.
    """

    decision_id: int | None = None
    key: str | None = None
    tenant_id: str | None = ""
    deployment_id: int | None = None
    version: int | None = None
    version_tag: str | None = None


@dataclass(frozen=True, slots=True)
class History(Need):
    """A row that may have ended."""

    row_type: type[Row]
    id: int


@dataclass(frozen=True, slots=True)
class MessageBy(Need):
    """A message that is kept or remembered."""

    id: int


@dataclass(frozen=True, slots=True)
class Question(Need):
    """What a step asks the store; the answer holds for the transaction."""


@dataclass(frozen=True, slots=True)
class SomebodyWaits(Question):
    """Does an execution wait for this message, or a start event? Nobody begins to before the transaction has ended.

    `instead`: names of messages for which nobody begins to wait either; then only executions are asked for.
    """

    wanted: Correlation
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published(Question):
    """Is a message with this name and id remembered? Nobody else publishes one before the transaction has ended."""

    name: str
    tenant_id: str | None
    message_id: str
    now: datetime = field(compare=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A subscription to a message, and all routes that lead to it (`engine.core.correlation`)."""

    subscription_id: int
    name: str
    tenant_id: str
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptMessages(Question):
    """By subscription, the ids of the messages that may be kept for it, oldest first; these are loaded with their jobs.

    Nobody else brings one of them before the transaction has ended.
    """

    waiting: tuple[Waiting, ...]
    now: datetime = field(compare=False)


class NotLoaded(Exception):
    """The step needs rows that are not here."""

    def __init__(self, *needs: Need) -> None:
        super().__init__(f"not loaded: {needs}")
        self.needs = needs


def _fields(kind: type[Row]) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind))


_FIELDS = {kind: _fields(kind) for kind in ROW_TYPES}
_SNAPSHOT: dict[type[Row], Callable[[Row], tuple[Any, ...]]] = {
    kind: attrgetter(*names) for kind, names in _FIELDS.items()
}


_by_id = attrgetter("id")


class UnitOfWork:
    """Rows by id and by scope, what changed of them, and an undo log per step.

    A batch of commands shares one; each command is a step between `begin` and `keep` or `undo`.
    """

    def __init__(self) -> None:
        self.instances: dict[int, ProcessInstance] = {}
        self.elements: dict[int, ElementInstance] = {}
        self.tasks: dict[int, UserTask] = {}
        self.jobs: dict[int, Job] = {}
        self.batches: dict[int, Batch] = {}
        self._messages: dict[int, Message] = {}
        self._answers: dict[Question, Any] = {}
        self.whole: set[int] = set()
        """Roots that are loaded whole."""
        self.trees: set[int] = set()
        """Roots whose instances, element instances and variables are all loaded."""
        self._children: dict[int, dict[int, ElementInstance]] = {}
        self._known_children: set[int] = set()
        self._variables: dict[int, dict[str, Variable]] = {}
        self._known_variables: set[int] = set()
        self._outputs: dict[int, dict[int, Output]] = {}
        self._known_outputs: set[int] = set()
        self._links: dict[int, dict[int, IdentityLink]] = {}
        self._known_links: set[int] = set()
        self._jobs_of: dict[int, dict[int, Job]] = {}
        self._known_jobs: set[int] = set()
        self.subscriptions: dict[int, Subscription] = {}
        self._subscriptions_of: dict[int, dict[int, Subscription]] = {}
        self._known_subscriptions: set[int] = set()
        self._subscribed_instances: set[int] = set()
        self._subscribed_trees: set[int] = set()
        self._known_sources: set[int] = set()
        self._new: dict[int, Row] = {}
        self._dirty: dict[int, tuple[Row, tuple[Any, ...]]] = {}
        self._closed: dict[int, datetime] = {}
        self._incidents: dict[str, dict[int, Incident]] = {}
        self._known_incidents: set[int] = set()
        self._incident_trees: set[int] = set()
        self._history: dict[History, Row | None] = {}
        self._erased: set[History] = set()
        self._step_erased: list[History] = []
        self._activated: set[int] = set()
        self._step_activated: list[int] = []
        self._moved_tasks: set[MovedTask] = set()
        self._step_moved_tasks: set[MovedTask] = set()
        self._removals: dict[History, Removal] = {}
        self._step_removals: list[tuple[History, Removal | None]] = []
        self._undo: dict[int, tuple[Row, tuple[Any, ...]]] = {}
        self._born: dict[int, Row] = {}
        self._step_dirty: list[int] = []
        self._step_closed: list[int] = []
        self._replaced: dict[int, Variable] = {}

    # ------------------------------------------------------------ loading

    def load(self, rows: Iterable[Row]) -> None:
        """Take rows from the store; a row that is here already is kept as it is here."""
        for row in rows:
            match row:
                case ProcessInstance():
                    self.instances.setdefault(row.id, row)
                case ElementInstance():
                    if row.id not in self.elements:
                        self._index(row)
                case Variable():
                    self._variables.setdefault(row.scope_id, {}).setdefault(row.name, row)
                case Output():
                    self._outputs.setdefault(row.variable_id, {}).setdefault(row.id, row)
                case UserTask():
                    self.tasks.setdefault(row.id, row)
                case IdentityLink():
                    self._links.setdefault(row.user_task_id, {}).setdefault(row.id, row)
                case Job():
                    if row.id not in self.jobs:
                        self._index(row)
                case Subscription():
                    if row.id not in self.subscriptions:
                        self._index(row)
                case Incident():
                    self._incidents.setdefault(row.configuration or "", {}).setdefault(row.id, row)
                case Batch():
                    self.batches.setdefault(row.id, row)
                case Message():
                    self._messages.setdefault(row.id, row)

    def loaded(
        self,
        *,
        whole: Collection[int] = (),
        trees: Collection[int] = (),
        children: Collection[int] = (),
        variables: Collection[int] = (),
        outputs: Collection[int] = (),
        links: Collection[int] = (),
        jobs: Collection[int] = (),
        sources: Collection[int] = (),
        incidents: Collection[int] = (),
        incident_trees: Collection[int] = (),
        subscriptions: Collection[int] = (),
        subscribed_instances: Collection[int] = (),
        subscribed_trees: Collection[int] = (),
    ) -> None:
        """Say of which roots, scopes, variables, tasks, job definitions and jobs all living rows are here now."""
        self.whole.update(whole)
        self.trees.update(whole, trees)
        self._known_children.update(children)
        self._known_variables.update(variables)
        self._known_outputs.update(outputs)
        self._known_links.update(links)
        self._known_jobs.update(jobs)
        self._known_sources.update(sources)
        self._known_incidents.update(incidents)
        self._incident_trees.update(whole, incident_trees)
        self._known_subscriptions.update(subscriptions)
        self._subscribed_instances.update(subscribed_instances)
        self._subscribed_trees.update(whole, subscribed_trees)

    def remember(self, wanted: Iterable[History], found: Iterable[Row]) -> None:
        """Say what there is of the rows that are wanted, which may have ended."""
        self._history.update(dict.fromkeys(wanted))
        self._history.update((History(type(row), row.id), row) for row in found)

    # ------------------------------------------------------------ reading

    def instance(self, id: int) -> ProcessInstance:
        """A process instance of a locked tree; raises NotLoaded."""
        found = self.instances.get(id)
        if found is None:
            raise NotLoaded(Instance(id))
        return found

    def history(self, row_type: type[R], id: int) -> R | None:
        """A row that may have ended; None if there is none. Raises NotLoaded. One that lives is not to be changed."""
        wanted = History(row_type, id)
        if wanted in self._erased:
            return None
        if wanted not in self._history:
            raise NotLoaded(wanted)
        return cast("R | None", self._history[wanted])

    def erased(self, row_type: type[R], id: int) -> R | None:
        """A row that `history` gave before it was deleted for good in this transaction; None if that was not done."""
        wanted = History(row_type, id)
        return cast("R | None", self._history.get(wanted)) if wanted in self._erased else None

    def scope(self, id: int) -> Scope:
        """The scope with this id; raises NotLoaded."""
        found: Scope | None = self.elements.get(id) or self.instances.get(id)
        if found is None:
            raise NotLoaded(Spine(id))
        return found

    def element(self, id: int) -> ElementInstance:
        """The element instance with this id; raises NotLoaded."""
        found = self.elements.get(id)
        if found is None:
            raise NotLoaded(Spine(id))
        return found

    def children(self, scope: Scope) -> list[ElementInstance]:
        """The living element instances directly in a scope, oldest first; raises NotLoaded."""
        if scope.id not in self._known_children and scope.root_id not in self.trees:
            raise NotLoaded(Children(scope.id))
        found = self._children.get(scope.id)
        return sorted(found.values(), key=_by_id) if found else []

    def require_whole(self, root_id: int) -> None:
        """Ask for the whole tree at once, where many of its rows will be needed; raises NotLoaded."""
        if root_id not in self.whole and root_id not in self._new:
            raise NotLoaded(Whole(root_id))

    def variables(self, scope_id: int, root_id: int | None) -> dict[str, Variable]:
        """The variables of a scope by name, removed ones (`ended_at`) among them; none once it is closed.

        Raises NotLoaded.
        """
        if scope_id in self._closed:
            return {}
        if scope_id not in self._known_variables and root_id not in self.trees:
            raise NotLoaded(Variables(scope_id))
        return self._variables.setdefault(scope_id, {})

    def require_variables(self, scope_ids: Iterable[int], root_id: int) -> None:
        """Ask for the variables of several scopes of a tree at once; raises NotLoaded."""
        if root_id not in self.trees:
            missing = [Variables(each) for each in scope_ids if each not in self._known_variables]
            if missing:
                raise NotLoaded(*missing)

    def outputs(self, variable: Variable) -> list[Output]:
        """What instances gave for the list in a variable, the first first; raises NotLoaded."""
        if variable.id not in self._known_outputs:
            raise NotLoaded(Outputs(variable.id))
        found = sorted(self._outputs.get(variable.id, {}).values(), key=_by_id)
        return [each for each in found if each.revision == variable.revision]

    def last_values(self, scope_id: int) -> dict[str, object]:
        """The values of a scope's variables that are loaded, or were when it ended."""
        return {name: row.value for name, row in self._variables.get(scope_id, {}).items() if row.ended_at is None}

    def has_variables(self, scope_id: int, root_id: int | None) -> bool:
        """May the scope have living variables? True also where that is not known."""
        if scope_id in self._known_variables or root_id in self.trees:
            return bool(self._variables.get(scope_id))
        return True

    def task(self, id: int) -> UserTask:
        """A user task; raises NotLoaded."""
        found = self.tasks.get(id)
        if found is None:
            raise NotLoaded(Task(id))
        return found

    def links(self, task: UserTask) -> list[IdentityLink]:
        """The living identity links of a user task; raises NotLoaded."""
        if task.id not in self._known_links:
            raise NotLoaded(Links(task.id))
        return [row for row in self._links.get(task.id, {}).values() if row.ended_at is None]

    def jobs_of(self, place: Scope) -> list[Job]:
        """The living jobs of an element instance, or those of a process instance itself; raises NotLoaded."""
        if place.id not in self._known_jobs and place.root_id not in self.whole:
            raise NotLoaded(Jobs(place.id) if isinstance(place, ElementInstance) else JobsAt(place.id))
        return [row for row in self._jobs_of.get(place.id, {}).values() if row.ended_at is None]

    def subscriptions_of(self, place: Scope) -> list[Subscription]:
        """The open subscriptions of a scope, oldest first; raises NotLoaded."""
        instance = place.process_instance_id if isinstance(place, ElementInstance) else place.id
        if place.id not in self._known_subscriptions and not self._knows_subscriptions_in(instance, place.root_id):
            raise NotLoaded(Subscriptions(place.id))
        return self._open_at(place.id)

    def subscriptions_inside(self, instance: ProcessInstance, scope_id: int) -> list[Subscription]:
        """The open subscriptions of a scope of an instance, oldest first, after the end of the scope too.

        Those of all scopes are asked for at once; raises NotLoaded.
        """
        if instance.id not in self._new and not self._knows_subscriptions_in(instance.id, instance.root_id):
            raise NotLoaded(SubscriptionsAt(instance.id))
        return self._open_at(scope_id)

    def _knows_subscriptions_in(self, instance_id: int, root_id: int) -> bool:
        return instance_id in self._subscribed_instances or root_id in self._subscribed_trees

    def _open_at(self, scope_id: int) -> list[Subscription]:
        found = self._subscriptions_of.get(scope_id)
        return sorted((row for row in found.values() if row.ended_at is None), key=_by_id) if found else []

    def subscriptions_in(self, root_id: int) -> list[Subscription]:
        """The open subscriptions of a whole tree, oldest first; raises NotLoaded."""
        if root_id not in self._subscribed_trees and root_id not in self._new:
            raise NotLoaded(SubscriptionsIn(root_id))
        found = (row for row in self.subscriptions.values() if row.root_id == root_id and row.ended_at is None)
        return sorted(found, key=_by_id)

    def jobs_made_by(self, job_definition_id: int) -> list[Job]:
        """The living jobs of a job definition; raises NotLoaded."""
        if job_definition_id not in self._known_sources:
            raise NotLoaded(JobsOf(job_definition_id))
        found = self.jobs.values()
        return [row for row in found if row.job_definition_id == job_definition_id and row.ended_at is None]

    def incident(self, id: int) -> Incident:
        """An incident that was loaded as what a command is about."""
        return next(found[id] for found in self._incidents.values() if id in found)

    def has_incident(self, id: int) -> bool:
        """Is the incident here, and open?"""
        return any(id in found and found[id].ended_at is None for found in self._incidents.values())

    def incidents_in(self, instance: ProcessInstance) -> list[Incident]:
        """The open incidents of a process instance, oldest first; raises NotLoaded."""
        self.require_whole(instance.root_id)
        found = (row for rows in self._incidents.values() for row in rows.values())
        return sorted(
            (row for row in found if row.process_instance_id == instance.id and row.ended_at is None), key=_by_id
        )

    def job(self, id: int) -> Job:
        """The job with this id; raises NotLoaded."""
        found = self.jobs.get(id)
        if found is None:
            raise NotLoaded(JobBy(id))
        return found

    def message(self, id: int) -> Message:
        """The message with this id, which has been loaded. Raises NotFound if there is none."""
        found = self._messages.get(id)
        if found is None:
            raise NotFound("message", id)
        return found

    def answer(self, question: Question) -> Any:
        """The store's answer; raises NotLoaded."""
        if question not in self._answers:
            raise NotLoaded(question)
        return self._answers[question]

    def take_answer(self, question: Question, answer: object) -> None:
        """The store's answer to a question."""
        self._answers[question] = answer

    def new_subscriptions(self) -> list[Subscription]:
        """The open subscriptions of instances that are new in this transaction."""
        return [
            row
            for id, row in self.subscriptions.items()
            if id in self._new and row.ended_at is None and row.root_id is not None
        ]

    def incidents_of(self, job: Job) -> list[Incident]:
        """The open incidents of a job, reported ones in its tree among them; raises NotLoaded."""
        if job.id not in self._known_incidents and job.root_id not in self.whole:
            raise NotLoaded(Incidents(job.id))
        found = self._incidents.get(str(job.id), {}).values()
        about = (row for row in found if row.kind in JOB_INCIDENTS and row.root_id == job.root_id)
        return [row for row in about if row.ended_at is None]

    def reported_in(self, root_id: int) -> list[Incident]:
        """The open incidents in a tree that were reported, oldest first; raises NotLoaded."""
        if root_id not in self._incident_trees and root_id not in self._new:
            raise NotLoaded(IncidentsIn(root_id))
        found = (row for rows in self._incidents.values() for row in rows.values())
        wanted = (row for row in found if row.root_id == root_id and row.reported)
        return sorted((row for row in wanted if row.ended_at is None), key=_by_id)

    # ------------------------------------------------------------ writing

    def add(self, row: R) -> R:
        """Take a new row; all that belongs to a new scope or task is known, for it is empty."""
        if isinstance(row, Variable) and (old := self._variables.get(row.scope_id, {}).get(row.name)):
            self._replaced[row.id] = old
        self._new[row.id] = row
        self._born[row.id] = row
        self._index(row)
        match row:
            case ElementInstance():
                self._known_children.add(row.id)
                self._known_variables.add(row.id)
                self._known_jobs.add(row.id)
                self._known_subscriptions.add(row.id)
            case ProcessInstance():
                self._known_children.add(row.id)
                self._known_variables.add(row.id)
                self._known_jobs.add(row.id)
                self._known_subscriptions.add(row.id)
            case Variable():
                self._known_outputs.add(row.id)
            case UserTask():
                self._known_variables.add(row.id)
                self._known_links.add(row.id)
            case Job():
                self._known_incidents.add(row.id)
            case JobDefinition():
                self._known_sources.add(row.id)
        return row

    def touch(self, row: Row) -> None:
        """Say that a row is about to be changed."""
        if row.id in self._undo or row.id in self._born:
            return
        self._undo[row.id] = as_it_was = (row, _SNAPSHOT[type(row)](row))
        if row.id not in self._new and row.id not in self._dirty:
            self._dirty[row.id] = as_it_was
            self._step_dirty.append(row.id)

    def born(self) -> Collection[Row]:
        """The rows that are new since the step began, oldest first."""
        return self._born.values()

    def touched(self) -> Iterable[Row]:
        """The rows that were there when the step began and may have been changed since."""
        return (row for row, _ in self._undo.values())

    def before(self, row: Row, field: str) -> Any:
        """What a field of a row held when the step began; of a new row what it holds."""
        known = self._undo.get(row.id)
        return getattr(row, field) if known is None else known[1][_FIELDS[type(row)].index(field)]

    def move(self, row: ElementInstance | Subscription, scope_id: int) -> None:
        """Put an element instance or a subscription, which has been touched, into another scope."""
        self._take_out(row)
        row.scope_id = scope_id
        self._index(row)

    def _take_out(self, row: Row) -> None:
        """It is not in the scope any more that it names."""
        match row:
            case ElementInstance():
                self._children.get(row.scope_id, {}).pop(row.id, None)
            case Subscription() if row.scope_id is not None:
                self._subscriptions_of.get(row.scope_id, {}).pop(row.id, None)

    def ended(self, element: ElementInstance) -> None:
        """An element instance has ended: it is no child of its scope any more."""
        self._children[element.scope_id].pop(element.id, None)

    def close(self, scope_id: int, at: datetime) -> None:
        """End all living variables of a scope."""
        if scope_id not in self._closed:
            self._closed[scope_id] = at
            self._step_closed.append(scope_id)

    def erase(self, row_type: type[Row], id: int) -> None:
        """Delete a process instance or a batch for good, with all that belongs to it, a message, a decision, a job."""
        doomed = History(row_type, id)
        if doomed not in self._erased:
            self._erased.add(doomed)
            self._step_erased.append(doomed)

    def activate(self, process_instance_id: int) -> None:
        """A process instance is not suspended any more, so that its jobs may be done again."""
        if process_instance_id not in self._activated:
            self._activated.add(process_instance_id)
            self._step_activated.append(process_instance_id)

    def move_task(self, task: UserTask, definition_id: int, element_id: str) -> None:
        """Make a task, which has been touched, one of another user task."""
        source, target = (task.definition_id, task.element_id), (definition_id, element_id)
        task.definition_id, task.element_id = target
        if source[0] is not None and source[1] is not None and task.given_at is not None and task.assignee is not None:
            moved = MovedTask(task.assignee, (source[0], source[1]), target)
            if moved not in self._moved_tasks:
                self._moved_tasks.add(moved)
                self._step_moved_tasks.add(moved)

    def date_removal(self, row_type: type[Row], id: int, removal: Removal) -> None:
        """Say when a process instance, a batch or a decision may be deleted."""
        dated = History(row_type, id)
        self._step_removals.append((dated, self._removals.get(dated)))
        self._removals[dated] = removal

    def _index(self, row: Row) -> None:
        match row:
            case ProcessInstance():
                self.instances[row.id] = row
            case ElementInstance():
                self.elements[row.id] = row
                self._children.setdefault(row.scope_id, {})[row.id] = row
            case Variable():
                self._variables.setdefault(row.scope_id, {})[row.name] = row
            case Output():
                self._outputs.setdefault(row.variable_id, {})[row.id] = row
            case UserTask():
                self.tasks[row.id] = row
            case IdentityLink():
                self._links.setdefault(row.user_task_id, {})[row.id] = row
            case Job():
                self.jobs[row.id] = row
                place = row.element_instance_id or row.process_instance_id
                if place is not None:
                    self._jobs_of.setdefault(place, {})[row.id] = row
            case Subscription():
                self.subscriptions[row.id] = row
                if row.scope_id is not None:
                    self._subscriptions_of.setdefault(row.scope_id, {})[row.id] = row
            case Incident():
                self._incidents.setdefault(row.configuration or "", {})[row.id] = row
            case Batch():
                self.batches[row.id] = row
            case Message():
                self._messages[row.id] = row
            case VariableUpdate() | JobLog() | Comment() | BatchPart() | JobDefinition():
                pass
            case IdentityLinkLog() | Operation() | Attachment() | Notice():
                pass
            case DecisionInstance() | DecisionInput() | DecisionOutput():
                pass

    def _forget(self, row: Row) -> None:
        del self._new[row.id]
        match row:
            case ProcessInstance():
                del self.instances[row.id]
            case ElementInstance():
                del self.elements[row.id]
                self._children[row.scope_id].pop(row.id, None)
            case Variable():
                kept = self._variables[row.scope_id]
                if row.id in self._replaced:
                    kept[row.name] = self._replaced[row.id]
                else:
                    del kept[row.name]
            case Output():
                del self._outputs[row.variable_id][row.id]
            case UserTask():
                del self.tasks[row.id]
            case IdentityLink():
                del self._links[row.user_task_id][row.id]
            case Incident():
                del self._incidents[row.configuration or ""][row.id]
            case Batch():
                del self.batches[row.id]
            case Message():
                del self._messages[row.id]
            case Job():
                del self.jobs[row.id]
                place = row.element_instance_id or row.process_instance_id
                if place is not None:
                    del self._jobs_of[place][row.id]
            case Subscription():
                del self.subscriptions[row.id]
                if row.scope_id is not None:
                    del self._subscriptions_of[row.scope_id][row.id]

    # ------------------------------------------------------------ steps

    def begin(self) -> None:
        """A step starts."""
        self._undo.clear()
        self._born.clear()
        self._step_dirty.clear()
        self._step_closed.clear()
        self._step_erased.clear()
        self._step_activated.clear()
        self._step_moved_tasks.clear()
        self._step_removals.clear()
        self._replaced.clear()

    def undo(self) -> None:
        """The step failed: all rows are as they were when it began."""
        for row, values in self._undo.values():
            self._take_out(row)
            for name, value in zip(_FIELDS[type(row)], values, strict=True):
                setattr(row, name, value)
            if isinstance(row, ElementInstance | Subscription) and row.ended_at is None:
                self._index(row)
        for id in self._step_dirty:
            self._dirty.pop(id, None)
        for id in self._step_closed:
            self._closed.pop(id, None)
        self._erased.difference_update(self._step_erased)
        self._activated.difference_update(self._step_activated)
        self._moved_tasks -= self._step_moved_tasks
        for dated, before in reversed(self._step_removals):
            if before is None:
                self._removals.pop(dated, None)
            else:
                self._removals[dated] = before
        for row in reversed(self._born.values()):
            self._forget(row)
        self.begin()

    def made(self, kind: type[R]) -> list[R]:
        """The rows of a kind that are new in this transaction."""
        return [row for row in self._new.values() if isinstance(row, kind)]

    def changes(self) -> Changes:
        """What is to be written; a new row that was changed is only inserted, and one that is as it was not at all."""
        changes = Changes()
        for row in self._new.values():
            changes.inserted.setdefault(type(row), []).append(row)
        differing: dict[type[Row], list[tuple[bool, ...]]] = {}
        for row, as_it_was in self._dirty.values():
            kind = type(row)
            # By identity: what a field holds is replaced and never changed within, but for the value of a variable.
            differs = tuple(map(is_not, as_it_was, _SNAPSHOT[kind](row)))
            if kind is Variable or any(differs):
                changes.updated.setdefault(kind, []).append(row)
                differing.setdefault(kind, []).append(differs)
        for kind, rows in differing.items():
            fields = {name for name, *differ in zip(_FIELDS[kind], *rows, strict=True) if any(differ)}
            changes.fields[kind] = frozenset(fields | {"value"} if kind is Variable else fields)
        changes.closed_scopes = dict(self._closed)
        changes.activated = set(self._activated)
        changes.moved_tasks = set(self._moved_tasks)
        for doomed in self._erased:
            changes.erased.setdefault(doomed.row_type, set()).add(doomed.id)
        for dated, removal in self._removals.items():
            changes.removals.setdefault(removal, {}).setdefault(dated.row_type, set()).add(dated.id)
        return changes
