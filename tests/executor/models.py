"""The models these tests run, as small as they can be."""

from __future__ import annotations

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="tests">'
)


def model(body: str, key: str = "p") -> dict[str, bytes]:
    """One executable process as the files of a deployment."""
    return {f"{key}.bpmn": f'{HEAD}<process id="{key}" isExecutable="true">{body}</process></definitions>'.encode()}


ONE_TASK = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="task"/><userTask id="task"/>'
    '<sequenceFlow id="f2" sourceRef="task" targetRef="end"/><endEvent id="end"/>'
)
FORK = (
    '<startEvent id="start"/><sequenceFlow id="f0" sourceRef="start" targetRef="fork"/><parallelGateway id="fork"/>'
    '<sequenceFlow id="f1" sourceRef="fork" targetRef="a"/><sequenceFlow id="f2" sourceRef="fork" targetRef="b"/>'
    '<userTask id="a"/><userTask id="b"/>'
    '<sequenceFlow id="f3" sourceRef="a" targetRef="join"/><sequenceFlow id="f4" sourceRef="b" targetRef="join"/>'
    '<parallelGateway id="join"/><sequenceFlow id="f5" sourceRef="join" targetRef="end"/><endEvent id="end"/>'
)
MANY = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="task"/>'
    '<userTask id="task"><multiInstanceLoopCharacteristics><loopCardinality>${n}</loopCardinality>'
    "</multiInstanceLoopCharacteristics></userTask>"
    '<sequenceFlow id="f2" sourceRef="task" targetRef="end"/><endEvent id="end"/>'
)
FAILING = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="task"/><userTask id="task"/>'
    '<sequenceFlow id="f2" sourceRef="task" targetRef="end">'
    "<conditionExpression>${ok}</conditionExpression></sequenceFlow>"
    '<endEvent id="end"/>'
)
