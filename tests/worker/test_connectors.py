"""The http connector as a task of a process: called by a runner, its outputs mapped by the model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from engine import Engine, HandlerRegistry
from engine.worker.connectors import add_connectors
from tests.worker.conftest import StartRunner
from tests.worker.models import deploy, ended, incidents, run, sequence, values
from tests.worker.witness import eventually

CALL = """<serviceTask id="call"><extensionElements><camunda:connector>
<camunda:connectorId>http-connector</camunda:connectorId><camunda:inputOutput>
<camunda:inputParameter name="url">{url}</camunda:inputParameter>
<camunda:inputParameter name="method">POST</camunda:inputParameter>
<camunda:inputParameter name="payload">order ${{order}}</camunda:inputParameter>
<camunda:outputParameter name="status">${{statusCode}}</camunda:outputParameter>
<camunda:outputParameter name="answer">${{response}}</camunda:outputParameter>
</camunda:inputOutput></camunda:connector></extensionElements></serviceTask>"""


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_call_and_its_outputs(engine: Engine, registry: HandlerRegistry, start: StartRunner, port: int) -> None:
    add_connectors(registry, [f"localhost:{port}"], ["127.0.0.0/8", "::1/128"])
    start()
    deploy(engine, sequence(CALL.format(url=f"http://localhost:{port}/orders")))
    instance = run(engine, order=17)
    eventually(lambda: ended(engine, instance) or incidents(engine))
    assert incidents(engine) == []
    assert values(engine, instance)["status"] == 201
    assert values(engine, instance)["answer"] == "order 17"


def test_a_host_that_is_not_allowed_is_an_incident_at_once(
    engine: Engine, registry: HandlerRegistry, start: StartRunner
) -> None:
    add_connectors(registry, ["api.example.org"])
    start()
    deploy(engine, sequence(CALL.format(url="http://169.254.169.254/latest")))
    run(engine, order=17)
    eventually(lambda: incidents(engine))
    assert len(engine.queries.external_tasks.list({"noRetriesLeft": True})) == 1
