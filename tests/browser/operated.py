"""Processes in all the states that operators look at, for the tests of the screens that show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from tests.browser.conftest import Site

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">'
)

ORDER = f"""{_HEAD}
  <message id="paid" name="paid"/>
  <process id="order" name="Order" isExecutable="true">
    <startEvent id="received" name="Order received"/>
    <sequenceFlow id="f1" sourceRef="received" targetRef="check"/>
    <userTask id="check" name="Check the order" camunda:assignee="mary"/>
    <sequenceFlow id="f2" sourceRef="check" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="pay"/>
    <receiveTask id="pay" name="Wait for the payment" messageRef="paid"/>
    <boundaryEvent id="late" name="Two weeks" attachedToRef="pay" cancelActivity="false">
      <timerEventDefinition><timeDuration>P14D</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="f4" sourceRef="late" targetRef="remind"/>
    <userTask id="remind" name="Remind" camunda:candidateGroups="accounting"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="pack"/>
    <serviceTask id="pack" name="Pack" camunda:asyncBefore="true" camunda:expression="${{missing}}">
      <extensionElements>
        <camunda:failedJobRetryTimeCycle>R1/PT1M</camunda:failedJobRetryTimeCycle>
      </extensionElements>
    </serviceTask>
    <sequenceFlow id="f6" sourceRef="fork" targetRef="ship"/>
    <callActivity id="ship" name="Ship" calledElement="parcel"/>
    <sequenceFlow id="f7" sourceRef="pay" targetRef="join"/>
    <sequenceFlow id="f8" sourceRef="pack" targetRef="join"/>
    <sequenceFlow id="f9" sourceRef="ship" targetRef="join"/>
    <parallelGateway id="join"/>
    <sequenceFlow id="f10" sourceRef="join" targetRef="done"/>
    <endEvent id="done" name="Done"/>
  </process>
</definitions>"""

PARCEL = f"""{_HEAD}
  <process id="parcel" name="Parcel" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="carry"/>
    <serviceTask id="carry" name="Carry it" camunda:type="external" camunda:topic="carry"/>
    <sequenceFlow id="f2" sourceRef="carry" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""

SECOND = ORDER.replace('name="Check the order"', 'name="Check it twice"')


@dataclass
class Operated:
    """What is there: instances of `order` that wait at `check`, one that waits at all else, and one that has ended."""

    client: FlaskClient
    waiting: list[str]
    spread: str
    ended: str

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET below the engine's REST API."""
        return self.client.get(f"/engine-rest{path}", query_string=query).get_json()

    def post(self, path: str, body: Any = None) -> Any:
        """The JSON of a POST; None if there is none. The answer must be a good one."""
        response = self.client.post(f"/engine-rest{path}", json={} if body is None else body)
        assert response.status_code < 300, response.text
        return response.get_json() if response.data else None


def operate(site: Site) -> Operated:
    """Deploys, starts and works; the job at `pack` is left to the server, which turns it into an incident at once."""
    site.engine.deployments.deploy({"order.bpmn": ORDER.encode(), "parcel.bpmn": PARCEL.encode()}, name="first")
    operated = Operated(site.app.test_client(), [], "", "")

    def start(key: str) -> str:
        body = {"businessKey": key, "variables": {"amount": {"value": 100, "type": "Integer"}}}
        return str(operated.post("/process-definition/key/order/start", body)["id"])

    operated.waiting = [start(f"order-{number}") for number in range(3)]
    operated.spread, operated.ended = start("order-spread"), start("order-ended")
    (task,) = operated.get("/task", processInstanceId=operated.spread)
    operated.post(f"/task/{task['id']}/complete")
    operated.client.delete(f"/engine-rest/process-instance/{operated.ended}")
    return operated
