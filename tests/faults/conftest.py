"""A database with its tables made, an engine over it that does no jobs, and the witness of the probes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine
from tests.faults import probes


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine of this process over the database of the others; the invariants must hold when the test is over."""
    opened = Engine.open(database_url)
    opened.upgrade()
    yield opened
    violations = opened.check()
    opened.close()
    assert violations == []


@pytest.fixture
def witness(tmp_path: Path) -> probes.ProbeWitness:
    """Who notes the runs of the probes."""
    return probes.witness(tmp_path)


@pytest.fixture
def engines(database_url: str) -> Iterator[list[Engine]]:
    """Three engines of this process over one database, which know nothing of each other."""
    found = [Engine.open(database_url) for _ in range(3)]
    found[0].upgrade()
    yield found
    for engine in found:
        engine.close()
