"""Process definitions over REST: read, started, suspended, deleted (Camunda manual, REST API, "Process Definition").

Most routes are there three times: by id, by key (the latest version of no tenant), and by key and tenant.
"""

# ruff: noqa: N815  (the names are those of the JSON)

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, NotRequired

from flask import request
from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer, engine_failure, refuse
from api.identity import current_user
from api.instructions import GivenInstruction, read_instructions
from api.resources.deployments import picture_of, text_of
from api.routing import Body, Content, Routes, read_date
from api.shapes import (
    FormReference,
    GivenValues,
    ProcessDefinition,
    ProcessInstance,
    Value,
    Values,
    read_values,
    show_definition,
    show_form_reference,
    show_values,
)
from api.ways import BY_ID, BY_KEY, ways
from engine import Engine, StartedInstance
from engine.errors import BadRequest, InvalidInstruction, NotFound
from engine.services.forms import Field
from engine.services.queries import PROCESS_DEFINITIONS as TABLE
from engine.services.queries import Count, DefinitionId, ProcessDefinitionView, Queries, definition_reference
from engine.values import to_rest

PROCESS_DEFINITIONS = Routes("Process definition")


def _show(_: Engine, views: Sequence[ProcessDefinitionView], *__: Mapping[str, Any]) -> list[ProcessDefinition]:
    return [show_definition(view) for view in views]


PROCESS_DEFINITIONS.collection(
    "/process-definition",
    lambda queries: queries.process_definitions,
    TABLE,
    _show,
    list[ProcessDefinition],
    post=False,
    plural="process definitions",
)


# ---------------------------------------------------------------- shapes


class Start(Body):
    """How to start an instance."""

    variables: GivenValues | None = None
    business_key: str | None = None
    case_instance_id: str | None = None
    start_instructions: list[GivenInstruction] | None = None
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False
    with_variables_in_return: bool = False


class StartForm(Body):
    """What a start form gave."""

    variables: GivenValues | None = None
    business_key: str | None = None


class Form(TypedDict):
    """Which form to show."""

    key: str | None
    camundaFormRef: FormReference | None
    operatonFormRef: FormReference | None
    contextPath: None


class Xml(TypedDict):
    """The file of a definition, as it was deployed."""

    id: str | None
    bpmn20Xml: str


class Suspension(Body):
    """Suspend or activate."""

    suspended: bool = False
    include_process_instances: bool = False
    execution_date: str | None = None


class SuspensionByKey(Suspension):
    """Suspend or activate the definition with an id, or all versions of a key."""

    process_definition_id: str | None = None
    process_definition_key: str | None = None
    process_definition_tenant_id: str | None = None
    process_definition_without_tenant_id: bool = False


class TimeToLive(Body):
    """Days to keep the history of ended instances; null: for ever."""

    history_time_to_live: int | None = None

    def days(self) -> int | None:
        """The days. Raises Refused for fewer than none."""
        if self.history_time_to_live is not None and self.history_time_to_live < 0:
            raise refuse("historyTimeToLive must not be negative", type="BadUserRequestException", code=0)
        return self.history_time_to_live


class IncidentStatistics(TypedDict):
    """How many open incidents of a type there are."""

    incidentType: str
    incidentCount: int


class ElementStatistics(TypedDict):
    """How much is going on at one element."""

    id: str
    instances: int
    failedJobs: int
    incidents: list[IncidentStatistics]


class DefinitionStatistics(TypedDict):
    """How much is going on in one definition."""

    id: str | None
    instances: int
    failedJobs: int
    incidents: list[IncidentStatistics]
    definition: ProcessDefinition


class CalledDefinition(ProcessDefinition):
    """A definition that another one calls."""

    calledFromActivityIds: list[str]
    callingProcessDefinitionId: str | None


class Started(ProcessInstance):
    """An instance that has just been started."""

    variables: NotRequired[Values]


def show_started(started: StartedInstance, *, with_variables: bool = False) -> Started:
    shown: Started = {
        "links": [],
        "id": str(started.id),
        "definitionId": started.definition_reference,
        "definitionKey": started.definition_key,
        "businessKey": started.business_key,
        "caseInstanceId": None,
        "ended": started.ended,
        "suspended": started.suspended,
        "tenantId": started.tenant_id or None,
    }
    if with_variables:
        shown["variables"] = show_values(started.variables, deserialize=False)
    return shown


# ---------------------------------------------------------------- over all definitions


def _incidents(count: Count, every: bool, roots: bool, of_type: str | None) -> list[IncidentStatistics]:
    """The incidents that are asked for: `every` one, the root causes, or those of a type; none if nothing is said."""
    found = count.root_incidents if roots else count.incidents
    if not (every or roots or of_type is not None):
        found = {}
    return [
        {"incidentType": kind, "incidentCount": number}
        for kind, number in found.items()
        if of_type is None or kind == of_type
    ]


@PROCESS_DEFINITIONS.get("/process-definition/statistics", "Count running instances per definition")
def get_process_definition_statistics(
    engine: Engine,
    failed_jobs: bool = False,
    incidents: bool = False,
    root_incidents: bool = False,
    incidents_for_type: str | None = None,
) -> list[DefinitionStatistics]:
    if incidents and root_incidents:
        raise refuse("Only one of the query parameters incidents and rootIncidents can be set.")
    counts = engine.queries.count_by_definition()
    shown: list[DefinitionStatistics] = []
    for view in engine.queries.process_definitions.list():
        count = counts.get(view.id)
        shown.append(
            {
                "id": definition_reference(view),
                "instances": 0 if count is None else count.instances,
                "failedJobs": 0 if count is None or not failed_jobs else count.failed_jobs,
                "incidents": [] if count is None else _incidents(count, incidents, root_incidents, incidents_for_type),
                "definition": show_definition(view),
            }
        )
    return shown


@PROCESS_DEFINITIONS.put("/process-definition/suspended", "Suspend or activate by key")
def suspend_process_definitions(engine: Engine, body: SuspensionByKey) -> None:
    if body.process_definition_id is not None:
        raise refuse("Only processDefinitionKey can be set to update the suspension state.")
    if body.process_definition_key is None:
        raise refuse("No processDefinitionKey is set: name the process whose versions are meant")
    _suspend(
        engine,
        body,
        key=body.process_definition_key,
        tenant_id="" if body.process_definition_without_tenant_id else body.process_definition_tenant_id,
    )


def _suspend(
    engine: Engine,
    body: Suspension,
    *,
    definition_id: int | None = None,
    key: str | None = None,
    tenant_id: str | None = None,
) -> None:
    at = read_date(body.execution_date, "executionDate")
    if at is not None:
        engine.suspensions.set_process_definitions_suspended(
            body.suspended,
            at=at,
            definition_id=definition_id,
            key=key,
            tenant_id=tenant_id,
            include_instances=body.include_process_instances,
        )
        return
    engine.process_definitions.set_suspended(
        body.suspended,
        definition_id=definition_id,
        key=key,
        tenant_id=tenant_id,
        include_instances=body.include_process_instances,
    )


# ---------------------------------------------------------------- one definition


def get_process_definition(definition: ProcessDefinitionView) -> ProcessDefinition:
    return show_definition(definition)


def get_process_definition_xml(engine: Engine, definition: ProcessDefinitionView) -> Xml:
    _, data = engine.queries.resource(definition.deployment_id, definition.resource_id)
    return {"id": definition_reference(definition), "bpmn20Xml": text_of(data)}


def get_process_definition_diagram(engine: Engine, definition: ProcessDefinitionView) -> Content | None:
    return picture_of(engine, definition)


def start_process_instance(engine: Engine, id: str, body: Start) -> Started:
    named = DefinitionId.parse(id)
    if named is None or engine.definitions.get(named.id).reference != id:
        raise NotFound("process definition", id)
    return _start(engine, body, definition_id=named.id)


def start_process_instance_by_key(engine: Engine, key: str, body: Start) -> Started:
    return _start(engine, body, key=key, tenant_id="")


def start_process_instance_by_key_and_tenant(engine: Engine, key: str, tenant_id: str, body: Start) -> Started:
    return _start(engine, body, key=key, tenant_id=tenant_id)


def _start(engine: Engine, body: Start, **which: Any) -> Started:
    """Starts without looking the definition up first: the engine finds it in the transaction that starts."""
    started = engine.process_instances.start(
        **which,
        business_key=body.business_key,
        variables=read_values(body.variables),
        return_variables=body.with_variables_in_return,
        instructions=read_instructions(body.start_instructions or []),
        user=current_user(),
    )
    return _at_its_address(show_started(started, with_variables=body.with_variables_in_return))


def _at_its_address(started: Started) -> Started:
    href = f"{request.url_root.rstrip('/')}/engine-rest/process-instance/{started['id']}"
    return {**started, "links": [{"method": "GET", "href": href, "rel": "self"}]}


def submit_start_form(engine: Engine, definition: ProcessDefinitionView, body: StartForm) -> Started:
    values = read_values(body.variables)
    started = engine.forms.submit_start(definition, values, business_key=body.business_key, user=current_user())
    return _at_its_address(show_started(started))


def get_start_form(engine: Engine, definition: ProcessDefinitionView) -> Form:
    reference = engine.forms.start_reference(definition)
    key = definition.start_form_key
    if key is None and reference is None and engine.forms.start_fields(definition):
        key = f"embedded:engine://engine/:engine/process-definition/{definition_reference(definition)}/rendered-form"
    shown = None if reference is None else show_form_reference(reference.key, reference.binding, reference.version)
    return {"key": key, "camundaFormRef": shown, "operatonFormRef": shown, "contextPath": None}


def get_start_form_variables(
    engine: Engine, definition: ProcessDefinitionView, variable_names: list[str] | None = None
) -> Values:
    return show_fields(engine.forms.start_fields(definition), variable_names)


def show_fields(fields: Sequence[Field], names: Sequence[str] | None = None) -> Values:
    """The fields of a form as variables, with the types that the form declares."""
    return {each.id: _show_field(each) for each in fields if names is None or each.id in names}


_FIELD_TYPES = {"long": "Long", "boolean": "Boolean", "date": "Date", "string": "String", "enum": "String"}


def _show_field(field: Field) -> Value:
    shown = to_rest(field.value)
    kind = shown["type"] if field.value is not None else _FIELD_TYPES.get(field.type, "String")
    return {"value": shown["value"], "type": kind, "valueInfo": shown["valueInfo"]}


def get_deployed_start_form(engine: Engine, definition: ProcessDefinitionView) -> Content:
    return Content(engine.forms.deployed_start_form(definition), form_media_type(definition.start_form_key))


def form_media_type(key: str | None) -> str:
    """A form is told as what it is, but never run by a browser that opens it: the answer is sandboxed."""
    return "application/xhtml+xml" if (key or "").startswith(("embedded:", "deployment:")) else "application/json"


def get_rendered_start_form(engine: Engine, definition: ProcessDefinitionView) -> Content:
    return render_fields(engine.forms.start_fields(definition), "start form")


def render_fields(fields: Sequence[Field], what: str) -> Content:
    """A generated form as HTML, in Camunda's markup. Raises Refused if there are no fields."""
    if not fields:
        raise refuse(f"There is no generated {what}: it has no form fields", status=404)
    html = "".join(_render_field(field) for field in fields)
    return Content(f'<form name="generatedForm" role="form">{html}</form>'.encode(), "text/html")


_INPUT_TYPES = {"boolean": "checkbox", "long": "number", "date": "text"}


def _render_field(field: Field) -> str:
    name = escape(field.id)
    label = f'<label for="{name}">{escape(field.label or field.id)}</label>'
    required = " required" if any(constraint == "required" for constraint, _ in field.constraints) else ""
    common = f'id="{name}" name="{name}" cam-variable-name="{name}"{required}'
    value = to_rest(field.value)["value"]
    if field.type == "enum":
        options = "".join(
            f'<option value="{escape(key)}"{" selected" if key == value else ""}>{escape(shown)}</option>'
            for key, shown in field.choices.items()
        )
        return f'<div class="form-group">{label}<select {common} cam-variable-type="String">{options}</select></div>'
    kind = _INPUT_TYPES.get(field.type, "text")
    shown = (" checked" if value is True else "") if kind == "checkbox" else f' value="{escape(str(value or ""))}"'
    variable_type = _FIELD_TYPES.get(field.type, "String")
    control = f'<input type="{kind}" {common} cam-variable-type="{variable_type}"{shown}>'
    return f'<div class="form-group">{label}{control}</div>'


def get_activity_statistics(
    engine: Engine,
    definition: ProcessDefinitionView,
    failed_jobs: bool = False,
    incidents: bool = False,
    incidents_for_type: str | None = None,
) -> list[ElementStatistics]:
    return [
        {
            "id": count.key,
            "instances": count.instances,
            "failedJobs": count.failed_jobs if failed_jobs else 0,
            "incidents": _incidents(count, incidents, False, incidents_for_type),
        }
        for count in engine.queries.count_by_element(definition.id)
    ]


def suspend_process_definition(engine: Engine, definition: ProcessDefinitionView, body: Suspension) -> None:
    _suspend(engine, body, definition_id=definition.id)


def delete_process_definition(
    engine: Engine,
    definition: ProcessDefinitionView,
    cascade: bool = False,
    skip_custom_listeners: bool = False,
    skip_io_mappings: bool = False,
) -> None:
    engine.process_definitions.delete(
        definition_id=definition.id,
        cascade=cascade,
        skip_listeners=skip_custom_listeners,
        skip_io_mappings=skip_io_mappings,
    )


def set_history_time_to_live(engine: Engine, definition: ProcessDefinitionView, body: TimeToLive) -> None:
    engine.process_definitions.set_history_time_to_live(definition.id, body.days())


def get_static_called_definitions(engine: Engine, definition: ProcessDefinitionView) -> list[CalledDefinition]:
    found: dict[int, CalledDefinition] = {}
    for element_id, called in engine.queries.called_definitions(
        definition, engine.definitions.get(definition.id).process
    ):
        entry = found.setdefault(
            called.id,
            {
                **show_definition(called),
                "calledFromActivityIds": [],
                "callingProcessDefinitionId": definition_reference(definition),
            },
        )
        entry["calledFromActivityIds"].append(element_id)
    return list(found.values())


# ---------------------------------------------------------------- routes by id, by key, by key and tenant


WAYS = ways("/process-definition", Queries.definition, Queries.latest_definition)
STARTS: Sequence[Callable[..., Any]] = (
    start_process_instance,
    start_process_instance_by_key,
    start_process_instance_by_key_and_tenant,
)

SERVED: Sequence[tuple[str, str, str, Callable[..., Any]]] = (
    ("get", "", "Get a process definition", get_process_definition),
    ("get", "/xml", "Get the BPMN file", get_process_definition_xml),
    ("get", "/diagram", "Get the picture deployed with it", get_process_definition_diagram),
    ("get", "/startForm", "Get the start form's key", get_start_form),
    ("get", "/form-variables", "Get the start form's fields", get_start_form_variables),
    ("get", "/deployed-start-form", "Get the deployed start form", get_deployed_start_form),
    ("get", "/rendered-form", "Get the generated start form as HTML", get_rendered_start_form),
    ("get", "/statistics", "Count running instances per element", get_activity_statistics),
    ("post", "/submit-form", "Start an instance with its start form", submit_start_form),
    ("put", "/suspended", "Suspend or activate", suspend_process_definition),
    ("put", "/history-time-to-live", "Set how long history is kept", set_history_time_to_live),
    ("delete", "", "Delete a process definition", delete_process_definition),
)

MISSING_BY_ID: Mapping[str, Answer] = {
    "/startForm": Answer(400, INVALID_REQUEST, 0),
    "/form-variables": Answer(400, "NotFoundException", 0),
    "/rendered-form": Answer(400, "NotFoundException", 0),
    "/diagram": Answer(400, "NotFoundException", 0),
}
"""What Camunda answers otherwise when there is no definition with an id."""

for _way, _start_in_this_way in zip(WAYS, STARTS, strict=True):
    _starting = engine_failure(f"Cannot instantiate process definition {_way.named}: ")
    _starting[InvalidInstruction] = _starting[BadRequest]
    if _way.missing is BY_KEY:
        _starting |= BY_KEY
    PROCESS_DEFINITIONS.post(f"{_way.path}/start", "Start an instance", fails=_starting)(_start_in_this_way)
    for _method, _ending, _summary, _handler in SERVED:
        _special: dict[type[Exception], Answer] = {BadRequest: Answer(400, INVALID_REQUEST), **_way.missing}
        if _way.missing is BY_ID and _ending in MISSING_BY_ID:
            _special[NotFound] = MISSING_BY_ID[_ending]
        getattr(PROCESS_DEFINITIONS, _method)(
            _way.path + _ending,
            _summary,
            fails=_starting if _ending == "/submit-form" else _special,
            found={"definition": _way.find},
            name=_handler.__name__ + _way.suffix,
        )(_handler)

PROCESS_DEFINITIONS.get(
    "/process-definition/{id}/static-called-process-definitions",
    "List the definitions that its call activities name",
    found={"definition": WAYS[0].find},
)(get_static_called_definitions)
