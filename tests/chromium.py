"""The Chromium that the browser tests drive: found on this machine, or installed from the Debian archive."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests import debian

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = "chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
"""What it is started with: nothing that asks the network by itself, and no sandbox, which root may not have."""


class ChromiumMissing(Exception):
    """No Chromium is on this machine."""


def find() -> Path:
    """The browser's program. Raises ChromiumMissing."""
    for program in PROGRAMS:
        found = shutil.which(program)
        if found:
            return Path(found)
    raise ChromiumMissing(f"no Chromium found: install it (Debian: apt-get install {PACKAGE})")


def install() -> None:
    """Installs it from the Debian archive when it is missing and we are root with apt; else says so."""
    try:
        find()
    except ChromiumMissing as missing:
        debian.install(PACKAGE, missing, "The tests in a browser")


if __name__ == "__main__":
    if sys.argv[1:] == ["--install"]:
        install()
    else:
        print(find())
