"""Makes docs/permissions.md: what can be permitted, and which permissions open the rows of lists."""

from __future__ import annotations

from engine.authorization import PERMISSIONS, Resource
from engine.services.queries import Listing, Queries
from engine.store.database import Database
from engine.store.query.permitted import Opening

HEAD = """# What can be permitted

<!-- Made by `python -m tests.docs`; do not edit. -->

[Who may do what](authorizations.md) says what authorizations are, and what is one's own without any.

## Kinds of thing and their permissions

Every kind also knows `ALL` and `NONE`. Reports, dashboards and Optimize are there for clients of Camunda 7; nothing
here asks for their permissions.

| number | kind | permissions |
|---|---|---|
"""
LISTS = """
## Which permissions open the rows of lists

Any one of them is enough, on the thing itself or on what it is part of.

| list | permissions |
|---|---|
"""


def _rights(opening: Opening) -> str:
    return ", ".join(f"`{right}`" for right in opening.rights if right.resource in opening.things)


def page() -> str:
    """The page."""
    kinds = "".join(
        f"| {resource.value} | {resource.name} | {', '.join(f'`{name}`' for name in PERMISSIONS[resource])} |\n"
        for resource in Resource
    )
    queries = Queries(Database.open("sqlite://"))
    listings = {value.resource.name: value for value in vars(queries).values() if isinstance(value, Listing)}
    lists = "".join(f"| {name} | {_rights(listing.resource.opening)} |\n" for name, listing in sorted(listings.items()))
    return HEAD + kinds + LISTS + lists
