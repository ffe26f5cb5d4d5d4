"""Servers that die while they delete what is old: another one goes on, nothing is lost and nothing else is deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import Engine, Removal
from tests.faults.patience import eventually
from tests.faults.servers import server
from tests.worker.models import deploy, end_leases, run, sequence

pytestmark = pytest.mark.slow

OLD, KEPT = 9, 2


@pytest.mark.parametrize(
    "place",
    ["retention.before_commit@2", "retention.after_commit@2", "executor.before_commit@3", "worker.after_claim@2"],
)
def test_cleaning_goes_on_whoever_dies(engine: Engine, database_url: str, tmp_path: Path, place: str) -> None:
    deploy(engine, sequence('<task id="a"/>'))
    instances = [run(engine) for _ in range(OLD + KEPT)]
    engine.retention.set_removal_time(instances[:OLD], Removal(datetime(2020, 1, 1, tzinfo=UTC)))
    while engine.queries.batches.count():
        (job, *_) = engine.queries.jobs.list()
        engine.jobs.execute(job.id)
    engine.retention.clean_up()
    here = tmp_path / "here"
    settings = {"BATON_HISTORY_CLEANUP_BATCH_SIZE": "2"}
    with server(database_url, tmp_path, BATON_FAILPOINTS=f"{place}=block:{here}", **settings) as victim:
        eventually(here.exists, f"it comes to {place}")
        victim.kill()
    end_leases(engine)
    assert engine.queries.historic_process_instances.count() > KEPT
    with server(database_url, tmp_path, **settings):
        eventually(lambda: engine.retention.state().ran_at, "all has been seen")
    left = [each.id for each in engine.queries.historic_process_instances.list()]
    assert left == instances[OLD:]
    assert engine.retention.state().error is None


def test_two_servers_delete_each_thing_once(engine: Engine, database_url: str, tmp_path: Path) -> None:
    deploy(engine, sequence('<task id="a"/>'))
    instances = [run(engine) for _ in range(40)]
    engine.retention.set_removal_time(instances[:39], Removal(datetime(2020, 1, 1, tzinfo=UTC)))
    while engine.queries.batches.count():
        (job, *_) = engine.queries.jobs.list()
        engine.jobs.execute(job.id)
    engine.retention.clean_up()
    settings = {"BATON_HISTORY_CLEANUP_BATCH_SIZE": "2", "BATON_HISTORY_CLEANUP_WINDOW": "00:00-00:00"}
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    with server(database_url, folders[0], **settings), server(database_url, folders[1], **settings):
        eventually(lambda: engine.queries.historic_process_instances.count() == 1, "all that is old is deleted")
        eventually(lambda: engine.retention.state().ran_at, "all has been seen")
    assert [each.kind for each in engine.queries.jobs.list()] == ["history-cleanup"]
