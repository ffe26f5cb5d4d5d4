"""scriptTask (BPMN 2.0.2, 10.3.3; Camunda manual, "Script Task", "Throw BPMN Errors from Delegation Code")."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import host, variables
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import NOTHING, Binder
from engine.core.events import error
from engine.core.state import ElementInstance, Job
from engine.core.step import Complete, Step, WorkCompleted
from engine.core.work import Work
from engine.errors import ExecutionFailed
from engine.expression import ErrorThrown


class ScriptTask(Behavior):
    """Runs its script in the step, for `camunda:resultVariable`; or is work, where a job type is named.

    A BPMN error that the script throws goes to the nearest boundary event that catches it; uncaught, the path ends.
    """

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.script = NOTHING if element.script is None else binder.compile(element.script)
        self.result_variable = element.result_variable
        self.work = None if element.implementation is None else Work(element, element.implementation, binder)
        self.makes_jobs = self.work is not None and self.work.makes_jobs

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.work is not None:
            return self.work.begin(step, element)
        try:
            value = host.run_script(step, self.script, element)
        except ErrorThrown as thrown:
            if not error.throw(step, element, thrown.code, thrown.message):
                step.plan(Complete(element, ends=True))
            return WAITS
        except ExecutionFailed as failed:
            if not error.throw_failure(step, element, failed):
                raise
            return WAITS
        if self.result_variable is not None:
            variables.set_results(step, element, {self.result_variable: value})
        return DONE

    def work_of(self, job: Job) -> Work | None:
        return self.work

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if self.work is not None and isinstance(event, WorkCompleted):
            self.work.trigger(step, element, event)
        else:
            super().trigger(step, element, event)
