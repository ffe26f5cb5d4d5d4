"""The command for decisions: make one."""

from __future__ import annotations

from typing import Any

import click

from baton.cli.client import Client, path_of, remote
from baton.cli.output import output_option, print_json, table
from baton.cli.variables import typed_variables, variables_options


@click.command()
@click.argument("key")
@variables_options
@click.option("--tenant", help="The tenant it belongs to.")
@remote
@output_option
def decide(
    key: str, assignments: tuple[str, ...], document: str | None, tenant: str | None, client: Client, output: str
) -> None:
    """Make a decision: evaluate the newest version of decision KEY."""
    whose = ("tenant-id", tenant) if tenant else ()
    path = path_of("decision-definition", "key", key, *whose, "evaluate")
    rows: list[dict[str, Any]] = client.post(path, {"variables": typed_variables(assignments, document)})
    if output == "json":
        print_json(rows)
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    if names:
        click.echo(table([{name: value["value"] for name, value in row.items()} for row in rows], names))
    else:
        click.echo("No rule matches: there is no result.")
