"""Baton as a contender through REST: `baton serve` in its own process, clients with kept connections in this one."""

from __future__ import annotations

import json
import threading
import uuid
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any

from bench.contender import interleave, pages
from bench.loop import closed_loop
from bench.models import Model
from bench.server import serving


class Rest:
    """The endpoints of `/engine-rest` that start and complete."""

    name = "Baton, REST"
    caller_counts = (1, 16)
    sharing_callers = (1, 16)

    def __init__(self, url: str) -> None:
        self._resources = ExitStack()
        self._server = self._resources.enter_context(serving(url))
        self._local = threading.local()

    def deploy(self, model: Model) -> None:
        """Posts one file as multipart/form-data."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="data"; filename="{model.key}.bpmn"\r\n\r\n'
        body = head.encode() + model.xml() + f"\r\n--{boundary}--\r\n".encode()
        self._call("POST", "/deployment/create", body, f"multipart/form-data; boundary={boundary}")

    def start(self, model: Model) -> str:
        """Starts by key; the handle is the instance's id."""
        started = self._call("POST", f"/process-definition/key/{model.key}/start", b"{}")
        return str(started["id"])

    def tasks(self, model: Model, instances: Sequence[str]) -> list[list[str]]:
        """Lists the open tasks of the instances."""
        found: dict[str, list[str]] = defaultdict(list)
        for page in pages(model, instances):
            query = json.dumps({"processInstanceIdIn": page}).encode()
            for task in self._call("POST", "/task", query):
                found[task["processInstanceId"]].append(task["id"])
        return [found[instance] for instance in instances]

    def complete(self, task: str) -> None:
        """Completes by id."""
        self._call("POST", f"/task/{task}/complete", b"{}")

    def fill(self, model: Model, count: int) -> list[str]:
        """Starts `count` instances."""
        return closed_loop(interleave([[model] * count]), self.start, callers=max(self.caller_counts)).results

    def statements(self) -> None:
        """The server's statements cannot be seen from here."""

    def close(self) -> None:
        """Ends the server."""
        self._resources.close()

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        connection: HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._server.connect()
            self._resources.callback(connection.close)
        connection.request(method, f"/engine-rest{path}", body, {"Content-Type": kind} if body else {})
        response = connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path} answered {response.status}: {answer[:500].decode(errors='replace')}")
        return json.loads(answer) if answer else None
