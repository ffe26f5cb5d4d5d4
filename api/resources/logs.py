"""What people did, and who got and lost a part in tasks, over REST (Camunda manual, REST API, "History")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from api.errors import Answer, refuse
from api.routing import Body, Routes, ThingId
from api.shapes import HistoricIdentityLinkLog, UserOperation, show_identity_link_log, show_operation
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import IDENTITY_LINK_LOGS, OPERATIONS, IdentityLinkLogView, OperationView

LOGS = Routes("History")

OperationId = Annotated[int, ThingId("operation")]


def _show_operations(_: Engine, views: Sequence[OperationView], *__: Any) -> list[UserOperation]:
    return [show_operation(view) for view in views]


LOGS.collection(
    "/history/user-operation",
    lambda queries: queries.operations,
    OPERATIONS,
    _show_operations,
    list[UserOperation],
    post=False,
    plural="user operations",
)


class Annotation(Body):
    """What to note."""

    annotation: str | None = None


NO_OPERATION = {NotFound: Answer(400, "BadUserRequestException", 0)}


@LOGS.put("/history/user-operation/{id}/set-annotation", "Keep a note with an operation", fails=NO_OPERATION)
def set_operation_annotation(engine: Engine, id: OperationId, body: Annotation) -> None:
    if body.annotation is None:
        raise refuse("annotation: is required")
    engine.operation_log.annotate(id, body.annotation)


@LOGS.put("/history/user-operation/{id}/clear-annotation", "Take the note of an operation away", fails=NO_OPERATION)
def clear_operation_annotation(engine: Engine, id: OperationId) -> None:
    engine.operation_log.annotate(id, None)


def _show_identity_links(_: Engine, views: Sequence[IdentityLinkLogView], *__: Any) -> list[HistoricIdentityLinkLog]:
    return [show_identity_link_log(view) for view in views]


LOGS.collection(
    "/history/identity-link-log",
    lambda queries: queries.identity_link_logs,
    IDENTITY_LINK_LOGS,
    _show_identity_links,
    list[HistoricIdentityLinkLog],
    post=False,
    plural="historic identity link logs",
)
