"""The web server: gunicorn with one worker process, whose threads share one engine."""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

IDLE_CONNECTIONS = 1_000
"""How many connections may stay open that ask for nothing at the moment."""
_OTHER_FILES = 200
"""How many files are open besides connections of clients: those of databases, and of the program."""

Ready = Callable[[Flask, str], None]
"""Called in the worker process when it is about to take requests, with the application and its address."""
Leave = Callable[[Flask], None]
"""Called in the worker process, by its handler of SIGTERM, when no more requests are taken; some may still run."""
Over = Callable[[Flask], None]
"""Called in the worker process when the last request has been answered."""


class AddressTaken(Exception):
    """Another program listens on the address already, or it is not an address of this machine."""


class Server(BaseApplication):
    """Serves one application until it is told to stop; SIGTERM lets running requests finish.

    The application is made inside the worker process, so nothing of it is open in the process that watches over it,
    and a worker that dies is replaced by a fresh one.
    """

    def __init__(
        self, host: str, port: int, threads: int, make: Callable[[], Flask], ready: Ready, leave: Leave, over: Over
    ) -> None:
        self._host, self._port, self._threads = host, port, threads
        self._make, self._ready, self._leave, self._over = make, ready, leave, over
        super().__init__()

    def load_config(self) -> None:
        """Gives gunicorn its settings; its own files and command line are not read."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        chosen: dict[str, Any] = {
            "bind": f"{host}:{self._port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": self._threads,
            "worker_connections": self._threads + IDLE_CONNECTIONS,
            "keepalive": 15,
            "graceful_timeout": 30,
            "loglevel": "warning",
            "proc_name": "baton",
            "control_socket_disable": True,
            "limit_request_line": 8190,
            "on_starting": _leave_refusals_to_us,
            "post_worker_init": self._announce,
            "worker_exit": self._end,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serves; raises SystemExit, with code 1 when `make` did."""
        watching = os.getpid()
        _raise_file_limit(self._threads + IDLE_CONNECTIONS + _OTHER_FILES)
        try:
            super().run()
        except SystemExit as end:
            # The worker process, forked in there, comes by here as well: its code is for the process that watches it.
            if os.getpid() == watching and end.code == Arbiter.APP_LOAD_ERROR:
                sys.exit(1)
            raise

    def load(self) -> Any:
        """Makes the application; SystemExit from `make`, which has told why, ends the server."""
        try:
            return self._make()
        except SystemExit:
            sys.exit(Arbiter.APP_LOAD_ERROR)

    def _announce(self, worker: Any) -> None:
        host, port = worker.sockets[0].getsockname()[:2]
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104

        def leave(number: int, frame: FrameType | None) -> None:
            self._leave(worker.wsgi)
            worker.handle_exit(number, frame)

        signal.signal(signal.SIGTERM, leave)
        signal.siginterrupt(signal.SIGTERM, False)
        self._ready(worker.wsgi, f"http://{shown}:{port}")

    def _end(self, _: Arbiter, worker: Any) -> None:
        if isinstance(getattr(worker, "wsgi", None), Flask):
            self._over(worker.wsgi)


def _raise_file_limit(wanted: int) -> None:
    """Lets this process open so many files, as far as it may: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _leave_refusals_to_us(_: Arbiter) -> None:
    """Keeps gunicorn from telling in three lines more that the application was not made."""

    def wanted(record: logging.LogRecord) -> bool:
        told = (Arbiter.APP_LOAD_ERROR, "App failed to load.")
        about = record.args if isinstance(record.args, tuple) else ()
        return record.msg != "Shutting down: %s" and not any(word in about for word in told)

    logging.getLogger("gunicorn.error").addFilter(wanted)


def require_free(host: str, port: int) -> None:
    """Raises AddressTaken unless the address can be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            with suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as reason:
        raise AddressTaken(f"cannot listen on {host} port {port}: {reason.strerror}") from None
