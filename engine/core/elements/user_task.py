"""userTask (BPMN 2.0.2, 10.3.4; Camunda manual, "User Task"): work for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bpmn.model import Element, Form, UserTask
from engine.core import host, identity_links, jobs, listeners, state, user_tasks
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.events import timer
from engine.core.events.timer import TimerEvent
from engine.core.lifecycle import TASK, JobState, TaskState, fire
from engine.core.state import ElementInstance, Job, Scope
from engine.core.step import Complete, Step, TaskCompleted, TimerDue
from engine.errors import ExecutionFailed
from engine.expression import CompiledExpression
from engine.iso8601 import InvalidISO8601, parse_date, parse_duration
from engine.timers import Timer
from engine.values import JsonValue, ObjectValue

DEFAULT_PRIORITY = 50


class UserTaskBehavior(Behavior):
    """Makes the task when it is entered, and waits for its completion."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        spec = element.user_task or UserTask()
        form = spec.form or Form()
        self.name = binder.text(element.name)
        self.description = binder.text(element.documentation)
        self.assignee = binder.optional(spec.assignee)
        self.candidate_users = tuple(map(binder.compile, spec.candidate_users))
        self.candidate_groups = tuple(map(binder.compile, spec.candidate_groups))
        self.has_candidates = bool(self.candidate_users or self.candidate_groups)
        self.due_date = binder.optional(spec.due_date)
        self.follow_up_date = binder.optional(spec.follow_up_date)
        self.priority = binder.optional(spec.priority)
        self.form_key = binder.optional(form.key)
        self.form_ref = None if form.reference is None else binder.compile(form.reference.key)
        self.form_version = (
            None if form.reference is None else binder.optional(form.reference.version or form.reference.version_tag)
        )
        self.form_binding = None if form.reference is None else str(form.reference.binding)
        self.task_listeners = binder.listeners(each for each in spec.listeners if each.timer is None)
        self.timeouts = {
            id: (TimerEvent(listener.timer, binder), bound) for id, listener, bound in binder.timeouts(spec.listeners)
        }
        self.timers = tuple(timeout for timeout, _ in self.timeouts.values())
        self.makes_jobs = bool(self.timeouts)
        timed = (bound for _, bound in self.timeouts.values())
        self.hands_over = any(each.topic is not None for each in (*self.task_listeners, *timed))

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        assignee = self._text(step, self.assignee, element) or None
        task = state.UserTask(
            id=step.next_id(),
            process_instance_id=element.process_instance_id,
            root_id=element.root_id,
            element_instance_id=element.id,
            execution_id=element.execution_id,
            definition_id=element.definition_id,
            element_id=element.element_id,
            tenant_id=element.tenant_id,
            name=self._text(step, self.name, element),
            description=self._text(step, self.description, element),
            assignee=assignee,
            given_at=identity_links.given_at(step, assignee),
            priority=self._priority(step, element),
            due_at=self._date(step, self.due_date, element, "due date"),
            follow_up_at=self._date(step, self.follow_up_date, element, "follow-up date"),
            form_key=self._text(step, self.form_key, element),
            form_ref=self._text(step, self.form_ref, element),
            form_ref_binding=self.form_binding,
            form_ref_version=self._text(step, self.form_version, element),
            created_at=step.now,
        )
        fire(TASK, task, TaskState.CREATED, born=True)
        step.uow.add(task)
        element.user_task_id = task.id
        for user in self._names(step, self.candidate_users, element):
            identity_links.link(step, task, "candidate", user, None, modelled=True)
        for group in self._names(step, self.candidate_groups, element):
            identity_links.link(step, task, "candidate", None, group, modelled=True)
        user_tasks.created(step, task)
        for id, (timeout, _) in self.timeouts.items():
            timeout.schedule(step, self.node, element, payload=id)
        return WAITS

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if isinstance(event, TimerDue):
            self._time_out(step, element, event.job)
            return
        if not isinstance(event, TaskCompleted):
            super().trigger(step, element, event)
            return
        user_tasks.notify(step, event.task, user_tasks.COMPLETE)
        user_tasks.end(step, event.task, TaskState.COMPLETED, user_tasks.COMPLETED)
        step.plan(Complete(element))

    def due(self, step: Step, job: Job, place: Scope | None, base: datetime) -> Timer:
        if job.payload not in self.timeouts:
            return super().due(step, job, place, base)
        return self.timeouts[job.payload][0].first(step, place, self.node.id, base)

    def migrated(self, step: Step, element: ElementInstance, timers: Sequence[Job], *, update: bool) -> None:
        """Its timeout listeners go on by their ids."""
        known = {job.payload or "": job for job in timers}
        for id, job in known.items():
            if id not in self.timeouts:
                jobs.end(step, job, JobState.CANCELLED)
            elif update:
                self.timeouts[id][0].renew(step, self.node, element, job)
        for id, (timeout, _) in self.timeouts.items():
            if id not in known:
                timeout.schedule(step, self.node, element, payload=id)

    def _time_out(self, step: Step, element: ElementInstance, job: Job) -> None:
        """The time of a timeout listener has come; the task goes on."""
        task = step.uow.task(element.user_task_id or 0)
        listeners.notify_task(step, self.node, element, [self.timeouts[job.payload or ""][1]], "timeout", task)
        timer.repeat(step, job)

    def cancel(self, step: Step, element: ElementInstance) -> None:
        task = None if element.user_task_id is None else step.uow.task(element.user_task_id)
        if task is not None and task.ended_at is None:
            user_tasks.notify(step, task, user_tasks.DELETE)
            user_tasks.end(step, task, TaskState.DELETED, step.cancel_reason or user_tasks.DELETED)

    @staticmethod
    def _text(step: Step, expression: CompiledExpression | None, element: ElementInstance) -> str | None:
        return None if expression is None else host.evaluate_text(step, expression, element)

    def _priority(self, step: Step, element: ElementInstance) -> int:
        if self.priority is None:
            return DEFAULT_PRIORITY
        return _number(host.evaluate(step, self.priority, element), element)

    @staticmethod
    def _date(
        step: Step, expression: CompiledExpression | None, element: ElementInstance, what: str
    ) -> datetime | None:
        """A date, or a text with an ISO 8601 date or a duration from now."""
        value = None if expression is None else host.evaluate(step, expression, element)
        if value is None or isinstance(value, datetime):
            return value
        if isinstance(value, str):
            try:
                return parse_duration(value).add_to(step.now) if value.startswith("P") else parse_date(value)
            except InvalidISO8601 as problem:
                raise ExecutionFailed(
                    f"The {what} is no ISO 8601 date or duration: {problem}", element.element_id
                ) from None
        raise ExecutionFailed(f"The {what} must be a date or a text with one, not {value!r}", element.element_id)

    @staticmethod
    def _names(step: Step, expressions: tuple[CompiledExpression, ...], element: ElementInstance) -> Iterator[str]:
        """Users or groups: each expression gives one, several separated by commas, or a collection."""
        for expression in expressions:
            value = host.evaluate(step, expression, element)
            if isinstance(value, JsonValue | ObjectValue):
                value = value.node
            if value is None:
                continue
            if isinstance(value, str):
                yield from filter(None, (name.strip() for name in value.split(",")))
            elif isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
                yield from value
            else:
                raise ExecutionFailed(
                    f"'{expression.source}' must give a text or a collection of texts, not {value!r}",
                    element.element_id,
                )


def _number(value: object, element: ElementInstance) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        try:
            return int(value.strip())
        except ValueError:
            pass
    raise ExecutionFailed(f"A task's priority must be a whole number, not {value!r}", element.element_id)
