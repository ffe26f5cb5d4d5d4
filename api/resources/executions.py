"""Executions over REST: the scopes in which variables live (Camunda manual, REST API, "Execution")."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from api.errors import INVALID_REQUEST, Answer, engine_failure, refuse
from api.identity import current_user
from api.resources.variables import variable_routes
from api.routing import Body, Routes, ThingId
from api.shapes import (
    EventSubscription,
    Execution,
    GivenValues,
    Incident,
    read_values,
    show_execution,
    show_incident,
    show_subscription,
)
from engine import Engine
from engine.errors import BadRequest, NotFound
from engine.services.queries import EXECUTIONS as TABLE
from engine.services.queries import ExecutionView, parse_id

EXECUTIONS = Routes("Execution")

ExecutionId = Annotated[int, ThingId("execution")]


def _show(_: Engine, views: Sequence[ExecutionView], *__: Mapping[str, Any]) -> list[Execution]:
    return [show_execution(view) for view in views]


EXECUTIONS.collection(
    "/execution", lambda queries: queries.executions, TABLE, _show, list[Execution], plural="executions"
)


@EXECUTIONS.get("/execution/{id}", "Get an execution")
def get_execution(engine: Engine, id: ExecutionId) -> Execution:
    return show_execution(engine.queries.executions.get(id))


class Signal(Body):
    """What the execution goes on with."""

    variables: GivenValues | None = None


@EXECUTIONS.post(
    "/execution/{id}/signal",
    "Go on with an execution that waits for nothing in particular",
    fails=engine_failure("Cannot signal execution {id}: "),
)
def signal_execution(engine: Engine, id: ExecutionId, body: Signal) -> None:
    engine.process_instances.signal(id, read_values(body.variables), user=current_user())


@EXECUTIONS.get(
    "/execution/{id}/messageSubscriptions/{message_name}", "Get the subscription of an execution to a message"
)
def get_message_subscription(engine: Engine, id: ExecutionId, message_name: str) -> EventSubscription:
    found = engine.queries.event_subscriptions.list(
        {"executionId": id, "eventType": "message", "eventName": message_name}, limit=1
    )
    if not found:
        raise NotFound(
            "message event subscription",
            id,
            f"Message event subscription for execution {id} named {message_name} does not exist",
        )
    return show_subscription(found[0])


class Report(Body):
    """What keeps an activity from going on."""

    incident_type: str | None = None
    configuration: str | None = None
    message: str | None = None


@EXECUTIONS.post(
    "/execution/{id}/create-incident",
    "Report what keeps an activity from going on",
    fails={NotFound: Answer(400, INVALID_REQUEST), BadRequest: Answer(400, INVALID_REQUEST)},
)
def create_incident(engine: Engine, id: str, body: Report) -> Incident:
    if body.incident_type is None:
        raise refuse("incidentType is null")
    number = parse_id(id)
    if number is None or engine.queries.executions.find(number) is None:
        raise refuse(f"Cannot find an execution with executionId '{id}': execution is null")
    made = engine.jobs.create_incident(
        number,
        body.incident_type,
        configuration=body.configuration,
        message=body.message,
        user=current_user(),
    )
    return show_incident(engine.queries.incidents.get(made))


class Trigger(Body):
    """What comes with the message."""

    variables: GivenValues | None = None


@EXECUTIONS.post(
    "/execution/{id}/messageSubscriptions/{message_name}/trigger",
    "Bring a message to an execution",
    fails=engine_failure("Cannot trigger message {message_name} for execution {id}: "),
)
def trigger_message(engine: Engine, id: ExecutionId, message_name: str, body: Trigger) -> None:
    engine.messages.trigger(id, message_name, read_values(body.variables), user=current_user())


def _read(engine: Engine, id: int) -> Mapping[str, object]:
    return engine.queries.local_variables_of(id)


def _write(engine: Engine, id: int, changes: Mapping[str, object], deletions: Collection[str]) -> None:
    engine.variables.set(id, changes, deletions, local=True, user=current_user())


variable_routes(EXECUTIONS, "/execution/{id}/localVariables", "execution", _read, _write, "local_execution")
