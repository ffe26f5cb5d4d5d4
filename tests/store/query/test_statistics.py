"""What sums over ended instances tell, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine import Engine
from engine.authorization import Actor, Resource
from engine.store.query import statistics
from engine.store.query.statistics import Percentiles, Trend, read_trends
from engine.store.tables import to_milliseconds

MIDNIGHT = datetime(2026, 5, 4, tzinfo=UTC)
DAYS = [MIDNIGHT + timedelta(days=number) for number in range(3)]


def lasted(engine: Engine, key: str, began: datetime, ended: datetime | None) -> int:
    """An instance that was there from then to then."""
    id = engine.process_instances.start(key=key).id
    if ended is not None:
        (task,) = engine.queries.tasks.list({"processInstanceId": id})
        engine.tasks.complete(task.id)
    end = "NULL" if ended is None else to_milliseconds(ended)
    with engine.database.write() as tx:
        tx.connection.exec_driver_sql(
            f"UPDATE process_instance SET started_at = {to_milliseconds(began)}, ended_at = {end} WHERE id = {id}"
        )
    return id


def test_trends_count_by_day_what_began_and_ended(engine: Engine) -> None:
    hour = timedelta(hours=1)
    lasted(engine, "oneTask", DAYS[0] - hour, DAYS[0])  # began before the first day
    lasted(engine, "oneTask", DAYS[0], DAYS[1] - timedelta(milliseconds=1))
    lasted(engine, "oneTask", DAYS[2] + 23 * hour, None)
    lasted(engine, "oneTask", DAYS[0] - 9 * hour, DAYS[0] - hour)  # nothing of it is in these days
    with engine.database.count_statements() as counter, engine.database.read() as tx:
        found = read_trends(tx.connection, ["oneTask", "caller"], DAYS)
    assert found == {
        ("oneTask", ""): Trend([1, 0, 1], [2, 0, 0], (hour + timedelta(days=1)) // timedelta(milliseconds=2))
    }
    assert counter.count <= 2  # with its BEGIN


def test_trends_count_what_the_viewer_sees_in_history(engine: Engine) -> None:
    for user in ("mary", "john"):
        id = engine.process_instances.start(key="oneTask", user=user).id
        engine.tasks.complete(engine.queries.tasks.list({"processInstanceId": id})[0].id)
    engine.authorizations.grant(Resource.PROCESS_DEFINITION, "READ_HISTORY", user="sue", resource_id="oneTask")
    counted = {
        user: [sum(each.ended) for each in engine.acting_as(Actor(user)).queries.trends(["oneTask"], 14).values()]
        for user in ("sue", "mary", "eve")
    }
    assert counted == {"sue": [2], "mary": [1], "eve": []}


def test_statistics_tell_how_long_and_what_came_of_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 20):
        lasted(engine, "oneTask", DAYS[0], DAYS[0] + timedelta(milliseconds=number))
    id = engine.process_instances.start(key="oneTask").id
    engine.process_instances.delete(id)
    with engine.database.write() as tx:
        begin, end = to_milliseconds(DAYS[0]), to_milliseconds(DAYS[1])
        tx.connection.exec_driver_sql(
            f"UPDATE process_instance SET started_at = {begin}, ended_at = {end} WHERE id = {id}"
        )
        tx.connection.exec_driver_sql(
            "UPDATE element_instance SET started_at = 0, ended_at = 1000 WHERE element_id = 'work'"
        )
    engine.process_instances.start(key="oneTask")
    definition = engine.queries.historic_process_instances.get(id).definition_id
    day = end - begin
    with engine.database.count_statements() as counter:
        found = engine.queries.statistics(definition)
    assert counter.count <= 3  # with its BEGIN
    assert (found.ended, found.looked_at, found.completed) == (20, 20, 19)
    assert found.durations == Percentiles(190 + day, round((190 + day) / 20), 10, 18, day)
    elements = {each.element_id: each for each in found.elements}
    assert found.elements[0].element_id == "work"
    assert {each.element_id: (each.visits, each.canceled, each.outcomes) for each in found.elements} == {
        "start": (20, 0, 0),
        "work": (20, 1, 0),
        "end": (19, 0, 19),
    }
    assert elements["work"].durations == Percentiles(20_000, 1000, 1000, 1000, 1000)

    before = engine.queries.statistics(definition, DAYS[0], DAYS[1])
    assert (before.ended, before.completed, before.durations.p99) == (19, 19, 19)
    assert engine.queries.statistics(definition, DAYS[1]).durations == Percentiles(day, day, day, day, day)
    none = engine.queries.statistics(definition, DAYS[2])
    assert (none.ended, none.durations, none.elements) == (0, Percentiles(0, None, None, None, None), [])

    monkeypatch.setattr(statistics, "MOST_INSTANCES", 2)
    last = engine.queries.statistics(definition)
    assert (last.ended, last.looked_at, last.completed, last.durations.p50) == (20, 2, 1, 19)
