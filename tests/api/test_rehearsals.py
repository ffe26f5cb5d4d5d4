"""What modifications and migrations would do is told, and nothing is done."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from engine import Engine
from tests.api.conftest import Api
from tests.api.test_migration import model, pair, plan, start

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">'
)
STEPS = f"""{_HEAD}<process id="steps" isExecutable="true">
  <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="first"/>
  <userTask id="first"/><sequenceFlow id="f2" sourceRef="first" targetRef="split"/>
  <exclusiveGateway id="split" default="f3"/><sequenceFlow id="f3" sourceRef="split" targetRef="second"/>
  <sequenceFlow id="f4" sourceRef="split" targetRef="bad">
    <conditionExpression>${{x}}</conditionExpression>
  </sequenceFlow>
  <userTask id="second"/><sequenceFlow id="f5" sourceRef="second" targetRef="end"/><endEvent id="end"/>
  <serviceTask id="bad" camunda:expression="${{missing}}"/>
</process></definitions>"""


def _contents(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables but those that only count the ids that were given out."""
    with engine.database.read() as tx:
        names = tx.connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        return {
            name: [tuple(row) for row in tx.connection.execute(text(f'SELECT * FROM "{name}" ORDER BY 1'))]
            for name in names
            if not name.startswith("sqlite_") and "id_" not in name
        }


def _element(id: str, **counts: int) -> dict[str, Any]:
    return {"id": id, "arriving": 0, "passing": 0, "completing": 0, "cancelling": 0, **counts}


def test_a_modification_is_told_and_not_done(api: Api, own: Api, engine: Engine) -> None:
    api.deploy(steps_bpmn=STEPS)
    instance = api.start("steps", variables={"x": {"value": False}})["id"]
    before = _contents(engine)
    move = [
        {"type": "cancel", "activityId": "first", "cancelCurrentActiveActivityInstances": True},
        {"type": "startAfterActivity", "activityId": "first"},
    ]
    path = f"/process-instance/{instance}/modification/preview"
    told = own.post(path, {"instructions": move, "annotation": "why"}, 200)
    assert sorted(told["elements"], key=lambda each: str(each["id"])) == [
        _element("first", cancelling=1),
        _element("second", arriving=1),
        _element("split", passing=1),
    ]
    assert told["ends"] is False
    assert own.post(path, {"instructions": move[:1]}, 200)["ends"] is True
    assert _contents(engine) == before
    api.post(f"/process-instance/{instance}/modification", {"instructions": move})
    assert [task["taskDefinitionKey"] for task in api.get("/task", processInstanceId=instance)] == ["second"]


def test_what_a_modification_would_fail_with_is_told(api: Api, own: Api, engine: Engine) -> None:
    api.deploy(steps_bpmn=STEPS)
    instance = api.start("steps", variables={"x": {"value": False}})["id"]
    before = _contents(engine)
    path = f"/process-instance/{instance}/modification/preview"
    for element, status in (("bad", 500), ("?", 400)):
        body = {"instructions": [{"type": "startBeforeActivity", "activityId": element}]}
        told = own.post(path, body, status)
        assert told == api.post(f"/process-instance/{instance}/modification", body, status)
    assert _contents(engine) == before
    own.post("/process-instance/0/modification/preview", {"instructions": []}, 404)


def test_which_instances_a_plan_would_not_migrate(api: Api, own: Api, engine: Engine) -> None:
    (source,) = api.deploy(p_bpmn=model("a"))["deployedProcessDefinitions"]
    (target,) = api.deploy(p_bpmn=model("b"))["deployedProcessDefinitions"]
    versions = (source, target)
    first, second, third = (start(api, versions) for _ in range(3))
    api.post(f"/task/{api.task(second)}/complete")
    before = _contents(engine)
    given = plan(versions, pair("a", "b"))
    body = {"migrationPlan": given, "historicProcessInstanceQuery": {"unfinished": True}}
    told = own.post("/migration/check", body, 200)
    assert (told["checked"], told["total"]) == (3, 3)
    ((id, failures),) = [(each["processInstanceId"], each["failures"]) for each in told["refused"]]
    assert id == second
    assert [each["activityId"] for each in failures] == ["later"]
    assert _contents(engine) == before
    api.post("/migration/execute", {"migrationPlan": given, "processInstanceIds": [first, third]})
    told = own.post("/migration/check", {"migrationPlan": given, "processInstanceIds": [first]}, 200)
    assert "is not the source of the migration plan" in told["refused"][0]["failures"][0]["failures"][0]
    invalid = plan(versions, pair("a", "none"))
    answer = own.post("/migration/check", {"migrationPlan": invalid, "processInstanceIds": [second]}, 400)
    assert answer["type"] == "MigrationPlanValidationException"
