"""Live events over HTTP."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.interfaces import OWN
from api.v1 import events
from engine import Engine
from engine.authorization import Resource
from engine.services import live
from engine.services.credentials import Proof
from engine.services.live import Topics
from tests.api.conftest import Api
from tests.api.models import ONE_TASK
from tests.api.signing_in import Browser, Guarded, guarded


class Stream:
    """An open stream of events."""

    def __init__(self, own: Api, topics: str, **options: Any) -> None:
        self.response: TestResponse = own.client.get(f"/api/v1/events?topics={topics}", buffered=False, **options)
        assert self.response.status_code == 200, self.response.text
        self._chunks = iter(self.response.response)
        begin = self.chunk()
        assert begin.startswith("retry: 2000\nid: "), begin
        assert begin.endswith("\nevent: begin\ndata: {}\n\n"), begin

    def chunk(self) -> str:
        """The next that is sent."""
        found = next(self._chunks)
        return found.decode() if isinstance(found, bytes) else found

    def rest(self) -> list[Any]:
        """All that is still sent, until the end."""
        return list(self._chunks)

    def close(self) -> None:
        """Go away."""
        self.response.close()


@pytest.fixture
def stream(own: Api, deployed: Api) -> Iterator[Stream]:
    """A stream of tasks and incidents that has begun."""
    assert deployed is not None
    opened = Stream(own, "tasks,incidents")
    yield opened
    opened.close()


def fields(chunk: str) -> dict[str, str]:
    """The fields of one event."""
    assert chunk.endswith("\n\n")
    return dict(line.split(": ", 1) for line in chunk.strip().split("\n"))  # type: ignore[misc]


def test_a_change_is_told_by_its_id(stream: Stream, api: Api) -> None:
    headers = stream.response.headers
    assert (stream.response.mimetype, headers["Cache-Control"]) == ("text/event-stream", "no-store")
    task = api.task(api.start()["id"])
    told = fields(stream.chunk())
    assert (told["event"], json.loads(told["data"])) == ("change", {"topics": ["tasks"], "ids": {"tasks": [task]}})


def test_who_comes_back_is_told_what_was_missed(stream: Stream, own: Api, api: Api) -> None:
    api.start()
    mark = fields(stream.chunk())["id"]
    stream.close()
    task = api.task(api.start()["id"])
    back = Stream(own, "tasks", headers={"Last-Event-ID": mark})
    assert json.loads(fields(back.chunk())["data"])["ids"] == {"tasks": [task]}
    back.close()
    lost = Stream(own, "tasks&lastEventId=gone-1")
    assert json.loads(fields(lost.chunk())["data"]) == {"topics": ["tasks"], "ids": {"tasks": None}}
    lost.close()


def test_a_stream_about_one_instance(deployed: Api, own: Api) -> None:
    first, second = (deployed.start()["id"] for _ in range(2))
    stream = Stream(own, f"instance:{second}")
    for instance in (first, second):
        deployed.put(f"/process-instance/{instance}/variables/a", {"value": 1})
    told = fields(stream.chunk())
    assert json.loads(told["data"]) == {"topics": [f"instance:{second}"], "ids": {"instances": [second]}}
    stream.close()


@pytest.mark.parametrize(
    ("topics", "status"),
    [("weather", 400), ("instance:x", 400), (",".join(["instance:1"] * 101), 400)],
)
def test_topics_there_are_not(own: Api, topics: str, status: int) -> None:
    own.get("/events", status, topics=topics)


def test_when_the_seats_are_taken_the_others_are_told_to_ask_by_themselves(own: Api) -> None:
    listening = [Stream(own, "tasks") for _ in range(16)]
    refused = own.call("GET", "/events?topics=tasks", 503)
    assert refused.headers["Retry-After"] == "10"
    listening.pop().close()
    own.client.head("/api/v1/events?topics=tasks").close()  # which listens to nothing
    listening.append(Stream(own, "tasks"))
    own.call("GET", "/events?topics=tasks", 503)
    for each in listening:
        each.close()


def test_a_silent_stream_shows_that_it_lives(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "TICK", 0.01)
    monkeypatch.setattr(events, "HEARTBEAT", 0.02)
    assert stream.chunk() == ":\n\n"


def test_a_stream_ends_by_itself(stream: Stream, own: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "TICK", 0.01)
    monkeypatch.setattr(events, "LONGEST", 0.02)
    assert set(stream.rest()) <= {b":\n\n"}
    monkeypatch.undo()
    for _ in range(16):
        Stream(own, "tasks")  # its seat is free again


def test_streams_end_with_the_server(stream: Stream, engine: Engine) -> None:
    engine.live.retire()
    with pytest.raises(StopIteration):
        stream.chunk()


# ---------------------------------------------------------------- who hears what, and for how long


@pytest.fixture
def guard(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    """An application with people, where `oneTask` is deployed for two tenants: bob is in `blue`, ron in `red`."""
    monkeypatch.setattr(live, "CHECK", 0.05)
    monkeypatch.setattr(live, "CALM", 0.01)
    with guarded(sqlite_url) as made:
        people = made.engine.people
        people.create_user("ron", password="roundabout")
        for tenant, user in (("blue", "bob"), ("red", "ron")):
            people.create_tenant(tenant)
            people.add_user_to_tenant(user, tenant)
            made.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode()}, tenant_id=tenant)
            made.engine.authorizations.grant(Resource.PROCESS_DEFINITION, "READ_INSTANCE", "READ_TASK", user=user)
        yield made


PASSWORDS = {"ada": "enchantress", "bob": "builder", "ron": "roundabout"}


def listen(guard: Guarded, user: str, password: str, topics: str = "tasks,instances") -> tuple[Stream, Browser]:
    """A stream of somebody who has signed in in a browser."""
    browser = guard.browser()
    browser.sign_in(user, password)
    return Stream(Api(browser.client, OWN), topics), browser


def test_nobody_hears_of_what_belongs_to_another_tenant(guard: Guarded) -> None:
    blue, red = (guard.engine.process_instances.start(key="oneTask", tenant_id=each).id for each in ("blue", "red"))
    topics = f"tasks,instance:{blue},instance:{red},process:oneTask"
    bob, _ = listen(guard, "bob", "builder", topics)
    for instance in (red, blue):
        guard.engine.variables.set(instance, {"a": 1})
    heard = json.loads(fields(bob.chunk())["data"])
    assert heard == {"topics": [f"instance:{blue}", "process:oneTask"], "ids": {"instances": [str(blue)]}}
    red, blue = (guard.engine.process_instances.start(key="oneTask", tenant_id=each).id for each in ("red", "blue"))
    heard = json.loads(fields(bob.chunk())["data"])
    while "tasks" not in heard["topics"]:
        heard = json.loads(fields(bob.chunk())["data"])
    (task,) = guard.engine.queries.tasks.list({"processInstanceId": blue})
    assert heard["ids"] == {"tasks": [str(task.id)]}
    bob.close()


def ending_session(guard: Guarded, browser: Browser) -> None:
    """The person signs out in another tab."""
    assert browser.send("DELETE", "/api/v1/session").status_code == 204


def idling(guard: Guarded, browser: Browser) -> None:
    """Nobody has used the session for a long time."""
    assert browser
    guard.clock.move(hours=9)


def deleting_user(guard: Guarded, browser: Browser) -> None:
    """The user is deleted."""
    assert browser
    guard.engine.people.delete_user("bob")


def leaving_tenant(guard: Guarded, browser: Browser) -> None:
    """The person is not in a tenant any more."""
    assert browser
    guard.engine.people.remove_user_from_tenant("bob", "blue")


def leaving_group(guard: Guarded, browser: Browser) -> None:
    """The person is not in a group any more."""
    assert browser
    guard.engine.people.remove_from_group("bob", "sales")


def revoking(guard: Guarded, browser: Browser) -> None:
    """What the person may do is changed."""
    assert browser
    guard.engine.authorizations.grant(Resource.PROCESS_DEFINITION, "READ", user="bob")


@pytest.mark.parametrize("happens", [ending_session, idling, deleting_user, leaving_tenant, leaving_group, revoking])
def test_a_stream_ends_with_what_let_its_listener_in(guard: Guarded, happens: Any) -> None:
    bob, browser = listen(guard, "bob", "builder", "definitions")
    ron, _ = listen(guard, "ron", "roundabout", "definitions")
    happens(guard, browser)
    assert bob.rest() == []
    if happens is not idling:
        guard.engine.deployments.deploy({"one.bpmn": ONE_TASK.encode()}, tenant_id="red")
        guard.engine.authorizations.grant(Resource.PROCESS_DEFINITION, "READ", user="ron")
    assert [chunk for chunk in ron.rest() if b"change" not in chunk] == []


def test_a_stream_ends_with_its_token(guard: Guarded) -> None:
    secret, token = guard.engine.credentials.create_token("ada", "watcher")
    api = Api(guard.app.test_client(), OWN)
    stream = Stream(api, "tasks", headers={"Authorization": f"Bearer {secret}"})
    guard.engine.credentials.delete_token("ada", token.id)
    assert stream.rest() == []


def test_a_stream_ends_when_the_password_that_opened_it_is_another(guard: Guarded) -> None:
    def open_stream(user: str, password: str) -> Stream:
        given = b64encode(f"{user}:{password}".encode()).decode()
        return Stream(Api(guard.app.test_client(), OWN), "tasks", headers={"Authorization": f"Basic {given}"})

    again = open_stream("bob", "builder")
    again.close()
    bob, ron = open_stream("bob", "builder"), open_stream("ron", "roundabout")
    guard.engine.people.set_password("bob", "better")
    assert bob.rest() == []
    guard.engine.people.set_password("ron", "other")
    assert ron.rest() == []
    later = open_stream("bob", "better")
    proofs = {each.proof for each in guard.engine.live._listening}
    assert guard.engine.credentials.holding([each for each in proofs if each is not None]) == proofs
    later.close()


def test_what_somebody_else_vouches_for_holds_until_its_end(guard: Guarded) -> None:
    person = guard.engine.credentials.person("bob")
    assert person is not None
    proof = Proof(person, expires_at=guard.clock.now + timedelta(seconds=30))
    listening = guard.engine.live.listen(Topics(frozenset({"tasks"})), hearer=person.actor(), proof=proof)
    guard.clock.move(seconds=29)
    assert guard.engine.credentials.holding([proof]) == {proof}
    guard.clock.move(seconds=1)
    assert guard.engine.credentials.holding([proof]) == set()
    while not listening.is_over:
        listening.wait(1)
    listening.close()


def test_whether_they_may_listen_is_asked_for_all_at_once(guard: Guarded) -> None:
    proofs = []
    for user in ("ada", "bob", "ron"):
        person = guard.engine.credentials.person(user)
        assert person is not None
        for number in range(5):
            _, session = guard.engine.credentials.open_session(user)
            _, token = guard.engine.credentials.create_token(user, f"token {number}")
            proofs += [Proof(person), Proof(person, session_id=session.id), Proof(person, token_id=token.id)]
        by_password = guard.engine.credentials.prove(user, PASSWORDS[user])
        assert by_password is not None
        proofs.append(by_password)
    with guard.engine.database.count_statements() as counter:
        assert guard.engine.credentials.holding(proofs) == set(proofs)
    assert counter.count == 4 + 1, "and the end of the transaction"
