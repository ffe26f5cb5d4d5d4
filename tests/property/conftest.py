"""`--seed N` replays one random model; `--models N` are tried on SQLite, and every sixth on PostgreSQL."""

from __future__ import annotations

import pytest

STRIDES = {"seed": 1, "sixth_seed": 6}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two options; they exist only where this folder is named on the command line."""
    group = parser.getgroup("random models")
    group.addoption("--seed", type=int, default=None, help="run only the random model of this seed")
    group.addoption("--models", type=int, default=300, help="how many random models to run (default: 300)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed."""
    only, models = metafunc.config.getoption("--seed", None), metafunc.config.getoption("--models", 300)
    for name in STRIDES.keys() & metafunc.fixturenames:
        metafunc.parametrize(name, range(0, models, STRIDES[name]) if only is None else [only])
