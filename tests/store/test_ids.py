"""Ids: unique in threads and processes, and never from the database while a transaction runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.store.database import Database
from engine.store.ids import IdAllocator, IdsExhausted


def test_ids_begin_at_one_and_grow(db: Database) -> None:
    allocator = IdAllocator(db, block=10)
    allocator.reserve(1)
    assert [allocator.next() for _ in range(10)] == list(range(1, 11))


def test_ids_run_out_and_are_reserved_again(db: Database) -> None:
    allocator = IdAllocator(db, block=10)
    with pytest.raises(IdsExhausted, match="reserve more"):
        allocator.next()
    allocator.reserve(15)
    assert allocator.left == 20
    taken = [allocator.next() for _ in range(20)]
    assert len(set(taken)) == 20
    with pytest.raises(IdsExhausted):
        allocator.next()


def test_next_never_touches_the_database_and_reserve_only_when_it_must(db: Database) -> None:
    allocator = IdAllocator(db, block=100)
    allocator.reserve(100)
    with db.count_statements() as counter:
        allocator.reserve(100)
        allocator.reserve(1)
        for _ in range(100):
            allocator.next()
        assert counter.count == 0
        allocator.reserve(1)
    assert counter.count <= 3


def test_a_transaction_may_be_open_while_ids_are_taken(db: Database) -> None:
    allocator = IdAllocator(db)
    allocator.reserve(5)
    with db.write():
        assert allocator.next() < allocator.next()


def test_no_two_callers_get_the_same_id(db: Database) -> None:
    allocators = [IdAllocator(db, block=7), IdAllocator(db, block=5)]

    def take(allocator: IdAllocator) -> list[int]:
        taken: list[int] = []
        while len(taken) < 100:
            try:
                taken.append(allocator.next())
            except IdsExhausted:
                allocator.reserve(3)
        return taken

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(take, allocators * 2))
    assert len({taken for result in results for taken in result}) == 400


def test_ids_of_a_process_that_ended_are_not_given_again(database_url: str) -> None:
    first = Database.open(database_url)
    first.upgrade()
    allocator = IdAllocator(first, block=10)
    allocator.reserve(1)
    taken = allocator.next()
    first.close()
    second = Database.open(database_url)
    allocator = IdAllocator(second, block=10)
    allocator.reserve(1)
    assert allocator.next() == taken + 10
    second.close()


def test_what_is_set_aside_is_nobody_elses(db: Database) -> None:
    ids = IdAllocator(db, block=10)
    mine, others = ids.set_aside(15), [ids.next() for _ in range(ids.left)]
    assert len(set(mine)) == 15
    assert not set(mine) & set(others)
    assert ids.left == 0


def test_who_insists_is_tried_again_with_more(db: Database) -> None:
    ids = IdAllocator(db, block=10)
    attempts = []

    def do() -> list[int]:
        attempts.append(ids.left)
        return [ids.next() for _ in range(25)]

    assert len(set(ids.insist(5, do))) == 25
    assert len(attempts) == 4
