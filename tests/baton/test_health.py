"""What operators ask: is it alive, is it ready, how much is there to do."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from baton.logging import JsonLines, TextLines, set_up_logging
from baton.settings import Settings
from baton.wsgi import create_app
from engine import Engine
from engine.authorization import Resource
from engine.handlers import HandlerRegistry
from engine.worker.embedded import EmbeddedRunner
from tests.worker.models import deploy, run, sequence, work
from tests.worker.witness import eventually


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    made = create_app(Settings(database_url=database_url, auth=False), upgrade=True)
    yield made
    made.extensions["engine"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def measures(client: FlaskClient) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.get_data(as_text=True).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/health/live").get_json() == {"status": "up"}
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.get_json() == {
        "status": "up",
        "checks": {"database": {"status": "up"}, "jobs": {"status": "up", "oldestDueSeconds": 0.0}},
    }


def test_not_ready_while_the_runner_is_down(app: Flask, client: FlaskClient) -> None:
    runner = app.extensions["runner"] = EmbeddedRunner(app.extensions["engine"], HandlerRegistry())
    runner.start()
    assert client.get("/health/ready").get_json()["checks"]["runner"] == {"status": "up", "hungHandlers": 0}
    runner.stop()
    down = client.get("/health/ready")
    assert (down.status_code, down.get_json()["checks"]["runner"]["status"]) == (503, "down")


def test_not_ready_without_the_database(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = Engine.open("postgresql://nobody@127.0.0.1:1/nothing")
    engine = app.extensions["engine"]
    monkeypatch.setattr(engine, "database", elsewhere.database)
    monkeypatch.setattr(engine, "monitor", elsewhere.monitor)
    down = client.get("/health/ready")
    assert (down.status_code, down.get_json()["checks"]["database"]["status"]) == (503, "down")
    assert client.get("/metrics").status_code == 503
    assert client.get("/health/live").status_code == 200
    elsewhere.close()


def test_measures_tell_of_all_tenants_and_are_not_for_everybody(database_url: str) -> None:
    made = create_app(Settings(database_url=database_url), upgrade=True)
    engine: Engine = made.extensions["engine"]
    engine.people.create_first_administrator("ada", "enchantress")
    engine.people.create_user("eve")
    engine.people.create_user("eyes")
    engine.authorizations.grant(Resource.SYSTEM, "READ", user="eyes")
    answers = {}
    for user in ("ada", "eve", "eyes"):
        secret, _ = engine.credentials.create_token(user, "prometheus", read_only=True)
        answer = made.test_client().get("/metrics", headers={"Authorization": f"Bearer {secret}"})
        answers[user] = (answer.status_code, "baton_open_incidents" in answer.text)
    assert answers == {"ada": (200, True), "eve": (403, False), "eyes": (200, True)}
    nobody = made.test_client().get("/metrics")
    assert (nobody.status_code, "baton_" in nobody.text) == (401, False)
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
    assert made.test_client().get("/health/ready").status_code == 200
    engine.close()


def test_measures(app: Flask, client: FlaskClient) -> None:
    engine: Engine = app.extensions["engine"]
    registry = HandlerRegistry()
    registry.handler("good")(lambda: None)
    registry.handler("bad")(lambda missing: None)
    runner = EmbeddedRunner(engine, registry, observer=app.extensions["measures"])
    runner.start()
    for topic in ("good", "bad", "nobody"):
        deploy(engine, sequence(work("one", topic), '<userTask id="stop"/>'))
        run(engine)
    eventually(lambda: len(engine.queries.incidents.list({})) == engine.queries.tasks.count() == 1)
    runner.stop()
    found = measures(client)
    assert found['baton_jobs{kind="work",state="waiting",topic="nobody"}'] == 1
    assert found['baton_jobs{kind="work",state="failed",topic="bad"}'] == 1
    assert found['baton_oldest_due_job_seconds{kind="work",state="waiting",topic="nobody"}'] >= 0
    assert found['baton_open_incidents{kind="failedExternalTask"}'] == 1
    assert found['baton_process_instances{state="ACTIVE"}'] == 3
    assert found['baton_claims_total{topic="good"}'] == 1
    assert found['baton_handler_seconds_count{outcome="completed",topic="good"}'] == 1
    assert found['baton_handler_seconds_count{outcome="failed",topic="bad"}'] == 1


def record(**about: object) -> logging.LogRecord:
    made = logging.LogRecord("baton.jobs", logging.WARNING, __file__, 1, "Attempt %d failed", (2,), None)
    made.__dict__.update(about)
    return made


def test_lines_for_machines() -> None:
    line = json.loads(JsonLines().format(record(process_instance=7, business_key="B-1", activity="charge", tenant="")))
    assert line["message"] == "Attempt 2 failed"
    assert (line["level"], line["process_instance"], line["business_key"]) == ("warning", 7, "B-1")
    assert "tenant" not in line


def test_lines_for_people() -> None:
    assert TextLines().format(record(job=3, activity="charge")).endswith("Attempt 2 failed (job=3 activity=charge)")


def test_the_level_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    loggers = [logging.getLogger(name) for name in ("baton", "engine", "api")]
    kept = [(each.handlers, each.propagate, each.level) for each in loggers]
    try:
        set_up_logging("json", "warning")
        logging.getLogger("baton.jobs").info("not this")
        logging.getLogger("engine.bell").warning("but this")
    finally:
        for logger, (handlers, propagate, level) in zip(loggers, kept, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
    assert [json.loads(line)["message"] for line in written.getvalue().splitlines()] == ["but this"]
