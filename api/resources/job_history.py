"""What happened to jobs and external tasks, over REST (Camunda manual, REST API, "History")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from api.routing import Content, Routes, ThingId
from api.shapes import (
    HistoricExternalTaskLog,
    HistoricIncident,
    HistoricJobLog,
    show_external_task_log,
    show_historic_incident,
    show_job_log,
)
from engine import Engine
from engine.services.queries import (
    EXTERNAL_TASK_LOGS,
    HISTORIC_INCIDENTS,
    JOB_LOGS,
    ExternalTaskLogView,
    IncidentView,
    JobLogView,
)

JOB_HISTORY = Routes("History")

JobLogId = Annotated[int, ThingId("historic job log")]
ExternalTaskLogId = Annotated[int, ThingId("historic external task log")]


def _content(details: str | None) -> Content | None:
    return None if details is None else Content(details.encode(), "text/plain")


# ---------------------------------------------------------------- jobs


def _show_job_logs(_: Engine, views: Sequence[JobLogView], *__: Any) -> list[HistoricJobLog]:
    return [show_job_log(view) for view in views]


JOB_HISTORY.collection(
    "/history/job-log",
    lambda queries: queries.job_logs,
    JOB_LOGS,
    _show_job_logs,
    list[HistoricJobLog],
    plural="historic job logs",
)


@JOB_HISTORY.get("/history/job-log/{id}", "Get an entry of the log of jobs")
def get_job_log(engine: Engine, id: JobLogId) -> HistoricJobLog:
    return show_job_log(engine.queries.job_logs.get(id))


@JOB_HISTORY.get("/history/job-log/{id}/stacktrace", "Get how an attempt at a job failed")
def get_job_log_stacktrace(engine: Engine, id: JobLogId) -> Content | None:
    return _content(engine.queries.job_logs.get(id).error_details)


# ---------------------------------------------------------------- external tasks


def _show_external_task_logs(
    _: Engine, views: Sequence[ExternalTaskLogView], *__: Any
) -> list[HistoricExternalTaskLog]:
    return [show_external_task_log(view) for view in views]


JOB_HISTORY.collection(
    "/history/external-task-log",
    lambda queries: queries.external_task_logs,
    EXTERNAL_TASK_LOGS,
    _show_external_task_logs,
    list[HistoricExternalTaskLog],
    plural="historic external task logs",
)


@JOB_HISTORY.get("/history/external-task-log/{id}", "Get an entry of the log of external tasks")
def get_external_task_log(engine: Engine, id: ExternalTaskLogId) -> HistoricExternalTaskLog:
    return show_external_task_log(engine.queries.external_task_logs.get(id))


@JOB_HISTORY.get("/history/external-task-log/{id}/error-details", "Get how an attempt at an external task failed")
def get_external_task_log_error_details(engine: Engine, id: ExternalTaskLogId) -> Content | None:
    return _content(engine.queries.external_task_logs.get(id).error_details)


# ---------------------------------------------------------------- incidents


def _show_incidents(_: Engine, views: Sequence[IncidentView], *__: Any) -> list[HistoricIncident]:
    return [show_historic_incident(view) for view in views]


JOB_HISTORY.collection(
    "/history/incident",
    lambda queries: queries.historic_incidents,
    HISTORIC_INCIDENTS,
    _show_incidents,
    list[HistoricIncident],
    post=False,
    plural="historic incidents",
)
