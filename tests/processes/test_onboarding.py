"""The onboarding example as its README tells it: reminders beside the work, and an escalation from inside it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.testing import Bench

FOLDER = Path(__file__).parents[2] / "processes" / "onboarding"
DAY = timedelta(days=1)


@pytest.fixture
def bench() -> Iterator[Bench]:
    spec = importlib.util.spec_from_file_location("onboarding_handlers", FOLDER / "handlers.py")
    assert spec is not None
    assert spec.loader is not None
    handlers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(handlers)
    with Bench(FOLDER / "onboarding.bpmn", handlers=[handlers.send_reminder]) as opened:
        yield opened


def tasks(bench: Bench) -> dict[str, int]:
    return {str(each.element_id): each.id for each in bench.engine.queries.tasks.list({})}


def complete(bench: Bench, *elements: str) -> None:
    for element in elements:
        bench.engine.tasks.complete(tasks(bench)[element])


def test_colleague_is_reminded_three_times_at_most(bench: Bench) -> None:
    instance = bench.start("onboarding", colleague="ada")
    for reminders in (1, 2, 3, 3):
        bench.pass_time(2 * DAY)
        assert bench.variables(instance)["reminders"] == reminders
    assert list(tasks(bench)) == ["sign"]
    complete(bench, "sign")
    assert sorted(tasks(bench)) == ["account", "laptop"]
    assert bench.engine.check() == []


def test_laptop_that_is_late_does_not_stop_the_work(bench: Bench) -> None:
    instance = bench.start("onboarding", colleague="ada")
    complete(bench, "sign")
    bench.pass_time(3 * DAY)
    assert sorted(tasks(bench)) == ["account", "laptop", "speak"]
    complete(bench, "account", "laptop", "welcome")
    assert not bench.ended(instance)
    complete(bench, "speak")
    assert bench.ended(instance)
    assert bench.engine.check() == []


def test_nobody_hears_of_a_laptop_in_time(bench: Bench) -> None:
    instance = bench.start("onboarding", colleague="ada")
    complete(bench, "sign", "laptop")
    bench.pass_time(9 * DAY)
    assert list(tasks(bench)) == ["account"]
    complete(bench, "account", "welcome")
    assert bench.ended(instance)
    assert "reminders" not in bench.variables(instance)
