"""A link leads to one target of the same name in the same scope (BPMN 2.0.2, 10.5.5, Link Event Definition)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.link_event"


def check(definitions: Definitions) -> Iterator[Problem]:
    """Link names are there, targets unique, sources not dangling."""
    resource = definitions.resource
    for process in definitions.processes:
        targets: dict[tuple[str | None, str], str] = {}
        sources: list[tuple[str | None, str, str]] = []
        for element in process.elements.values():
            for event in element.events:
                if event.trigger is not Trigger.LINK:
                    continue
                if event.name is None:
                    message = f"the link event '{element.id}' must have a name in its linkEventDefinition"
                    yield error(resource, RULE, message, event.place, element.id)
                    continue
                name = event.name.text
                if element.kind is Kind.INTERMEDIATE_THROW_EVENT:
                    sources.append((element.scope, name, element.id))
                    continue
                first = targets.setdefault((element.scope, name), element.id)
                if first != element.id:
                    yield error(
                        resource,
                        RULE,
                        f"Multiple Intermediate Catch Events with the same link source name ('{name}') are not "
                        f"allowed: '{first}' and '{element.id}'",
                        element.place,
                        element.id,
                        first,
                    )
        for scope, name, identity in sources:
            if (scope, name) not in targets:
                yield error(
                    resource,
                    RULE,
                    f"the link event '{identity}' leads nowhere: no intermediate catch event with a link named "
                    f"'{name}' is in its scope",
                    process.elements[identity].place,
                    identity,
                )
