"""What is no proper request is refused, in the API's shape, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from api import Limits, create_blueprint
from api.strict_json import MAX_DEPTH
from engine import Engine
from tests.api.conftest import Api
from tests.api.models import ONE_TASK

JSON = {"Content-Type": "application/json"}
BAD = "BadUserRequestException"

BODIES: list[tuple[Any, int, str]] = [
    (b"{", 400, "no JSON"),
    (b'{"name": }', 400, "no JSON"),
    (b"[]", 400, "object"),
    (b'"text"', 400, "object"),
    (b'{"name": "a", "name": "b"}', 400, "twice"),
    (b'{"priority": NaN}', 400, "NaN"),
    (b'{"priority": Infinity}', 400, "Infinity"),
    (b'{"priority": 1e999}', 400, "out of range"),
    (b'{"priority": ' + b"9" * 5000 + b"}", 400, "out of range"),
    (b'{"priority": 18446744073709551616}', 400, "priority"),
    (b'{"name": "\\u0000"}', 400, "NUL"),
    (b'{"name": "\\ud800"}', 400, "surrogate"),
    (b'{"name": "\xff"}', 400, "UTF-8"),
    (b'{"name": "\xc0\xaf"}', 400, "UTF-8"),
    (b'{"x": ' + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1) + b"}", 400, "deep"),
    (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "deep"),
    (b'{"sorting": "name"}', 400, "sorting"),
    (b'{"orQueries": [1]}', 400, "orQueries"),
    (b'{"taskDefinitionKeyIn": "a,b"}', 400, "taskDefinitionKeyIn"),
]


@pytest.mark.parametrize(("body", "status", "told"), BODIES)
def test_bodies_that_are_refused(api: Api, body: bytes, status: int, told: str) -> None:
    answer = api.call("POST", "/task", status, data=body, headers=JSON).get_json()
    assert set(answer) == {"type", "message", "code"}
    assert answer["type"] == "InvalidRequestException"
    assert told in answer["message"]


@pytest.mark.parametrize(
    ("body", "type"),
    [
        ({"sorting": [{"sortBy": "name"}]}, "NotValidException"),
        ({"sorting": [{"sortOrder": "asc"}]}, "NotValidException"),
        ({"sorting": [{"sortBy": "nope", "sortOrder": "asc"}]}, "NotValidException"),
        ({"sorting": [{"sortBy": "name", "sortOrder": "up"}]}, "NotValidException"),
        ({"assigneeExpression": "${1+1}"}, "BadUserRequestException"),
    ],
)
@pytest.mark.parametrize("path", ["/task", "/task/count"])
def test_what_the_query_itself_refuses_has_a_code(api: Api, path: str, body: Any, type: str) -> None:
    answer = api.post(path, body, 400)
    assert (answer["type"], answer["code"]) == (type, 0)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/task", {"taskDefinitionKeyIn": []}),
        ("/task", {"orQueries": [{"tenantIdIn": []}]}),
        ("/task", {"dueBefore": ""}),
        ("/history/task", {"startedAfter": "", "taskDefinitionKeyIn": []}),
        ("/process-instance", {"activityIdIn": [], "variables": []}),
    ],
)
def test_empty_filters_ask_for_nothing(api: Api, path: str, body: Any) -> None:
    api.deploy(one_bpmn=ONE_TASK)
    api.start()
    assert len(api.post(path, body, 200)) == 1


@pytest.mark.parametrize(
    ("path", "body"), [("/task", {"candidateGroups": []}), ("/process-instance", {"processInstanceIds": []})]
)
def test_none_of_these_is_not_all(api: Api, path: str, body: Any) -> None:
    api.deploy(one_bpmn=ONE_TASK)
    api.start()
    assert api.post(path, body, 200) == []
    assert api.get(path, **dict.fromkeys(body, "")) == []


@pytest.mark.parametrize(
    ("value", "operator", "status", "type"),
    [
        (None, "gt", 400, "NotValidException"),
        (True, "lteq", 400, "NotValidException"),
        ({"a": 1}, "eq", 500, "ProcessEngineException"),
        (5, "about", 400, "InvalidRequestException"),
    ],
)
def test_what_cannot_be_compared_with_a_variable(api: Api, value: Any, operator: str, status: int, type: str) -> None:
    wanted = {"variables": [{"name": "x", "operator": operator, "value": value}]}
    assert api.post("/process-instance", wanted, status)["type"] == type


def test_a_condition_on_a_variable_has_a_value_and_numbers_are_like_no_text(deployed: Api) -> None:
    deployed.start(variables={"x": {"value": 5}})
    assert deployed.get("/process-instance", 400, variables="x_eq_")["type"] == "InvalidRequestException"
    assert deployed.post("/process-instance", {"variables": [{"name": "x", "operator": "like", "value": 5}]}, 200) == []


@pytest.mark.parametrize("body", [b"", b"{}", b'{"unknown": {"deep": [1]}}', b'{"name": null}'])
def test_bodies_that_are_taken(api: Api, body: bytes) -> None:
    assert api.call("POST", "/task", data=body, headers=JSON).get_json() == []


@pytest.mark.parametrize("mimetype", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_only_json_is_read(api: Api, mimetype: str) -> None:
    answer = api.call("POST", "/task", 415, data=b"{}", content_type=mimetype).get_json()
    assert answer["type"] == "NotSupportedException"


def test_only_multipart_is_deployed(api: Api) -> None:
    api.call("POST", "/deployment/create", 415, json={})


@pytest.mark.parametrize(
    ("method", "path", "status", "type"),
    [
        ("GET", "/nothing", 404, "NotFoundException"),
        ("GET", "/task/1/nothing", 404, "NotFoundException"),
        ("GET", "/task/%2e%2e/count", 404, "NotFoundException"),
        ("GET", "/TASK", 404, "NotFoundException"),
        ("PATCH", "/task", 405, "NotAllowedException"),
        ("DELETE", "/task", 405, "NotAllowedException"),
        ("GET", "/engine/other/task", 400, "InvalidRequestException"),
        ("GET", "/process-definition/key/%00", 400, "InvalidRequestException"),
        ("GET", "/task?name=%00", 400, "InvalidRequestException"),
        ("GET", "/task?maxResults=many", 404, "QueryParamException"),
        ("GET", "/task?maxResults=-1", 400, "InvalidRequestException"),
        ("GET", "/task?firstResult=-1", 400, "InvalidRequestException"),
        ("GET", "/job?timers=true&messages=true", 400, "InvalidRequestException"),
        ("GET", "/deployment?source=a&withoutSource=true", 400, "InvalidRequestException"),
        ("GET", "/process-definition/statistics?incidents=true&rootIncidents=true", 400, "InvalidRequestException"),
        ("GET", "/task?priority=high", 400, "InvalidRequestException"),
        ("GET", "/task?unassigned=maybe", 400, "InvalidRequestException"),
        ("GET", "/task?dueBefore=tomorrow", 400, "InvalidRequestException"),
        ("GET", "/task?sortBy=name", 400, "InvalidRequestException"),
        ("GET", "/task?sortBy=name;&sortOrder=asc", 400, "InvalidRequestException"),
        ("GET", "/task/99999999999999999999", 404, "InvalidRequestException"),
        ("GET", "/task/٣", 404, "InvalidRequestException"),
        ("DELETE", "/process-instance/5?failIfNotExists=perhaps", 400, "InvalidRequestException"),
    ],
)
def test_urls_that_are_refused(api: Api, method: str, path: str, status: int, type: str) -> None:
    answer = api.call(method, path, status).get_json()
    assert answer["type"] == type
    assert answer["code"] is None


def test_a_method_that_is_not_allowed_names_those_that_are(api: Api) -> None:
    assert api.call("PATCH", "/task", 405).headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_options_and_head(api: Api) -> None:
    assert api.call("OPTIONS", "/task/1", 204).headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    assert api.call("OPTIONS", "/nothing", 404)
    head = api.call("HEAD", "/engine")
    assert head.data == b""
    assert head.mimetype == "application/json"


def test_the_engine_may_be_named_in_the_path(api: Api) -> None:
    assert api.get("/engine") == [{"name": "default"}]
    assert api.get("/engine/default/task/count") == {"count": 0}
    assert api.get("/engine/default/engine") == [{"name": "default"}]


@pytest.mark.parametrize("path", ["/version", "/nothing", "/task/1", "/openapi.json"])
def test_every_answer_is_harmless_to_browsers(api: Api, path: str) -> None:
    response = api.client.get("/engine-rest" + path)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"


def test_bodies_are_bounded(engine: Engine) -> None:
    app = Flask("small")
    app.register_blueprint(create_blueprint(engine, Limits(json_bytes=100, upload_bytes=1000, form_parts=3)))
    small = Api(app.test_client())
    answer = small.call("POST", "/task", 413, json={"name": "a" * 200}).get_json()
    assert answer["type"] == "RequestEntityTooLargeException"
    small.deploy(413, one_txt="a" * 2000)
    small.deploy(413, a_txt="a", b_txt="b", c_txt="c", d_txt="d")
    assert small.get("/deployment/count") == {"count": 0}


def test_what_nobody_foresaw_is_told_without_details(
    api: Api, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(engine.queries.tasks, "query", fail)
    response = api.call("GET", "/task", 500)
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "secret" in caplog.text


def test_injections_are_only_texts(deployed: Api) -> None:
    deployed.start(businessKey="b")
    for text in ("' OR 1=1 --", '"; DROP TABLE user_task; --', "%", "_"):
        assert deployed.get("/task", processInstanceBusinessKey=text) == []
        assert deployed.get("/task", assignee=text, sortBy="name", sortOrder="asc") == []
    assert deployed.get("/task/count") == {"count": 1}


@pytest.mark.parametrize("lost", ["folder", "file"])
def test_a_database_that_is_lost_is_told_to_come_back_to(tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    engine = Engine.open(f"sqlite:///{folder / 'baton.db'}")
    engine.upgrade()
    app = Flask("lost")
    app.register_blueprint(create_blueprint(engine))
    client = Api(app.test_client())
    assert client.get("/task") == []
    engine.close()
    if lost == "folder":
        folder.rename(tmp_path / "there")
    else:
        (folder / "baton.db").rename(folder / "other.db")
    response = client.call("GET", "/task", 503)
    assert response.headers["Retry-After"] == "1"
    assert response.get_json()["type"] == "ProcessEnginePersistenceException"
    engine.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "type"),
    [
        ("PUT", "/process-definition/key/oneTask/history-time-to-live", {"historyTimeToLive": -1}, 400, BAD),
        ("POST", "/signal", {"name": "s", "executionId": "1", "tenantId": "a"}, 400, BAD),
        ("DELETE", "/history/process-instance/999", None, 404, "InvalidRequestException"),
        ("DELETE", "/history/variable-instance/nope", None, 404, "InvalidRequestException"),
        ("POST", "/migration/generate", {}, 400, "InvalidRequestException"),
    ],
)
def test_what_the_engine_refuses_has_a_code(
    deployed: Api, method: str, path: str, body: Any, status: int, type: str
) -> None:
    answer = deployed.call(method, path, status, json=body).get_json()
    assert (answer["type"], answer["code"]) == (type, 0)
