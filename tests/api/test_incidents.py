"""Incidents that clients report, over REST: shapes and errors are those of Operaton."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api


def execution(api: Api) -> str:
    """The execution of the only task of a new instance."""
    instance = api.start()["id"]
    (task,) = api.get("/task", processInstanceId=instance)
    found: str = task["executionId"]
    return found


def test_an_incident_is_reported_noted_and_resolved(deployed: Api) -> None:
    where = execution(deployed)
    body = {"incidentType": "odd", "configuration": "cfg", "message": "Look!"}
    made = deployed.post(f"/execution/{where}/create-incident", body, 200)
    (definition,) = deployed.get("/process-definition")
    assert made == {
        "id": made["id"],
        "processDefinitionId": definition["id"],
        "processInstanceId": made["processInstanceId"],
        "executionId": where,
        "incidentTimestamp": made["incidentTimestamp"],
        "incidentType": "odd",
        "activityId": "work",
        "failedActivityId": None,
        "causeIncidentId": made["id"],
        "rootCauseIncidentId": made["id"],
        "configuration": "cfg",
        "incidentMessage": "Look!",
        "tenantId": None,
        "jobDefinitionId": None,
        "annotation": None,
    }
    assert deployed.get("/incident", incidentType="odd") == [made]
    deployed.put(f"/incident/{made['id']}/annotation", {"annotation": "I do"})
    deployed.delete(f"/incident/{made['id']}")
    assert deployed.get("/incident") == []
    (past,) = deployed.get("/history/incident")
    assert (past["open"], past["resolved"], past["deleted"], past["annotation"]) == (False, True, False, "I do")


@pytest.mark.parametrize(
    ("id", "body", "message"),
    [
        ("{execution}", {}, "incidentType is null"),
        ("none", {"incidentType": "odd"}, "Cannot find an execution with executionId 'none': execution is null"),
        ("999", {"incidentType": "odd"}, "Cannot find an execution with executionId '999': execution is null"),
    ],
)
def test_what_cannot_be_reported(deployed: Api, id: str, body: dict[str, str], message: str) -> None:
    path = f"/execution/{id.format(execution=execution(deployed))}/create-incident"
    refused = deployed.post(path, body, 400)
    assert refused == {"type": "InvalidRequestException", "message": message, "code": None}
