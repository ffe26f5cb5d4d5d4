"""The `baton` command line: the group that holds the commands; what a command needs is imported when it runs."""

from __future__ import annotations

import click

from baton.cli.configuration import config, version
from baton.cli.database import db, migrate
from baton.cli.decisions import decide
from baton.cli.failure import Failure
from baton.cli.instances import claim, complete, get, list_, run, tasks
from baton.cli.messages import message
from baton.cli.models import check, deploy
from baton.cli.past import instance
from baton.cli.people import token, user
from baton.cli.server import dev, serve
from baton.cli.worker import worker
from baton.settings import InvalidSetting, load


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.pass_context
def cli(context: click.Context) -> None:
    """Baton runs BPMN processes: models in, durable instances and human tasks out.

    Settings come from BATON_* environment variables, else baton.toml, else defaults: see `baton config show`.
    """
    try:
        context.obj = load()
    except InvalidSetting as wrong:
        raise Failure(wrong.message, wrong.hint) from None


for command in (
    dev,
    serve,
    worker,
    deploy,
    check,
    run,
    decide,
    list_,
    get,
    tasks,
    claim,
    complete,
    message,
    instance,
    user,
    token,
    db,
    migrate,
    config,
    version,
):
    cli.add_command(command)


def main() -> None:
    """The `baton` program. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict."""
    cli(prog_name="baton")
