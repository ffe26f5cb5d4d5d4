"""Process instances: how they and their sub-processes begin, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core import data, listeners, variables
from engine.core.graph import Definition, Node
from engine.core.lifecycle import INSTANCE, InstanceState, fire
from engine.core.state import ElementInstance, ProcessInstance, Scope
from engine.core.step import Begun, Change, Step
from engine.core.unit_of_work import DefinitionBy
from engine.errors import ExecutionFailed, NotFound, Suspended


@dataclass(frozen=True, slots=True)
class StartedInstance:
    """A process instance as it was when its first step ended; `variables` are its own, if they were asked for."""

    id: int
    definition_id: int
    definition_reference: str
    definition_key: str
    business_key: str | None
    tenant_id: str
    ended: bool
    suspended: bool
    variables: Mapping[str, object]


def startable(step: Step, definition_id: int) -> Definition:
    """The definition, of which instances may be started. Raises NotFound, Suspended."""
    found = step.definitions.find(DefinitionBy(definition_id=definition_id))
    if found is None:
        raise NotFound("process definition", definition_id)
    definition, suspended = found
    if suspended:
        raise Suspended("process definition", definition.reference)
    return definition


def make(
    step: Step, definition: Definition, *, start: Node | None, business_key: str | None = None, user: str | None = None
) -> ProcessInstance:
    """A new process instance that nobody called, not yet begun; `start` is where its first token arrives."""
    id = step.next_id()
    return ProcessInstance(
        id=id,
        root_id=id,
        definition_id=definition.id,
        tenant_id=definition.tenant_id,
        business_key=business_key,
        start_element_id=None if start is None else start.id,
        start_user=user,
        started_at=step.now,
    )


def begin(
    step: Step, definition: Definition, instance: ProcessInstance, start: Node | None, given: Mapping[str, object]
) -> None:
    """Take a new process instance, give it its variables, and plan the arrival of a token at `start`, if given.

    Where `start` is behind a parallel event-based gateway the instance waits for the other events behind that too.
    """
    fire(INSTANCE, instance, InstanceState.ACTIVE, born=True)
    step.uow.add(instance)
    for name, value in given.items():
        variables.set_local(step, instance, name, value)
    data.declare(step, instance, definition.data)
    for event in definition.event_starts:
        event.behavior.subscribe(step, instance)
    if definition.watching:
        step.unasked.append(Change(instance))
    listeners.notify(step, definition.listeners, "start", instance)
    if start is not None:
        step.plan(
            step.arrive(definition, start, instance, occurrence=Begun() if start.begins else None),
            *[step.arrive(definition, each, instance) for each in start.begins_with],
        )


def elements(step: Step, where: ProcessInstance) -> list[ElementInstance]:
    """All living element instances of a process instance, outer ones first."""
    found: list[ElementInstance] = []
    front: list[Scope] = [where]
    while front:
        children = [child for scope in front for child in step.uow.children(scope)]
        found.extend(children)
        front = list(children)
    return found


def begin_inside(step: Step, element: ElementInstance) -> None:
    """Plan the arrival of a token at the none start event of a sub-process. Raises ExecutionFailed without one."""
    definition = step.definition(element)
    start = definition.none_start(element.element_id)
    if start is None:
        raise ExecutionFailed("The sub-process has no none start event", element.element_id)
    step.plan(step.arrive(definition, start, element))


def describe(
    step: Step, definition: Definition, instance: ProcessInstance, *, with_variables: bool = False
) -> StartedInstance:
    """What to tell of an instance that this step has begun."""
    return StartedInstance(
        id=instance.id,
        definition_id=definition.id,
        definition_reference=definition.reference,
        definition_key=definition.key,
        business_key=instance.business_key,
        tenant_id=instance.tenant_id,
        ended=instance.ended_at is not None,
        suspended=instance.state is InstanceState.SUSPENDED,
        variables=step.uow.last_values(instance.id) if with_variables else {},
    )
