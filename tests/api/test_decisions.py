"""Decision definitions over REST: deployed, versioned, listed, evaluated; and what is wrong with files of them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from engine import Engine
from tests.api.conftest import Api
from tests.decision_models import GRADES, discount


def deploy(api: Api, status: int = 200, fields: dict[str, str] | None = None, **files: str) -> Any:
    parts: dict[str, Any] = {"deployment-name": "decisions", **(fields or {})}
    for name, text in files.items():
        parts[name] = (BytesIO(text.encode()), f"{name}.dmn")
    return api.call("POST", "/deployment/create", status, data=parts).get_json()


def of(**variables: object) -> dict[str, Any]:
    return {"variables": {name: {"value": value} for name, value in variables.items()}}


def test_a_file_becomes_a_decision_definition(api: Api) -> None:
    answer = deploy(api, shop=discount())
    (found,) = answer["deployedDecisionDefinitions"].values()
    assert answer["deployedDecisionRequirementsDefinitions"] is None
    assert answer["deployedProcessDefinitions"] is None
    assert found == {
        "id": found["id"],
        "key": "discount",
        "category": "http://shop.test",
        "name": "Discount",
        "version": 1,
        "resource": "shop.dmn",
        "deploymentId": answer["id"],
        "tenantId": None,
        "decisionRequirementsDefinitionId": None,
        "decisionRequirementsDefinitionKey": None,
        "historyTimeToLive": 5,
        "versionTag": "v1",
    }
    for path in (found["id"], "key/discount"):
        assert api.get(f"/decision-definition/{path}") == found
        assert api.get(f"/decision-definition/{path}/xml") == {"id": found["id"], "dmnXml": discount()}
        assert api.call("GET", f"/decision-definition/{path}/diagram", 204).data == b""


def test_several_decisions_in_a_file_make_a_requirements_definition(api: Api) -> None:
    answer = deploy(api, school=GRADES)
    (whole,) = answer["deployedDecisionRequirementsDefinitions"].values()
    decisions = answer["deployedDecisionDefinitions"].values()
    assert {each["key"]: each["historyTimeToLive"] for each in decisions} == {"sum": 7, "grade": 3}
    assert {each["decisionRequirementsDefinitionId"] for each in decisions} == {whole["id"]}
    assert whole == {
        "id": whole["id"],
        "key": "grades",
        "category": "http://school.test",
        "name": "Grades",
        "version": 1,
        "resource": "school.dmn",
        "deploymentId": answer["id"],
        "tenantId": None,
    }
    for path in (whole["id"], "key/grades"):
        base = f"/decision-requirements-definition/{path}"
        assert api.get(base) == whole
        assert api.get(f"{base}/xml") == {"id": whole["id"], "dmnXml": GRADES}
        assert api.call("GET", f"{base}/diagram", 204).data == b""
    assert api.get("/decision-requirements-definition") == [whole]
    assert api.get("/decision-requirements-definition/count", keyLike="gra%") == {"count": 1}
    of_whole = api.get(
        "/decision-definition", decisionRequirementsDefinitionId=whole["id"], sortBy="key", sortOrder="asc"
    )
    assert [each["key"] for each in of_whole] == ["grade", "sum"]


def test_a_picture_lies_beside_its_decision(api: Api) -> None:
    parts = {
        "shop": (BytesIO(discount().encode()), "shop.dmn"),
        "picture": (BytesIO(b"<svg/>"), "shop.discount.svg"),
    }
    api.call("POST", "/deployment/create", data=parts)
    picture = api.call("GET", "/decision-definition/key/discount/diagram")
    assert (picture.data, picture.mimetype) == (b"<svg/>", "image/svg+xml")


def test_versions_are_found_by_what_tells_them_apart(api: Api) -> None:
    deploy(api, shop=discount())
    deploy(api, shop=discount(tag="v2"))
    other = deploy(api, fields={"tenant-id": "north"}, shop=discount())
    everything = [(1, None), (1, "north"), (2, None)]
    filters: list[tuple[dict[str, Any], list[tuple[int, str | None]]]] = [
        ({"key": "discount"}, everything),
        ({"latestVersion": "true"}, [(1, "north"), (2, None)]),
        ({"version": "2"}, [(2, None)]),
        ({"versionTag": "v1"}, [(1, None), (1, "north")]),
        ({"versionTagLike": "%2"}, [(2, None)]),
        ({"tenantIdIn": "north"}, [(1, "north")]),
        ({"withoutTenantId": "true", "latestVersion": "true"}, [(2, None)]),
        (
            {"tenantIdIn": "north", "includeDecisionDefinitionsWithoutTenantId": "true"},
            [(1, None), (1, "north"), (2, None)],
        ),
        ({"deploymentId": other["id"]}, [(1, "north")]),
        ({"decisionDefinitionIdIn": ",".join(other["deployedDecisionDefinitions"])}, [(1, "north")]),
        (
            {"nameLike": "Dis%", "resourceNameLike": "%op.dmn", "categoryLike": "http%"},
            [(1, None), (1, "north"), (2, None)],
        ),
        ({"name": "Count"}, []),
        ({"withoutDecisionRequirementsDefinition": "true", "version": "2"}, [(2, None)]),
        ({"decisionRequirementsDefinitionKey": "grades"}, []),
    ]
    for query, expected in filters:
        shown = api.get("/decision-definition", **query)
        assert sorted(((each["version"], each["tenantId"]) for each in shown), key=str) == sorted(expected, key=str), (
            query
        )
        assert api.get("/decision-definition/count", **query) == {"count": len(expected)}
    for sorting in ("category", "key", "id", "name", "version", "deploymentId", "deployTime", "tenantId", "versionTag"):
        assert len(api.get("/decision-definition", sortBy=sorting, sortOrder="desc")) == 3
    assert api.get("/decision-definition/key/discount")["version"] == 2
    assert api.get("/decision-definition/key/discount/tenant-id/north")["version"] == 1
    assert api.post("/decision-definition/key/discount/tenant-id/north/evaluate", of(amount=5), 200) != []


def test_what_has_not_changed_is_deployed_only_once(api: Api) -> None:
    filtering = {"enable-duplicate-filtering": "true"}
    first = deploy(api, fields=filtering, shop=discount(), school=GRADES)
    again = deploy(api, fields=filtering, shop=discount(), school=GRADES)
    assert (again["id"], again["deployedDecisionDefinitions"]) == (first["id"], None)
    changed = deploy(api, fields={"deploy-changed-only": "true"}, shop=discount(tag="v2"), school=GRADES)
    assert [each["key"] for each in changed["deployedDecisionDefinitions"].values()] == ["discount"]
    assert changed["deployedDecisionRequirementsDefinitions"] is None
    redeployed = api.post(f"/deployment/{first['id']}/redeploy", {}, 200)
    versions = {each["key"]: each["version"] for each in redeployed["deployedDecisionDefinitions"].values()}
    assert versions == {"discount": 3, "sum": 2, "grade": 2}


@pytest.mark.parametrize(
    ("amount", "expected"), [(5, [{"percent": 0}]), (2000, [{"percent": 5}, {"percent": 10}]), (None, [])]
)
def test_a_decision_is_evaluated(api: Api, amount: int | None, expected: list[dict[str, int]]) -> None:
    answer = deploy(api, shop=discount())
    (id,) = answer["deployedDecisionDefinitions"]
    for path in (id, "key/discount"):
        rows = api.post(f"/decision-definition/{path}/evaluate", of(amount=amount), 200)
        assert [{name: value["value"] for name, value in row.items()} for row in rows] == expected
    if expected:
        assert rows[0]["percent"] == {"value": expected[0]["percent"], "type": "Integer", "valueInfo": {}}


def test_what_a_decision_needs_is_decided_first(api: Api) -> None:
    deploy(api, school=GRADES)
    rows = api.post("/decision-definition/key/grade/evaluate", of(first=5, second=6), 200)
    assert rows == [{"mark": {"value": 3, "type": "Integer", "valueInfo": {}}}]


def test_how_it_is_told_that_there_is_none(api: Api) -> None:
    one, whole = "/decision-definition", "/decision-requirements-definition"
    for path, status, type in (
        (f"{one}/none", 404, "InvalidRequestException"),
        (f"{one}/none/xml", 404, "InvalidRequestException"),
        (f"{one}/none/diagram", 400, "NotFoundException"),
        (f"{one}/key/none", 404, "RestException"),
        (f"{one}/key/none/xml", 404, "RestException"),
        (f"{one}/key/none/diagram", 404, "RestException"),
        (f"{one}/key/none/tenant-id/north", 404, "RestException"),
        (f"{whole}/none", 400, "InvalidRequestException"),
        (f"{whole}/none/xml", 400, "InvalidRequestException"),
        (f"{whole}/none/diagram", 400, "NotValidException"),
        (f"{whole}/key/none", 404, "RestException"),
        (f"{whole}/key/none/tenant-id/north/xml", 404, "RestException"),
    ):
        assert api.get(path, status)["type"] == type, path
    assert api.post(f"{one}/none/evaluate", {}, 404)["type"] == "InvalidRequestException"
    answer = api.post(f"{one}/key/none/evaluate", {}, 404)
    assert (answer["type"], answer["code"]) == ("RestException", None)
    assert api.put(f"{one}/none/history-time-to-live", {"historyTimeToLive": 1}, 404)


def test_a_decision_that_fails_is_told_with_its_name(api: Api) -> None:
    deploy(api, shop=discount(policy="UNIQUE"))
    answer = api.post("/decision-definition/key/discount/evaluate", of(amount=2000), 500)
    assert answer["type"] == "RestException"
    assert answer["message"].startswith("Cannot evaluate decision discount: ")
    wrong = {"variables": {"amount": {"value": "much", "type": "Integer"}}}
    assert api.post("/decision-definition/key/discount/evaluate", wrong, 400)["type"] == "InvalidRequestException"
    assert api.get("/history/decision-instance/count") == {"count": 0}


def test_what_is_wrong_with_a_file_is_told_with_line_and_element(api: Api) -> None:
    broken = discount().replace("&gt;= 100<", "&gt;= &gt;= 100<")
    answer = deploy(api, 500, shop=broken)
    (problem,) = answer["details"]["shop.dmn"]["errors"]
    assert answer["message"].startswith("ENGINE-22004 Unable to transform DMN resource")
    assert (problem["line"], problem["mainElementId"]) == (9, "e2")
    twice = deploy(api, 500, shop=discount(), other=discount())
    (problem,) = twice["details"]["other.dmn"]["errors"]
    assert (problem["rule"], problem["mainElementId"], problem["line"]) == ("dmn.duplicate_key", "discount", 2)
    other = GRADES.replace('"grade"', '"g"').replace('"sum"', '"s"').replace("#sum", "#s")
    twice = deploy(api, 500, one=GRADES, two=other)
    (problem,) = twice["details"]["two.dmn"]["errors"]
    assert (problem["rule"], problem["mainElementId"]) == ("dmn.duplicate_key", "grades")
    answer = deploy(api, 500, shop=discount(days="P1M"))
    (problem,) = answer["details"]["shop.dmn"]["errors"]
    assert (problem["rule"], problem["mainElementId"]) == ("camunda.history_time_to_live", "discount")
    assert api.get("/decision-definition/count") == {"count": 0}


def test_how_long_it_is_kept_can_be_changed(api: Api) -> None:
    answer = deploy(api, shop=discount())
    (id,) = answer["deployedDecisionDefinitions"]
    for path, days in ((id, 9), ("key/discount", None)):
        api.put(f"/decision-definition/{path}/history-time-to-live", {"historyTimeToLive": days})
        assert api.get(f"/decision-definition/{id}")["historyTimeToLive"] == days
    api.put(f"/decision-definition/{id}/history-time-to-live", {"historyTimeToLive": -1}, 400)


def test_where_a_time_to_live_is_required_decisions_have_one(sqlite_url: str) -> None:
    engine = Engine.open(sqlite_url, history_time_to_live_required=True)
    engine.upgrade()
    checked = engine.deployments.check({"a.dmn": discount().encode()})
    assert list(checked.decisions) == ["a.dmn"]
    with pytest.raises(Exception, match="History Time To Live"):
        engine.deployments.check({"a.dmn": discount(days="").encode()})
    engine.close()


def test_a_deployment_goes_with_its_decisions(api: Api) -> None:
    one = deploy(api, shop=discount())
    two = deploy(api, school=GRADES)
    api.post("/decision-definition/key/discount/evaluate", of(amount=5), 200)
    api.post("/decision-definition/key/grade/evaluate", of(first=1, second=2), 200)
    api.delete(f"/deployment/{one['id']}")
    assert {each["key"] for each in api.get("/decision-definition")} == {"sum", "grade"}
    (kept,) = api.get("/history/decision-instance", decisionDefinitionKey="discount")
    assert (kept["decisionDefinitionId"], kept["decisionDefinitionName"]) == (None, "Discount")
    api.delete(f"/deployment/{two['id']}", cascade="true")
    assert api.get("/decision-requirements-definition") == []
    assert api.get("/history/decision-instance/count") == {"count": 1}
    api.get(f"/decision-definition/{next(iter(one['deployedDecisionDefinitions']))}", 404)
    api.post("/decision-definition/key/grade/evaluate", {}, 404)


# ---------------------------------------------------------------- what was decided


def test_what_was_decided_is_told(api: Api) -> None:
    answer = deploy(api, school=GRADES)
    ids = {each["key"]: id for id, each in answer["deployedDecisionDefinitions"].items()}
    (whole,) = answer["deployedDecisionRequirementsDefinitions"]
    api.post("/decision-definition/key/grade/evaluate", of(first=5, second=6), 200)
    (asked,) = api.get("/history/decision-instance", rootDecisionInstancesOnly="true")
    nothing = ("caseDefinitionId", "caseDefinitionKey", "caseInstanceId", "processDefinitionId", "processDefinitionKey")
    assert asked == {
        **dict.fromkeys((*nothing, "processInstanceId", "rootProcessInstanceId", "activityId", "activityInstanceId")),
        "id": asked["id"],
        "decisionDefinitionId": ids["grade"],
        "decisionDefinitionKey": "grade",
        "decisionDefinitionName": "Grade",
        "evaluationTime": asked["evaluationTime"],
        "removalTime": asked["removalTime"],
        "userId": None,
        "collectResultValue": 3.0,
        "rootDecisionInstanceId": None,
        "decisionRequirementsDefinitionId": whole,
        "decisionRequirementsDefinitionKey": "grades",
        "tenantId": None,
    }
    one = api.get(f"/history/decision-instance/{asked['id']}", includeInputs="true", includeOutputs="true")
    (given,), (first, second) = one.pop("inputs"), one.pop("outputs")
    assert one == asked
    assert given == {
        "id": given["id"],
        "decisionInstanceId": asked["id"],
        "clauseId": "sumInput",
        "clauseName": "Points",
        "errorMessage": None,
        "createTime": asked["evaluationTime"],
        "removalTime": asked["removalTime"],
        "rootProcessInstanceId": None,
        "type": "Integer",
        "value": 11,
        "valueInfo": {},
    }
    assert [(each["ruleId"], each["ruleOrder"], each["variableName"], each["value"]) for each in (first, second)] == [
        ("any", 1, "mark", 1),
        ("good", 2, "mark", 2),
    ]
    (needed,) = api.get("/history/decision-instance", decisionDefinitionKey="sum", includeOutputs="true")
    assert (needed["rootDecisionInstanceId"], [each["value"] for each in needed["outputs"]]) == (asked["id"], [11])
    assert "inputs" not in needed
    statistics = f"/history/decision-requirements-definition/{whole}/statistics"
    assert api.get(statistics, decisionInstanceId=asked["id"]) == api.get(statistics)
    assert api.get(statistics) == [
        {"decisionDefinitionKey": "grade", "evaluations": 1},
        {"decisionDefinitionKey": "sum", "evaluations": 1},
    ]
    assert api.get(statistics, decisionInstanceId="none") == []
    assert api.get("/history/decision-requirements-definition/none/statistics") == []
    told = api.get("/history/decision-instance/4711", 404)
    assert told["message"] == "Historic decision instance with id '4711' does not exist"


def test_what_was_decided_is_found_by_what_is_known_of_it(api: Api) -> None:
    answer = deploy(api, shop=discount(), school=GRADES)
    ids = {each["key"]: id for id, each in answer["deployedDecisionDefinitions"].items()}
    (whole,) = answer["deployedDecisionRequirementsDefinitions"]
    api.post("/decision-definition/key/grade/evaluate", of(first=5, second=6), 200)
    api.post("/decision-definition/key/discount/evaluate", of(amount=5), 200)
    (asked,) = api.get("/history/decision-instance", decisionDefinitionKey="grade")
    sums = ["grade", "sum"]
    filters: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["discount", *sums]),
        ({"decisionInstanceIdIn": f"{asked['id']},x"}, ["grade"]),
        ({"decisionDefinitionId": ids["discount"]}, ["discount"]),
        ({"decisionDefinitionIdIn": f"{ids['discount']},{ids['sum']}"}, ["discount", "sum"]),
        ({"decisionDefinitionKeyIn": "grade,sum"}, sums),
        ({"decisionDefinitionName": "Discount"}, ["discount"]),
        ({"decisionDefinitionNameLike": "%um"}, ["sum"]),
        ({"decisionRequirementsDefinitionId": whole}, sums),
        ({"decisionRequirementsDefinitionKey": "grades"}, sums),
        ({"rootDecisionInstanceId": asked["id"]}, sums),
        ({"rootDecisionInstancesOnly": "true"}, ["discount", "grade"]),
        ({"evaluatedAfter": asked["evaluationTime"], "decisionDefinitionKey": "grade"}, ["grade"]),
        ({"evaluatedBefore": "2020-01-01T00:00:00.000+0000"}, []),
        ({"userId": "ann"}, []),
        ({"processInstanceId": "1"}, []),
        ({"caseInstanceId": "1"}, []),
        ({"withoutTenantId": "true"}, ["discount", *sums]),
    ]
    for query, expected in filters:
        shown = api.get("/history/decision-instance", **query)
        assert sorted(each["decisionDefinitionKey"] for each in shown) == expected, query
        assert api.get("/history/decision-instance/count", **query) == {"count": len(expected)}
    for sorting in ("evaluationTime", "tenantId"):
        assert len(api.get("/history/decision-instance", sortBy=sorting, sortOrder="asc")) == 3
    api.get("/history/decision-instance", 400, sortBy="key", sortOrder="asc")
    api.get("/history/decision-instance", 400, includeInputs="bogus")


def test_what_was_decided_is_deleted_and_dated_by_batches(api: Api) -> None:
    deploy(api, school=GRADES)
    api.post("/decision-definition/key/grade/evaluate", of(first=5, second=6), 200)
    base = "/history/decision-instance"
    chosen = {"historicDecisionInstanceQuery": {"decisionDefinitionKey": "sum"}}
    dated = api.post(f"{base}/set-removal-time", {**chosen, "hierarchical": True, "clearedRemovalTime": True}, 200)
    assert (dated["type"], dated["totalJobs"]) == ("decision-set-removal-time", 1)
    deleted = api.post(f"{base}/delete", chosen, 200)
    assert (deleted["type"], deleted["totalJobs"]) == ("historic-decision-instance-deletion", 1)
    for path, body, type in (
        ("delete", {}, "InvalidRequestException"),
        ("delete", {"historicDecisionInstanceIds": []}, "InvalidRequestException"),
        ("set-removal-time", {"clearedRemovalTime": True}, "BadUserRequestException"),
        ("set-removal-time", chosen, "BadUserRequestException"),
        (
            "set-removal-time",
            {"clearedRemovalTime": True, "historicDecisionInstanceIds": ["x"]},
            "BadUserRequestException",
        ),
    ):
        assert api.post(f"{base}/{path}", body, 400)["type"] == type
    report = "/history/decision-definition/cleanable-decision-instance-report"
    (row,) = api.get(report, decisionDefinitionKeyIn="grade", compact="true", sortBy="finished", sortOrder="desc")
    assert (row["decisionDefinitionName"], row["decisionDefinitionVersion"], row["historyTimeToLive"]) == (
        "Grade",
        1,
        3,
    )
    assert (row["finishedDecisionInstanceCount"], row["cleanableDecisionInstanceCount"]) == (1, 0)
    assert api.get(f"{report}/count") == {"count": 2}


def test_a_mapping_that_there_is_not_is_refused(api: Api) -> None:
    model = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t" '
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="p" isExecutable="true"><startEvent id="s"/>'
        '<sequenceFlow id="f" sourceRef="s" targetRef="b"/><businessRuleTask id="b" camunda:decisionRef="discount" '
        'camunda:mapDecisionResult="none"/></process></definitions>'
    )
    (problem,) = api.deploy(400, p_bpmn=model)["details"]["p.bpmn"]["errors"]
    assert (problem["rule"], problem["mainElementId"]) == ("camunda.decision_reference", "b")
