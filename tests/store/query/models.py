"""The processes that the tests of queries start."""

from __future__ import annotations

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">'
)

ONE_TASK = f"""{_HEAD}
  <process id="oneTask" name="One Task" isExecutable="true" camunda:versionTag="v1">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <userTask id="work" name="Work" camunda:candidateGroups="sales" camunda:candidateUsers="mary"/>
    <sequenceFlow id="f2" sourceRef="work" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>""".encode()

CALLER = f"""{_HEAD}
  <process id="caller" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
    <callActivity id="call" calledElement="oneTask"/>
    <sequenceFlow id="f2" sourceRef="call" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>""".encode()

NESTED = f"""{_HEAD}
  <process id="nested" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="sub"/>
    <subProcess id="sub">
      <startEvent id="subStart"/><sequenceFlow id="g1" sourceRef="subStart" targetRef="many"/>
      <userTask id="many">
        <multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>
      </userTask>
      <sequenceFlow id="g2" sourceRef="many" targetRef="subEnd"/><endEvent id="subEnd"/>
    </subProcess>
    <sequenceFlow id="f2" sourceRef="sub" targetRef="later"/>
    <userTask id="later" camunda:asyncBefore="true"/>
  </process>
</definitions>""".encode()
