"""A reference bound to a version or a version tag names it (Camunda manual, "Call Activity, CalledElement Binding")."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Binding, Definitions, Element, Reference
from bpmn.problems import Problem, error

RULE = "camunda.reference_binding"


def check(definitions: Definitions) -> Iterator[Problem]:
    """The references of call activities, business rule tasks and forms."""
    for _, element in definitions.elements():
        for attribute, reference in _references(element):
            if reference.binding is Binding.VERSION and reference.version is None:
                missing = f"{attribute}Version"
            elif reference.binding is Binding.VERSION_TAG and reference.version_tag is None:
                missing = f"{attribute}VersionTag"
            else:
                continue
            yield error(
                definitions.resource,
                RULE,
                f"Missing attribute '{missing}' of '{element.id}' when '{attribute}Binding' has value "
                f"'{reference.binding}'",
                element.place,
                element.id,
            )


def _references(element: Element) -> Iterator[tuple[str, Reference]]:
    if element.call is not None and element.call.called is not None:
        yield "calledElement", element.call.called
    if element.implementation is not None and element.implementation.decision is not None:
        yield "decisionRef", element.implementation.decision.reference
    form = element.form if element.user_task is None else element.user_task.form
    if form is not None and form.reference is not None:
        yield "formRef", form.reference
