"""The commands for the database: bring its tables up to date, look at them, check what they hold."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from baton.cli.failure import CONFLICT, FAILED, NOT_FOUND, Failure
from baton.cli.output import output_option, print_json
from baton.settings import Loaded, shown

if TYPE_CHECKING:
    from engine import Engine


@click.group()
def db() -> None:
    """The database: its tables and what they hold."""


@db.command()
@click.pass_obj
def upgrade(loaded: Loaded) -> None:
    """Make the tables, or bring them up to date; what they hold stays."""
    from baton.composition import await_database
    from baton.logging import set_up_logging

    set_up_logging(loaded.settings.log_format, loaded.settings.log_level)
    await_database(loaded.settings)
    with opened(loaded) as engine:
        before = engine.database.current()
        engine.upgrade()
        after = engine.database.current()
    where = shown(loaded.settings.database_url)
    if before == after:
        click.echo(f"{where} is up to date at {after}.")
    else:
        click.echo(f"{where} went from {before or 'nothing'} to {after}.")


@db.command()
@click.pass_obj
def current(loaded: Loaded) -> None:
    """Show which version the tables have, and which one this release wants."""
    with opened(loaded) as engine:
        found, wanted = engine.database.current(), engine.database.head()
    if found == wanted:
        click.echo(f"{found} is what this release wants.")
    elif found is None:
        click.echo(f"There are no tables yet; this release wants {wanted}")
    else:
        click.echo(f"The tables are at {found}; this release wants {wanted}")


@db.command()
@click.pass_obj
def sql(loaded: Loaded) -> None:
    """Print the statements that `baton db upgrade` runs on an empty database."""
    with opened(loaded) as engine:
        click.echo(engine.database.sql())


@db.command()
@output_option
@click.pass_obj
def check(loaded: Loaded, output: str) -> None:
    """Look for contradictions in what the tables hold; there should never be any."""
    with opened(loaded) as engine:
        violations = [str(violation) for violation in engine.check()]
    if output == "json":
        print_json(violations)
    else:
        click.echo("\n".join(violations) or "No contradictions.")
    if violations:
        sys.exit(FAILED)


@db.command()
@output_option
@click.pass_obj
def clean(loaded: Loaded, output: str) -> None:
    """Delete the history that is older than it is to be kept, now."""
    with opened(loaded) as engine:
        instances, batches, decisions = engine.retention.clean_here()
    if output == "json":
        print_json({"processInstances": instances, "batches": batches, "decisions": decisions})
    else:
        click.echo(f"Deleted {instances} process instances, {batches} batches and {decisions} decisions.")


migrate = click.Command("migrate", callback=upgrade.callback, help="The same as `baton db upgrade`.")


@contextmanager
def opened(loaded: Loaded) -> Iterator[Engine]:
    """The engine over the configured database; what it refuses ends the command."""
    from baton.composition import open_engine
    from engine import Conflict, EngineError, NotFound, StoreError, Unavailable

    try:
        engine = open_engine(loaded.settings)
        try:
            yield engine
        finally:
            engine.close()
    except (Unavailable, StoreError) as reason:
        raise Failure(f"{reason}.", "See BATON_DATABASE_URL in `baton config show --origin`.") from None
    except EngineError as reason:
        code = NOT_FOUND if isinstance(reason, NotFound) else CONFLICT if isinstance(reason, Conflict) else FAILED
        raise Failure(f"{reason}".rstrip(".") + ".", exit_code=code) from None
