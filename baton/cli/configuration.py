"""The commands that tell about Baton itself: its settings and its version."""

from __future__ import annotations

import click

from baton.cli.output import output_option, print_json, table
from baton.settings import KNOWN, Loaded


@click.group()
def config() -> None:
    """The settings."""


@config.command()
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@output_option
@click.pass_obj
def show(loaded: Loaded, origin: bool, output: str) -> None:
    """Show every setting with its value; passwords are hidden."""
    rows = [
        {
            "setting": known.variable,
            "value": known.show(loaded.settings),
            "origin": loaded.origins[known.name],
            "meaning": known.meaning,
        }
        for known in KNOWN
    ]
    columns = ("setting", "value", "origin", "meaning") if origin else ("setting", "value", "meaning")
    if output == "json":
        print_json([{column: row[column] for column in columns} for row in rows])
    else:
        click.echo(table(rows, columns))


@click.command()
@output_option
def version(output: str) -> None:
    """Show the version of Baton and of the Python under it."""
    import importlib.metadata
    import platform

    numbers = {"baton": importlib.metadata.version("batonflow"), "python": platform.python_version()}
    if output == "json":
        print_json(numbers)
    else:
        click.echo(f"Baton {numbers['baton']} (Python {numbers['python']})")
