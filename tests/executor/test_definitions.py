"""Bound definitions are kept only up to a limit, and a batch may need more of them: on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from engine import Engine
from engine.core.commands.instances import StartInstance
from engine.core.commands.tasks import CompleteTask
from engine.definitions import DefinitionCache
from tests.executor.models import HEAD, ONE_TASK, model

KEYS = ("a", "b", "c")


@pytest.fixture
def engine(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that keeps one definition."""
    monkeypatch.setattr("engine.engine.DefinitionCache", partial(DefinitionCache, 1))
    opened = Engine.open(database_url)
    opened.upgrade()
    for key in KEYS:
        opened.deployments.deploy(model(ONE_TASK, key))
    yield opened
    assert opened.check() == []
    opened.close()


def test_batch_needs_more_definitions_than_are_kept(engine: Engine) -> None:
    started = engine.executor.execute([StartInstance(key=key) for key in KEYS])
    assert [outcome.error for outcome in started] == [None] * len(KEYS)
    tasks = [task.id for task in engine.queries.tasks.list()]
    completed = engine.executor.execute([CompleteTask(id=id) for id in tasks])
    assert [outcome.error for outcome in completed] == [None] * len(KEYS)
    assert engine.queries.process_instances.count() == 0


def test_step_needs_more_definitions_than_are_kept(engine: Engine) -> None:
    calls = "".join(
        f'<sequenceFlow id="f{key}" sourceRef="start" targetRef="{key}"/>'
        f'<callActivity id="{key}" calledElement="{key}"/>'
        for key in KEYS
    )
    caller = f'{HEAD}<process id="caller" isExecutable="true"><startEvent id="start"/>{calls}</process></definitions>'
    engine.deployments.deploy({"caller.bpmn": caller.encode()})
    id = engine.process_instances.start(key="caller").id
    engine.executor.execute([CompleteTask(id=task.id) for task in engine.queries.tasks.list()])[0].get()
    assert engine.queries.process_instances.find(id) is None
