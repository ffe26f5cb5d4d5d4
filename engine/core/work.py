"""What an element's implementation asks for: an expression evaluated in the step, or a job for somebody else."""

from __future__ import annotations

import json

from bpmn.model import Element, Implementation
from engine.core import host, jobs, variables
from engine.core.behavior import DONE, WAITS, Entered
from engine.core.binder import Binder
from engine.core.payload import plain
from engine.core.state import ElementInstance, Job
from engine.core.step import Activate, Complete, Step, WorkCompleted
from engine.errors import ExecutionFailed
from engine.expression import CompiledExpression

CONNECTORS = frozenset({"http-connector"})
"""Connectors that are built in; each is a topic of its own."""


class Work:
    """Of service-like tasks and of thrown message events (Camunda manual, "Service Task", "External Tasks")."""

    def __init__(self, element: Element, implementation: Implementation, binder: Binder, *, number: int = 0) -> None:
        """`number` tells the works of one element from each other."""
        self.id, self.number = element.id, number
        self.expression = binder.optional(implementation.expression)
        self.result_variable = implementation.result_variable
        self.topic: CompiledExpression | None = None
        self.task_priority = binder.optional(implementation.task_priority or binder.process.task_priority)
        self.retries = binder.optional(implementation.retries)
        self.headers = dict(implementation.headers)
        self.fields = tuple((each.name, binder.compile(each.value)) for each in implementation.fields)
        self.error_mappings = tuple(
            (binder.error_code(each.error_ref), binder.compile(each.expression))
            for each in implementation.error_mappings
        )
        connector = implementation.connector_io
        self.connector_inputs = () if connector is None else binder.parameters(connector.inputs)
        self.connector_outputs = () if connector is None else binder.parameters(connector.outputs)
        if self.expression is None:
            self._bind_topic(element, implementation, binder)

    def _bind_topic(self, element: Element, implementation: Implementation, binder: Binder) -> None:
        if implementation.topic is not None:
            self.topic = binder.compile(implementation.topic)
        elif implementation.class_name is not None or implementation.delegate_expression is not None:
            self.topic = self._handler(element, implementation, binder)
        elif implementation.connector_id is not None:
            if implementation.connector_id not in CONNECTORS:
                binder.warn(
                    f"'{element.id}' uses the connector '{implementation.connector_id}', which is not built in: a "
                    "handler or worker of this name has to do the work",
                    place=element.place,
                )
            self.topic = binder.constant(implementation.connector_id)
        elif implementation.built_in is not None:
            binder.warn(
                f"'{element.id}' is a task of the type '{implementation.built_in}', which is not built in: a handler "
                "or worker of this name has to do the work",
                place=element.place,
            )
            self.topic = binder.constant(implementation.built_in)

    @staticmethod
    def _handler(element: Element, implementation: Implementation, binder: Binder) -> CompiledExpression | None:
        """The name of the handler; a delegate expression that does not say it at once is to give it when evaluated."""
        name = binder.handler(implementation)
        if name is not None:
            return binder.constant(name)
        given = implementation.delegate_expression
        if given is not None:
            binder.warn(
                f"The delegate expression of '{element.id}' names no handler, as ${{chargeCard}} does: '{given.text}' "
                "is evaluated when it is reached, and must give the name of one",
                place=implementation.place,
            )
        return binder.optional(given)

    @property
    def makes_jobs(self) -> bool:
        """Is it done by somebody else, later?"""
        return self.topic is not None

    def made(self, job: Job) -> bool:
        """Is it this that a job of the element is for?"""
        return self.number == (json.loads(job.payload).get("number", 0) if job.payload else 0)

    def begin(self, step: Step, element: ElementInstance) -> Entered:
        """Do it, or make the job for it."""
        if self.expression is not None:
            value = host.evaluate(step, self.expression, element)
            if self.result_variable is not None:
                variables.set_results(step, element, {self.result_variable: value})
            return DONE
        topic = None if self.topic is None else host.evaluate_text(step, self.topic, element)
        if not topic:
            raise ExecutionFailed("The topic of the work is null or empty", self.id)
        node = step.node(element)
        job = jobs.at(step, node, element, jobs.WORK)
        job.topic = topic
        job.priority = jobs.priority(step, self.task_priority, element)
        job.retries = self._retries(step, element)
        job.payload = self._payload(step, element)
        jobs.begin(step, job)
        if job.retries == 0:
            job.error_message = "The model gives the work no retries"
            jobs.set_retries(step, job, 0)
        return WAITS

    def trigger(self, step: Step, element: ElementInstance, event: WorkCompleted) -> None:
        """The work has been done: take its result, and go on."""
        if isinstance(event.result, Activate):
            raise ExecutionFailed("The result tells what to activate, and this is no ad-hoc sub-process", self.id)
        self.take(step, element, event)
        step.plan(Complete(element))

    def take(self, step: Step, element: ElementInstance, event: WorkCompleted) -> None:
        """Take the result of the work."""
        if event.result is not None and self.result_variable is not None:
            variables.set_results(step, element, {self.result_variable: event.result})
        for each in self.connector_outputs:
            variables.set_value(step, element, each.name, host.evaluate_parameter(step, each.value, element))

    def mapped_error(self, step: Step, element: ElementInstance, job: Job) -> str | None:
        """The code of the error that the model makes of what a worker reported; None for none."""
        for code, expression in self.error_mappings:
            if host.evaluate(step, expression, element, job=job) is True:
                return code
        return None

    def _retries(self, step: Step, element: ElementInstance) -> int | None:
        if self.retries is None:
            return None
        value = host.evaluate(step, self.retries, element)
        if isinstance(value, str) and value.strip().isdigit():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ExecutionFailed(f"The retries of the work must be a whole number from 0, not {value!r}", self.id)
        return int(value)

    def _payload(self, step: Step, element: ElementInstance) -> str | None:
        payload: dict[str, object] = {"number": self.number} if self.number else {}
        if self.headers:
            payload["headers"] = self.headers
        if self.fields:
            payload["fields"] = {name: plain(host.evaluate(step, each, element)) for name, each in self.fields}
        if self.connector_inputs:
            payload["inputs"] = {
                each.name: plain(host.evaluate_parameter(step, each.value, element)) for each in self.connector_inputs
            }
        return json.dumps(payload) if payload else None
