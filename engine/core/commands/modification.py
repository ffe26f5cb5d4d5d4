"""Modification: tokens of a process instance are taken away and put elsewhere (Camunda manual, "Process Instance
Modification")."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from engine.core import driver, instances, variables
from engine.core.commands import Command, Target, ensure_active, instance
from engine.core.graph import BoundFlow, Definition, Node
from engine.core.lifecycle import InstanceState
from engine.core.state import ElementInstance, ProcessInstance, Scope
from engine.core.step import Complete, Step, Terminate, TerminateInstance
from engine.errors import Conflict, InvalidInstruction

Variables = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartInstruction(ABC):
    """Put a token somewhere.

    Scopes around it that are not there are entered, each without what it would start by itself. Where there are
    several, `ancestor_id` says in which (an element instance, or the process instance). `variables` are set as seen
    from there, `local` ones in what is started.
    """

    ancestor_id: int | None = None
    variables: Variables = field(default_factory=dict)
    local: Variables = field(default_factory=dict)

    @abstractmethod
    def apply(self, step: Step, definition: Definition, where: ProcessInstance) -> None:
        """Do it. Raises InvalidInstruction."""

    @abstractmethod
    def arrives_at(self, definition: Definition) -> str | None:
        """The id of the element at which the token arrives; None for an instruction that cannot be done."""

    def scope_of(self, step: Step, definition: Definition, where: ProcessInstance, inside: str | None) -> Scope:
        """The scope to start in: the innermost that is there, those missing entered, with its variables set."""
        path: list[Node] = []
        element_id = inside
        while element_id is not None:
            path.append(definition.nodes[element_id])
            element_id = path[-1].scope
        scope = self._innermost(step, where, path)
        for node in reversed(path):
            if isinstance(scope, ProcessInstance) or node.id != scope.element_id:
                scope = driver.open_scope(step, step.arrive(definition, node, scope))
        variables.set_values(step, scope, self.variables)
        return scope

    def _innermost(self, step: Step, where: ProcessInstance, path: list[Node]) -> Scope:
        """Of the scopes around, the innermost that is there; takes what is there off the path."""
        for depth, node in enumerate(path):
            found = [
                each
                for each in instances.elements(step, where)
                if each.element_id == node.id and each.compensates_id is None and step.is_open(each)
            ]
            if node.behavior.is_made_anew:
                found = [each for each in found if each.id == self.ancestor_id]
            elif self.ancestor_id is not None:
                found = [each for each in found if _is_in(step, each, self.ancestor_id)]
            if len(found) > 1:
                raise InvalidInstruction(
                    f"There are {len(found)} instances of '{node.id}' to start in; "
                    "say which with ancestorActivityInstanceId"
                )
            if found:
                del path[depth:]
                return found[0]
        if self.ancestor_id not in (None, where.id):
            raise InvalidInstruction(f"{self.ancestor_id} is no instance of a scope around what is to be started")
        return where


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBefore(StartInstruction):
    """Let a token arrive at an element, as if it had come over a flow."""

    element_id: str

    def arrives_at(self, definition: Definition) -> str | None:
        return self.element_id if self.element_id in definition.nodes else None

    def apply(self, step: Step, definition: Definition, where: ProcessInstance) -> None:
        node = _node(definition, self.element_id)
        scope = self.scope_of(step, definition, where, node.scope)
        counter = step.node(scope).behavior.joined(step, scope) if isinstance(scope, ElementInstance) else None
        step.plan(step.arrive(definition, node, scope, loop_counter=counter, local=self.local or None))


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAfter(StartInstruction):
    """Let a token leave an element over its one flow."""

    element_id: str

    def arrives_at(self, definition: Definition) -> str | None:
        node = definition.nodes.get(self.element_id)
        return None if node is None or not node.outgoing else node.outgoing[0].target

    def apply(self, step: Step, definition: Definition, where: ProcessInstance) -> None:
        node = _node(definition, self.element_id)
        if len(node.outgoing) > 1:
            raise InvalidInstruction(
                f"'{node.id}' has {len(node.outgoing)} outgoing sequence flows; say which one with startTransition"
            )
        if not node.outgoing:
            raise InvalidInstruction(f"'{node.id}' has no outgoing sequence flow: nothing can start after it")
        _take(self, step, definition, where, node, node.outgoing[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTransition(StartInstruction):
    """Let a token take a sequence flow."""

    flow_id: str

    def arrives_at(self, definition: Definition) -> str | None:
        flow = definition.process.flows.get(self.flow_id)
        return None if flow is None else flow.target

    def apply(self, step: Step, definition: Definition, where: ProcessInstance) -> None:
        for node in definition.nodes.values():
            for flow in node.outgoing:
                if flow.id == self.flow_id:
                    _take(self, step, definition, where, node, flow)
                    return
        raise InvalidInstruction(f"Process '{definition.key}' has no sequence flow '{self.flow_id}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Take tokens away: all at an element, or one by the id of its element instance (a transition instance's too).

    `only_former`: none that an instruction before this one has put there.
    """

    element_id: str | None = None
    element_instance_id: int | None = None
    only_former: bool = False

    def apply(self, step: Step, definition: Definition, where: ProcessInstance, former: Collection[int]) -> None:
        """Do it; `former` are the element instances that were there before. Raises InvalidInstruction when there is
        nothing to cancel by that id."""
        if self.element_id is not None:
            _node(definition, self.element_id)
        found = [
            each
            for each in instances.elements(step, where)
            if each.element_id == self.element_id or each.id == self.element_instance_id
        ]
        if not found and self.element_instance_id is not None:
            raise InvalidInstruction(f"There is no activity instance {self.element_instance_id} to cancel")
        for each in found:
            if each.ended_at is None and (each.id in former or not self.only_former):
                step.plan(Terminate(_topmost(step, each), tell=True))
                driver.run(step)


Start = StartBefore | StartAfter | StartTransition
Instruction = Start | Cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyInstance(Command[None]):
    """Do instructions one after the other. An instance that holds no token then has ended."""

    id: int
    instructions: Sequence[Instruction]
    definition_id: int | None = None
    """Raises Conflict for an instance of another definition, if it is given."""
    skip_listeners: bool = False
    skip_io_mappings: bool = False
    reason: str | None = None

    @property
    def target(self) -> Target:
        return instance(self.id)

    def run(self, step: Step) -> None:
        where = step.uow.instance(self.id)
        if self.definition_id not in (None, where.definition_id):
            raise Conflict(
                f"Process instance {where.id} cannot be modified: it is of process definition {where.definition_id}, "
                f"and not of {self.definition_id}"
            )
        ensure_active(step, where.id)
        step.skip_listeners, step.skip_io_mappings = self.skip_listeners, self.skip_io_mappings
        step.cancel_reason = self.reason
        step.uow.require_whole(where.root_id)
        apply(step, where, self.instructions)


def apply(step: Step, where: ProcessInstance, instructions: Sequence[Instruction]) -> None:
    """Do instructions on a process instance, to quiescence after each; if it holds no token in the end, it ends."""
    definition = step.definition(where)
    # Meanwhile the instance counts a token more: it must not end between an instruction that cancels and the next.
    step.uow.touch(where)
    where.tokens += 1
    started = False
    former = [each.id for each in instances.elements(step, where)] if Cancel in map(type, instructions) else []
    for each in instructions:
        if isinstance(each, Cancel):
            each.apply(step, definition, where, former)
        else:
            each.apply(step, definition, where)
            started = True
        driver.run(step)
    step.uow.touch(where)
    where.tokens -= 1
    if where.ended_at is None and where.tokens == 0:
        if started:
            step.plan(Complete(where))
        else:
            step.plan(TerminateInstance(where, InstanceState.EXTERNALLY_TERMINATED, step.cancel_reason))
        driver.run(step)


def first_element(definition: Definition, instructions: Sequence[Instruction]) -> str | None:
    """The id of the element at which an instance begins that is started by these instructions."""
    starts = [each for each in instructions if not isinstance(each, Cancel)]
    return starts[0].arrives_at(definition) if starts else None


def _take(
    instruction: StartInstruction,
    step: Step,
    definition: Definition,
    where: ProcessInstance,
    node: Node,
    flow: BoundFlow,
) -> None:
    scope = instruction.scope_of(step, definition, where, node.scope)
    step.send(definition, scope, [flow])


def _node(definition: Definition, element_id: str) -> Node:
    node = definition.nodes.get(element_id)
    if node is None:
        raise InvalidInstruction(f"Element '{element_id}' does not exist in process '{definition.key}'")
    return node


def _topmost(step: Step, element: ElementInstance) -> ElementInstance:
    """The outermost scope that holds nothing but this element instance: it is cancelled with it, and does not go on."""
    scope = step.parent(element)
    while isinstance(scope, ElementInstance) and scope.tokens == 1 and not step.node(scope).behavior.rests_empty:
        element, scope = scope, step.parent(scope)
    return element


def _is_in(step: Step, element: ElementInstance, ancestor_id: int) -> bool:
    scope: Scope = element
    while isinstance(scope, ElementInstance):
        if scope.id == ancestor_id:
            return True
        scope = step.parent(scope)
    return scope.id == ancestor_id
