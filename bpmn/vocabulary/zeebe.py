"""The `zeebe:` extension elements (Camunda 8 manual, "Modeler, BPMN"; zeebe-bpmn-moddle) read into the same specs."""

from __future__ import annotations

from dataclasses import replace

from bpmn.model import (
    AdHoc,
    Binding,
    CallActivity,
    DecisionReference,
    Expression,
    Form,
    Implementation,
    InputOutput,
    Listener,
    MultiInstance,
    Parameter,
    Reference,
    UserTask,
)
from bpmn.reading import Parts, Reading, extensions_of, frozen
from bpmn.vocabulary.text import comma_separated, juel, zeebe
from bpmn.xml import Node

AD_HOC = "zeebe:adHoc"
OF_AD_HOC = frozenset({AD_HOC, "zeebe:taskDefinition", "zeebe:taskHeaders"})
"""The extensions of Camunda 8 that models of Camunda 7 may use beside their own, at ad-hoc sub-processes."""

_BINDINGS = {
    "latest": Binding.LATEST,
    "deployment": Binding.DEPLOYMENT,
    "versionTag": Binding.VERSION_TAG,
}


def _first(extensions: Parts, tag: str) -> Node | None:
    nodes = extensions.get(tag)
    return nodes[0] if nodes else None


def _expression(node: Node | None, name: str) -> Expression | None:
    text = node.get(name) if node is not None else None
    return zeebe(text, node.place) if node is not None and text else None


def _candidates(node: Node | None, name: str) -> tuple[Expression, ...]:
    text = node.get(name) if node is not None else None
    if node is None or not text:
        return ()
    if text.strip().startswith("="):
        return (zeebe(text, node.place),)
    return tuple(zeebe(part, node.place) for part in comma_separated(text))


def input_output(extensions: Parts) -> InputOutput | None:
    """`zeebe:ioMapping`."""
    node = _first(extensions, "zeebe:ioMapping")
    if node is None:
        return None

    def read(tag: str) -> tuple[Parameter, ...]:
        return tuple(
            Parameter(each.get("target") or "", _expression(each, "source"), each.place) for each in node.all(tag)
        )

    return InputOutput(read("zeebe:input"), read("zeebe:output"))


def properties(extensions: Parts) -> dict[str, str]:
    """`zeebe:properties`."""
    return {
        entry.get("name") or "": entry.get("value") or ""
        for group in extensions.get("zeebe:properties", ())
        for entry in group.children
    }


def implementation(reading: Reading, extensions: Parts, owner: str) -> Implementation | None:
    """`zeebe:taskDefinition` or `zeebe:calledDecision`; None if the node has neither."""
    called = _first(extensions, "zeebe:calledDecision")
    if called is not None:
        key = zeebe(called.get("decisionId") or "", called.place)
        decision = DecisionReference(_reference(reading, called, key, owner), called.get("resultVariable"), None)
        return Implementation(decision=decision, place=called.place)
    task = _first(extensions, "zeebe:taskDefinition")
    if task is None:
        return None
    headers: dict[str, str] = {}
    for group in extensions.get("zeebe:taskHeaders", ()):
        for header in group.children:
            headers[header.get("key") or ""] = header.get("value") or ""
    return Implementation(
        topic=_expression(task, "type"),
        retries=_expression(task, "retries"),
        task_priority=job_priority(extensions),
        headers=frozen(headers),
        place=task.place,
    )


def script(extensions: Parts) -> tuple[Expression, str | None] | None:
    """`zeebe:script`: the FEEL expression and its result variable."""
    node = _first(extensions, "zeebe:script")
    if node is None:
        return None
    return _expression(node, "expression") or Expression("", "feel"), node.get("resultVariable")


def _reference(reading: Reading, node: Node, key: Expression, owner: str) -> Reference:
    written = node.get("bindingType") or "latest"
    binding = _BINDINGS.get(written)
    if binding is None:
        reading.error(
            "zeebe.binding",
            f"'bindingType' must be one of {', '.join(_BINDINGS)}, but was '{written}'",
            node.place,
            owner,
        )
        binding = Binding.LATEST
    return Reference(key, binding, version_tag=_expression(node, "versionTag"))


def call_activity(reading: Reading, extensions: Parts, owner: str) -> CallActivity | None:
    """`zeebe:calledElement`."""
    node = _first(extensions, "zeebe:calledElement")
    if node is None:
        return None
    key = _expression(node, "processId")
    return CallActivity(
        called=None if key is None else _reference(reading, node, key, owner),
        business_key=_expression(node, "businessId"),
        propagate_all_parent_variables=node.get("propagateAllParentVariables") != "false",
        propagate_all_child_variables=node.get("propagateAllChildVariables") == "true",
    )


def form(reading: Reading, extensions: Parts, owner: str) -> Form | None:
    """`zeebe:formDefinition`."""
    node = _first(extensions, "zeebe:formDefinition")
    if node is None:
        return None
    form_id = _expression(node, "formId")
    return Form(
        key=_expression(node, "formKey"),
        reference=None if form_id is None else _reference(reading, node, form_id, owner),
        external_reference=_expression(node, "externalReference"),
    )


def user_task(reading: Reading, extensions: Parts, owner: str) -> UserTask:
    """Assignment, schedule, priority, form and listeners of a Camunda 8 user task, native or job based."""
    assignment = _first(extensions, "zeebe:assignmentDefinition")
    schedule = _first(extensions, "zeebe:taskSchedule")
    return UserTask(
        assignee=_expression(assignment, "assignee"),
        candidate_users=_candidates(assignment, "candidateUsers"),
        candidate_groups=_candidates(assignment, "candidateGroups"),
        due_date=_expression(schedule, "dueDate"),
        follow_up_date=_expression(schedule, "followUpDate"),
        priority=_expression(_first(extensions, "zeebe:priorityDefinition"), "priority"),
        form=form(reading, extensions, owner),
        listeners=listeners(extensions, "zeebe:taskListeners", "zeebe:taskListener"),
    )


def listeners(extensions: Parts, group_tag: str, tag: str) -> tuple[Listener, ...]:
    """`zeebe:executionListeners` or `zeebe:taskListeners`: jobs to be done before the element goes on."""
    found = []
    for group in extensions.get(group_tag, ()):
        for node in group.all(tag):
            headers = extensions_of(node)
            runs = Implementation(
                topic=_expression(node, "type"),
                retries=_expression(node, "retries"),
                headers=frozen(
                    {
                        header.get("key") or "": header.get("value") or ""
                        for each in (*headers.get("zeebe:taskHeaders", ()), *node.all("zeebe:taskHeaders"))
                        for header in each.children
                    }
                ),
                place=node.place,
            )
            found.append(Listener(node.get("eventType") or "", runs, place=node.place))
    return tuple(found)


def multi_instance(
    node: Node, extensions: Parts, *, is_sequential: bool, completion: Expression | None
) -> MultiInstance | None:
    """`zeebe:loopCharacteristics` of a multiInstanceLoopCharacteristics."""
    loop = _first(extensions, "zeebe:loopCharacteristics")
    if loop is None:
        return None
    return MultiInstance(
        is_sequential=is_sequential,
        collection=_expression(loop, "inputCollection"),
        element_variable=loop.get("inputElement"),
        output_collection=loop.get("outputCollection"),
        output_element=_expression(loop, "outputElement"),
        completion_condition=completion,
        place=node.place,
    )


def ad_hoc(reading: Reading, extensions: Parts, base: AdHoc) -> AdHoc:
    """`zeebe:adHoc`, over what the BPMN attributes say.

    As Camunda 7 has no words for ad-hoc sub-processes, its models may use these; without a leading `=` the expressions
    are then in the language of the model.
    """
    node = _first(extensions, AD_HOC)
    if node is None:
        return base

    def read(name: str) -> Expression | None:
        text = node.get(name)
        if text and reading.language != "feel" and not text.strip().startswith("="):
            return juel(text, node.place)
        return _expression(node, name)

    return replace(
        base,
        active_elements=read("activeElementsCollection"),
        output_collection=node.get("outputCollection") or None,
        output_element=read("outputElement"),
    )


def correlation_key(extensions: Parts) -> Expression | None:
    """`zeebe:subscription` of a message."""
    return _expression(_first(extensions, "zeebe:subscription"), "correlationKey")


def version_tag(extensions: Parts) -> str | None:
    """`zeebe:versionTag` of a process."""
    node = _first(extensions, "zeebe:versionTag")
    return None if node is None else node.get("value")


def job_priority(extensions: Parts) -> Expression | None:
    """`zeebe:jobPriorityDefinition` of a process or a task."""
    return _expression(_first(extensions, "zeebe:jobPriorityDefinition"), "priority")


def conditional_filter(extensions: Parts) -> tuple[str | None, tuple[str, ...]]:
    """`zeebe:conditionalFilter` of a conditional event definition: variable names, variable events."""
    node = _first(extensions, "zeebe:conditionalFilter")
    if node is None:
        return None, ()
    return node.get("variableNames"), tuple(comma_separated(node.get("variableEvents") or ""))
