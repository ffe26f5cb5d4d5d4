"""Every endpoint that all clients need is there, for the resources that this engine has."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.conformance.applicable import is_served

ENDPOINTS = Path(__file__).parents[2].parent / "shared" / "conformance" / "endpoints.tsv"
RESOURCES = (
    "/authorization",
    "/batch",
    "/decision-definition",
    "/decision-requirements-definition",
    "/deployment",
    "/engine",
    "/event-subscription",
    "/execution",
    "/external-task",
    "/filter",
    "/history/activity-instance",
    "/history/batch",
    "/history/decision-definition",
    "/history/decision-instance",
    "/history/decision-requirements-definition",
    "/history/external-task-log",
    "/history/identity-link-log",
    "/history/incident",
    "/history/job-log",
    "/history/process-instance",
    "/history/task",
    "/history/user-operation",
    "/history/variable-instance",
    "/incident",
    "/job",
    "/message",
    "/process-definition",
    "/process-instance",
    "/task",
    "/variable-instance",
    "/version",
)


@pytest.mark.skipif(not ENDPOINTS.is_file(), reason=f"there is no {ENDPOINTS}: no endpoint was looked for")
def test_tier_one_is_served() -> None:
    with ENDPOINTS.open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["path"].startswith(RESOURCES)]
    missing = [
        f"{row['method']} {row['path']}"
        for row in rows
        if row["tier"] == "1" and not is_served(row["method"], re.sub(r"{[\w-]+}", "x", row["path"]))
    ]
    assert not missing
    served = sum(is_served(row["method"], re.sub(r"{[\w-]+}", "x", row["path"])) for row in rows)
    print(f"{served} of {len(rows)} endpoints of these resources are served")
    assert served > 100
