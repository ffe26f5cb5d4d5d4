"""The commands for what instances were: the moments of their history, and forks that begin as they were then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from baton.cli.client import Client, path_of, remote
from baton.cli.failure import FAILED, NOT_FOUND, Failure
from baton.cli.instances import show_open_tasks
from baton.cli.output import output_option, print_json, table
from baton.cli.variables import typed_variables, variables_options

CHANGES = ("entered", "completed", "canceled", "variables", "tasks", "incidents", "failures")
"""What is told of a moment: how much of it changed (`GET /api/v1/process-instance/{id}/moments`)."""


@click.group()
def instance() -> None:
    """What an instance was, and new ones that begin from there."""


@instance.command()
@click.argument("identifier", metavar="ID")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@click.option("--after", type=click.IntRange(0), default=0, metavar="NUMBER", help="Only those after this one.")
@remote
@output_option
def moments(identifier: str, limit: int, after: int, client: Client, output: str) -> None:
    """List the moments at which instance ID changed, the first one first, with how much of what changed."""
    page = _moments(client, identifier, after, limit)
    if output == "json":
        print_json(page)
        return
    rows = [{"number": after + place, **moment} for place, moment in enumerate(page["moments"], 1)]
    if rows:
        click.echo(table(rows, ("number", "time", *CHANGES)))
    else:
        click.echo("No moments.")
    seen = after + len(rows)
    if rows and seen < page["total"]:
        click.echo(f"There are {page['total'] - seen} more: --after {seen}")


@instance.command()
@click.argument("identifier", metavar="ID")
@click.option(
    "--at", required=True, metavar="NUMBER|TIME", help="The moment: its number or time in `baton instance moments`."
)
@click.option("--preview", is_flag=True, help="Only tell what would be done.")
@variables_options
@click.option("--version", type=click.IntRange(1), help="Another version of the process.")
@click.option("--without-business-key", is_flag=True, help="It does not get the business key of ID.")
@click.option("--skip-listeners", is_flag=True, help="Run no start listeners for what it begins with.")
@click.option("--skip-io-mappings", is_flag=True, help="Run no input mappings for what it begins with.")
@remote
@output_option
def fork(
    identifier: str,
    at: str,
    preview: bool,
    assignments: tuple[str, ...],
    document: str | None,
    version: int | None,
    without_business_key: bool,
    skip_listeners: bool,
    skip_io_mappings: bool,
    client: Client,
    output: str,
) -> None:
    """Start a new instance that begins as instance ID was at a moment; ID stays as it is.

    Variables that are given are set in place of those of then.
    """
    body = {
        "variables": typed_variables(assignments, document),
        "time": _time(client, identifier, at),
        "processDefinitionId": None if version is None else _version(client, identifier, version),
        "withoutBusinessKey": without_business_key,
        "skipCustomListeners": skip_listeners,
        "skipIoMappings": skip_io_mappings,
    }
    path = path_of("process-instance", identifier, "fork")
    if preview:
        _show_preview(client.own().post(f"{path}/preview", body), output)
        return
    made = client.own().post(path, body)
    if output == "json":
        print_json(made)
        return
    click.echo(f"Started instance {made['id']} of {made['processDefinitionId']}, as {identifier} was then.")
    if made["ended"]:
        click.echo("It has ended already.")
    else:
        show_open_tasks(client, made["id"])


def _moments(client: Client, identifier: str, first: int, most: int) -> Mapping[str, Any]:
    path = path_of("process-instance", identifier, "moments")
    page: Mapping[str, Any] = client.own().get(path, {"firstResult": first, "maxResults": most})
    return page


def _time(client: Client, identifier: str, at: str) -> str:
    """The time of a moment by its number; what is no number is a time."""
    if not (at.isascii() and at.isdigit()):
        return at
    page = _moments(client, identifier, max(0, int(at) - 1), 1)
    if int(at) < 1 or not page["moments"]:
        raise Failure(
            f"Instance {identifier} has no moment {at}; there are {page['total']}.",
            f"`baton instance moments {identifier}` lists them.",
            exit_code=NOT_FOUND,
        )
    return str(page["moments"][0]["time"])


def _version(client: Client, identifier: str, version: int) -> str:
    """The id of a version of the process of an instance, which may have ended."""
    origin = client.get(path_of("history", "process-instance", identifier))
    key, tenant = origin["processDefinitionKey"], origin["tenantId"]
    whose = {"withoutTenantId": "true"} if tenant is None else {"tenantIdIn": tenant}
    found = client.get("/process-definition", {"key": key, "version": version, **whose})
    if not found:
        raise Failure(
            f"There is no version {version} of process '{key}'.",
            f"`baton list definitions -f key={key}` lists them.",
            exit_code=NOT_FOUND,
        )
    return str(found[0]["id"])


def _show_preview(answer: Mapping[str, Any], output: str) -> None:
    """What a fork would do; fails, after having said why, where there can be none."""
    refusals = answer["refusals"]
    if output == "json":
        print_json(answer)
        if refusals:
            click.get_current_context().exit(FAILED)
        return
    if refusals:
        reasons = (
            each["message"] if each["activityId"] is None else f"'{each['activityId']}': {each['message']}"
            for each in refusals
        )
        raise Failure(f"There can be no fork of this moment: {'; '.join(reasons)}")
    places = [
        {
            "tokens": each["number"],
            "begin": "behind" if each["behind"] else "before",
            "activity": each["activityId"],
            "inside of": " > ".join(each["scopes"]) or None,
        }
        for each in answer["places"]
    ]
    click.echo(f"A fork of the moment {answer['moment']} would begin so:")
    click.echo(table(places, ("tokens", "begin", "activity", "inside of")))
    if answer["ends"]:
        click.echo("It would end at once.")
        return
    waiting = [{"tokens": each["arriving"], "activity": each["id"]} for each in answer["elements"] if each["arriving"]]
    click.echo("In the end there would be:\n" + table(waiting, ("tokens", "activity")))
