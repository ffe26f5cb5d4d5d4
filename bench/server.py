"""A real `baton serve` process on a free port, for the REST workloads and for measuring its start."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

PATIENCE = 30.0


class ServerDied(Exception):
    """The server ended before it answered; the message is what it wrote."""


@dataclass(frozen=True)
class Server:
    """Where the server listens, who it is, and how long it took to answer its first request (seconds)."""

    port: int
    pid: int
    start_up: float

    def connect(self) -> http.client.HTTPConnection:
        """A new connection, to be kept by one client."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


@contextmanager
def serving(url: str, **variables: str) -> Iterator[Server]:
    """Runs `baton serve` on the database at `url`, which it may have to migrate first.

    `variables` are added to its environment.
    """
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BATON_")} | variables
    environment |= {"BATON_DATABASE_URL": url, "BATON_PORT": str(port), "BATON_AUTH": "off"}
    program = str(Path(sys.executable).parent / "baton")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        if not url.startswith("sqlite"):
            subprocess.run([program, "db", "upgrade"], env=environment, cwd=folder, check=True, stdout=output)
        begun = time.perf_counter()
        process = subprocess.Popen([program, "serve"], env=environment, cwd=folder, stdout=output, stderr=output)
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                    output.seek(0)
                    raise ServerDied(f"`baton serve` does not answer on port {port}: {output.read()}")
                time.sleep(0.005)
            yield Server(port, process.pid, time.perf_counter() - begun)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/engine-rest/version")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
