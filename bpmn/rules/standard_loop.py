"""A standard loop says when it ends (BPMN 2.0.2, 10.3.8)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions
from bpmn.problems import Problem, error, warning

RULE = "bpmn.standard_loop"


def check(definitions: Definitions) -> Iterator[Problem]:
    """A condition or a maximum, else it is told what that means; event sub-processes do not repeat."""
    for process, body in definitions.elements():
        loop = body.standard_loop
        if loop is None:
            continue
        activity = body.written_id
        if loop.condition is None and loop.maximum is None:
            yield warning(
                definitions.resource,
                RULE,
                f"the loop of '{activity}' does not say when it ends, and is done once: give it a loopCondition, "
                "under which it goes on, or a loopMaximum",
                loop.place,
                activity,
            )
        if process.elements[body.children[0]].triggered_by_event:
            yield error(
                definitions.resource,
                RULE,
                f"the event subprocess '{activity}' must not repeat",
                loop.place,
                activity,
            )
