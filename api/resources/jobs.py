"""Jobs over REST (Camunda manual, REST API, "Job")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from api.errors import Answer
from api.identity import current_user
from api.routing import Routes, ThingId
from api.shapes import Job, show_job
from engine import Engine
from engine.errors import ExecutionFailed
from engine.services.queries import JOBS as TABLE
from engine.services.queries import JobView

JOBS = Routes("Job")

JobId = Annotated[int, ThingId("job")]


def _show(_: Engine, views: Sequence[JobView], *__: Mapping[str, Any]) -> list[Job]:
    return [show_job(view) for view in views]


JOBS.collection("/job", lambda queries: queries.jobs, TABLE, _show, list[Job], plural="jobs")


@JOBS.get("/job/{id}", "Get a job")
def get_job(engine: Engine, id: JobId) -> Job:
    return show_job(engine.queries.jobs.get(id))


@JOBS.post("/job/{id}/execute", "Do a job now", fails={ExecutionFailed: Answer(500, "RestException", 0)})
def execute_job(engine: Engine, id: JobId) -> None:
    engine.jobs.execute(id, user=current_user())
