"""A runner that is killed at every failpoint it passes (F1, F2, F3, F6), and two that do the same jobs at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import Engine
from tests.faults.ledger import done, waiting
from tests.faults.patience import eventually
from tests.faults.probes import ProbeWitness
from tests.faults.servers import server
from tests.worker.models import deploy, end_leases, ended, run, sequence, values, work

pytestmark = pytest.mark.slow

Walk = Callable[[str, int], int]

TIMER = (
    '<intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>PT0.05S</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>"
)
BODY = sequence(TIMER, '<task id="later" camunda:asyncBefore="true"/>', work("w", "quick"))
JOBS = 3
SERVERS = 2
MOST = 4
"""How often the process may come by a failpoint before it is killed there: later times are only more of the same."""


@pytest.fixture
def walk(database_url: str, tmp_path: Path) -> Iterator[Walk]:
    command = [sys.executable, "-m", "tests.faults.jobs_walk"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forker:

        def ask(failpoints: str, instance: int) -> int:
            assert forker.stdin
            assert forker.stdout
            request = {"folder": str(tmp_path), "failpoints": failpoints, "url": database_url, "instance": instance}
            print(json.dumps(request), file=forker.stdin, flush=True)
            return int(forker.stdout.readline())

        yield ask
        assert forker.stdin
        forker.stdin.close()
        assert forker.wait(timeout=180) == 0


def test_a_runner_may_die_anywhere(engine: Engine, walk: Walk, witness: ProbeWitness, tmp_path: Path) -> None:
    deploy(engine, BODY)
    record = tmp_path / "failpoints"
    assert walk(f"*=record:{record}", run(engine)) == 0
    places = sorted({place for place in record.read_text().split() if int(place.partition("@")[2]) <= MOST})
    assert len({place.partition("@")[0] for place in places}) >= 8, places
    killed = 0
    for count, place in enumerate(places, start=2):
        instance = run(engine)
        # How often it looks for jobs before there are any is a matter of time: it may end before it comes there.
        code = walk(f"{place}=kill", instance)
        assert code in (0, -signal.SIGKILL), place
        killed += code != 0
        assert engine.check() == [], place
        end_leases(engine)
        assert walk("", instance) == 0, place
        assert engine.check() == [], place
        assert done(engine) == [1] * JOBS * count, place
        [attempt] = values(engine, instance).values()
        assert attempt in (1, 2), place
    assert killed > len(places) / 2
    assert all(attempts in ([1], [2], [1, 2]) for attempts in witness.attempts().values())
    assert len(witness.attempts()) == len(places) + 1


def test_runners_in_two_servers_do_each_job_once(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy(engine, BODY)
    with server(database_url, tmp_path), server(database_url, tmp_path):
        instances: list[int] = []

        def both_took_part() -> bool:
            instances.extend(run(engine) for _ in range(20))
            return len(set(witness.processes())) == SERVERS

        eventually(both_took_part, "both have done some")
        eventually(lambda: all(ended(engine, each) for each in instances), "all is done")
    assert done(engine) == [1] * JOBS * len(instances)
    assert list(witness.attempts().values()) == [[1]] * len(instances)
    assert not waiting(engine)
