"""Every method of every service says what it needs; what says nothing, nobody may use."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

from engine import Engine
from engine.authorization import Actor, NotAuthorized
from engine.services.checks import CHECKS, INTERNAL, READS
from engine.services.queries import Listing
from engine.store.query.permitted import CLOSED

PARTS = frozenset({"actor", "bell", "database", "dispatch", "executor", "news", "queue"})
"""What an engine is made of, and no service for people."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = Engine.open(f"sqlite:///{tmp_path_factory.mktemp('checks') / 'baton.db'}")
    made.upgrade()
    yield made
    made.close()


def services(engine: Engine) -> dict[str, object]:
    return {name: part for name, part in vars(engine).items() if not name.startswith("_") and name not in PARTS}


def methods(service: object) -> set[str]:
    return {name for name, _ in inspect.getmembers(service, inspect.ismethod) if not name.startswith("_")}


def test_every_method_is_checked_or_internal(engine: Engine) -> None:
    undeclared = {
        f"{name}.{method}"
        for name, service in services(engine).items()
        for method in methods(service) - set(CHECKS.get(name, ())) - INTERNAL.get(name, frozenset())
    }
    assert not undeclared, "say in engine/services/checks.py what these need"


def test_the_table_names_what_there_is(engine: Engine) -> None:
    for table in (CHECKS, INTERNAL):
        for name, names in table.items():
            service = services(engine)[name]
            assert [each for each in names if not hasattr(service, each)] == [], name
    for name in CHECKS:
        assert not INTERNAL.get(name, frozenset()) & set(CHECKS[name]), name


def test_checks_look_at_arguments_that_there_are(engine: Engine) -> None:
    assert len(READS) > 50
    for name, checks in CHECKS.items():
        for method, check in checks.items():
            found = getattr(services(engine)[name], method)
            if inspect.ismethod(found):
                assert set(READS.get(check, ())) <= set(inspect.signature(found).parameters), f"{name}.{method}"


def test_every_list_says_what_opens_its_rows(engine: Engine) -> None:
    listings = {name: value for name, value in vars(engine.queries).items() if isinstance(value, Listing)}
    assert len(listings) > 20
    assert [name for name, listing in listings.items() if listing.resource.opening is CLOSED] == []


@pytest.mark.parametrize("administrator", [False, True])
def test_nobody_may_use_what_is_internal(engine: Engine, administrator: bool) -> None:
    acting = engine.acting_as(Actor("eve", administrator=administrator))
    for name, internal in INTERNAL.items():
        for method in internal:
            with pytest.raises(NotAuthorized):
                getattr(getattr(acting, name), method)
    for part in PARTS - {"actor"}:
        for method in methods(getattr(engine, part)):
            with pytest.raises(NotAuthorized):
                getattr(getattr(acting, part), method)


def test_a_stranger_may_ask_for_every_list_and_sees_nothing(engine: Engine) -> None:
    queries = engine.acting_as(Actor("eve", frozenset({"nobodies"}), frozenset({"nowhere"}))).queries
    for name, value in vars(engine.queries).items():
        if isinstance(value, Listing):
            assert getattr(queries, name).list() == [], name
            assert getattr(queries, name).count() == 0, name
            assert getattr(queries, name).find(0) is None, name
