"""Messages that are kept or remembered, found by what is known of who may wait for them.

Whoever keeps a message, as nobody waits for it, and whoever begins to wait for one do not overlook each other: on
PostgreSQL the one holds the name of the message alone, the others hold it together, until they commit. SQLite has one
writer anyway.
"""

# ruff: noqa: S608  (the statements are made of constants of this module and names of tables; all data is in parameters)

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from engine.core.state import Job, Message, Row
from engine.core.unit_of_work import KeptMessages, Published
from engine.store.layouts import DIALECTS, json_array, layout_of, text_array
from engine.store.tables import to_milliseconds
from engine.store.transaction import ReadTransaction, WriteTransaction

MOST: Final = 100
"""Of so many messages that are kept on one route, and one more for each that waits, one is looked for that suits."""


def hold(tx: WriteTransaction, names: Iterable[str]) -> None:
    """Let nobody begin to wait for messages of these names before the transaction ends."""
    tx.lock_numbers(_number(f"message {name}") for name in names)


def begin_to_wait(tx: WriteTransaction, names: Collection[str]) -> set[str]:
    """Let nobody keep messages of these names before the transaction ends; gives those of which some are kept now."""
    tx.lock_numbers((_number(f"message {name}") for name in names), shared=True)
    given = json_array(names) if tx.dialect == "sqlite" else text_array(list(names))
    return {name for (name,) in tx.ask_in_order(_NAMES[tx.dialect], given)}


def _number(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def is_published(tx: ReadTransaction, asked: Published) -> bool:
    """Is a message with this name and id remembered?"""
    tenant = "tenant_id IS NULL" if asked.tenant_id is None else "tenant_id = ?"
    parameters = [asked.message_id, asked.name, to_milliseconds(asked.now)]
    if asked.tenant_id is not None:
        parameters.append(asked.tenant_id)
    statement = f"SELECT 1 FROM message WHERE message_id = ? AND name = ? AND remember_until > ? AND {tenant} LIMIT 1"
    return bool(tx.look_up(statement, parameters))


def published(tx: WriteTransaction, asked: Published) -> bool:
    """As `is_published`; nobody else publishes it before the transaction ends."""
    tx.lock_numbers([_number(f"message id {asked.message_id} {asked.name}")])
    return is_published(tx, asked)


def kept(tx: WriteTransaction, asked: KeptMessages) -> tuple[dict[int, tuple[int, ...]], list[Row]]:
    """By subscription, the messages that may be kept for it, oldest first; and their rows with their jobs, locked."""
    ways = {(each.name, each.tenant_id, route): None for each in asked.waiting for route in each.routes}
    layout = layout_of(Message, tx.dialect)
    limit = MOST + len(asked.waiting)
    records = tx.run_in_order(_KEPT[tx.dialect], [*_columns(tx.dialect, list(ways)), to_milliseconds(asked.now), limit])
    found = [layout.load(record) for record in records.fetchall()]
    jobs = tx.select(Job, "id", [each.job_id for each in found], lock=True)
    held = {job.id for job in jobs}
    # Whoever had a job before may have brought its message.
    messages = [each for each in tx.select(Message, "id", [each.id for each in found]) if each.job_id in held]
    on_route: dict[tuple[str, str], list[Message]] = {}
    for message in messages:
        on_route.setdefault((message.name, message.route), []).append(message)
    for_each = {
        each.subscription_id: tuple(
            message.id
            for message in sorted(
                (message for route in each.routes for message in on_route.get((each.name, route), ())), key=_by_age
            )
            if message.tenant_id in (None, each.tenant_id)
        )
        for each in asked.waiting
    }
    return {id: ids for id, ids in for_each.items() if ids}, [*messages, *jobs]


def _by_age(message: Message) -> tuple[datetime, int]:
    """Ids alone do not tell: each process takes them from blocks of its own."""
    return message.created_at, message.id


def _columns(dialect: str, ways: Sequence[tuple[str, str, str]]) -> list[str]:
    """What goes into `_KEPT` for its ways."""
    return [json_array(ways)] if dialect == "sqlite" else [text_array(column) for column in zip(*ways, strict=True)]


def _kept_text(dialect: str) -> str:
    """Way by way, the oldest messages that are kept there: an index look-up each, however many are kept elsewhere."""
    layout = layout_of(Message, dialect)
    conditions = (
        "kept.route = way_route AND kept.name = way_name AND kept.ended_at IS NULL AND kept.expires_at > {0} "
        "AND coalesce(kept.tenant_id, way_tenant) = way_tenant ORDER BY kept.id LIMIT {0}"
    )
    if dialect == "sqlite":
        parts = ", ".join(
            f"json_extract(value, '$[{index}]') AS way_{part}" for index, part in enumerate(("name", "tenant", "route"))
        )
        return (
            f"SELECT {layout.selected} FROM (SELECT {parts} FROM json_each(?)) CROSS JOIN message "
            f"WHERE id IN (SELECT kept.id FROM message AS kept WHERE {conditions.format('?')}) ORDER BY id"
        )
    return (
        f"SELECT {layout.selected} FROM unnest(%s::text[], %s::text[], %s::text[]) "
        "AS ways (way_name, way_tenant, way_route) "
        f"CROSS JOIN LATERAL (SELECT * FROM message AS kept WHERE {conditions.format('%s')}) AS found ORDER BY id"
    )


_KEPT: Final = {dialect: _kept_text(dialect) for dialect in DIALECTS}
_NAMES: Final = {
    dialect: f"SELECT given FROM {names} WHERE EXISTS "
    "(SELECT 1 FROM message WHERE message.name = given AND message.ended_at IS NULL)"
    for dialect, names in (
        ("sqlite", "(SELECT value AS given FROM json_each(?))"),
        ("postgresql", "unnest(%s::text[]) AS names (given)"),
    )
}
"""Those of some names of which messages are kept."""


def look_now(tx: WriteTransaction, names: Collection[str], now: datetime) -> list[Job]:
    """Start events begin to wait for messages of these names: the jobs of those that are kept look for them at once.

    Gives these jobs.
    """
    if not begin_to_wait(tx, names):
        return []
    layout, job = layout_of(Message, tx.dialect), layout_of(Job, tx.dialect)
    mark = "?" if tx.dialect == "sqlite" else "%s"
    found = tx.run(
        f"UPDATE job SET due_at = {mark} WHERE lease_token IS NULL "
        f"AND id IN (SELECT job_id {layout.found_by('name')} AND message.ended_at IS NULL) RETURNING {job.selected}",
        [to_milliseconds(now), layout.many("name", names)],
    )
    return [job.load(record) for record in found]
