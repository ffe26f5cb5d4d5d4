"""The queue of jobs: what can be claimed, by whom, in which order, and for how long; and many jobs changed at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from engine.core.lifecycle import InstanceState, JobState
from engine.core.state import Job, JobDefinition, ProcessInstance, Variable
from engine.errors import BadRequest
from engine.store import jobs as store
from engine.store.database import Database
from engine.store.deployments import DefinitionRow, DeploymentRow, ResourceRow, insert_deployment, set_suspended
from engine.store.jobs import Claim, Selection, TopicRequest
from engine.values import Integer, JsonValue
from tests.store.samples import NOW, contents, ids, save

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
tokens = count(1)


def a_job(**given: Any) -> Job:
    return Job(**({"id": next(ids), "kind": "timer", "retries": 3, "created_at": NOW} | given))


def work(topic: str = "charge", **given: Any) -> Job:
    return a_job(**({"kind": "work", "topic": topic, "retries": None} | given))


def an_instance(**given: Any) -> ProcessInstance:
    id = next(ids)
    return ProcessInstance(**({"id": id, "root_id": id, "definition_id": 7, "started_at": NOW} | given))


def in_it(instance: ProcessInstance, **given: Any) -> dict[str, Any]:
    at = {"process_instance_id": instance.id, "root_id": instance.root_id, "definition_id": instance.definition_id}
    return at | given


def claim(
    db: Database, *, now: datetime = NOW, worker: str = "w", limit: int = 100, lease: timedelta = MINUTE
) -> list[Claim]:
    with db.write() as tx:
        return store.claim_internal(tx, now=now, worker=worker, lease=lease, limit=limit, token=next(tokens))


def claimed(db: Database, **given: Any) -> list[int]:
    return [each.id for each in claim(db, **given)]


def fetch(
    db: Database, *requests: TopicRequest | str, now: datetime = NOW, limit: int = 100, **given: Any
) -> list[Job]:
    asked = [TopicRequest(topic=each, lease=MINUTE) if isinstance(each, str) else each for each in requests]
    with db.write() as tx:
        return store.claim_work(tx, now=now, worker="w", requests=asked, limit=limit, token=next(tokens), **given)


def fetched(db: Database, *requests: TopicRequest | str, **given: Any) -> list[int]:
    return [job.id for job in fetch(db, *requests, **given)]


def request(**given: Any) -> TopicRequest:
    return TopicRequest(**({"topic": "charge", "lease": MINUTE} | given))


def kept(db: Database, id: int) -> Job:
    with db.read() as tx:
        (job,) = tx.select(Job, "id", [id])
        return job


# --- internal jobs --------------------------------------------------------------------------------------------------


def test_a_claim_leases_the_job_to_the_worker(db: Database) -> None:
    instance = an_instance()
    job = a_job(element_id="wait", **in_it(instance))
    save(db, instance, job)
    (found,) = claim(db, worker="me", lease=MINUTE)
    assert found == Claim(job.id, "timer", instance.id, None, found.lease_token, 1, 3, "wait", 7, instance.id)
    now = kept(db, job.id)
    assert (now.state, now.lock_owner, now.lock_expires_at) == (JobState.LOCKED, "me", NOW + MINUTE)
    assert (now.lease_token, now.attempts) == (found.lease_token, 1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, True),
        ({"kind": "async-before", "retries": 1}, True),
        ({"retries": None}, True),
        ({"retries": 0}, False),
        ({"state": JobState.FAILED, "retries": 0}, False),
        ({"due_at": NOW}, True),
        ({"due_at": NOW + SECOND}, False),
        ({"suspended": True}, False),
        ({"state": JobState.LOCKED, "lease_token": 5, "lock_expires_at": NOW + SECOND}, False),
        ({"state": JobState.LOCKED, "lease_token": 5, "lock_expires_at": NOW}, True),
        ({"lock_expires_at": NOW + SECOND}, False),
        ({"lock_expires_at": NOW - SECOND}, True),
        ({"state": JobState.DONE, "ended_at": NOW}, False),
        ({"kind": "work", "topic": "charge"}, False),
    ],
    ids=str,
)
def test_what_can_be_claimed(db: Database, given: dict[str, Any], expected: bool) -> None:
    job = a_job(**given)
    save(db, job)
    assert claimed(db) == ([job.id] if expected else [])


def test_a_time_that_has_come(db: Database) -> None:
    job = a_job(due_at=NOW + MINUTE)
    save(db, job)
    assert claimed(db, now=NOW + MINUTE - SECOND) == []
    assert claimed(db, now=NOW + MINUTE) == [job.id]
    assert claimed(db, now=NOW + 2 * MINUTE - SECOND) == []
    (again,) = claim(db, now=NOW + 2 * MINUTE)
    assert again.attempts == 2


def test_jobs_of_a_suspended_instance_wait(db: Database) -> None:
    instance = an_instance(state=InstanceState.SUSPENDED)
    save(db, instance, a_job(**in_it(instance)), work(**in_it(instance)))
    assert claimed(db) == []
    assert fetched(db, "charge") == []


def test_the_order_is_priority_then_time_then_id(db: Database) -> None:
    late, soon, tied = (a_job(due_at=NOW - at * SECOND) for at in (1, 5, 5))
    urgent = a_job(priority=10, due_at=NOW)
    unimportant = a_job(priority=-3, due_at=NOW - 9 * SECOND)
    save(db, unimportant, late, tied, soon, urgent)
    assert claimed(db, limit=2) == [urgent.id, soon.id]
    assert claimed(db) == [tied.id, late.id, unimportant.id]


def test_a_higher_priority_that_is_not_due_does_not_stand_in_the_way(db: Database) -> None:
    due = a_job(priority=0)
    save(db, *(a_job(priority=5, due_at=NOW + MINUTE) for _ in range(10)), due)
    assert claimed(db, limit=1) == [due.id]


def test_exclusive_jobs_of_an_instance_are_held_by_one_worker(db: Database) -> None:
    instance, other = an_instance(), an_instance()
    first, second = (a_job(priority=at, **in_it(instance)) for at in (2, 1))
    free = a_job(exclusive=False, **in_it(instance))
    elsewhere = a_job(**in_it(other))
    save(db, instance, other, first, second, free, elsewhere)
    assert claimed(db, limit=1) == [first.id]
    assert claimed(db) == [free.id, elsewhere.id]
    assert claimed(db, now=NOW + MINUTE, limit=2) == [first.id, second.id], "the lease is over"


def test_work_under_way_does_not_hold_back_exclusive_jobs(db: Database) -> None:
    instance = an_instance()
    task, timer = work(**in_it(instance)), a_job(**in_it(instance))
    save(db, instance, task, timer)
    assert fetched(db, "charge") == [task.id]
    assert claimed(db) == [timer.id]


def test_each_job_is_claimed_once_by_many_workers(db: Database) -> None:
    jobs = [a_job(priority=at % 3) for at in range(300)]
    save(db, *jobs)

    def drain(worker: int) -> list[int]:
        taken: list[int] = []
        while found := claimed(db, worker=f"w{worker}", limit=7):
            taken += found
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [id for part in pool.map(drain, range(4)) for id in part]
    assert sorted(taken) == [job.id for job in jobs]


def test_a_claim_passes_over_what_another_transaction_holds(postgres_url: str) -> None:
    db = Database.open(postgres_url)
    db.upgrade()
    held, free = a_job(), a_job()
    save(db, held, free)
    with db.write() as tx:
        assert [job.id for job in tx.select(Job, "id", [held.id], lock=True)] == [held.id]
        assert claimed(db) == [free.id]
        assert claimed(db) == []
    assert claimed(db) == [held.id]
    db.close()


def test_a_claim_leaves_unlocked_what_it_does_not_take(postgres_url: str) -> None:
    db = Database.open(postgres_url)
    db.upgrade()
    jobs = [a_job(priority=-at) for at in range(4)]
    tasks = [work(topic, priority=-at) for at in range(2) for topic in ("a", "b")]
    save(db, *jobs, *tasks)
    with db.write() as tx:
        (first,) = store.claim_internal(tx, now=NOW, worker="w", lease=MINUTE, limit=1, token=1)
        assert first.id == jobs[0].id
        assert claimed(db) == [job.id for job in jobs[1:]]
        requests = [TopicRequest(topic=topic, lease=MINUTE) for topic in "ab"]
        (taken,) = store.claim_work(tx, now=NOW, worker="w", requests=requests, limit=1, token=2)
        assert sorted([taken.id, *fetched(db, "a", "b")]) == [task.id for task in tasks]
    db.close()


def test_after_a_claim_rows_are_looked_up_by_key_again(postgres_url: str) -> None:
    db = Database.open(postgres_url)
    db.upgrade()
    settings = "SELECT name, setting FROM pg_settings WHERE starts_with(name, 'enable') ORDER BY name"
    with db.write() as tx:
        before = list(tx.run(settings, []))
        store.claim_internal(tx, now=NOW, worker="w", lease=MINUTE, limit=1, token=1)
        after = list(tx.run(settings, []))
    assert after == before
    db.close()


# --- work -----------------------------------------------------------------------------------------------------------


def test_work_is_claimed_by_topic_each_with_its_lease(db: Database) -> None:
    charge, ship, other = work("charge", retries=2), work("ship"), work("other")
    save(db, charge, ship, other)
    found = fetch(db, "charge", TopicRequest(topic="ship", lease=5 * MINUTE))
    assert [(job.id, job.topic, job.lock_expires_at) for job in found] == [
        (charge.id, "charge", NOW + MINUTE),
        (ship.id, "ship", NOW + 5 * MINUTE),
    ]
    assert {(job.state, job.lock_owner, job.attempts) for job in found} == {(JobState.LOCKED, "w", 1)}
    assert found[0].lease_token == kept(db, charge.id).lease_token
    assert fetched(db, "charge", "ship") == []
    assert fetched(db) == []
    assert fetched(db, "other", limit=0) == []


def test_work_of_high_priority_goes_first_whatever_its_topic(db: Database) -> None:
    low, high, middle = work("a", priority=1), work("a", priority=9), work("b", priority=5)
    save(db, low, high, middle)
    assert fetched(db, "a", "b", limit=2) == [high.id, middle.id]
    assert fetched(db, "a", "b") == [low.id]


def test_without_priorities_the_work_comes_by_id(db: Database) -> None:
    jobs = [work(priority=at % 2) for at in range(4)]
    save(db, *jobs)
    assert fetched(db, "charge", use_priority=False) == [job.id for job in jobs]


def test_of_two_topics_the_one_that_has_waited_longer_goes_first(db: Database) -> None:
    new = [work("a") for _ in range(3)]
    old = work("b", created_at=NOW - MINUTE)
    save(db, *new, old)
    assert fetched(db, "a", "b", limit=1) == [old.id]


def test_work_by_time_of_creation(db: Database) -> None:
    jobs = [work("ab"[at % 2], priority=at // 2, created_at=NOW - at * SECOND) for at in range(6)]
    save(db, *jobs)
    oldest_first = [job.id for job in reversed(jobs)]

    def asked(**given: Any) -> list[int]:
        with db.write() as tx:
            requests = [TopicRequest(topic=topic, lease=timedelta(0)) for topic in "ab"]
            found = store.claim_work(tx, now=NOW, worker="w", requests=requests, limit=3, token=next(tokens), **given)
        return [job.id for job in found]

    assert asked(create_time_order="asc", use_priority=False) == oldest_first[:3]
    assert asked(create_time_order="desc", use_priority=False) == oldest_first[::-1][:3]
    assert asked(create_time_order="desc", use_priority=True) == [jobs[4].id, jobs[5].id, jobs[2].id]


@pytest.fixture
def shop(db: Database) -> tuple[Database, Job, Job]:
    """Work of two instances: of different definitions, versions, tenants, business keys and variables."""
    deploy(db, definition(70, "order", version_tag="v1"), definition(71, "refund", tenant_id="acme"))
    one = an_instance(definition_id=70, business_key="o-1")
    two = an_instance(definition_id=71, business_key="r-1", tenant_id="acme")
    first, second = work(**in_it(one)), work(tenant_id="acme", **in_it(two))
    save(db, one, two, first, second)
    values = {"color": "red", "n": Integer(5), "price": 2.5, "paid": True, "at": NOW, "nothing": None}
    for name, value in values.items():
        save(db, variable(one, name, value))
    save(db, variable(two, "color", "blue"), variable(two, "n", 6), variable(one, "gone", "x", ended_at=NOW))
    return db, first, second


def variable(instance: ProcessInstance, name: str, value: object, **given: Any) -> Variable:
    return Variable(
        id=next(ids),
        name=name,
        scope_id=instance.id,
        process_instance_id=instance.id,
        root_id=instance.root_id,
        value=value,
        created_at=NOW,
        **given,
    )


def definition(id: int, key: str, **given: Any) -> DefinitionRow:
    settled: dict[str, Any] = {
        "version": 1,
        "deployment_id": 1,
        "resource_id": 2,
        "resource_name": "all.bpmn",
        "created_at": NOW,
    }
    return DefinitionRow(**({"id": id, "key": key} | settled | given))


def deploy(db: Database, *definitions: DefinitionRow) -> None:
    with db.write() as tx:
        insert_deployment(
            tx,
            DeploymentRow(id=1, name=None, source=None, deployed_at=NOW),
            [ResourceRow(id=2, deployment_id=1, name="all.bpmn", data=b"", sha256="")],
            definitions,
        )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"business_key": "o-1"}, "first"),
        ({"business_key": "o-2"}, ""),
        ({"process_definition_id": 71}, "second"),
        ({"process_definition_ids": [70, 99]}, "first"),
        ({"process_definition_ids": []}, ""),
        ({"process_definition_key": "refund"}, "second"),
        ({"process_definition_keys": ["order", "refund"]}, "first second"),
        ({"process_definition_keys": ['{"}', "order"]}, "first"),
        ({"process_definition_version_tag": "v1"}, "first"),
        ({"process_definition_version_tag": "v2"}, ""),
        ({"tenant_ids": ["acme"]}, "second"),
        ({"without_tenant": True}, "first"),
        ({"process_variables": {"color": "red"}}, "first"),
        ({"process_variables": {"color": "red", "n": 6}}, ""),
        ({"process_variables": {"n": 5}}, "first"),
        ({"process_variables": {"n": 6.0}}, "second"),
        ({"process_variables": {"price": 2.5}}, "first"),
        ({"process_variables": {"price": 2}}, ""),
        ({"process_variables": {"n": 1e30}}, ""),
        ({"process_variables": {"paid": True}}, "first"),
        ({"process_variables": {"paid": False}}, ""),
        ({"process_variables": {"at": NOW}}, "first"),
        ({"process_variables": {"nothing": None}}, "first"),
        ({"process_variables": {"gone": "x"}}, ""),
        ({"business_key": "o-1", "process_definition_key": "order", "process_variables": {"n": 5}}, "first"),
    ],
    ids=str,
)
def test_filters_of_a_topic(shop: tuple[Database, Job, Job], given: dict[str, Any], expected: str) -> None:
    db, first, second = shop
    names = {first.id: "first", second.id: "second"}
    assert " ".join(names[id] for id in fetched(db, request(**given))) == expected


def test_one_topic_asked_for_twice_gives_what_either_asks_for(shop: tuple[Database, Job, Job]) -> None:
    db, first, second = shop
    both = [request(business_key="o-1"), request(topic="none"), request(process_definition_key="refund")]
    assert fetched(db, *both) == [first.id, second.id]


def test_filters_go_with_an_order_by_creation(shop: tuple[Database, Job, Job]) -> None:
    db, first, _ = shop
    asked = request(process_definition_ids=[70], process_variables={"color": "red"})
    assert fetched(db, asked, create_time_order="desc") == [first.id]


def test_a_value_that_cannot_be_compared_is_refused(db: Database) -> None:
    with pytest.raises(BadRequest, match="variable 'order' with a value of type Json"):
        fetch(db, request(process_variables={"order": JsonValue("{}")}))


# --- what is due ----------------------------------------------------------------------------------------------------


def test_next_due_is_the_next_change_after_now(db: Database) -> None:
    def next_due(now: datetime, *topics: str) -> datetime | None:
        with db.read() as reader, db.write() as writer:
            found = store.next_due(reader, now, topics)
            assert store.next_due(writer, now, topics) == found
        return found

    assert next_due(NOW) is None
    leased = {"state": JobState.LOCKED, "lease_token": 1, "lock_expires_at": NOW + 4 * SECOND}
    save(
        db,
        a_job(),
        a_job(due_at=NOW + 5 * SECOND),
        a_job(priority=5, **leased),
        a_job(due_at=NOW + SECOND, suspended=True),
        work("charge", lock_expires_at=NOW + 2 * SECOND),
        work("ship", lock_expires_at=NOW + 3 * SECOND),
    )
    assert next_due(NOW) == NOW + 4 * SECOND
    assert next_due(NOW, "ship") == NOW + 3 * SECOND
    assert next_due(NOW, "ship", "charge", "none") == NOW + 2 * SECOND
    assert next_due(NOW + 4 * SECOND, "ship", "charge") == NOW + 5 * SECOND
    assert next_due(NOW + 5 * SECOND) is None


def test_what_is_due_is_counted_and_named(db: Database) -> None:
    stopped = an_instance(state=InstanceState.SUSPENDED)
    save(
        db,
        stopped,
        a_job(),
        a_job(priority=2),
        a_job(due_at=NOW + MINUTE),
        a_job(**in_it(stopped)),
        work("ready"),
        work("later", lock_expires_at=NOW + MINUTE),
        work("stopped", **in_it(stopped)),
    )
    for transaction in (db.read, db.write):
        with transaction() as tx:
            assert store.count_due(tx, NOW) == 2
            assert store.due_topics(tx, NOW, ["ready", "later", "stopped", "none"]) == {"ready"}
            assert store.due_topics(tx, NOW + MINUTE, ["ready", "later"]) == {"ready", "later"}
            assert store.due_topics(tx, NOW, []) == set()


# --- leases ---------------------------------------------------------------------------------------------------------


def test_a_lease_is_extended_only_by_its_holder(db: Database) -> None:
    mine, lost, ended = work(), work(), work()
    save(db, mine, lost, ended)
    leases = {job.id: job.lease_token or 0 for job in fetch(db, "charge")}
    with db.write() as tx:
        tx.run(f"UPDATE job SET lease_token = 0 WHERE id = {lost.id}", ())
        tx.run(f"UPDATE job SET ended_at = 1 WHERE id = {ended.id}", ())
        assert store.extend_leases(tx, leases, NOW + 10 * MINUTE) == {mine.id}
        assert store.extend_leases(tx, {}, NOW) == set()
    assert kept(db, mine.id).lock_expires_at == NOW + 10 * MINUTE
    assert kept(db, lost.id).lock_expires_at == NOW + MINUTE


def test_a_worker_that_stops_gives_back_what_it_holds(db: Database) -> None:
    jobs = [a_job(), a_job()]
    pausing = a_job(lock_owner="me", lock_expires_at=NOW + MINUTE)
    save(db, *jobs, pausing)
    assert claimed(db, worker="other", limit=1) == [jobs[0].id]
    assert claimed(db, worker="me") == [jobs[1].id]
    with db.write() as tx:
        assert store.release(tx, "me") == 1
        assert store.release(tx, "me") == 0
    released = kept(db, jobs[1].id)
    assert (released.state, released.lock_owner, released.lease_token) == (JobState.WAITING, None, None)
    assert kept(db, pausing.id).lock_expires_at == NOW + MINUTE, "a pause after a failure is no lease"
    (again,) = claim(db)
    assert (again.id, again.attempts) == (jobs[1].id, 2)


def test_expired_leases_are_found(db: Database) -> None:
    jobs = [a_job(), a_job(), work()]
    save(db, *jobs, a_job(lock_expires_at=NOW + SECOND))
    claim(db)
    fetch(db, request(lease=2 * MINUTE))
    for transaction in (db.read, db.write):
        with transaction() as tx:
            assert store.expired(tx, NOW + MINUTE - SECOND, 10) == []
            assert [job.id for job in store.expired(tx, NOW + MINUTE, 10)] == [jobs[0].id, jobs[1].id]
            assert [job.id for job in store.expired(tx, NOW + 2 * MINUTE, 1)] == [jobs[0].id]


# --- definitions, and many jobs at once -----------------------------------------------------------------------------


@pytest.fixture
def defined(db: Database) -> Database:
    """Two versions of "order" and one of another tenant, each with two job definitions (10 x its id + 1, 2)."""
    deploy(
        db,
        definition(70, "order"),
        definition(71, "order", version=2),
        definition(72, "order", tenant_id="acme"),
        definition(73, "refund"),
    )
    sources = [
        JobDefinition(id=id * 10 + at, definition_id=id, element_id=f"e{at}", kind="async-before", created_at=NOW)
        for id in (70, 71, 72, 73)
        for at in (1, 2)
    ]
    save(db, *sources)
    return db


def test_job_definitions_are_kept(defined: Database) -> None:
    row = JobDefinition(
        id=1,
        definition_id=70,
        element_id="start",
        kind="timer-start",
        configuration="R3/PT1M",
        suspended=True,
        suspended_at=NOW,
        priority=4,
        created_at=NOW,
    )
    save(defined, row)
    with defined.read() as tx:
        (found,) = tx.select(JobDefinition, "id", [1])
        assert contents(found) == contents(row)
        assert [each.id for each in store.job_definitions_of(tx, [70, 73])] == [1, 701, 702, 731, 732]


def suspended_definitions(db: Database) -> list[int]:
    with db.read() as tx:
        return [each.id for each in store.job_definitions_of(tx, [70, 71, 72, 73]) if each.suspended]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Selection(job_definition_id=701), [701]),
        (Selection(definition_id=71), [711, 712]),
        (Selection(definition_key="order"), [701, 702, 711, 712, 721, 722]),
        (Selection(definition_key="order", tenant_id=""), [701, 702, 711, 712]),
        (Selection(definition_key="order", tenant_id="acme"), [721, 722]),
        (Selection(definition_key="none"), []),
    ],
    ids=str,
)
def test_job_definitions_are_suspended_with_their_jobs(
    defined: Database, chosen: Selection, expected: list[int]
) -> None:
    jobs = {at: a_job(job_definition_id=at, definition_id=at // 10) for at in (701, 702, 711, 712, 721, 722, 731)}
    ended = a_job(job_definition_id=701, definition_id=70, state=JobState.DONE, ended_at=NOW)
    save(defined, *jobs.values(), ended)

    def suspended_jobs() -> list[int]:
        with defined.read() as tx:
            found = tx.select(Job, "id", [job.id for job in jobs.values()])
            assert not tx.select(Job, "id", [ended.id], alive=False)[0].suspended
            return [job.job_definition_id or 0 for job in found if job.suspended]

    with defined.write() as tx:
        store.set_job_definitions_suspended(tx, chosen, suspended=True, now=NOW + SECOND)
    assert suspended_definitions(defined) == expected
    assert suspended_jobs() == []
    with defined.write() as tx:
        store.set_job_definitions_suspended(tx, chosen, suspended=True, now=NOW + SECOND, include_jobs=True)
    assert suspended_jobs() == expected
    with defined.write() as tx:
        store.set_job_definitions_suspended(tx, chosen, suspended=False, now=NOW + SECOND, include_jobs=True)
    assert suspended_definitions(defined) == suspended_jobs() == []


def test_jobs_made_while_their_definition_is_suspended_wait(defined: Database) -> None:
    at = {"job_definition_id": 701, "definition_id": 70}
    before, after = a_job(**at), a_job(created_at=NOW + 2 * SECOND, **at)
    save(defined, before, after)
    with defined.write() as tx:
        store.set_job_definitions_suspended(tx, Selection(job_definition_id=701), suspended=True, now=NOW + SECOND)
    assert claimed(defined, now=NOW + MINUTE) == [before.id]
    with defined.write() as tx:
        store.set_job_definitions_suspended(tx, Selection(job_definition_id=701), suspended=False, now=NOW + MINUTE)
    assert claimed(defined, now=NOW + MINUTE) == [after.id]


def test_a_suspended_process_definition_starts_nothing_and_lets_its_instances_run(defined: Database) -> None:
    instance = an_instance(definition_id=70)
    start, running = a_job(definition_id=70, element_id="start"), a_job(**in_it(instance))
    save(defined, instance, start, running)
    with defined.write() as tx:
        set_suspended(tx, [70], suspended=True)
    assert claimed(defined) == [running.id]
    with defined.write() as tx:
        set_suspended(tx, [70], suspended=False)
    assert claimed(defined) == [start.id]


def test_a_priority_for_all_jobs_of_a_definition(defined: Database) -> None:
    one, other = a_job(job_definition_id=701), a_job(job_definition_id=702)
    save(defined, one, other)
    chosen = Selection(job_definition_id=701)

    def priorities() -> tuple[int | None, int, int]:
        with defined.read() as tx:
            (row,) = tx.select(JobDefinition, "id", [701])
        return row.priority, kept(defined, one.id).priority, kept(defined, other.id).priority

    for priority, include_jobs, expected in ((9, False, (9, 0, 0)), (8, True, (8, 8, 0)), (None, True, (None, 8, 0))):
        with defined.write() as tx:
            store.set_job_definitions_priority(tx, chosen, priority, include_jobs=include_jobs)
        assert priorities() == expected


@pytest.mark.parametrize(
    "chosen",
    [
        lambda job: Selection(job_id=job.id),
        lambda job: Selection(process_instance_id=job.process_instance_id),
        lambda job: Selection(job_definition_id=701),
        lambda job: Selection(definition_id=70),
        lambda job: Selection(definition_key="order"),
    ],
)
def test_jobs_are_suspended_and_activated(defined: Database, chosen: Callable[[Job], Selection]) -> None:
    instance, other = an_instance(definition_id=70), an_instance(definition_id=73)
    job = a_job(job_definition_id=701, **in_it(instance))
    bystander = a_job(job_definition_id=731, **in_it(other))
    save(defined, instance, other, job, bystander)
    with defined.write() as tx:
        store.set_jobs_suspended(tx, chosen(job), suspended=True, now=NOW)
    assert claimed(defined) == [bystander.id]
    with defined.write() as tx:
        store.set_jobs_suspended(tx, chosen(job), suspended=False, now=NOW)
    assert claimed(defined) == [job.id]


def test_failed_jobs_are_found_for_whoever_sets_their_retries(defined: Database) -> None:
    failed = a_job(job_definition_id=701, retries=0, state=JobState.FAILED)
    save(defined, failed, a_job(job_definition_id=701), a_job(job_definition_id=702, retries=0))
    with defined.read() as tx:
        assert store.failed_jobs(tx, Selection(job_definition_id=701)) == [failed.id]


def test_a_selection_of_everything_is_refused() -> None:
    with pytest.raises(BadRequest, match="Say of which job"):
        Selection(tenant_id="acme")


# --- cost -----------------------------------------------------------------------------------------------------------


def test_a_claim_is_as_many_statements_however_many_jobs_and_priorities_there_are(db: Database) -> None:
    def statements(limit: int) -> int:
        with db.count_statements() as counter:
            claim(db, limit=limit)
            fetch(db, "charge", "ship", limit=limit)
        return counter.count

    save(db, a_job(), work())
    few = statements(10)
    save(db, *(a_job(priority=at % 7) for at in range(50)), *(work(priority=at % 7) for at in range(50)))
    assert statements(100) == few
