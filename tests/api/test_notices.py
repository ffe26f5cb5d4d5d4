"""What is new, over REST: each sees their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.signing_in import Guarded


@pytest.fixture
def guarded(database_url: str) -> Any:
    """A server with `ada` and `bob`, who has a task; `eve` may see nobody."""
    guarded = Guarded(database_url)
    guarded.add_people()
    guarded.engine.people.create_user("eve", password="enchantress")
    yield guarded
    guarded.engine.close()


def test_comments_reach_whom_they_mention_and_whose_the_task_is(guarded: Guarded) -> None:
    ada, bob, eve = guarded.browser(), guarded.browser(), guarded.browser()
    ada.sign_in()
    bob.sign_in("bob", "builder")
    eve.sign_in("eve")
    task = guarded.engine.tasks.create(name="Check", assignee="bob", user="ada")
    said = "@bob @eve @nobody " + "x" * 300
    made = ada.send("POST", f"/engine-rest/task/{task}/comment/create", json={"message": said})
    assert made.status_code == 200, made.text

    mine = bob.send("GET", "/api/v1/notice").get_json()
    assert mine["unread"] == 2
    told = [(each["kind"], each["user"], each["taskName"], each["text"]) for each in mine["notices"]]
    assert told == [("mentioned", "ada", "Check", said[:200]), ("assigned", "ada", "Check", None)]
    assert eve.send("GET", "/api/v1/notice").get_json() == {"notices": [], "unread": 0}  # she does not see the task

    ids = [each["id"] for each in mine["notices"]]
    assert eve.send("POST", "/api/v1/notice/read", json={"ids": ids}).status_code == 204
    assert bob.send("POST", "/api/v1/notice/read", json={"ids": ids[:1]}).status_code == 204
    assert [each["read"] for each in bob.send("GET", "/api/v1/notice").get_json()["notices"]] == [True, False]
    assert bob.send("POST", "/api/v1/notice/read", json={}).status_code == 204
    assert bob.send("GET", "/api/v1/notice").get_json()["unread"] == 0

    # He sees no people, and so mentions none.
    bob.send("POST", f"/engine-rest/task/{task}/comment/create", json={"message": "@ada"})
    assert ada.send("GET", "/api/v1/notice").get_json()["notices"] == []
