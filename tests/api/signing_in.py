"""An API for which one must sign in, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from api import Authentication, create_blueprint
from engine import CredentialSettings, Engine, Hashing
from engine.authorization import ADMINISTRATORS

CHEAP = CredentialSettings(hashing=Hashing(memory_kib=8, passes=1))
"""Passwords that cost next to nothing to try."""


class Moved:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Guarded:
    """An application for which one must sign in; `ada` with the password `enchantress` is its administrator."""

    def __init__(self, database_url: str) -> None:
        self.clock = Moved()
        self.engine = Engine.open(database_url, clock=self.clock, credentials=CHEAP)
        self.engine.upgrade()
        self.app = Flask("guarded")
        self.authentication = Authentication(self.engine)
        self.app.register_blueprint(create_blueprint(self.engine, authentication=self.authentication))

    def add_people(self) -> None:
        """Make the administrator `ada`, and `bob` of the group `sales`."""
        people = self.engine.people
        people.create_user(
            "ada", first_name="Ada", last_name="Lovelace", email="ada@example.org", password="enchantress"
        )
        people.create_user("bob", password="builder")
        people.create_group(ADMINISTRATORS, name="Administrators", type="SYSTEM")
        people.create_group("sales", name="Sales", type="WORKFLOW")
        people.add_to_group("ada", ADMINISTRATORS)
        people.add_to_group("bob", "sales")

    def browser(self) -> Browser:
        """A browser in which nobody is signed in."""
        return Browser(self.app.test_client())


class Browser:
    """A browser with its cookies, and with pages that send what pages of this server send."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token: str | None = None

    def sign_in(self, user: str = "ada", password: str = "enchantress") -> Any:
        """Signs in; gives the session."""
        answer = self.send("POST", "/api/v1/session", json={"username": user, "password": password})
        assert answer.status_code == 200, answer.text
        self.token = answer.get_json()["csrfToken"]
        return answer.get_json()

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Any:
        """A request as the web app sends it."""
        known = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        if self.token is not None:
            known["X-XSRF-TOKEN"] = self.token
        return self.client.open(path, method=method, headers={**known, **(headers or {})}, **options)


@contextmanager
def guarded(database_url: str) -> Iterator[Guarded]:
    """A guarded application with its people."""
    made = Guarded(database_url)
    made.add_people()
    yield made
    made.engine.close()
