"""What sums over ended instances tell, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine import Engine
from engine.store.query.statistics import Trend, read_trends
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
