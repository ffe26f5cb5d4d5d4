"""Whether the client of the current request is still there: asked by what keeps it waiting."""

from __future__ import annotations

import socket

from flask import request


def client_is_there() -> bool:
    """Has the client not closed its connection? True where the server does not show it."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if type(connection) is not socket.socket:
        return True  # an encrypted connection cannot be looked into
    try:
        return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return True
    except OSError:
        return False
