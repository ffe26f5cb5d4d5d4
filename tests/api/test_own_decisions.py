"""Decisions for those who watch them: overview, how often rules matched, and trying one without keeping anything."""

from __future__ import annotations

from tests.api.conftest import Api

DISH = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="meal" name="Meal" namespace="test">
  <decision id="dish" name="Dish">
    <informationRequirement id="needs"><requiredDecision href="#season"/></informationRequirement>
    <decisionTable id="dishes" hitPolicy="COLLECT">
      <input id="when" label="Season">
        <inputExpression id="e1" typeRef="string"><text>season</text></inputExpression></input>
      <input id="who" label="Guests">
        <inputExpression id="e2" typeRef="integer"><text>guests</text></inputExpression></input>
      <output id="what" label="Dish" name="dish" typeRef="string"/>
      <output id="much" label="Pots" name="pots" typeRef="integer"/>
      <rule id="warm"><inputEntry id="w1"><text>"summer"</text></inputEntry><inputEntry id="w2"><text/></inputEntry>
        <outputEntry id="w3"><text>"salad"</text></outputEntry><outputEntry id="w4"><text>1</text></outputEntry></rule>
      <rule id="many"><inputEntry id="m1"><text/></inputEntry><inputEntry id="m2"><text>> 4</text></inputEntry>
        <outputEntry id="m3"><text>"stew"</text></outputEntry><outputEntry id="m4"><text>2</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="season" name="Season"><variable id="v" name="season" typeRef="string"/>
    <literalExpression id="x"><text>if month > 5 then "summer" else "winter"</text></literalExpression>
  </decision>
</definitions>"""


def _variables(month: int, guests: int) -> dict[str, object]:
    return {"variables": {"month": {"value": month}, "guests": {"value": guests}}}


def _id(api: Api, key: str) -> str:
    return str(api.get(f"/decision-definition/key/{key}")["id"])


def test_decisions_are_told_with_all_their_versions(api: Api, own: Api) -> None:
    api.deploy(meal_dmn=DISH)
    api.post("/decision-definition/key/dish/evaluate", _variables(7, 2), 200)
    api.deploy(meal_dmn=DISH.replace('name="Dish"', 'name="Menu"', 1))
    api.post("/decision-definition/key/dish/evaluate", _variables(1, 5), 200)
    page = own.get("/decision", sortBy="versions")
    assert page["total"] == 2
    told = [(each["key"], each["name"], each["versions"], each["version"]) for each in page["decisions"]]
    assert told == [("dish", "Menu", 2, 2), ("season", "Season", 2, 2)]
    assert [each["evaluations"] for each in page["decisions"]] == [2, 2]
    assert all(each["evaluated"] for each in page["decisions"])
    assert [each["key"] for each in own.get("/decision", search="MEN")["decisions"]] == ["dish"]
    assert own.get("/decision", firstResult=1, sortOrder="desc")["decisions"][0]["key"] == "dish"
    assert "sortBy" in own.get("/decision", 400, sortBy="colour")["message"]


def test_how_often_rules_matched(api: Api, own: Api) -> None:
    api.deploy(meal_dmn=DISH)
    dish = _id(api, "dish")
    assert own.get(f"/decision-definition/{dish}/rules") == {"evaluations": 0, "rules": []}
    for month, guests in ((7, 2), (7, 5), (1, 2)):
        api.post("/decision-definition/key/dish/evaluate", _variables(month, guests), 200)
    hits = own.get(f"/decision-definition/{dish}/rules")
    assert hits["evaluations"] == 3
    assert [(each["ruleId"], each["count"]) for each in hits["rules"]] == [("many", 1), ("warm", 2)]
    later = own.get(f"/decision-definition/{dish}/rules", since="2999-01-01T00:00:00.000+0000")
    assert later == {"evaluations": 0, "rules": []}
    assert own.get("/decision-definition/dish:1:999/rules", 404)["type"] == "InvalidRequestException"


def test_a_decision_is_tried_and_nothing_of_it_is_kept(api: Api, own: Api) -> None:
    api.deploy(meal_dmn=DISH)
    path = f"/decision-definition/{_id(api, 'dish')}/try"
    tried = own.post(path, _variables(7, 5), 200)
    assert [{name: each["value"] for name, each in row.items()} for row in tried["result"]] == [
        {"dish": "salad", "pots": 1},
        {"dish": "stew", "pots": 2},
    ]
    assert tried["warnings"] == []
    season, dish = tried["decisions"]
    assert (season["decisionKey"], season["outputs"][0]["value"]) == ("season", "summer")
    assert [(each["clauseId"], each["value"]) for each in dish["inputs"]] == [("when", "summer"), ("who", 5)]
    assert [(each["ruleId"], each["variableName"], each["value"]) for each in dish["outputs"]] == [
        ("warm", "dish", "salad"),
        ("warm", "pots", 1),
        ("many", "dish", "stew"),
        ("many", "pots", 2),
    ]
    assert api.get("/history/decision-instance/count") == {"count": 0}
    unknown = own.post(path, {"variables": {"guests": {"value": 5}}}, 200)
    assert "month" in " ".join(unknown["warnings"])
    wrong = own.post(path, {"variables": {"month": {"value": 7}, "guests": {"value": "five", "type": "String"}}}, 400)
    assert "dish" in wrong["message"]
