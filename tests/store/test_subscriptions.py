"""Those who wait for a message are found by what says most about them, through indexes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.core.lifecycle import InstanceState
from engine.core.state import ProcessInstance, Row, Subscription, Variable
from engine.store.database import Database
from engine.store.query.kinds import InvalidQuery
from engine.store.subscriptions import ENOUGH, Correlation, receivers, starters, subscribed
from engine.store.transaction import ReadTransaction
from engine.values import Integer, JsonValue, Short
from tests.store.samples import LATER, NOW, ids, save


def waiting(
    *,
    name: str = "m",
    key: str | None = None,
    variables: dict[str, object] | None = None,
    local: dict[str, object] | None = None,
    tenant: str = "",
    state: InstanceState = InstanceState.ACTIVE,
) -> list[Row]:
    """An instance that waits for a message: its subscription comes first."""
    instance, scope = next(ids), next(ids)
    place = {"process_instance_id": instance, "root_id": instance, "tenant_id": tenant, "created_at": NOW}
    subscription = Subscription(
        id=next(ids), kind="message", name=name, scope_id=scope, definition_id=7, element_id="wait", **place
    )
    found: list[Row] = [
        subscription,
        ProcessInstance(
            id=instance,
            root_id=instance,
            definition_id=7,
            business_key=key,
            state=state,
            started_at=NOW,
            tenant_id=tenant,
        ),
    ]
    for scope_id, values in ((instance, variables), (scope, local)):
        for each, value in (values or {}).items():
            found.append(Variable(id=next(ids), name=each, scope_id=scope_id, value=value, **place))
    return found


def found_by(db: Database, **wanted: Any) -> list[int]:
    with db.read() as tx:
        return [each.subscription_id for each in receivers(tx, Correlation(name="m", **wanted))]


def test_each_criterion_must_hold(db: Database) -> None:
    right = waiting(key="K", variables={"a": "x", "b": True}, local={"c": 1.5})
    save(db, *right, *waiting(key="K"), *waiting(variables={"a": "x"}), *waiting(name="other", key="K"))
    one = [right[0].id]
    assert found_by(db, process_instance_id=right[1].id) == one
    assert found_by(db, process_instance_id=right[1].id, business_key="L") == []
    assert found_by(db, business_key="K", keys={"a": "x"}) == one
    assert found_by(db, keys={"b": True}) == one
    assert found_by(db, keys={"a": "x", "b": True}) == one
    assert found_by(db, keys={"a": "x", "b": False}) == []
    assert found_by(db, local_keys={"c": 1.5}) == one
    assert found_by(db, keys={"c": 1.5}) == []
    assert found_by(db, local_keys={"a": "x"}) == []
    assert found_by(db, keys={"a": "x"}, local_keys={"c": 1.5}) == one
    assert len(found_by(db)) == 3
    assert len(found_by(db, business_key="K")) == 2


VALUES = [
    "x",
    "",
    "é" * 5000,
    "A",
    True,
    Integer(1),
    Short(1),
    1,
    1.0,
    None,
    datetime(2030, 1, 1, tzinfo=UTC),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_key_finds_only_its_own_value_of_its_own_type(db: Database, value: object) -> None:
    rows = [waiting(variables={"k": each}) for each in [*VALUES, "é" * 4999 + "e"]]
    save(db, *(row for some in rows for row in some))
    (only,) = found_by(db, keys={"k": value})
    kept = next(row for some in rows for row in some if some[0].id == only and isinstance(row, Variable))
    assert (type(kept.value), kept.value) == (type(value), value)


@pytest.mark.parametrize("value", [JsonValue("{}"), b"x"])
def test_values_that_cannot_be_compared_are_refused(db: Database, value: object) -> None:
    with pytest.raises(InvalidQuery, match="'k'"):
        found_by(db, keys={"k": value})


def test_who_has_ended_or_is_suspended_or_of_another_tenant_does_not_wait(db: Database) -> None:
    closed = waiting(key="K")
    closed[0].ended_at = LATER
    changed = waiting(key="K", variables={"a": "x"})
    changed[2].ended_at = LATER
    blue = waiting(key="K", tenant="blue")
    save(db, *closed, *changed, *blue, *waiting(key="K", state=InstanceState.SUSPENDED))
    assert found_by(db, keys={"a": "x"}) == []
    assert found_by(db, business_key="K") == [changed[0].id, blue[0].id]
    assert found_by(db, business_key="K", tenant_id="") == [changed[0].id]
    assert found_by(db, tenant_id="blue") == [blue[0].id]


def test_no_more_than_asked_for_are_found(db: Database) -> None:
    save(db, *(row for _ in range(5) for row in waiting(key="K")))
    with db.read() as tx:
        assert len(receivers(tx, Correlation(name="m", business_key="K"), 2)) == 2
        assert len(receivers(tx, Correlation(name="m"), 2)) == 2


def test_execution_is_found_by_what_waits(db: Database) -> None:
    rows = waiting()
    save(db, *rows)
    with db.read() as tx:
        assert subscribed(tx, rows[0].scope_id, "m") == rows[0].id
        assert subscribed(tx, rows[0].scope_id, "n") is None
        assert subscribed(tx, rows[1].id, "m") is None


class Explaining(ReadTransaction):
    """A transaction that asks how its statements would be done, and does them too."""

    plans: Sequence[str] = ()

    def run(self, statement: str, parameters: Sequence[Any]) -> Any:
        explain = "EXPLAIN QUERY PLAN " if self.dialect == "sqlite" else "EXPLAIN "
        asked = super().run(explain + statement, parameters)
        self.plans = (*self.plans, "\n".join(str(record[-1]) for record in asked.fetchall()))
        return super().run(statement, parameters)


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ({"process_instance_id": 5, "keys": {"a": "x"}}, "process_instance_id"),
        ({"business_key": "K"}, "ix_process_instance_business_key_ended_at"),
        ({"keys": {"a": "x"}}, "ix_variable_name_text_key_long_value_alive"),
        ({"keys": {"a": Integer(1)}}, "ix_variable_name_text_key_long_value_alive"),
        ({"local_keys": {"a": "x"}}, "ix_variable_name_text_key_long_value_alive"),
        ({"business_key": "K", "keys": {"a": "x", "b": 1}, "tenant_id": ""}, "ix_"),
        ({}, "ix_subscription_name_kind_process_instance_id_alive"),
    ],
)
def test_look_ups_use_indexes(db: Database, wanted: dict[str, Any], first: str, filled: bool) -> None:
    if filled:
        save(db, *(row for n in range(500) for row in waiting(key=f"K{n}", variables={"a": f"x{n}"})))
        with db.write() as tx:
            tx.run("ANALYZE", [])
    with db.read() as tx:
        explaining = Explaining(tx._session, tx.dialect)
        correlation = Correlation(name="m", **wanted)
        receivers(explaining, correlation, 2)
        starters(explaining, correlation, 2)
    assert first in explaining.plans[-2], explaining.plans
    for plan in explaining.plans:
        assert "Seq Scan" not in plan, plan
        assert not any(f"SCAN {table}" in plan for table in ("near", "subscription", "process")), plan


def test_the_rarest_criterion_comes_first(db: Database) -> None:
    """Among many with the same country, the one with the number is found by its number, and by nothing else."""
    rows = [waiting(key="all", variables={"country": "DE", "number": n}) for n in range(2 * ENOUGH)]
    save(db, *(row for some in rows for row in some))
    for keys in ({"country": "DE", "number": 7}, {"number": 7, "country": "DE"}):
        with db.read() as tx:
            explaining = Explaining(tx._session, tx.dialect)
            (found,) = receivers(explaining, Correlation(name="m", business_key="all", keys=keys), 2)
        assert found.subscription_id == rows[7][0].id
        assert len(explaining.plans) == 2
        beginning = explaining.plans[-1].splitlines()
        if tx.dialect == "sqlite":
            assert "ix_variable_name_text_key_long_value_alive" in beginning[0], beginning
        else:
            assert "ix_process_instance_business_key_ended_at" not in explaining.plans[-1], beginning
