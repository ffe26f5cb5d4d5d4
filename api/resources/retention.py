"""How long history is kept, over REST (Camunda manual, REST API, "History Cleanup", "Set Removal Time")."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from api.chosen import GivenQuery, given_ids, matching
from api.errors import refuse
from api.identity import current_user
from api.routing import Body, Routes, read_date
from api.shapes import Batch, Job, show_batch, show_date, show_job, show_tenant
from engine import Engine, Removal
from engine.errors import NotFound
from engine.services.queries import (
    CLEANABLE_BATCHES,
    CLEANABLE_DECISIONS,
    CLEANABLE_INSTANCES,
    HISTORIC_BATCHES,
    HISTORIC_DECISIONS,
    HISTORIC_PROCESS_INSTANCES,
    CleanableBatchesView,
    CleanableHistoryView,
)

RETENTION = Routes("History")


# ---------------------------------------------------------------- cleaning


class CleanupConfiguration(TypedDict):
    """When what is old is deleted: the present window or the next one, if there is one."""

    batchWindowStartTime: str | None
    batchWindowEndTime: str | None
    enabled: bool


@RETENTION.post("/history/cleanup", "Delete what is old, now or in the next window")
def clean_up_history(engine: Engine, immediately_due: str = "true") -> Job:
    return show_job(engine.retention.clean_up(at_once=immediately_due.lower() == "true"))


def _existing(engine: Engine, message: str) -> Job:
    found = engine.retention.job()
    if found is None:
        raise NotFound("job", "history-cleanup", message)
    return show_job(found)


@RETENTION.get("/history/cleanup/job", "Get the job that deletes what is old")
def get_history_cleanup_job(engine: Engine) -> Job:
    return _existing(engine, "History cleanup job does not exist")


@RETENTION.get("/history/cleanup/jobs", "List the jobs that delete what is old: there is one")
def get_history_cleanup_jobs(engine: Engine) -> list[Job]:
    return [_existing(engine, "History cleanup jobs are empty")]


@RETENTION.get("/history/cleanup/configuration", "Get when what is old is deleted")
def get_history_cleanup_configuration(engine: Engine) -> CleanupConfiguration:
    begins, ends = engine.retention.window() or (None, None)
    return {
        "batchWindowStartTime": show_date(begins),
        "batchWindowEndTime": show_date(ends),
        "enabled": engine.retention.is_enabled(),
    }


# ---------------------------------------------------------------- reports


class CleanableInstances(TypedDict):
    """How many ended process instances a definition has, and how many of them may be deleted now."""

    processDefinitionId: str
    processDefinitionKey: str
    processDefinitionName: str | None
    processDefinitionVersion: int
    historyTimeToLive: int | None
    finishedProcessInstanceCount: int
    cleanableProcessInstanceCount: int
    tenantId: str | None


class CleanableDecisions(TypedDict):
    """How often a decision was made, as far as it is known still, and how much of that may be deleted now."""

    decisionDefinitionId: str
    decisionDefinitionKey: str
    decisionDefinitionName: str | None
    decisionDefinitionVersion: int
    historyTimeToLive: int | None
    finishedDecisionInstanceCount: int
    cleanableDecisionInstanceCount: int
    tenantId: str | None


class CleanableBatches(TypedDict):
    """How many ended batches of a type there are, and how many of them may be deleted now."""

    batchType: str
    historyTimeToLive: int | None
    finishedBatchesCount: int
    cleanableBatchesCount: int


def _show_instances(_: Engine, views: Sequence[CleanableHistoryView], *__: Any) -> list[CleanableInstances]:
    return [
        {
            "processDefinitionId": view.reference,
            "processDefinitionKey": view.definition_key,
            "processDefinitionName": view.definition_name,
            "processDefinitionVersion": view.definition_version,
            "historyTimeToLive": view.history_time_to_live,
            "finishedProcessInstanceCount": int(view.finished),
            "cleanableProcessInstanceCount": int(view.cleanable),
            "tenantId": show_tenant(view.tenant_id),
        }
        for view in views
    ]


def _show_decisions(_: Engine, views: Sequence[CleanableHistoryView], *__: Any) -> list[CleanableDecisions]:
    return [
        {
            "decisionDefinitionId": view.reference,
            "decisionDefinitionKey": view.definition_key,
            "decisionDefinitionName": view.definition_name,
            "decisionDefinitionVersion": view.definition_version,
            "historyTimeToLive": view.history_time_to_live,
            "finishedDecisionInstanceCount": int(view.finished),
            "cleanableDecisionInstanceCount": int(view.cleanable),
            "tenantId": show_tenant(view.tenant_id),
        }
        for view in views
    ]


def _show_batches(engine: Engine, views: Sequence[CleanableBatchesView], *__: Any) -> list[CleanableBatches]:
    return [
        {
            "batchType": view.type,
            "historyTimeToLive": engine.retention.batch_time_to_live(view.type),
            "finishedBatchesCount": int(view.finished),
            "cleanableBatchesCount": int(view.cleanable),
        }
        for view in views
    ]


RETENTION.collection(
    "/history/process-definition/cleanable-process-instance-report",
    lambda queries: queries.cleanable_instances,
    CLEANABLE_INSTANCES,
    _show_instances,
    list[CleanableInstances],
    post=False,
    plural="cleanable process instances",
)
RETENTION.collection(
    "/history/decision-definition/cleanable-decision-instance-report",
    lambda queries: queries.cleanable_decisions,
    CLEANABLE_DECISIONS,
    _show_decisions,
    list[CleanableDecisions],
    post=False,
    plural="cleanable decision instances",
)
RETENTION.collection(
    "/history/batch/cleanable-batch-report",
    lambda queries: queries.cleanable_batches,
    CLEANABLE_BATCHES,
    _show_batches,
    list[CleanableBatches],
    post=False,
    plural="cleanable batches",
)


# ---------------------------------------------------------------- removal times


class RemovalTime(Body):
    """When things may be deleted: one of a time, never, and what their time to live says."""

    absolute_removal_time: str | None = None
    cleared_removal_time: bool = False
    calculated_removal_time: bool = False


class RemovalTimeOfInstances(RemovalTime):
    """Process instances, running or ended."""

    historic_process_instance_ids: list[str] | None = None
    historic_process_instance_query: GivenQuery | None = None
    hierarchical: bool = False
    update_in_chunks: bool = False
    update_chunk_size: int | None = None


class RemovalTimeOfDecisions(RemovalTime):
    """Decisions that were made."""

    historic_decision_instance_ids: list[str] | None = None
    historic_decision_instance_query: GivenQuery | None = None
    hierarchical: bool = False


class RemovalTimeOfBatches(RemovalTime):
    """Batches, running or ended."""

    historic_batch_ids: list[str] | None = None
    historic_batch_query: GivenQuery | None = None


def _refuse(message: str) -> Exception:
    return refuse(message, type="BadUserRequestException", code=0)


def _removal(body: RemovalTime, *, hierarchical: bool = False) -> Removal:
    at: datetime | None = read_date(body.absolute_removal_time, "absoluteRemovalTime")
    modes = [at is not None, body.cleared_removal_time, body.calculated_removal_time].count(True)
    if modes > 1:
        raise _refuse("The removal time modes are mutually exclusive: mode is not null")
    if modes == 0:
        raise _refuse("removalTime is null")
    return Removal(at, body.calculated_removal_time, hierarchical)


def _ensure_chosen(ids: list[str] | None, query: GivenQuery | None) -> None:
    if ids is None and query is None:
        raise _refuse("Neither query nor ids provided.")


@RETENTION.post("/history/process-instance/set-removal-time", "Say when process instances may be deleted, as a batch")
def set_removal_time_of_process_instances(engine: Engine, body: RemovalTimeOfInstances) -> Batch:
    _ensure_chosen(body.historic_process_instance_ids, body.historic_process_instance_query)
    removal = _removal(body, hierarchical=body.hierarchical)
    given = [str(each) for each in given_ids(body.historic_process_instance_ids)]
    found = list(engine.queries.ids_among(HISTORIC_PROCESS_INSTANCES, "processInstanceIds", given))
    found += matching(engine, HISTORIC_PROCESS_INSTANCES, body.historic_process_instance_query)
    if not found:
        raise _refuse("historicProcessInstances is empty")
    chunk = body.update_chunk_size if body.update_in_chunks else None
    ids = list(dict.fromkeys(found))
    id = engine.retention.set_removal_time(ids, removal, chunk=chunk, user=current_user())
    return show_batch(engine.queries.batches.get(id))


@RETENTION.post(
    "/history/decision-instance/set-removal-time", "Say when historic decision instances may be deleted, as a batch"
)
def set_removal_time_of_decision_instances(engine: Engine, body: RemovalTimeOfDecisions) -> Batch:
    _ensure_chosen(body.historic_decision_instance_ids, body.historic_decision_instance_query)
    removal = _removal(body, hierarchical=body.hierarchical)
    given = [str(each) for each in given_ids(body.historic_decision_instance_ids)]
    found = list(engine.queries.ids_among(HISTORIC_DECISIONS, "decisionInstanceIdIn", given))
    found += matching(engine, HISTORIC_DECISIONS, body.historic_decision_instance_query)
    if not found:
        raise _refuse("historicDecisionInstances is empty")
    ids = list(dict.fromkeys(found))
    id = engine.retention.set_decision_removal_time(ids, removal, user=current_user())
    return show_batch(engine.queries.batches.get(id))


@RETENTION.post("/history/batch/set-removal-time", "Say when batches may be deleted, as a batch")
def set_removal_time_of_batches(engine: Engine, body: RemovalTimeOfBatches) -> Batch:
    _ensure_chosen(body.historic_batch_ids, body.historic_batch_query)
    removal = _removal(body)
    given = [each for each in given_ids(body.historic_batch_ids) if each > 0]
    found = [each for each in given if engine.queries.historic_batches.find(each) is not None]
    found += matching(engine, HISTORIC_BATCHES, body.historic_batch_query)
    if not found:
        raise _refuse("historicBatches is empty")
    ids = list(dict.fromkeys(found))
    return show_batch(engine.queries.batches.get(engine.retention.set_batch_removal_time(ids, removal)))
