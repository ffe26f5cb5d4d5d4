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
FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in (".bpmn", ".dmn", ".form")}


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


class ThroughForms(ThroughRest):
    """As people do it in a web app: with the form of the process, and of each task."""

    def receive(self, **variables: object) -> None:
        (definition,) = self.call("GET", "/process-definition?key=invoice")
        self.instance = self.send(f"/process-definition/{definition['id']}/start", variables)["instance"]["id"]

    def complete(self, element: str, **variables: object) -> None:
        self.send(f"/task/{self.open_tasks()[element]['id']}/submit", variables)

    def send(self, path: str, data: dict[str, object]) -> Any:
        """Send a form, as form-js does it: with the reasons that it asks for."""
        reasons = {"orderMatches": "orderRemark", "accountsMatch": "accountsRemark", "approved": "approvalRemark"}
        said = {reason: "no" for name, reason in reasons.items() if data.get(name) is False}
        response = self.client.post(f"/api/v1{path}", json={"data": {**data, **said}})
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()


OFFICES = {"rest": ThroughRest, "forms": ThroughForms}


def _typed(variables: dict[str, object]) -> dict[str, dict[str, object]]:
    return {name: {"value": value} for name, value in variables.items()}


def _last(end_events: list[str]) -> str:
    """The one that ended the process, and not the review."""
    (last,) = set(end_events) - {"ReviewEnded"}
    return last


@pytest.fixture(params=["facade", "rest", "forms"])
def office(request: pytest.FixtureRequest, database_url: str) -> Iterator[Office]:
    app = create_app(Settings(database_url=database_url, auth=False), upgrade=True)
    with closing(app.extensions["engine"]) as engine:
        made = OFFICES.get(request.param)
        yield ThroughFacade(engine) if made is None else made(app.test_client())


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
        assert office.open_tasks()["Approve"]["groups"] == ["management"]
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


def test_the_forms_ask_for_what_is_needed(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'baton.db'}", auth=False), upgrade=True)
    with closing(app.extensions["engine"]):
        office = ThroughForms(app.test_client())
        (definition,) = office.call("GET", "/process-definition?key=invoice")
        path = f"/api/v1/process-definition/{definition['id']}/start"
        refused = office.client.post(path, json={"data": {"amount": 0.5, "category": "bribes"}}).get_json()
        assert refused["details"].keys() == {"invoiceNumber", "creditor", "amount", "category"}

        office.receive(invoiceNumber="R-1041", creditor="Papier AG", amount=900)
        assert office.variables()["category"] == "goods"
        check = office.open_tasks()["CheckOrder"]["id"]
        shown = office.client.get(f"/api/v1/task/{check}/form").get_json()
        assert shown["variables"] == {"invoiceNumber": "R-1041", "creditor": "Papier AG", "amount": 900}
        answer = office.client.post(f"/api/v1/task/{check}/submit", json={"data": {"orderMatches": False}})
        assert answer.get_json()["details"] == {"orderRemark": ["Must be filled in"]}
        office.complete("CheckOrder", orderMatches=False, amount=1)
        assert office.variables()["amount"] == 900
