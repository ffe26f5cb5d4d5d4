"""The order of actions, written once: what happens when a token arrives, an element completes, or one is cancelled.

The driver pops instructions from the step's agenda, the latest first, until none is left; then it asks the joins in
whose scopes tokens moved, and goes on if one fires. It names no kind of element.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.core import conditions, data, incidents, jobs, listeners, parameters, subscriptions, variables
from engine.core.behavior import DONE
from engine.core.events import compensation
from engine.core.graph import BoundFlow, Node
from engine.core.lifecycle import ELEMENT, INSTANCE, ElementState, InstanceState, JobState, fire
from engine.core.state import ElementInstance, Job, ProcessInstance, Scope
from engine.core.step import (
    Arrive,
    Begin,
    CalledInstanceEnded,
    Caught,
    ChildLeft,
    Complete,
    Deliver,
    InstanceTerminated,
    Instruction,
    LetOut,
    Occurrence,
    Step,
    Tell,
    Terminate,
    Terminated,
    TerminateInstance,
)
from engine.errors import LoopLimit, Suspended

START, END, TAKE = "start", "end", "take"


def run(step: Step) -> None:
    """Run the step to quiescence. Whatever it raises, the unit of work is to be undone."""
    agenda = step.agenda
    while True:
        while agenda:
            instruction = agenda.pop()
            match instruction:
                case Arrive():
                    _arrive(step, instruction)
                case Complete(ElementInstance() as element, ends):
                    _complete(step, element, ends=ends)
                case LetOut(element, flows):
                    _let_out(step, element, flows)
                case Complete(ProcessInstance() as instance):
                    _complete_instance(step, instance)
                case ChildLeft(scope, child):
                    _child_left(step, scope, child)
                case Terminate(element, tell):
                    _terminate(step, element, tell)
                case Terminated(element, tell):
                    _terminated(step, element, tell)
                case TerminateInstance(instance, state, reason):
                    _terminate_instance(step, instance, state, reason)
                case InstanceTerminated(instance, state, reason):
                    _instance_terminated(step, instance, state, reason)
                case Deliver():
                    _deliver(step, instruction)
                case Begin(element, occurrence, happened):
                    _begin(step, step.node(element), element, occurrence, happened=happened)
                case Tell(element, event):
                    _tell(step, element, event)
        if step.unasked:
            step.plan(*conditions.due(step))
        elif not _settle(step):
            return


# ---------------------------------------------------------------- arriving


def _arrive(step: Step, arrival: Arrive) -> None:
    scope, node = arrival.scope, arrival.node
    if not step.is_open(scope) or _comes_first(step, arrival):
        return
    step.arrivals += 1
    if step.arrivals > step.limits.elements_per_step:
        raise LoopLimit(
            f"More than {step.limits.elements_per_step:,} elements were entered without a wait; is a loop endless?",
            node.id,
        )
    _ensure_active(step, scope)
    element = _make(step, arrival, ElementState.READY if node.async_before else ElementState.ACTIVATING)
    if node.async_before:
        element.transition = "before"
        jobs.continue_later(step, node, element, "before")
        step.moved(scope, arrival.definition)
        return
    _enter(step, node, element, arrival.occurrence)


def open_scope(step: Step, arrival: Arrive) -> ElementInstance:
    """Enter a scope without what it starts by itself: the caller starts something in it."""
    node = arrival.node
    element = _make(step, arrival, ElementState.ACTIVATING)
    _prepare(step, node, element)
    listeners.notify(step, node.listeners, START, element)
    node.behavior.opened(step, element)
    fire(ELEMENT, element, ElementState.ACTIVE)
    return element


def dissolve(step: Step, element: ElementInstance) -> None:
    """Take a scope away from around what is in it, which is in the scope around it from then on."""
    scope = step.parent(element)
    step.uow.touch(element)
    fire(ELEMENT, element, ElementState.TERMINATING)
    children = step.uow.children(element)
    for child in children:
        _put(step, child, scope)
    _terminated(step, element, tell=False)
    for child in children:
        _share_execution(child, element, scope)


def move(step: Step, element: ElementInstance, scope: Scope) -> None:
    """Put an element instance into another scope of its process instance."""
    before = step.parent(element)
    _put(step, element, scope)
    _share_execution(element, before, scope)


def _put(step: Step, element: ElementInstance, scope: Scope) -> None:
    before = step.parent(element)
    for each in (element, before, scope):
        step.uow.touch(each)
    step.uow.move(element, scope.id)
    before.tokens -= 1
    scope.tokens += 1


def _share_execution(element: ElementInstance, before: Scope, scope: Scope) -> None:
    """What had no execution of its own in the scope before has none in this one either, as long as it is alone."""
    if element.execution_id == before.id:
        element.execution_id = scope.id if scope.tokens == 1 else element.id


def _make(step: Step, arrival: Arrive, state: ElementState) -> ElementInstance:
    """The new element instance of an arrival."""
    scope, node = arrival.scope, arrival.node
    instance = step.process_instance(scope)
    id = step.next_id()
    own = node.needs_execution or scope.tokens > 1 or arrival.flow_scope_id is not None
    element = ElementInstance(
        id=id,
        process_instance_id=instance.id,
        root_id=instance.root_id,
        definition_id=instance.definition_id,
        scope_id=scope.id,
        flow_scope_id=arrival.flow_scope_id,
        memory=arrival.memory,
        execution_id=id if own else scope.id,
        element_id=node.id,
        element_kind=node.activity_type,
        element_name=node.element.name,
        flow_id=arrival.flow_id,
        loop_counter=arrival.loop_counter,
        tenant_id=instance.tenant_id,
        created_at=step.now,
    )
    fire(ELEMENT, element, state, born=True)
    step.uow.add(element)
    _count(step, instance, 1)
    for name, value in (arrival.local or {}).items():
        variables.set_local(step, element, name, value)
    return element


def _enter(step: Step, node: Node, element: ElementInstance, occurrence: Occurrence | None = None) -> None:
    _prepare(step, node, element)
    if not node.listeners or _listen(step, node, element, 0, happened=occurrence is not None):
        _activate(step, node, element, occurrence)


def _listen(step: Step, node: Node, element: ElementInstance, first: int, *, happened: bool) -> bool:
    """Run start listeners; False when one of them hands over: then the element goes on when that is done."""
    index = listeners.run(step, node.listeners, START, element, first=first, flow_id=element.flow_id)
    if index is None:
        return True
    listeners.hand_over(step, node, element, node.listeners[index], {"index": index, "happened": happened})
    step.moved(step.parent(element), step.definition(element))
    return False


def _activate(
    step: Step, node: Node, element: ElementInstance, occurrence: Occurrence | None, *, happened: bool = False
) -> None:
    """All has been prepared, and listeners have been told: begin, when conditional events have been asked."""
    then = Begin(element, occurrence, happened)
    if not _comes_first(step, then, *conditions.at(step, element, node.watching_around)):
        _begin(step, node, element, occurrence, happened=happened)


def _begin(step: Step, node: Node, element: ElementInstance, occurrence: Occurrence | None, *, happened: bool) -> None:
    if element.state is not ElementState.ACTIVATING:
        return
    if occurrence is not None:
        entered = node.behavior.happened(step, element, occurrence)
    else:
        entered = DONE if happened else node.behavior.enter(step, element)
    fire(ELEMENT, element, ElementState.ACTIVE)
    if entered is DONE:
        step.plan(Complete(element))
    step.plan(*conditions.at(step, element, node.watching_at))
    step.moved(step.parent(element), step.definition(element))


def _comes_first(step: Step, then: Instruction, *more: Deliver) -> bool:
    """Plan what follows from conditions that have come true and `more`, and what is to be done `then`; False if that
    is to be done at once.

    Conditional events are asked before a token arrives, before an element begins, and before it ends, so that who is
    in the middle of something is not cancelled for what it changes (Camunda manual, "Conditional Events").
    """
    if not step.unasked and not more:
        return False
    found = [*conditions.due(step), *more]
    if found:
        step.plan(*found, then)
    return bool(found)


def _prepare(step: Step, node: Node, element: ElementInstance) -> None:
    """What comes before the listeners and the behavior: data objects, input mapping, what waits at the boundary."""
    element.started_at = None if node.is_link else step.now
    if node.data:
        data.declare(step, element, node.data)
    if node.inputs and not step.skip_io_mappings:
        parameters.take(step, node, element)
    for event in (*node.boundary, *node.event_starts):
        event.behavior.subscribe(step, element)


def _ensure_active(step: Step, scope: Scope) -> None:
    """Raise Suspended if the process instance of a scope is: what it called may be active, and may not move it."""
    instance = step.process_instance(scope)
    if instance.state is InstanceState.SUSPENDED:
        raise Suspended("process instance", instance.id)


def _count(step: Step, instance: ProcessInstance, change: int) -> None:
    root = step.uow.instance(instance.root_id)
    step.uow.touch(root)
    root.live += change


# ---------------------------------------------------------------- completing


def _complete(step: Step, element: ElementInstance, *, ends: bool) -> None:
    if element.state is not ElementState.ACTIVE or element.tokens or _comes_first(step, Complete(element, ends)):
        return
    _ensure_active(step, element)
    node = step.node(element)
    step.uow.touch(element)
    fire(ELEMENT, element, ElementState.COMPLETING)
    node.behavior.complete(step, element)
    if node.hands_over:
        _listen_to_end(step, node, element, 0, ends=ends)
        return
    if node.listeners:
        listeners.notify(step, node.listeners, END, element)
    _completed(step, node, element, ends=ends)


def _listen_to_end(step: Step, node: Node, element: ElementInstance, first: int, *, ends: bool) -> None:
    """Run end listeners, and complete when nothing that was handed over is left to be done."""
    handed_over = listeners.pending(step, element)
    for job in step.uow.jobs_of(element):
        if job not in handed_over:
            jobs.end(step, job, JobState.CANCELLED)
    if node.has_subscriptions:
        subscriptions.close_all(step, element)
    if handed_over:
        if ends:
            listeners.remember(step, handed_over, ends=True)
        return
    index = listeners.run(step, node.listeners, END, element, first=first)
    if index is not None:
        listeners.hand_over(step, node, element, node.listeners[index], {"index": index, "ends": ends})
        return
    _completed(step, node, element, ends=ends)


def _completed(step: Step, node: Node, element: ElementInstance, *, ends: bool) -> None:
    _finish(step, node, element)
    fire(ELEMENT, element, ElementState.COMPLETED)
    element.ended_at = step.now
    incidents.close_at(step, element)
    step.uow.ended(element)
    if node.is_compensable:
        compensation.remember(step, node, element)
    _leave(step, node, element, ends=ends)


def _finish(step: Step, node: Node, element: ElementInstance) -> None:
    """What completing and cancelling have in common: output mapping, and the end of what still waits."""
    if node.outputs and not step.skip_io_mappings:
        parameters.give(step, node, element)
    if node.has_jobs or (element.state is ElementState.TERMINATING and node.behavior.makes_jobs):
        jobs.cancel_all(step, element)
    if node.has_subscriptions:
        subscriptions.close_all(step, element)


def _leave(step: Step, node: Node, element: ElementInstance, *, ends: bool) -> None:
    """The token goes on from an element that has completed, or ends here."""
    scope = step.parent(element)
    definition = step.definition(element)
    if node.is_watched and isinstance(scope, ElementInstance) and not ends:
        ends = not step.node(scope).behavior.activity_completed(step, scope, element)
    # The conditions still see what is local to the element; so does the scope, when a token ends in it.
    flows = () if ends else node.behavior.outgoing(step, element)
    if flows or node.async_after:
        variables.close(step, element)
    step.uow.touch(scope)
    scope.tokens -= 1
    _count(step, step.process_instance(scope), -1)
    if node.async_after and not ends:
        for flow in flows or (None,):
            _continue_after(step, node, element, flow)
    elif flows:
        _take(step, node, element, scope, flows)
    else:
        step.plan(ChildLeft(scope, element))
    step.moved(scope, definition)


def _let_out(step: Step, element: ElementInstance, flows: Sequence[BoundFlow]) -> None:
    """Tokens go on from an element instance that stays."""
    if element.state is not ElementState.ACTIVE:
        return
    node, scope = step.node(element), step.parent(element)
    if node.async_after:
        for flow in flows:
            _continue_after(step, node, element, flow)
    else:
        _take(step, node, element, scope, flows)
    step.moved(scope, step.definition(element))


def _take(step: Step, node: Node, element: ElementInstance, scope: Scope, flows: Sequence[BoundFlow]) -> None:
    """Send tokens over flows; one whose listener hands over waits behind the element until that is done."""
    taken = []
    for flow in flows:
        index = listeners.run(step, flow.listeners, TAKE, scope, flow_id=flow.id) if flow.listeners else None
        if index is None:
            taken.append(flow)
        else:
            token = _wait_after(step, node, element, flow.id)
            listeners.hand_over(step, node, token, flow.listeners[index], {"index": index})
    step.send(step.definition(element), scope, taken)


def wait_behind(step: Step, node: Node, scope: Scope, flow_id: str | None, loop_counter: int | None) -> None:
    """Put a token behind an element of a scope, where it waits for a job to take the flow; without one it ends then."""
    token = _token(step, node, scope, flow_id)
    token.loop_counter = loop_counter
    jobs.continue_later(step, node, token, "after")
    step.moved(scope, step.definition(scope))


def _continue_after(step: Step, node: Node, element: ElementInstance, flow: BoundFlow | None) -> None:
    """An asynchronous continuation behind an element: a job sends the token over the flow, or ends it."""
    jobs.continue_later(step, node, _wait_after(step, node, element, flow.id if flow else None), "after")


def _wait_after(step: Step, node: Node, element: ElementInstance, flow_id: str | None) -> ElementInstance:
    """The activity is over; a token waits behind it for a job, as a row of its own that is no history.

    `flow_id` is the flow it is going to take; None: it is going to end here.
    """
    token = _token(step, node, step.parent(element), flow_id)
    token.loop_counter = element.loop_counter
    return token


def _token(step: Step, node: Node, scope: Scope, flow_id: str | None) -> ElementInstance:
    """A token in a scope, behind an element, that waits for a job."""
    instance = step.process_instance(scope)
    token = ElementInstance(
        id=step.next_id(),
        process_instance_id=instance.id,
        root_id=scope.root_id,
        definition_id=scope.definition_id,
        scope_id=scope.id,
        execution_id=scope.id,
        element_id=node.id,
        element_kind=node.activity_type,
        element_name=node.element.name,
        transition="after",
        flow_id=flow_id,
        tenant_id=scope.tenant_id,
        created_at=step.now,
    )
    fire(ELEMENT, token, ElementState.READY, born=True)
    step.uow.add(token)
    step.uow.touch(scope)
    scope.tokens += 1
    _count(step, instance, 1)
    return token


def _child_left(step: Step, scope: Scope, child: ElementInstance) -> None:
    if step.is_open(scope):
        if isinstance(scope, ElementInstance):
            step.node(scope).behavior.child_left(step, scope, child)
        elif scope.tokens == 0:
            step.plan(Complete(scope))
    variables.close(step, child)


def _complete_instance(step: Step, instance: ProcessInstance) -> None:
    if not step.is_open(instance) or instance.tokens:
        return
    _stop_waiting(step, instance)
    _end_instance(step, instance, 0)


def _end_instance(step: Step, instance: ProcessInstance, first: int) -> None:
    """Run the end listeners of the process; when one hands over a token waits, and the instance with it."""
    definition = step.definition(instance)
    index = listeners.run(step, definition.listeners, END, instance, first=first)
    if index is not None:
        # After a migration the element where it began may be none of this definition.
        nodes = definition.nodes
        node = nodes.get(instance.start_element_id or "") or next(iter(nodes.values()))
        token = _token(step, node, instance, None)
        listeners.hand_over(step, node, token, definition.listeners[index], {"index": index, "of": "process"})
        return
    step.uow.touch(instance)
    fire(INSTANCE, instance, InstanceState.COMPLETED)
    instance.ended_at = step.now
    if instance.caller_id is not None:
        caller = step.uow.element(instance.caller_id)
        step.node(caller).behavior.trigger(step, caller, CalledInstanceEnded(instance))
    variables.close(step, instance)


# ---------------------------------------------------------------- cancelling


def _terminate(step: Step, element: ElementInstance, tell: bool) -> None:
    if ELEMENT.is_final(element.state) or element.state is ElementState.TERMINATING:
        return
    node = step.node(element)
    step.uow.touch(element)
    if element.transition is not None:
        jobs.cancel_all(step, element)
        fire(ELEMENT, element, ElementState.TERMINATED)
        _gone(step, element, tell)
        return
    entered = element.state is not ElementState.COMPLETING
    fire(ELEMENT, element, ElementState.TERMINATING)
    step.plan(Terminated(element, tell))
    if entered:
        node.behavior.cancel(step, element)
    if element.tokens:
        step.uow.require_whole(element.root_id)
        step.plan(*[Terminate(child, tell=False) for child in step.uow.children(element)])


def _terminated(step: Step, element: ElementInstance, tell: bool) -> None:
    element.canceled = True
    node = step.node(element)
    if node.listeners:
        listeners.notify(step, node.listeners, END, element)
    _finish(step, node, element)
    if node.compensation_scope is not None:
        compensation.forget(step, element, element.id)
    fire(ELEMENT, element, ElementState.TERMINATED)
    _gone(step, element, tell)


def _gone(step: Step, element: ElementInstance, tell: bool) -> None:
    element.ended_at = step.now
    incidents.close_at(step, element)
    step.uow.ended(element)
    variables.close(step, element)
    scope = step.parent(element)
    step.uow.touch(scope)
    scope.tokens -= 1
    _count(step, step.process_instance(scope), -1)
    if tell:
        step.plan(ChildLeft(scope, element))
    step.moved(scope, step.definition(element))


def _terminate_instance(step: Step, instance: ProcessInstance, state: InstanceState, reason: str | None) -> None:
    if INSTANCE.is_final(instance.state):
        return
    if instance.tokens:
        step.uow.require_whole(instance.root_id)
    step.plan(
        *[Terminate(child, tell=False) for child in step.uow.children(instance)],
        InstanceTerminated(instance, state, reason),
    )


def _instance_terminated(step: Step, instance: ProcessInstance, state: InstanceState, reason: str | None) -> None:
    _stop_waiting(step, instance)
    listeners.notify(step, step.definition(instance).listeners, END, instance)
    step.uow.touch(instance)
    fire(INSTANCE, instance, state)
    instance.ended_at = step.now
    instance.delete_reason = reason
    variables.close(step, instance)


def _stop_waiting(step: Step, instance: ProcessInstance) -> None:
    """A process instance is over: nothing starts its event sub-processes, and nothing compensates it, any more."""
    definition = step.definition(instance)
    if definition.is_compensable:
        compensation.forget(step, instance, instance.id)
    if definition.has_jobs:
        jobs.cancel_all(step, instance)
    if definition.has_subscriptions:
        subscriptions.close_all(step, instance)


# ---------------------------------------------------------------- going on


def _deliver(step: Step, delivery: Deliver) -> None:
    subscription = delivery.subscription
    if subscription.ended_at is not None or subscription.scope_id is None:
        return
    place = step.uow.scope(subscription.scope_id)
    _ensure_active(step, place)
    node = step.definition(place).nodes[subscription.element_id]
    occurrence = Caught(subscription, delivery.variables, delivery.local_variables, delivery.scope_variables)
    node.behavior.caught(step, place, occurrence)


def _tell(step: Step, element: ElementInstance, event: object) -> None:
    if element.state is ElementState.ACTIVE:
        step.node(element).behavior.trigger(step, element, event)


def resume(step: Step, job: Job) -> None:
    """Take on the token that waited for a job before or after its element."""
    element = step.uow.element(job.element_instance_id or 0)
    node = step.node(element)
    jobs.end(step, job, JobState.DONE)
    step.uow.touch(element)
    if element.transition == "before":
        element.transition = None
        fire(ELEMENT, element, ElementState.ACTIVATING)
        _enter(step, node, element)
    else:
        _go_on(step, node, element)


def listened(step: Step, element: ElementInstance, about: Mapping[str, object]) -> None:
    """What a listener handed over has been done: what it listens to goes on."""
    node, event, following = step.node(element), about["event"], _following(about)
    step.uow.touch(element)
    if element.transition is not None:
        scope = step.parent(element)
        if about.get("of") == "process":
            _end_token(step, element, scope)
            _end_instance(step, step.process_instance(element), following)
        else:
            _go_over(step, node, element, scope, following)
    elif event == START:
        happened = bool(about["happened"])
        if _listen(step, node, element, following, happened=happened):
            _activate(step, node, element, None, happened=happened)
    elif element.state is ElementState.COMPLETING:
        _listen_to_end(step, node, element, following, ends=bool(about.get("ends")))


def _following(about: Mapping[str, object]) -> int:
    """The index of the listener after the one that handed over; of a task's listener: the first of the element's."""
    index = about.get("index", -1)
    return index + 1 if isinstance(index, int) else 0


def _go_over(step: Step, node: Node, token: ElementInstance, scope: Scope, first: int) -> None:
    """A token takes its flow, unless one more listener of that hands over."""
    flow = next(each for each in node.outgoing if each.id == token.flow_id)
    index = listeners.run(step, flow.listeners, TAKE, scope, first=first, flow_id=flow.id)
    if index is not None:
        listeners.hand_over(step, node, token, flow.listeners[index], {"index": index})
        return
    _end_token(step, token, scope)
    definition = step.definition(token)
    step.send(definition, scope, [flow])
    step.moved(scope, definition)


def _end_token(step: Step, token: ElementInstance, scope: Scope) -> None:
    """A token that waited behind an element waits no more."""
    fire(ELEMENT, token, ElementState.COMPLETED)
    token.ended_at = step.now
    incidents.close_at(step, token)
    step.uow.ended(token)
    step.uow.touch(scope)
    scope.tokens -= 1
    _count(step, step.process_instance(scope), -1)


def _go_on(step: Step, node: Node, token: ElementInstance) -> None:
    """A token that waited behind an element takes its flow, or ends."""
    scope, definition = step.parent(token), step.definition(token)
    _end_token(step, token, scope)
    flows = [flow for flow in node.outgoing if flow.id == token.flow_id]
    if flows:
        _take(step, node, token, scope, flows)
    else:
        step.plan(ChildLeft(scope, token))
    step.moved(scope, definition)


def _settle(step: Step) -> bool:
    """Ask the joins of the scopes in which tokens moved or variables changed; has one of them planned to go on?"""
    _heed(step)
    while step.unsettled:
        _, scope = step.unsettled.popitem()
        if not step.is_open(scope):
            continue
        definition = step.definition(scope)
        place = scope.element_id if isinstance(scope, ElementInstance) else None
        for node in definition.settling.get(place, ()):
            if node.behavior.ready(step, scope):
                step.unsettled[scope.id] = scope
                return True
    return False


def _heed(step: Step) -> None:
    """Where variables have changed, and in all that sees them, let the joins be asked that heed them."""
    front: list[Scope] = [
        scope
        for scope in (step.uow.elements.get(id) or step.uow.instances.get(id) for id in step.changed)
        if scope is not None
    ]
    step.changed.clear()
    while front:
        scope = front.pop()
        heeding = step.definition(scope).heeding
        if heeding and step.is_open(scope):
            step.unsettled[scope.id] = scope
            front.extend(child for child in step.uow.children(scope) if child.element_id in heeding)
