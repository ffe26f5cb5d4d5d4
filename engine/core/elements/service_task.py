"""serviceTask, sendTask and businessRuleTask (BPMN 2.0.2, 10.3.3, and Camunda manual, "Service Task")."""

from __future__ import annotations

from bpmn.model import Element, Implementation
from engine.core import host, variables
from engine.core.behavior import DONE, Behavior, Entered
from engine.core.binder import NOTHING, Binder
from engine.core.state import ElementInstance
from engine.core.step import Step


class ServiceTask(Behavior):
    """Evaluates `camunda:expression` in the step and puts its value into `camunda:resultVariable`."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        implementation = element.implementation or Implementation()
        self.expression, self.result_variable = NOTHING, implementation.result_variable
        if implementation.expression is not None:
            self.expression = binder.compile(implementation.expression)
        elif (way := _way(implementation)) is not None:
            binder.refuse(
                f"'{element.id}' is implemented by {way}, which cannot be executed yet; camunda:expression can",
                place=element.place,
            )

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        value = host.evaluate(step, self.expression, element)
        if self.result_variable is not None:
            variables.set_value(step, element, self.result_variable, value)
        return DONE


def _way(implementation: Implementation) -> str | None:
    """What is named to run, in words; None if nothing is, which a rule of the model refuses."""
    ways = {
        "an external task": implementation.topic,
        "a class": implementation.class_name,
        "a delegate expression": implementation.delegate_expression,
        "a connector": implementation.connector_id,
        "a decision": implementation.decision,
        "a script": implementation.script,
    }
    return next((way for way, given in ways.items() if given is not None), None)
