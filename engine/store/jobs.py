"""The queue of jobs: workers claim what is due, hold it by leases and give it back; and what is said of many at once.

A job is ready from `ready_at` on (`engine.store.tables`). One index keeps the ready jobs of each topic (internal ones
have none) and priority in the order in which they became ready. A claim walks from priority to priority through that
index and stops when it has enough: what it costs depends neither on how many jobs wait nor on how many are ready.
"""

# ruff: noqa: S608  (the statements are made of constants of this module and names of tables; all data is in parameters)

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, Table, and_, case, exists, literal, select, update

from engine.core.lifecycle import InstanceState, JobState
from engine.core.state import Job, JobDefinition, Row
from engine.errors import BadRequest
from engine.store import tables
from engine.store.layouts import integer_array, json_array, layout_of, text_array
from engine.store.tables import from_milliseconds, to_milliseconds
from engine.store.transaction import ReadTransaction, WriteTransaction
from engine.values import encode


@dataclass(frozen=True, slots=True)
class Claim:
    """A job as it was claimed. Whoever reports on it shows the lease token."""

    id: int
    kind: str
    root_id: int | None
    topic: str | None
    lease_token: int
    attempts: int
    """How often it has been claimed, this time included."""
    retries: int | None
    element_id: str | None
    definition_id: int | None
    process_instance_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRequest:
    """A topic to claim work of, and which of it (Camunda manual, REST API, "Fetch and Lock External Tasks").

    What is None says nothing; an empty collection lets nothing through.
    """

    topic: str
    lease: timedelta
    retries: int | None = None
    """How many attempts the work has, the one that begins included, where nobody has said so yet."""
    business_key: str | None = None
    process_definition_id: int | None = None
    process_definition_ids: Collection[int] | None = None
    process_definition_key: str | None = None
    process_definition_keys: Collection[str] | None = None
    process_definition_version_tag: str | None = None
    tenant_ids: Collection[str] | None = None
    without_tenant: bool = False
    process_variables: Mapping[str, object] = field(default_factory=dict)
    """Values that variables of the process instance must equal; numbers are equal whatever their type is."""


# --- claiming -------------------------------------------------------------------------------------------------------

_SUITABLE: Final = (
    "coalesce((SELECT process_instance.state FROM process_instance "
    f"WHERE process_instance.id = job.process_instance_id), '{InstanceState.ACTIVE}') = '{InstanceState.ACTIVE}' "
    "AND (job.process_instance_id IS NOT NULL OR NOT coalesce((SELECT process_definition.suspended "
    "FROM process_definition WHERE process_definition.id = job.definition_id), false)) "
    "AND NOT coalesce((SELECT job_definition.suspended AND job_definition.suspended_at <= job.created_at "
    "FROM job_definition WHERE job_definition.id = job.job_definition_id), false)"
)
"""What keeps a ready job back but is not said in its own row. Scalar subqueries, for each is a look-up by key.

A suspended definition keeps back what starts instances; the instances that run go on (Camunda manual, "Process
Engine API", "Suspending process definitions").
"""

# The lock of the root is what keeps the steps of an instance apart. Passing over an instance whose exclusive jobs
# somebody else is doing only keeps workers from queueing for that lock.
_FREE: Final = (
    "NOT (job.exclusive AND coalesce((SELECT true FROM job AS held WHERE held.process_instance_id = "
    "job.process_instance_id AND held.lock_expires_at > ? AND held.lease_token IS NOT NULL AND held.exclusive "
    "AND held.topic IS NULL LIMIT 1), false))"
)

_SET: Final = (
    f"UPDATE job SET state = '{JobState.LOCKED}', lock_owner = ?, lock_expires_at = chosen.until, lease_token = ?, "
    "attempts = job.attempts + 1, retries = coalesce(job.retries, chosen.allowed) "
    "FROM chosen WHERE job.id = chosen.chosen_id RETURNING"
)


def _highest(condition: str) -> str:
    """The highest priority of jobs that are ready or will be, by the index `ix_job_ready`."""
    return (
        f"(SELECT job.priority FROM job WHERE {condition} AND job.ready_at IS NOT NULL "
        "ORDER BY job.topic DESC, job.priority DESC LIMIT 1)"
    )


_INTERNAL_LEVELS: Final = (
    f"level (priority) AS (SELECT {_highest('job.topic IS NULL')} UNION ALL "
    f"SELECT {_highest('job.topic IS NULL AND job.priority < level.priority')} "
    "FROM level WHERE level.priority IS NOT NULL)"
)

_REQUESTS: Final = {
    "sqlite": (
        "request (number, topic, until, allowed) AS (SELECT key + 1, json_extract(value, '$[0]'), "
        "json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?))"
    ),
    "postgresql": (
        "request (number, topic, until, allowed) AS (SELECT number, topic, until, allowed FROM "
        "unnest(?::text[], ?::bigint[], ?::integer[]) WITH ORDINALITY AS given (topic, until, allowed, number))"
    ),
}

_TOPIC_LEVELS: Final = (
    "level (number, topic, until, allowed, priority) AS ("
    f"SELECT number, topic, until, allowed, {_highest('job.topic = request.topic')} FROM request UNION ALL SELECT "
    f"number, topic, until, allowed, {_highest('job.topic = level.topic AND job.priority < level.priority')} "
    "FROM level WHERE level.priority IS NOT NULL)"
)

_ALL: Final = {"sqlite": "LIMIT -1", "postgresql": ""}
"""SQLite leaves out an ORDER BY in a subquery that has no LIMIT."""


def _choose(dialect: str, source: str, until: str, allowed: str, condition: str, order: str) -> str:
    """Choose ready jobs, for each record of `source` in turn those for which the condition holds; then stop.

    The last two parameters are the limit, twice on PostgreSQL. The order is that of nested loops over `source` and
    over the index: sorting would mean reading all that is ready, and locking more than is chosen.
    """
    if dialect == "sqlite":
        return (
            f"chosen (chosen_id, until, allowed) AS (SELECT job.id, {until}, {allowed} FROM {source} CROSS JOIN job "
            f"WHERE {condition} LIMIT ?)"
        )
    return (
        f"chosen (chosen_id, until, allowed) AS MATERIALIZED (SELECT found.id, {until}, {allowed} FROM {source} "
        f"CROSS JOIN LATERAL (SELECT job.id FROM job WHERE {condition} ORDER BY {order} LIMIT ? "
        "FOR UPDATE OF job SKIP LOCKED) AS found LIMIT ?)"
    )


def _limits(dialect: str, limit: int) -> list[int]:
    return [limit] if dialect == "sqlite" else [limit, limit]


def _in_words_of(dialect: str, statement: str) -> str:
    return statement if dialect == "sqlite" else statement.replace("?", "%s")


_CLAIMED: Final = tuple(field.name for field in fields(Claim))
_READY_INTERNALLY: Final = "job.topic IS NULL AND job.priority = level.priority AND job.ready_at <= ?"


def _internal_text(dialect: str) -> str:
    chosen = _choose(
        dialect,
        "level",
        "CAST(? AS BIGINT)",
        "CAST(NULL AS INTEGER)",
        f"{_READY_INTERNALLY} AND {_SUITABLE} AND {_FREE}",
        "job.topic, job.ready_at, job.id",
    )
    claimed = ", ".join((*_CLAIMED, "priority", "due_at", "created_at"))
    return _in_words_of(dialect, f"WITH RECURSIVE {_INTERNAL_LEVELS}, {chosen} {_SET} {claimed}")


_INTERNAL: Final = {dialect: _internal_text(dialect) for dialect in ("sqlite", "postgresql")}


def claim_internal(
    tx: WriteTransaction, *, now: datetime, worker: str, lease: timedelta, limit: int, token: int
) -> list[Claim]:
    """Claim up to `limit` jobs that the engine does itself (continuations, timers) and that are ready at `now`.

    Those of the highest priority first, then those that have been ready for longest. All get one lease token. While
    exclusive jobs of an instance are claimed no others of it are, but several may come in one batch, which does one
    after the other.
    """
    if limit <= 0:
        return []
    moment = to_milliseconds(now)
    parameters = [to_milliseconds(now + lease), moment, moment, *_limits(tx.dialect, limit), worker, token]
    found = sorted(tx.run_in_order(_INTERNAL[tx.dialect], parameters), key=_by_priority)
    return [Claim(*record[: len(_CLAIMED)]) for record in found]


def _by_priority(record: Sequence[Any]) -> tuple[int, int, int]:
    priority, due_at, created_at = record[len(_CLAIMED) :]
    return -priority, created_at if due_at is None else due_at, record[0]


CreateTimeOrder = Literal["asc", "desc"]


def claim_work(
    tx: WriteTransaction,
    *,
    now: datetime,
    worker: str,
    requests: Sequence[TopicRequest],
    limit: int,
    use_priority: bool = True,
    create_time_order: CreateTimeOrder | None = None,
    token: int,
) -> list[Job]:
    """Claim up to `limit` pieces of work of the requested topics, and return them as they are then.

    Those of the highest priority first, then the topic whose oldest work has been ready for longest, and what has been
    ready for longest first. With a `create_time_order` those that were made first or last, after the priority if
    `use_priority`; all ready work of the topics is read for that. All get one lease token.

    Raises `engine.errors.BadRequest` for a value that variables cannot be compared with.
    """
    if limit <= 0 or not requests:
        return []
    narrowing = [_filters(tx.dialect, request) for request in requests]
    shape = tuple(text for text, _ in narrowing)
    layout = layout_of(Job, tx.dialect)
    statement = _work_text(tx.dialect, shape, create_time_order, use_priority and create_time_order is not None)
    parameters: list[Any] = [*_requested(tx, requests, now), to_milliseconds(now)]
    for _, values in narrowing:
        parameters.extend(values)
    limits = _limits(tx.dialect, limit) if create_time_order is None else [limit]
    parameters += [*limits, worker, token]
    send = tx.run_in_order if create_time_order is None else tx.run
    jobs = [layout.load(record) for record in send(statement, parameters)]
    if create_time_order is not None:
        jobs.sort(key=lambda job: (job.created_at, job.id), reverse=create_time_order == "desc")
    else:
        jobs.sort(key=lambda job: job.id)
    if use_priority:
        jobs.sort(key=lambda job: -job.priority)
    return jobs


def _requested(tx: ReadTransaction, requests: Sequence[TopicRequest], now: datetime) -> list[str]:
    topics = [request.topic for request in requests]
    ends = [to_milliseconds(now + request.lease) for request in requests]
    retries = [request.retries for request in requests]
    if tx.dialect == "postgresql":
        given = text_array([None if each is None else str(each) for each in retries])
        return [text_array(topics), integer_array(ends), given]
    return [json_array(zip(topics, ends, retries, strict=True))]


@lru_cache(maxsize=256)
def _work_text(
    dialect: str, shape: tuple[str, ...], create_time_order: CreateTimeOrder | None, use_priority: bool
) -> str:
    narrowed = "".join(
        f" AND (queue.number <> {number} OR ({text}))" for number, text in enumerate(shape, start=1) if text
    )
    returned = layout_of(Job, dialect).selected
    if create_time_order is not None:
        order = f"job.created_at {create_time_order.upper()}, job.id {create_time_order.upper()}"
        locking = " FOR UPDATE OF job SKIP LOCKED" if dialect == "postgresql" else ""
        chosen = (
            "chosen (chosen_id, until, allowed) AS "
            "(SELECT job.id, queue.until, queue.allowed FROM request AS queue CROSS JOIN job "
            f"WHERE job.topic = queue.topic AND job.ready_at <= ? AND {_SUITABLE}{narrowed} "
            f"ORDER BY {'job.priority DESC, ' if use_priority else ''}{order} LIMIT ?{locking})"
        )
        return _in_words_of(dialect, f"WITH {_REQUESTS[dialect]}, {chosen} {_SET} {returned}")
    queue = (
        "queue (number, topic, until, allowed, priority) AS "
        "(SELECT number, topic, until, allowed, priority FROM level "
        "WHERE priority IS NOT NULL ORDER BY priority DESC, (SELECT job.ready_at FROM job WHERE "
        "job.topic = level.topic AND job.priority = level.priority AND job.ready_at IS NOT NULL "
        f"ORDER BY job.ready_at LIMIT 1), number {_ALL[dialect]})"
    )
    chosen = _choose(
        dialect,
        "queue",
        "queue.until",
        "queue.allowed",
        f"job.topic = queue.topic AND job.priority = queue.priority AND job.ready_at <= ? AND {_SUITABLE}{narrowed}",
        "job.ready_at, job.id",
    )
    parts = ", ".join((_REQUESTS[dialect], _TOPIC_LEVELS, queue, chosen))
    return _in_words_of(dialect, f"WITH RECURSIVE {parts} {_SET} {returned}")


def _filters(dialect: str, request: TopicRequest) -> tuple[str, list[Any]]:
    """The condition that a request puts on its jobs ("" for none) and its parameters."""
    texts: list[str] = []
    parameters: list[Any] = []

    def ask(text: str, *values: Any) -> None:
        texts.append(text)
        parameters.extend(values)

    def ask_for_one_of(condition: str, column: str, values: Collection[Any], array: Callable[[Any], str]) -> None:
        kind = "bigint" if array is integer_array else "text"
        among = "IN (SELECT value FROM json_each(?))" if dialect == "sqlite" else f"= ANY (?::{kind}[])"
        ask(condition.format(f"{column} {among}"), json_array(values) if dialect == "sqlite" else array(list(values)))

    if request.business_key is not None:
        ask(_INSTANCE.format("process_instance.business_key = ?"), request.business_key)
    if request.process_definition_id is not None:
        ask("job.definition_id = ?", request.process_definition_id)
    if (definition_ids := request.process_definition_ids) is not None:
        ask_for_one_of("{}", "job.definition_id", definition_ids, integer_array)
    if request.process_definition_key is not None:
        ask(_DEFINITION.format("process_definition.key = ?"), request.process_definition_key)
    if (keys := request.process_definition_keys) is not None:
        ask_for_one_of(_DEFINITION, "process_definition.key", keys, text_array)
    if request.process_definition_version_tag is not None:
        ask(_DEFINITION.format("process_definition.version_tag = ?"), request.process_definition_version_tag)
    if (tenant_ids := request.tenant_ids) is not None:
        ask_for_one_of("{}", "job.tenant_id", tenant_ids, text_array)
    if request.without_tenant:
        ask("job.tenant_id = ''")
    for name, value in request.process_variables.items():
        text, values = _equals(name, value)
        ask(_VARIABLE.format(text), name, *values)
    return " AND ".join(texts), parameters


_INSTANCE: Final = "EXISTS (SELECT 1 FROM process_instance WHERE process_instance.id = job.process_instance_id AND {})"
_DEFINITION: Final = "EXISTS (SELECT 1 FROM process_definition WHERE process_definition.id = job.definition_id AND {})"
_VARIABLE: Final = (
    "EXISTS (SELECT 1 FROM variable WHERE variable.scope_id = job.process_instance_id AND variable.ended_at IS NULL "
    "AND variable.name = ? AND ({}))"
)

_SAME_NUMBER: Final = (
    "(variable.value_type IN ('Short', 'Integer', 'Long') AND variable.long_value = CAST(? AS BIGINT)) "
    "OR (variable.value_type = 'Double' AND variable.double_value = CAST(? AS DOUBLE PRECISION))"
)


def _equals(name: str, value: object) -> tuple[str, list[Any]]:
    """The condition that a variable has this value, and its parameters."""
    stored = encode(value)
    match stored.type:
        case "Null":
            return "variable.value_type = 'Null'", []
        case "String":
            return "variable.value_type = 'String' AND variable.text_value = ?", [stored.text]
        case "Boolean" | "Date":
            return f"variable.value_type = '{stored.type}' AND variable.long_value = ?", [stored.long]
        case "Short" | "Integer" | "Long" | "Double":
            number: Any = stored.double if stored.type == "Double" else stored.long
            whole = int(number) if number == int(number) and abs(number) < 2**63 else None
            return _SAME_NUMBER, [whole, float(number)]
    raise BadRequest(f"Work cannot be chosen by the variable '{name}' with a value of type {stored.type}")


# --- what is due ----------------------------------------------------------------------------------------------------


def _next_texts(dialect: str) -> tuple[str, str]:
    """When the next job is ready after a moment: of the internal ones, and of topics."""
    internal = (
        f"WITH RECURSIVE {_INTERNAL_LEVELS} SELECT min((SELECT job.ready_at FROM job WHERE job.topic IS NULL "
        "AND job.priority = level.priority AND job.ready_at > ? ORDER BY job.topic, job.ready_at LIMIT 1)) FROM level"
    )
    of_topics = (
        f"WITH RECURSIVE {_REQUESTS[dialect]}, {_TOPIC_LEVELS} SELECT min((SELECT job.ready_at FROM job WHERE "
        "job.topic = level.topic AND job.priority = level.priority AND job.ready_at > ? "
        "ORDER BY job.ready_at LIMIT 1)) FROM level"
    )
    return _in_words_of(dialect, internal), _in_words_of(dialect, of_topics)


def _due_topics_text(dialect: str) -> str:
    return _in_words_of(
        dialect,
        f"WITH {_REQUESTS[dialect]} SELECT request.topic FROM request WHERE coalesce((SELECT true FROM job "
        f"WHERE job.topic = request.topic AND job.ready_at <= ? AND {_SUITABLE} LIMIT 1), false)",
    )


def _count_text(dialect: str) -> str:
    return _in_words_of(
        dialect,
        f"WITH RECURSIVE {_INTERNAL_LEVELS} SELECT count(*) FROM level CROSS JOIN job "
        f"WHERE {_READY_INTERNALLY} AND {_SUITABLE}",
    )


_NEXT: Final = {dialect: _next_texts(dialect) for dialect in ("sqlite", "postgresql")}
_DUE_TOPICS: Final = {dialect: _due_topics_text(dialect) for dialect in ("sqlite", "postgresql")}
_COUNT: Final = {dialect: _count_text(dialect) for dialect in ("sqlite", "postgresql")}


def next_due(tx: ReadTransaction, now: datetime, topics: Collection[str] = ()) -> datetime | None:
    """When the next internal job, or work of one of `topics`, becomes ready after `now`: by its due date, or because a
    pause after a failure or somebody's lease ends then. None when nothing waits for a time."""
    moment = to_milliseconds(now)
    internal, of_topics = _NEXT[tx.dialect]
    found = list(tx.run_in_order(internal, [moment]))
    if topics:
        found += tx.run_in_order(of_topics, [*_asked(tx, topics, now), moment])
    times = [time for (time,) in found if time is not None]
    return from_milliseconds(min(times)) if times else None


def count_due(tx: ReadTransaction, now: datetime) -> int:
    """How many internal jobs could be claimed at `now`."""
    ((count,),) = tx.run_in_order(_COUNT[tx.dialect], [to_milliseconds(now)])
    return int(count)


def due_topics(tx: ReadTransaction, now: datetime, topics: Collection[str]) -> set[str]:
    """Those of the topics that have work which could be claimed at `now`."""
    if not topics:
        return set()
    found = tx.run_in_order(_DUE_TOPICS[tx.dialect], [*_asked(tx, topics, now), to_milliseconds(now)])
    return {topic for (topic,) in found}


def _asked(tx: ReadTransaction, topics: Collection[str], now: datetime) -> list[str]:
    return _requested(tx, [TopicRequest(topic=topic, lease=timedelta(0)) for topic in dict.fromkeys(topics)], now)


def ready(tx: ReadTransaction, now: datetime, column: str, values: Collection[int]) -> list[Job]:
    """One job of each topic, and an internal one, that is ready at `now` and has one of the values: to tell of them
    all. It may be held back by what is not said in its own row."""
    if not values:
        return []
    layout = layout_of(Job, tx.dialect)
    statement = _in_words_of(tx.dialect, "SELECT min(id) FROM job WHERE ready_at <= ? AND ") + layout.one_of(column)
    found = tx.run(f"{statement} GROUP BY topic", [to_milliseconds(now), layout.many(column, values)])
    return tx.select(Job, "id", [id for (id,) in found])


# --- leases ---------------------------------------------------------------------------------------------------------

_RELEASE: Final = (
    f"UPDATE job SET state = CASE WHEN state = '{JobState.LOCKED}' THEN '{JobState.WAITING}' ELSE state END, "
    "lock_owner = NULL, lock_expires_at = NULL, lease_token = NULL "
    "WHERE lease_token IS NOT NULL AND lock_owner = ? AND lock_expires_at > 0 AND ended_at IS NULL RETURNING id"
)
_EXTEND: Final = {
    "sqlite": (
        "UPDATE job SET lock_expires_at = ? FROM (SELECT json_extract(value, '$[0]') AS held_id, "
        "json_extract(value, '$[1]') AS token FROM json_each(?)) AS held "
        "WHERE job.id = held.held_id AND job.lease_token = held.token AND job.ended_at IS NULL RETURNING id"
    ),
    "postgresql": (
        "UPDATE job SET lock_expires_at = %s FROM unnest(%s::bigint[], %s::bigint[]) AS held (held_id, token) "
        "WHERE job.id = held.held_id AND job.lease_token = held.token AND job.ended_at IS NULL RETURNING id"
    ),
}


def extend_leases(tx: WriteTransaction, claims: Mapping[int, int], until: datetime) -> set[int]:
    """Let leases (job id to lease token) last until `until`; the ids of those that are still the job's own."""
    if not claims:
        return set()
    held = sorted(claims.items())  # in the order in which steps lock jobs
    if tx.dialect == "sqlite":
        parameters = [to_milliseconds(until), json_array(held)]
    else:
        parameters = [to_milliseconds(until), *map(integer_array, zip(*held, strict=True))]
    return {id for (id,) in tx.run(_EXTEND[tx.dialect], parameters)}


def release(tx: WriteTransaction, worker: str) -> int:
    """Give back all that a worker holds, to be claimed again at once; how many that were. The attempts count."""
    return len(list(tx.run(_in_words_of(tx.dialect, _RELEASE), [worker])))


def expired(tx: ReadTransaction, now: datetime, limit: int) -> list[Job]:
    """Up to `limit` jobs whose lease ended without a report: their worker died or was too slow. By id."""
    layout = layout_of(Job, tx.dialect)
    statement = (
        f"SELECT {layout.selected} FROM job WHERE lease_token IS NOT NULL AND lock_expires_at <= ? "
        "AND ended_at IS NULL ORDER BY id LIMIT ?"
    )
    found = tx.run(_in_words_of(tx.dialect, statement), [to_milliseconds(now), limit])
    return [layout.load(record) for record in found]


# --- job definitions ------------------------------------------------------------------------------------------------


_definition = tables.job_definition
_job = tables.job


def job_definitions_of(tx: ReadTransaction, definition_ids: Collection[int]) -> list[JobDefinition]:
    """The job definitions of these process definitions, in the order of ids."""
    return tx.select(JobDefinition, "definition_id", definition_ids)


# --- many at once ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which jobs or job definitions are meant: those that meet all that is given. Something must be.

    Source: Camunda manual, REST API, "Activate/Suspend Jobs", "Activate/Suspend Job Definitions".
    """

    job_id: int | None = None
    process_instance_id: int | None = None
    job_definition_id: int | None = None
    batch_id: int | None = None
    definition_id: int | None = None
    definition_key: str | None = None
    tenant_id: str | None = None
    """With a key: of which tenant, "" for those without one; None: of any."""
    tenants: Collection[str] | None = None
    """With a key: of one of these tenants."""

    def __post_init__(self) -> None:
        ids = (self.job_id, self.process_instance_id, self.job_definition_id, self.batch_id, self.definition_id)
        if not any(ids) and self.definition_key is None:
            raise BadRequest("Say of which job, process instance, job definition or process definition")


def set_job_definitions_suspended(
    tx: WriteTransaction, chosen: Selection, *, suspended: bool, now: datetime, include_jobs: bool = False
) -> list[Job]:
    """Suspend job definitions, so that jobs made from `now` on wait, or activate them; with their jobs, if included.

    What one that is suspended already has held back since then goes on waiting. Gives what can be done at once as it
    is activated: see `ready`.
    """
    since = case(
        (_definition.c.suspended, _definition.c.suspended_at), else_=literal(now, _definition.c.suspended_at.type)
    )
    values = {"suspended": suspended, "suspended_at": since if suspended else None}
    statement = update(_definition).where(_of_definitions(chosen)).values(values).returning(_definition.c.id)
    sources = list(tx.connection.execute(statement).scalars())
    found = set_jobs_suspended(tx, chosen, suspended=suspended, now=now) if include_jobs else []
    return found if suspended or found else ready(tx, now, "job_definition_id", sources)


def set_job_definitions_priority(
    tx: WriteTransaction, chosen: Selection, priority: int | None, *, include_jobs: bool = False
) -> None:
    """Override the priority of jobs to come, or with None no more; with `include_jobs` also of those that live."""
    tx.connection.execute(update(_definition).where(_of_definitions(chosen)).values(priority=priority))
    if include_jobs and priority is not None:
        _set_in_jobs(tx, chosen, {"priority": priority})


def override_priorities(tx: WriteTransaction, written: Iterable[Row]) -> None:
    """Give jobs that have just been written the priority of their job definition, where somebody has set one."""
    made = [row.id for row in written if isinstance(row, Job) and row.job_definition_id is not None]
    if not made:
        return
    layout = layout_of(Job, tx.dialect)
    statement = (
        "UPDATE job SET priority = (SELECT priority FROM job_definition WHERE job_definition.id = job_definition_id) "
        "WHERE job_definition_id IN (SELECT id FROM job_definition WHERE priority IS NOT NULL) AND "
    )
    tx.run(statement + layout.one_of("id"), [layout.many("id", made)])


def set_jobs_suspended(tx: WriteTransaction, chosen: Selection, *, suspended: bool, now: datetime) -> list[Job]:
    """Let living jobs wait until they are activated, or activate them; gives what can be done then: see `ready`."""
    ids = _set_in_jobs(tx, chosen, {"suspended": suspended})
    return [] if suspended else ready(tx, now, "id", ids)


def failed_jobs(tx: ReadTransaction, chosen: Selection) -> list[int]:
    """The living jobs with no retries left, by id: those that the retries of a job definition are set for."""
    return list(tx.connection.execute(_living(chosen).where(_job.c.retries == 0)).scalars())


def _set_in_jobs(tx: WriteTransaction, chosen: Selection, values: dict[str, Any]) -> list[int]:
    """The ids of the jobs in which the values were set."""
    # Locked in the order in which steps lock them, so that nobody waits in a circle.
    ids = list(tx.connection.execute(_living(chosen).with_for_update()).scalars())
    if ids:
        layout = layout_of(Job, tx.dialect)
        names = ", ".join(f"{name} = ?" for name in values)
        statement = _in_words_of(tx.dialect, f"UPDATE job SET {names} WHERE ") + layout.one_of("id")
        tx.run(statement, [*values.values(), layout.many("id", ids)])
    return ids


def _living(chosen: Selection) -> Select[int]:
    own = (("job_id", "id"), ("process_instance_id", "process_instance_id"))
    conditions = _conditions(chosen, _job, own, "job_definition_id")
    # Work is none of Camunda's jobs: it is suspended with its instance only.
    return select(_job.c.id).where(_job.c.ended_at.is_(None), _job.c.topic.is_(None), conditions).order_by(_job.c.id)


def _of_definitions(chosen: Selection) -> ColumnElement[bool]:
    return _conditions(chosen, _definition, (), "id")


def _conditions(chosen: Selection, table: Table, own: Iterable[tuple[str, str]], source: str) -> ColumnElement[bool]:
    """What must hold of the rows: of the columns that are `own`, and of `source`, the job definition's id."""
    columns = (*own, ("job_definition_id", source))
    wanted = [table.c[column] == value for name, column in columns if (value := getattr(chosen, name)) is not None]
    if chosen.definition_id is not None:
        wanted.append(table.c.definition_id == chosen.definition_id)
    if chosen.definition_key is not None:
        process = tables.process_definition.c
        same = [process.id == table.c.definition_id, process.key == chosen.definition_key]
        if chosen.tenant_id is not None:
            same.append(process.tenant_id == chosen.tenant_id)
        if chosen.tenants is not None:
            same.append(process.tenant_id.in_(chosen.tenants))
        wanted.append(exists().where(*same))
    if chosen.batch_id is not None:
        sources = select(_definition.c.id).where(_definition.c.batch_id == chosen.batch_id)
        wanted.append(table.c[source].in_(sources))
    return and_(*wanted)
