"""The fields of a generated form have types that forms know (Camunda manual, "User Task Forms, Generated")."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions
from bpmn.problems import Problem, error, warning

RULE = "camunda.form_field"

TYPES = ("string", "long", "boolean", "date", "enum")


def check(definitions: Definitions) -> Iterator[Problem]:
    """Types, and unique ids in one form; of two fields with one id both are shown, as in Camunda 7."""
    for _, element in definitions.elements():
        form = element.form if element.user_task is None else element.user_task.form
        if form is None:
            continue
        seen = set()
        for field in form.fields:
            if field.type is not None and field.type not in TYPES:
                yield error(
                    definitions.resource,
                    RULE,
                    f"unknown type '{field.type}' of form field '{field.id}' in '{element.id}': it must be one of "
                    + ", ".join(TYPES),
                    field.place,
                    element.id,
                )
            if field.id in seen:
                message = f"the form of '{element.id}' has more than one field '{field.id}'"
                yield warning(definitions.resource, RULE, message, field.place, element.id)
            seen.add(field.id)
