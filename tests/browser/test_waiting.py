"""Whatever an instance waits for is told in words."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, shoot, violations

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'targetNamespace="test">'
)
_RETRIED = '<camunda:failedJobRetryTimeCycle xmlns:camunda="http://camunda.org/schema/1.0/bpmn">R3/PT2H'

_BRANCHES = {
    "assigned": '<userTask id="assigned" name="Assigned" camunda:assignee="mary"/>',
    "offered": '<userTask id="offered" name="Offered" camunda:candidateGroups="sales,store"/>',
    "orphan": '<userTask id="orphan" name="Orphan"/>',
    "timer": '<intermediateCatchEvent id="timer" name="Timer"><timerEventDefinition>'
    "<timeDuration>PT3H</timeDuration></timerEventDefinition></intermediateCatchEvent>",
    "signal": '<intermediateCatchEvent id="signal" name="Signal"><signalEventDefinition signalRef="storm"/>'
    "</intermediateCatchEvent>",
    "condition": '<intermediateCatchEvent id="condition" name="Condition"><conditionalEventDefinition>'
    "<condition>${amount &gt; 100}</condition></conditionalEventDefinition></intermediateCatchEvent>",
    "message": '<receiveTask id="message" name="Message" messageRef="paid"/>',
    "receive": '<receiveTask id="receive" name="Receive"/>',
    "worker": '<serviceTask id="worker" name="Worker" camunda:type="external" camunda:topic="weigh"/>',
    "locked": '<serviceTask id="locked" name="Locked" camunda:type="external" camunda:topic="lock"/>',
    "broken": '<serviceTask id="broken" name="Broken" camunda:type="external" camunda:topic="break"/>',
    "again": '<serviceTask id="again" name="Again" camunda:asyncBefore="true" camunda:expression="${missing}">'
    f"<extensionElements>{_RETRIED}</camunda:failedJobRetryTimeCycle></extensionElements></serviceTask>",
    "failed": '<serviceTask id="failed" name="Failed" camunda:asyncBefore="true" camunda:expression="${missing}">'
    f"<extensionElements>{_RETRIED.replace('R3/PT2H', 'R1/PT1M')}</camunda:failedJobRetryTimeCycle>"
    "</extensionElements></serviceTask>",
    "call": '<callActivity id="call" name="Call" calledElement="called"/>',
    "many": '<userTask id="many" name="Many"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>'
    "</multiInstanceLoopCharacteristics></userTask>",
    "choice": '<eventBasedGateway id="choice" name="Choice"/>',
    "freely": '<adHocSubProcess id="freely" name="Freely"><userTask id="one"/><userTask id="two"/></adHocSubProcess>',
}

ALL = f"""{_HEAD}
  <message id="paid" name="paid"/><signal id="storm" name="storm"/>
  <process id="all" name="All" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="fork"/><parallelGateway id="fork"/>
    {"".join(f'<sequenceFlow id="f_{id}" sourceRef="fork" targetRef="{id}"/>{xml}' for id, xml in _BRANCHES.items())}
    <sequenceFlow id="c1" sourceRef="choice" targetRef="answer"/>
    <intermediateCatchEvent id="answer" name="Answer"><messageEventDefinition messageRef="paid"/>
    </intermediateCatchEvent>
    <sequenceFlow id="c2" sourceRef="choice" targetRef="silence"/>
    <intermediateCatchEvent id="silence" name="Silence"><timerEventDefinition>
      <timeDuration>P2D</timeDuration></timerEventDefinition></intermediateCatchEvent>
    <sequenceFlow id="j1" sourceRef="fork" targetRef="join"/><parallelGateway id="join" name="Join"/>
    <sequenceFlow id="j2" sourceRef="assigned" targetRef="join"/>
  </process>
  <process id="called" isExecutable="true">
    <startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="t"/><userTask id="t"/>
  </process>
</definitions>"""

UNDO = f"""{_HEAD}
  <process id="undo" name="Undo" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="book"/>
    <serviceTask id="book" name="Book" camunda:expression="${{true}}"/>
    <boundaryEvent id="b" attachedToRef="book"><compensateEventDefinition/></boundaryEvent>
    <userTask id="unbook" name="Unbook" isForCompensation="true"/>
    <association id="a" associationDirection="One" sourceRef="b" targetRef="unbook"/>
    <sequenceFlow id="f2" sourceRef="book" targetRef="back"/>
    <endEvent id="back" name="All back"><compensateEventDefinition/></endEvent>
  </process>
</definitions>"""

KEYED = f"""{_HEAD}
  <process id="keyed" name="Keyed" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="pay"/>
    <intermediateCatchEvent id="pay" name="Pay">
      <messageEventDefinition camunda:messageExpression="paid" camunda:correlationKey="${{orderId}}"/>
    </intermediateCatchEvent>
  </process>
</definitions>"""

WORDS = {
    "Assigned": "mary to complete “Assigned”",
    "Offered": "somebody of sales, store to complete “Offered”",
    "Orphan": "somebody to take “Orphan”: it is offered to nobody",
    "Timer": "the time: in 2 h 5",  # something and fifty minutes, as long as this test takes less than ten
    "Signal": "the signal storm",
    "Condition": "${amount > 100} to become true",
    "Message": "the message paid",
    "Receive": "somebody to go on with it",
    "Worker": "a worker for weigh",
    "Locked": "scales to do lock",
    "Broken": "an operator: the work on break has failed",
    "Again": "the next attempt: in 1 h 5",
    "Failed": "an operator: the job has failed",
    "Call": "what it called to end",
    "Many": "somebody to take “Many”: it is offered to nobody",
    "Answer": "whichever comes first: the message paid",
    "Silence": "whichever comes first: the time: in 1 d 23 h",
    "Freely": "somebody to begin one of its activities",
    "Join": "the other branches",
}


def _post(site: Site, path: str, body: Any) -> Any:
    response = site.app.test_client().post(f"/engine-rest{path}", json=body)
    assert response.status_code < 300, response.text
    return response.get_json() if response.data else None


def _start(site: Site, key: str, xml: str, **body: Any) -> str:
    site.engine.deployments.deploy({f"{key}.bpmn": xml.encode()}, name=key)
    return str(_post(site, f"/process-definition/key/{key}/start", body)["id"])


def test_every_kind_of_wait_is_told(page: Page, site: Site) -> None:
    id = _start(site, "all", ALL, variables={"amount": {"value": 1, "type": "Integer"}})
    for topic in ("lock", "break"):
        topics = [{"topicName": topic, "lockDuration": 3_600_000}]
        (work,) = _post(site, "/external-task/fetchAndLock", {"workerId": "scales", "maxTasks": 1, "topics": topics})
    failure = {"workerId": "scales", "errorMessage": "too heavy", "retries": 0, "retryTimeout": 0}
    _post(site, f"/external-task/{work['id']}/failure", failure)
    page.goto(f"/instances/{id}")
    waiting = page.get_by_role("region", name="What it waits for")
    for element, words in WORDS.items():
        expect(
            waiting.get_by_role("listitem").filter(has=page.get_by_role("button", name=element, exact=True)).first
        ).to_contain_text(words)
    expect(waiting.get_by_role("listitem").filter(has_text="“Many”")).to_have_count(2)
    expect(waiting).to_contain_text("too heavy")
    assert violations(page) == []
    shoot(page, "waiting-light")
    waiting.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("It goes on")).to_be_visible()
    expect(waiting.get_by_role("button", name="Receive", exact=True)).to_have_count(0)


def test_compensation_and_correlation_keys_are_told(page: Page, site: Site) -> None:
    undo = _start(site, "undo", UNDO)
    keyed = _start(site, "keyed", KEYED, variables={"orderId": {"value": "4711", "type": "String"}})
    page.goto(f"/instances/{undo}")
    waiting = page.get_by_role("region", name="What it waits for")
    expect(waiting).to_contain_text("what is undone to be done")
    expect(waiting).to_contain_text("“Unbook”")
    page.goto(f"/instances/{keyed}")
    expect(waiting).to_contain_text("the message paid with the key 4711")
