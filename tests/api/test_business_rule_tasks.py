"""Business rule tasks over REST: what they set, and what the history tells of their decisions."""

from __future__ import annotations

from tests.api.conftest import Api

PROCESS = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
             targetNamespace="t">
  <process id="lunch" isExecutable="true" camunda:historyTimeToLive="P1D">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="choose"/>
    <businessRuleTask id="choose" camunda:decisionRef="${decision}">
      <extensionElements><camunda:inputOutput>
        <camunda:outputParameter name="dish">${decisionResult.getSingleResult().dish}</camunda:outputParameter>
        <camunda:outputParameter name="all">${decisionResult}</camunda:outputParameter>
      </camunda:inputOutput></extensionElements>
    </businessRuleTask>
    <sequenceFlow id="f2" sourceRef="choose" targetRef="eat"/><userTask id="eat"/>
  </process>
</definitions>"""
DECISION = """
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="dishes" name="Dishes" namespace="t">
  <decision id="dish" name="Dish"><decisionTable id="table">
    <input id="season" label="Season"><inputExpression><text>season</text></inputExpression></input>
    <output id="d" label="Dish" name="dish" typeRef="string"/><output id="p" name="price" typeRef="integer"/>
    <rule id="cold"><inputEntry><text>"winter"</text></inputEntry>
      <outputEntry><text>"Stew"</text></outputEntry><outputEntry><text>5</text></outputEntry></rule>
    <rule id="warm"><inputEntry><text>not("winter")</text></inputEntry>
      <outputEntry><text>"Salad"</text></outputEntry><outputEntry><text>6</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


def given(decision: str) -> dict[str, object]:
    """The variables to start with."""
    return {"season": {"value": "winter"}, "decision": {"value": decision}}


def test_what_a_task_decides(api: Api) -> None:
    api.deploy(lunch_bpmn=PROCESS, dishes_dmn=DECISION)
    instance = api.start("lunch", variables=given("dish"))
    variables = api.get(f"/process-instance/{instance['id']}/variables")
    assert variables["dish"] == {"type": "String", "value": "Stew", "valueInfo": {}}
    assert (variables["all"]["type"], variables["all"]["value"]) == ("Object", [{"dish": "Stew", "price": 5}])
    assert "decisionResult" not in variables

    query = {"processInstanceId": instance["id"], "includeInputs": "true", "includeOutputs": "true"}
    (made,) = api.get("/history/decision-instance", **query)
    (activity,) = api.get("/history/activity-instance", processInstanceId=instance["id"], activityId="choose")
    wanted = {
        "decisionDefinitionKey": "dish",
        "decisionDefinitionName": "Dish",
        "processDefinitionKey": "lunch",
        "processDefinitionId": instance["definitionId"],
        "processInstanceId": instance["id"],
        "rootProcessInstanceId": instance["id"],
        "activityId": "choose",
        "activityInstanceId": activity["id"],
        "rootDecisionInstanceId": None,
        "collectResultValue": None,
        "userId": None,
    }
    assert {name: made[name] for name in wanted} == wanted
    assert [(each["clauseId"], each["clauseName"], each["value"]) for each in made["inputs"]] == [
        ("season", "Season", "winter")
    ]
    assert [
        (each["ruleId"], each["ruleOrder"], each["variableName"], each["type"], each["value"])
        for each in made["outputs"]
    ] == [("cold", 1, "dish", "String", "Stew"), ("cold", 1, "price", "Integer", 5)]
    assert api.get("/history/decision-instance/count", activityIdIn="choose") == {"count": 1}


def test_an_absent_decision_is_an_error_of_the_start(api: Api) -> None:
    api.deploy(lunch_bpmn=PROCESS)
    problem = api.post("/process-definition/key/lunch/start", {"variables": given("dish")}, 500)
    assert "No decision definition with key 'dish' (latest) is deployed" in problem["message"]
    assert api.get("/history/process-instance/count") == {"count": 0}
    assert api.get("/history/decision-instance/count") == {"count": 0}


def test_a_decision_that_is_bound_to_its_deployment_should_be_in_it(api: Api) -> None:
    bound = PROCESS.replace('"${decision}"', '"dish" camunda:decisionRefBinding="deployment"')
    (told,) = api.deploy(lunch_bpmn=bound)["warnings"]["lunch.bpmn"]
    assert (told["rule"], told["mainElementId"]) == ("camunda.decision_reference", "choose")
    assert api.deploy(lunch_bpmn=bound, dishes_dmn=DECISION)["warnings"] is None
    unknown = bound.replace('"dish"', '"${which}"')
    assert api.deploy(lunch_bpmn=unknown)["warnings"] is None
