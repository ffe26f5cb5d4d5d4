"""Input and output mappings stand only where they have a scope (Camunda manual, "Input/Output Variable Mapping")."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import GATEWAYS, Definitions, Kind
from bpmn.problems import Problem, error

RULE = "camunda.input_output"

_ENTERED_BY_EVENTS = (Kind.START_EVENT, Kind.BOUNDARY_EVENT)


def check(definitions: Definitions) -> Iterator[Problem]:
    """None on gateways, start and boundary events and event sub-processes, no outputs on end events and multi-instance
    activities."""
    for process, element in definitions.elements():
        mapping = element.io
        if mapping is None:
            continue
        if element.kind in GATEWAYS or (element.kind in _ENTERED_BY_EVENTS and not _is_feel(process.default_language)):
            message = f"camunda:inputOutput mapping unsupported for element type '{element.kind}'"
        elif element.triggered_by_event:
            message = (
                f"camunda:inputOutput mapping unsupported for element type '{element.kind}' with attribute "
                "'triggeredByEvent = true'"
            )
        elif not mapping.outputs or _is_feel(process.default_language):
            continue
        elif element.kind is Kind.END_EVENT:
            message = f"camunda:outputParameter not allowed for element type '{element.kind}'"
        elif element.scope is not None and process.elements[element.scope].kind is Kind.MULTI_INSTANCE:
            message = "camunda:outputParameter not allowed for multi-instance constructs"
        else:
            continue
        yield error(definitions.resource, RULE, f"{message}, such as '{element.id}'", element.place, element.id)


def _is_feel(language: str) -> bool:
    """Camunda 8 maps the outputs of all events and of every instance."""
    return language == "feel"
