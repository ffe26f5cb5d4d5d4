"""Data objects are named clearly (BPMN 2.0.2, 10.4.1)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions
from bpmn.problems import Problem, error, warning

RULE = "bpmn.data_object"


def check(definitions: Definitions) -> Iterator[Problem]:
    """A value has a name, no other in its scope has the same one, and references lead to something."""
    for process in definitions.processes:
        seen: dict[tuple[str | None, str], str] = {}
        for data in process.data_objects:
            if data.value is None:
                continue
            name = data.variable
            if name is None:
                yield error(
                    definitions.resource, RULE, "a data object with a value must have a name or an id", data.place
                )
                continue
            first = seen.setdefault((data.scope, name), data.id)
            if first != data.id:
                yield error(
                    definitions.resource,
                    RULE,
                    f"two data objects of '{data.scope or process.id}' give the variable '{name}' a value: '{first}' "
                    f"and '{data.id}'",
                    data.place,
                    data.id,
                    first,
                )
        known = {data.id for data in process.data_objects}
        for reference in process.data_references:
            if reference.data_object is not None and reference.data_object not in known:
                yield warning(
                    definitions.resource,
                    RULE,
                    f"'{reference.id}' refers to the data object '{reference.data_object}', which the process has not",
                    reference.place,
                    reference.id,
                )
