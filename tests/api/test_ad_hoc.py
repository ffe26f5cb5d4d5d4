"""Ad-hoc sub-processes over the API."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api
from tests.core.models import ad_hoc, part, process, user


@pytest.fixture
def instance(api: Api) -> str:
    """An instance at an ad-hoc sub-process in which nothing is active."""
    documented = part("userTask", inner="<documentation>Ask again.</documentation>", name="Ask")
    inner = ad_hoc("ask > note; many", {"ask": documented, "many": user().times(2)}, until="${done}")
    api.deploy(p_bpmn=process("start > h > after", {"h": inner}))
    started: str = api.start("p", variables={"done": {"value": False}})["id"]
    return started


def test_what_can_be_activated_is_listed(api: Api, instance: str) -> None:
    (shown,) = api.get(f"/process-instance/{instance}/ad-hoc")
    assert shown["activityInstanceId"].startswith("h:")
    assert (shown["activityId"], shown["ordering"], shown["processInstanceId"]) == ("h", "Parallel", instance)
    assert shown["activatable"] == [
        {"activityId": "ask", "activityName": "Ask", "activityType": "userTask", "documentation": "Ask again."},
        {"activityId": "many", "activityName": None, "activityType": "userTask", "documentation": None},
    ]
    assert shown["activated"] == []
    api.get("/process-instance/1/ad-hoc", 404)


def test_elements_are_activated(api: Api, instance: str) -> None:
    path = f"/process-instance/{instance}/ad-hoc-activation"
    api.post(path, {"activities": [{"activityId": "ask", "variables": {"who": {"value": "ann"}}}]})
    task = api.task(instance)
    assert api.get(f"/task/{task}/variables")["who"]["value"] == "ann"
    (shown,) = api.get(f"/process-instance/{instance}/ad-hoc")
    assert shown["activated"] == ["ask"]
    where = {"activityInstanceId": shown["activityInstanceId"]}
    api.post(path, {**where, "activities": [{"activityId": "many"}], "cancelRemainingInstances": True})
    assert [each["taskDefinitionKey"] for each in api.get("/task", processInstanceId=instance)] == ["many", "many"]
    tree = api.get(f"/process-instance/{instance}/activity-instances")
    (flow,) = tree["childActivityInstances"][0]["childActivityInstances"]
    assert (flow["activityId"], flow["activityType"]) == ("h#innerInstance", "adHocSubProcessInnerInstance")
    api.post(path, {"cancelRemainingInstances": True})
    assert api.get("/task", processInstanceId=instance) == []


def test_what_cannot_be_activated_is_refused(api: Api, instance: str) -> None:
    path = f"/process-instance/{instance}/ad-hoc-activation"
    answer = api.post(path, {"activities": [{"activityId": "note"}]}, 400)
    assert "'note' cannot be activated" in answer["message"]
    for wrong in ({}, {"activities": []}, {"activities": [{}]}):
        api.post(path, wrong, 400)
    activities = [{"activityId": "ask"}]
    api.post(path, {"activityInstanceId": "h:1", "activities": activities}, 404)
    api.post(path, {"activityInstanceId": "h", "activities": activities}, 400)
    api.post("/process-instance/1/ad-hoc-activation", {"activities": activities}, 404)
    api.post(path, {"activities": activities})
    api.post(f"/task/{api.task(instance)}/complete", {"variables": {"done": {"value": True}}})
    api.post(path, {"activities": activities}, 400)


def test_one_that_is_ending_says_so(api: Api) -> None:
    inner = ad_hoc("a; b", begins="todo", until="${true}", keeps=True)
    api.deploy(q_bpmn=process("start > h > after", {"h": inner}, id="q"))
    todo = {"value": '["a", "b"]', "type": "Json"}
    instance = api.start("q", variables={"todo": todo})["id"]
    (first, _) = api.get("/task", processInstanceId=instance)
    api.post(f"/task/{first['id']}/complete")
    (shown,) = api.get(f"/process-instance/{instance}/ad-hoc")
    assert shown["activatable"] == []
    answer = api.post(f"/process-instance/{instance}/ad-hoc-activation", {"activities": [{"activityId": "a"}]}, 409)
    assert "only waits for what still runs" in answer["message"]


def test_somebody_completes_it(api: Api, instance: str) -> None:
    api.post(f"/process-instance/{instance}/ad-hoc-activation", {"activities": [{"activityId": "ask"}]})
    path = f"/process-instance/{instance}/ad-hoc-completion"
    api.post(path, {"activityInstanceId": "h:1"}, 404)
    api.post(path)
    assert [each["taskDefinitionKey"] for each in api.get("/task", processInstanceId=instance)] == ["after"]
    api.post(path, {}, 400)


def test_a_worker_leads_it(api: Api) -> None:
    inner = ad_hoc("a; b").having('<zeebe:taskDefinition type="agent"/>')
    api.deploy(led_bpmn=process("start > h > after", {"h": inner}, id="led"))
    instance = api.start("led")["id"]

    def work(status: int = 204, **lead: object) -> None:
        wanted = {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "agent", "lockDuration": 60_000}]}
        (task,) = api.post("/external-task/fetchAndLock", wanted, 200)
        api.post(f"/external-task/{task['id']}/complete", {"workerId": "w", "adHocSubProcess": lead}, status)
        if status != 204:
            api.post(f"/external-task/{task['id']}/unlock")

    work(500, activities=[{"activityId": "after"}])
    work(400, activities=[{}])
    work(activities=[{"activityId": "a", "variables": {"who": {"value": "ann"}}}])
    task = api.task(instance)
    assert api.get(f"/task/{task}/variables")["who"]["value"] == "ann"
    api.post(f"/task/{task}/complete")
    work(completionConditionFulfilled=True)
    assert [each["taskDefinitionKey"] for each in api.get("/task", processInstanceId=instance)] == ["after"]
