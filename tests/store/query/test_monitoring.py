"""What those who watch processes are told, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import Engine
from engine.clock import system_clock


@pytest.mark.parametrize(
    ("taken", "median", "slowest"),
    [([], None, None), ([5], 5, 5), ([30, 10], 10, 30), ([1, 2, 3], 2, 3), (list(range(1, 101)), 50, 95)],
)
def test_heat_has_the_middle_and_the_slow_end(
    engine: Engine, taken: list[int], median: int | None, slowest: int | None
) -> None:
    started = [engine.process_instances.start(key="oneTask") for _ in range(len(taken) + 1)]
    definition = engine.queries.process_instances.get(started[0].id).definition_id
    tasks = [view.id for view in engine.queries.tasks.list()]
    with engine.database.write() as tx:
        for id, milliseconds in zip(tasks[1:], taken, strict=True):
            tx.connection.exec_driver_sql(
                f"UPDATE element_instance SET started_at = 0, ended_at = {milliseconds} WHERE user_task_id = {id}"
            )
    (heat,) = [
        each for each in engine.queries.heat(definition) if each.ended == len(taken) and each.visits == len(tasks)
    ]
    assert (heat.median, heat.slowest) == (median, slowest)
    if taken:
        assert heat.average == round(sum(taken) / len(taken))


def test_heat_since_then(engine: Engine) -> None:
    instance = engine.process_instances.start(key="oneTask")
    definition = engine.queries.process_instances.get(instance.id).definition_id
    assert engine.queries.heat(definition, system_clock() - timedelta(days=1)) == engine.queries.heat(definition)
    assert engine.queries.heat(definition, system_clock() + timedelta(days=1)) == []


def test_places_and_progress_count_what_holds_tokens(engine: Engine) -> None:
    caller = engine.process_instances.start(key="caller").id
    (place,) = engine.queries.places([caller]).values()
    assert place.incidents == 0
    assert sum(place.tokens.values()) == 1
    progress = engine.queries.progress(caller)
    assert {each.element_id for each in progress.elements if each.tokens} == set(place.tokens)
    (wait,) = engine.queries.waits(caller)
    assert wait.kind == "call"
    assert wait.called_instance_id is not None
    (task,) = engine.queries.waits(wait.called_instance_id)
    assert task.kind == "task"
