"""One command on its way to quiescence: its rows, its agenda, and what behaviors may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from engine.core.graph import BoundFlow, DecisionDefinition, Definition, Node
from engine.core.lifecycle import INSTANCE, ElementState, InstanceState
from engine.core.state import ElementInstance, Job, ProcessInstance, Scope, Subscription, UserTask
from engine.core.unit_of_work import DecisionBy, DefinitionBy, DefinitionOf, NotLoaded, UnitOfWork
from engine.expression import ScriptRunner


@dataclass(slots=True)
class Arrive:
    """A token arrives at a node. It counts in its scope's `tokens` from the moment it is planned.

    With `occurrence` the node is an event that has been waited for elsewhere, and has come; or what is told of it.
    """

    node: Node
    definition: Definition
    scope: Scope
    flow_id: str | None = None
    loop_counter: int | None = None
    local: Mapping[str, object] | None = None
    """Variables to be set in the element instance before its input mapping."""
    occurrence: Occurrence | None = None
    flow_scope_id: int | None = None
    """Of what compensation calls: the scope it is in by the model."""
    memory: str | None = None
    """What the element instance remembers from its beginning."""


@dataclass(slots=True)
class Complete:
    """A scope or a waiting element instance has done its work; with `ends` its token goes no further."""

    scope: Scope
    ends: bool = False


@dataclass(slots=True)
class LetOut:
    """Tokens leave an element over these flows while its element instance stays."""

    element: ElementInstance
    flows: Sequence[BoundFlow]


@dataclass(slots=True)
class Terminate:
    """An element instance is cancelled; `tell`: its scope is told, and may end for it."""

    element: ElementInstance
    tell: bool


@dataclass(slots=True)
class Terminated:
    """Everything inside a cancelled element instance has ended."""

    element: ElementInstance
    tell: bool


@dataclass(slots=True)
class TerminateInstance:
    """A process instance is cancelled with all it holds."""

    instance: ProcessInstance
    state: InstanceState
    reason: str | None


@dataclass(slots=True)
class ChildLeft:
    """A token has left a scope for good."""

    scope: Scope
    child: ElementInstance


@dataclass(slots=True)
class InstanceTerminated:
    """Everything inside a cancelled process instance has ended."""

    instance: ProcessInstance
    state: InstanceState
    reason: str | None


@dataclass(slots=True)
class Deliver:
    """What a subscription waits for has come; nothing happens if it is closed by then."""

    subscription: Subscription
    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)
    scope_variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A signal on its way to all that wait for it, outside the tree of instances it comes from.

    Whoever runs the step brings it, in the same transaction or, where there are many, by a job.
    """

    name: str
    tenants: frozenset[str] | None
    """Whose subscriptions; None: everybody's."""
    sent_at: datetime
    before_id: int
    """Of what this transaction has made only what is older waits for it."""
    variables: Mapping[str, object] = field(default_factory=dict)
    business_key: str | None = None
    """Of instances that it starts."""
    asynchronous: bool = False
    """Is every receiver told by a job of its own?"""
    root_id: int | None = None
    """The tree that it comes from, and that has been told."""
    after_id: int = 0
    """Receivers up to this id have been told."""


@dataclass(slots=True)
class Begin:
    """An element instance has been prepared: it begins what it is for, if it is still to do that."""

    element: ElementInstance
    occurrence: Occurrence | None
    happened: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A variable of a scope was created, updated or deleted; or (name None) the scope has just begun.

    Conditional events in that scope and below are to be asked.
    """

    place: Scope
    name: str | None = None
    event: str | None = None


@dataclass(slots=True)
class Tell:
    """A waiting element instance is told something; nothing happens if it waits no more by then."""

    element: ElementInstance
    event: object


@dataclass(frozen=True, slots=True)
class ThrowNext:
    """What an event is told: throw the definition with this index, for what comes of those before has been done."""

    index: int


@dataclass(frozen=True, slots=True)
class CalledInstanceEnded:
    """What a waiting caller is told: the process instance it made has completed. Its variables can still be read."""

    instance: ProcessInstance


@dataclass(frozen=True, slots=True)
class WorkCompleted:
    """What a waiting element instance is told: the work it stands for has been done, and its variables are set.

    `result` is what a connector or handler gives for the result variable.
    """

    job: Job
    result: object = None


@dataclass(frozen=True, slots=True)
class TimerDue:
    """What an event is told: its time has come."""

    job: Job


@dataclass(frozen=True, slots=True)
class Caught:
    """What an event is told: what its subscription waited for has come, with these variables."""

    subscription: Subscription
    variables: Mapping[str, object] = field(default_factory=dict)
    """For the scope that waited, or wherever around it they are known."""
    local_variables: Mapping[str, object] = field(default_factory=dict)
    """For exactly the scope that waited."""
    scope_variables: Mapping[str, object] = field(default_factory=dict)
    """For exactly the scope in which it goes on: the event sub-process, or what is around a boundary event."""


@dataclass(frozen=True, slots=True)
class Compensated:
    """What the node is told that stands for a completed scope: what was done in that is to be compensated."""

    element_instance_id: int


@dataclass(frozen=True, slots=True)
class Begun:
    """What an event is told: it has come, and has begun the instance."""


Occurrence = TimerDue | Caught | Compensated | Begun
"""That an event has come."""


@dataclass(frozen=True, slots=True)
class Activation:
    """An element to be activated in an ad-hoc sub-process, with variables for the scope of what it begins."""

    element_id: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Activate:
    """What an ad-hoc sub-process is told: activate these, after cancelling what still runs in it if that is wanted; or
    its completion condition holds (`fulfilled`), and what still runs is cancelled if it says so itself or here."""

    activations: Sequence[Activation] = ()
    cancel_remaining: bool = False
    fulfilled: bool = False


@dataclass(frozen=True, slots=True)
class Signalled:
    """What a waiting element instance is told: go on (Camunda: signal of an execution)."""


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    """What a waiting user task is told: its task has been done."""

    task: UserTask


Instruction = (
    Arrive
    | Complete
    | LetOut
    | Terminate
    | Terminated
    | TerminateInstance
    | InstanceTerminated
    | ChildLeft
    | Deliver
    | Begin
    | Tell
)


class Definitions(Protocol):
    """The bound definitions that are at hand."""

    def get(self, definition_id: int) -> Definition | None:
        """The definition with this id, if it is at hand."""

    def find(self, wanted: DefinitionBy) -> tuple[Definition, bool] | None:
        """The definition that is meant now, and whether it is suspended; None if there is none.

        Raises NotLoaded while that is not known.
        """

    def find_decision(self, wanted: DecisionBy) -> DecisionDefinition | None:
        """The decision that is meant now; None if there is none. Raises NotLoaded while that is not known."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep one step from running away."""

    elements_per_step: int = 100_000
    """Arrivals in one step without a wait in between; more is a loop that never waits."""
    call_depth: int = 50
    """Call activities within each other."""
    loop_instances: int = 100_000
    """Instances of one multi-instance activity."""


@dataclass(slots=True, eq=False)
class Step:
    """What a command and the behaviors it reaches may see and do. They plan; the driver acts."""

    uow: UnitOfWork
    next_id: Callable[[], int]
    now: datetime
    definitions: Definitions
    user: str | None = None
    groups: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)
    record_updates: bool = True
    """Is every value of a variable kept, and every decision that is made (history level full)?"""
    agenda: list[Instruction] = field(default_factory=list)
    unsettled: dict[int, Scope] = field(default_factory=dict)
    """Scopes with joins that are to be asked again."""
    changed: set[int] = field(default_factory=set)
    """The ids of scopes in which variables have changed since joins were asked."""
    unasked: list[Change] = field(default_factory=list)
    """Changes about which conditional events are still to be asked; what concerns none of them is not among these."""
    skip_io_mappings: bool = False
    skip_listeners: bool = False
    cancel_reason: str | None = None
    """Why things are being cancelled, for those that keep a reason."""
    cancel_state: InstanceState = InstanceState.INTERNALLY_TERMINATED
    """What becomes of called instances whose call activity is cancelled."""
    arrivals: int = 0
    kept: set[int] = field(default_factory=set)
    """Scopes that have completed and may be compensated: their variables live on."""
    sent: list[Broadcast] = field(default_factory=list)
    """Signals that leave the tree."""
    zone: tzinfo = UTC
    """The time zone of timers that name none."""
    scripts: ScriptRunner | None = None
    """What runs scripts; None where they are switched off."""

    def part(self, user: str | None) -> Step:
        """A step on the same rows, for one of several things that are done together: all are kept, or none."""
        return replace(
            self,
            user=user,
            groups=(),
            agenda=[],
            unsettled={},
            skip_io_mappings=False,
            skip_listeners=False,
            cancel_reason=None,
            cancel_state=InstanceState.INTERNALLY_TERMINATED,
            arrivals=0,
        )

    # ------------------------------------------------------------ where things are

    def definition(self, scope: Scope | UserTask) -> Definition:
        """The definition that a process instance or an element instance runs; raises NotLoaded."""
        definition_id = scope.definition_id or 0
        found = self.definitions.get(definition_id)
        if found is None:
            raise NotLoaded(DefinitionOf(definition_id))
        return found

    def node(self, element: ElementInstance) -> Node:
        """The node of an element instance."""
        node = self.definition(element).nodes[element.element_id]
        return node if element.compensates_id is None else node.compensation_scope or node

    def process_instance(self, scope: Scope) -> ProcessInstance:
        """The process instance that a scope is in, or is."""
        return scope if isinstance(scope, ProcessInstance) else self.uow.instance(scope.process_instance_id)

    def parent(self, element: ElementInstance) -> Scope:
        """The scope directly around an element instance; raises NotLoaded."""
        return self.uow.scope(element.scope_id)

    # ------------------------------------------------------------ noting

    def note_change(self, place: Scope | UserTask, name: str, event: str) -> None:
        """A variable of a scope (or user task) has been created, updated or deleted."""
        self.changed.add(place.id)
        if place.definition_id is None:
            return
        watching = self.definition(place).watching
        if watching and any(each.concerns(name, event) for each in watching):
            if isinstance(place, UserTask):
                place = self.uow.element(place.element_instance_id or 0)
            self.unasked.append(Change(place, name, event))

    # ------------------------------------------------------------ planning

    def plan(self, *instructions: Instruction) -> None:
        """Put instructions on the agenda so that the first one is done first."""
        self.agenda.extend(reversed(instructions))

    def arrive(
        self,
        definition: Definition,
        node: Node,
        scope: Scope,
        *,
        flow_id: str | None = None,
        loop_counter: int | None = None,
        local: Mapping[str, object] | None = None,
        occurrence: Occurrence | None = None,
        flow_scope_id: int | None = None,
        memory: str | None = None,
    ) -> Arrive:
        """An arrival that counts in its scope from now on; the caller plans it."""
        self.uow.touch(scope)
        scope.tokens += 1
        return Arrive(node, definition, scope, flow_id, loop_counter, local, occurrence, flow_scope_id, memory)

    def forget_arrivals(self, scope: Scope) -> None:
        """What is directly in a scope is cancelled: tokens on their way there do not arrive."""
        kept = [each for each in self.agenda if not (isinstance(each, Arrive) and each.scope is scope)]
        if len(kept) < len(self.agenda):
            self.uow.touch(scope)
            scope.tokens -= len(self.agenda) - len(kept)
            self.agenda[:] = kept

    def send(self, definition: Definition, scope: Scope, flows: Iterable[BoundFlow]) -> None:
        """Send a token over each flow, the first one first."""
        nodes = definition.nodes
        self.plan(*[self.arrive(definition, nodes[flow.target], scope, flow_id=flow.id) for flow in flows])

    def moved(self, scope: Scope, definition: Definition) -> None:
        """Tokens moved in a scope: the joins that wait for such are asked again when the agenda is empty."""
        if not definition.settling:
            return
        place = scope.element_id if isinstance(scope, ElementInstance) else None
        if place in definition.settling:
            self.unsettled[scope.id] = scope

    # ------------------------------------------------------------ liveness

    @staticmethod
    def is_open(scope: Scope) -> bool:
        """May tokens still move in this scope?"""
        if scope.ended_at is not None:
            return False
        if isinstance(scope, ElementInstance):
            return scope.state in (ElementState.ACTIVATING, ElementState.ACTIVE)
        return not INSTANCE.is_final(scope.state)
