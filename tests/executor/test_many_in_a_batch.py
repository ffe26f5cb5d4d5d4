"""A batch is about as many things as a query finds: it is found out and written down in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine import Engine, MigrationInstruction, MigrationPlan
from engine.authorization import Actor
from engine.core.commands.instances import StartInstance
from engine.core.state import BatchPart
from engine.services.batches import BatchSettings
from engine.services.queries import HISTORIC_PROCESS_INSTANCES, Query, definition_reference
from tests.executor.models import ONE_TASK, model

MANY = 12_000
LEASE = timedelta(minutes=10)
SETTINGS = BatchSettings(jobs_per_seed=50, invocations_per_job=100)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine whose batches have large jobs, so that there are few of them."""
    opened = Engine.open(database_url, batches=SETTINGS)
    opened.upgrade()
    yield opened
    opened.close()


def _start(engine: Engine, count: int) -> None:
    for first in range(0, count, 500):
        engine.executor.execute([StartInstance(key="p") for _ in range(min(500, count - first))])


def _begin(engine: Engine, count: int) -> tuple[int, int]:
    """Begins to migrate all that run, in the name of somebody; gives the batch, and how many statements that took."""
    newest = engine.queries.latest_definition("p")
    source, query = newest.id, {"processDefinitionId": definition_reference(newest), "unfinished": True}
    engine.deployments.deploy(model(ONE_TASK.replace('id="end"', 'id="end" name="Done"')))
    target = engine.queries.latest_definition("p").id
    plan = MigrationPlan(source, target, (MigrationInstruction("task", "task"),))
    operator = engine.in_the_name_of(Actor("ann", administrator=True))
    with engine.database.count_statements() as counter:
        ids = operator.queries.ids(HISTORIC_PROCESS_INSTANCES, query)
        assert len(ids) == count
        batch = operator.migrations.start_batch(plan, ids, user="ann")
    return batch, counter.count


def test_more_than_a_page_of_instances_are_migrated(engine: Engine) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    _start(engine, 10)
    _, few = _begin(engine, 10)
    _start(engine, MANY)
    batch, many = _begin(engine, MANY)
    # The same statements, but that rights are looked up for 10,000 at once, and rows written a thousand at once.
    assert many - few <= 6
    with engine.database.read() as tx:
        parts = tx.select(BatchPart, "batch_id", [batch])
    assert len(parts) == -(-MANY // (SETTINGS.jobs_per_seed * SETTINGS.invocations_per_job))
    assert engine.queries.batch_statistics.get(batch).total_jobs == MANY // SETTINGS.invocations_per_job
    while engine.dispatch.run_internal("test", lease=LEASE, limit=100):
        pass
    assert engine.queries.historic_batches.get(batch).ended_at is not None
    newest = Query({"processDefinitionId": definition_reference(engine.queries.latest_definition("p"))})
    assert engine.queries.process_instances.count(newest) == MANY
