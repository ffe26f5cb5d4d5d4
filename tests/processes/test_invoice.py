"""The invoice example as its README tells it, through the Python facade and through REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import pytest

from baton.settings import Settings
from baton.wsgi import create_app
from engine import Engine

FOLDER = Path(__file__).parent.parent.parent / "processes" / "invoice"
FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.bpmn"))}


class Office(Protocol):
    """The people who work on one invoice at a time. Tasks are known by the id of their element."""

    def receive(self, **variables: object) -> None: ...

    def open_tasks(self) -> dict[str, dict[str, Any]]: ...

    def complete(self, element: str, **variables: object) -> None: ...

    def outcome(self) -> str: ...

    def variables(self) -> dict[str, object]: ...


class ThroughFacade:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        engine.deployments.deploy(FILES, name="invoice")

    def receive(self, **variables: object) -> None:
        started = self.engine.process_instances.start(key="invoice", business_key="R-1041", variables=variables)
        self.instance = started.id

    def open_tasks(self) -> dict[str, dict[str, Any]]:
        tasks = self.engine.queries.tasks.list({"processInstanceBusinessKey": "R-1041"})
        return {
            str(task.element_id): {
                "id": task.id,
                "priority": task.priority,
                "groups": [link.group_id for link in self.engine.queries.identity_links(task.id)],
                "due": task.due_at,
            }
            for task in tasks
        }

    def complete(self, element: str, **variables: object) -> None:
        self.engine.tasks.complete(self.open_tasks()[element]["id"], variables)

    def outcome(self) -> str:
        ended = {"processInstanceId": self.instance, "activityType": "noneEndEvent"}
        events = self.engine.queries.historic_element_instances.list(ended)
        return _last([event.element_id for event in events])

    def variables(self) -> dict[str, object]:
        found = self.engine.queries.historic_variables.list({"processInstanceId": self.instance})
        return {variable.name: variable.value for variable in found}


class ThroughRest:
    def __init__(self, client: Any) -> None:
        self.client = client
        files = {name: (BytesIO(data), name) for name, data in FILES.items()}
        self.call("POST", "/deployment/create", data={"deployment-name": "invoice", **files})

    def call(self, method: str, path: str, **content: Any) -> Any:
        response = self.client.open(f"/engine-rest{path}", method=method, **content)
        assert response.status_code < 300, response.get_data(as_text=True)
        return response.get_json(silent=True)

    def receive(self, **variables: object) -> None:
        body = {"businessKey": "R-1041", "variables": _typed(variables)}
        self.instance = self.call("POST", "/process-definition/key/invoice/start", json=body)["id"]

    def open_tasks(self) -> dict[str, dict[str, Any]]:
        tasks = self.call("GET", "/task?processInstanceBusinessKey=R-1041")
        return {
            task["taskDefinitionKey"]: {
                "id": task["id"],
                "priority": task["priority"],
                "groups": [link["groupId"] for link in self.call("GET", f"/task/{task['id']}/identity-links")],
                "due": task["due"],
            }
            for task in tasks
        }

    def complete(self, element: str, **variables: object) -> None:
        task = self.open_tasks()[element]["id"]
        self.call("POST", f"/task/{task}/complete", json={"variables": _typed(variables)})

    def outcome(self) -> str:
        query = f"processInstanceId={self.instance}&activityType=noneEndEvent"
        events = self.call("GET", f"/history/activity-instance?{query}")
        return _last([event["activityId"] for event in events])

    def variables(self) -> dict[str, object]:
        found = self.call("GET", f"/history/variable-instance?processInstanceId={self.instance}")
        return {variable["name"]: variable["value"] for variable in found}


def _typed(variables: dict[str, object]) -> dict[str, dict[str, object]]:
    return {name: {"value": value} for name, value in variables.items()}


def _last(end_events: list[str]) -> str:
    """The one that ended the process, and not the review."""
    (last,) = set(end_events) - {"ReviewEnded"}
    return last


@pytest.fixture(params=["facade", "rest"])
def office(request: pytest.FixtureRequest, database_url: str) -> Iterator[Office]:
    app = create_app(Settings(database_url=database_url), upgrade=True)
    with closing(app.extensions["engine"]) as engine:
        yield ThroughFacade(engine) if request.param == "facade" else ThroughRest(app.test_client())


def test_an_invoice_that_holds_is_paid(office: Office) -> None:
    office.receive(invoiceNumber="R-1041", creditor="Papier AG", amount=900)

    checks = office.open_tasks()
    assert {element: task["groups"] for element, task in checks.items()} == {
        "CheckOrder": ["sales"],
        "CheckAccounts": ["accounting"],
    }
    assert all(task["due"] for task in checks.values())

    office.complete("CheckOrder", orderMatches=True)
    assert list(office.open_tasks()) == ["CheckAccounts"]
    office.complete("CheckAccounts", accountsMatch=True)
    approval = office.open_tasks()["Approve"]
    assert (approval["groups"], approval["priority"]) == (["accounting"], 50)
    office.complete("Approve", approved=True)
    office.complete("ReleaseTransfer")

    assert office.open_tasks() == {}
    assert office.outcome() == "InvoicePaid"
    assert office.variables()["paymentReference"] == "Papier AG / R-1041"


@pytest.mark.parametrize("obstacle", ["order", "accounts", "approval"])
def test_what_does_not_hold_is_clarified_and_reviewed_again(office: Office, obstacle: str) -> None:
    office.receive(invoiceNumber="R-1041", creditor="Papier AG", amount=7500)
    office.complete("CheckOrder", orderMatches=obstacle != "order")
    office.complete("CheckAccounts", accountsMatch=obstacle != "accounts")
    if obstacle == "approval":
        assert office.open_tasks()["Approve"]["groups"] == ["manager"]
        office.complete("Approve", approved=False)
    assert list(office.open_tasks()) == ["Clarify"]
    office.complete("Clarify", corrected=True, amount=4900)

    assert set(office.open_tasks()) == {"CheckOrder", "CheckAccounts"}
    office.complete("CheckOrder", orderMatches=True)
    office.complete("CheckAccounts", accountsMatch=True)
    approval = office.open_tasks()["Approve"]
    assert (approval["groups"], approval["priority"]) == (["accounting"], 80)
    office.complete("Approve", approved=True)
    office.complete("ReleaseTransfer")

    assert office.outcome() == "InvoicePaid"
    assert office.variables()["round"] == 2


def test_an_invoice_that_stays_wrong_is_rejected(office: Office) -> None:
    office.receive(invoiceNumber="R-1041", creditor="Papier AG", amount=900)
    office.complete("CheckOrder", orderMatches=False)
    office.complete("CheckAccounts", accountsMatch=True)
    office.complete("Clarify", corrected=False)

    assert office.open_tasks() == {}
    assert office.outcome() == "InvoiceRejected"
