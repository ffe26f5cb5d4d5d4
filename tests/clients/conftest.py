"""A server for clients that others have made, and the process that their workers work for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.api.serving import served

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <error id="refused" errorCode="E1"/>
  <process id="worked" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <serviceTask id="work" camunda:type="external" camunda:topic="work">
      <extensionElements><camunda:properties>
        <camunda:property name="where" value="there"/>
      </camunda:properties></extensionElements>
    </serviceTask>
    <boundaryEvent id="onError" attachedToRef="work"><errorEventDefinition errorRef="refused"/></boundaryEvent>
    <sequenceFlow id="f2" sourceRef="work" targetRef="done"/><userTask id="done"/>
    <sequenceFlow id="f3" sourceRef="onError" targetRef="handled"/><userTask id="handled"/>
  </process>
</definitions>"""


class Served:
    """A server on which the process `worked` is deployed."""

    def __init__(self, url: str) -> None:
        self.url = url
        files = {"worked.bpmn": ("worked.bpmn", PROCESS.encode())}
        self._ask("POST", "/deployment/create", data={"deployment-name": "worked"}, files=files)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        response = requests.request(method, self.url + path, timeout=30, **options)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def get(self, path: str, **query: str) -> Any:
        """The answer to a GET."""
        return self._ask("GET", path, params=query)

    def start(self, **variables: object) -> str:
        """The id of a started instance."""
        body = {"businessKey": "key", "variables": {name: {"value": value} for name, value in variables.items()}}
        started: str = self._ask("POST", "/process-definition/key/worked/start", json=body)["id"]
        return started

    def open_tasks(self, instance: str) -> list[str]:
        """Where the instance waits for people."""
        return [task["taskDefinitionKey"] for task in self.get("/task", processInstanceId=instance)]

    def variables(self, instance: str) -> dict[str, Any]:
        """The values of the variables of an instance."""
        found = self.get(f"/process-instance/{instance}/variables")
        return {name: each["value"] for name, each in found.items()}


@pytest.fixture
def server(database_url: str) -> Iterator[Served]:
    """A server over a fresh database, once of each kind."""
    with served(database_url) as url:
        yield Served(url)
