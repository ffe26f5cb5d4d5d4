"""The order example as its README tells it, over REST, and what it does when nobody pays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from api import create_blueprint
from engine import Engine

MODEL = Path(__file__).parents[2] / "processes" / "order" / "order.bpmn"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = Engine.open(database_url)
    opened.upgrade()
    opened.deployments.deploy({MODEL.name: MODEL.read_bytes()}, name="order")
    with closing(opened):
        yield opened


@pytest.fixture
def client(engine: Engine) -> Client:
    app = Flask("order")
    app.register_blueprint(create_blueprint(engine))
    return app.test_client()


def order(engine: Engine, number: str) -> int:
    """Place an order and confirm it."""
    id = engine.process_instances.start(key="order", business_key=number).id
    complete(engine, number, "confirm")
    return id


def tasks(engine: Engine, number: str) -> dict[str, int]:
    found = engine.queries.tasks.list({"processInstanceBusinessKey": number})
    return {str(each.element_id): each.id for each in found}


def complete(engine: Engine, number: str, element: str) -> None:
    engine.tasks.complete(tasks(engine, number)[element])


def tell(client: Client, message: str, number: str, **variables: object) -> int:
    """What another system sends; the status of the answer."""
    typed = {name: {"value": value} for name, value in variables.items()}
    body = {"messageName": message, "businessKey": number, "processVariables": typed}
    return client.post("/engine-rest/message", data=json.dumps(body), content_type="application/json").status_code


def end_of(engine: Engine, instance: int) -> list[str | None]:
    query: dict[str, Any] = {"processInstanceId": str(instance), "activityType": "noneEndEvent"}
    return [each.element_name for each in engine.queries.historic_element_instances.list(query)]


def test_payment_lets_the_parcel_be_shipped_once(engine: Engine, client: Client) -> None:
    instance, other = order(engine, "A-1"), order(engine, "A-2")
    assert tell(client, "payment-received", "A-1", amount=42.5) == 204
    assert (list(tasks(engine, "A-1")), list(tasks(engine, "A-2"))) == (["ship"], [])
    assert tell(client, "payment-received", "A-1", amount=42.5) == 400
    assert engine.queries.jobs.list({"processInstanceId": str(instance)}) == []
    complete(engine, "A-1", "ship")
    assert end_of(engine, instance) == ["Order shipped"]
    assert end_of(engine, other) == []
    assert engine.check() == []


@pytest.mark.parametrize("paid", [True, False])
def test_customer_cancels(engine: Engine, client: Client, paid: bool) -> None:
    instance = order(engine, "A-1")
    if paid:
        tell(client, "payment-received", "A-1", amount=42.5)
    assert tell(client, "order-cancelled", "A-1") == 204
    if paid:
        assert list(tasks(engine, "A-1")) == ["refund"]
        complete(engine, "A-1", "refund")
    assert end_of(engine, instance) == ["Order cancelled"]
    assert engine.check() == []


def test_order_expires_when_nobody_pays(engine: Engine, client: Client) -> None:
    instance = order(engine, "A-1")
    (deadline,) = engine.queries.jobs.list({"processInstanceId": str(instance)})
    engine.jobs.execute(deadline.id)
    assert end_of(engine, instance) == ["Order expired"]
    assert tell(client, "payment-received", "A-1") == 400
    assert engine.check() == []
