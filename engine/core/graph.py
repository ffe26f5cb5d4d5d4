"""A definition as the core runs it: the model's graph with compiled expressions and a behavior at every node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from bpmn.model import Element, Kind, Process, Trigger
from engine.expression import CompiledExpression

if TYPE_CHECKING:
    from engine.core.awaited import Awaited
    from engine.core.behavior import Behavior
    from engine.decision import Decision


@dataclass(frozen=True, slots=True)
class BoundListener:
    """An execution or task listener: it evaluates an expression, or hands over to a handler or worker of a topic."""

    event: str
    expression: CompiledExpression | None
    topic: str | None = None
    fields: tuple[tuple[str, CompiledExpression], ...] = ()


@dataclass(frozen=True, slots=True)
class BoundFlow:
    """A sequence flow with its compiled condition."""

    id: str
    target: str
    condition: CompiledExpression | None
    is_default: bool = False
    listeners: tuple[BoundListener, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundList:
    """A list parameter's items."""

    items: tuple[BoundValue, ...]


@dataclass(frozen=True, slots=True)
class BoundMap:
    """A map parameter's entries."""

    entries: tuple[tuple[CompiledExpression, BoundValue], ...]


BoundValue = CompiledExpression | BoundList | BoundMap | None


@dataclass(frozen=True, slots=True)
class BoundParameter:
    """An input or output parameter; `path` leads to the member of the variable that it sets, in models of Camunda 8."""

    name: str
    value: BoundValue
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundData:
    """A data object or property: its name, and what makes its initial value in the engine's time zone."""

    name: str
    value: Callable[[tzinfo], object]


@dataclass(frozen=True, slots=True)
class Catch:
    """What a boundary event or the start event of an event sub-process catches; `code` None catches every code."""

    trigger: Trigger
    code: str | None = None
    code_variable: str | None = None
    message_variable: str | None = None


@dataclass(slots=True, eq=False)
class Node:
    """An element of a definition, ready to run."""

    element: Element
    id: str
    kind: Kind
    scope: str | None
    activity_type: str
    """What Camunda calls the kind, with the event it is about ("errorEndEvent")."""
    outgoing: tuple[BoundFlow, ...] = ()
    default: BoundFlow | None = None
    data: tuple[BoundData, ...] = ()
    """Its data objects and properties that have a value."""
    inputs: tuple[BoundParameter, ...] = ()
    outputs: tuple[BoundParameter, ...] = ()
    maps_in_order: bool = False
    """Is each mapping made before the next is evaluated? (Camunda 8)"""
    listeners: tuple[BoundListener, ...] = ()
    hands_over: bool = False
    """Do its listeners hand over to handlers, which it waits for before it ends?"""
    boundary: tuple[Node, ...] = ()
    is_scope: bool = False
    event_starts: tuple[Node, ...] = ()
    """The start events of the event sub-processes directly inside."""
    events_behind: tuple[Node, ...] = ()
    """Of an event-based gateway: the events and receive tasks it waits for."""
    begins: bool = False
    """Does an instance begin when its event comes, though it is no start event?"""
    begins_with: tuple[Node, ...] = ()
    """Of such an event: those behind the same parallel gateway, which the instance waits for from then on."""
    has_jobs: bool = False
    """Do events or listeners wait for a time while it is active: its own, those at its boundary, those that would
    start event sub-processes inside?"""
    has_subscriptions: bool = False
    """Do such events wait for something else?"""
    watching_around: tuple[Node, ...] = ()
    """Of the events at its boundary and those that start event sub-processes inside: those that watch variables. They
    are asked when it has been prepared."""
    watching_at: tuple[Node, ...] = ()
    """Itself and the events behind it, as far as they watch variables. They are asked when it has begun to wait."""
    handler: Node | None = None
    """What compensates it once it has completed: the activity at its compensation boundary event."""
    inner_handler: Node | None = None
    """Of a sub-process: the compensation event sub-process in it, which compensates it once it has completed."""
    is_handler: bool = False
    """Is it called for compensation only?"""
    compensation_scope: Node | None = None
    """Of a scope that may leave something to be compensated: stands for it while that is done after its end."""
    is_watched: bool = False
    """Is the scope around it to be asked each time it completes?"""
    is_link: bool = False
    """Is it one end of a link? That is a flow, and the history does not tell of it (as in Camunda)."""
    needs_execution: bool = False
    """Has it local variables of its own even when it is alone in its scope? (Camunda: is the activity a scope?)"""
    async_before: bool = False
    async_after: bool = False
    job_priority: CompiledExpression | None = None
    retry_cycle: CompiledExpression | None = None
    behavior: Behavior = field(init=False)

    @property
    def keeps_results(self) -> bool:
        """Does what its work gives stay in it, where its output mappings see it? (Camunda 8)"""
        return self.maps_in_order and bool(self.outputs)

    @property
    def is_compensable(self) -> bool:
        """May it leave something to be compensated when it completes?"""
        return self.handler is not None or self.compensation_scope is not None


@dataclass(eq=False)
class Definition:
    """A deployed process definition, bound. Immutable once bound, and shared by all threads."""

    id: int
    key: str
    version: int
    version_tag: str | None
    deployment_id: int
    tenant_id: str
    process: Process
    nodes: Mapping[str, Node]
    listeners: tuple[BoundListener, ...] = ()
    """Of the process itself."""
    data: tuple[BoundData, ...] = ()
    """The data objects and properties of the process itself."""
    event_starts: tuple[Node, ...] = ()
    """The start events of the event sub-processes at the top of the process."""
    job_definitions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """The ids of the job definitions by element and kind of job."""

    @property
    def reference(self) -> str:
        """The id that clients see: `key:version:id`."""
        return f"{self.key}:{self.version}:{self.id}"

    @cached_property
    def makes_jobs(self) -> bool:
        """May an instance have jobs?"""
        flows = (flow for node in self.nodes.values() for flow in node.outgoing)
        listeners = (*self.listeners, *(each for flow in flows for each in flow.listeners))
        return any(each.topic is not None for each in listeners) or any(
            node.async_before or node.async_after or node.hands_over or node.behavior.makes_jobs
            for node in self.nodes.values()
        )

    @cached_property
    def makes_subscriptions(self) -> bool:
        """May an instance have subscriptions?"""
        return self.is_compensable or any(node.behavior.makes_subscriptions for node in self.nodes.values())

    @cached_property
    def is_compensable(self) -> bool:
        """May anything in an instance be compensated?"""
        return any(node.is_compensable for node in self.nodes.values())

    @cached_property
    def watching(self) -> tuple[Awaited, ...]:
        """What events in an instance wait for that is to be asked when variables change."""
        return tuple(
            each
            for node in self.nodes.values()
            if node.kind is not Kind.START_EVENT or node.scope is not None
            for each in node.behavior.awaited
            if each.watches
        )

    @cached_property
    def has_jobs(self) -> bool:
        """May an instance itself (its event sub-processes) wait for a time?"""
        return any(each.has_job for node in self.event_starts for each in node.behavior.awaited)

    @cached_property
    def has_subscriptions(self) -> bool:
        """May an instance itself (its event sub-processes) wait for anything else?"""
        return any(node.behavior.makes_subscriptions for node in self.event_starts)

    @cached_property
    def settling(self) -> Mapping[str | None, tuple[Node, ...]]:
        """The joins that are asked when tokens have moved elsewhere, by the scope they are in."""
        found: dict[str | None, list[Node]] = {}
        for node in self.nodes.values():
            if node.behavior.settles:
                found.setdefault(node.scope, []).append(node)
        return {scope: tuple(nodes) for scope, nodes in found.items()}

    @cached_property
    def heeding(self) -> frozenset[str | None]:
        """The scopes of joins that are asked when variables have changed, and all scopes around these."""
        found: set[str | None] = set()
        for node in self.nodes.values():
            if node.behavior.heeds_data:
                found.add(None)
                scope = node.scope
                while scope is not None:
                    found.add(scope)
                    scope = self.nodes[scope].scope
        return frozenset(found)

    @cached_property
    def event_begins(self) -> tuple[Node, ...]:
        """What begins an instance when its event comes: start events, and what stands for one (BPMN 2.0.2, 10.6.6)."""
        return tuple(
            node
            for node in self.nodes.values()
            if node.begins or (node.kind is Kind.START_EVENT and node.scope is None and node.behavior.awaited)
        )

    def none_start(self, scope: str | None) -> Node | None:
        """The none start event directly inside the process or a sub-process.

        A process that has none but a timer start event can also be started there, before its time (as Camunda does).
        """
        return self._none_starts.get(scope)

    @cached_property
    def _none_starts(self) -> dict[str | None, Node]:
        starts = [node for node in self.nodes.values() if node.kind is Kind.START_EVENT]
        timers = {node.scope: node for node in starts if node.scope is None and node.behavior.timers}
        return timers | {node.scope: node for node in starts if not node.element.events}

    def flows_reached(self, join: Node, start: str) -> frozenset[str]:
        """The incoming flows of `join` that a token at node `start` can reach without visiting `join`."""
        reach = self._reach.get(join.id)
        if reach is None:
            reach = self._reach[join.id] = self._compute_reach(join)
        return reach.get(start, frozenset())

    @cached_property
    def _reach(self) -> dict[str, Mapping[str, frozenset[str]]]:
        return {}

    @cached_property
    def _links(self) -> dict[str, list[str]]:
        """The throwing link events that lead to each catching one."""
        found: dict[str, list[str]] = {}
        for element in self.process.elements.values():
            if element.kind is Kind.INTERMEDIATE_THROW_EVENT and element.link is not None:
                found.setdefault(self.process.link_target(element) or "", []).append(element.id)
        return found

    def _compute_reach(self, join: Node) -> Mapping[str, frozenset[str]]:
        """Backwards from each incoming flow, node by node."""
        flows, elements = self.process.flows, self.process.elements
        reached: dict[str, set[str]] = {}
        for incoming in join.element.incoming:
            front = [flows[incoming].source]
            while front:
                id = front.pop()
                if id == join.id or incoming in reached.setdefault(id, set()):
                    continue
                reached[id].add(incoming)
                front.extend(flows[flow].source for flow in elements[id].incoming)
                front.extend(self._links.get(id, ()))
        return {id: frozenset(found) for id, found in reached.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDefinition:
    """A deployed decision, ready to be made. Immutable, and shared by all threads."""

    id: int
    key: str
    version: int
    deployment_id: int
    tenant_id: str
    decision: Decision
    ids: Mapping[str, int]
    """The ids of the definitions of all decisions of its deployment, by key: of those that it needs, too."""
    requirements_id: int | None = None
    """The decision requirements definition of its file; and its key."""
    requirements_key: str | None = None
