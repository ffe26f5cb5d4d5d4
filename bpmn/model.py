"""The token-flow graph of a BPMN file: what the engine executes, as immutable records.

Names follow BPMN 2.0.2; attributes of the `camunda:` vocabulary (Camunda 7 manual, "BPMN 2.0 Implementation Reference")
carry their Camunda names in snake case. Expressions are kept as source text with their place: the engine compiles them
when it binds a definition, so that this floor knows no expression language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

MULTI_INSTANCE_BODY = "#multiInstanceBody"
"""Suffix of the id of the scope that holds the instances of a multi-instance activity (Camunda's name for it)."""
STANDARD_LOOP_BODY = "#standardLoopBody"
"""Suffix of the id of the scope around an activity that a standard loop repeats."""
INNER_INSTANCE = "#innerInstance"
"""Suffix of the id of the scope around what was activated in an ad-hoc sub-process (Camunda 8's name for it)."""


def written_id(element_id: str) -> str:
    """The id as it stands in the file: that of the activity, for a scope that was made for it."""
    return element_id.partition("#")[0]


EMPTY: Mapping[str, Any] = MappingProxyType({})


def empty() -> Mapping[str, Any]:
    """The default of mappings (before Python 3.12 a mapping proxy is no default value of a dataclass)."""
    return EMPTY


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file a thing stands: 1-based line and column of its start tag."""

    line: int = 0
    column: int = 0


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Expression:
    """Source text of an expression, not yet compiled.

    `language` is "juel" (also for plain text, which is a constant), "feel", or the lower-cased `scriptFormat` /
    `language` of a script ("javascript", "python", ...). `script` tells a script from an expression of that language.
    """

    text: str
    language: str = "juel"
    script: bool = False
    resource: str | None = None
    place: Place = NOWHERE


class Kind(StrEnum):
    """The kinds of flow node, by their BPMN element name; the last three and `PROCESS` are scopes of the engine."""

    PROCESS = "process"
    START_EVENT = "startEvent"
    END_EVENT = "endEvent"
    INTERMEDIATE_CATCH_EVENT = "intermediateCatchEvent"
    INTERMEDIATE_THROW_EVENT = "intermediateThrowEvent"
    BOUNDARY_EVENT = "boundaryEvent"
    TASK = "task"
    MANUAL_TASK = "manualTask"
    USER_TASK = "userTask"
    SERVICE_TASK = "serviceTask"
    SEND_TASK = "sendTask"
    RECEIVE_TASK = "receiveTask"
    SCRIPT_TASK = "scriptTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    CALL_ACTIVITY = "callActivity"
    SUB_PROCESS = "subProcess"
    TRANSACTION = "transaction"
    AD_HOC_SUB_PROCESS = "adHocSubProcess"
    EXCLUSIVE_GATEWAY = "exclusiveGateway"
    PARALLEL_GATEWAY = "parallelGateway"
    INCLUSIVE_GATEWAY = "inclusiveGateway"
    EVENT_BASED_GATEWAY = "eventBasedGateway"
    COMPLEX_GATEWAY = "complexGateway"
    MULTI_INSTANCE = "multiInstanceBody"
    STANDARD_LOOP = "standardLoopBody"
    AD_HOC_INSTANCE = "adHocSubProcessInnerInstance"


ACTIVITIES = frozenset(
    {
        Kind.TASK,
        Kind.MANUAL_TASK,
        Kind.USER_TASK,
        Kind.SERVICE_TASK,
        Kind.SEND_TASK,
        Kind.RECEIVE_TASK,
        Kind.SCRIPT_TASK,
        Kind.BUSINESS_RULE_TASK,
        Kind.CALL_ACTIVITY,
        Kind.SUB_PROCESS,
        Kind.TRANSACTION,
        Kind.AD_HOC_SUB_PROCESS,
    }
)
"""Kinds that may carry loop characteristics and boundary events (BPMN 2.0.2, 10.3)."""

SUB_PROCESSES = frozenset({Kind.SUB_PROCESS, Kind.TRANSACTION, Kind.AD_HOC_SUB_PROCESS})
LOOP_BODIES = frozenset({Kind.MULTI_INSTANCE, Kind.STANDARD_LOOP})
"""Scopes around an activity that repeats."""
SCOPES = SUB_PROCESSES | LOOP_BODIES | {Kind.AD_HOC_INSTANCE}
"""Kinds that hold other flow nodes."""
GATEWAYS = frozenset(
    {
        Kind.EXCLUSIVE_GATEWAY,
        Kind.PARALLEL_GATEWAY,
        Kind.INCLUSIVE_GATEWAY,
        Kind.EVENT_BASED_GATEWAY,
        Kind.COMPLEX_GATEWAY,
    }
)


# ---------------------------------------------------------------- extension values


@dataclass(frozen=True, slots=True)
class ListValue:
    """`camunda:list`: its items, each an Expression, a ListValue, a MapValue or None."""

    items: tuple[ParameterValue, ...]


@dataclass(frozen=True, slots=True)
class MapValue:
    """`camunda:map`: its entries in document order; keys may be expressions."""

    entries: tuple[tuple[Expression, ParameterValue], ...]


ParameterValue = Expression | ListValue | MapValue | None
"""The value of an input or output parameter; an empty parameter is None (the value null)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `camunda:inputParameter` or `outputParameter`, `zeebe:input` or `output` (`name` is then the target path)."""

    name: str
    value: ParameterValue
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class InputOutput:
    """`camunda:inputOutput` or `zeebe:ioMapping`."""

    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldInjection:
    """`camunda:field`: a constant or an expression given to a handler."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Implementation:
    """What a service-like task, a message throw event or a listener runs. Exactly one of the ways is set.

    `class_name`, `delegate_expression`: a registered handler by name; `expression` (+ `result_variable`): evaluated
    in the step; `topic`: an external task (`camunda:type="external"`) or `zeebe:taskDefinition` job type;
    `connector`: a built-in connector by id; `script`: a script (listeners); `decision`: a DMN decision.
    """

    class_name: str | None = None
    delegate_expression: Expression | None = None
    expression: Expression | None = None
    result_variable: str | None = None
    topic: Expression | None = None
    task_priority: Expression | None = None
    retries: Expression | None = None
    headers: Mapping[str, str] = field(default_factory=empty)
    connector_id: str | None = None
    connector_io: InputOutput | None = None
    script: Expression | None = None
    decision: DecisionReference | None = None
    fields: tuple[FieldInjection, ...] = ()
    error_mappings: tuple[ErrorMapping, ...] = ()
    built_in: str | None = None
    """`camunda:type` as written: "external", or a vendor's built-in task ("mail", "http", ...)."""
    place: Place = NOWHERE

    @property
    def is_empty(self) -> bool:
        """Nothing is named to run."""
        return not any(
            (
                self.class_name,
                self.delegate_expression,
                self.expression,
                self.topic,
                self.connector_id,
                self.script,
                self.decision,
                self.built_in,
            )
        )


@dataclass(frozen=True, slots=True)
class ErrorMapping:
    """`camunda:errorEventDefinition` on an external task: throw `error_ref` when `expression` holds."""

    error_ref: str
    expression: Expression
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Listener:
    """`camunda:executionListener` (event start, end, take) or `camunda:taskListener` (create, assignment, complete,
    update, delete, timeout), or the `zeebe:` ones (with a job type as the implementation's topic)."""

    event: str
    implementation: Implementation
    id: str | None = None
    timer: TimerDefinition | None = None
    place: Place = NOWHERE


class Binding(StrEnum):
    """Which version of a called definition, decision or form is meant (Camunda manual, "Call Activity")."""

    LATEST = "latest"
    DEPLOYMENT = "deployment"
    VERSION = "version"
    VERSION_TAG = "versionTag"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to a deployed resource by key with a binding; `version` and `version_tag` may be expressions."""

    key: Expression
    binding: Binding = Binding.LATEST
    version: Expression | None = None
    version_tag: Expression | None = None
    tenant_id: Expression | None = None


@dataclass(frozen=True, slots=True)
class DecisionReference:
    """A business rule task's decision.

    `map_result`: what of its rows the result variable gets (`camunda:mapDecisionResult`); None: the decision's value.
    """

    reference: Reference
    result_variable: str | None = None
    map_result: str | None = "resultList"


# ---------------------------------------------------------------- loops


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """multiInstanceLoopCharacteristics (BPMN 2.0.2, 10.3.8; Camunda manual, "Multiple Instance")."""

    is_sequential: bool = False
    cardinality: Expression | None = None
    collection: Expression | None = None
    """A variable's name as a constant, or an expression giving a collection."""
    element_variable: str | None = None
    output_collection: str | None = None
    output_element: Expression | None = None
    completion_condition: Expression | None = None
    async_before: bool = False
    async_after: bool = False
    exclusive: bool = True
    retry_cycle: str | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class StandardLoop:
    """standardLoopCharacteristics (BPMN 2.0.2, 10.3.8); what is of Camunda's vocabulary is as in a MultiInstance."""

    condition: Expression | None = None
    test_before: bool = False
    maximum: int | None = None
    async_before: bool = False
    async_after: bool = False
    exclusive: bool = True
    retry_cycle: str | None = None
    place: Place = NOWHERE


# ---------------------------------------------------------------- events


class Trigger(StrEnum):
    """The kinds of event definition (BPMN 2.0.2, 10.5.5)."""

    MESSAGE = "message"
    TIMER = "timer"
    SIGNAL = "signal"
    ERROR = "error"
    ESCALATION = "escalation"
    CONDITIONAL = "conditional"
    LINK = "link"
    TERMINATE = "terminate"
    CANCEL = "cancel"
    COMPENSATION = "compensate"


@dataclass(frozen=True, slots=True)
class TimerDefinition:
    """timerEventDefinition; exactly one is set in a valid model."""

    date: Expression | None = None
    duration: Expression | None = None
    cycle: Expression | None = None


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """One event definition of an event; only the attributes of its trigger are set.

    `ref` is the id of the referenced message, signal, error or escalation; `name` the name (message, signal, link) or
    code (error, escalation) it resolves to, as an expression where names may be expressions.
    """

    trigger: Trigger
    id: str | None = None
    ref: str | None = None
    name: Expression | None = None
    timer: TimerDefinition | None = None
    condition: Expression | None = None
    variable_name: str | None = None
    variable_events: tuple[str, ...] = ()
    code_variable: str | None = None
    message_variable: str | None = None
    error_message: Expression | None = None
    activity_ref: str | None = None
    wait_for_completion: bool = True
    correlation_key: Expression | None = None
    implementation: Implementation | None = None
    in_mappings: tuple[VariableMapping, ...] = ()
    business_key: Expression | None = None
    asynchronous: bool = False
    place: Place = NOWHERE


# ---------------------------------------------------------------- activities' own attributes


@dataclass(frozen=True, slots=True)
class VariableMapping:
    """`camunda:in` / `camunda:out`: one variable, one expression, or all variables."""

    source: str | None = None
    source_expression: Expression | None = None
    target: str | None = None
    all_variables: bool = False
    local: bool = False
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class FormField:
    """`camunda:formField` of a generated form."""

    id: str
    label: str | None = None
    type: str | None = None
    default: Expression | None = None
    date_pattern: str | None = None
    properties: Mapping[str, str] = field(default_factory=empty)
    constraints: tuple[tuple[str, str | None], ...] = ()
    """(constraint name, its config) in document order: required, readonly, minlength, max, ..."""
    values: Mapping[str, str] = field(default_factory=empty)
    """The choices of an enum field: id to label, in document order."""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Form:
    """How a user task or a start event asks for data: a key, a reference to a deployed form, or generated fields."""

    key: Expression | None = None
    reference: Reference | None = None
    external_reference: Expression | None = None
    fields: tuple[FormField, ...] = ()
    business_key_field: str | None = None


@dataclass(frozen=True, slots=True)
class UserTask:
    """userTask (BPMN 2.0.2, 10.3.4; Camunda manual, "User Task")."""

    assignee: Expression | None = None
    candidate_users: tuple[Expression, ...] = ()
    """Each may give one user, a comma separated list, or a collection."""
    candidate_groups: tuple[Expression, ...] = ()
    due_date: Expression | None = None
    follow_up_date: Expression | None = None
    priority: Expression | None = None
    form: Form | None = None
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, slots=True)
class CallActivity:
    """callActivity (BPMN 2.0.2, 10.3.6; Camunda manual, "Call Activity")."""

    called: Reference | None = None
    case_ref: str | None = None
    """`camunda:caseRef`: the case model (CMMN) that is called in place of a process."""
    variable_mapping: str | None = None
    """`camunda:variableMappingClass` or `...DelegateExpression`: the Java code that maps variables, as written."""
    in_mappings: tuple[VariableMapping, ...] = ()
    out_mappings: tuple[VariableMapping, ...] = ()
    business_key: Expression | None = None
    propagate_all_parent_variables: bool = False
    propagate_all_child_variables: bool = False


@dataclass(frozen=True, slots=True)
class AdHoc:
    """adHocSubProcess (BPMN 2.0.2, 10.3.5)."""

    ordering_sequential: bool = False
    cancel_remaining: bool = True
    completion_condition: Expression | None = None
    active_elements: Expression | None = None
    output_collection: str | None = None
    output_element: Expression | None = None


# ---------------------------------------------------------------- flow nodes, flows, processes


@dataclass(frozen=True, slots=True)
class Flow:
    """sequenceFlow. `index` is its place among the flows of the process, in document order."""

    id: str
    source: str
    target: str
    condition: Expression | None = None
    name: str | None = None
    listeners: tuple[Listener, ...] = ()
    index: int = 0
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A flow node of the graph, with what the file says of it.

    An activity `a` that repeats is two elements: the body `a#multiInstanceBody` (kind `MULTI_INSTANCE`) or
    `a#standardLoopBody` (kind `STANDARD_LOOP`), which has the flows, the boundary events and the loop characteristics,
    and `a` itself, whose `scope` is the body. An ad-hoc sub-process `h` is two elements as well: `h` itself, and
    `h#innerInstance` (kind `AD_HOC_INSTANCE`), the scope of all in it but its event sub-processes.
    """

    id: str
    kind: Kind
    scope: str | None
    """Id of the enclosing sub-process or loop body; None at the top of the process."""
    name: str | None = None
    documentation: str | None = None
    incoming: tuple[str, ...] = ()
    """Ids of the incoming flows in document order; an implicit (id-less) flow has got an id by the reader."""
    outgoing: tuple[str, ...] = ()
    default: str | None = None
    place: Place = NOWHERE

    async_before: bool = False
    async_after: bool = False
    exclusive: bool = True
    job_priority: Expression | None = None
    retry_cycle: Expression | None = None
    io: InputOutput | None = None
    listeners: tuple[Listener, ...] = ()
    """Execution listeners in document order."""
    properties: Mapping[str, str] = field(default_factory=empty)

    multi_instance: MultiInstance | None = None
    """Set on a `MULTI_INSTANCE` body only."""
    standard_loop: StandardLoop | None = None
    """Set on a `STANDARD_LOOP` body only."""
    user_task: UserTask | None = None
    implementation: Implementation | None = None
    """Of service, send, business rule tasks, message throw/end events, and of an ad-hoc sub-process that a job worker
    leads; None elsewhere."""
    script: Expression | None = None
    result_variable: str | None = None
    call: CallActivity | None = None
    ad_hoc: AdHoc | None = None
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False
    message: EventDefinition | None = None
    """The message of a receive or send task."""
    instantiate: bool = False
    """A receive task or event-based gateway that starts instances."""
    attached_to: str | None = None
    """Of a boundary event: the id of the activity, or of its loop body."""
    interrupting: bool = True
    """cancelActivity of a boundary event, isInterrupting of a start event of an event sub-process."""
    triggered_by_event: bool = False
    """An event sub-process."""
    is_for_compensation: bool = False
    compensation_handler: str | None = None
    """Of a compensation boundary event: the activity (or its loop body) its association leads to, if any."""
    initiator: str | None = None
    form: Form | None = None
    """Of a start event."""
    activation_condition: Expression | None = None
    """Of a complex gateway."""
    gateway_event_parallel: bool = False
    """eventGatewayType="Parallel" of an instantiating event-based gateway."""

    children: tuple[str, ...] = ()
    """Ids of the elements directly inside a sub-process or loop body, in document order."""
    boundary_events: tuple[str, ...] = ()
    """Ids of the boundary events attached to this element."""
    event_sub_processes: tuple[str, ...] = ()
    """Ids of the event sub-processes directly inside this sub-process."""

    @property
    def is_scope(self) -> bool:
        """May it hold other elements: is it a sub-process, or a scope of the engine?"""
        return self.kind in SCOPES

    @property
    def link(self) -> str | None:
        """The name of the link, of a link event."""
        return next((event.name.text for event in self.events if event.trigger is Trigger.LINK and event.name), None)

    @property
    def written_id(self) -> str:
        """The id as it stands in the file."""
        return written_id(self.id)


@dataclass(frozen=True, slots=True)
class DataObject:
    """dataObject of a process or sub-process, or property of these, an activity or an event."""

    id: str
    name: str | None
    scope: str | None
    """Id of the element it belongs to; None: the process."""
    item_type: str | None = None
    """The local name of the type that its `itemSubjectRef` leads to ("string", "int", ...)."""
    value: str | None = None
    """The initial value, of `extensionElements/value` (Activiti, Flowable)."""
    is_collection: bool = False
    place: Place = NOWHERE

    @property
    def variable(self) -> str | None:
        """The name of its variable."""
        return self.name or self.id or None


@dataclass(frozen=True, slots=True)
class DataReference:
    """dataObjectReference: `data_object` is the id that it names."""

    id: str
    data_object: str | None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Lane:
    """lane: its id, name and the flow nodes it holds."""

    id: str
    name: str | None
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One executable process: a graph of elements and flows by id."""

    id: str
    name: str | None = None
    documentation: str | None = None
    is_executable: bool = True
    version_tag: str | None = None
    history_time_to_live: str | None = None
    """As written: days, or an ISO 8601 duration."""
    candidate_starter_users: tuple[str, ...] = ()
    candidate_starter_groups: tuple[str, ...] = ()
    is_startable_in_tasklist: bool = True
    job_priority: Expression | None = None
    task_priority: Expression | None = None
    listeners: tuple[Listener, ...] = ()
    properties: Mapping[str, str] = field(default_factory=empty)
    elements: Mapping[str, Element] = field(default_factory=empty)
    flows: Mapping[str, Flow] = field(default_factory=empty)
    children: tuple[str, ...] = ()
    """Ids of the elements at the top level, in document order."""
    event_sub_processes: tuple[str, ...] = ()
    data_objects: tuple[DataObject, ...] = ()
    """Properties are among them."""
    data_references: tuple[DataReference, ...] = ()
    lanes: tuple[Lane, ...] = ()
    participant: str | None = None
    """Name of the pool, if a collaboration shows the process in one."""
    default_language: str = "juel"
    """"juel" for a Camunda 7 model, "feel" for a Camunda 8 one (conventions of the modeler's executionPlatform)."""
    embedded_forms: Mapping[str, str] = field(default_factory=empty)
    """`zeebe:userTaskForm`: form id to JSON text."""
    place: Place = NOWHERE

    def start_events(self, scope: str | None = None) -> Iterator[Element]:
        """The start events directly inside the process or a sub-process, in document order."""
        ids = self.children if scope is None else self.elements[scope].children
        return (self.elements[i] for i in ids if self.elements[i].kind is Kind.START_EVENT)

    def begins(self, element: Element) -> bool:
        """Does an instance begin when the event of this element comes (BPMN 2.0.2, 10.3.3.3, 10.5.2, 10.6.6)?"""
        if element.kind is Kind.START_EVENT:
            return element.scope is None
        if element.kind is Kind.RECEIVE_TASK and element.instantiate:
            return True
        before = (self.elements.get(self.flows[flow].source) for flow in element.incoming)
        return any(each is not None and each.instantiate and each.kind is Kind.EVENT_BASED_GATEWAY for each in before)

    def may_be_activated(self, element: Element) -> bool:
        """Does an element directly in an ad-hoc sub-process wait for nothing before it, so that it can be activated?

        Boundary events, compensation handlers and link targets are reached in other ways.
        """
        inner = self.elements[element.children[0]] if element.kind in LOOP_BODIES else element
        return (
            not element.incoming
            and element.kind is not Kind.BOUNDARY_EVENT
            and not inner.is_for_compensation
            and not (
                element.kind is Kind.INTERMEDIATE_CATCH_EVENT
                and any(event.trigger is Trigger.LINK for event in element.events)
            )
        )

    def link_target(self, element: Element) -> str | None:
        """The id of the link event that a throwing link event leads to: the catching one of its name in its scope."""
        ids = self.children if element.scope is None else self.elements[element.scope].children
        targets = (self.elements[id] for id in ids if self.elements[id].kind is Kind.INTERMEDIATE_CATCH_EVENT)
        return next((each.id for each in targets if each.link is not None and each.link == element.link), None)

    def scopes(self) -> Iterator[tuple[Element | None, tuple[str, ...]]]:
        """The process itself (None) and every sub-process, each with the ids of the elements directly inside."""
        yield None, self.children
        for element in self.elements.values():
            if element.kind in SUB_PROCESSES:
                yield element, element.children


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """message: `name` may be an expression; `correlation_key` is `zeebe:subscription`."""

    id: str
    name: Expression | None
    correlation_key: Expression | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Signal:
    """signal; `name` may be an expression."""

    id: str
    name: Expression | None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Error:
    """error with its code and `camunda:errorMessage`."""

    id: str
    name: str | None
    code: str | None
    message: Expression | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Escalation:
    """escalation with its code."""

    id: str
    name: str | None
    code: str | None
    place: Place = NOWHERE


class Dialect(StrEnum):
    """Whose words a file uses; where engines read the same words differently, it decides."""

    CAMUNDA_7 = "camunda7"
    """Also Operaton's, and that of a file without any extension."""
    CAMUNDA_8 = "camunda8"
    ACTIVITI = "activiti"
    FLOWABLE = "flowable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """One BPMN file, read: all its processes and the root elements they refer to by id."""

    resource: str
    """The file's name."""
    target_namespace: str | None = None
    exporter: str | None = None
    exporter_version: str | None = None
    execution_platform: str | None = None
    execution_platform_version: str | None = None
    dialect: Dialect = Dialect.CAMUNDA_7
    processes: tuple[Process, ...] = ()
    """The executable processes, in document order."""
    messages: Mapping[str, Message] = field(default_factory=empty)
    signals: Mapping[str, Signal] = field(default_factory=empty)
    errors: Mapping[str, Error] = field(default_factory=empty)
    escalations: Mapping[str, Escalation] = field(default_factory=empty)
    ignored_processes: tuple[str, ...] = ()
    """Ids of the processes that are not executable, in document order: pictures, which nobody runs."""

    def elements(self) -> Iterator[tuple[Process, Element]]:
        """Every element of every process, in document order."""
        return ((process, element) for process in self.processes for element in process.elements.values())
