"""startEvent (BPMN 2.0.2, 10.5.2): the token's way into a process or a sub-process."""

from __future__ import annotations

from bpmn.model import Element, Trigger
from engine.core import catching, interruption, variables
from engine.core.behavior import DONE, Behavior, Entered
from engine.core.binder import Binder
from engine.core.graph import Catch
from engine.core.state import ElementInstance, Scope
from engine.core.step import Occurrence, Step

CAUGHT_BY_CODE = frozenset({Trigger.ERROR, Trigger.ESCALATION})


class StartEvent(Behavior):
    """A none start event, or one that waits: with the definition to start instances, or of an event sub-process while
    the scope around that is active. `camunda:initiator` names the variable that gets the starter's id."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.initiator = element.initiator
        event = element.events[0] if len(element.events) == 1 else None
        if event is not None and event.trigger in CAUGHT_BY_CODE and element.scope is not None:
            code = None if event.name is None else event.name.text
            self.catch = Catch(event.trigger, code, event.code_variable, event.message_variable, element.interrupting)
        else:
            catching.wait_for(self, catching.bind(element, element.events, binder))

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.initiator is not None and step.user is not None:
            variables.set_value(step, step.process_instance(element), self.initiator, step.user)
        return DONE

    def caught(self, step: Step, place: Scope, occurrence: Occurrence) -> None:
        """`place` is the scope around the event sub-process that it starts."""
        catching.receive(step, place, occurrence)
        if not catching.is_complete(step, self.node, place, occurrence):
            return
        if self.node.element.interrupting:
            self._stop_waiting(step, place)
        else:
            catching.go_on(step, self.node, place, occurrence)
        interruption.start_event_sub_process(step, place, self.node)

    @staticmethod
    def _stop_waiting(step: Step, place: Scope) -> None:
        """What the scope held is cancelled: no event sub-process is started in it any more."""
        definition = step.definition(place)
        starts = (
            definition.nodes[place.element_id].event_starts
            if isinstance(place, ElementInstance)
            else definition.event_starts
        )
        for start in starts:
            catching.stop_waiting(step, start, place)
