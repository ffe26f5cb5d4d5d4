"""subProcess with triggeredByEvent (BPMN 2.0.2, 10.3.5.1 "Event Sub-Process"; Camunda manual, "Event Subprocess")."""

from __future__ import annotations

from bpmn.model import Element
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Step


class EventSubProcess(Behavior):
    """Entered when its start event has caught what it waits for in the scope around; the token begins there."""

    needs_execution = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.start_id = next((id for id in element.children if not binder.process.elements[id].incoming), "")

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        definition = step.definition(element)
        step.plan(step.arrive(definition, definition.nodes[self.start_id], element))
        return WAITS
