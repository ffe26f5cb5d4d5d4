"""An engine with some process instances to ask about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import Engine
from tests.store.query.models import CALLER, NESTED, ONE_TASK


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine with three processes deployed; once on SQLite and once on PostgreSQL."""
    made = Engine.open(database_url)
    made.upgrade()
    made.deployments.deploy({"one.bpmn": ONE_TASK, "caller.bpmn": CALLER, "nested.bpmn": NESTED}, name="first")
    yield made
    made.close()
