"""Commands on jobs (Camunda manual, REST API "Job")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import timers
from engine.core import broadcasts, driver, incidents, instances, jobs, messages, payload
from engine.core.commands import Command, Target, ensure_active, execution, job
from engine.core.events import timer
from engine.core.graph import Definition, Node
from engine.core.lifecycle import IncidentState, JobState
from engine.core.retries import next_attempt
from engine.core.state import ElementInstance, Incident, Job, Scope
from engine.core.step import Deliver, Step, TimerDue
from engine.core.unit_of_work import DefinitionBy
from engine.errors import BadRequest, Conflict, LeaseLost, NotFound, Suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCommand(Command[None]):
    """A command on one job. `lease`: of the claim; None for somebody who has claimed nothing."""

    id: int
    lease: int | None = None

    @property
    def target(self) -> Target:
        return job(self.id)

    def the_job(self, step: Step) -> Job:
        """The job, about to be changed. Raises LeaseLost."""
        found = step.uow.jobs[self.id]
        if self.lease is not None and self.lease != found.lease_token:
            raise LeaseLost(f"Job {self.id} has been given to somebody else, or ended: this result comes too late")
        step.uow.touch(found)
        return found

    def the_active_job(self, step: Step) -> Job:
        """The job, about to be changed, to be done. Raises LeaseLost, Suspended."""
        found = self.the_job(step)
        if found.suspended:
            raise Suspended("job", self.id)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginJob(Command[int]):
    """Let a job that belongs to no instance wait for its time; gives its id."""

    kind: str
    due_at: datetime
    payload: str

    def run(self, step: Step) -> int:
        made = Job(
            id=step.next_id(),
            kind=self.kind,
            due_at=self.due_at,
            payload=self.payload,
            retries=jobs.DEFAULT_RETRIES,
            exclusive=False,
            created_at=step.now,
        )
        return jobs.begin(step, made).id


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteJob(JobCommand):
    """What a job that belongs to no instance was for has been done."""

    def run(self, step: Step) -> None:
        jobs.end(step, self.the_active_job(step), JobState.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteJob(JobCommand):
    """Do a job now, whenever it is due: take on the token that waits for it, or let the time of a timer have come."""

    def run(self, step: Step) -> None:
        found = self.the_active_job(step)
        ensure_active(step, found.process_instance_id)
        if found.kind == jobs.WORK:
            raise Conflict(f"Job {self.id} is work for '{found.topic}': its worker completes it")
        match found.kind:
            case jobs.SIGNAL:
                jobs.end(step, found, JobState.DONE)
                broadcasts.go_on(step, found)
            case jobs.EVENT:
                self._bring(step, found)
            case jobs.TIMER:
                self._time_has_come(step, found)
            case _:
                driver.resume(step, found)
        driver.run(step)

    @staticmethod
    def _bring(step: Step, found: Job) -> None:
        """What a subscription or a definition waited for came earlier, and is brought now."""
        given = json.loads(found.payload or "{}")
        variables = payload.load(given["variables"])
        if found.process_instance_id is None:
            _start(step, found, variables, given["businessKey"])
            return
        jobs.end(step, found, JobState.DONE)
        place, _ = _place(step, found)
        for subscription in [] if place is None else step.uow.subscriptions_of(place):
            if subscription.id == given["subscription"]:
                step.plan(Deliver(subscription, variables))

    @staticmethod
    def _time_has_come(step: Step, found: Job) -> None:
        place, node = _place(step, found)
        if place is None or node is None:
            _start(step, found, {}, None)
            return
        jobs.end(step, found, JobState.DONE)
        node.behavior.caught(step, place, TimerDue(found))


def _place(step: Step, found: Job) -> tuple[Scope | None, Node | None]:
    """The scope that a job is at (none: the job starts instances), and the element it is about, if any."""
    place: Scope
    if found.definition_id is None:
        return None, None
    if found.process_instance_id is None:
        return None, _definition(step, found)[0].nodes[found.element_id or ""]
    if found.element_instance_id is None:
        place = step.uow.instance(found.process_instance_id)
    else:
        place = step.uow.element(found.element_instance_id)
    return place, step.definition(place).nodes[found.element_id or ""]


def _definition(step: Step, found: Job) -> tuple[Definition, bool]:
    """The definition whose instances a job starts, and whether it is suspended."""
    answer = step.definitions.find(DefinitionBy(definition_id=found.definition_id))
    if answer is None:
        raise NotFound("process definition", found.definition_id)
    return answer


def _start(step: Step, found: Job, given: Mapping[str, object], business_key: str | None) -> None:
    """What a start event waits for has come: start an instance there; a timer waits for its next time."""
    definition, suspended = _definition(step, found)
    if suspended:
        raise Suspended("process definition", definition.reference)
    jobs.end(step, found, JobState.DONE)
    timer.repeat(step, found)
    start = definition.nodes[found.element_id or ""]
    made = instances.make(step, definition, start=start, business_key=business_key)
    instances.begin(step, definition, made, start, given)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailJob(JobCommand):
    """Doing a job has failed: it is tried again as the model says, or an incident is opened."""

    message: str | None = None
    details: str | None = None
    element_id: str | None = None
    """Where the process could not go on, if that is known."""
    least_retries: int = 0
    """So many attempts are left in any case."""
    retry_after: timedelta | None = None
    """How long the next attempt waits; None: as the model says, else not at all."""

    def run(self, step: Step) -> None:
        found = self.the_job(step)
        failed_before = found.error_message is not None
        place, node = _place(step, found)
        if found.kind == jobs.TIMER and node is not None and timer.repeats(node):
            # The cycle goes on, whatever becomes of this time: the job that is tried again has no part in it any more.
            timer.repeat(step, found)
            found.repeat = None
        attempt = next_attempt(step, node, found, place, default=jobs.DEFAULT_RETRIES, failed_before=failed_before)
        retry_after = self.retry_after
        if found.kind == jobs.MESSAGE and attempt.at is None:
            retry_after = retry_after or jobs.SEND_AGAIN
        jobs.fail(
            step,
            found,
            retries=max(attempt.retries, self.least_retries),
            retry_at=attempt.at if retry_after is None else step.now + retry_after,
            message=self.message or "",
            details=self.details,
            failed_element_id=self.element_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRetries(JobCommand):
    """Give a job so many more attempts: its incident is resolved; with none, one is opened."""

    retries: int
    due_at: datetime | None = None

    def run(self, step: Step) -> None:
        if self.retries < 0:
            raise BadRequest("The number of job retries must be a non-negative Integer")
        found = self.the_job(step)
        jobs.set_retries(step, found, self.retries)
        if self.due_at is not None:
            found.due_at = self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority(JobCommand):
    """Of several jobs that are due, the one of the highest priority goes first."""

    priority: int

    def run(self, step: Step) -> None:
        self.the_job(step).priority = self.priority


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDueDate(JobCommand):
    """Let a job be due at another time; None: now.

    A repeating timer goes on as it would have, or with `cascade` is moved as a whole.
    """

    due_at: datetime | None
    cascade: bool = False

    def run(self, step: Step) -> None:
        found = self.the_job(step)
        if self.cascade and self.due_at is not None and found.due_at is not None and found.repeat is not None:
            found.repeat = timers.shifted(found.repeat, self.due_at - found.due_at)
        found.due_at = self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalculateDueDate(JobCommand):
    """Read a timer again and let it be due as it says now: counted from the present, or from when the job was made."""

    from_creation: bool = True

    def run(self, step: Step) -> None:
        found = self.the_job(step)
        base = found.created_at if self.from_creation else step.now
        place, node = _place(step, found)
        if found.kind != jobs.TIMER or node is None:
            raise BadRequest(f"Job {self.id} is no timer: it has no due date to be calculated")
        due = node.behavior.due(step, found, place, base)
        found.due_at, found.repeat = due.due_at, due.repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSuspended(JobCommand):
    """Let a job wait until it is activated again."""

    suspended: bool

    def run(self, step: Step) -> None:
        self.the_job(step).suspended = self.suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteJob(JobCommand):
    """Delete a job for good: what waits for it waits until somebody moves it, and what it holds is not kept."""

    def run(self, step: Step) -> None:
        found = self.the_job(step)
        jobs.end(step, found, JobState.CANCELLED)
        messages.withdraw(step, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIncident(Command[int]):
    """Report that something keeps an activity from going on, which a person has to put right; gives the incident's id.

    `id` is that of an execution: of the element instance, or of the scope in which it is alone. One of the kind of a
    failed job, with the id of a job of this tree as its configuration, is over when that job is, or gets retries again.
    """

    id: int
    kind: str
    configuration: str | None = None
    message: str | None = None

    @property
    def target(self) -> Target:
        return execution(self.id)

    def run(self, step: Step) -> int:
        scope = step.uow.scope(self.id)
        found = [child for child in step.uow.children(scope) if child.execution_id == self.id]
        if not found and isinstance(scope, ElementInstance):
            found = [scope]
        if len(found) != 1:
            raise BadRequest("Execution must be related to an activity: activity is null")
        return incidents.report(step, found[0], self.kind, self.configuration, self.message).id


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveIncident(Command[None]):
    """Say that what was wrong has been put right; one about a job is resolved by giving that retries."""

    id: int

    @property
    def target(self) -> Target:
        return Target(self.id, (Incident,), "incident")

    def run(self, step: Step) -> None:
        incident = step.uow.incident(self.id)
        if incident.kind in incidents.JOB_INCIDENTS:
            raise BadRequest(f"Cannot resolve an incident of type {incident.kind}: set the retries of its job instead")
        incidents.resolve(step, incident, IncidentState.RESOLVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotateIncident(Command[None]):
    """Keep a note with an incident; None takes it away."""

    id: int
    annotation: str | None

    @property
    def target(self) -> Target:
        return Target(self.id, (Incident,), "incident")

    def run(self, step: Step) -> None:
        incident = step.uow.incident(self.id)
        step.uow.touch(incident)
        incident.annotation = self.annotation
