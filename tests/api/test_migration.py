"""Migration over the API: plans are made and judged, instances are migrated at once or as a batch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import Engine
from tests.api.conftest import Api

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="p" isExecutable="true">'
)
TIMER = "<timerEventDefinition><timeDuration>PT{}H</timeDuration></timerEventDefinition>"


def model(task: str, hours: int = 1, other: str = "later") -> str:
    """A task with a timer, then a service behind a continuation."""
    return (
        f'{HEAD}<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="{task}"/>'
        f'<userTask id="{task}"/><boundaryEvent id="late" attachedToRef="{task}">{TIMER.format(hours)}</boundaryEvent>'
        f'<sequenceFlow id="f2" sourceRef="{task}" targetRef="{other}"/>'
        f'<serviceTask id="{other}" camunda:expression="${{1}}" camunda:asyncBefore="{str(other == "later").lower()}"/>'
        "</process></definitions>"
    )


@pytest.fixture
def versions(api: Api) -> tuple[str, str]:
    """The ids of two versions: in the second one the task has another name."""
    found = []
    for text in (model("a"), model("b", 2)):
        (definition,) = api.deploy(p_bpmn=text)["deployedProcessDefinitions"]
        found.append(definition)
    return found[0], found[1]


def pair(source: str, target: str, *, update: bool = False) -> dict[str, Any]:
    return {"sourceActivityIds": [source], "targetActivityIds": [target], "updateEventTrigger": update}


def plan(versions: tuple[str, str], *pairs: dict[str, Any], **more: Any) -> dict[str, Any]:
    source, target = versions
    return {
        "sourceProcessDefinitionId": source,
        "targetProcessDefinitionId": target,
        "instructions": list(pairs),
        **more,
    }


def start(api: Api, versions: tuple[str, str]) -> str:
    found: str = api.post(f"/process-definition/{versions[0]}/start", {}, 200)["id"]
    return found


def test_a_plan_is_generated(api: Api, versions: tuple[str, str]) -> None:
    body = {"sourceProcessDefinitionId": versions[0], "targetProcessDefinitionId": versions[1]}
    assert api.post("/migration/generate", body, 200) == plan(versions, pair("later", "later"), variables=None)
    body = {"sourceProcessDefinitionId": versions[0], "targetProcessDefinitionId": versions[0]}
    given = {"x": {"value": 1, "type": "Integer", "valueInfo": {}}}
    made = api.post("/migration/generate", {**body, "updateEventTriggers": True, "variables": given}, 200)
    assert {each["sourceActivityIds"][0]: each["updateEventTrigger"] for each in made["instructions"]} == {
        "a": False,
        "late": True,
        "later": False,
    }
    assert made["variables"] == given
    assert api.post("/migration/validate", made, 200) == {"instructionReports": [], "variableReports": {}}


def test_definitions_must_exist(api: Api, versions: tuple[str, str]) -> None:
    for source, target in ((None, versions[1]), (versions[0], None), ("none", versions[1]), (versions[0], "p:9:9")):
        body = {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target}
        assert api.post("/migration/generate", body, 400)["type"] == "InvalidRequestException"
        assert api.post("/migration/validate", body, 400)["type"] == "InvalidRequestException"
        assert api.post("/migration/execute", {"migrationPlan": body}, 400)["type"] == "InvalidRequestException"


def test_a_plan_is_judged(api: Api, versions: tuple[str, str]) -> None:
    wrong = {"x": {"value": "?", "type": "Integer"}}
    report = api.post("/migration/validate", plan(versions, pair("a", "none"), variables=wrong), 200)
    assert report["instructionReports"] == [
        {"instruction": pair("a", "none"), "failures": ["Target activity 'none' does not exist"]}
    ]
    assert [(name, len(each["failures"])) for name, each in report["variableReports"].items()] == [("x", 1)]
    instance = start(api, versions)
    for bad in (plan(versions, pair("a", "none")), plan(versions, pair("a", "b"), variables=wrong)):
        body = {"migrationPlan": bad, "processInstanceIds": [instance]}
        for path in ("/migration/execute", "/migration/executeAsync"):
            answer = api.post(path, body, 400)
            assert answer["type"] == "MigrationPlanValidationException"
            assert answer["validationReport"] == api.post("/migration/validate", bad, 200)


@pytest.mark.parametrize(("sources", "targets"), [([], ["b"]), (["a", "b"], ["b"]), (["a"], []), (["a"], None)])
def test_an_instruction_is_about_one_and_one(
    api: Api, versions: tuple[str, str], sources: list[str], targets: list[str] | None
) -> None:
    instruction = {"sourceActivityIds": sources, "targetActivityIds": targets}
    assert api.post("/migration/validate", plan(versions, instruction), 400)["type"] == "InvalidRequestException"


def test_instances_are_migrated(api: Api, versions: tuple[str, str]) -> None:
    first, second, third = (start(api, versions) for _ in range(3))
    given = plan(versions, pair("a", "b"), pair("late", "late"), variables={"x": {"value": 1}})
    api.post("/migration/execute", {"migrationPlan": given, "processInstanceIds": [first, first]})
    (task,) = api.get("/task", processInstanceId=first)
    assert (task["taskDefinitionKey"], task["processDefinitionId"]) == ("b", versions[1])
    (job,) = api.get("/job", processInstanceId=first)
    assert job["processDefinitionId"] == versions[1]
    assert api.get(f"/job-definition/{job['jobDefinitionId']}")["processDefinitionId"] == versions[1]
    assert api.get(f"/process-instance/{first}/variables")["x"]["value"] == 1
    past = api.get("/history/activity-instance", processInstanceId=first)
    assert {each["activityId"]: each["processDefinitionId"] for each in past} == {
        "start": versions[0],
        "b": versions[1],
    }
    query = {"processDefinitionId": versions[0]}
    api.post("/migration/execute", {"migrationPlan": given, "processInstanceQuery": query})
    for each in (second, third):
        assert api.get(f"/process-instance/{each}")["definitionId"] == versions[1]
    api.post(f"/task/{api.task(first)}/complete")
    (later,) = api.get("/job", processInstanceId=first)
    api.post(f"/job/{later['id']}/execute")
    assert api.get(f"/history/process-instance/{first}")["state"] == "COMPLETED"


def test_an_instance_is_judged(api: Api, versions: tuple[str, str]) -> None:
    first, second = start(api, versions), start(api, versions)
    api.post(f"/task/{api.task(second)}/complete")
    (definition,) = api.deploy(p_bpmn=model("a", other="soon"))["deployedProcessDefinitions"]
    given = plan((versions[0], definition), pair("later", "soon"))
    answer = api.post("/migration/execute", {"migrationPlan": given, "processInstanceIds": [first]}, 400)
    assert answer["type"] == "MigratingProcessInstanceValidationException"
    (token,) = api.get(f"/process-instance/{first}/activity-instances")["childActivityInstances"]
    assert answer["validationReport"] == {
        "processInstanceId": first,
        "failures": [],
        "activityInstanceValidationReports": [
            {
                "migrationInstruction": None,
                "activityInstanceId": token["id"],
                "sourceScopeId": "a",
                "failures": ["There is no migration instruction for this instance's activity"],
            }
        ],
        "transitionInstanceValidationReports": [],
    }
    answer = api.post("/migration/execute", {"migrationPlan": given, "processInstanceIds": [second]}, 400)
    (waiting,) = api.get(f"/process-instance/{second}/activity-instances")["childTransitionInstances"]
    assert answer["validationReport"]["activityInstanceValidationReports"] == []
    assert answer["validationReport"]["transitionInstanceValidationReports"] == [
        {
            "migrationInstruction": pair("later", "soon"),
            "transitionInstanceId": waiting["id"],
            "sourceScopeId": "later",
            "failures": ["Target activity is not asyncBefore"],
        }
    ]


def test_all_are_migrated_or_none(api: Api, versions: tuple[str, str]) -> None:
    instance = start(api, versions)
    given = plan(versions, pair("a", "b"))
    for ids, status, type in (
        ([instance, "none"], 500, "ProcessEngineException"),
        ([instance, "999999"], 500, "ProcessEngineException"),
        ([], 400, "BadUserRequestException"),
        (None, 400, "BadUserRequestException"),
    ):
        body = {"migrationPlan": given, "processInstanceIds": ids}
        assert api.post("/migration/execute", body, status)["type"] == type
    api.post("/migration/execute", {"processInstanceIds": [instance]}, 400)
    assert api.get(f"/process-instance/{instance}")["definitionId"] == versions[0]
    api.post("/migration/execute", {"migrationPlan": given, "processInstanceIds": [instance]})
    body = {"migrationPlan": given, "processInstanceIds": [instance]}
    assert api.post("/migration/execute", body, 500)["type"] == "ProcessEngineException"


def test_instances_are_migrated_by_a_batch(api: Api, engine: Engine, versions: tuple[str, str]) -> None:
    first, second, gone = (start(api, versions) for _ in range(3))
    given = plan(versions, pair("a", "b"), pair("late", "late", update=True), variables={"x": {"value": 1}})
    assert api.post("/migration/executeAsync", {"migrationPlan": given, "processInstanceIds": []}, 400)
    query = {"processDefinitionId": versions[0]}
    batch = api.post("/migration/executeAsync", {"migrationPlan": given, "processInstanceQuery": query}, 200)
    assert (batch["type"], batch["totalJobs"]) == ("instance-migration", 3)
    api.delete(f"/process-instance/{gone}")
    while engine.dispatch.run_internal("baton:w", lease=timedelta(minutes=1), limit=100):
        pass
    assert api.get("/history/batch")[0]["endTime"] is not None
    for each in (first, second):
        assert api.get(f"/process-instance/{each}")["definitionId"] == versions[1]
        assert api.get(f"/process-instance/{each}/variables")["x"]["value"] == 1
    assert engine.check() == []


def test_an_instance_that_cannot_be_migrated_is_an_incident_of_the_batch(
    api: Api, engine: Engine, versions: tuple[str, str]
) -> None:
    first, second = start(api, versions), start(api, versions)
    api.post(f"/task/{api.task(second)}/complete")
    api.put(f"/process-instance/{second}/suspended", {"suspended": True})
    given = plan(versions, pair("a", "b"))
    batch = api.post("/migration/executeAsync", {"migrationPlan": given, "processInstanceIds": [first, second]}, 200)
    for _ in range(3):
        while engine.dispatch.run_internal("baton:w", lease=timedelta(minutes=1), limit=100):
            pass
    (failed,) = api.get("/job", jobDefinitionId=batch["batchJobDefinitionId"])
    assert (failed["retries"], "no migration instruction" in failed["exceptionMessage"]) == (0, True)
    assert api.get(f"/process-instance/{first}")["definitionId"] == versions[1]
    assert api.get(f"/process-instance/{second}")["definitionId"] == versions[0]
