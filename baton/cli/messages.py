"""The command that sends a message to whoever waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from baton.cli.client import Client, remote
from baton.cli.output import output_option, print_json
from baton.cli.variables import typed_variables, variables_options


@click.command()
@click.argument("name")
@variables_options
@click.option("--business-key", help="Of the instance that it is for, or of the one that it starts.")
@click.option("--instance", help="The process instance that it is for.")
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable that the instance must have with this value. May be repeated.",
)
@click.option("--ttl", metavar="DURATION", help="Keep it so long when nobody waits: PT1H, or seconds.")
@click.option("--id", "message_id", help="Your own name for it: a second one with the same changes nothing.")
@remote
@output_option
def message(
    name: str,
    assignments: tuple[str, ...],
    document: str | None,
    business_key: str | None,
    instance: str | None,
    keys: tuple[str, ...],
    ttl: str | None,
    message_id: str | None,
    client: Client,
    output: str,
) -> None:
    """Send message NAME to the one who waits for it."""
    body: dict[str, object] = {
        "messageName": name,
        "businessKey": business_key,
        "processInstanceId": instance,
        "correlationKeys": typed_variables(keys, None),
        "processVariables": typed_variables(assignments, document),
        "timeToLive": ttl,
        "messageId": message_id,
        "resultEnabled": True,
    }
    results = client.post("/message", {member: value for member, value in body.items() if value is not None})
    if output == "json":
        print_json(results)
        return
    for result in results:
        click.echo(_told(name, result))


def _told(name: str, result: Mapping[str, Any]) -> str:
    match result["resultType"]:
        case "Execution":
            return f"Instance {result['execution']['processInstanceId']} has got message '{name}'."
        case "ProcessDefinition":
            return f"Message '{name}' has started instance {result['processInstance']['id']}."
        case "Kept":
            return f"Nobody waits for message '{name}' yet: it is kept until {result['keptUntil']}."
        case _:
            return f"Message '{name}' with the id {result['messageId']} has been sent before: nothing is done."
