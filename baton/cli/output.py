"""What commands print: aligned tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

Row = Mapping[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])


def output_option(command: Command) -> Command:
    """Adds `-o table|json` to a command, as its parameter `output`."""
    choice = click.Choice(["table", "json"])
    return click.option("-o", "--output", type=choice, default="table", help="How to print the result.")(command)


def print_json(value: object) -> None:
    """Prints a value as indented JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_rows(rows: Sequence[Row], columns: Sequence[str], output: str, empty: str) -> None:
    """Prints rows as JSON, or the named columns as a table; `empty` is said in place of a table without rows."""
    if output == "json":
        print_json([dict(row) for row in rows])
    elif not rows:
        click.echo(empty)
    else:
        click.echo(table(rows, columns))


def print_object(thing: Row, output: str) -> None:
    """Prints one object as JSON, or line by line with its names aligned; what has no value is left out."""
    if output == "json":
        print_json(dict(thing))
        return
    told = {name: cell(value) for name, value in thing.items() if value not in (None, [], {})}
    width = max(map(len, told), default=0)
    for name, text in told.items():
        click.echo(f"{name:<{width}}  {text}")


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Rows as text, one line each below a head line, the columns aligned."""
    lines = [[column.upper() for column in columns], *([cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def cell(value: object) -> str:
    """One value as text on one line."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case str():
            return " ".join(value.split())
        case _:
            return json.dumps(value, ensure_ascii=False)
