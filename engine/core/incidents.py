"""Incidents: what keeps an instance from going on until somebody acts (Camunda manual, "Incidents")."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.lifecycle import INCIDENT, IncidentState, fire
from engine.core.state import (
    FAILED_EXTERNAL_TASK,
    FAILED_JOB,
    JOB_INCIDENTS,
    ElementInstance,
    Incident,
    Job,
    Scope,
)
from engine.core.step import Step

__all__ = [
    "FAILED_EXTERNAL_TASK",
    "FAILED_JOB",
    "JOB_INCIDENTS",
    "close",
    "close_at",
    "close_for",
    "open_for",
    "report",
    "resolve",
]


def open_for(step: Step, job: Job, message: str | None) -> None:
    """A job has no retries left: an incident where it is, and one in every instance that called that one.

    One of a job that somebody has reported already is enough, as in Camunda.
    """
    kind = FAILED_EXTERNAL_TASK if job.kind == "work" else FAILED_JOB
    place: Scope | None = None
    if job.element_instance_id is not None:
        place = step.uow.element(job.element_instance_id)
    elif job.process_instance_id is not None:
        place = step.uow.instance(job.process_instance_id)
    may_be_reported = kind == FAILED_JOB and isinstance(place, ElementInstance) and place.reported
    if may_be_reported and any(each.kind == kind for each in step.uow.incidents_of(job)):
        return
    below = _open(step, kind, place, job, message, None)
    for caller in _callers(step, place):
        below = _open(step, kind, caller, job, message, below)


def _callers(step: Step, place: Scope | None) -> Iterator[ElementInstance]:
    """The element instances that called the process instance of a place, and what that is in, from inside out."""
    while place is not None:
        caller = step.process_instance(place).caller_id
        place = None if caller is None else step.uow.element(caller)
        if place is not None:
            yield place


def _open(
    step: Step, kind: str, place: Scope | None, job: Job, message: str | None, below: Incident | None
) -> Incident:
    id = step.next_id()
    instance = None if place is None else step.process_instance(place)
    element = place if isinstance(place, ElementInstance) else None
    incident = Incident(
        id=id,
        kind=kind,
        process_instance_id=None if instance is None else instance.id,
        root_id=None if instance is None else instance.root_id,
        element_instance_id=None if element is None else element.id,
        execution_id=element.execution_id if element is not None else None if instance is None else instance.id,
        definition_id=job.definition_id if place is None else place.definition_id,
        element_id=job.element_id if element is None else element.element_id,
        failed_element_id=job.failed_element_id or job.element_id,
        job_definition_id=job.job_definition_id if below is None else None,
        tenant_id=job.tenant_id,
        configuration=str(job.id),
        message=message,
        cause_id=id if below is None else below.id,
        root_cause_id=id if below is None else below.root_cause_id,
        created_at=step.now,
    )
    fire(INCIDENT, incident, IncidentState.OPEN, born=True)
    return step.uow.add(incident)


def report(step: Step, element: ElementInstance, kind: str, configuration: str | None, message: str | None) -> Incident:
    """Somebody reports an incident at an element instance; there is one in every instance that called that one, too."""
    first = below = _report(step, element, kind, configuration, message, None)
    for caller in _callers(step, element):
        below = _report(step, caller, kind, configuration, message, below)
    return first


def _report(
    step: Step,
    element: ElementInstance,
    kind: str,
    configuration: str | None,
    message: str | None,
    below: Incident | None,
) -> Incident:
    step.uow.touch(element)
    element.reported = True
    id = step.next_id()
    incident = Incident(
        id=id,
        kind=kind,
        process_instance_id=element.process_instance_id,
        root_id=element.root_id,
        element_instance_id=element.id,
        execution_id=element.execution_id,
        definition_id=element.definition_id,
        element_id=element.element_id,
        failed_element_id=None if below is None else element.element_id,
        tenant_id=element.tenant_id,
        configuration=configuration,
        message=message,
        cause_id=id if below is None else below.id,
        root_cause_id=id if below is None else below.root_cause_id,
        reported=True,
        created_at=step.now,
    )
    fire(INCIDENT, incident, IncidentState.OPEN, born=True)
    return step.uow.add(incident)


def close_for(step: Step, job: Job, state: IncidentState) -> None:
    """What was wrong with a job has been put right (RESOLVED), or is not wanted any more (DELETED)."""
    for incident in step.uow.incidents_of(job):
        close(step, incident, state)


def close_at(step: Step, element: ElementInstance) -> None:
    """An element instance has ended: nobody wants what was reported there any more."""
    if element.reported:
        for incident in step.uow.reported_in(element.root_id):
            if incident.element_instance_id == element.id and incident.ended_at is None:
                resolve(step, incident, IncidentState.DELETED)


def resolve(step: Step, incident: Incident, state: IncidentState) -> None:
    """A reported incident is over, and so are those that it has caused in the instances around."""
    known = [] if incident.root_id is None else step.uow.reported_in(incident.root_id)
    caused: Incident | None = incident
    while caused is not None:
        close(step, caused, state)
        cause = caused.id
        caused = next((each for each in known if each.cause_id == cause and each.id != cause), None)


def close(step: Step, incident: Incident, state: IncidentState) -> None:
    """The incident is over."""
    step.uow.touch(incident)
    fire(INCIDENT, incident, state)
    incident.ended_at = step.now
