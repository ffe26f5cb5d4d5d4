"""The commands for instances and tasks: start, look, claim, complete."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from baton.cli.client import Client, Rejected, path_of, remote
from baton.cli.failure import NOT_ALLOWED, NOT_FOUND
from baton.cli.output import output_option, print_json, print_object, print_rows, table
from baton.cli.variables import typed_variables, variables_options
from baton.settings import NONE, Settings


@dataclass(frozen=True, slots=True)
class Resource:
    """A thing that can be listed and got: its words, its REST path and the columns of its table."""

    words: tuple[str, ...]
    path: str
    columns: tuple[str, ...]


DEFINITIONS = Resource(
    ("definitions", "process-definitions", "pd"),
    "/process-definition",
    ("id", "key", "version", "versionTag", "name", "suspended"),
)
DECISIONS = Resource(
    ("decisions", "decision-definitions", "dd"),
    "/decision-definition",
    ("id", "key", "version", "versionTag", "name", "decisionRequirementsDefinitionKey"),
)
INSTANCES = Resource(
    ("instances", "process-instances", "pi"), "/process-instance", ("id", "definitionId", "businessKey", "suspended")
)
TASKS = Resource(
    ("tasks", "task"), "/task", ("id", "name", "assignee", "priority", "due", "created", "processInstanceId")
)
RESOURCES = {word: resource for resource in (DEFINITIONS, DECISIONS, INSTANCES, TASKS) for word in resource.words}


class ResourceWord(click.ParamType[Resource]):
    """One of the words that name a resource."""

    name = "resource"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Resource:
        """The resource of a word; fails with the list of words."""
        if isinstance(value, Resource):
            return value
        if value not in RESOURCES:
            self.fail(f"{value!r} is not one of {', '.join(RESOURCES)}", param, ctx)
        return RESOURCES[value]


resource_argument = click.argument("resource", type=ResourceWord(), metavar="definitions|decisions|instances|tasks")
limit_option = click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")


def _who_i_am() -> str:
    """Who is signed in by the settings, else the login name."""
    settings: Settings = click.get_current_context().find_root().obj.settings
    return getpass.getuser() if settings.user == NONE else settings.user


user_option = click.option("--user", default=_who_i_am, help="Who does it. [default: BATON_USER, or your login name]")


@click.command()
@click.argument("key")
@variables_options
@click.option("--business-key", help="Your own name for the instance.")
@remote
@output_option
def run(
    key: str,
    assignments: tuple[str, ...],
    document: str | None,
    business_key: str | None,
    client: Client,
    output: str,
) -> None:
    """Start an instance of the newest version of process KEY."""
    body = {"variables": typed_variables(assignments, document), "businessKey": business_key}
    instance = client.post(path_of("process-definition", "key", key, "start"), body)
    if output == "json":
        print_json(instance)
        return
    click.echo(f"Started instance {instance['id']} of {instance['definitionId']}.")
    if instance.get("ended"):
        click.echo("It has ended already.")
    else:
        show_open_tasks(client, instance["id"])


@click.command("list")
@resource_argument
@click.option(
    "-f", "--filter", "filters", multiple=True, metavar="NAME=VALUE", help="A query parameter of the REST API."
)
@limit_option
@remote
@output_option
def list_(resource: Resource, filters: tuple[str, ...], limit: int, client: Client, output: str) -> None:
    """List definitions (pd), decisions (dd), instances (pi) or tasks."""
    query: dict[str, object] = {"maxResults": limit}
    for text in filters:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE, for example key=invoice", param_hint="--filter")
        query[name] = value
    rows = client.get(resource.path, query)
    print_rows(rows, resource.columns, output, empty=f"No {resource.words[0]}.")


@click.command()
@resource_argument
@click.argument("identifier", metavar="ID")
@remote
@output_option
def get(resource: Resource, identifier: str, client: Client, output: str) -> None:
    """Show one definition (pd), decision (dd), instance (pi) or task."""
    print_object(client.get(resource.path + path_of(identifier)), output)


@click.command()
@click.option("--mine", is_flag=True, help="Only those assigned to --user.")
@click.option("--unassigned", is_flag=True, help="Only those that nobody has claimed.")
@click.option("--instance", help="Only those of this process instance.")
@user_option
@limit_option
@remote
@output_option
def tasks(
    mine: bool,
    unassigned: bool,
    instance: str | None,
    user: str,
    limit: int,
    client: Client,
    output: str,
) -> None:
    """List the open tasks, the newest first."""
    query: dict[str, object] = {"maxResults": limit, "sortBy": "created", "sortOrder": "desc"}
    if mine:
        query["assignee"] = user
    if unassigned:
        query["unassigned"] = "true"
    if instance:
        query["processInstanceId"] = instance
    print_rows(client.get("/task", query), TASKS.columns, output, empty="No open tasks.")


@click.command()
@click.argument("task")
@user_option
@remote
def claim(task: str, user: str, client: Client) -> None:
    """Take a task: from now on it is yours and nobody else's."""
    client.post(path_of("task", task, "claim"), {"userId": user})
    click.echo(f"Task {task} is claimed by {user}.")


@click.command()
@click.argument("task")
@variables_options
@remote
@output_option
def complete(task: str, assignments: tuple[str, ...], document: str | None, client: Client, output: str) -> None:
    """Finish a task, with the variables that it is to leave behind."""
    instance = client.get(path_of("task", task))["processInstanceId"]
    client.post(path_of("task", task, "complete"), {"variables": typed_variables(assignments, document)})
    if output == "json":
        print_json(_open_tasks(client, instance))
        return
    click.echo(f"Task {task} is completed.")
    show_open_tasks(client, instance)


def _open_tasks(client: Client, instance: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = client.get("/task", {"processInstanceId": instance, "maxResults": 20})
    return found


def show_open_tasks(client: Client, instance: str) -> None:
    """Tell the tasks for which an instance waits, or that it has none or has ended, as far as the caller may see."""
    waiting = _open_tasks(client, instance)
    if waiting:
        click.echo("It waits for:\n" + table(waiting, ("id", "name", "assignee")))
        return
    try:
        client.get(path_of("process-instance", instance))
        click.echo(f"Instance {instance} goes on without a task of its own.")
    except Rejected as told:
        if told.exit_code not in (NOT_ALLOWED, NOT_FOUND):
            raise
        # Whoever has completed a task need not be allowed to see where that leads.
        goes_on = "goes on without a task for you" if told.exit_code == NOT_ALLOWED else "has ended"
        click.echo(f"Instance {instance} {goes_on}.")
