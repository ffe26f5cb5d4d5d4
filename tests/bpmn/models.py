"""Small models for the tests of reading and rules: only what a case is about is written out."""

from bpmn.check import check

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:operaton="http://operaton.org/schema/1.0/bpmn" '
    'xmlns:activiti="http://activiti.org/bpmn" '
    'xmlns:flowable="http://flowable.org/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:modeler="http://camunda.org/schema/modeler/1.0"'
)
ROOTS = (
    '<message id="m" name="paid"/><message id="nameless"/><message id="dynamic" name="paid-${x}"/>'
    '<signal id="sig" name="alert"/><error id="err" errorCode="E1"/><error id="codeless"/>'
    '<escalation id="esc" escalationCode="X1"/><escalation id="esc2" escalationCode="X2"/><escalation id="quiet"/>'
)


def file_of(body: str, roots: str = ROOTS, attributes: str = "", process: str = "") -> bytes:
    """A file with one executable process `p`."""
    return (
        f'<definitions {NAMESPACES} targetNamespace="t" {attributes}>{roots}'
        f'<process id="p" isExecutable="true" {process}>{body}</process></definitions>'
    ).encode()


def flow(source: str, target: str, condition: str | None = None, identity: str | None = None) -> str:
    """A sequence flow `source_target`."""
    inner = "" if condition is None else f"<conditionExpression>{condition}</conditionExpression>"
    name = identity or f"{source}_{target}"
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def between(element: str, identity: str = "a") -> str:
    """start -> the element -> end."""
    return (
        '<startEvent id="start"/>' + element + '<endEvent id="end"/>' + flow("start", identity) + flow(identity, "end")
    )


def process_of(body: str, **more):
    """The process of a file that has no errors."""
    definitions, problems = check(file_of(body, **more), "model.bpmn")
    assert [str(problem) for problem in problems if problem.is_error] == []
    return definitions.processes[0]


def problems_of(body: str, **more) -> set[tuple[str, str]]:
    """(rule, main element id) of every problem of a process."""
    _, problems = check(file_of(body, **more), "model.bpmn")
    return {(problem.rule, problem.element_ids[0] if problem.element_ids else "") for problem in problems}
