"""The commands for model files: check them here, deploy them to a server."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from baton.cli.client import Client, Rejected, remote
from baton.cli.failure import FAILED, USAGE, Failure
from baton.cli.output import output_option, print_json, table
from baton.resources import UnusableFiles, collect
from baton.settings import Loaded

files_argument = click.argument(
    "paths", metavar="FILES...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)


@click.command()
@files_argument
@click.option("--name", help="What the deployment is called. [default: the name of the first file or folder]")
@click.option("--tenant", help="The tenant it belongs to.")
@remote
@output_option
def deploy(paths: tuple[Path, ...], name: str | None, tenant: str | None, client: Client, output: str) -> None:
    """Deploy models as one deployment; of a folder all its models. Files that are the same as before are left alone."""
    values = {
        "deployment-name": name or paths[0].resolve().name.partition(".")[0],
        "deployment-source": "baton deploy",
        "enable-duplicate-filtering": "true",
    }
    if tenant:
        values["tenant-id"] = tenant
    try:
        deployed = client.upload("/deployment/create", values, _files(paths))
    except Rejected as rejected:
        problems = _problem_lines(rejected.body.get("details"))
        if not problems:
            raise
        raise Failure("Nothing is deployed, for these reasons.\n" + "\n".join(problems)) from None
    if output == "json":
        print_json(deployed)
        return
    made = ("deployedProcessDefinitions", "deployedDecisionDefinitions")
    definitions = [each for kind in made for each in (deployed.get(kind) or {}).values()]
    if definitions:
        click.echo(table(definitions, ("key", "version", "name", "id")))
    else:
        click.echo(f"Deployment {deployed['id']} holds these files already; nothing is new.")
    for line in _problem_lines({file: {"warnings": told} for file, told in (deployed.get("warnings") or {}).items()}):
        click.echo(line)


@click.command()
@files_argument
@output_option
@click.pass_obj
def check(loaded: Loaded, paths: tuple[Path, ...], output: str) -> None:
    """Check models without a server: what would be refused, and what looks wrong. Fails if there is an error."""
    from baton.composition import open_engine
    from bpmn.problems import InvalidModel

    engine = open_engine(loaded.settings)
    try:
        problems = engine.deployments.check(_files(paths)).warnings
    except InvalidModel as invalid:
        problems = invalid.problems
    finally:
        engine.close()
    errors = sum(problem.is_error for problem in problems)
    if output == "json":
        from api.v1.models import show_problem

        print_json([show_problem(problem) for problem in problems])
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}.")
    if errors:
        sys.exit(FAILED)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _files(paths: tuple[Path, ...]) -> dict[str, bytes]:
    try:
        return collect(paths)
    except UnusableFiles as unusable:
        raise Failure(f"{unusable}.", "Name models or folders with models.", USAGE) from None


def _problem_lines(details: object) -> list[str]:
    """Camunda's `details` of a parse error as lines `file:line:column: error: message`."""
    if not isinstance(details, Mapping):
        return []
    return [
        f"{file}:{problem.get('line', 0)}:{problem.get('column', 0)}: {word}: {problem.get('message')}"
        for file, report in details.items()
        for word in ("error", "warning")
        for problem in report.get(f"{word}s", ())
    ]
