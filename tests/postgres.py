"""A private PostgreSQL cluster for tests and benchmarks: found or installed, started in its own folder, thrown away."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests import debian
from tests.ports import free_port

BINARY_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)
HOW_TO_INSTALL = "install a PostgreSQL server (Debian: apt-get install postgresql; macOS: brew install postgresql@17)"

PATIENCE = 300
"""Seconds a server may take to start."""

# Nothing here outlives the machine, so a test run need not wait for the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresMissing(Exception):
    """No PostgreSQL server programs on this machine."""


def binaries() -> Path:
    """The folder that holds `initdb` and `pg_ctl`, the newest release first; raises PostgresMissing."""
    candidates = sorted((found for pattern in BINARY_FOLDERS for found in Path("/").glob(pattern)), reverse=True)
    on_path = shutil.which("pg_ctl")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise PostgresMissing(f"no PostgreSQL server programs found: {HOW_TO_INSTALL}")


def install() -> None:
    """Installs the server from the Debian archive when it is missing and we are root with apt; else says so."""
    try:
        binaries()
    except PostgresMissing as missing:
        debian.install("postgresql", missing, "The tests on PostgreSQL")


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster in `folder`, listening on a loopback port; every local user may connect."""

    folder: Path
    port: int

    @classmethod
    def create(cls, folder: Path, *, durable: bool = False) -> Cluster:
        """Makes and starts a cluster in the existing `folder`. `durable` keeps fsync, for tests that kill things."""
        server = _server_user()
        if server:
            os.chown(folder, server.pw_uid, server.pw_gid)
        port = free_port()
        cluster = cls(folder, port)
        _run("initdb", "-D", cluster._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={port}",
            f"unix_socket_directories={folder}",
            "max_connections=200",
            "shared_buffers=64MB",
            *(() if durable else FAST),
        ]
        with (folder / "data" / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, _, value in (each.partition("=") for each in settings))
        cluster.start()
        return cluster

    def start(self) -> None:
        """Starts the server."""
        _run("pg_ctl", "-D", self._data, "-l", str(self.folder / "log"), "-w", "-t", str(PATIENCE), "start")

    def kill(self) -> None:
        """Ends the postmaster as `kill -9` does, and returns when it is gone; its children notice, and end too."""
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        while self._listens():
            time.sleep(0.01)

    def restart(self) -> None:
        """Starts the server that was killed, which takes some tries while its children still end."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.start()
                return
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10):
                return True
        except OSError:
            return False

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database in this cluster."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Makes a database as a copy of `template` and returns its URL."""
        statement = "CREATE DATABASE {} TEMPLATE {}"
        self._administer(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Removes a database, closing the connections that are still open to it."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self, mode: str = "immediate") -> None:
        """Stops the server: `fast` closes connections and writes everything, `immediate` is a crash."""
        _run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(statement)


class SharedCluster:
    """One cluster for all processes of a test session: the first that asks starts it, the one that made it ends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def prepare(cls) -> SharedCluster:
        """Makes the folder that the processes share; nothing is started yet."""
        folder = Path(tempfile.mkdtemp(prefix="baton-pg-"))
        folder.chmod(0o711)
        return cls(folder)

    @property
    def _note(self) -> Path:
        return self.folder / "cluster.json"

    def obtain(self, make_template: Callable[[Cluster], None]) -> Cluster:
        """The running cluster; `make_template` is called once, in the process that started it."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._note.exists():
                return self._running()
            place = self.folder / "pg"
            shutil.rmtree(place, ignore_errors=True)  # what a process left that could not start one
            place.mkdir()
            cluster = Cluster.create(place)
            self._note.write_text(json.dumps({"port": cluster.port}))
            make_template(cluster)
            return cluster

    def discard(self) -> None:
        """Stops the cluster if anyone started it, and removes the folder."""
        if self._note.exists():
            self._running().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _running(self) -> Cluster:
        return Cluster(self.folder / "pg", int(json.loads(self._note.read_text())["port"]))


@contextmanager
def private_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A cluster of one's own for the length of a `with` block."""
    folder = Path(tempfile.mkdtemp(prefix="baton-pg-"))
    try:
        cluster = Cluster.create(folder, durable=durable)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root, so root lends it another account."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresMissing("PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to lend it")


def _run(program: str, *arguments: str) -> None:
    user = _server_user()
    identity: dict[str, object] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    with tempfile.TemporaryFile("w+") as output:
        # A file and not a pipe: the server inherits it, and a pipe would stay open as long as the server runs.
        done = subprocess.run(
            [binaries() / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            cwd="/",
            check=False,
            **identity,  # type: ignore[call-overload]
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{program} failed with code {done.returncode}:\n{output.read()}")


def main() -> None:
    """`--install` makes sure that a server is there; without it, runs a cluster until Ctrl-C and prints its URL."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--install", action="store_true", help="install the server if it is missing and stop")
    if arguments.parse_args().install:
        install()
        return
    with private_cluster(durable=True) as cluster:
        print(f"export BATON_DATABASE_URL={cluster.create_database('baton')}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
