"""A script task has a script (BPMN 2.0.2, 10.3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind
from bpmn.problems import Problem, error

RULE = "bpmn.script_task"


def check(definitions: Definitions) -> Iterator[Problem]:
    """A script, a resource with one, or a job that stands for it."""
    for _, element in definitions.elements():
        if element.kind is Kind.SCRIPT_TASK and element.script is None and element.implementation is None:
            yield error(
                definitions.resource,
                RULE,
                f"the script task '{element.id}' has no script",
                element.place,
                element.id,
            )
