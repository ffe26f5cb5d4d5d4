"""Elements whose state is more than one row, on both databases: it is written, read again, and seen from outside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import Engine, executor
from tests.core.models import process, user

TasksOf = Callable[[int], list[int]]


@pytest.fixture(autouse=True, params=[False, True], ids=["whole", "in parts"])
def loading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees are loaded whole, and once more only as far as a step asks."""
    if request.param:
        monkeypatch.setattr(executor, "SMALL_TREE", 0)


def test_a_standard_loop_counts(engine: Engine, tasks_of: TasksOf) -> None:
    model = process("start > a > after", {"a": user().looping("${loopCounter < 2}")})
    engine.deployments.deploy({"p.bpmn": model})
    instance = engine.process_instances.start(key="p").id
    for index in range(2):
        (task,) = tasks_of(instance)
        assert engine.queries.variables_of(task) == {"loopCounter": index}
        body = engine.queries.activity_tree(instance).children[0]
        assert body.element_id == "a#standardLoopBody"
        assert engine.queries.local_variables_of(body.id) == {"loopCounter": index}
        engine.tasks.complete(task)
    (task,) = tasks_of(instance)
    assert engine.queries.tasks.get(task).element_id == "after"
