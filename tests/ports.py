"""Ports for servers that tests start: none that another program is given meanwhile."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

LOWEST = 15_000
PRIVATE = 49_152
"""Where the ports begin that systems give to whoever connects (RFC 6335, 6), if this one does not say otherwise."""

_given: set[int] = set()


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on.

    It is below the ports that a system gives to whoever connects or asks for any: a server that starts on it a while
    later, or is killed and started again, finds it free still. No other process of tests is given it before this one
    has ended.
    """
    highest = _first_ephemeral() - 1
    while True:
        port = random.randint(LOWEST, highest)
        if _reserve(port):
            with suppress(OSError), socket.create_server(("127.0.0.1", port)):
                return port


def _reserve(port: int) -> bool:
    """Keep a port from whoever else asks; False if somebody has it. The system forgets it when this process ends."""
    if port in _given:
        return False
    try:
        fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _given.add(port)
    return True


@cache
def _locks() -> int:
    """The file of which each port locks one byte. It stays open, as its closing would give all of them back."""
    return os.open(Path(tempfile.gettempdir()) / f"baton-ports-{os.geteuid()}", os.O_RDWR | os.O_CREAT, 0o600)


def _first_ephemeral() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return PRIVATE
