"""Live events of real servers: of what they change themselves, and of what another one on the same database does."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.baton.serving import PATIENCE, Running, baton, running, working
from tests.baton.test_server import MODEL
from tests.brokers import Broker


@pytest.fixture
def servers(database_url: str, tmp_path: Path) -> Iterator[list[Running]]:
    """Two servers on one database, where a process is deployed."""
    (tmp_path / "greet.bpmn").write_text(MODEL)
    done = baton("db", "upgrade", database_url=database_url, folder=tmp_path)
    assert done.returncode == 0, done.stderr

    def serve() -> AbstractContextManager[Running]:
        words = "Baton serves"
        return running("serve", database_url=database_url, folder=tmp_path, last_words=words, BATON_AUTH="off")

    with serve() as first, serve() as second:
        sent = baton("deploy", "greet.bpmn", database_url=database_url, folder=tmp_path, BATON_URL=first.url)
        assert sent.returncode == 0, sent.stderr
        yield [first, second]


def start(server: Running) -> str:
    """Start an instance there; the id of its task."""
    request = urllib.request.Request(
        f"{server.url}/process-definition/key/greet/start", b"{}", {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        instance = json.load(answer)["id"]
    with urllib.request.urlopen(f"{server.url}/task?processInstanceId={instance}", timeout=PATIENCE) as answer:
        tasks = json.load(answer)
    return str(tasks[0]["id"]) if tasks else ""


@contextmanager
def listening(server: Running) -> Iterator[http.client.HTTPResponse]:
    """A stream of that server's events that has begun."""
    parts = urlsplit(server.url)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/api/v1/events?topics=tasks")
        with connection.getresponse() as answer:
            assert answer.status == 200
            assert answer.readline() == b"retry: 2000\n"
            while answer.readline() != b"\n":
                pass  # the rest of what it begins with
            yield answer


def told(stream: http.client.HTTPResponse) -> str:
    """The data of the next event."""
    while not (line := stream.readline()).startswith(b"data: "):
        assert line, "the stream has ended"
    return line.decode().removeprefix("data: ").strip()


def test_what_any_server_changes_is_heard_and_nobody_holds_a_server_up(
    servers: list[Running], database_url: str
) -> None:
    first, second = servers
    on_sqlite = database_url.startswith("sqlite")
    with listening(first) as stream:
        while not on_sqlite and json.loads(told(stream))["ids"]["tasks"] is not None:
            pass  # whoever begins to listen is told to look at everything
        # On SQLite nobody says what was written, and servers also write by themselves now and then.
        task = start(first)
        assert json.loads(told(stream))["ids"]["tasks"] in ([task], None if on_sqlite else [task])
        task = start(second)
        assert json.loads(told(stream))["ids"]["tasks"] == (None if on_sqlite else [task])
        assert first.stop() == 0
        stream.read()


def test_many_streams_leave_requests_their_threads_and_connections(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "greet.bpmn").write_text(MODEL)
    assert baton("db", "upgrade", database_url=database_url, folder=tmp_path).returncode == 0
    few = {"BATON_THREADS": "2", "BATON_EVENT_STREAMS": "40", "BATON_AUTH": "off"}
    with running("serve", database_url=database_url, folder=tmp_path, last_words="Baton serves", **few) as server:
        sent = baton("deploy", "greet.bpmn", database_url=database_url, folder=tmp_path, BATON_URL=server.url)
        assert sent.returncode == 0, sent.stderr
        with ExitStack() as open_streams:
            streams = [open_streams.enter_context(listening(server)) for _ in range(40)]
            start(server)
            for stream in streams:
                assert json.loads(told(stream))["topics"] == ["tasks"]
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{server.url.removesuffix('/engine-rest')}/api/v1/events?topics=tasks")
            refused.value.close()
            assert (refused.value.code, refused.value.headers["Retry-After"]) == (503, "10")
        assert server.stop() == 0


def test_what_a_celery_worker_does_is_heard_of_by_its_ids(
    postgres_url: str, brokers: Callable[[str], Broker], tmp_path: Path
) -> None:
    broker, jobs = brokers("redis").url, tmp_path / "worker"
    jobs.mkdir()
    later = MODEL.replace("<userTask ", '<userTask xmlns:c="http://camunda.org/schema/1.0/bpmn" c:asyncBefore="true" ')
    assert later != MODEL
    (tmp_path / "greet.bpmn").write_text(later)
    assert baton("db", "upgrade", database_url=postgres_url, folder=tmp_path).returncode == 0
    cluster = {"BATON_BROKER_URL": broker, "BATON_JOB_RUNNER": "off"}
    with (
        working(postgres_url, broker, jobs, processes=1),
        running("serve", database_url=postgres_url, folder=tmp_path, last_words="Baton serves", **cluster) as server,
    ):
        sent = baton("deploy", "greet.bpmn", database_url=postgres_url, folder=tmp_path, BATON_URL=server.url)
        assert sent.returncode == 0, sent.stderr
        with listening(server) as stream:
            while json.loads(told(stream))["ids"]["tasks"] is not None:
                pass  # whoever begins to listen is told to look at everything
            start(server)  # the server makes a job; the task is made by the worker that does it
            heard = json.loads(told(stream))
        with urllib.request.urlopen(f"{server.url}/task", timeout=PATIENCE) as answer:
            assert heard == {"topics": ["tasks"], "ids": {"tasks": [each["id"] for each in json.load(answer)]}}
        assert server.stop() == 0
