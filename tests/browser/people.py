"""People for the tests of screens, and how they sign in."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page

from engine import Engine
from engine.authorization import ADMINISTRATORS

PASSWORD = "correct horse battery"


def add_people(engine: Engine) -> None:
    """Mary and John, who sell and may do everything."""
    people = engine.people
    people.create_group(ADMINISTRATORS, name="Administrators", type="SYSTEM")
    people.create_group("sales", name="Sales", type="WORKFLOW")
    for name, first in (("mary", "Mary"), ("john", "John")):
        people.create_user(name, first_name=first, last_name="Doe", password=PASSWORD)
        people.add_to_group(name, "sales")
        people.add_to_group(name, ADMINISTRATORS)


def signed_in(
    open_context: Callable[..., BrowserContext],
    url: str,
    user: str = "mary",
    look: str = "light",
    password: str = PASSWORD,
) -> Page:
    """A page of a browser of its own in which somebody is signed in."""
    context = open_context(look)
    answer = context.request.post(
        f"{url}/api/v1/session",
        data={"username": user, "password": password},
        headers={"Origin": url, "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.ok, answer.text()
    return context.new_page()
