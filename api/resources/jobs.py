"""Jobs over REST: continuations and timers (Camunda manual, REST API, "Job")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from api.chosen import GivenQuery, given_ids, matching
from api.errors import INVALID_REQUEST, Answer, Refused, refuse
from api.identity import current_user
from api.routing import Body, Content, Routes, ThingId, read_date
from api.shapes import Batch, Job, show_batch, show_job
from engine import Engine
from engine.distinct import distinct
from engine.errors import BadRequest, Conflict, ExecutionFailed, NotFound, Suspended
from engine.services.bulk import NEGATIVE_RETRIES
from engine.services.jobs import Selection
from engine.services.queries import JOBS as TABLE
from engine.services.queries import DefinitionId, JobView, parse_id

JOBS = Routes("Job")

JobId = Annotated[int, ThingId("job")]

FAILED = Answer(404, INVALID_REQUEST)
"""How Camunda tells that a job that was to be done has failed."""
REFUSED: Mapping[type[Exception], Answer] = {
    NotFound: Answer(500, INVALID_REQUEST),
    BadRequest: Answer(500, INVALID_REQUEST),
}
"""How Camunda tells that a job cannot be changed so."""


def _show(_: Engine, views: Sequence[JobView], *__: Mapping[str, Any]) -> list[Job]:
    return [show_job(view) for view in views]


JOBS.collection("/job", lambda queries: queries.jobs, TABLE, _show, list[Job], plural="jobs")


@JOBS.get("/job/{id}", "Get a job")
def get_job(engine: Engine, id: JobId) -> Job:
    return show_job(engine.queries.jobs.get(id))


@JOBS.get("/job/{id}/stacktrace", "Get how the last attempt at a job failed")
def get_job_stacktrace(engine: Engine, id: JobId) -> Content | None:
    details = engine.queries.jobs.get(id).error_details
    return None if details is None else Content(details.encode(), "text/plain")


@JOBS.post(
    "/job/{id}/execute",
    "Do a job now",
    fails=dict.fromkeys((NotFound, BadRequest, Conflict, Suspended, ExecutionFailed), FAILED),
)
def execute_job(engine: Engine, id: JobId) -> None:
    engine.jobs.execute(id, user=current_user())


@JOBS.delete("/job/{id}", "Delete a job for good")
def delete_job(engine: Engine, id: JobId) -> None:
    engine.queries.jobs.get(id)
    engine.jobs.delete(id, user=current_user())


class Retries(Body):
    """How many attempts are left, and when the next one is due."""

    retries: int | None = None
    due_date: str | None = None


@JOBS.put("/job/{id}/retries", "Set the retries of a job", fails=REFUSED)
def set_job_retries(engine: Engine, id: JobId, body: Retries) -> None:
    if body.retries is None:
        raise refuse("The number of retries cannot be null.")
    due_at = read_date(body.due_date, "dueDate")
    engine.queries.jobs.get(id)
    engine.jobs.set_retries([id], body.retries, due_at=due_at, user=current_user())


class ManyRetries(Retries):
    """How many attempts are left to all the jobs that are named in any of these ways."""

    job_ids: list[str] | None = None
    job_query: GivenQuery | None = None


@JOBS.post("/job/retries", "Set the retries of several jobs, as a batch")
def set_retries_of_jobs_by_and_by(engine: Engine, body: ManyRetries) -> Batch:
    if body.retries is None:
        raise refuse("retries is null")
    if not body.job_ids and body.job_query is None:
        raise refuse_job("You must specify at least one of jobIds or jobQuery.")
    ids = given_ids(body.job_ids) + matching(engine, TABLE, body.job_query)
    return start_job_retries(engine, ids, body)


def start_job_retries(engine: Engine, ids: Sequence[int], body: Retries) -> Batch:
    """The batch that gives jobs so many attempts."""
    retries = body.retries or 0
    if retries < 0:
        raise refuse_job(NEGATIVE_RETRIES)
    if not ids:
        raise refuse("jobIds is empty")
    due_at = read_date(body.due_date, "dueDate")
    id = engine.bulk.set_job_retries(distinct(ids), retries, due_at=due_at, user=current_user())
    return show_batch(engine.queries.batches.get(id))


def refuse_job(message: str) -> Refused:
    """How Camunda's engine refuses what its REST layer has let through."""
    return refuse(message, status=500, type="ProcessEngineException", code=0)


class Priority(Body):
    """What goes first."""

    priority: int | None = None


@JOBS.put("/job/{id}/priority", "Set the priority of a job")
def set_job_priority(engine: Engine, id: JobId, body: Priority) -> None:
    if body.priority is None:
        raise refuse(f"Priority for job '{id}' cannot be null.", type="RestException")
    engine.queries.jobs.get(id)
    engine.jobs.set_priority(id, body.priority, user=current_user())


class DueDate(Body):
    """When the job is due; None: now. With `cascade` what follows of a timer that repeats is moved along."""

    duedate: str | None = None
    cascade: bool = False


@JOBS.put("/job/{id}/duedate", "Set when a job is due", fails=REFUSED)
def set_job_due_date(engine: Engine, id: JobId, body: DueDate) -> None:
    due_at = read_date(body.duedate, "duedate")
    engine.queries.jobs.get(id)
    engine.jobs.set_due_date(id, due_at, cascade=body.cascade, user=current_user())


@JOBS.post(
    "/job/{id}/duedate/recalculate",
    "Read again when a timer is due",
    fails={NotFound: Answer(404, INVALID_REQUEST, 0), BadRequest: Answer(500, INVALID_REQUEST)},
)
def recalculate_job_due_date(engine: Engine, id: JobId, creation_date_based: bool = True) -> None:
    engine.queries.jobs.get(id)
    engine.jobs.recalculate_due_date(id, from_creation=creation_date_based, user=current_user())


# ---------------------------------------------------------------- suspension


class Suspension(Body):
    """Let a job wait, or activate it."""

    suspended: bool = False


@JOBS.put("/job/{id}/suspended", "Suspend or activate a job")
def suspend_job(engine: Engine, id: str, body: Suspension) -> None:
    number = parse_id(id)
    if number is not None and engine.queries.jobs.find(number) is not None:
        engine.jobs.set_suspended(number, body.suspended, user=current_user())


class GroupSuspension(Suspension):
    """Let the jobs wait, or activate them, of exactly one of these."""

    job_id: str | None = None
    job_definition_id: str | None = None
    process_instance_id: str | None = None
    process_definition_id: str | None = None
    process_definition_key: str | None = None
    process_definition_tenant_id: str | None = None
    process_definition_without_tenant_id: bool = False


@JOBS.put("/job/suspended", "Suspend or activate several jobs")
def suspend_jobs(engine: Engine, body: GroupSuspension) -> None:
    if body.job_id is not None:
        raise refuse(
            "Either jobDefinitionId, processInstanceId, processDefinitionId or processDefinitionKey can be set "
            "to update the suspension state."
        )
    chosen = select(
        "jobId, jobDefinitionId, processInstanceId, processDefinitionId or processDefinitionKey",
        process_instance_id=body.process_instance_id,
        job_definition_id=body.job_definition_id,
        process_definition_id=body.process_definition_id,
        key=body.process_definition_key,
        tenant_id=tenant_of(body.process_definition_tenant_id, body.process_definition_without_tenant_id),
    )
    engine.jobs.set_all_suspended(chosen, body.suspended)


def tenant_of(tenant_id: str | None, without: bool) -> str | None:
    """Whose definitions with a key are meant: "" those of no tenant, None those of any."""
    return "" if without else tenant_id


def select(
    ways: str,
    *,
    process_instance_id: str | None = None,
    job_definition_id: str | None = None,
    process_definition_id: str | None = None,
    key: str | None = None,
    tenant_id: str | None = None,
) -> Selection:
    """The jobs or job definitions of what is given, exactly one of `ways`. Raises Refused for none and for several."""
    given = [process_instance_id, job_definition_id, process_definition_id, key]
    if not any(each is not None for each in given):
        raise refuse(f"Either {ways} should be set to update the suspension state.")
    if sum(each is not None for each in given) > 1:
        raise refuse(f"Only one of {ways} should be set to update the suspension state.")
    definition = None if process_definition_id is None else DefinitionId.parse(process_definition_id)
    return Selection(
        process_instance_id=_number(process_instance_id),
        job_definition_id=_number(job_definition_id),
        definition_id=definition.id if definition else (None if process_definition_id is None else NOTHING),
        definition_key=key,
        tenant_id=tenant_id if key is not None else None,
    )


NOTHING = -1
"""The id of nothing: what texts that are no ids name."""


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    number = parse_id(text)
    return NOTHING if number is None else number
