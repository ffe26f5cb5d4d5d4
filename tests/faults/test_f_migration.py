"""Instances that are migrated while they run, and while servers die (F36): they are wholly of one definition."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from engine import Engine, MigrationInstruction, MigrationPlan
from tests.faults.patience import eventually
from tests.faults.probes import ProbeWitness
from tests.faults.servers import Server, blocking, server
from tests.faults.test_f_pairs import FEW, at_once
from tests.worker.models import ended, process, sequence, values, work

pytestmark = pytest.mark.slow

HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"


def version(engine: Engine, number: int) -> int:
    """Deploy a version whose elements end with its number: work, a task with a timer, another task; gives its id."""
    body = sequence(work(f"w{number}", "waiting"), f'<userTask id="a{number}"/>', f'<userTask id="b{number}"/>')
    late = f'<boundaryEvent id="late{number}" attachedToRef="a{number}">{HOUR}</boundaryEvent>'
    engine.deployments.deploy({"p.bpmn": process(body + late)}, name="p")
    return engine.queries.latest_definition("p").id


@pytest.fixture
def plan(engine: Engine) -> MigrationPlan:
    """From the one version to the other."""
    first, second = version(engine, 1), version(engine, 2)
    pairs = tuple(MigrationInstruction(f"{name}1", f"{name}2") for name in ("w", "a", "b", "late"))
    return MigrationPlan(first, second, pairs)


def start(engine: Engine, plan: MigrationPlan) -> int:
    return engine.process_instances.start(definition_id=plan.source_id).id


def body(plan: MigrationPlan, *ids: int) -> dict[str, object]:
    return {
        "migrationPlan": {
            "sourceProcessDefinitionId": f"p:1:{plan.source_id}",
            "targetProcessDefinitionId": f"p:2:{plan.target_id}",
            "instructions": [
                {"sourceActivityIds": [each.source], "targetActivityIds": [each.target]} for each in plan.instructions
            ],
        },
        "processInstanceIds": [str(each) for each in ids],
    }


def definitions(engine: Engine, *ids: int) -> set[int]:
    return {engine.queries.process_instances.get(each).definition_id for each in ids}


@pytest.mark.parametrize(
    ("place", "migrated"),
    [("executor.before_write", False), ("executor.before_commit", False), ("executor.after_commit", True)],
)
def test_a_killed_server_has_migrated_all_or_none(
    engine: Engine, database_url: str, tmp_path: Path, plan: MigrationPlan, place: str, migrated: bool
) -> None:
    instances = [start(engine, plan) for _ in range(3)]
    here = tmp_path / "here"
    with server(database_url, tmp_path, BATON_JOB_RUNNER="off", **blocking(place, here)) as victim:

        def ask() -> None:
            with suppress(requests.ConnectionError):
                victim.post("/migration/execute", body(plan, *instances))

        asking = threading.Thread(target=ask)
        asking.start()
        eventually(here.exists, f"it comes to {place}")
        victim.kill()
        asking.join()
    assert definitions(engine, *instances) == {plan.target_id if migrated else plan.source_id}
    assert engine.check() == []
    if not migrated:
        engine.migrations.execute(plan, instances)
        assert definitions(engine, *instances) == {plan.target_id}


def test_work_that_runs_meanwhile_counts(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path, plan: MigrationPlan
) -> None:
    instance = start(engine, plan)
    with server(database_url, tmp_path) as running:
        eventually(lambda: len(witness.starts()) == 1, "the handler runs")
        assert running.post("/migration/execute", body(plan, instance)).status_code == 204
        (tmp_path / "go").touch()
        eventually(lambda: values(engine, instance) == {"waiting": 1}, "it is done")
    (task,) = engine.queries.tasks.list({"processInstanceId": str(instance)})
    assert (task.element_id, task.definition_id) == ("a2", plan.target_id)
    assert len(witness.starts()) == 1


@pytest.mark.parametrize("way", ["task", "timer"])
def test_what_goes_on_at_the_same_moment_is_not_lost(
    engine: Engine, database_url: str, tmp_path: Path, plan: MigrationPlan, way: str
) -> None:
    (tmp_path / "go").touch()
    with server(database_url, tmp_path) as running:
        for _ in range(FEW):
            instance = start(engine, plan)
            eventually(lambda at=instance: _tasks(engine, at) == ["a1"], "the task is there")  # type: ignore[misc]
            _race(engine, running, plan, instance, way)


def _tasks(engine: Engine, instance: int) -> list[str | None]:
    return [each.element_id for each in engine.queries.tasks.list({"processInstanceId": str(instance)})]


def _race(engine: Engine, running: Server, plan: MigrationPlan, instance: int, way: str) -> None:
    (task,) = engine.queries.tasks.list({"processInstanceId": str(instance)})
    (timer,) = engine.queries.jobs.list({"processInstanceId": str(instance)})
    path = f"/task/{task.id}/complete" if way == "task" else f"/job/{timer.id}/execute"
    moved, migrated = at_once(
        lambda: running.post(path), lambda: running.post("/migration/execute", body(plan, instance))
    )
    assert moved.status_code == 204, moved.text
    if way == "timer":
        assert ended(engine, instance)
        assert migrated.status_code in (204, 500), migrated.text
    else:
        assert migrated.status_code == 204, migrated.text
        assert (_tasks(engine, instance), definitions(engine, instance)) == (["b2"], {plan.target_id})
