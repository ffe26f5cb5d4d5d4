"""The DMN TCK: the decisions, services and knowledge models of its models, read by the standard."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.decision.tck import decide

TCK = Path(__file__).parents[3] / "shared" / "dmn-tck"

JAVA = "0076-feel-external-java"
"""The folder whose functions are methods of Java classes, which are not called."""

pytestmark = pytest.mark.skipif(not TCK.is_dir(), reason=f"the DMN TCK is not at {TCK}: nothing was compared")


def runner() -> Any:
    spec = importlib.util.spec_from_file_location("run_tck", TCK / "run_tck.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_all_cases() -> None:
    outcomes = list(runner().run(TCK, decide, [], ""))
    failures = [one for one in outcomes if not one.passed and one.folder != JAVA]
    assert not failures, "\n".join(f"{one.folder}/{one.case}: {one.message}" for one in failures)
    of_java = [one for one in outcomes if one.folder == JAVA]
    assert not any(one.passed for one in of_java if not one.expects_null)
    assert len(outcomes) - len(of_java) > 2000
