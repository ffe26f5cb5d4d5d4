"""Handlers that hang, fail, give nonsense or take their process along (F26-F29): nothing but their job fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import Engine
from engine.core.lifecycle import JobState
from engine.services.dispatch import MOST_DEATHS
from tests.faults.ledger import waiting
from tests.faults.patience import eventually
from tests.faults.probes import DEATHS, RESULTS, ProbeWitness
from tests.faults.servers import SHORT, server
from tests.worker.models import ended, incidents, process, sequence, values, work

pytestmark = pytest.mark.slow


def deploy_each(engine: Engine, *topics: str) -> None:
    """A process for each topic, of that name."""
    for topic in topics:
        engine.deployments.deploy({f"{topic}.bpmn": process(sequence(work("w", topic)), key=topic)})


def start(engine: Engine, topic: str, **variables: object) -> int:
    """An instance with work of that topic."""
    return engine.process_instances.start(key=topic, variables=variables).id


def test_a_handler_that_hangs_fails_and_holds_nobody_up(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy_each(engine, "hanging", "quick")
    hung, quick = start(engine, "hanging"), [start(engine, "quick") for _ in range(10)]
    with server(database_url, tmp_path, BATON_JOB_THREADS="1") as started:
        eventually(lambda: incidents(engine), "its attempts are used up")
        eventually(lambda: all(ended(engine, each) for each in quick), "the others go on")
        assert started.health().json()["checks"]["runner"] == {"status": "up", "hungHandlers": 2}
    assert [attempts for attempts in witness.attempts().values() if len(attempts) > 1] == [[1, 2]]
    assert incidents(engine) == ["The handler of 'hanging' took longer than its 0.5 s"]
    assert waiting(engine) == {JobState.FAILED: 1}
    assert not ended(engine, hung)


def test_results_that_no_variable_can_be_are_incidents_that_name_it(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy_each(engine, "giving", "quick")
    instances = [start(engine, "giving", what=what) for what in RESULTS]
    quick = start(engine, "quick")
    with server(database_url, tmp_path):
        eventually(lambda: len(incidents(engine)) == len(RESULTS), f"all are refused: {incidents(engine)}")
        eventually(lambda: ended(engine, quick), "the server goes on")
    assert all("'bad result'" in (message or "") for message in incidents(engine)), incidents(engine)
    assert sorted(witness.attempts().values()) == [[1]] * (len(RESULTS) + 1)
    assert [values(engine, each) for each in instances] == [{"what": what} for what in RESULTS]


def test_failures_of_every_kind_count_as_attempts(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy_each(engine, "dying", "quick")
    for what in DEATHS:
        start(engine, "dying", what=what)
    with server(database_url, tmp_path, BATON_JOB_THREADS="2") as started:
        eventually(lambda: len(incidents(engine)) == len(DEATHS), f"all have failed: {incidents(engine)}")
        quick = start(engine, "quick")
        eventually(lambda: ended(engine, quick), "the server goes on")
        assert started.health().status_code == 200
    assert sorted(witness.attempts().values()) == [[1], *[[1, 2]] * len(DEATHS)]
    assert len(set(witness.processes())) == 1


@pytest.mark.parametrize("death", ["segmentation fault", "kill"])
def test_a_job_that_ends_its_process_ends_in_an_incident_and_alone(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path, death: str
) -> None:
    deploy_each(engine, "poison", "short")
    poisoned = start(engine, "poison", what=death)
    others = [start(engine, "short") for _ in range(20)]
    with server(database_url, tmp_path, BATON_JOB_THREADS="4", **SHORT) as started:
        eventually(lambda: incidents(engine), "its attempts are used up")
        eventually(lambda: all(ended(engine, each) for each in others), "the others are done")
        eventually(lambda: started.health().status_code == 200, "the server lives")
    [message] = incidents(engine)
    assert "died or hung during attempt" in (message or "")
    assert not ended(engine, poisoned)
    assert 2 <= max(witness.attempts().values(), key=len)[-1] <= MOST_DEATHS
    assert waiting(engine) == {JobState.FAILED: 1}
