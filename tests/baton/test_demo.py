"""The people of the demo can do the examples, each what they are there for and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from baton.settings import Settings
from baton.wsgi import create_app
from tests.api.signing_in import Browser

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """The server of `baton dev`, with the example of the invoice."""
    made = create_app(Settings(database_url=sqlite_url), upgrade=True, demo=True)
    engine = made.extensions["engine"]
    files = {
        path.name: path.read_bytes() for path in (ROOT / "processes" / "invoice").glob("*.*") if path.suffix != ".md"
    }
    engine.deployments.deploy(files, name="invoice")
    yield made
    engine.close()


class Colleague:
    """Somebody of the demo at a browser."""

    def __init__(self, app: Flask, name: str) -> None:
        self.name, self.browser = name, Browser(app.test_client())
        self.browser.sign_in(name, name)

    def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.browser.send(method, path, **options)
        assert answer.status_code == status, f"{self.name}: {method} {path}: {answer.status_code} {answer.text}"
        return answer.get_json() if answer.data else None

    def sees(self) -> dict[str, str]:
        """The tasks that they see, by element."""
        return {each["taskDefinitionKey"]: each["id"] for each in self.ask("GET", "/engine-rest/task")}

    def does(self, element: str, **data: Any) -> None:
        """Claims a task and fills in its form."""
        task = self.sees()[element]
        self.ask("POST", f"/engine-rest/task/{task}/claim", 204, json={"userId": self.name})
        self.ask("GET", f"/api/v1/task/{task}/form")
        self.ask("POST", f"/api/v1/task/{task}/submit", json={"data": data})


def test_an_invoice_is_started_checked_approved_and_paid_by_those_who_may(app: Flask) -> None:
    sales, accounting, manager = (Colleague(app, name) for name in ("sales", "accounting", "manager"))
    (definition,) = sales.ask("GET", "/engine-rest/process-definition?key=invoice&startableInTasklist=true")
    start = f"/api/v1/process-definition/{definition['id']}/start"
    invoice = {"data": {"invoiceNumber": "R-1041", "creditor": "Papier AG", "amount": 7500}}
    accounting.ask("POST", start, 403, json=invoice)
    sales.ask("POST", start, json=invoice)

    assert sales.sees().keys() == {"CheckOrder"}
    assert accounting.sees().keys() == {"CheckAccounts"}
    assert manager.sees().keys() == {"CheckOrder", "CheckAccounts"}
    order = sales.sees()["CheckOrder"]
    accounting.ask("POST", f"/engine-rest/task/{order}/claim", 403, json={"userId": "accounting"})
    manager.ask("POST", f"/engine-rest/task/{order}/complete", 403, json={})

    sales.does("CheckOrder", orderMatches=True)
    accounting.does("CheckAccounts", accountsMatch=True)
    assert "Approve" not in accounting.sees()
    manager.does("Approve", approved=True)
    accounting.does("ReleaseTransfer")
    done = manager.ask("GET", "/engine-rest/history/process-instance?processDefinitionKey=invoice")
    assert [each["state"] for each in done] == ["COMPLETED"]


def test_only_the_administrator_administers(app: Flask) -> None:
    for name in ("sales", "accounting", "manager"):
        colleague = Colleague(app, name)
        assert [each["id"] for each in colleague.ask("GET", "/engine-rest/user")] == [
            "accounting",
            "admin",
            "manager",
            "sales",
        ]
        colleague.ask("POST", "/engine-rest/user/create", 403, json={"profile": {"id": "eve"}})
        colleague.ask("PUT", "/engine-rest/user/admin/credentials", 403, json={"password": "mine"})
        colleague.ask("PUT", f"/engine-rest/group/camunda-admin/members/{name}", 403)
        colleague.ask("GET", "/engine-rest/authorization/1", 403)
    admin = Colleague(app, "admin")
    admin.ask("POST", "/engine-rest/user/create", 204, json={"profile": {"id": "eve"}})
