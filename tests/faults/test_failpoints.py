"""Failpoints are inert when unset, and do in a fresh process what BATON_FAILPOINTS says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.failpoints import BadFailpoint, parse

REACH = "from engine.failpoints import failpoint\nfor name in 'aaba': failpoint(name); print(name, end='', flush=True)"


def reach(rules: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "BATON_FAILPOINTS": rules}
    return subprocess.run(
        [sys.executable, "-c", REACH], env=environment, capture_output=True, text=True, timeout=180, check=False
    )


def test_nothing_happens_when_unset() -> None:
    done = reach("")
    assert (done.returncode, done.stdout) == (0, "aaba")


@pytest.mark.parametrize(("rule", "printed"), [("a@1=kill", ""), ("a@3=kill", "aab"), ("b=kill", "aa"), ("a=kill", "")])
def test_kill_ends_the_process_at_that_time(rule: str, printed: str) -> None:
    done = reach(rule)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, printed)


def test_raise_names_the_place() -> None:
    done = reach("b=raise")
    assert done.returncode == 1
    assert "FailpointReached: failpoint b, time 1" in done.stderr


def test_record_lists_the_places(tmp_path: Path) -> None:
    done = reach(f"*=record:{tmp_path / 'places'}; a@1=sleep:1")
    assert (done.returncode, done.stdout) == (0, "aaba")
    assert (tmp_path / "places").read_text().split() == ["a@1", "a@2", "b@1", "a@3"]


def test_block_waits_until_the_file_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "block"
    process = subprocess.Popen(
        [sys.executable, "-c", REACH],
        env={**os.environ, "BATON_FAILPOINTS": f"b=block:{file}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while not file.exists():
            assert process.poll() is None
            time.sleep(0.005)
        assert process.stdout is not None
        assert process.stdout.read(2) == "aa"
        assert process.poll() is None
        file.unlink()
        assert process.communicate(timeout=180)[0] == "ba"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("text", ["a", "a=", "=kill", "a@x=kill", "a=explode", "a=sleep:long", "a=block:", "a=kill:1"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadFailpoint, match="BATON_FAILPOINTS"):
        parse(text)
