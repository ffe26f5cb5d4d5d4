"""Servers that die in the middle of a batch: another one goes on where it was, and each thing has it done once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from engine import BatchSettings, Engine
from engine.store.tables import variable_update
from tests.faults.ledger import done
from tests.faults.patience import eventually
from tests.faults.servers import server
from tests.worker.models import deploy, end_leases, run, sequence

pytestmark = pytest.mark.slow

THINGS = 12


def changes(engine: Engine) -> Counter[int | None]:
    """How often a variable was set, by process instance."""
    with engine.database.read() as tx:
        return Counter(tx.connection.scalars(select(variable_update.c.process_instance_id)))


@pytest.mark.parametrize(
    "place", ["worker.after_claim@2", "executor.before_write@2", "executor.before_commit@3", "executor.after_commit@2"]
)
def test_a_batch_survives_who_does_it(engine: Engine, database_url: str, tmp_path: Path, place: str) -> None:
    deploy(engine, sequence('<userTask id="a"/>'))
    instances = [run(engine) for _ in range(THINGS)]
    starter = Engine.open(database_url, batches=BatchSettings(jobs_per_seed=4))
    batch = starter.bulk.set_variables(instances, {"x": 1})
    starter.close()
    here = tmp_path / "here"
    with server(database_url, tmp_path, BATON_FAILPOINTS=f"{place}=block:{here}") as victim:
        eventually(here.exists, f"it comes to {place}")
        victim.kill()
    end_leases(engine)
    assert len(changes(engine)) < THINGS
    with server(database_url, tmp_path):
        eventually(lambda: engine.queries.historic_batches.get(batch).ended_at, "the batch has ended")
    assert changes(engine) == dict.fromkeys(instances, 1)
    assert set(done(engine)) == {1}
    assert engine.queries.historic_batches.get(batch).total_jobs == THINGS
