"""One of 100,000 that wait for a message, or that are kept: found by an index, at the cost of one among ten."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from engine import Engine
from engine.clock import system_clock
from engine.core.commands.events import Delivered
from engine.core.correlation import ANY
from engine.core.state import Changes, ElementInstance, Job, Message, ProcessInstance, Row, Subscription, Variable
from engine.core.unit_of_work import KeptMessages, Waiting
from engine.services.messages import Correlated, Correlation, Published
from engine.store.messages import begin_to_wait, kept
from engine.store.subscriptions import receivers
from engine.store.transaction import WriteTransaction
from tests.store.test_subscriptions import Explaining
from tests.worker.models import process, sequence

pytestmark = pytest.mark.slow

MANY = 100_000
AT_ONCE = 5_000
KEYED = '<messageEventDefinition camunda:messageExpression="paid" camunda:correlationKey="${text}"/>'
MODEL = sequence(f'<intermediateCatchEvent id="c">{KEYED}</intermediateCatchEvent>', '<userTask id="after"/>')


def start(engine: Engine, number: int) -> int:
    variables = {"text": f"T{number}", "number": number, "country": "DE"}
    return engine.process_instances.start(key="p", business_key=f"B{number}", variables=variables).id


def copy(engine: Engine, first: int, numbers: range) -> Iterator[list[Row]]:
    """Rows as `start` would have made them for other numbers: those of the instance `first`, with ids of their own."""
    with engine.database.read() as tx:
        rows: list[Row] = [*tx.select(ProcessInstance, "id", [first])]
        for kind in (ElementInstance, Subscription, Variable):
            rows += tx.select(kind, "root_id", [first])
    names = [each.name for each in dataclasses.fields(Subscription) if each.name.endswith("_id")]
    for number in numbers:
        engine._ids.reserve(len(rows))
        ids = {row.id: engine._ids.next() for row in rows}
        made: list[Row] = []
        for row in rows:
            fields: dict[str, Any] = {
                name: ids[getattr(row, name)]
                for name in (*names, "id", "root_id", "process_instance_id")
                if getattr(row, name, None) in ids
            }
            match row:
                case ProcessInstance():
                    fields["business_key"] = f"B{number}"
                case Subscription():
                    fields["configuration"] = f"T{number}"
                case Variable(name="text"):
                    fields["value"] = f"T{number}"
                case Variable(name="number"):
                    fields["value"] = number
            made.append(dataclasses.replace(row, **fields))
        yield made


def multiply(engine: Engine, first: int, until: int) -> None:
    """Let there be instances for all numbers from ten on."""
    for begin in range(10, until, AT_ONCE):
        changes = Changes()
        for rows in copy(engine, first, range(begin, min(begin + AT_ONCE, until))):
            for row in rows:
                changes.inserted.setdefault(type(row), []).append(row)
        with engine.database.write() as tx:
            tx.write(changes)


def count(engine: Engine, table: str) -> int:
    with engine.database.read() as tx:
        found = tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE ended_at IS NULL")
        return int(found.scalar_one())


WAYS: dict[str, Callable[[int], dict[str, Any]]] = {
    "business key": lambda n: {"business_key": f"B{n}"},
    "text": lambda n: {"keys": {"text": f"T{n}"}},
    "number": lambda n: {"keys": {"number": n}},
    "text and number": lambda n: {"keys": {"country": "DE", "text": f"T{n}", "number": n}},
    "business key and number": lambda n: {"business_key": f"B{n}", "keys": {"country": "DE", "number": n}},
    "key of the model": lambda n: {"key": f"T{n}"},
}


def test_one_among_many_is_found_by_an_index(engine: Engine) -> None:
    engine.deployments.deploy({"p.bpmn": process(MODEL)}, name="p")
    instances = [start(engine, number) for number in range(10)]

    def send(way: str, number: int) -> Correlated | Published:
        wanted = Correlation(name="paid", **WAYS[way](number))
        return engine.messages.publish(wanted, time_to_live=timedelta(hours=1))

    def costs(numbers: range) -> list[int]:
        found = []
        for number, way in zip(numbers, WAYS, strict=False):
            with engine.database.count_statements() as counter:
                assert isinstance(send(way, number), Delivered)
            found.append(counter.count)
        return found

    among_few = costs(range(1, 10))
    multiply(engine, instances[0], MANY)
    with engine.database.write() as tx:
        tx.run("ANALYZE", [])
    assert count(engine, "subscription") == MANY - len(WAYS)
    assert costs(range(MANY // 2, MANY)) == among_few
    assert count(engine, "subscription") == MANY - 2 * len(WAYS)
    assert count(engine, "user_task") == 2 * len(WAYS)
    assert isinstance(send("text", MANY // 2), Published)

    for way, wanted in WAYS.items():
        with engine.database.read() as tx:
            explaining = Explaining(tx._session, tx.dialect)
            assert len(receivers(explaining, Correlation(name="paid", **wanted(MANY - 1)), 2)) == 1
        for plan in explaining.plans:
            assert "Seq Scan" not in plan, (way, plan)
            assert not any(f"SCAN {table}" in plan for table in ("near", "subscription", "process")), (way, plan)


class ExplainingWriter(WriteTransaction):
    """A transaction that asks how its questions would be answered, and asks them too."""

    plans: Sequence[str] = ()

    def run(self, statement: str, parameters: Sequence[Any]) -> Any:
        explain = "EXPLAIN QUERY PLAN " if self.dialect == "sqlite" else "EXPLAIN "
        asked = super().run(explain + statement, parameters)
        self.plans = (*self.plans, "\n".join(str(record[-1]) for record in asked.fetchall()))
        return super().run(statement, parameters)


def keep_more(engine: Engine, numbers: range) -> None:
    """Rows as publishing for other business keys would have made them."""
    with engine.database.read() as tx:
        (row,) = tx.select(Message, "name", ["paid"])[:1]
        (job,) = tx.select(Job, "id", [row.job_id])
    for begin in range(numbers.start, numbers.stop, AT_ONCE):
        changes = Changes(inserted={Message: [], Job: []})
        for number in range(begin, min(begin + AT_ONCE, numbers.stop)):
            engine._ids.reserve(2)
            message, holder = engine._ids.next(), engine._ids.next()
            route = Correlation(name="paid", business_key=f"B{number}").route
            changes.inserted[Message].append(dataclasses.replace(row, id=message, job_id=holder, route=route))
            changes.inserted[Job].append(dataclasses.replace(job, id=holder))
        with engine.database.write() as tx:
            tx.write(changes)


def test_one_of_many_that_are_kept_is_found_by_an_index(engine: Engine) -> None:
    engine.deployments.deploy({"p.bpmn": process(MODEL)}, name="p")

    def publish(number: int) -> None:
        wanted = Correlation(name="paid", business_key=f"B{number}")
        assert isinstance(engine.messages.publish(wanted, time_to_live=timedelta(hours=1)), Published)

    for number in range(10):
        publish(number)
    start(engine, 0)
    with engine.database.count_statements() as among_few:
        start(engine, 1)
    keep_more(engine, range(10, MANY))
    publish(MANY)
    with engine.database.write() as tx:
        tx.run("ANALYZE", [])
    with engine.database.count_statements() as among_many:
        start(engine, MANY)
    assert among_many.count == among_few.count
    assert count(engine, "user_task") == 3
    assert count(engine, "message") == MANY - 2

    wanted = Correlation(name="paid", business_key=f"B{MANY - 1}")
    with engine.database.write() as tx:
        explaining = ExplainingWriter(tx._session, tx.dialect)
        assert begin_to_wait(explaining, ["paid", "ordered"]) == {"paid"}
        waiting = Waiting(1, "paid", "", (ANY, wanted.route))
        by_subscription, rows = kept(explaining, KeptMessages((waiting,), system_clock()))
    assert (len(by_subscription[1]), len(rows)) == (1, 2)
    for plan in explaining.plans:
        assert "Seq Scan" not in plan, plan
        assert "SCAN message" not in plan, plan
