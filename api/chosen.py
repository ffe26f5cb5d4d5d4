"""Which things a body is about: those it names by their ids, and those that its queries find."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from api.routing import Body, query_of
from engine import Engine
from engine.distinct import distinct
from engine.services.queries import HISTORIC_PROCESS_INSTANCES, PROCESS_INSTANCES, Resource, parse_id

GivenQuery = dict[str, Any]
"""The body of a query, as its own resource reads it."""


class ChosenInstances(Body):
    """Process instances."""

    process_instance_ids: list[str] | None = None
    process_instance_query: GivenQuery | None = None
    historic_process_instance_query: GivenQuery | None = None


def given_ids(texts: Iterable[str] | None) -> array[int]:
    """The ids, each once. A text that is none names nothing, and becomes an id that nothing has."""
    numbers = ((number, parse_id(text)) for number, text in enumerate(dict.fromkeys(texts or ())))
    return array("q", (-1 - number if id is None else id for number, id in numbers))


def matching(engine: Engine, resource: Resource[Any], query: Mapping[str, Any] | None) -> array[int]:
    """The ids of all that a query finds; none if there is no query. Raises Refused, InvalidQuery."""
    if query is None:
        return array("q")
    asked = query_of(resource, query)
    return engine.queries.ids(resource, asked.filters, asked.any_of)


def chosen_instances(engine: Engine, body: ChosenInstances, *, historic: bool = True) -> array[int]:
    """The ids of the process instances; with `historic` those that the historic query finds among them."""
    found = given_ids(body.process_instance_ids) + matching(engine, PROCESS_INSTANCES, body.process_instance_query)
    if historic:
        found += matching(engine, HISTORIC_PROCESS_INSTANCES, body.historic_process_instance_query)
    return distinct(found)
