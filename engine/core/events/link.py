"""linkEventDefinition (BPMN 2.0.2, 10.5.5.7): a sequence flow of which only the two ends are drawn."""

from __future__ import annotations

from bpmn.model import EventDefinition
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Instruction, Step
from engine.core.thrown import Thrown


class LinkThrow(Thrown):
    """Sends the token on to the link event of the same name in the same scope."""

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.target_id = binder.process.link_target(binder.node.element) or ""

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        definition = step.definition(element)
        step.plan(then, step.arrive(definition, definition.nodes[self.target_id], step.parent(element)))
