"""Programs that the tests drive, installed from the Debian archive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

_APT = ("apt-get", "-q", "-o", "Acquire::Retries=5", "-o", "DPkg::Lock::Timeout=600")
"""A download that breaks off is tried again, and whoever installs something at this moment is waited for."""


def install(package: str, why: Exception, what: str, more: Mapping[str, str] | None = None) -> None:
    """Installs a package, which is missing as `why` says, if we are root with apt; else says that `what` is skipped.

    `more` is added to the environment.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"{what} will be skipped: {why}", file=sys.stderr)
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **(more or {})}
    subprocess.run([*_APT, "update"], check=True, env=quiet)
    subprocess.run([*_APT, "install", "-y", "--no-install-recommends", package], check=True, env=quiet)
