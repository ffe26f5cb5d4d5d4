"""Filters and sort keys of saved queries (Camunda manual, REST API, "Filter")."""

from __future__ import annotations

from engine.authorization import READ_FILTER
from engine.authorization import Resource as Thing
from engine.store import tables
from engine.store.filters import COLUMNS, SavedFilter, load
from engine.store.query.conditions import equal, like
from engine.store.query.kinds import ID, TEXT
from engine.store.query.permitted import Opening
from engine.store.query.resource import Filter, Resource, table

_filter = tables.saved_filter.c

FILTERS: Resource[SavedFilter] = Resource(
    name="filter",
    make=load,
    columns=COLUMNS,
    source=tables.saved_filter,
    id=_filter.id,
    opening=Opening(READ_FILTER, {Thing.FILTER: _filter.id}),
    filters=table(
        Filter("filterId", ID, equal(_filter.id)),
        Filter("resourceType", TEXT, equal(_filter.resource_type)),
        Filter("name", TEXT, equal(_filter.name)),
        Filter("nameLike", TEXT, like(_filter.name)),
        Filter("owner", TEXT, equal(_filter.owner)),
    ),
    sorts={
        "filterId": _filter.id,
        "resourceType": _filter.resource_type,
        "name": _filter.name,
        "owner": _filter.owner,
    },
)
