"""Whether the client of a request is still there: asked by what keeps it waiting."""

from __future__ import annotations

import socket
from collections.abc import Callable

from flask import request


def client_is_there() -> bool:
    """Has the client of the current request not closed its connection? True where the server does not show it."""
    return watch_client()()


def watch_client() -> Callable[[], bool]:
    """What tells of the current request's client, also when the request itself is over, as `client_is_there` does."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")

    def is_there() -> bool:
        if type(connection) is not socket.socket:
            return True  # an encrypted connection cannot be looked into
        try:
            return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    return is_there
