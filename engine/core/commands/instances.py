"""Commands on process instances: start, delete, suspend and activate; and to go on with a waiting execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.core import driver, instances, variables
from engine.core.commands import Command, Target, ensure_active, execution, instance, modification
from engine.core.commands.modification import Instruction
from engine.core.instances import StartedInstance
from engine.core.lifecycle import INSTANCE, ElementState, InstanceState, fire
from engine.core.state import ElementInstance, ProcessInstance
from engine.core.step import Activate, Activation, Signalled, Step, Terminate, TerminateInstance
from engine.core.unit_of_work import DefinitionBy, History, Need
from engine.errors import BadRequest, Conflict, NotFound, Suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class StartInstance(Command[StartedInstance]):
    """Start a process by definition id, or by key: the latest version then."""

    definition_id: int | None = None
    key: str | None = None
    tenant_id: str | None = None
    """With a key: the tenant; None takes the one that is unambiguous."""
    business_key: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)
    return_variables: bool = False
    instructions: tuple[Instruction, ...] = ()
    """Where to start instead of at the start event."""

    @property
    def _definition(self) -> DefinitionBy:
        return DefinitionBy(definition_id=self.definition_id, key=self.key, tenant_id=self.tenant_id)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (self._definition,)

    def run(self, step: Step) -> StartedInstance:
        found = step.definitions.find(self._definition)
        if found is None:
            if self.definition_id is not None:
                raise NotFound("process definition", self.definition_id)
            of_tenant = f" and tenant-id '{self.tenant_id}'" if self.tenant_id else ""
            raise NotFound(
                "process definition",
                self.key,
                f"No matching process definition with key: {self.key}{of_tenant} is deployed",
            )
        definition, suspended = found
        if suspended:
            raise Suspended("process definition", definition.reference)
        start = None if self.instructions else definition.none_start(None)
        if start is None and not self.instructions:
            raise BadRequest(f"Process '{definition.key}' has no none start event: it cannot be started from outside")
        made = instances.make(step, definition, start=start, business_key=self.business_key, user=step.user)
        if self.instructions:
            made.start_element_id = modification.first_element(definition, self.instructions)
        instances.begin(step, definition, made, start, self.variables)
        if self.instructions:
            modification.apply(step, made, self.instructions)
        driver.run(step)
        return instances.describe(step, definition, made, with_variables=self.return_variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteInstance(Command[None]):
    """Cancel a process instance with all it called; and its caller, as far as that waits for nothing else."""

    id: int
    reason: str | None = None
    skip_listeners: bool = False
    skip_io_mappings: bool = False

    @property
    def target(self) -> Target:
        return instance(self.id)

    def run(self, step: Step) -> None:
        step.skip_listeners, step.skip_io_mappings = self.skip_listeners, self.skip_io_mappings
        step.cancel_reason = self.reason
        step.cancel_state = InstanceState.EXTERNALLY_TERMINATED
        what = _outermost(step, step.uow.instance(self.id))
        if isinstance(what, ProcessInstance):
            step.plan(TerminateInstance(what, InstanceState.EXTERNALLY_TERMINATED, self.reason))
        else:
            step.plan(Terminate(what, tell=True))
        driver.run(step)


def _outermost(step: Step, doomed: ProcessInstance) -> ProcessInstance | ElementInstance:
    """The outermost thing that holds nothing but `doomed`."""
    while doomed.caller_id is not None:
        element = step.uow.element(doomed.caller_id)
        scope = step.parent(element)
        while isinstance(scope, ElementInstance) and scope.tokens == 1 and not step.node(scope).behavior.rests_empty:
            element, scope = scope, step.parent(scope)
        if scope.tokens > 1 or isinstance(scope, ElementInstance):
            return element
        doomed = scope
    return doomed


@dataclass(frozen=True, slots=True, kw_only=True)
class SetInstanceSuspended(Command[None]):
    """Suspend a process instance, or activate it again; nothing happens if it is so already."""

    id: int
    suspended: bool

    @property
    def target(self) -> Target:
        return instance(self.id)

    def run(self, step: Step) -> None:
        found = step.uow.instance(self.id)
        wanted = InstanceState.SUSPENDED if self.suspended else InstanceState.ACTIVE
        if found.state is not wanted:
            step.uow.touch(found)
            fire(INSTANCE, found, wanted)
            if not self.suspended:
                step.uow.activate(found.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteHistory(Command[None]):
    """Delete a process instance that has ended, with all that it called, for good."""

    id: int
    lenient: bool = False
    """One that is not there (any more) is as good as deleted."""

    @property
    def needs(self) -> tuple[Need, ...]:
        return (History(ProcessInstance, self.id),)

    def run(self, step: Step) -> None:
        found = step.uow.history(ProcessInstance, self.id)
        if found is None:
            if self.lenient:
                return
            raise NotFound(
                "historic process instance", self.id, f"No historic process instance found with id: {self.id}"
            )
        if found.ended_at is None:
            raise Conflict(f"Process instance {self.id} is still running: its history cannot be deleted")
        step.uow.erase(ProcessInstance, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateAdHoc(Command[None]):
    """Activate elements in an ad-hoc sub-process (Camunda 8 manual, "Activate activities within an ad-hoc
    sub-process"); with `cancel_remaining` after cancelling what still runs in it. Or, with `fulfilled`, let it end as
    if its completion condition held.

    Raises InvalidInstruction for what cannot be activated, Conflict where nothing can be activated (any more).
    """

    id: int
    """The element instance of the ad-hoc sub-process."""
    activations: Sequence[Activation] = ()
    cancel_remaining: bool = False
    fulfilled: bool = False

    @property
    def target(self) -> Target:
        return Target(self.id, (ElementInstance,), "ad-hoc sub-process")

    def run(self, step: Step) -> None:
        element = step.uow.element(self.id)
        ensure_active(step, element.process_instance_id)
        if element.state is not ElementState.ACTIVE:
            raise Conflict(f"'{element.element_id}' is {element.state}, and not active: nothing can be activated in it")
        told = Activate(self.activations, self.cancel_remaining, self.fulfilled)
        step.node(element).behavior.trigger(step, element, told)
        driver.run(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalExecution(Command[None]):
    """Go on with an element instance that waits for nothing in particular (a receive task without a message)."""

    id: int
    """An execution's id: of the element instance, or of the scope in which it is alone."""
    variables: Mapping[str, object] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        return execution(self.id)

    def run(self, step: Step) -> None:
        scope = step.uow.scope(self.id)
        waiting = [child for child in step.uow.children(scope) if child.execution_id == self.id]
        if not waiting and isinstance(scope, ElementInstance):
            waiting = [scope]
        if len(waiting) != 1:
            raise Conflict(f"Execution {self.id} is not in one waiting activity: there is nothing to signal")
        ensure_active(step, waiting[0].process_instance_id)
        variables.set_values(step, waiting[0], self.variables)
        step.node(waiting[0]).behavior.trigger(step, waiting[0], Signalled())
        driver.run(step)
