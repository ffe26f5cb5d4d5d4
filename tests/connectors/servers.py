"""Servers on loopback that answer, misbehave and remember what they were asked."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class RawServer:
    """Takes connections one by one and hands each request's bytes to ``answer``, which writes what it likes."""

    def __init__(self, answer: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self.server_names: list[str | None] = []
        if tls is not None:
            tls.sni_callback = lambda _, name, __: self.server_names.append(name)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, suppress(OSError):
                connection.settimeout(10)
                if self._tls is None:
                    self._talk(connection)
                else:
                    with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                        self._talk(wrapped)

    def _talk(self, connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(65536)
            if not received:
                return
            request += received
        head, _, body = request.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        self._answer(connection)


@contextmanager
def serving(answer: bytes | Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """A server on loopback that gives every request this answer."""
    server = RawServer((lambda connection: connection.sendall(answer)) if isinstance(answer, bytes) else answer, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Authority:
    """A certificate for ``service.test`` that signs itself, and contexts for both sides."""

    def __init__(self, folder: Path) -> None:
        self._key, self._certificate = folder / "key.pem", folder / "certificate.pem"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=service.test"
        names = "subjectAltName=DNS:service.test,IP:127.0.0.1"
        files = ["-keyout", str(self._key), "-out", str(self._certificate)]
        subprocess.run([*command.split(), "-addext", names, *files], check=True, capture_output=True)

    def server_side(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate, self._key)
        return context

    def client_side(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._certificate))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl command: TLS of the http connector was not tested")
    return Authority(tmp_path_factory.mktemp("authority"))
