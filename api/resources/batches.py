"""Batches over REST, those that run and those that have ended (Camunda manual, REST API, "Batch", "Historic Batch")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from api.errors import INVALID_REQUEST, Answer
from api.identity import current_user
from api.routing import Body, Routes, ThingId
from api.shapes import (
    Batch,
    BatchStatistics,
    HistoricBatch,
    show_batch,
    show_batch_statistics,
    show_historic_batch,
)
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import (
    BATCH_STATISTICS,
    HISTORIC_BATCHES,
    BatchStatisticsView,
    BatchView,
)
from engine.services.queries import BATCHES as TABLE

BATCHES = Routes("Batch")

BatchId = Annotated[int, ThingId("batch")]
HistoricBatchId = Annotated[int, ThingId("historic batch")]

GONE: Mapping[type[Exception], Answer] = {NotFound: Answer(400, INVALID_REQUEST, 0)}
"""How Camunda tells that a batch cannot be changed since there is none."""


def _show(_: Engine, views: Sequence[BatchView], *__: Mapping[str, Any]) -> list[Batch]:
    return [show_batch(view) for view in views]


def _show_statistics(_: Engine, views: Sequence[BatchStatisticsView], *__: Any) -> list[BatchStatistics]:
    return [show_batch_statistics(view) for view in views]


def _show_historic(_: Engine, views: Sequence[BatchView], *__: Any) -> list[HistoricBatch]:
    return [show_historic_batch(view) for view in views]


BATCHES.collection("/batch", lambda queries: queries.batches, TABLE, _show, list[Batch], post=False, plural="batches")
BATCHES.collection(
    "/batch/statistics",
    lambda queries: queries.batch_statistics,
    BATCH_STATISTICS,
    _show_statistics,
    list[BatchStatistics],
    post=False,
    plural="batches and how far they are",
)
BATCHES.collection(
    "/history/batch",
    lambda queries: queries.historic_batches,
    HISTORIC_BATCHES,
    _show_historic,
    list[HistoricBatch],
    post=False,
    plural="historic batches",
)


@BATCHES.get("/batch/{id}", "Get a batch")
def get_batch(engine: Engine, id: BatchId) -> Batch:
    return show_batch(engine.queries.batches.get(id))


@BATCHES.delete("/batch/{id}", "End a batch, whatever is still to be done", fails=GONE)
def delete_batch(engine: Engine, id: BatchId, cascade: bool = False) -> None:
    engine.batches.delete(id, cascade=cascade, user=current_user())


class Suspension(Body):
    """Let the batch rest, or go on."""

    suspended: bool = False


@BATCHES.put("/batch/{id}/suspended", "Suspend or activate a batch", fails=GONE)
def suspend_batch(engine: Engine, id: BatchId, body: Suspension) -> None:
    engine.batches.set_suspended(id, body.suspended)


@BATCHES.get("/history/batch/{id}", "Get a historic batch")
def get_historic_batch(engine: Engine, id: HistoricBatchId) -> HistoricBatch:
    return show_historic_batch(engine.queries.historic_batches.get(id))


@BATCHES.delete("/history/batch/{id}", "Delete what is known of a batch", fails=GONE)
def delete_historic_batch(engine: Engine, id: HistoricBatchId) -> None:
    engine.batches.delete_history(id, user=current_user())
