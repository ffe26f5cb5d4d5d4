"""How a command fails: one sentence, a hint what to do, and an exit code that scripts can rely on."""

from __future__ import annotations

from typing import IO, Any

import click

FAILED = 1
USAGE = 2
NOT_FOUND = 3
NOT_ALLOWED = 4
CONFLICT = 5


class Failure(click.ClickException):
    """Ends the command with `message` and `hint` on standard error."""

    def __init__(self, message: str, hint: str = "", exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it here; its own errors have one per class

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints the sentence and the hint."""
        click.echo(f"Error: {self.message}", file=file, err=file is None)
        if self.hint:
            click.echo(f"Hint: {self.hint}", file=file, err=file is None)
