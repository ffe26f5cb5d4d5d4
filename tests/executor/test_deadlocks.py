"""Who deletes definitions and who is in the middle of a step may wait for each other: both get their way in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

import pytest

from engine import Engine
from engine.services.deployments import Deployed
from engine.store import deployments as store
from engine.store.transaction import WriteTransaction
from tests.executor.models import ONE_TASK, model

DELETIONS: dict[str, Callable[[Engine, Deployed], None]] = {
    "deployment": lambda engine, made: engine.deployments.delete(
        made.deployment.id, cascade=True, skip_listeners=True, skip_io_mappings=True
    ),
    "definition": lambda engine, made: engine.process_definitions.delete(
        definition_id=made.process_definitions[0].id, cascade=True, skip_listeners=True, skip_io_mappings=True
    ),
}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # one writer waits for nobody
@pytest.mark.parametrize("deletion", DELETIONS)
def test_a_deletion_that_a_deadlock_undoes_is_tried_again(
    engine: Engine, deletion: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = engine.deployments.deploy(model(ONE_TASK))
    definition = made.process_definitions[0].id
    instance = engine.process_instances.start(key="p").id
    problems: list[Exception] = []
    plain, locked = store._lock_definitions, threading.Event()

    def lock_definitions(tx: WriteTransaction, ids: Collection[int]) -> None:
        plain(tx, ids)
        if not locked.is_set():  # the first time: the step is to wait before the deletion does
            locked.set()
            with engine.database.read() as other:
                while not other.run(WAITING, []).fetchone()[0]:
                    other.run("SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)", [])

    def delete() -> None:
        try:
            DELETIONS[deletion](engine, made)
        except Exception as problem:
            problems.append(problem)

    monkeypatch.setattr(store, "_lock_definitions", lock_definitions)
    deleting = threading.Thread(target=delete)
    with engine.database.write() as tx:  # a step that calls the process that it is in, as far as its locks go
        for name in ("deadlock_timeout", "lock_timeout"):  # it is the deletion that finds the deadlock
            tx.run(f"SET LOCAL {name} = '{PATIENCE}s'", [])
        tx.lock_roots([instance])
        deleting.start()
        assert locked.wait(PATIENCE)
        assert store.share_definitions(tx, [definition])
    deleting.join()
    assert problems == []
    assert engine.queries.process_definitions.list() == []


PATIENCE = 60
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND query LIKE '%%process_definition%%'"
)
