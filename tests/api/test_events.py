"""Live events over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.v1 import events
from engine import Engine
from tests.api.conftest import Api


class Stream:
    """An open stream of events."""

    def __init__(self, own: Api, topics: str, **options: Any) -> None:
        self.response: TestResponse = own.client.get(f"/api/v1/events?topics={topics}", buffered=False, **options)
        assert self.response.status_code == 200, self.response.text
        self._chunks = iter(self.response.response)

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
    assert opened.chunk() == "retry: 2000\n\n"
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
    back.chunk()
    assert json.loads(fields(back.chunk())["data"])["ids"] == {"tasks": [task]}
    back.close()
    lost = Stream(own, "tasks&lastEventId=gone-1")
    lost.chunk()
    assert json.loads(fields(lost.chunk())["data"]) == {"topics": ["tasks"], "ids": {"tasks": None}}
    lost.close()


def test_a_stream_about_one_instance(deployed: Api, own: Api) -> None:
    first, second = (deployed.start()["id"] for _ in range(2))
    stream = Stream(own, f"instance:{second}")
    stream.chunk()
    for instance in (first, second):
        deployed.put(f"/process-instance/{instance}/variables/a", {"value": 1})
    told = fields(stream.chunk())
    assert json.loads(told["data"]) == {"topics": [f"instance:{second}"], "ids": {"instances": [second]}}
    stream.close()


@pytest.mark.parametrize(
    ("topics", "status"),
    [("weather", 400), ("instance:4711", 404), ("instance:x", 404), (",".join(["instance:1"] * 21), 400)],
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
