"""What makes jobs in process definitions, over REST (Camunda manual, REST API, "Job Definition")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from api.errors import INVALID_REQUEST, Answer, refuse
from api.resources.jobs import select, tenant_of
from api.routing import Body, Routes, ThingId, read_date
from api.shapes import JobDefinition, show_job_definition
from engine import Engine
from engine.errors import BadRequest
from engine.services.jobs import Selection
from engine.services.queries import JOB_DEFINITIONS as TABLE
from engine.services.queries import JobDefinitionView, parse_id

JOB_DEFINITIONS = Routes("Job definition")

JobDefinitionId = Annotated[int, ThingId("job definition")]


def _show(_: Engine, views: Sequence[JobDefinitionView], *__: Mapping[str, Any]) -> list[JobDefinition]:
    return [show_job_definition(view) for view in views]


JOB_DEFINITIONS.collection(
    "/job-definition",
    lambda queries: queries.job_definitions,
    TABLE,
    _show,
    list[JobDefinition],
    plural="job definitions",
)


@JOB_DEFINITIONS.get("/job-definition/{id}", "Get a job definition")
def get_job_definition(engine: Engine, id: JobDefinitionId) -> JobDefinition:
    return show_job_definition(engine.queries.job_definitions.get(id))


class Suspension(Body):
    """Let the jobs that are made from now on wait, or activate them; with those that are there already."""

    suspended: bool = False
    include_jobs: bool = False
    execution_date: str | None = None


class GroupSuspension(Suspension):
    """The same for all job definitions of a process definition, or of all its versions."""

    job_definition_id: str | None = None
    process_definition_id: str | None = None
    process_definition_key: str | None = None
    process_definition_tenant_id: str | None = None
    process_definition_without_tenant_id: bool = False


def _suspend(engine: Engine, chosen: Selection, body: Suspension) -> None:
    at = read_date(body.execution_date, "executionDate")
    if at is None:
        engine.jobs.set_definitions_suspended(chosen, body.suspended, include_jobs=body.include_jobs)
    else:
        engine.suspensions.set_job_definitions_suspended(chosen, body.suspended, at=at, include_jobs=body.include_jobs)


@JOB_DEFINITIONS.put("/job-definition/suspended", "Suspend or activate several job definitions")
def suspend_job_definitions(engine: Engine, body: GroupSuspension) -> None:
    if body.job_definition_id is not None:
        raise refuse("Either processDefinitionId or processDefinitionKey can be set to update the suspension state.")
    chosen = select(
        "jobDefinitionId, processDefinitionId or processDefinitionKey",
        process_definition_id=body.process_definition_id,
        key=body.process_definition_key,
        tenant_id=tenant_of(body.process_definition_tenant_id, body.process_definition_without_tenant_id),
    )
    _suspend(engine, chosen, body)


@JOB_DEFINITIONS.put("/job-definition/{id}/suspended", "Suspend or activate a job definition")
def suspend_job_definition(engine: Engine, id: str, body: Suspension) -> None:
    number = parse_id(id)
    if number is not None:
        _suspend(engine, Selection(job_definition_id=number), body)


class Retries(Body):
    """How many attempts the jobs have that have none left."""

    retries: int | None = None


@JOB_DEFINITIONS.put(
    "/job-definition/{id}/retries",
    "Set the retries of the failed jobs of a job definition",
    fails={BadRequest: Answer(500, INVALID_REQUEST)},
)
def set_job_definition_retries(engine: Engine, id: str, body: Retries) -> None:
    if body.retries is None:
        raise refuse("The number of retries cannot be null.")
    if body.retries < 0:
        raise BadRequest("The number of job retries must be a non-negative Integer")
    number = parse_id(id)
    if number is not None:
        engine.jobs.set_definitions_retries(Selection(job_definition_id=number), body.retries)


class Priority(Body):
    """The priority of the jobs that are made from now on, None as the model says; with those that are there."""

    priority: int | None = None
    include_jobs: bool = False


@JOB_DEFINITIONS.put("/job-definition/{id}/jobPriority", "Override the priority of the jobs of a job definition")
def set_job_definition_priority(engine: Engine, id: JobDefinitionId, body: Priority) -> None:
    if body.priority is None and body.include_jobs:
        raise refuse(f"Cannot reset priority for job definition {id} with includeJobs=true")
    engine.queries.job_definitions.get(id)
    engine.jobs.set_definitions_priority(Selection(job_definition_id=id), body.priority, include_jobs=body.include_jobs)
