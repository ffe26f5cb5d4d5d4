"""The API over a fresh engine, with a client that checks every answer against the document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import TypeAdapter
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.test import TestResponse

from api import create_blueprint
from api.interfaces import CAMUNDA, OWN, Interface
from api.routing import Content, Download, Route, Stream
from engine import Engine
from tests.api.models import ONE_TASK


@cache
def _routes(interface: Interface) -> MapAdapter:
    return Map(
        [
            Rule(route.path.replace("{", "<").replace("}", ">"), endpoint=number, methods=[route.method])
            for number, route in enumerate(interface.routes)
        ]
    ).bind("")


def route_at(interface: Interface, method: str, path: str) -> Route:
    """The route that serves a request."""
    number, _ = _routes(interface).match(path, method)
    return interface.routes[number]


@cache
def _adapter(interface: Interface, number: int) -> TypeAdapter[Any] | None:
    answer = interface.routes[number].answer
    return None if answer in (None, Content, Stream, Download) else TypeAdapter(answer)


class Api:
    """A client of the API; paths are relative to `/engine-rest`, or to the prefix of another interface."""

    def __init__(self, client: FlaskClient, interface: Interface = CAMUNDA) -> None:
        self.client, self.interface = client, interface

    def call(self, method: str, path: str, status: int = 200, **options: Any) -> TestResponse:
        """One request. The status must be the one that is wanted, and the answer as the document says."""
        response = self.client.open(self.interface.prefix + path, method=method, **options)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
        if status == 200 and response.mimetype == "application/json" and method != "HEAD":
            self._check(method, path, response)
        return response

    def _check(self, method: str, path: str, response: TestResponse) -> None:
        bare = path.partition("?")[0]
        routes = _routes(self.interface)
        if not routes.test(bare, method):
            return
        number, _ = routes.match(bare, method)
        adapter = _adapter(self.interface, number)
        if adapter is not None and response.data:
            adapter.validate_json(response.data, strict=True)
            shown = adapter.dump_python(adapter.validate_json(response.data), mode="json", by_alias=True)
            assert shown == response.get_json(), "the answer has members that the document does not know"

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """The JSON of a GET."""
        return self.call("GET", path, status, query_string=query).get_json()

    def post(self, path: str, body: Any = None, status: int = 204) -> Any:
        """The JSON of a POST, None if there is none."""
        response = self.call("POST", path, status, json={} if body is None else body)
        return response.get_json() if response.data else None

    def put(self, path: str, body: Any, status: int = 204) -> Any:
        """The JSON of a PUT, None if there is none."""
        response = self.call("PUT", path, status, json=body)
        return response.get_json() if response.data else None

    def delete(self, path: str, status: int = 204, **query: Any) -> Any:
        """The JSON of a DELETE, None if there is none."""
        response = self.call("DELETE", path, status, query_string=query)
        return response.get_json() if response.data else None

    def deploy(self, status: int = 200, fields: dict[str, str] | None = None, **files: str | bytes) -> Any:
        """Deploys files; `a_bpmn` is the file `a.bpmn`."""
        parts: dict[str, Any] = {"deployment-name": "test", **(fields or {})}
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            file = name.replace("_", ".")
            parts[file] = (BytesIO(data), file)
        return self.call("POST", "/deployment/create", status, data=parts).get_json()

    def start(self, key: str = "oneTask", **body: Any) -> Any:
        """A started instance."""
        return self.post(f"/process-definition/key/{key}/start", body, 200)

    def task(self, instance: str) -> str:
        """The id of the one open task of an instance."""
        (task,) = self.get("/task", processInstanceId=instance)
        found: str = task["id"]
        return found


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """A fresh engine on SQLite; what databases do differently is tested with the store and by the scenarios."""
    made = Engine.open(sqlite_url)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def app(engine: Engine) -> Flask:
    """A Flask application with nothing but the API."""
    flask = Flask("test")
    flask.register_blueprint(create_blueprint(engine))
    return flask


@pytest.fixture
def api(app: Flask) -> Api:
    """A client of an API without any deployment."""
    return Api(app.test_client())


@pytest.fixture
def own(app: Flask) -> Api:
    """A client of Baton's own interface of the same engine as `api`."""
    return Api(app.test_client(), OWN)


@pytest.fixture
def deployed(api: Api) -> Api:
    """A client of an API with the process `oneTask`."""
    api.deploy(one_bpmn=ONE_TASK, form_html="<form>Work</form>")
    return api
