"""Attachments of tasks over the API."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from engine import Engine
from engine.authorization import Actor
from tests.api.conftest import Api


@pytest.fixture
def task(deployed: Api) -> str:
    """The path of a task."""
    return f"/task/{deployed.task(deployed.start()['id'])}"


def attach(api: Api, task: str, status: int = 200, **parts: Any) -> Any:
    named = {"attachment-name": "note.txt"}
    for name, part in parts.items():
        named[name if name in ("url", "content") else f"attachment-{name}"] = part
    path = f"{task}/attachment/create"
    return api.call("POST", path, status, data=named, content_type="multipart/form-data").get_json()


def test_a_file_is_put_to_a_task(deployed: Api, task: str) -> None:
    content = b"\x00\xffSome bytes"
    made = attach(deployed, task, description="Why", type="text/plain", content=(BytesIO(content), "x.txt"))
    path = f"{task}/attachment/{made['id']}"
    assert made["links"] == [{"method": "GET", "href": f"http://localhost/engine-rest{path}", "rel": "self"}]
    shown = {**made, "links": []}
    assert (shown["name"], shown["description"], shown["type"], shown["url"]) == ("note.txt", "Why", "text/plain", None)
    assert deployed.get(f"{task}/attachment") == [shown]
    assert deployed.get(path) == shown
    answer = deployed.call("GET", f"{path}/data")
    assert answer.data == content
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_what_is_elsewhere_has_no_content(deployed: Api, task: str) -> None:
    made = attach(deployed, task, url="https://example.org/x")
    assert made["url"] == "https://example.org/x"
    told = deployed.get(f"{task}/attachment/{made['id']}/data", 404)
    assert told["type"] == "InvalidRequestException"


def test_an_empty_file_is_a_file(deployed: Api, task: str) -> None:
    made = attach(deployed, task, content="")
    assert deployed.call("GET", f"{task}/attachment/{made['id']}/data").data == b""


@pytest.mark.parametrize("parts", [{}, {"description": "Nothing else"}])
def test_nothing_cannot_be_attached(deployed: Api, task: str, parts: dict[str, str]) -> None:
    assert attach(deployed, task, 400, **parts)["type"] == "InvalidRequestException"
    assert attach(deployed, "/task/4711", 400, url="x")["type"] == "InvalidRequestException"
    assert deployed.get(f"{task}/attachment") == []


def test_an_attachment_is_deleted(deployed: Api, task: str) -> None:
    made, other = attach(deployed, task, url="x"), attach(deployed, task, url="y")
    deployed.delete(f"{task}/attachment/{made['id']}")
    assert [each["id"] for each in deployed.get(f"{task}/attachment")] == [other["id"]]
    for method, path in (("DELETE", ""), ("GET", ""), ("GET", "/data")):
        told = deployed.call(method, f"{task}/attachment/{made['id']}{path}", 404).get_json()
        assert told["type"] == "InvalidRequestException"
    other_task = f"/task/{deployed.task(deployed.start()['id'])}"
    deployed.get(f"{other_task}/attachment/{other['id']}", 404)
    deployed.delete(f"{other_task}/attachment/{other['id']}", 404)


def test_attachments_outlive_their_task_and_go_with_its_instance(deployed: Api, task: str) -> None:
    made = attach(deployed, task, content="x")
    instance = deployed.get(task)["processInstanceId"]
    deployed.post(f"{task}/complete")
    attach(deployed, task, 400, url="too late")
    assert [each["id"] for each in deployed.get(f"{task}/attachment")] == [made["id"]]
    deployed.delete(f"/history/process-instance/{instance}")
    deployed.get(f"{task}/attachment", 404)
    deployed.get(f"{task}/attachment/{made['id']}", 404)


def test_lists_tell_which_tasks_have_some(deployed: Api, task: str) -> None:
    deployed.start()
    attach(deployed, task, url="x")
    listed = deployed.get("/task", withCommentAttachmentInfo="true")
    assert [(each["attachment"], each["comment"]) for each in listed] == [(True, False), (False, False)]
    assert deployed.get(task, withCommentAttachmentInfo="true")["attachment"] is True


def test_attachments_are_logged(deployed: Api, engine: Engine, task: str) -> None:
    ann = engine.in_the_name_of(Actor("ann"))
    id = int(task.removeprefix("/task/"))
    made = ann.tasks.add_attachment(id, name="note.txt", content=b"x")
    ann.attachments.remove(id, made)
    log = deployed.get("/history/user-operation", entityType="Attachment")
    assert [(each["operationType"], each["orgValue"], each["newValue"]) for each in log] == [
        ("AddAttachment", None, "note.txt"),
        ("DeleteAttachment", "note.txt", None),
    ]
