"""The expenses example as its README tells it: a model of Camunda 8, and a form with rules that are expressions."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.forms.generated import InvalidForm
from engine.forms.schema import read_schema
from engine.forms.submission import fill
from engine.testing import Bench
from engine.values import JsonValue

FOLDER = Path(__file__).parents[2] / "processes" / "reimbursement"
TRAIN: dict[str, Any] = {"text": "Train", "amount": 89.5}
HOTEL: dict[str, Any] = {"text": "Hotel", "amount": 240}
FLIGHT: dict[str, Any] = {"text": "Flight", "amount": 1500}
BANK = {"kind": "transfer", "number": "DE02120300000000202051"}


@pytest.fixture
def bench() -> Iterator[Bench]:
    spec = importlib.util.spec_from_file_location("expenses_handlers", FOLDER / "handlers.py")
    assert spec is not None
    assert spec.loader is not None
    handlers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(handlers)
    files = (FOLDER / "expenses.bpmn", FOLDER / "report-expenses.form")
    with Bench(*files, handlers=[handlers.pay_by_transfer, handlers.pay_by_card]) as opened:
        yield opened


def report(bench: Bench, *lines: dict[str, Any], account: dict[str, str] | None = None) -> int:
    return bench.start("expenses", lines=JsonValue.of(list(lines)), account=JsonValue.of(account or BANK))


def tasks(bench: Bench) -> dict[str, Any]:
    """By the expense that they are about."""
    found = bench.engine.queries.tasks.list({})
    seen = bench.engine.queries.variables_of_tasks(found)
    return {str(seen[each.id]["question"]).partition(" (")[0]: each for each in found}


def test_small_expenses_are_paid_at_once(bench: Bench) -> None:
    instance = report(bench, TRAIN, {"text": "Lunch", "amount": 10.25})
    bench.run()
    assert bench.ended(instance)
    payment = bench.variables(instance)["payment"]
    assert isinstance(payment, JsonValue)
    assert (payment.node["amount"], payment.node["day"]) == (99.75, bench.now.date().isoformat())
    assert payment.node["reference"].startswith("T-")
    assert bench.engine.check() == []


def test_each_large_expense_is_checked(bench: Bench) -> None:
    instance = report(bench, TRAIN, HOTEL, FLIGHT, account={"kind": "card", "number": "4111111111111111"})
    found = tasks(bench)
    assert {name: (each.priority, each.due_at) for name, each in found.items()} == {
        "Hotel": (52, bench.now + timedelta(days=2)),
        "Flight": (65, bench.now + timedelta(days=2)),
    }
    groups = {
        name: {link.group_id for link in bench.engine.queries.identity_links(each.id)} for name, each in found.items()
    }
    assert groups == {"Hotel": {"accounting"}, "Flight": {"accounting", "management"}}
    for name in ("Flight", "Hotel"):
        bench.engine.tasks.complete(tasks(bench)[name].id, {"fine": True})
    bench.run()
    assert bench.ended(instance)
    variables = bench.variables(instance)
    assert variables["checks"] == JsonValue('[{"text":"Hotel","fine":true},{"text":"Flight","fine":true}]')
    assert variables["totals"] == JsonValue('{"count":3,"amount":1829.5,"largest":1500}')
    assert isinstance(variables["payment"], JsonValue)
    assert variables["payment"].node["reference"].startswith("C-")


def test_one_that_is_not_fine_ends_the_checks(bench: Bench) -> None:
    instance = report(bench, HOTEL, FLIGHT)
    bench.engine.tasks.complete(tasks(bench)["Flight"].id, {"fine": False})
    assert bench.ended(instance)
    assert bench.variables(instance)["reason"] == "Flight"
    assert "payment" not in bench.variables(instance)


def test_the_form_asks_why_it_is_so_much(bench: Bench) -> None:
    schema, problems = read_schema((FOLDER / "report-expenses.form").read_bytes(), "report-expenses.form")
    assert problems == []
    data: dict[str, Any] = {"lines": [FLIGHT], "account": BANK}
    with pytest.raises(InvalidForm, match="Why so much"):
        fill(schema, {**data, "sum": 1500}, {}, {}, bench.now)
    assert fill(schema, {**data, "sum": 1500, "reason": "far away"}, {}, {}, bench.now)["sum"] == 1500
    short = {"lines": [HOTEL], "account": {"kind": "card", "number": "411111111111111"}, "sum": 240}
    with pytest.raises(InvalidForm, match="at least 16 characters"):
        fill(schema, short, {}, {}, bench.now)
