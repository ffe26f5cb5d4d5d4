"""The `camunda:` extension attributes and elements (Camunda 7 manual, "BPMN 2.0 Implementation Reference,
Extension Attributes / Extension Elements"); `operaton:`, `activiti:` and `flowable:` words arrive under the same names.
"""

from __future__ import annotations

from dataclasses import dataclass

from bpmn.model import (
    Binding,
    CallActivity,
    DecisionReference,
    ErrorMapping,
    Expression,
    FieldInjection,
    Form,
    FormField,
    Implementation,
    InputOutput,
    Listener,
    ListValue,
    MapValue,
    Parameter,
    ParameterValue,
    Reference,
    TimerDefinition,
    VariableMapping,
)
from bpmn.reading import Parts, Reading, extensions_of, frozen
from bpmn.vocabulary.text import comma_separated, element_expression, flag, juel, language, local_name
from bpmn.xml import Node

_IMPLEMENTATION_ATTRIBUTES = (
    "camunda:class",
    "camunda:delegateExpression",
    "camunda:expression",
    "camunda:type",
    "camunda:topic",
)
_BINDINGS = {binding.value: binding for binding in Binding}
_TASK_EVENTS_OF_ALL = ("create", "assignment", "complete", "delete")
"""What Activiti's task listener event "all" stands for."""


def optional(node: Node, name: str) -> Expression | None:
    """An attribute's expression; None if absent or empty."""
    text = node.attributes.get(name)
    return juel(text, node.place) if text else None


def expressions(node: Node, name: str) -> tuple[Expression, ...]:
    """A comma separated attribute, one expression for each part."""
    text = node.attributes.get(name)
    return tuple(juel(part, node.place) for part in comma_separated(text)) if text else ()


def properties(extensions: Parts) -> dict[str, str]:
    """`camunda:properties`: name (or id) to value."""
    found: dict[str, str] = {}
    for group in extensions.get("camunda:properties", ()):
        for entry in group.children:
            name = entry.get("name") or entry.get("id")
            if name is not None:
                found[name] = entry.get("value") or ""
    return found


def retry_cycle(extensions: Parts) -> str | None:
    """`camunda:failedJobRetryTimeCycle`, as written; Flowable and Activiti spell it in two more ways."""
    for tag in ("camunda:failedJobRetryTimeCycle", "camunda:failedJobRetryTimeCycleValue"):
        for node in extensions.get(tag, ()):
            if text := node.text.strip():
                return text
    return None


# ---------------------------------------------------------------- scripts and parameters


def script(reading: Reading, node: Node, owner: str, default_format: str | None = None) -> Expression:
    """`camunda:script`, with its format (Flowable's `language`), its text or its resource."""
    script_format = node.get("scriptFormat") or node.get("language") or default_format
    resource = node.get("camunda:resource") or node.get("resource")
    if not script_format:
        reading.error("camunda.script", "Missing attribute 'scriptFormat' for 'script' element", node.place, owner)
    if resource is None and not node.text.strip():
        reading.warning("camunda.script", "the 'script' element has neither text nor a resource", node.place, owner)
    return Expression(node.text, language(script_format or "juel"), True, resource, node.place)


def parameter_value(reading: Reading, node: Node, owner: str) -> ParameterValue:
    """The value of a parameter, a list item or a map entry: nested script, list or map, else the text."""
    for child in node.children:
        if child.tag in ("camunda:script", "camunda:list", "camunda:map"):
            return _structured(reading, child, owner)
    text = node.text.strip()
    return juel(text, node.place) if text else None


def _structured(reading: Reading, node: Node, owner: str) -> ParameterValue:
    if node.tag == "camunda:script":
        return script(reading, node, owner)
    if node.tag == "camunda:list":
        return ListValue(tuple(_structured(reading, item, owner) for item in node.children))
    if node.tag == "camunda:map":
        entries = []
        for entry in node.all("camunda:entry"):
            key = entry.get("key")
            if not key:
                reading.error("camunda.map_key", "Missing attribute 'key' for 'entry' element", entry.place, owner)
            entries.append((juel(key or "", entry.place), parameter_value(reading, entry, owner)))
        return MapValue(tuple(entries))
    return parameter_value(reading, node, owner)


def input_output(reading: Reading, extensions: Parts, owner: str) -> InputOutput | None:
    """`camunda:inputOutput` with at least one parameter, else None."""
    groups = extensions.get("camunda:inputOutput")
    if not groups:
        return None
    inputs: list[Parameter] = []
    outputs: list[Parameter] = []
    for group in groups:
        for node in group.children:
            if node.tag not in ("camunda:inputParameter", "camunda:outputParameter"):
                continue
            name = node.get("name")
            if not name:
                tag = node.tag.removeprefix("camunda:")
                reading.error("camunda.parameter", f"Missing attribute 'name' for {tag}", node.place, owner)
                continue
            parameter = Parameter(name, parameter_value(reading, node, owner), node.place)
            (inputs if node.tag == "camunda:inputParameter" else outputs).append(parameter)
    return InputOutput(tuple(inputs), tuple(outputs)) if inputs or outputs else None


# ---------------------------------------------------------------- what a task or a listener runs


def fields(node: Node, extensions: Parts) -> tuple[FieldInjection, ...]:
    """`camunda:field` elements, inside the node or inside its extension elements."""
    found = []
    for field in (*extensions.get("camunda:field", ()), *node.all("camunda:field")):
        constant = field.get("stringValue")
        expression = field.get("expression")
        for child in field.children:
            if child.tag == "camunda:string":
                constant = child.text
            elif child.tag == "camunda:expression":
                expression = child.text.strip()
        if expression is None:
            expression = (constant or "").replace("${", r"\${").replace("#{", r"\#{")
        found.append(FieldInjection(field.get("name") or "", juel(expression, field.place)))
    return tuple(found)


def names_implementation(node: Node) -> bool:
    """Does the node say by an attribute what it runs?"""
    return any(name in node.attributes for name in _IMPLEMENTATION_ATTRIBUTES)


def implementation(reading: Reading, node: Node, extensions: Parts, owner: str) -> Implementation:
    """What a service-like node (or a listener) runs; empty if it says nothing."""
    attributes = node.attributes
    topic = task_priority = None
    built_in = attributes.get("camunda:type") or None
    if built_in in ("external", "external-worker"):
        built_in = "external"
        topic = optional(node, "camunda:topic")
        task_priority = optional(node, "camunda:taskPriority")
    connector_id, connector_io = None, None
    for connector in extensions.get("camunda:connector", ()):
        for child in connector.all("camunda:connectorId"):
            connector_id = child.text.strip() or None
        if connector_id is None:
            reading.error(
                "camunda.connector", "Element 'connectorId' with a text is required in a connector", node.place, owner
            )
        connector_io = input_output(reading, {"camunda:inputOutput": connector.all("camunda:inputOutput")}, owner)
    return Implementation(
        class_name=attributes.get("camunda:class") or None,
        delegate_expression=optional(node, "camunda:delegateExpression"),
        expression=optional(node, "camunda:expression"),
        result_variable=attributes.get("camunda:resultVariable") or attributes.get("camunda:resultVariableName"),
        topic=topic,
        task_priority=task_priority,
        built_in=built_in,
        connector_id=connector_id,
        connector_io=connector_io,
        fields=fields(node, extensions),
        error_mappings=tuple(
            ErrorMapping(
                local_name(mapping.get("errorRef")) or "",
                juel(mapping.get("expression") or "", mapping.place),
                mapping.place,
            )
            for mapping in extensions.get("camunda:errorEventDefinition", ())
            if mapping.get("expression") != ""  # as it never holds
        ),
        place=node.place,
    )


def decision(reading: Reading, node: Node, owner: str) -> DecisionReference | None:
    """`camunda:decisionRef` and what goes with it."""
    key = node.get("camunda:decisionRef")
    if not key:
        return None
    return DecisionReference(
        reference(reading, node, owner, key, "decisionRef"),
        node.get("camunda:resultVariable"),
        node.get("camunda:mapDecisionResult") or "resultList",
    )


def rules(node: Node) -> DecisionReference:
    """The rules of Drools that a business rule task of Activiti and Flowable runs: those that it names, or all."""
    named = node.get("camunda:rules") or "*"
    return DecisionReference(Reference(juel(named, node.place)), node.get("camunda:resultVariable"))


def reference(reading: Reading, node: Node, owner: str, key: str, prefix: str) -> Reference:
    """`camunda:<prefix>Binding`, `...Version`, `...VersionTag`, `...TenantId` around a key."""
    written = node.get(f"camunda:{prefix}Binding")
    binding = Binding.LATEST if written is None else _BINDINGS.get(written)
    if binding is None:
        reading.error(
            "camunda.binding",
            f"'{prefix}Binding' must be one of {', '.join(_BINDINGS)}, but was '{written}'",
            node.place,
            owner,
        )
        binding = Binding.LATEST
    return Reference(
        juel(key, node.place),
        binding,
        optional(node, f"camunda:{prefix}Version"),
        optional(node, f"camunda:{prefix}VersionTag"),
        optional(node, f"camunda:{prefix}TenantId"),
    )


# ---------------------------------------------------------------- listeners


def timer(node: Node, default_language: str) -> TimerDefinition:
    """The date, duration and cycle of a timerEventDefinition."""
    return TimerDefinition(
        element_expression(node.child("timeDate"), default_language),
        element_expression(node.child("timeDuration"), default_language),
        element_expression(node.child("timeCycle"), default_language),
    )


def _listener(reading: Reading, node: Node, owner: str, event: str) -> Listener:
    runs = implementation(reading, node, extensions_of(node), owner)
    for child in node.all("camunda:script"):
        runs = Implementation(script=script(reading, child, owner), fields=runs.fields, place=node.place)
    timed = node.child("timerEventDefinition")
    return Listener(event, runs, node.get("id"), timer(timed, "juel") if timed is not None else None, node.place)


def _with_plain_attributes(node: Node) -> Node:
    """Listeners carry `class`, `expression` ... without a prefix; readers look for the prefixed ones."""
    plain = {f"camunda:{name}": value for name, value in node.attributes.items() if ":" not in name and name[0] != "{"}
    return Node(node.tag, {**plain, **node.attributes}, node.place, node.children, node.text)


def execution_listeners(
    reading: Reading, extensions: Parts, owner: str, default_event: str = ""
) -> tuple[Listener, ...]:
    """`camunda:executionListener` elements in document order; `default_event` is "take" on sequence flows."""
    nodes = extensions.get("camunda:executionListener")
    if not nodes:
        return ()
    return tuple(
        _listener(reading, _with_plain_attributes(node), owner, default_event or node.get("event") or "")
        for node in nodes
    )


def task_listeners(reading: Reading, extensions: Parts, owner: str) -> tuple[Listener, ...]:
    """`camunda:taskListener` elements in document order."""
    found: list[Listener] = []
    for node in extensions.get("camunda:taskListener", ()):
        event = node.get("event") or ""
        prefixed = _with_plain_attributes(node)
        events = _TASK_EVENTS_OF_ALL if event == "all" else (event,)
        found.extend(_listener(reading, prefixed, owner, each) for each in events)
    return tuple(found)


# ---------------------------------------------------------------- variable mappings, calls


@dataclass(frozen=True, slots=True)
class Mappings:
    """The `camunda:in` or `camunda:out` elements of one node; `business_key` comes of `in` only."""

    variables: tuple[VariableMapping, ...] = ()
    business_key: Expression | None = None


def mappings(extensions: Parts, tag: str) -> Mappings:
    """`camunda:in` or `camunda:out` elements, in document order."""
    nodes = extensions.get(tag)
    if not nodes:
        return Mappings()
    variables = []
    business_key = None
    for node in nodes:
        if "businessKey" in node.attributes:
            business_key = juel(node.attributes["businessKey"], node.place)
            continue
        variables.append(
            VariableMapping(
                source=node.get("source"),
                source_expression=optional(node, "sourceExpression"),
                target=node.get("target"),
                all_variables=node.get("variables") == "all",
                local=flag(node.get("local")),
                place=node.place,
            )
        )
    return Mappings(tuple(variables), business_key)


def call_activity(reading: Reading, node: Node, extensions: Parts, owner: str) -> CallActivity:
    """`calledElement` with its binding and mappings."""
    key = node.get("calledElement")
    ins = mappings(extensions, "camunda:in")
    everything = flag(node.get("camunda:inheritVariables"))
    business_key = ins.business_key
    if business_key is None:
        business_key = optional(node, "camunda:businessKey")
    if business_key is None and flag(node.get("camunda:inheritBusinessKey")):
        business_key = juel("#{execution.processBusinessKey}", node.place)
    return CallActivity(
        called=reference(reading, node, owner, key, "calledElement") if key else None,
        case_ref=node.get("camunda:caseRef") or None,
        variable_mapping=(
            node.get("camunda:variableMappingClass") or node.get("camunda:variableMappingDelegateExpression") or None
        ),
        in_mappings=ins.variables,
        out_mappings=mappings(extensions, "camunda:out").variables,
        business_key=business_key,
        propagate_all_parent_variables=everything,
    )


# ---------------------------------------------------------------- forms


def form(reading: Reading, node: Node, extensions: Parts, owner: str) -> Form | None:
    """`camunda:formKey`, `camunda:formRef` or `camunda:formData` of a user task or start event."""
    key = node.get("camunda:formKey")
    ref = node.get("camunda:formRef")
    data = extensions.get("camunda:formData")
    if not (key or ref or data):
        return None
    if key and ref:
        reading.error(
            "camunda.form",
            "Invalid element definition: only one of the attributes formKey and formRef is allowed",
            node.place,
            owner,
        )
    form_fields = tuple(
        _form_field(reading, field, owner)
        for group in data or ()
        for field in group.children
        if field.tag == "camunda:formField"
    )
    reference_ = None
    if ref:
        if node.get("camunda:formRefBinding") in (None, "", "versionTag"):
            reading.error(
                "camunda.form",
                "Invalid element definition: value for formRefBinding attribute has to be one of [deployment, latest, "
                f"version] but was {node.get('camunda:formRefBinding')}",
                node.place,
                owner,
            )
        reference_ = reference(reading, node, owner, ref, "formRef")
    return Form(
        key=juel(key, node.place) if key else None,
        reference=reference_,
        fields=form_fields,
        business_key_field=data[0].get("businessKey") if data else None,
    )


def _form_field(reading: Reading, node: Node, owner: str) -> FormField:
    identity = node.get("id")
    if not identity:
        reading.error("camunda.form_field", "attribute id must be set for formField", node.place, owner)
    constraints: list[tuple[str, str | None]] = []
    values: dict[str, str] = {}
    found: dict[str, str] = {}
    for child in node.children:
        if child.tag == "camunda:validation":
            for constraint in child.all("camunda:constraint"):
                name = constraint.get("name")
                if not name:
                    reading.error(
                        "camunda.form_field", "attribute name must be set for constraint", constraint.place, owner
                    )
                constraints.append((name or "", constraint.get("config")))
        elif child.tag == "camunda:value":
            values[child.get("id") or ""] = child.get("name") or child.get("id") or ""
        elif child.tag == "camunda:properties":
            found = properties({"camunda:properties": [child]})
    return FormField(
        id=identity or "",
        label=node.get("label"),
        type=node.get("type"),
        default=optional(node, "defaultValue"),
        date_pattern=node.get("datePattern"),
        properties=frozen(found),
        constraints=tuple(constraints),
        values=frozen(values),
        place=node.place,
    )
