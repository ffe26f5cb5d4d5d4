"""Whole lists as files: all rows in their order, with what the person may see, and no formulas."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from api.v1 import exports
from engine import Engine
from engine.authorization import Resource
from tests.api.conftest import Api
from tests.api.models import ONE_TASK
from tests.api.signing_in import guarded
from tests.decision_models import discount

KEY = {"label": "Key", "path": ["businessKey"]}


def saved(own: Api, of: str, *columns: tuple[str, ...], **body: Any) -> list[list[str]]:
    """The cells of a CSV file whose columns are called by where they lead."""
    named = [{"label": ".".join(path), "path": path} for path in columns]
    answer = own.call("POST", "/export", 200, json={"of": of, "columns": named, **body})
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text, newline="")))


def test_all_rows_are_saved_in_their_order(deployed: Api, own: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    for number in range(5):
        deployed.start(businessKey=f"b{number}", variables={"amount": {"value": number, "type": "Integer"}})
    asked = {"query": {"sortBy": "created", "sortOrder": "desc"}, "variables": ["amount"]}
    cells = saved(own, "/task/page", ("businessKey",), ("shown", "amount", "value"), ("candidateGroups",), **asked)
    assert cells[0] == ["businessKey", "shown.amount.value", "candidateGroups"]
    assert cells[1:] == [[f"b{number}", str(number), "sales"] for number in (4, 3, 2, 1, 0)]
    answer = own.call("POST", "/export", 200, json={"of": "/task/page", "format": "json", "name": 'a "b" é', **asked})
    assert [row["businessKey"] for row in json.loads(answer.data)] == ["b4", "b3", "b2", "b1", "b0"]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="a _b_ ?.json"')


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\r\nSet-Cookie: b=c\x01\x7f", "aSet-Cookie%3A%20b%3Dc"),
        (
            "\u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f4bb",
            "%D7%A9%D7%9C%D7%95%D7%9D%20%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB",
        ),
    ],
)
def test_the_name_of_a_file_is_what_it_looks_like(own: Api, name: str, told: str) -> None:
    answer = own.call("POST", "/export", json={"of": "/task", "format": "json", "name": name})
    assert answer.headers["Content-Disposition"].endswith(f"filename*=UTF-8''{told}.json")
    assert answer.headers["Content-Disposition"].isprintable()
    assert "Set-Cookie" not in answer.headers


def test_every_list_can_be_saved(deployed: Api, own: Api, engine: Engine) -> None:
    started = deployed.start(businessKey="b")["id"]
    engine.people.create_user("ada", first_name="Ada")
    assert saved(own, "/process-instance/page", ("id",), ("elements",))[1:] == [[started, "work: 1"]]
    assert saved(own, "/process", ("key",), ("instances",), query={"search": "one"})[1:] == [["oneTask", "1"]]
    assert saved(own, "/process", ("key",), query={"search": "two"})[1:] == []
    assert saved(own, "/deployment", ("name",))[1:] == [["test"]]
    assert saved(own, "/user", ("firstName",), query={"nameOrIdLike": "%ad%"})[1:] == [["Ada"]]
    for path in exports.COLLECTIONS:
        answer = own.call("POST", "/export", 200, json={"of": path, "format": "json"})
        assert isinstance(json.loads(answer.data), list), path


def test_decisions_are_saved_with_what_went_in_and_came_out(api: Api, own: Api) -> None:
    api.deploy(discount_dmn=discount())
    for amount in (1000, 50):
        api.post("/decision-definition/key/discount/evaluate", {"variables": {"amount": {"value": amount}}}, 200)
    assert saved(own, "/decision", ("name",), ("evaluations",), query={"search": "COUNT"})[1:] == [["Discount", "2"]]
    assert saved(own, "/decision", ("key",), query={"search": "two"})[1:] == []
    made = "/history/decision-instance"
    asked = {"sortBy": "evaluationTime", "sortOrder": "asc", "includeInputs": True, "includeOutputs": True}
    asked["activityIdIn"] = None
    assert saved(own, made, ("inputs", "value"), ("outputs", "value"), ("outputs", "ruleId"), query=asked)[1:] == [
        ["1000", "5, 10", "large, huge"],
        ["50", "0", "small"],
    ]
    assert saved(own, made, ("inputs", "value"))[1:] == [[""], [""]], "they were not asked for"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\tx", "\rx", "\nx", "  =1", "＝1"])
def test_nothing_is_a_formula(deployed: Api, own: Api, text: str) -> None:
    variables = {"v": {"value": text, "type": "String"}, "n": {"value": -1, "type": "Integer"}}
    deployed.start(variables=variables)
    asked = {"variables": ["v", "n"], "columns": [{"label": text, "path": ["shown", "v", "value"]}]}
    asked["columns"].append({"label": "n", "path": ["shown", "n", "value"]})
    cells = saved(own, "/task/page", **asked)
    assert cells == [[f"'{text}", "n"], [f"'{text}", "-1"]], "a number is no formula"


def test_cells_that_would_break_the_table_are_quoted(deployed: Api, own: Api) -> None:
    keys = ['say "hi", twice', "two\nlines"]
    for key in keys:
        deployed.start(businessKey=key)
    assert saved(own, "/task/page", ("businessKey",), ("due",), query={"sortBy": "created", "sortOrder": "asc"}) == [
        ["businessKey", "due"],
        *([key, ""] for key in keys),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"of": "/nothing", "columns": [KEY]}, 404),
        ({"of": "/task/page"}, 400),
        ({"of": "/task/page", "columns": [KEY], "format": "xls"}, 400),
        ({"of": "/task/page", "columns": [KEY], "query": {"sortBy": "nothing", "sortOrder": "asc"}}, 400),
        ({"of": "/task/page", "columns": [KEY], "filter": "99"}, 404),
        ({"of": "/process", "columns": [KEY], "query": {"sortBy": "nothing"}}, 400),
        ({"of": "/decision", "columns": [KEY], "query": {"sortBy": "nothing"}}, 400),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_file_begins(own: Api, body: dict[str, Any], status: int) -> None:
    own.post("/export", body, status)


def test_too_many_rows_are_refused(deployed: Api, own: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST", 2)
    for _ in range(2):
        deployed.start()
    assert len(saved(own, "/task/page", ("id",))) == 3
    deployed.start()
    assert "narrow" in own.post("/export", {"of": "/task/page", "columns": [KEY]}, 400)["message"]


def test_a_file_has_what_the_person_may_see(sqlite_url: str) -> None:
    with guarded(sqlite_url) as site:
        site.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode(), "discount.dmn": discount().encode()})
        instance = site.engine.process_instances.start(key="oneTask", variables={"secret": "s"})
        site.engine.people.create_user("eve", password="eavesdropper")
        browser = site.browser()
        browser.sign_in("eve", "eavesdropper")

        def file(of: str, **body: Any) -> Any:
            answer = browser.send("POST", "/api/v1/export", json={"of": of, "format": "json", **body})
            assert answer.status_code == 200, answer.text
            return json.loads(answer.data)

        assert file("/task/page") == file("/process-instance/page") == file("/process") == file("/decision") == []
        assert (
            file("/history/user-operation")
            == file("/authorization")
            == file("/user-session", query={"userId": "ada"})
            == []
        )
        assert [user["id"] for user in file("/user")] == ["eve"]
        assert [session["userId"] for session in file("/user-session")] == ["eve"]
        site.engine.authorizations.grant(Resource.PROCESS_DEFINITION, "READ_TASK", user="eve")
        (task,) = file("/task/page", variables=["secret"])
        assert (task["processInstanceId"], task["shown"]["secret"]["value"]) == (str(instance.id), "s")
