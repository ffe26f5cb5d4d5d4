"""Definitions in lists with one row for all versions of a key: searched for, sorted, and page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from api.errors import refuse

PAGE = 50
LONGEST_PAGE = 200


class Versioned(Protocol):
    """A version of a definition."""

    @property
    def key(self) -> str: ...
    @property
    def tenant_id(self) -> str: ...


V = TypeVar("V", bound=Versioned)
R = TypeVar("R", bound=Mapping[str, Any])
T = TypeVar("T")


def rows_of(
    versions: Sequence[V],
    show: Callable[[Sequence[V]], R],
    orders: Mapping[str, Callable[[R], Any]],
    search: str | None,
    sort_by: str,
    sort_order: str,
) -> list[R]:
    """One row for each key and tenant, with a `key`, a `name` and a `tenantId`, in order; those alike in it by key.

    What is searched for is part of the name or the key. Raises Refused for an order that is not among `orders`.
    """
    if sort_by not in orders or sort_order not in ("asc", "desc"):
        raise refuse(f"sortBy must be one of {', '.join(orders)}, and sortOrder asc or desc")
    by_key: dict[tuple[str, str], list[V]] = {}
    for version in versions:
        by_key.setdefault((version.key, version.tenant_id), []).append(version)
    found = [show(each) for each in by_key.values()]
    if search:
        wanted = search.lower()
        found = [row for row in found if wanted in row["key"].lower() or wanted in (row["name"] or "").lower()]
    found.sort(key=lambda row: (row["key"], row["tenantId"] or ""))
    found.sort(key=orders[sort_by], reverse=sort_order == "desc")
    return found


def page_of(rows: Sequence[T], first: int, size: int) -> Sequence[T]:
    """`size` rows from number `first` on, counted from 0, but never more than `LONGEST_PAGE`."""
    start = max(0, first)
    return rows[start : start + min(max(0, size), LONGEST_PAGE)]
