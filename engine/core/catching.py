"""Events that wait, at every position: what they wait for is bound, and what comes with it is received."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bpmn.model import Element, EventDefinition, Trigger
from engine.core import subscriptions, variables
from engine.core.awaited import Awaited
from engine.core.behavior import Behavior
from engine.core.binder import Binder
from engine.core.events import timer
from engine.core.events.conditional import ConditionalEvent
from engine.core.events.message import MessageEvent
from engine.core.events.signal import SignalEvent
from engine.core.events.timer import TimerEvent
from engine.core.graph import Catch, Node
from engine.core.state import ElementInstance, Scope
from engine.core.step import Caught, Complete, Occurrence, Step, Terminate, TimerDue

AWAITED: Mapping[Trigger, Callable[[EventDefinition, Binder], Awaited]] = {
    Trigger.TIMER: lambda definition, binder: TimerEvent(definition.timer, binder),
    Trigger.MESSAGE: MessageEvent,
    Trigger.SIGNAL: SignalEvent,
    Trigger.CONDITIONAL: ConditionalEvent,
}
"""What can be waited for, by its trigger."""


CAUGHT_BY_CODE = frozenset({Trigger.ERROR, Trigger.ESCALATION})
FOUND_WHEN_THROWN = frozenset({Trigger.CANCEL, Trigger.COMPENSATION})
"""What is not waited for: who throws it finds the event (a cancel boundary event), or what that stands for."""


def listen(behavior: Behavior, element: Element, binder: Binder) -> None:
    """Let the behavior of a boundary event or of a start event catch errors and escalations by their code, and wait for
    whatever else it may be about, unless it is found when that is thrown; called when it is made."""
    by_code = tuple(event for event in element.events if event.trigger in CAUGHT_BY_CODE)
    behavior.catches = tuple(
        Catch(each.trigger, None if each.name is None else each.name.text, each.code_variable, each.message_variable)
        for each in by_code
    )
    if by_code and element.parallel_multiple and len(element.events) > 1:
        binder.refuse(
            f"The parallel multiple event '{element.id}' waits for {by_code[0].trigger}, which cannot be executed: "
            "nobody throws it again when the others have come",
            place=element.place,
        )
    passive = CAUGHT_BY_CODE | FOUND_WHEN_THROWN
    wait_for(behavior, bind(element, tuple(event for event in element.events if event.trigger not in passive), binder))


def bind(element: Element, events: tuple[EventDefinition, ...], binder: Binder) -> tuple[Awaited, ...]:
    """What an event (or a receive task) waits for; what cannot be waited for is refused."""
    found = []
    for event in events:
        kind = AWAITED.get(event.trigger)
        if kind is None:
            binder.refuse(
                f"'{element.id}' waits for {event.trigger}, which cannot be executed yet", place=element.place
            )
        else:
            found.append(kind(event, binder))
    return tuple(found)


def wait_for(behavior: Behavior, awaited: tuple[Awaited, ...]) -> None:
    """Let a behavior wait for these; called when it is made."""
    behavior.awaited = awaited
    behavior.timers = tuple(each for each in awaited if isinstance(each, TimerEvent))
    behavior.makes_jobs = behavior.makes_jobs or bool(behavior.timers)
    behavior.makes_subscriptions = len(behavior.timers) < len(awaited)


def receive(step: Step, place: Scope, occurrence: Occurrence, inside: Scope | None = None) -> None:
    """Take the variables that came with an event, seen from the scope that waited for it.

    `inside` is the scope in which the token goes on, if there is one already. Source: Camunda manual, REST API
    "Correlate a Message": processVariables, processVariablesLocal and processVariablesToTriggeredScope.
    """
    if isinstance(occurrence, Caught):
        if inside is place and isinstance(place, ElementInstance):
            variables.set_results(step, place, occurrence.variables)
        else:
            variables.set_values(step, place, occurrence.variables)
        for name, value in occurrence.local_variables.items():
            variables.set_local(step, place, name, value)
        if inside is not None:
            for name, value in occurrence.scope_variables.items():
                variables.set_local(step, inside, name, value)


def is_complete(step: Step, node: Node, place: Scope, occurrence: Occurrence) -> bool:
    """Has all come that the event waits for at `place`?

    One of several definitions is enough, unless the event is a parallel multiple one (BPMN 2.0.2, 10.5.5.12 and 13):
    then what has come is not waited for again until all the others have come too.
    """
    if not node.element.parallel_multiple or len(node.behavior.awaited) < 2:
        return True
    if isinstance(occurrence, Caught):
        subscriptions.close(step, occurrence.subscription)
    waiting = [each for each in step.uow.jobs_of(place) if each.element_id == node.id]
    return not waiting and not subscriptions.of_event(step, node, place)


def go_on(step: Step, node: Node, place: Scope, occurrence: Occurrence) -> None:
    """The event does not interrupt what it belongs to: wait for the next time."""
    if node.element.parallel_multiple and len(node.behavior.awaited) > 1:
        node.behavior.subscribe(step, place)
        return
    if isinstance(occurrence, TimerDue):
        timer.repeat(step, occurrence.job)


def pass_on(step: Step, node: Node, place: Scope, occurrence: Occurrence) -> None:
    """Let the token go on from an event (or receive task) in the flow, at which it waits, or from the event-based
    gateway before it (BPMN 2.0.2, 10.6.6), at which it waits for several of them; that counts as cancelled then, as in
    Camunda's history."""
    if not isinstance(place, ElementInstance) or place.element_id == node.id:
        step.plan(Complete(place))
        return
    arrival = step.arrive(step.definition(place), node, step.parent(place), occurrence=occurrence)
    step.plan(Terminate(place, tell=False), arrival)
