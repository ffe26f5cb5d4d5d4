"""Saved queries over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.signing_in import guarded


@pytest.fixture
def tasks(api: Api) -> Api:
    """A client of an API with three tasks, of which Ann has the first."""
    for name, assignee in (("first", "ann"), ("second", "ben"), ("third", None)):
        api.post("/task/create", {"name": name, "assignee": assignee})
    return api


def keep(api: Api, query: Any, **fields: Any) -> Any:
    return api.post("/filter/create", {"resourceType": "Task", "name": "f", "query": query, **fields}, 200)


def names(tasks: list[dict[str, Any]]) -> list[str]:
    return [task["name"] for task in tasks]


def test_a_filter_is_shown_as_camunda_shows_it(api: Api) -> None:
    query = {
        "assignee": "ann",
        "candidateGroupsExpression": "${currentUserGroups()}",
        "processVariables": [{"name": "a", "operator": "eq", "value": 1}],
        "orQueries": [{"name": "a"}],
        "sorting": [{"sortBy": "name", "sortOrder": "asc"}],
        "nonsense": 1,
    }
    made = keep(api, query, owner="ann", properties={"color": "#123", "more": {"a": [1]}})
    expected = {
        "id": made["id"],
        "resourceType": "Task",
        "name": "f",
        "owner": "ann",
        "query": {
            "assignee": "ann",
            "candidateGroupsExpression": "${currentUserGroups()}",
            "taskVariables": [],
            "processVariables": [{"name": "a", "operator": "eq", "value": 1}],
            "caseInstanceVariables": [],
            "orQueries": [{"name": "a", "taskVariables": [], "processVariables": [], "caseInstanceVariables": []}],
            "sorting": [{"sortBy": "name", "sortOrder": "asc"}],
        },
        "properties": {"color": "#123", "more": {"a": [1]}},
    }
    assert made == expected
    assert api.get(f"/filter/{made['id']}") == expected
    assert api.get(f"/filter/{made['id']}", itemCount="true") == {**expected, "itemCount": 0}


def test_filters_are_listed(tasks: Api) -> None:
    mine, all_tasks = (
        keep(tasks, {"assignee": "ann"}, name="Mine")["id"],
        keep(tasks, {}, name="All", owner="ben")["id"],
    )
    listed = tasks.get("/filter", resourceType="Task", itemCount="true", sortBy="name", sortOrder="asc")
    assert [(each["id"], each["itemCount"]) for each in listed] == [(all_tasks, 3), (mine, 1)]
    assert tasks.get("/filter/count", nameLike="M%") == {"count": 1}
    assert [each["id"] for each in tasks.get("/filter", owner="ben")] == [all_tasks]
    assert tasks.get("/filter", filterId="nope") == []


def test_a_filter_is_changed_and_deleted(tasks: Api) -> None:
    path = f"/filter/{keep(tasks, {'assignee': 'ann'}, properties={'a': 1})['id']}"
    tasks.put(path, {"resourceType": "Task", "name": "g", "query": {"assignee": "ben"}})
    changed = tasks.get(path)
    assert (changed["name"], changed["properties"]) == ("g", {})
    tasks.put(path, {"name": "h", "query": {"assignee": "ben"}})
    assert tasks.get(path)["name"] == "h", "what it is about needs not be said again"
    refused = tasks.put(path, {"name": "h", "query": {"sorting": [{"sortBy": "nope"}]}}, 400)
    assert (refused["type"], refused["code"]) == ("InvalidRequestException", 0)
    assert names(tasks.get(f"{path}/list")) == ["second"]
    tasks.delete(path)
    for method, where, body in (
        ("GET", path, None),
        ("GET", f"{path}/list", None),
        ("DELETE", path, None),
        ("PUT", path, {"resourceType": "Task", "name": "g", "query": {}}),
        ("GET", "/filter/nope", None),
    ):
        assert tasks.call(method, where, 404, json=body).get_json()["type"] == "InvalidRequestException"


def test_a_filter_is_asked(tasks: Api) -> None:
    path = f"/filter/{keep(tasks, {'assigned': True, 'sorting': [{'sortBy': 'name', 'sortOrder': 'desc'}]})['id']}"
    assert names(tasks.get(f"{path}/list")) == ["second", "first"]
    assert names(tasks.get(f"{path}/list", firstResult=1, maxResults=1)) == ["first"]
    assert names(tasks.post(f"{path}/list", {"assignee": "ann"}, 200)) == ["first"]
    assert names(tasks.post(f"{path}/list?maxResults=1", {}, 200)) == ["second"]
    assert tasks.get(f"{path}/count") == {"count": 2}
    assert tasks.post(f"{path}/count", {"name": "second"}, 200) == {"count": 1}
    assert tasks.post(f"{path}/singleResult", {"name": "first"}, 200)["assignee"] == "ann"
    tasks.post(f"{path}/singleResult", {"name": "nothing"}, 204)
    assert tasks.get(f"{path}/singleResult", 400)["type"] == "InvalidRequestException"


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Nope", "name": "f", "query": {}},
        {"resourceType": "Task", "query": {}},
        {"resourceType": "Task", "name": "", "query": {}},
        {"name": "f", "query": {}},
        {"resourceType": "Task", "name": "f"},
        {"resourceType": "Task", "name": "f", "query": {"priority": "high"}},
        {"resourceType": "Task", "name": "f", "query": {"orQueries": 1}},
        {"resourceType": "Task", "name": "f", "query": {"sorting": [{"sortBy": "nope", "sortOrder": "asc"}]}},
        {"resourceType": "Task", "name": "f", "query": {"assigneeExpression": "${"}},
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert api.post("/filter/create", body, 400)["type"] == "InvalidRequestException"
    assert api.get("/filter/count") == {"count": 0}


def test_a_filter_of_which_no_properties_are_said_has_none(api: Api) -> None:
    made = api.post("/filter/create", {"resourceType": "Task", "name": "f", "query": {}}, 200)
    assert made["properties"] is None
    assert api.get(f"/filter/{made['id']}")["properties"] == {}


def test_what_can_be_done_is_told(api: Api) -> None:
    links = api.call("OPTIONS", "/filter").get_json()["links"]
    assert [(each["method"], each["rel"]) for each in links] == [("GET", "list"), ("GET", "count"), ("POST", "create")]
    id = keep(api, {})["id"]
    links = api.call("OPTIONS", f"/filter/{id}").get_json()["links"]
    assert ("PUT", f"http://localhost/engine-rest/filter/{id}", "update") in [tuple(each.values()) for each in links]
    for link in links:
        if link["method"] == "GET":
            path = link["href"].removeprefix("http://localhost/engine-rest")
            assert api.call("GET", path, 204 if link["rel"] == "singleResult" else 200)


def test_an_expression_in_what_extends_is_refused(api: Api) -> None:
    path = f"/filter/{keep(api, {})['id']}"
    refused = api.post(f"{path}/list", {"assigneeExpression": "${currentUser()}"}, 400)
    assert "assigneeExpression" in refused["message"]
    assert (refused["type"], refused["code"]) == ("BadUserRequestException", 0)
    for ending in ("count", "singleResult"):
        refused = api.post(f"{path}/{ending}", {"sorting": [{"sortBy": "nope"}]}, 400)
        assert (refused["type"], refused["code"]) == ("InvalidRequestException", 0)
    assert api.post(f"{path}/list", {"sorting": [{"sortBy": "nope"}]}, 400)["type"] == "NotValidException"


def test_a_filter_finds_what_is_mine(sqlite_url: str) -> None:
    with guarded(sqlite_url) as made:
        made.engine.tasks.create(name="hers", assignee="ada")
        made.engine.tasks.create(name="his", assignee="bob")
        browser = made.browser()
        browser.sign_in()
        mine = {"resourceType": "Task", "name": "Mine", "query": {"assigneeExpression": "${currentUser()}"}}
        id = browser.send("POST", "/engine-rest/filter/create", json=mine).get_json()["id"]
        assert names(browser.send("GET", f"/engine-rest/filter/{id}/list").get_json()) == ["hers"]
