"""The sources of the web app: their types fit the REST API's documents, and their unit tests pass."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tasklist.app import STATIC

WEB = Path(__file__).parents[2] / "tasklist" / "web"
MOST_AT_FIRST = 120 * 1024
"""Bytes, compressed, of the scripts that a browser needs before it shows the list of tasks."""


@pytest.mark.slow
def test_types_fit_the_documents_and_unit_tests_pass() -> None:
    done = subprocess.run([sys.executable, WEB / "build.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_first_script_is_small() -> None:
    page = (STATIC / "index.html").read_text()
    scripts = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page)
    assert scripts
    assert sum(len(gzip.compress((STATIC / script).read_bytes())) for script in scripts) < MOST_AT_FIRST


def test_packages_are_pinned_and_the_lock_names_no_hosts() -> None:
    text = (WEB / "package.json").read_text()
    versions = re.findall(r'^    "[^"]+": "([^"]+)",?$', text.partition('"dependencies"')[2], re.MULTILINE)
    assert versions
    assert [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    assert "resolved" not in (WEB / "package-lock.json").read_text()
