"""External tasks over the API: fetched, reported on, changed, and what their workers are told when they are wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine import Engine
from engine.authorization import Actor
from engine.services import long_polling
from tests.api.conftest import Api
from tests.api.models import WORK

FETCH = "/external-task/fetchAndLock"


@pytest.fixture
def work(api: Api) -> Api:
    """A client of an API with the process `work`."""
    api.deploy(work_bpmn=WORK)
    return api


def begin(api: Api, topic: str = "a", priority: int = 0, **body: Any) -> str:
    """The id of an instance that waits for work."""
    variables = {"topic": {"value": topic}, "priority": {"value": priority}, **body.pop("variables", {})}
    started: str = api.start("work", variables=variables, **body)["id"]
    return started


def fetch(api: Api, *topics: str, worker: str = "w1", limit: int = 10, **topic: Any) -> list[dict[str, Any]]:
    """The tasks that a worker gets."""
    wanted = [{"topicName": each, "lockDuration": 60_000, **topic} for each in topics or ("a",)]
    found: list[dict[str, Any]] = api.post(FETCH, {"workerId": worker, "maxTasks": limit, "topics": wanted}, 200)
    return found


def test_a_task_is_locked_for_one_worker(work: Api) -> None:
    instance = begin(work, businessKey="k", variables={"x": {"value": 1}})
    (task,) = fetch(work, includeExtensionProperties=True)
    assert (task["workerId"], task["retries"], task["errorMessage"], task["errorDetails"]) == ("w1", None, None, None)
    assert (task["businessKey"], task["extensionProperties"]) == ("k", {"where": "there"})
    assert task["activityInstanceId"].startswith("do:")
    assert task["variables"]["x"] == {"value": 1, "type": "Integer", "valueInfo": {}}
    assert fetch(work, worker="w2") == []
    (listed,) = work.get("/external-task", processInstanceId=instance, locked="true", workerId="w1")
    assert listed == {name: task[name] for name in listed}
    assert work.get("/external-task/count", notLocked="true") == {"count": 0}


def test_tasks_are_found_by_their_process_and_its_variables(work: Api) -> None:
    work.deploy(other_bpmn=WORK.replace('id="work"', 'id="other" name="Other work"'))
    first = begin(work, variables={"x": {"value": 1}, "Y": {"value": "Long"}})
    work.start("other", variables={"topic": {"value": "a"}, "priority": {"value": 0}})
    other = next(each for each in work.get("/external-task") if each["processInstanceId"] != first)
    for query, found in (
        ({"processDefinitionKey": "work"}, [first]),
        ({"processDefinitionKeyIn": "other,none"}, [other["processInstanceId"]]),
        ({"processDefinitionName": "Other work"}, [other["processInstanceId"]]),
        ({"processDefinitionNameLike": "%work"}, [other["processInstanceId"]]),
        ({"processVariables": "Y_eq_Long"}, [first]),
        ({"processVariables": "y_like_%ONG", "variableNamesIgnoreCase": "true"}, []),
        (
            {"processVariables": "y_like_%ONG", "variableNamesIgnoreCase": "true", "variableValuesIgnoreCase": "true"},
            [first],
        ),
        ({"processVariables": "Y_eq_Short"}, []),
    ):
        assert [each["processInstanceId"] for each in work.get("/external-task", **query)] == found, query
        assert work.get("/external-task/count", **query) == {"count": len(found)}
    body = {"processVariables": [{"name": "x", "operator": "eq", "value": 1}]}
    assert [each["processInstanceId"] for each in work.post("/external-task", body, 200)] == [first]
    work.get("/external-task", 400, processVariables="x_zz_1")


def test_variables_are_chosen_by_name_and_scope(work: Api) -> None:
    begin(work, variables={"x": {"value": 1}, "y": {"value": 2}})
    (task,) = fetch(work, variables=["y", "none"])
    assert task["variables"].keys() == {"y"}
    work.post(f"/external-task/{task['id']}/unlock")
    (task,) = fetch(work, localVariables=True)
    assert task["variables"] == {}
    assert task["extensionProperties"] == {}


def test_objects_stay_serialized_unless_asked_for(work: Api) -> None:
    info = {"objectTypeName": "java.util.ArrayList", "serializationDataFormat": "application/json"}
    begin(work, variables={"o": {"value": "[1]", "type": "Object", "valueInfo": info}})
    (task,) = fetch(work)
    assert task["variables"]["o"]["value"] == "[1]"
    work.post(f"/external-task/{task['id']}/unlock")
    (task,) = fetch(work, deserializeValues=True)
    assert task["variables"]["o"]["value"] == [1]


def test_the_highest_priority_goes_first_over_all_topics(work: Api) -> None:
    for topic, priority in (("a", 1), ("b", 9), ("a", 5)):
        begin(work, topic, priority)
    assert [task["priority"] for task in fetch(work, "a", "b", limit=2)] == [9, 5]
    assert work.get("/external-task/topic-names") == ["a", "b"]
    assert work.get("/external-task/topic-names", withUnlockedTasks="true") == ["a"]
    listed = work.get("/external-task", sortBy="taskPriority", sortOrder="desc")
    assert [task["priority"] for task in listed] == [9, 5, 1]


def test_the_last_request_for_a_topic_counts(work: Api) -> None:
    begin(work)
    topics = [{"topicName": "a", "lockDuration": 1, "variables": []}, {"topicName": "a", "lockDuration": 60_000}]
    (task,) = work.post(FETCH, {"workerId": "w", "maxTasks": 1, "topics": topics}, 200)
    assert "topic" in task["variables"]


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"workerId": None}, 500, "workerId is null"),
        ({"maxTasks": -1}, 500, "maxResults"),
        ({"topics": [{"topicName": "a"}]}, 500, "lockTime is not greater than 0"),
        ({"topics": [{"lockDuration": 1}]}, 500, "topicName is null"),
        ({"topics": [{"topicName": "a", "lockDuration": 10**18}]}, 400, "lockDuration"),
        ({"topics": "a"}, 400, "topics"),
        ({"asyncResponseTimeout": 1_800_001}, 400, "1800000"),
        ({"sorting": [{"sortBy": "id", "sortOrder": "asc"}]}, 400, "sortBy parameter to value id"),
        ({"sorting": [{"sortBy": "createTime", "sortOrder": "up"}]}, 400, "sortOrder parameter to value up"),
    ],
)
def test_what_makes_no_sense_is_refused_and_locks_nothing(
    work: Api, change: dict[str, Any], status: int, told: str
) -> None:
    begin(work)
    body = {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "a", "lockDuration": 1000}], **change}
    assert told in work.post(FETCH, body, status)["message"]
    assert work.get("/external-task/count", locked="true") == {"count": 0}


def test_a_topic_may_be_null_in_all_its_filters(work: Api) -> None:
    begin(work)
    nothing = dict.fromkeys(
        ("businessKey", "processDefinitionIdIn", "processVariables", "tenantIdIn", "withoutTenantId", "variables")
    )
    assert len(fetch(work, **nothing)) == 1


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"businessKey": "k"}, 1),
        ({"businessKey": "other"}, 0),
        ({"processDefinitionKey": "work"}, 1),
        ({"processDefinitionKeyIn": ["x"]}, 0),
        ({"processDefinitionId": "work:1:none"}, 0),
        ({"processDefinitionVersionTag": "w1"}, 1),
        ({"processVariables": {"x": 1.0}}, 1),
        ({"processVariables": {"x": 2}}, 0),
        ({"withoutTenantId": True}, 1),
        ({"tenantIdIn": ["t"]}, 0),
    ],
)
def test_a_topic_may_be_narrowed(work: Api, filters: dict[str, Any], found: int) -> None:
    begin(work, businessKey="k", variables={"x": {"value": 1}})
    assert len(fetch(work, **filters)) == found


def test_reports_of_others_are_refused(work: Api) -> None:
    begin(work)
    (task,) = fetch(work)
    where = f"/external-task/{task['id']}"
    for path, body in (
        ("complete", {}),
        ("failure", {"retries": 1}),
        ("bpmnError", {"errorCode": "E1"}),
        ("extendLock", {"newDuration": 1000}),
        ("lock", {"lockDuration": 1000}),
    ):
        answer = work.post(f"{where}/{path}", {"workerId": "w2", **body}, 400)
        assert answer["type"] == "RestException"
        assert "w1" in answer["message"]
        assert work.post(f"{where}/{path}", body, 500)["type"] == "NullValueException"
        assert work.post(f"/external-task/1/{path}", {"workerId": "w1", **body}, 404)["type"] == "RestException"
    work.post(f"{where}/complete", {"workerId": "w1", "variables": {"r": {"value": 5}}})
    work.post(f"{where}/complete", {"workerId": "w1"}, 404)


def test_work_that_ended_with_an_error_has_not_succeeded(work: Api) -> None:
    begin(work)
    (task,) = fetch(work)
    work.post(f"/external-task/{task['id']}/bpmnError", {"workerId": "w1", "errorCode": "E1"})
    log = work.get("/history/external-task-log", externalTaskId=task["id"])
    assert [(each["successLog"], each["deletionLog"]) for each in log] == [(False, False), (False, True)]


def test_a_lock_is_extended_and_given_back(work: Api) -> None:
    begin(work)
    (task,) = fetch(work)
    where = f"/external-task/{task['id']}"
    work.post(f"{where}/extendLock", {"workerId": "w1", "newDuration": 3_600_000})
    assert work.get(where)["lockExpirationTime"] > task["lockExpirationTime"]
    work.post(f"{where}/extendLock", {"workerId": "w1"}, 400)
    work.post(f"{where}/unlock")
    assert work.get(where)["workerId"] is None
    work.post(f"{where}/lock", {"workerId": "w2", "lockDuration": 1000})
    assert work.get(where)["workerId"] == "w2"


def test_a_failure_waits_for_its_time_and_ends_in_an_incident(work: Api) -> None:
    instance = begin(work)
    (task,) = fetch(work)
    where = f"/external-task/{task['id']}"
    assert work.call("GET", f"{where}/errorDetails", 204).data == b""
    work.post(f"{where}/failure", {"workerId": "w1", "retries": 1, "retryTimeout": 3_600_000, "errorMessage": "no"})
    assert fetch(work) == []
    report = {"workerId": "w1", "retries": 0, "errorMessage": "never", "errorDetails": "a\nb"}
    work.post(f"{where}/failure", report)
    details = work.call("GET", f"{where}/errorDetails")
    assert (details.text, details.mimetype) == ("a\nb", "text/plain")
    (incident,) = work.get("/incident", processInstanceId=instance)
    assert (incident["incidentMessage"], incident["configuration"]) == ("never", task["id"])
    assert work.delete(f"/incident/{incident['id']}", 400)["type"] == "InvalidRequestException"
    (node,) = work.get(f"/process-instance/{instance}/activity-instances")["childActivityInstances"]
    assert node["incidents"] == [{"id": incident["id"], "activityId": "do"}]
    work.put(f"{where}/retries", {"retries": 2})
    assert work.get("/incident/count") == {"count": 0}
    created, *failed = work.get("/history/external-task-log", externalTaskId=task["id"])
    assert (created["creationLog"], [each["errorMessage"] for each in failed]) == (True, ["no", "never"])
    shown = work.call("GET", f"/history/external-task-log/{failed[1]['id']}/error-details")
    assert shown.text == "a\nb"


def test_negative_numbers_are_refused(work: Api) -> None:
    begin(work)
    (task,) = fetch(work)
    where = f"/external-task/{task['id']}"
    work.post(f"{where}/failure", {"workerId": "w1", "retries": -1}, 500)
    work.post(f"{where}/failure", {"workerId": "w1", "retryTimeout": -1}, 500)
    assert work.put(f"{where}/retries", {"retries": -1}, 400)["type"] == "BadUserRequestException"
    work.put(f"{where}/retries", {}, 400)
    work.put(f"{where}/priority", {}, 400)


def test_retries_of_many_are_set_at_once_or_not_at_all(work: Api) -> None:
    one, two = begin(work), begin(work, "b")
    (first,) = work.get("/external-task", processInstanceId=one)
    unknown = {"retries": 7, "externalTaskIds": [first["id"], "none"]}
    assert work.put("/external-task/retries", unknown, 404)["type"] == "InvalidRequestException"
    assert work.get(f"/external-task/{first['id']}")["retries"] is None
    work.put("/external-task/retries", {"retries": 7, "externalTaskQuery": {"topicName": "b"}})
    work.put("/external-task/retries", {"retries": 5, "processInstanceIds": [one], "externalTaskIds": [first["id"]]})
    assert work.get("/external-task", processInstanceId=two)[0]["retries"] == 7
    assert work.get(f"/external-task/{first['id']}")["retries"] == 5
    work.put("/external-task/retries", {"retries": 4, "processInstanceQuery": {"processDefinitionKey": "work"}})
    assert {task["retries"] for task in work.get("/external-task")} == {4}
    work.put("/external-task/retries", {"retries": 1}, 400)
    work.put("/external-task/retries", {"externalTaskIds": [first["id"]]}, 400)


def test_a_job_is_no_external_task_and_the_other_way_round(work: Api) -> None:
    begin(work)
    (task,) = work.get("/external-task")
    assert work.get("/job/count") == {"count": 0}
    for method, path in (("POST", "execute"), ("GET", "stacktrace")):
        work.call(method, f"/job/{task['id']}/{path}", 404)
    work.put(f"/job/{task['id']}/priority", {"priority": 1}, 404)
    work.call("DELETE", f"/job/{task['id']}", 404)
    assert work.get(f"/external-task/{task['id']}") == task


# ---------------------------------------------------------------- waiting


def wait_for(api: Api, answers: list[Any], timeout: int = 60_000) -> threading.Thread:
    """A worker that has begun to wait for work of topic a."""
    topics = [{"topicName": "a", "lockDuration": 60_000}]
    body = {"workerId": "w1", "maxTasks": 1, "asyncResponseTimeout": timeout, "topics": topics}
    waiting = threading.Thread(target=lambda: answers.append(api.post(FETCH, body, 200)))
    waiting.start()
    return waiting


@pytest.fixture
def only_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who waits looks for work without being rung for."""
    monkeypatch.setattr(long_polling, "PAUSE", 600.0)


@pytest.mark.usefixtures("only_the_bell")
def test_a_worker_that_waits_is_woken_by_new_work(work: Api) -> None:
    answers: list[Any] = []
    waiting = wait_for(work, answers)
    begin(work, "other")
    instance = begin(work)
    waiting.join(30)
    assert [task["processInstanceId"] for task in answers[0]] == [instance]


@pytest.mark.usefixtures("only_the_bell")
def test_a_worker_that_waits_is_woken_by_what_is_given_back(work: Api) -> None:
    begin(work)
    (task,) = fetch(work, worker="w2")
    answers: list[Any] = []
    waiting = wait_for(work, answers)
    work.post(f"/external-task/{task['id']}/unlock")
    waiting.join(30)
    assert [each["id"] for each in answers[0]] == [task["id"]]


def test_a_worker_that_waits_gets_what_becomes_due(work: Api) -> None:
    begin(work)
    (task,) = fetch(work, worker="w2")
    work.post(f"/external-task/{task['id']}/failure", {"workerId": "w2", "retries": 1, "retryTimeout": 200})
    answers: list[Any] = []
    wait_for(work, answers).join(30)
    assert [each["id"] for each in answers[0]] == [task["id"]]


def test_waiting_ends(work: Api) -> None:
    answers: list[Any] = []
    wait_for(work, answers, timeout=50).join(30)
    assert answers == [[]]


def test_who_finds_no_seat_is_answered_at_once(engine: Engine) -> None:
    crowded = long_polling.LongPolling(
        engine.database, engine.external_tasks, engine.bell, lambda: datetime.now(UTC), seats=0
    )
    request = long_polling.TopicRequest(topic="a", lease=timedelta(seconds=1))
    assert list(crowded.fetch_and_lock("w", [request], limit=1, wait=timedelta(hours=1))) == []


def test_one_person_leaves_seats_for_others(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_polling, "PAUSE", 0.01)
    engine.long_polling = long_polling.LongPolling(
        engine.database, engine.external_tasks, engine.bell, lambda: datetime.now(UTC), seats=3
    )
    request = long_polling.TopicRequest(topic="a", lease=timedelta(seconds=1))
    waited: list[str] = []

    def fetch(name: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        def is_wanted() -> bool:
            waited.append(name)
            meanwhile()
            return False

        engine.acting_as(Actor(name)).long_polling.fetch_and_lock(
            "w", [request], limit=1, wait=timedelta(hours=1), is_wanted=is_wanted
        )

    def others() -> None:
        fetch("eve")
        fetch("ada")

    fetch("eve", others)
    assert waited == ["eve", "ada"], "the second fetch of eve is answered at once"
    fetch("eve")
    assert waited == ["eve", "ada", "eve"], "the seat was given back"


def test_who_has_gone_gets_nothing(work: Api, engine: Engine, only_the_bell: None) -> None:
    asked = threading.Event()

    def is_wanted() -> bool:
        asked.set()
        return False

    request = long_polling.TopicRequest(topic="a", lease=timedelta(minutes=1))
    answers: list[Any] = []
    waiting = threading.Thread(
        target=lambda: answers.append(
            engine.long_polling.fetch_and_lock("w", [request], limit=1, wait=timedelta(minutes=1), is_wanted=is_wanted)
        )
    )
    waiting.start()
    while not asked.wait(0.05):
        begin(work)  # whatever comes wakes it, as soon as it waits
        if not waiting.is_alive():
            break
    waiting.join(30)
    assert work.get("/external-task/count", locked="true") == {"count": len(answers[0])}
