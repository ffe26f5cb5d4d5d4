"""serviceTask and sendTask (BPMN 2.0.2, 10.3.3; Camunda manual, "Service Task")."""

from __future__ import annotations

from bpmn.model import Element, Implementation
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.events import error
from engine.core.sending import Sending
from engine.core.state import ElementInstance, Job
from engine.core.step import Step, WorkCompleted
from engine.core.work import Work
from engine.errors import ExecutionFailed


class ServiceTask(Behavior):
    """Does what its implementation says: at once, or through a job. A send task without one has its message brought."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.work = Work(element, element.implementation or Implementation(), binder)
        self.makes_jobs = self.needs_execution = self.work.makes_jobs
        self.sending: Sending | None = None
        if element.message is not None and not self.makes_jobs and self.work.expression is None:
            self.sending = Sending(element.message, binder)

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.sending is not None:
            self.sending.send(step, element)
            return DONE
        try:
            return self.work.begin(step, element)
        except ExecutionFailed as failed:
            if not error.throw_failure(step, element, failed):
                raise
            return WAITS

    def work_of(self, job: Job) -> Work | None:
        return self.work

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if isinstance(event, WorkCompleted):
            self.work.trigger(step, element, event)
        else:
            super().trigger(step, element, event)
