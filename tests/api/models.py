"""The processes that the tests of the API deploy."""

from __future__ import annotations

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">'
)

ONE_TASK = f"""{_HEAD}
  <process id="oneTask" name="One Task" isExecutable="true" camunda:versionTag="v1">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <userTask id="work" name="Work" camunda:candidateGroups="sales" camunda:formKey="embedded:deployment:form.html"/>
    <sequenceFlow id="f2" sourceRef="work" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>"""

ASYNC = f"""{_HEAD}
  <process id="later" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <userTask id="work" camunda:asyncBefore="true"/>
  </process>
</definitions>"""

FORM = f"""{_HEAD}
  <process id="form" isExecutable="true">
    <startEvent id="start">
      <extensionElements><camunda:formData>
        <camunda:formField id="age" label="Age &lt;years&gt;" type="long" defaultValue="18">
          <camunda:validation><camunda:constraint name="min" config="10"/></camunda:validation>
        </camunda:formField>
        <camunda:formField id="when" type="date" datePattern="dd.MM.yyyy"/>
        <camunda:formField id="color" type="enum">
          <camunda:value id="r" name="Red"/><camunda:value id="g" name="Green"/>
        </camunda:formField>
        <camunda:formField id="ok" type="boolean" defaultValue="true"/>
      </camunda:formData></extensionElements>
    </startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="check"/>
    <userTask id="check">
      <extensionElements><camunda:formData>
        <camunda:formField id="age" type="long"/>
        <camunda:formField id="note" type="string" defaultValue="${{age}} years"/>
      </camunda:formData></extensionElements>
    </userTask>
    <sequenceFlow id="f2" sourceRef="check" targetRef="last"/>
    <userTask id="last" camunda:formRef="myForm" camunda:formRefBinding="latest"/>
  </process>
</definitions>"""

BROKEN = f"""{_HEAD}
  <process id="broken" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="nowhere"/>
  </process>
</definitions>"""

WORK = f"""{_HEAD}
  <error id="refused" errorCode="E1"/>
  <process id="work" isExecutable="true" camunda:versionTag="w1">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="do"/>
    <serviceTask id="do" camunda:type="external" camunda:topic="${{topic}}" camunda:taskPriority="${{priority}}">
      <extensionElements><camunda:properties>
        <camunda:property name="where" value="there"/>
      </camunda:properties></extensionElements>
    </serviceTask>
    <boundaryEvent id="onError" attachedToRef="do"><errorEventDefinition errorRef="refused"/></boundaryEvent>
    <sequenceFlow id="f2" sourceRef="do" targetRef="after"/><userTask id="after"/>
    <sequenceFlow id="f3" sourceRef="onError" targetRef="handled"/><userTask id="handled"/>
  </process>
</definitions>"""

FAILING = f"""{_HEAD}
  <process id="failing" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="compute"/>
    <serviceTask id="compute" camunda:expression="${{needed}}" camunda:asyncBefore="true"/>
    <sequenceFlow id="f2" sourceRef="compute" targetRef="wait"/>
    <intermediateCatchEvent id="wait">
      <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>
    </intermediateCatchEvent>
    <sequenceFlow id="f3" sourceRef="wait" targetRef="work"/><userTask id="work"/>
  </process>
</definitions>"""

CALLING = f"""{_HEAD}
  <process id="calling" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
    <callActivity id="call" calledElement="failing"/>
  </process>
</definitions>"""

WAITING = f"""{_HEAD}
  <message id="m1" name="paid"/><message id="m2" name="ordered"/><message id="m3" name="reminded"/>
  <process id="waiting" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
    <startEvent id="byMessage"><messageEventDefinition messageRef="m2"/></startEvent>
    <sequenceFlow id="f2" sourceRef="byMessage" targetRef="wait"/>
    <receiveTask id="wait" messageRef="m1"/>
    <boundaryEvent id="boundary" attachedToRef="wait" cancelActivity="false">
      <messageEventDefinition messageRef="m3"/>
    </boundaryEvent>
    <sequenceFlow id="f3" sourceRef="boundary" targetRef="remind"/><userTask id="remind"/>
    <sequenceFlow id="f4" sourceRef="wait" targetRef="after"/><userTask id="after"/>
  </process>
</definitions>"""

CONDITION = f"""{_HEAD}
  <process id="condition" isExecutable="true">
    <startEvent id="start">
      <conditionalEventDefinition><condition>${{x == 1}}</condition></conditionalEventDefinition>
    </startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <userTask id="work"/>
  </process>
</definitions>"""
