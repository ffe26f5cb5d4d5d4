"""An ad-hoc sub-process holds activities that somebody activates (BPMN 2.0.2, 10.3.5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import ACTIVITIES, LOOP_BODIES, Definitions, Element, Kind
from bpmn.problems import Problem, error, warning

RULE = "bpmn.ad_hoc"


def check(definitions: Definitions) -> Iterator[Problem]:
    """At least one activity, neither start nor end events, something to begin with, and both halves of an output."""
    for process, scope in definitions.elements():
        spec = scope.ad_hoc
        if spec is None:
            continue
        inside = [process.elements[child] for child in process.elements[scope.children[0]].children]
        yield from _of_events(definitions, scope, inside)
        if not any(element.kind in ACTIVITIES | LOOP_BODIES for element in inside):
            yield error(
                definitions.resource,
                RULE,
                f"the ad-hoc sub-process '{scope.id}' must contain at least one activity",
                scope.place,
                scope.id,
            )
        elif not any(process.may_be_activated(element) for element in inside):
            yield warning(
                definitions.resource,
                RULE,
                f"nothing in the ad-hoc sub-process '{scope.id}' can be activated: all has incoming sequence flows",
                scope.place,
                scope.id,
            )
        if (spec.output_collection is None) != (spec.output_element is None):
            yield error(
                definitions.resource,
                RULE,
                f"the ad-hoc sub-process '{scope.id}' must have both an outputCollection and an outputElement, or none",
                scope.place,
                scope.id,
            )


def _of_events(definitions: Definitions, scope: Element, inside: list[Element]) -> Iterator[Problem]:
    for element in inside:
        if element.kind in (Kind.START_EVENT, Kind.END_EVENT):
            yield error(
                definitions.resource,
                RULE,
                f"the ad-hoc sub-process '{scope.id}' must not contain the {element.kind} '{element.id}'",
                element.place,
                element.id,
                scope.id,
            )
