"""Executions over REST: the scopes in which variables live (Camunda manual, REST API, "Execution")."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from api.errors import engine_failure
from api.identity import current_user
from api.resources.variables import variable_routes
from api.routing import Body, Routes, ThingId
from api.shapes import EventSubscription, Execution, GivenValues, read_values, show_execution, show_subscription
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import EXECUTIONS as TABLE
from engine.services.queries import ExecutionView

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
