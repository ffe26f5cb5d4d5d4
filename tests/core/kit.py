"""Runs the core without a database, twice at once: with rows that stay in memory, and with rows loaded when asked for.

Every command of a `Run` is done in both worlds, and all rows are compared after it: what a step makes of rows that
were loaded one by one as it asked (`NotLoaded`) is what it makes of rows that were there all the time. A step that
fails must leave both as they were.
"""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, TypeVar

from bpmn.reader import read
from engine.core.commands import Command, Target, operations
from engine.core.commands.events import DeliverEvent
from engine.core.commands.instances import (
    ActivateAdHoc,
    DeleteInstance,
    SetInstanceSuspended,
    SignalExecution,
    StartInstance,
)
from engine.core.commands.jobs import ExecuteJob
from engine.core.commands.tasks import CompleteTask, EscalateTask, ThrowTaskError
from engine.core.commands.variables import SetVariables
from engine.core.commands.work import CompleteWork
from engine.core.definition import Identity, bind
from engine.core.graph import DecisionDefinition, Definition
from engine.core.lifecycle import ElementState, InstanceState
from engine.core.listeners import of_job
from engine.core.state import (
    ROW_TYPES,
    Batch,
    ElementInstance,
    IdentityLink,
    Incident,
    Job,
    Output,
    ProcessInstance,
    Row,
    Subscription,
    UserTask,
    Variable,
)
from engine.core.step import Activation, Limits, Step
from engine.core.unit_of_work import (
    Children,
    DecisionBy,
    DefinitionBy,
    DefinitionOf,
    Incidents,
    Instance,
    Jobs,
    JobsAt,
    JobsOf,
    Links,
    Need,
    NotLoaded,
    Outputs,
    Spine,
    SubscriptionBy,
    Subscriptions,
    SubscriptionsAt,
    SubscriptionsIn,
    Task,
    UnitOfWork,
    Variables,
    Whole,
)
from engine.decision import read_decisions
from engine.errors import NotFound

R = TypeVar("R", bound=Row)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
FIRST_ID = 1000

_VALUES = {kind: attrgetter(*(each.name for each in dataclasses.fields(kind))) for kind in ROW_TYPES}


def duplicate(row: R) -> R:
    """The row once more, as reading it from a database gives it."""
    made = copy.copy(row)
    if isinstance(made, Variable):
        made.value = copy.deepcopy(made.value)
    return made


def picture(rows: Iterable[Row]) -> dict[int, tuple[Any, ...]]:
    """All values of rows by id, to compare them."""
    return {row.id: (type(row).__name__, *_VALUES[type(row)](row)) for row in rows}


class Deployed:
    """The definitions a run knows."""

    def __init__(self) -> None:
        self.by_id: dict[int, Definition] = {}
        self.suspended: set[int] = set()
        self.decisions: list[DecisionDefinition] = []

    def add(self, definition: Definition) -> None:
        self.by_id[definition.id] = definition

    def meant(self, wanted: DefinitionBy) -> tuple[Definition, bool] | None:
        """The newest definition with all that is asked for."""
        for found in reversed(self.by_id.values()):
            if (
                wanted.definition_id in (None, found.id)
                and wanted.key in (None, found.key)
                and (wanted.definition_id is not None or wanted.tenant_id in (None, found.tenant_id))
                and wanted.deployment_id in (None, found.deployment_id)
                and wanted.version in (None, found.version)
                and wanted.version_tag in (None, found.version_tag)
            ):
                return found, found.id in self.suspended
        return None

    def decision(self, wanted: DecisionBy) -> DecisionDefinition | None:
        """The newest decision with all that is asked for."""
        for found in reversed(self.decisions):
            if (
                wanted.key == found.key
                and wanted.tenant_id == found.tenant_id
                and wanted.deployment_id in (None, found.deployment_id)
                and wanted.version in (None, found.version)
                and wanted.version_tag in (None, found.decision.version_tag)
            ):
                return found
        return None


class AtHand:
    """All definitions, at once."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed

    def get(self, definition_id: int) -> Definition | None:
        return self.deployed.by_id.get(definition_id)

    def find(self, wanted: DefinitionBy) -> tuple[Definition, bool] | None:
        return self.deployed.meant(wanted)

    def find_decision(self, wanted: DecisionBy) -> DecisionDefinition | None:
        return self.deployed.decision(wanted)


class WhenAsked:
    """Only the definitions that a step has asked for."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.asked: set[Need] = set()

    def get(self, definition_id: int) -> Definition | None:
        return self.deployed.by_id[definition_id] if DefinitionOf(definition_id) in self.asked else None

    def find(self, wanted: DefinitionBy) -> tuple[Definition, bool] | None:
        if wanted not in self.asked:
            raise NotLoaded(wanted)
        return self.deployed.meant(wanted)

    def find_decision(self, wanted: DecisionBy) -> DecisionDefinition | None:
        if wanted not in self.asked:
            raise NotLoaded(wanted)
        return self.deployed.decision(wanted)


class Kept:
    """The world in which one unit of work holds all rows for good."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.uow = UnitOfWork()
        self.ids = FIRST_ID

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    def do(self, command: Command[Any]) -> Any:
        self.uow.begin()
        self.step = self.run.step(self.uow, self.next_id, AtHand(self.run.deployed), command)
        try:
            return operations.run(self.step, command)
        except Exception:
            self.uow.undo()
            raise

    def rows(self) -> list[Row]:
        changes = self.uow.changes()
        assert not changes.updated, "all rows are new in a unit of work that is never written"
        found = [row for rows in changes.inserted.values() for row in rows]
        for row in found:
            if isinstance(row, Variable) and row.ended_at is None:
                row.ended_at = changes.closed_scopes.get(row.scope_id)
        return found


class Stored:
    """The world in which every command begins with no row but the one it is about, and loads what it asks for."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.tables: dict[type[Row], dict[int, Row]] = {kind: {} for kind in ROW_TYPES}
        self.ids = FIRST_ID
        self.asked: set[type[Need]] = set()
        """The kinds of need that were met."""

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    def rows(self) -> list[Row]:
        return [row for table in self.tables.values() for row in table.values()]

    def select(self, kind: type[R], column: str, wanted: Iterable[int | None]) -> list[R]:
        """The living rows with one of some values in a column."""
        values = set(wanted)
        return [
            duplicate(row)
            for row in self.tables[kind].values()
            if getattr(row, column) in values and row.ended_at is None
        ]

    def do(self, command: Command[Any]) -> Any:
        uow, definitions, first_id = UnitOfWork(), WhenAsked(self.run.deployed), self.ids
        targets = [*(() if command.target is None else (command.target,)), *command.others]
        self.load(uow, definitions, [need for target in targets for need in self.about(uow, target)])
        met: set[Need] = set()
        while True:
            self.ids = first_id
            uow.begin()
            self.step = self.run.step(uow, self.next_id, definitions, command)
            try:
                value = operations.run(self.step, command)
            except NotLoaded as missing:
                uow.undo()
                needs = set(missing.needs)
            except Exception:
                uow.undo()
                changes = uow.changes()
                assert not changes.inserted, "a step that failed left new rows"
                assert not changes.updated, "a step that failed left changed rows"
                assert not changes.closed_scopes, "a step that failed left closed scopes"
                raise
            else:
                break
            assert not met & needs, f"asked again for what was loaded: {needs}"
            met |= needs
            self.load(uow, definitions, needs)
        self.write(uow)
        return value

    def about(self, uow: UnitOfWork, target: Target) -> list[Need]:
        """Load the root of the tree a command is about; what else it is sure to need, as the executor does."""
        row = next((found for kind in target.kinds for found in self.select(kind, "id", [target.id])), None)
        if row is None:
            return []
        if isinstance(row, Batch):
            uow.load([row])
            return []
        uow.load(self.select(ProcessInstance, "id", [row.root_id]))
        match row:
            case UserTask(element_instance_id=None):
                return [Task(row.id)]
            case UserTask():
                return [Task(row.id), Spine(row.element_instance_id)]
            case Job(element_instance_id=None):
                uow.load([row])
                return []
            case Job():
                return [Spine(row.element_instance_id), Jobs(row.element_instance_id)]
            case Incident():
                return [Incidents(int(row.configuration or 0))]
            case Subscription(element_instance_id=None):
                return [SubscriptionBy(row.id)]
            case Subscription():
                return [Spine(row.element_instance_id), Subscriptions(row.element_instance_id)]
            case ProcessInstance():
                return [Instance(row.id)]
            case _:
                return [Spine(row.id)]

    def load(self, uow: UnitOfWork, definitions: WhenAsked, needs: Iterable[Need]) -> None:
        for need in needs:
            self.asked.add(type(need))
            match need:
                case Whole(root):
                    for kind in (ProcessInstance, ElementInstance, Variable, UserTask, Job, Incident, Subscription):
                        uow.load(self.select(kind, "root_id", [root]))
                    uow.loaded(whole=[root])
                case Spine(id):
                    while found := self.select(ElementInstance, "id", [id]):
                        uow.load(found)
                        self.scope(uow, id)
                        instance, id = found[0].process_instance_id, found[0].scope_id
                        uow.load(self.select(ProcessInstance, "id", [instance]))
                        self.scope(uow, instance)
                case Instance(id):
                    uow.load(self.select(ProcessInstance, "id", [id]))
                    self.scope(uow, id)
                case Children(scope):
                    uow.load(self.select(ElementInstance, "scope_id", [scope]))
                    uow.loaded(children=[scope])
                case Variables(scope):
                    self.scope(uow, scope)
                case Outputs(variable):
                    kept = self.tables[Output].values()
                    uow.load([duplicate(row) for row in kept if row.variable_id == variable])
                    uow.loaded(outputs=[variable])
                case Task(id):
                    uow.load(self.select(UserTask, "id", [id]))
                    self.scope(uow, id)
                case Links(id):
                    uow.load(self.select(IdentityLink, "user_task_id", [id]))
                    uow.loaded(links=[id])
                case Jobs(id):
                    uow.load(self.select(Job, "element_instance_id", [id]))
                    uow.loaded(jobs=[id])
                case JobsAt(id):
                    uow.load(self.select(Job, "process_instance_id", [id]))
                    uow.loaded(jobs=[id])
                case Subscriptions(id):
                    uow.load(self.select(Subscription, "scope_id", [id]))
                    uow.loaded(subscriptions=[id])
                case SubscriptionsAt(id):
                    uow.load(self.select(Subscription, "process_instance_id", [id]))
                    uow.loaded(subscribed_instances=[id])
                case SubscriptionsIn(root):
                    uow.load(self.select(Subscription, "root_id", [root]))
                    uow.loaded(subscribed_trees=[root])
                case SubscriptionBy(id):
                    uow.load(self.select(Subscription, "id", [id]))
                case JobsOf(source):
                    uow.load(self.select(Job, "job_definition_id", [source]))
                    uow.loaded(sources=[source])
                case Incidents(job):
                    uow.load(self.select(Incident, "configuration", [str(job)]))
                    uow.loaded(incidents=[job])
                case DefinitionOf() | DefinitionBy() | DecisionBy():
                    definitions.asked.add(need)
                    answer = self.run.deployed.meant(need) if isinstance(need, DefinitionBy) else None
                    if answer is not None:
                        definitions.asked.add(DefinitionOf(answer[0].id))

    def scope(self, uow: UnitOfWork, id: int) -> None:
        uow.load(self.select(Variable, "scope_id", [id]))
        uow.loaded(variables=[id])

    def write(self, uow: UnitOfWork) -> None:
        changes = uow.changes()
        for rows in (*changes.inserted.values(), *changes.updated.values()):
            for row in rows:
                self.tables[type(row)][row.id] = duplicate(row)
        for row in self.tables[Variable].values():
            if row.ended_at is None and row.scope_id in changes.closed_scopes:
                row.ended_at = changes.closed_scopes[row.scope_id]


class Run:
    """Deployed files and what runs of them. Ids of rows count up from 1001."""

    def __init__(
        self, *files: bytes, limits: Limits | None = None, record_updates: bool = True, tenant_id: str = ""
    ) -> None:
        self.now = NOON
        self.limits = limits or Limits()
        self.record_updates = record_updates
        self.deployed = Deployed()
        self.deployments = 0
        self.kept, self.stored = Kept(self), Stored(self)
        if files:
            self.deploy(*files, tenant_id=tenant_id)

    # ------------------------------------------------------------ doing

    def deploy(self, *files: bytes, tenant_id: str = "") -> list[Definition]:
        """Bind the processes of some files, as one deployment."""
        self.deployments += 1
        made = []
        for file in files:
            definitions, problems = read(file, "model.bpmn")
            assert definitions is not None
            for process in definitions.processes:
                known = [d for d in self.deployed.by_id.values() if (d.key, d.tenant_id) == (process.id, tenant_id)]
                identity = Identity(
                    len(self.deployed.by_id) + 1,
                    process.id,
                    len(known) + 1,
                    process.version_tag,
                    self.deployments,
                    tenant_id,
                )
                definition, refused = bind(process, identity, "model.bpmn", definitions.errors)
                assert [str(each) for each in (*problems, *refused) if each.is_error] == []
                self.deployed.add(definition)
                made.append(definition)
        return made

    def decide_by(self, file: bytes, *, tenant_id: str = "", deployment_id: int = 0) -> None:
        """Deploy the decisions of a file, for business rule tasks."""
        requirements = read_decisions(file, "decisions.dmn")
        first = len(self.deployed.decisions) + 1
        ids = {key: first + index for index, key in enumerate(requirements.decisions)}
        for key, decision in requirements.decisions.items():
            known = [each for each in self.deployed.decisions if (each.key, each.tenant_id) == (key, tenant_id)]
            self.deployed.decisions.append(
                DecisionDefinition(
                    id=ids[key],
                    key=key,
                    version=len(known) + 1,
                    deployment_id=deployment_id or self.deployments,
                    tenant_id=tenant_id,
                    decision=decision,
                    ids=ids,
                )
            )

    def step(self, uow: UnitOfWork, next_id: Any, definitions: Any, command: Command[Any]) -> Step:
        """A step of one of the worlds."""
        return Step(
            uow=uow,
            next_id=next_id,
            now=self.now,
            definitions=definitions,
            user=command.user,
            groups=command.groups,
            limits=self.limits,
            record_updates=self.record_updates,
        )

    def do(self, command: Command[Any]) -> Any:
        """Do a command in both worlds and compare these. Raises what the command raises."""
        target = command.target
        if target is not None and not any(
            row.id == target.id and row.ended_at is None for kind in target.kinds for row in self.rows(kind)
        ):
            raise NotFound(target.kind_name, target.id)
        values, errors = [], []
        for world in (self.kept, self.stored):
            try:
                values.append(world.do(command))
            except AssertionError:
                raise
            except Exception as problem:
                errors.append(problem)
        assert picture(self.kept.rows()) == picture(self.stored.rows())
        self.check()
        assert len(values) != 1, f"one world did it, the other failed: {errors}"
        if errors:
            first, second = errors
            assert (type(first), str(first)) == (type(second), str(second))
            raise first
        assert values[0] == values[1]
        return values[0]

    def check(self) -> None:
        """What holds of the rows after every command."""
        living = {row.id: row for row in self.kept.rows() if getattr(row, "ended_at", self) is None}
        elements = [row for row in living.values() if isinstance(row, ElementInstance)]
        inside = Counter(row.scope_id for row in elements)
        listening = {
            row.element_instance_id for row in living.values() if isinstance(row, Job) and of_job(row) is not None
        }
        in_tree = Counter(row.root_id for row in elements)
        compensable = self.compensable(living)
        for row in living.values():
            match row:
                case ProcessInstance():
                    assert row.tokens == inside[row.id] > 0, f"instance {row.id} counts {row.tokens} tokens"
                    assert row.id != row.root_id or row.live == in_tree[row.id]
                    assert row.caller_id is None or row.caller_id in living
                case ElementInstance():
                    assert row.scope_id in living, f"{row.element_id} outlives its scope"
                    assert row.tokens == inside[row.id], f"{row.element_id} counts {row.tokens} tokens"
                    resting = ("active", "ready", *(("activating", "completing") if row.id in listening else ()))
                    assert row.state in resting, f"{row.element_id} is {row.state}"
                    assert (row.state == "ready") == (row.transition is not None) == (row.started_at is None)
                case UserTask() if row.element_instance_id is not None:
                    assert row.element_instance_id in living, f"the task of {row.element_id} outlives it"
                case Variable():
                    assert row.scope_id in living or row.scope_id in compensable, (
                        f"variable {row.name} outlives its scope"
                    )
                case Job() if row.element_instance_id is not None:
                    assert row.element_instance_id in living, f"the job at {row.element_id} outlives its token"
                case Subscription() if row.scope_id is not None:
                    assert row.scope_id in living or (row.kind == "compensate" and row.scope_id in compensable), (
                        f"the subscription of {row.element_id} outlives what waits"
                    )
                case Incident():
                    assert int(row.configuration) in living, f"the incident at {row.element_id} outlives its job"
        for row in self.rows(ProcessInstance):
            assert row.ended_at is None or row.live == 0

    def compensable(self, living: Mapping[int, Row]) -> set[int]:
        """The ended scopes that can still be compensated, or are being compensated: all of them have completed."""
        found = {
            int(row.configuration)
            for row in living.values()
            if isinstance(row, Subscription) and row.kind == "compensate" and row.configuration
        }
        found |= {
            row.compensates_id for row in living.values() if isinstance(row, ElementInstance) and row.compensates_id
        }
        states = {row.id: row.state for row in self.kept.rows() if row.id in found}
        assert set(states.values()) <= {ElementState.COMPLETED}, "what has not completed can be compensated"
        assert states.keys() == found, "something can be compensated that was never there"
        return found

    def pass_time(self, **span: int) -> None:
        """Move the clock."""
        self.now += timedelta(**span)

    def start(self, key: str = "p", /, *, user: str | None = None, **variables: object) -> int:
        """Start a process; gives the id of the instance."""
        return self.do(StartInstance(key=key, variables=variables, user=user)).id

    def complete(self, element: str, /, index: int = 0, **variables: object) -> Any:
        """Complete a task by the id of its element: the oldest open one, or the next ones."""
        return self.do(CompleteTask(id=self.tasks(element)[index].id, variables=variables))

    def throw_error(self, element: str, code: str, message: str | None = None, **variables: object) -> None:
        """Report a BPMN error at a task."""
        self.do(ThrowTaskError(id=self.task(element).id, code=code, message=message, variables=variables))

    def escalate(self, element: str, code: str, **variables: object) -> None:
        """Report an escalation at a task."""
        self.do(EscalateTask(id=self.task(element).id, code=code, variables=variables))

    def resume(self, element: str, index: int = 0) -> None:
        """Execute the job of a token that waits before or after an element."""
        self.do(ExecuteJob(id=self.jobs(element)[index].id))

    def work(self, element: str, index: int = 0, **variables: object) -> None:
        """Do the work of a handler at an element: the oldest one, or the next ones."""
        job = [each for each in self.jobs(element) if each.kind == "work"][index]
        self.do(CompleteWork(id=job.id, worker=job.lock_owner, variables=variables))

    def signal(self, element: str, **variables: object) -> None:
        """Go on with an execution that waits."""
        self.do(SignalExecution(id=self.living(element)[0].execution_id, variables=variables))

    def deliver(
        self,
        element: str,
        index: int = 0,
        *,
        local: Mapping[str, object] | None = None,
        inside: Mapping[str, object] | None = None,
        **values: Any,
    ) -> int:
        """Bring what an event (or a receive task) waits for: to the oldest subscription, or the next ones."""
        command = DeliverEvent(
            subscription_id=self.subscriptions(element)[index].id,
            variables=values,
            local_variables=local or {},
            scope_variables=inside or {},
        )
        return self.do(command).process_instance_id

    def activate(self, *elements: str, ad_hoc: str = "h", cancel: bool = False, **variables: object) -> None:
        """Activate elements in an ad-hoc sub-process."""
        activations = [Activation(each, variables) for each in elements]
        self.do(ActivateAdHoc(id=self.living(ad_hoc)[0].id, activations=activations, cancel_remaining=cancel))

    def delete(self, id: int, reason: str | None = None, *, skip_io_mappings: bool = False) -> None:
        """Delete a process instance."""
        self.do(DeleteInstance(id=id, reason=reason, skip_io_mappings=skip_io_mappings))

    def suspend(self, id: int, *, activate: bool = False) -> None:
        """Suspend a process instance, or activate it."""
        self.do(SetInstanceSuspended(id=id, suspended=not activate))

    def set(self, scope_id: int, *deletions: str, local: bool = False, **changes: object) -> None:
        """Set and remove variables."""
        self.do(SetVariables(scope_id=scope_id, changes=changes, deletions=deletions, local=local))

    # ------------------------------------------------------------ seeing

    def rows(self, kind: type[R]) -> list[R]:
        """All rows of a kind, in the order of their ids."""
        self.kept.rows()
        return sorted((row for row in self.kept.uow._new.values() if isinstance(row, kind)), key=attrgetter("id"))

    def elements(self, element: str) -> list[ElementInstance]:
        """All element instances of an element."""
        return [row for row in self.rows(ElementInstance) if row.element_id == element]

    def living(self, element: str) -> list[ElementInstance]:
        """The living element instances of an element."""
        return [row for row in self.elements(element) if row.ended_at is None]

    def tasks(self, element: str) -> list[UserTask]:
        """The open tasks of an element."""
        return [row for row in self.rows(UserTask) if row.element_id == element and row.ended_at is None]

    def task(self, element: str) -> UserTask:
        """The only open task of an element."""
        (found,) = self.tasks(element)
        return found

    def jobs(self, element: str) -> list[Job]:
        """The living jobs of an element."""
        return [row for row in self.rows(Job) if row.element_id == element and row.ended_at is None]

    def subscriptions(self, element: str) -> list[Subscription]:
        """The open subscriptions of an event's element."""
        return [row for row in self.rows(Subscription) if row.element_id == element and row.ended_at is None]

    def incidents(self) -> list[Incident]:
        """The open incidents."""
        return [row for row in self.rows(Incident) if row.ended_at is None]

    def instance(self, id: int) -> ProcessInstance:
        """A process instance."""
        return next(row for row in self.rows(ProcessInstance) if row.id == id)

    def called(self, by: int) -> ProcessInstance:
        """The process instance that another one made last."""
        return [row for row in self.rows(ProcessInstance) if row.parent_id == by][-1]

    def state(self, id: int) -> InstanceState:
        """The state of a process instance."""
        return self.instance(id).state

    def trace(self, *elements: str) -> list[tuple[str, str]]:
        """(element, state) of all element instances in the order of arrival, or of those of some elements."""
        return [
            (row.element_id, str(row.state))
            for row in self.rows(ElementInstance)
            if not elements or row.element_id in elements
        ]

    def waits(self) -> list[str]:
        """The elements where living tokens are, scopes too, sorted."""
        return sorted(row.element_id for row in self.rows(ElementInstance) if row.ended_at is None)

    def count(self, element: str) -> int:
        """How often an element was completed."""
        return self.trace(element).count((element, "completed"))

    def variables(self, scope_id: int, *, ended: bool = False) -> dict[str, object]:
        """The variables of a scope: its living ones, or those it had when it ended."""
        return {
            row.name: row.value
            for row in self.rows(Variable)
            if row.scope_id == scope_id and (row.ended_at is not None) == ended and not row.deleted
        }

    def log(self, id: int) -> list[str]:
        """The words that listeners wrote into the variable `log` of an instance."""
        return (self.variables(id) or self.variables(id, ended=True))["log"]


def refusals(file: bytes) -> list[str]:
    """Why a model cannot be executed: the rules that are broken."""
    definitions, problems = read(file, "model.bpmn")
    assert definitions is not None
    (process,) = definitions.processes
    _, refused = bind(process, Identity(1, process.id, 1, None, 1, ""), "model.bpmn", definitions.errors)
    assert not [problem for problem in problems if problem.is_error]
    return [str(problem) for problem in refused if problem.is_error]


def warnings(file: bytes) -> list[str]:
    """What a model is warned of when it is bound."""
    definitions, _ = read(file, "model.bpmn")
    assert definitions is not None
    (process,) = definitions.processes
    _, told = bind(process, Identity(1, process.id, 1, None, 1, ""), "model.bpmn", definitions.errors)
    return [str(problem) for problem in told if not problem.is_error]
