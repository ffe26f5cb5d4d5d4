"""startEvent (BPMN 2.0.2, 10.5.2): the token's way into a process or a sub-process."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import catching, interruption, variables
from engine.core.behavior import DONE, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance, Scope
from engine.core.step import Occurrence, Step


class StartEvent(Behavior):
    """A none start event, or one that waits: with the definition to start instances, or of an event sub-process while
    the scope around that is active. `camunda:initiator` names the variable that gets the starter's id."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.initiator = element.initiator
        catching.listen(self, element, binder)
        if element.scope is None and element.parallel_multiple and len(element.events) > 1:
            binder.refuse(
                f"The start event '{element.id}' starts instances when several events have come, which cannot be "
                "executed: nobody can tell which of them belong together. Start with one, and wait for the others",
                place=element.place,
            )

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.initiator is not None and step.user is not None:
            variables.set_value(step, step.process_instance(element), self.initiator, step.user)
        return DONE

    def caught(self, step: Step, place: Scope, occurrence: Occurrence) -> None:
        """`place` is the scope around the event sub-process that it starts."""
        catching.receive(step, place, occurrence)
        if not catching.is_complete(step, self.node, place, occurrence):
            return
        if not self.node.element.interrupting:
            catching.go_on(step, self.node, place, occurrence)
        interruption.start_event_sub_process(step, place, self.node, occurrence)
