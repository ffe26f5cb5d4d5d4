"""Private message brokers for tests and benchmarks: Redis and RabbitMQ on loopback ports, in folders of their own."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from tests import debian
from tests.ports import free_port

PATIENCE = 300.0
"""Seconds a broker may take to start."""

# Debian keeps RabbitMQ's own programs out of the path; the ones in the path insist on another account.
PROGRAM_FOLDERS = ("/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin", "/usr/sbin")


class BrokerMissing(Exception):
    """The programs of a broker are not on this machine."""


class Broker(ABC):
    """A broker in `folder` that listens on `port` of the loopback interface; nothing in it is worth keeping."""

    name: ClassVar[str]
    package: ClassVar[str]
    program: ClassVar[str]

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._server: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """What BATON_BROKER_URL has to be."""

    @abstractmethod
    def wipe(self) -> None:
        """Forget every message and every queue, as after a loss of the disk; starts it if it is down."""

    @abstractmethod
    def _command(self) -> tuple[list[str], Mapping[str, str]]:
        """The server's command line and what it adds to the environment."""

    @abstractmethod
    def _answers(self) -> bool:
        """Is it ready for clients?"""

    @classmethod
    def find(cls) -> Path:
        """The server's program; raises BrokerMissing."""
        found = shutil.which(cls.program, path=os.pathsep.join((*PROGRAM_FOLDERS, os.environ.get("PATH", ""))))
        if found is None:
            raise BrokerMissing(f"no {cls.program} found: install {cls.name} (Debian: apt-get install {cls.package})")
        return Path(found)

    @classmethod
    def install(cls) -> None:
        """Installs it from the Debian archive when it is missing and we are root with apt; else says so."""
        try:
            cls.find()
        except BrokerMissing as missing:
            with tempfile.TemporaryDirectory() as folder:
                # Debian would start a server of its own, which nobody here wants.
                policy = Path(folder) / "policy-rc.d"
                policy.write_text("#!/bin/sh\nexit 101\n")
                policy.chmod(0o755)
                debian.install(cls.package, missing, f"The tests on {cls.name}", {"POLICYRCD": str(policy)})

    def start(self) -> None:
        """Starts it, again after `stop` or `kill` with what it had kept, and waits until it answers."""
        command, environment = self._command()
        with (self.folder / "log").open("ab") as log:
            server = self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
                cwd=self.folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if server.poll() is not None or time.monotonic() > deadline:
                self.kill()
                told = (self.folder / "log").read_text(errors="replace")[-3000:]
                raise RuntimeError(f"{self.name} did not start:\n{told}")
            time.sleep(0.05)

    def kill(self) -> None:
        """Ends it as `kill -9` does; nothing happens when it is down."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            while self._answers():
                time.sleep(0.01)

    def freeze(self) -> None:
        """Let it answer nobody, though its connections stay."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGCONT)

    def ensure(self) -> None:
        """Starts it unless it is up."""
        if self._server is None:
            self.start()


class Redis(Broker):
    """Redis that keeps nothing on disk."""

    name = "Redis"
    package = "redis-server"
    program = "redis-server"

    @property
    def url(self) -> str:
        """What BATON_BROKER_URL has to be."""
        return f"redis://127.0.0.1:{self.port}/0"

    def wipe(self) -> None:
        """Forget every message and every queue; starts it if it is down."""
        self.ensure()
        self._ask("FLUSHALL")

    def _command(self) -> tuple[list[str], Mapping[str, str]]:
        options = ("--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no")
        return [str(self.find()), *options, "--dir", str(self.folder)], {}

    def _answers(self) -> bool:
        try:
            return self._ask("PING").startswith("+PONG")
        except OSError:
            return False

    def _ask(self, command: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as server:
            server.sendall(command.encode() + b"\r\n")
            return server.recv(1024).decode()


class RabbitMQ(Broker):
    """RabbitMQ with a node and an Erlang port mapper of its own; needs neither an account nor a plugin."""

    name = "RabbitMQ"
    package = "rabbitmq-server"
    program = "rabbitmq-server"

    @property
    def url(self) -> str:
        """What BATON_BROKER_URL has to be."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def wipe(self) -> None:
        """Forget every message and every queue, by starting anew with nothing: what is connected is cut off."""
        self.kill()
        shutil.rmtree(self.folder / "mnesia", ignore_errors=True)
        self.start()

    def _command(self) -> tuple[list[str], Mapping[str, str]]:
        ports = _ports(self.folder)
        configuration = self.folder / "rabbitmq.conf"
        configuration.write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\nloopback_users.guest = true\n")
        # The port mapper is started here because the server would start it out of reach of `kill`.
        with_mapper = ["/bin/sh", "-c", 'epmd >/dev/null & exec "$0"', str(self.find())]
        return with_mapper, {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"baton{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(ports["distribution"]),
            "RABBITMQ_CONFIG_FILE": str(configuration.with_suffix("")),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_PID_FILE": str(self.folder / "erlang.pid"),
            # The schedulers of a server that is alone would keep a small machine busy with waiting.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none +S 1:1",
        }

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as server:
                server.sendall(b"AMQP\x00\x00\x09\x01")
                return server.recv(1) == b"\x01"
        except OSError:
            return False


BROKERS: dict[str, type[Broker]] = {"redis": Redis, "rabbitmq": RabbitMQ}


@contextmanager
def private_broker(kind: str) -> Iterator[Broker]:
    """A broker of one's own for the length of a `with` block: `redis` or `rabbitmq`. Raises BrokerMissing."""
    BROKERS[kind].find()
    folder = Path(tempfile.mkdtemp(prefix=f"baton-{kind}-"))
    broker = create(BROKERS[kind], folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(folder, ignore_errors=True)


def create(kind: type[Broker], folder: Path) -> Broker:
    """A broker in the existing `folder`, not started yet, on ports that are free now and stay its own."""
    (folder / "ports.json").write_text(json.dumps({name: free_port() for name in ("broker", "epmd", "distribution")}))
    return kind(folder, _ports(folder)["broker"])


def _ports(folder: Path) -> dict[str, int]:
    known: dict[str, int] = json.loads((folder / "ports.json").read_text())
    return known


def main() -> None:
    """`--install` makes sure that brokers are there; without it, runs one until Ctrl-C and prints its URL."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--install", action="store_true", help="install the brokers that are missing and stop")
    arguments.add_argument("broker", nargs="?", choices=BROKERS, default="redis")
    given = arguments.parse_args()
    if given.install:
        for kind in BROKERS.values():
            kind.install()
        return
    with private_broker(given.broker) as broker:
        print(f"export BATON_BROKER_URL={broker.url}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
