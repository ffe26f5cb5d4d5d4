"""The crash walk: a process is killed at every failpoint it passes; what was answered is there, and the rest can go on.

A first run records the failpoints of a scenario. Then, for each of them, a fresh process is killed there, and this one
takes over: the database must stand exactly where the reference stands after the calls that were committed, and the
invariants must hold, then and after the calls that are left.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest
from sqlalchemy import select

from engine import Engine
from engine.store.database import Database
from engine.store.tables import process_definition, process_instance
from tests.faults.scenarios import MODELS, reference_after, steps
from tests.property.observe import Observation, disagreements
from tests.property.render import files

BEFORE_FIRST_STEP = 2
"""Calls before the first task: deploy and start."""


class Walker:
    """Runs walks in processes of their own."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self.server = server

    def walk(self, url: str, scenario: str, business_key: str, failpoints: str) -> tuple[int, int]:
        """How many calls returned, and the exit code."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        request = {"url": url, "scenario": scenario, "business_key": business_key, "failpoints": failpoints}
        print(json.dumps(request), file=self.server.stdin, flush=True)
        returned, code = json.loads(self.server.stdout.readline())
        return returned, code


@pytest.fixture(scope="module")
def walker() -> Iterator[Walker]:
    command = [sys.executable, "-m", "tests.faults.walk"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield Walker(server)
        assert server.stdin is not None
        server.stdin.close()
        assert server.wait(timeout=180) == 0


@pytest.mark.parametrize("scenario", MODELS)
def test_a_crash_anywhere_loses_nothing(walker: Walker, database_url: str, scenario: str, tmp_path: Path) -> None:
    engine = Engine.open(database_url)
    engine.upgrade()
    engine.close()
    calls = BEFORE_FIRST_STEP + len(steps(MODELS[scenario]))
    record = tmp_path / "failpoints"
    assert walker.walk(database_url, scenario, "recorded", f"*=record:{record}") == (calls, 0)
    failpoints = record.read_text().split()
    committed = committed_at(failpoints)
    assert committed[-1] == calls
    for failpoint, count in zip(failpoints, committed, strict=True):
        returned, code = walker.walk(database_url, scenario, failpoint, f"{failpoint}=kill")
        assert code == -signal.SIGKILL, failpoint
        assert returned in (count - 1, count), failpoint
        take_over(database_url, scenario, failpoint, count)


def committed_at(failpoints: list[str]) -> list[int]:
    """How many calls are committed when each failpoint is reached; blocks of ids are committed in between."""
    names = [failpoint.partition("@")[0] for failpoint in failpoints]
    assert names.count("deploy.after_commit") == 1
    assert names.count("executor.after_commit") == names.count("executor.before_write") > 1
    ends = [
        name == "store.after_commit" and before in ("deploy.before_commit", "executor.before_commit")
        for name, before in zip(names, ["", "", *names], strict=False)
    ]
    return list(accumulate(ends))


def take_over(url: str, scenario: str, business_key: str, committed: int) -> None:
    """Check that just so many calls were committed, then make the others."""
    model = MODELS[scenario]
    engine, database = Engine.open(url), Database.open(url)
    try:
        assert versions_are_gapless(database)
        assert engine.check() == []
        if committed == 0:
            engine.deployments.deploy(files(model))
        if committed < BEFORE_FIRST_STEP:
            assert find(database, business_key) == []
            engine.process_instances.start(key="main", business_key=business_key, variables=model.variables)
        [root_id] = find(database, business_key)
        plan = steps(model)
        for count in range(max(committed - BEFORE_FIRST_STEP, 0), len(plan) + 1):
            seen = Observation(database, root_id)
            assert disagreements(seen, reference_after(model, count)) == [], business_key
            if count < len(plan):
                path, values = plan[count]
                engine.tasks.complete(seen.ready()[path], values)
        assert engine.check() == []
    finally:
        engine.close()
        database.close()


def find(database: Database, business_key: str) -> list[int]:
    """The process instances with this business key."""
    query = select(process_instance.c.id).where(process_instance.c.business_key == business_key)
    with database.read() as transaction:
        return list(transaction.connection.scalars(query))


def versions_are_gapless(database: Database) -> bool:
    """Are the versions of each key 1, 2, 3 ...?"""
    query = select(process_definition.c.key, process_definition.c.version).order_by(process_definition.c.version)
    versions: dict[str, list[int]] = {}
    with database.read() as transaction:
        for key, version in transaction.connection.execute(query):
            versions.setdefault(key, []).append(version)
    return all(found == list(range(1, len(found) + 1)) for found in versions.values())
