"""Binds a process of the model to what runs it: compiled expressions, and a behavior at every node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bpmn.model import ACTIVITIES, LOOP_BODIES, DataObject, Element, Error, Flow, Kind, Process
from bpmn.problems import Problem
from engine.core import data, jobs
from engine.core.activity_types import activity_type
from engine.core.binder import Binder
from engine.core.elements import behavior_of
from engine.core.events import compensation
from engine.core.graph import BoundFlow, BoundListener, Definition, Node
from engine.core.step import Step
from engine.expression import CompiledScript

_REPEATABLE = ACTIVITIES | LOOP_BODIES
"""Activities, as what is around them sees them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a definition is called once it is deployed."""

    id: int
    key: str
    version: int
    version_tag: str | None
    deployment_id: int
    tenant_id: str


def bind(
    process: Process,
    identity: Identity,
    resource: str,
    errors: Mapping[str, Error] | None = None,
    check: Callable[[CompiledScript], None] | None = None,
    files: Callable[[str], bytes | None] = lambda _: None,
) -> tuple[Definition, list[Problem]]:
    """The definition, and all that keeps it from being executed: with an error among these it must not be run.

    `errors` are those of the file, by id. `check` judges scripts; it raises ExpressionSyntaxError, ScriptsUnavailable.
    `files` gives what was deployed with the model, by name: scripts may be there.
    """
    binder = Binder(process, resource, errors or {}, check, files)
    listeners = binder.listeners(process.listeners)
    declared: dict[str | None, list[DataObject]] = {}
    for each in process.data_objects:
        declared.setdefault(each.scope, []).append(each)
    of_process = data.bind(declared.get(None, ()), binder)
    nodes: dict[str, Node] = {}
    for element in process.elements.values():
        node = _node(element, process, binder, declared.get(element.id, ()))
        if node is not None:
            nodes[element.id] = node
    for node in nodes.values():
        node.boundary = tuple(nodes[id] for id in node.element.boundary_events if id in nodes)
        node.event_starts = _event_starts(nodes, node.element.event_sub_processes)
    _hand_over_at_start(nodes.values(), listeners)
    compensation.bind(nodes)
    for node in nodes.values():
        around = nodes.get(node.scope or "")
        node.is_watched = around is not None and around.behavior.watches_activities and node.kind in _REPEATABLE
        node.hands_over = node.behavior.hands_over or any(each.topic is not None for each in node.listeners)
        # What is waited for on behalf of a boundary event or a start event belongs to what is around that.
        own = () if node.kind in (Kind.BOUNDARY_EVENT, Kind.START_EVENT) else (node,)
        if node.kind is Kind.EVENT_BASED_GATEWAY:
            node.events_behind = tuple(nodes[flow.target] for flow in node.outgoing if flow.target in nodes)
            for event in node.events_behind if node.element.instantiate else ():
                event.begins = True
                if node.element.gateway_event_parallel:
                    event.begins_with = tuple(each for each in node.events_behind if each is not event)
        elif node.element.instantiate:
            node.begins = True
        waiting = (*own, *node.boundary, *node.event_starts, *node.events_behind)
        node.watching_around = _watching(node.boundary, node.event_starts)
        node.watching_at = _watching(own, node.events_behind)
        node.has_jobs = node.hands_over or any(each.behavior.timers for each in waiting)
        node.has_subscriptions = any(each.behavior.makes_subscriptions for each in waiting)
    for node in nodes.values():
        if node.begins and any(each.topic is not None and each.event == "start" for each in listeners):
            binder.refuse(
                f"Start listeners of a process that hand over to handlers need a start event, and '{node.id}' is none",
                place=node.element.place,
            )
    definition = Definition(
        id=identity.id,
        key=identity.key,
        version=identity.version,
        version_tag=identity.version_tag,
        deployment_id=identity.deployment_id,
        tenant_id=identity.tenant_id,
        process=process,
        nodes=nodes,
        listeners=listeners,
        data=of_process,
        event_starts=_event_starts(nodes, process.event_sub_processes),
    )
    return definition, binder.problems


def _hand_over_at_start(nodes: Iterable[Node], of_process: tuple[BoundListener, ...]) -> None:
    """What start listeners of the process hand over is done where its first token arrives, which waits for it."""
    handing_over = tuple(each for each in of_process if each.event == "start" and each.topic is not None)
    for node in nodes:
        if handing_over and node.kind is Kind.START_EVENT and node.scope is None:
            node.listeners = (*handing_over, *node.listeners)


def _watching(*groups: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(node for group in groups for node in group if any(each.watches for each in node.behavior.awaited))


def _event_starts(nodes: Mapping[str, Node], event_sub_processes: Iterable[str]) -> tuple[Node, ...]:
    return tuple(
        nodes[start]
        for event_sub_process in event_sub_processes
        if event_sub_process in nodes
        for start in nodes[event_sub_process].element.children
        if start in nodes and nodes[start].kind is Kind.START_EVENT
    )


def _node(element: Element, process: Process, binder: Binder, declared: Iterable[DataObject]) -> Node | None:
    binder.element_id = element.written_id
    behavior = behavior_of(element)
    if behavior is None:
        binder.refuse(f"The {element.kind} '{element.id}' cannot be executed yet", place=element.place)
        return None
    io, own_data = element.io, data.bind(declared, binder)
    node = binder.node = Node(
        element=element,
        id=element.id,
        kind=element.kind,
        scope=element.scope,
        activity_type=activity_type(element),
        is_scope=element.is_scope,
        is_link=element.link is not None,
        data=own_data,
        inputs=() if io is None else binder.parameters(io.inputs),
        outputs=() if io is None else binder.parameters(io.outputs),
        maps_in_order=binder.is_camunda_8,
        listeners=binder.listeners(element.listeners),
        async_before=element.async_before,
        async_after=element.async_after,
        job_priority=binder.optional(element.job_priority or process.job_priority),
        retry_cycle=binder.optional(element.retry_cycle),
        needs_execution=bool(
            behavior.needs_execution
            or io is not None
            or own_data
            or any(not compensation.is_compensation(process.elements[id]) for id in element.boundary_events)
            or (element.scope is not None and process.elements[element.scope].kind in LOOP_BODIES)
        ),
    )
    flows = [_flow(process.flows[id], element, binder) for id in element.outgoing]
    node.outgoing = tuple(flows)
    if element.activation_condition is not None and any(each.topic is not None for each in node.listeners):
        binder.refuse(
            f"A listener of '{element.id}' names a handler, and a complex gateway that joins cannot wait for that: use "
            "an expression, or listen at an element before or after it",
            place=element.place,
        )
    node.default = next((flow for flow in flows if flow.is_default), None)
    node.behavior = behavior(element, binder)
    node.needs_execution = node.needs_execution or node.behavior.needs_execution
    return node


def _flow(flow: Flow, element: Element, binder: Binder) -> BoundFlow:
    return BoundFlow(
        id=flow.id,
        target=flow.target,
        condition=binder.optional(flow.condition),
        is_default=flow.id == element.default,
        listeners=binder.listeners(flow.listeners),
    )


@dataclass(frozen=True, slots=True)
class JobSource:
    """What makes jobs in a process: an element, and why. `kind` is Camunda's job type and configuration in one word."""

    element_id: str
    kind: str
    configuration: str | None = None

    @property
    def job_kind(self) -> str:
        """The kind of the jobs it makes."""
        return jobs.TIMER if self.kind.startswith("timer") else self.kind


def _timer_kind(node: Node) -> str:
    if node.kind is Kind.START_EVENT and node.scope is not None:
        return "timer-start-event-subprocess"
    return TIMER_KINDS.get(node.kind, "timer-intermediate-transition")


TIMER_KINDS = {
    Kind.START_EVENT: "timer-start-event",
    Kind.BOUNDARY_EVENT: "timer-transition",
    Kind.INTERMEDIATE_CATCH_EVENT: "timer-intermediate-transition",
    Kind.USER_TASK: "timer-task-listener",
}
"""Camunda's job types of timers, by where the timer is."""


def job_sources(definition: Definition) -> list[JobSource]:
    """All that makes jobs in a process, in the order of its elements; work for handlers and workers is not among it.

    An element with several timers makes the jobs of all of them for one reason, and is there once, with the first.
    """
    found: list[JobSource] = []
    for node in definition.nodes.values():
        if node.async_before:
            found.append(JobSource(node.id, jobs.ASYNC_BEFORE, jobs.ASYNC_BEFORE))
        if node.async_after:
            found.append(JobSource(node.id, jobs.ASYNC_AFTER, jobs.ASYNC_AFTER))
        kind = _timer_kind(node)
        found.extend(JobSource(node.id, kind, each.configuration) for each in node.behavior.timers[:1])
    return found


def wait_to_start(step: Step, definition: Definition) -> None:
    """Let the start events of a newly deployed definition wait for what starts instances."""
    for node in definition.event_begins:
        for each in node.behavior.awaited:
            each.wait_to_start(step, definition, node)
