"""Ports for servers that tests start: none that another program is given meanwhile."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from pathlib import Path

LOWEST = 15_000
PRIVATE = 49_152
"""Where the ports begin that systems give to whoever connects (RFC 6335, 6), if this one does not say otherwise."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on.

    It is below the ports that a system gives to whoever connects or asks for any: a server that starts on it a while
    later, or is killed and started again, finds it free still.
    """
    highest = _first_ephemeral() - 1
    while True:
        port = random.randint(LOWEST, highest)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _first_ephemeral() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return PRIVATE
