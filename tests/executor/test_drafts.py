"""Drafts of forms, each person's own, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from engine import BadRequest, Engine, NotFound
from engine.services import drafts
from engine.store import tables
from tests.executor.models import ONE_TASK, model


@pytest.fixture
def task(engine: Engine, tasks_of: Callable[[int], list[int]]) -> Iterator[int]:
    """An open task."""
    engine.deployments.deploy(model(ONE_TASK))
    (found,) = tasks_of(engine.process_instances.start(key="p").id)
    yield found
    assert engine.check() == []


def rows(engine: Engine) -> int:
    """How many drafts there are."""
    with engine.database.read() as tx:
        return int(tx.connection.execute(select(func.count()).select_from(tables.form_draft)).scalar_one())


def test_everybody_has_their_own(engine: Engine, task: int) -> None:
    engine.drafts.keep_for_task(task, {"a": 1}, user="ada")
    engine.drafts.keep_for_task(task, {"a": 2}, user="bo")
    found = engine.drafts.of_task(task, user="ada")
    assert found is not None
    assert found.data == {"a": 1}
    assert engine.drafts.of_task(task) is None
    engine.drafts.drop_for_task(task, user="ada")
    assert engine.drafts.of_task(task, user="ada") is None
    assert engine.drafts.of_task(task, user="bo") is not None


def test_completing_with_the_form_takes_all_drafts_along(engine: Engine, task: int) -> None:
    engine.drafts.keep_for_task(task, {"a": 1}, user="ada")
    engine.drafts.keep_for_task(task, {"a": 2}, user="bo")
    engine.form_pages.complete(task, {}, {})
    assert rows(engine) == 0


def test_drafts_of_tasks_that_ended_otherwise_are_not_seen_and_go(
    engine: Engine, task: int, tasks_of: Callable[[int], list[int]]
) -> None:
    engine.drafts.keep_for_task(task, {"a": 1}, user="ada")
    engine.tasks.complete(task)
    assert engine.drafts.of_task(task, user="ada") is None
    with pytest.raises(NotFound):
        engine.drafts.keep_for_task(task, {"a": 2}, user="ada")
    (other,) = tasks_of(engine.process_instances.start(key="p").id)
    engine.drafts.keep_for_task(other, {"a": 3}, user="ada")
    assert rows(engine) == 1


def test_deleting_history_takes_drafts_along(engine: Engine, task: int) -> None:
    engine.drafts.keep_for_task(task, {"a": 1}, user="ada")
    engine.tasks.complete(task)
    (ended,) = engine.queries.historic_process_instances.list()
    engine.process_instances.delete_history(ended.id)
    assert rows(engine) == 0


def test_the_draft_of_a_start_form_goes_with_its_definition(engine: Engine) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    (definition,) = engine.queries.process_definitions.list()
    engine.drafts.keep_for_start(definition, {"a": 1}, user="ada")
    found = engine.drafts.of_start(definition, user="ada")
    assert found is not None
    assert found.data == {"a": 1}
    engine.deployments.delete(definition.deployment_id)
    assert rows(engine) == 0


def test_nobody_has_more_drafts_than_the_bound(
    engine: Engine, task: int, tasks_of: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 1)
    engine.drafts.keep_for_task(task, {"a": 1}, user="ada")
    engine.drafts.keep_for_task(task, {"a": 2}, user="ada")
    (other,) = tasks_of(engine.process_instances.start(key="p").id)
    with pytest.raises(BadRequest):
        engine.drafts.keep_for_task(other, {"a": 3}, user="ada")
    assert rows(engine) == 1


def test_two_browsers_of_one_person_may_save_at_the_same_time(engine: Engine, task: int) -> None:
    def save(number: int) -> None:
        engine.drafts.keep_for_task(task, {"a": number}, user="ada")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(save, range(8)))
    assert rows(engine) == 1
