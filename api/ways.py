"""Definitions, which clients name in three ways: by id, by key (the latest version of no tenant), by key and tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.errors import INVALID_REQUEST, Answer
from api.routing import Call, Reader
from engine.errors import NotFound
from engine.services.queries import Queries

BY_ID: Mapping[type[Exception], Answer] = {NotFound: Answer(404, INVALID_REQUEST, 0)}
BY_KEY: Mapping[type[Exception], Answer] = {NotFound: Answer(404, "RestException")}


@dataclass(frozen=True)
class Way:
    """A way to name one definition: the beginning of the path, what finds it, and how it is told that there is none."""

    path: str
    suffix: str
    find: Reader
    missing: Mapping[type[Exception], Answer]
    named: str


def ways(
    path: str, by_id: Callable[[Queries, str], Any], by_key: Callable[[Queries, str, str], Any]
) -> tuple[Way, Way, Way]:
    """The three ways to name what is below `path`; `by_id` gets what REST names it by, `by_key` its key and tenant."""

    def named(call: Call) -> Any:
        return by_id(call.engine.queries, call.path["id"])

    def latest(call: Call) -> Any:
        return by_key(call.engine.queries, call.path["key"], call.path.get("tenant_id", ""))

    return (
        Way(f"{path}/{{id}}", "", named, BY_ID, "{id}"),
        Way(f"{path}/key/{{key}}", "_by_key", latest, BY_KEY, "{key}"),
        Way(f"{path}/key/{{key}}/tenant-id/{{tenant_id}}", "_by_key_and_tenant", latest, BY_KEY, "{key}"),
    )
