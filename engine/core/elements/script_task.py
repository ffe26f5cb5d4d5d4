"""scriptTask (BPMN 2.0.2, 10.3.3) in an expression language."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import host, variables
from engine.core.behavior import DONE, Behavior, Entered
from engine.core.binder import NOTHING, Binder
from engine.core.state import ElementInstance
from engine.core.step import Step


class ScriptTask(Behavior):
    """Runs its script in the step and puts the value into `camunda:resultVariable`."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.script = NOTHING if element.script is None else binder.compile(element.script)
        self.result_variable = element.result_variable
        if element.implementation is not None:
            binder.refuse(
                f"The script task '{element.id}' is run by a job, which cannot be executed yet", place=element.place
            )

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        value = host.evaluate(step, self.script, element)
        if self.result_variable is not None:
            variables.set_value(step, element, self.result_variable, value)
        return DONE
