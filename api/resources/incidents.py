"""Incidents over REST (Camunda manual, REST API, "Incident")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from api.errors import INVALID_REQUEST, Answer
from api.identity import current_user
from api.routing import Body, Routes, ThingId
from api.shapes import Incident, show_incident
from engine import Engine
from engine.errors import BadRequest, NotFound
from engine.services.queries import INCIDENTS as TABLE
from engine.services.queries import IncidentView

INCIDENTS = Routes("Incident")

IncidentId = Annotated[int, ThingId("incident")]


def _show(_: Engine, views: Sequence[IncidentView], *__: Mapping[str, Any]) -> list[Incident]:
    return [show_incident(view) for view in views]


INCIDENTS.collection(
    "/incident", lambda queries: queries.incidents, TABLE, _show, list[Incident], post=False, plural="incidents"
)


@INCIDENTS.get("/incident/{id}", "Get an incident")
def get_incident(engine: Engine, id: IncidentId) -> Incident:
    return show_incident(engine.queries.incidents.get(id))


@INCIDENTS.delete(
    "/incident/{id}",
    "Resolve an incident that a client has made",
    fails={BadRequest: Answer(400, INVALID_REQUEST)},
)
def resolve_incident(engine: Engine, id: IncidentId) -> None:
    engine.jobs.resolve_incident(id, user=current_user())


class Annotation(Body):
    """What is noted."""

    annotation: str | None = None


NO_INCIDENT: Mapping[type[Exception], Answer] = {NotFound: Answer(400, "BadUserRequestException", 0)}


@INCIDENTS.put("/incident/{id}/annotation", "Note something about an incident", fails=NO_INCIDENT)
def annotate_incident(engine: Engine, id: IncidentId, body: Annotation) -> None:
    engine.jobs.annotate_incident(id, body.annotation, user=current_user())


@INCIDENTS.delete("/incident/{id}/annotation", "Remove what is noted about an incident", fails=NO_INCIDENT)
def clear_incident_annotation(engine: Engine, id: IncidentId) -> None:
    engine.jobs.annotate_incident(id, None, user=current_user())
