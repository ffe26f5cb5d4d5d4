"""Variables given on the command line, as the REST API wants them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Typed = dict[str, object]


def variables_options(command: Command) -> Command:
    """Adds `-v name=value` and `--vars` to a command, as its parameters `assignments` and `document`."""
    one = "One variable; the value is JSON (100, true, null, [1, 2]) or else plain text. May be repeated."
    many = "Variables as a JSON object, or @FILE to read them from a file."
    with_one = click.option("-v", "--variable", "assignments", multiple=True, metavar="NAME=VALUE", help=one)(command)
    return click.option("--vars", "document", metavar="JSON|@FILE", help=many)(with_one)


def typed_variables(assignments: tuple[str, ...], document: str | None) -> dict[str, Typed]:
    """The variables of both options by name; `-v` wins over `--vars`. Raises click.BadParameter."""
    values = _read_document(document) if document else {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{assignment!r} is not NAME=VALUE, for example amount=100", param_hint="-v")
        values[name] = _json_or_text(text)
    return {name: typed(value) for name, value in values.items()}


def typed(value: object) -> Typed:
    """One JSON value as a typed variable; lists and objects go as Json."""
    match value:
        case None:
            return {"value": None, "type": "Null"}
        case bool():
            return {"value": value, "type": "Boolean"}
        case int():
            return {"value": value, "type": "Integer" if -(2**31) <= value < 2**31 else "Long"}
        case float():
            return {"value": value, "type": "Double"}
        case str():
            return {"value": value, "type": "String"}
        case _:
            return {"value": json.dumps(value), "type": "Json"}


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text, parse_constant=lambda constant: constant)
    except ValueError:
        return text


def _read_document(document: str) -> dict[str, object]:
    try:
        text = Path(document[1:]).read_text(encoding="utf-8") if document.startswith("@") else document
        values = json.loads(text)
    except (OSError, ValueError) as reason:
        raise click.BadParameter(f"cannot be read: {reason}", param_hint="--vars") from None
    if not isinstance(values, dict):
        raise click.BadParameter('must be a JSON object like {"amount": 100}', param_hint="--vars")
    return values
