"""compensateEventDefinition (BPMN 2.0.2, 10.7 and 13.5.5; Camunda manual, "Compensation Events").

What completes and has a handler leaves a subscription of kind "compensate" in the scope around it. A scope that
completes with such subscriptions in it keeps them, and its variables, and leaves one more, whose `configuration` is its
id: so all that can be compensated hangs together, from the process instance down to the innermost scope that has ended.

Where compensation is thrown, these are taken in the reverse order of completion. A handler begins as a child of the
event that throws, which waits for it. A scope is entered once more, by a node that stands for it, with the variables
that it had when it completed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bpmn.model import LOOP_BODIES, Element, EventDefinition, Kind, Trigger
from engine.core import subscriptions, variables
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.graph import Definition, Node
from engine.core.state import ElementInstance, ProcessInstance, Scope, Subscription
from engine.core.step import Arrive, Compensated, Instruction, Occurrence, Step
from engine.core.thrown import Thrown
from engine.errors import Conflict

# ---------------------------------------------------------------- what compensates what


def bind(nodes: Mapping[str, Node]) -> None:
    """Find the handlers of a process, and the scopes that may leave something to be compensated."""
    for node in nodes.values():
        node.is_handler = node.is_handler or node.element.is_for_compensation
        if not is_compensation(node.element):
            continue
        if node.kind is Kind.BOUNDARY_EVENT:
            attached = nodes.get(node.element.attached_to or "")
            handler = nodes.get(node.element.compensation_handler or "")
            if attached is not None and handler is not None and attached.scope == handler.scope:
                _inner(nodes, attached).handler = handler
        elif node.kind is Kind.START_EVENT:
            handler = nodes.get(node.scope or "")
            scope = None if handler is None else nodes.get(handler.scope or "")
            if handler is not None and scope is not None:
                handler.is_handler, scope.inner_handler = True, handler
    for node in nodes.values():
        if node.inner_handler is not None:
            _hold(nodes, node)
        elif node.handler is not None:
            _hold(nodes, nodes.get(node.scope or ""))


def is_compensation(element: Element) -> bool:
    """Is it an event that is about compensation?"""
    return any(event.trigger is Trigger.COMPENSATION for event in element.events)


def _inner(nodes: Mapping[str, Node], node: Node) -> Node:
    """Of an activity that is repeated every single instance is compensated, and not the body around them."""
    while node.kind in LOOP_BODIES:
        node = nodes[node.element.children[0]]
    return node


def _hold(nodes: Mapping[str, Node], scope: Node | None) -> None:
    """What is compensated in a scope is compensated in those around it; but a handler is never compensated itself."""
    while scope is not None and scope.compensation_scope is None:
        stand_in = scope.compensation_scope = Node(
            element=scope.element,
            id=scope.id,
            kind=scope.kind,
            scope=scope.scope,
            activity_type=scope.activity_type,
            is_scope=True,
            needs_execution=True,
        )
        stand_in.behavior = CompensationScope(stand_in, scope)
        scope = None if scope.is_handler else nodes.get(scope.scope or "")


# ---------------------------------------------------------------- remembering and forgetting


def remember(step: Step, node: Node, element: ElementInstance) -> None:
    """An element instance has completed: what compensates it can be called from now on, in the scope around it."""
    scope = step.parent(element)
    inside = _waiting(step.uow.subscriptions_of(element)) if node.compensation_scope is not None else []
    if not _is_remembered(node, scope):
        if inside:
            forget(step, element, element.id)
        return
    if inside or node.inner_handler is not None:
        for name, value in variables.virtual(element).items():
            variables.set_local(step, element, name, value)
        step.kept.add(element.id)
        handler = node.inner_handler or node
        subscriptions.open_at(step, handler, scope, subscriptions.COMPENSATE, None, configuration=str(element.id))
    if node.handler is not None:
        subscriptions.open_at(step, node.handler, scope, subscriptions.COMPENSATE, None)


def _is_remembered(node: Node, scope: Scope) -> bool:
    """What compensation itself does is not compensated."""
    if isinstance(scope, ProcessInstance):
        return node.scope is None and not node.is_handler
    return node.scope == scope.element_id and scope.compensates_id is None and not node.is_handler


def forget(step: Step, within: Scope, scope_id: int) -> None:
    """What was done in a scope that is (or was once) in `within`, or is `within`, can be compensated no more."""
    instance = step.process_instance(within)
    front = [scope_id]
    while front:
        for each in _waiting(step.uow.subscriptions_inside(instance, front.pop())):
            subscriptions.close(step, each)
            if each.configuration is not None:
                front.append(int(each.configuration))
                step.uow.close(int(each.configuration), step.now)


def _waiting(found: list[Subscription]) -> list[Subscription]:
    return [each for each in found if each.kind == subscriptions.COMPENSATE]


# ---------------------------------------------------------------- throwing


@dataclass(frozen=True, slots=True)
class _Found:
    """A subscription, and the scope that has it, or stands for the one that had it."""

    subscription: Subscription
    place: Scope


class CompensationThrow(Thrown):
    """Compensates one activity, or all that has completed in the scope around the event."""

    is_inside = True

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.activity = definition.activity_ref
        self.waits = definition.wait_for_completion

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        """The event goes on when no handler is left in it; or at once, if it does not wait (`waitForCompletion`)."""
        found = reached(step, element)
        if self.activity is not None:
            called = _subscribed(step.definition(element).nodes, self.activity)
            found = [each for each in _in_flows(step, element, found) if each.subscription.element_id == called]
        if found and self.waits:
            step.plan(*call(step, element, found))
        else:
            step.plan(*call(step, step.parent(element), found), then)


def reached(step: Step, source: ElementInstance) -> list[_Found]:
    """All that can be compensated where an event is thrown.

    From inside an event sub-process also what was done in the scope around that; from inside an ad-hoc sub-process what
    was done in all its flows.
    """
    return [_Found(each, place) for place in _places(step, source) for each in _open(step, place)]


def _places(step: Step, source: ElementInstance) -> Iterator[Scope]:
    place = step.parent(source)
    yield place
    while isinstance(place, ElementInstance):
        inner, node = place, step.node(place)
        is_flow = node.kind is Kind.AD_HOC_INSTANCE
        if not is_flow and not node.element.triggered_by_event:
            return
        place = step.parent(place)
        yield place
        if is_flow:
            yield from (
                each for each in step.uow.children(place) if each is not inner and each.element_id == inner.element_id
            )


def _in_flows(step: Step, source: ElementInstance, found: list[_Found]) -> list[_Found]:
    """What can be compensated, in place of a flow that has ended in an ad-hoc sub-process what was done in that."""
    instance, nodes = step.process_instance(source), step.definition(source).nodes
    single = []
    for each in found:
        flow = each.subscription.configuration
        if flow is None or nodes[each.subscription.element_id].kind is not Kind.AD_HOC_INSTANCE:
            single.append(each)
        else:
            inside = _waiting(step.uow.subscriptions_inside(instance, int(flow)))
            single += [_Found(other, each.place) for other in inside]
    return single


def _open(step: Step, place: Scope) -> list[Subscription]:
    """The compensation that waits in a scope; one that stands for a completed scope has what that left."""
    id = place.id if isinstance(place, ProcessInstance) else place.compensates_id or place.id
    return _waiting(step.uow.subscriptions_inside(step.process_instance(place), id))


def _subscribed(nodes: Mapping[str, Node], activity: str) -> str | None:
    """The element whose subscription is meant when an activity is named."""
    node = nodes.get(activity)
    if node is None:
        return None
    if node.scope is not None and nodes[node.scope].kind in LOOP_BODIES:
        return node.scope
    called = node.handler or node.inner_handler or node
    return called.id


def call(step: Step, holder: Scope, found: list[_Found]) -> list[Arrive]:
    """What is to arrive in `holder`, in the reverse order of completion, so that all this is compensated."""
    latest_first = sorted(found, key=lambda each: (each.subscription.created_at, each.subscription.id), reverse=True)
    step.uow.require_variables(_kept(step, holder, latest_first), holder.root_id)
    return [_call(step, holder, each) for each in latest_first]


def _kept(step: Step, holder: Scope, found: list[_Found]) -> list[int]:
    """The scopes whose variables are going to be needed, in depth."""
    instance = step.process_instance(holder)
    front = [each.subscription for each in found]
    kept = []
    while front:
        subscription = front.pop()
        if subscription.configuration is not None:
            kept.append(int(subscription.configuration))
            front.extend(_waiting(step.uow.subscriptions_inside(instance, kept[-1])))
    return kept


def _call(step: Step, holder: Scope, found: _Found) -> Arrive:
    subscription, definition = found.subscription, step.definition(holder)
    subscriptions.close(step, subscription)
    node = definition.nodes[subscription.element_id]
    place_id = found.place.id
    if subscription.configuration is None:
        return step.arrive(definition, node, holder, flow_scope_id=place_id)
    completed = Compensated(int(subscription.configuration))
    return step.arrive(definition, _stand_in(definition, node), holder, flow_scope_id=place_id, occurrence=completed)


def _stand_in(definition: Definition, node: Node) -> Node:
    """What stands for the scope that a subscription with a configuration is about."""
    around = definition.nodes.get(node.scope or "")
    scope = around if around is not None and around.inner_handler is node else node
    return scope.compensation_scope or scope


class CompensationScope(Behavior):
    """Stands for a scope that has completed, while it is compensated.

    Its compensation event sub-process does that, if there is one; else all that was done inside is compensated.
    """

    def __init__(self, node: Node, scope: Node) -> None:
        self.node, self.scope = node, scope

    def happened(self, step: Step, element: ElementInstance, occurrence: Occurrence) -> Entered:
        if not isinstance(occurrence, Compensated):
            raise Conflict(f"'{element.element_id}' does not wait for {type(occurrence).__name__}")
        completed = occurrence.element_instance_id
        element.compensates_id = completed
        for name, variable in step.uow.variables(completed, element.root_id).items():
            if variable.ended_at is None:
                variables.set_local(step, element, name, variable.value)
        step.uow.close(completed, step.now)
        if self.scope.inner_handler is not None:
            definition = step.definition(element)
            step.plan(step.arrive(definition, self.scope.inner_handler, element))
            return WAITS
        found = [_Found(each, element) for each in _open(step, element)]
        step.plan(*call(step, element, found))
        return WAITS if found else DONE

    def complete(self, step: Step, element: ElementInstance) -> None:
        """What the event sub-process has not compensated itself is not compensated (it consumes the event)."""
        self.cancel(step, element)

    def cancel(self, step: Step, element: ElementInstance) -> None:
        if element.compensates_id is not None:
            forget(step, element, element.compensates_id)
