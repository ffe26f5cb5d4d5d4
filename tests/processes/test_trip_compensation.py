"""The compensation example as its README tells it: a refused card, another one, and a trip that is called off."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.handlers import DEFAULT_REGISTRY
from engine.testing import Bench

FOLDER = Path(__file__).parents[2] / "processes" / "trip-compensation"
MODULE = "trip_compensation_handlers"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("TRIP_DESK", str(tmp_path))
    spec = importlib.util.spec_from_file_location(MODULE, FOLDER / "handlers.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    handlers = [each.function for each in DEFAULT_REGISTRY if each.function.__module__ == MODULE]
    with Bench(FOLDER / "trip.bpmn", handlers=handlers) as bench:
        yield bench
        assert bench.incidents() == []
        assert bench.engine.check() == []
    DEFAULT_REGISTRY.forget(MODULE)


def reserved(desk: Path) -> set[str]:
    return {file.stem.partition("-")[2] for file in desk.glob("*.json")}


def complete(bench: Bench, element: str, **variables: object) -> None:
    (task,) = bench.engine.queries.tasks.list({"taskDefinitionKey": element})
    bench.engine.tasks.complete(task.id, variables)
    bench.run()


def called(bench: Bench, trip: int) -> list[str]:
    """The handlers that were called, in their order."""
    found = bench.engine.queries.historic_element_instances.list({"processInstanceId": trip})
    handlers = {"cancelHotel", "cancelFlight", "cancelCar", "refund"}
    return [each.element_id for each in sorted(found, key=lambda each: each.id) if each.element_id in handlers]


def test_all_is_booked_or_nothing(bench: Bench, tmp_path: Path) -> None:
    trip = bench.start("trip-compensation", city="Rome", card="0000-1111")
    bench.run()
    assert reserved(tmp_path) == set()
    assert called(bench, trip) == ["cancelCar", "cancelFlight", "cancelHotel"]
    complete(bench, "otherCard", again=True, card="4711-0815")
    assert reserved(tmp_path) == {"hotel", "flight", "car", "payment"}
    complete(bench, "travel", travelled=True)
    assert bench.ended(trip)
    assert reserved(tmp_path) == {"hotel", "flight", "car", "payment"}
    assert len(called(bench, trip)) == 3


def test_a_trip_is_called_off_long_after_it_was_booked(bench: Bench, tmp_path: Path) -> None:
    trip = bench.start("trip-compensation", city="Oslo", card="4711-0815")
    bench.run()
    assert set(bench.engine.queries.variables_of(trip)) == {"city", "card"}
    complete(bench, "travel", travelled=False)
    assert called(bench, trip) == ["refund", "cancelCar", "cancelFlight", "cancelHotel"]
    assert reserved(tmp_path) == set()
    assert bench.ended(trip)


def test_without_another_card_there_is_no_trip(bench: Bench, tmp_path: Path) -> None:
    trip = bench.start("trip-compensation", city="Bern", card="0000-1111")
    bench.run()
    complete(bench, "otherCard", again=False)
    assert bench.ended(trip)
    assert reserved(tmp_path) == set()
