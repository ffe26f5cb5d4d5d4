"""Tasks as a web app's lists have them: pages, counts, and changes of many."""

from __future__ import annotations

from typing import Any

import pytest

from api.v1 import tasks
from engine import Engine
from engine.authorization import AuthorizationType, Resource
from tests.api.conftest import Api
from tests.api.models import ONE_TASK
from tests.api.signing_in import guarded
from tests.api.test_own_forms import LATEST, begin, process


def test_a_page_tells_what_belongs_to_its_tasks(deployed: Api, own: Api) -> None:
    ids = [deployed.task(deployed.start(businessKey=f"b{number}")["id"]) for number in range(3)]
    deployed.post(f"/task/{ids[2]}/comment/create", {"message": "hello"}, 200)
    deployed.post(f"/task/{ids[2]}/identity-links", {"userId": "mary", "type": "candidate"})
    page = own.post("/task/page", {"size": 2, "query": {"sortBy": "id", "sortOrder": "desc"}}, 200)
    assert ([task["id"] for task in page["tasks"]], page["more"]) == ([ids[2], ids[1]], True)
    first = page["tasks"][0]
    assert (first["processDefinitionKey"], first["processDefinitionVersion"], first["businessKey"]) == (
        "oneTask",
        1,
        "b2",
    )
    assert (first["candidateGroups"], first["candidateUsers"], first["comments"]) == (["sales"], ["mary"], 1)
    rest = own.post("/task/page", {"size": 2, "first": 2, "query": {"sortBy": "id", "sortOrder": "desc"}}, 200)
    assert ([task["id"] for task in rest["tasks"]], rest["more"]) == ([ids[0]], False)
    own.post("/task/page", {"size": 201}, 400)
    own.post("/task/page", {"query": {"sortBy": "nothing", "sortOrder": "asc"}}, 400)


def test_a_page_and_counts_cost_the_same_however_many_there_are(deployed: Api, own: Api, engine: Engine) -> None:
    costs = []
    for _ in range(2):
        deployed.start()
        with engine.database.count_statements() as page:
            own.post("/task/page", {}, 200)
        with engine.database.count_statements() as counts:
            own.post("/task/counts", {"queries": {name: {"assignee": name} for name in "abcdefgh"}}, 200)
        costs.append((page.count, counts.count))
    assert costs == [(5, 2), (5, 2)]  # with one BEGIN for each of the three reads


def test_rows_show_the_variables_that_are_asked_for(deployed: Api, own: Api, engine: Engine) -> None:
    typed = {
        "amount": {"value": 7, "type": "Integer"},
        "ok": {"value": False, "type": "Boolean"},
        "text": {"value": "x" * 300, "type": "String"},
        "list": {"value": "[1]", "type": "Json"},
        "other": {"value": 1, "type": "Integer"},
    }
    wanted = {"variables": ["amount", "ok", "text", "list", "none"]}
    costs = []
    for _ in range(2):
        task = deployed.task(deployed.start(variables=typed)["id"])
        with engine.database.count_statements() as counter:
            page = own.post("/task/page", wanted, 200)
        costs.append(counter.count)
    assert costs[0] == costs[1], "however many tasks there are"
    shown = page["tasks"][0]["shown"]
    assert shown == {
        "amount": {"type": "Integer", "value": 7},
        "ok": {"type": "Boolean", "value": False},
        "text": {"type": "String", "value": "x" * 200},
        "list": {"type": "Json", "value": None},
    }
    deployed.put(f"/task/{task}/localVariables/amount", {"value": 8, "type": "Integer"})
    newest, other = own.post("/task/page", wanted, 200)["tasks"]
    assert (newest["shown"]["amount"]["value"], other["shown"]["amount"]["value"]) == (8, 7), "the inner one hides"
    assert own.post("/task/page", {}, 200)["tasks"][0]["shown"] == {}
    own.post("/task/page", {"variables": [str(number) for number in range(11)]}, 400)


def test_variables_are_shown_to_those_who_may_read_them(sqlite_url: str) -> None:
    with guarded(sqlite_url) as site:
        site.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode()})
        site.engine.process_instances.start(key="oneTask", variables={"v": 1})
        (task,) = site.engine.queries.tasks.list()
        rules = site.engine.authorizations
        rules.grant(Resource.TASK, "READ", user="bob")
        rules.create(AuthorizationType.REVOKE, Resource.TASK, ["READ_VARIABLE"], user_id="bob")
        browser = site.browser()
        browser.sign_in("bob", "builder")

        def seen() -> Any:
            (row,) = browser.send("POST", "/api/v1/task/page", json={"variables": ["v"]}).get_json()["tasks"]
            return row["shown"]

        assert seen()["v"]["value"] == 1, "bob may take the task"
        site.engine.tasks.claim(task.id, "ada")
        site.engine.tasks.delete_identity_link(task.id, "candidate", group_id="sales")
        assert seen() == {}


def test_tasks_come_in_groups(deployed: Api, own: Api) -> None:
    wanted = {"b0": (30, "2030-01-02"), "b1": (80, None), "b2": (50, "2030-01-01"), "b3": (100, "2030-01-02")}
    for key, (priority, day) in wanted.items():
        task = deployed.task(deployed.start(businessKey=key)["id"])
        values = {"priority": priority, "due": day and f"{day}T10:00:00.000+0000"}
        changes(own, task, action="set", values=values)
        if key == "b3":
            deployed.post(f"/task/{task}/assignee", {"userId": "mary"})

    def grouped(by: str, *bounds: object, **body: Any) -> tuple[list[str], Any]:
        query = {"sortBy": "created", "sortOrder": "asc"}
        group = {"by": by, "bounds": bounds}
        page = own.post("/task/page", {"query": query, "group": group, **body}, 200)
        return [task["businessKey"] for task in page["tasks"]], page["groups"]

    assert grouped("process") == (["b0", "b1", "b2", "b3"], {"oneTask": 4})
    assert grouped("assignee") == (["b0", "b1", "b2", "b3"], {"": 3, "mary": 1})
    assert grouped("priority", 50, 51, 100) == (["b3", "b1", "b2", "b0"], {"0": 1, "1": 1, "2": 1, "3": 1})
    days = [f"2030-01-0{day}T00:00:00.000+0000" for day in (2, 3)]
    assert grouped("due", *days) == (["b2", "b0", "b3", "b1"], {"0": 1, "1": 2, "3": 1})
    assert grouped("due", *days, first=1, size=2)[0] == ["b0", "b3"]
    assert own.post("/task/page", {}, 200)["groups"] is None
    own.post("/task/page", {"group": {"by": "colour"}}, 400)
    own.post("/task/page", {"group": {"by": "due", "bounds": ["tomorrow"]}}, 400)
    own.post("/task/page", {"group": {"by": "priority", "bounds": ["high"]}}, 400)


def test_groups_of_long_lists_are_not_counted(deployed: Api, own: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "COUNTED", 2)
    deployed.start()
    assert own.post("/task/page", {"group": {"by": "process"}}, 200)["groups"] == {"oneTask": 1}
    deployed.start()
    assert own.post("/task/page", {"group": {"by": "process"}}, 200)["groups"] is None


def test_counts_by_name(deployed: Api, own: Api) -> None:
    for assignee in ("mary", "mary", "john"):
        deployed.post(f"/task/{deployed.task(deployed.start()['id'])}/assignee", {"userId": assignee})
    asked = {"mary": {"assignee": "mary"}, "none": {"unassigned": True}, "all": {}}
    assert own.post("/task/counts", {"queries": asked}, 200) == {
        "counts": {"mary": 2, "none": 0, "all": 3},
        "limit": 1000,
    }
    assert own.post("/task/counts", {"queries": {}}, 200)["counts"] == {}


def test_a_task_is_shown_after_it_has_ended(deployed: Api, own: Api) -> None:
    task = deployed.task(deployed.start(businessKey="b")["id"])
    assert own.get(f"/task/{task}")["ended"] is None
    deployed.post(f"/task/{task}/complete")
    shown = own.get(f"/task/{task}")
    assert (shown["taskState"], shown["businessKey"], shown["ended"] is None) == ("Completed", "b", False)
    own.get("/task/99", 404)


def changes(own: Api, *ids: str, **body: Any) -> list[str | None]:
    """What kept each of the tasks from being changed."""
    results = own.post("/task/changes", {"ids": list(ids), **body}, 200)["results"]
    assert [result["id"] for result in results] == list(ids)
    assert all(result["done"] == (result["problem"] is None) for result in results)
    return [result["problem"] for result in results]


def test_attributes_are_set_one_by_one(deployed: Api, own: Api) -> None:
    task = deployed.task(deployed.start()["id"])
    due = "2030-01-01T10:00:00.000+0000"
    assert changes(own, task, action="set", values={"due": due, "priority": 70, "name": "Renamed"}) == [None]
    assert changes(own, task, action="set", values={"followUp": due}) == [None]
    shown = own.get(f"/task/{task}")
    assert (shown["due"], shown["followUp"], shown["priority"], shown["name"]) == (due, due, 70, "Renamed")
    assert changes(own, task, action="set", values={"due": None}) == [None]
    shown = own.get(f"/task/{task}")
    assert (shown["due"], shown["followUp"]) == (None, due)


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "set", "values": {"assignee": "mary"}},
        {"action": "set", "values": {"due": "tomorrow"}},
        {"action": "set", "values": {"due": 5}},
        {"action": "set", "values": {"priority": "high"}},
        {"action": "set", "values": {"priority": 2**31}},
        {"action": "set", "values": {"name": 5}},
        {"action": "dance"},
        {"action": "claim"},
    ],
)
def test_changes_that_make_no_sense_are_refused(deployed: Api, own: Api, wrong: dict[str, Any]) -> None:
    task = deployed.task(deployed.start()["id"])
    own.post("/task/changes", {"ids": [task], **wrong}, 400)


def test_one_task_that_fails_keeps_no_other_from_being_changed(deployed: Api, own: Api) -> None:
    first, second = (deployed.task(deployed.start()["id"]) for _ in range(2))
    problems = changes(own, "99", first, "x", second, action="assign", userId="mary")
    assert [problem is None for problem in problems] == [False, True, False, True]
    assert {task["assignee"] for task in deployed.get("/task")} == {"mary"}
    assert changes(own, first, second, action="unclaim") == [None, None]
    assert {task["assignee"] for task in deployed.get("/task")} == {None}
    assert changes(own, first, second, action="complete") == [None, None]
    assert deployed.get("/task") == []


def test_tasks_whose_forms_want_answers_are_not_completed_without(api: Api, own: Api) -> None:
    task = begin(api, process(LATEST), amount=7)
    (problem,) = changes(own, task, action="complete")
    assert problem is not None
    assert "Article" in problem
    assert len(api.get("/task")) == 1


def test_who_is_signed_in_claims(sqlite_url: str) -> None:
    with guarded(sqlite_url) as site:
        site.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode()})
        for _ in range(2):
            site.engine.process_instances.start(key="oneTask")
        first, second = (str(task.id) for task in site.engine.queries.tasks.list())
        site.engine.tasks.claim(int(second), "bob")
        browser = site.browser()
        browser.sign_in()
        answer = browser.send("POST", "/api/v1/task/changes", json={"ids": [first, second], "action": "claim"})
        assert [result["done"] for result in answer.get_json()["results"]] == [True, False]
        assert site.engine.queries.tasks.get(int(first)).assignee == "ada"


def test_a_task_of_ones_group_is_the_next(sqlite_url: str) -> None:
    with guarded(sqlite_url) as site:
        site.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode()})
        definition = site.engine.queries.latest_definition("oneTask")
        start = f"/api/v1/process-definition/{definition.key}:{definition.version}:{definition.id}/start"
        for user, sees in (("bob", True), ("eve", False)):
            if user == "eve":
                site.engine.people.create_user("eve", password="eavesdropper")
            site.engine.authorizations.grant(Resource.PROCESS_DEFINITION, "READ", "CREATE_INSTANCE", user=user)
            site.engine.authorizations.grant(Resource.PROCESS_INSTANCE, "CREATE", user=user)
            browser = site.browser()
            browser.sign_in(user, "builder" if user == "bob" else "eavesdropper")
            answer = browser.send("POST", start, json={"data": {}})
            assert answer.status_code == 200, answer.text
            assert (answer.get_json()["next"] is not None) == sees, user


def test_saved_queries_are_listed_and_counted_for_who_asks(sqlite_url: str) -> None:
    with guarded(sqlite_url) as site:
        site.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode()})
        for _ in range(3):
            site.engine.process_instances.start(key="oneTask", variables={"v": 1, "w": 2})
        first, *_ = site.engine.queries.tasks.list()
        site.engine.tasks.claim(first.id, "ada")
        browser = site.browser()
        browser.sign_in()
        made = browser.send(
            "POST",
            "/engine-rest/filter/create",
            json={
                "name": "Mine",
                "resourceType": "Task",
                "query": {"assigneeExpression": "${currentUser()}"},
                "properties": {"variables": [{"name": "v", "label": "V"}, {"label": "odd"}, "odder", {"name": 5}]},
            },
        ).get_json()["id"]
        page = browser.send("POST", "/api/v1/task/page", json={"filter": made}).get_json()
        assert [task["id"] for task in page["tasks"]] == [str(first.id)]
        assert {name: shown["value"] for name, shown in page["tasks"][0]["shown"].items()} == {"v": 1}
        none = browser.send("POST", "/api/v1/task/page", json={"filter": made, "query": {"name": "other"}}).get_json()
        assert none["tasks"] == []
        counts = browser.send("POST", "/api/v1/task/counts", json={"queries": {"all": {}}, "saved": True}).get_json()
        assert counts["counts"] == {"all": 3, made: 1}
        for unknown in ("99", "x"):
            assert browser.send("POST", "/api/v1/task/page", json={"filter": unknown}).status_code == 404
