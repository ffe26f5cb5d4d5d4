"""A pool for the tests that leave it whole, and the means to see which processes there are."""

from collections.abc import Iterator

import pytest

from engine.scripting import ScriptPool
from tests.scripting.processes import PATIENT


@pytest.fixture(scope="session")
def pool() -> Iterator[ScriptPool]:
    with ScriptPool(PATIENT) as shared:
        yield shared


@pytest.fixture(params=["javascript", "python"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)
