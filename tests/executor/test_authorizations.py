"""What authorizations permit: levels, revocations, and changes that are noticed by other processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from engine import Engine
from engine.authorization import Actor, Authorization, AuthorizationType, Resource
from engine.errors import BadRequest, Conflict, NotFound
from engine.services.authorizations import Authorizations
from engine.store import authorizations as store
from engine.store.ids import IdAllocator

GLOBAL, GRANT, REVOKE = AuthorizationType
ADA = Actor("ada", frozenset({"sales", "berlin"}))
BOB = Actor("bob")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = Engine.open(database_url)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def rules(engine: Engine) -> Authorizations:
    return engine.authorizations


def may(rules: Authorizations, actor: Actor, permission: str, id: str | None = "17") -> bool:
    return rules.is_permitted(actor, permission, Resource.TASK, id)


def test_nothing_is_permitted_unless_it_is_said(rules: Authorizations) -> None:
    assert not may(rules, ADA, "READ")
    rules.create(GRANT, Resource.TASK, ["READ"], user_id="ada", resource_id="17")
    assert may(rules, ADA, "READ")
    assert not may(rules, ADA, "READ", "18")
    assert not may(rules, ADA, "READ", None)
    assert not may(rules, ADA, "UPDATE")
    assert not may(rules, BOB, "READ")
    assert not rules.is_permitted(ADA, "READ", Resource.PROCESS_INSTANCE, "17")


def test_granting_adds_to_what_is_granted(rules: Authorizations) -> None:
    first = rules.grant(Resource.TASK, "READ", user="ada")
    assert rules.grant(Resource.TASK, "UPDATE", user="ada").id == first.id
    assert may(rules, ADA, "READ")
    assert may(rules, ADA, "UPDATE")


def test_groups_and_everybody_have_permissions_too(rules: Authorizations) -> None:
    rules.grant(Resource.TASK, "READ", group="sales")
    rules.grant(Resource.TASK, "UPDATE")
    assert may(rules, ADA, "READ", None)
    assert not may(rules, BOB, "READ")
    assert may(rules, BOB, "UPDATE")
    assert may(rules, Actor(None), "UPDATE")


def test_administrators_may_do_everything(rules: Authorizations) -> None:
    rules.create(REVOKE, Resource.TASK, ["ALL"], user_id="root")
    assert may(rules, Actor("root", administrator=True), "DELETE")


def test_a_level_counts_before_the_next_one(rules: Authorizations) -> None:
    rules.grant(Resource.TASK, "ALL")
    rules.create(REVOKE, Resource.TASK, ["DELETE"], group_id="sales")
    assert may(rules, ADA, "READ")
    assert not may(rules, ADA, "DELETE")
    rules.create(GRANT, Resource.TASK, ["DELETE"], group_id="berlin")
    assert not may(rules, ADA, "DELETE"), "of groups, a revocation counts before a grant"
    rules.create(GRANT, Resource.TASK, ["DELETE"], group_id="berlin", resource_id="17")
    assert may(rules, ADA, "DELETE"), "what is said of one thing counts before what is said of all"
    assert not may(rules, ADA, "DELETE", "18")
    rules.create(REVOKE, Resource.TASK, ["DELETE"], user_id="ada")
    assert not may(rules, ADA, "DELETE"), "what is said of a user counts before what is said of groups"
    rules.create(GRANT, Resource.TASK, ["DELETE"], user_id="ada", resource_id="18")
    assert may(rules, ADA, "DELETE", "18")
    assert not may(rules, ADA, "DELETE", "17")


def test_a_change_is_known_at_once_here_and_soon_elsewhere(engine: Engine, rules: Authorizations) -> None:
    elsewhere = Authorizations(engine.database, IdAllocator(engine.database), engine.news, fresh=0)
    assert not may(elsewhere, ADA, "READ")
    made = rules.create(GRANT, Resource.TASK, ["READ"], user_id="ada")
    assert may(rules, ADA, "READ")
    assert may(elsewhere, ADA, "READ")
    rules.update(made.id, Resource.TASK, ["UPDATE"], user_id="ada")
    assert not may(rules, ADA, "READ")
    assert not may(elsewhere, ADA, "READ")
    rules.delete(made.id)
    assert not may(rules, ADA, "UPDATE")
    assert not may(elsewhere, ADA, "UPDATE")


def test_a_change_is_known_at_once_though_another_thread_was_just_reading(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = Authorizations(engine.database, IdAllocator(engine.database), engine.news, fresh=3600)
    read, left = store.concerning, [lambda: rules.grant(Resource.TASK, "READ", user="ada")]

    def read_and_grant(*asked: Any) -> list[Authorization]:
        found = read(*asked)
        while left:
            thread = threading.Thread(target=left.pop())
            thread.start()
            thread.join()
        return found

    monkeypatch.setattr(store, "concerning", read_and_grant)
    assert not may(rules, ADA, "READ"), "it was asked before the change"
    assert may(rules, ADA, "READ")


def test_what_goes_with_a_user_or_a_group_is_known_at_once_to_be_gone(engine: Engine) -> None:
    engine.authorizations._fresh = 3600
    engine.people.create_user("ada")
    engine.people.create_group("sales")
    engine.authorizations.grant(Resource.TASK, "READ", user="ada")
    engine.authorizations.grant(Resource.TASK, "UPDATE", group="sales")
    assert may(engine.authorizations, ADA, "READ")
    assert may(engine.authorizations, ADA, "UPDATE")
    engine.people.delete_user("ada")
    assert not may(engine.authorizations, ADA, "READ")
    assert may(engine.authorizations, ADA, "UPDATE")
    engine.people.delete_group("sales")
    assert not may(engine.authorizations, ADA, "UPDATE")


def test_what_is_known_is_not_asked_again(engine: Engine) -> None:
    rules = Authorizations(engine.database, IdAllocator(engine.database), engine.news, fresh=3600)
    rules.grant(Resource.TASK, "READ", group="sales")
    assert may(rules, ADA, "READ")
    with engine.database.count_statements() as counter:
        assert may(rules, ADA, "READ")
        assert not may(rules, ADA, "DELETE", "18")
    assert counter.count == 0


def test_who_and_what_is_gone_leaves_no_permissions_behind(engine: Engine, rules: Authorizations) -> None:
    for _ in range(2):
        engine.people.create_user("ada")
        engine.people.create_group("sales")
        assert engine.queries.authorizations.list() == []
        rules.grant(Resource.TASK, "READ", user="ada")
        rules.grant(Resource.TASK, "READ", group="sales")
        rules.grant(Resource.USER, "UPDATE", resource_id="ada", user="bob")
        rules.grant(Resource.GROUP, "UPDATE", resource_id="sales", user="bob")
        engine.people.delete_user("ada")
        engine.people.delete_group("sales")


def test_what_cannot_be_is_refused(rules: Authorizations) -> None:
    with pytest.raises(BadRequest, match="'NOPE' is not valid for 'TASK'"):
        may(rules, ADA, "NOPE")
    rules.create(GRANT, Resource.TASK, ["READ"], user_id="ada")
    with pytest.raises(Conflict, match="already"):
        rules.create(GRANT, Resource.TASK, ["UPDATE"], user_id="ada")
    with pytest.raises(NotFound, match="Authorization with id 5 does not exist"):
        rules.update(5, Resource.TASK, ["READ"], user_id="ada")
