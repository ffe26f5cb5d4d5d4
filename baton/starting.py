"""Why a server or a worker does not start."""

from __future__ import annotations

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Addresses of this machine that no other one can reach."""


class CannotStart(Exception):
    """The application cannot be made; the message says why and the hint what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}")
        self.message = message
        self.hint = hint
