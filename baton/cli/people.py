"""The commands for users and API tokens; they work on the database itself, so they need no server and no sign-in."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from baton.cli.database import opened
from baton.cli.output import output_option, print_json, table
from baton.settings import Loaded

if TYPE_CHECKING:
    from engine import Engine

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it."
)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return given


@contextmanager
def _signed(loaded: Loaded) -> Iterator[Engine]:
    """The engine, in whose operation log stands who on this machine has changed people and tokens."""
    from engine import Actor

    with opened(loaded) as engine:
        yield engine.in_the_name_of(Actor(f"{_account()} (command line)"))


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"account {os.getuid()}"


@click.group()
def user() -> None:
    """The users, in the database at BATON_DATABASE_URL."""


@user.command("create")
@click.argument("identifier", metavar="ID")
@click.option("--admin", is_flag=True, help="They may do everything.")
@click.option("--group", "groups", multiple=True, help="A group that they are in; it is made if it is not there.")
@click.option("--first-name")
@click.option("--last-name")
@click.option("--email")
@password_option
@click.pass_obj
def create_user(
    loaded: Loaded,
    identifier: str,
    admin: bool,
    groups: tuple[str, ...],
    first_name: str | None,
    last_name: str | None,
    email: str | None,
    password_stdin: bool,
) -> None:
    """Make a user, who signs in with a password."""
    password = _password(password_stdin)
    with _signed(loaded) as engine:
        from engine.authorization import ADMINISTRATORS
        from engine.services.people import AlreadyThere

        engine.people.create_user(
            identifier, first_name=first_name, last_name=last_name, email=email, password=password
        )
        for group in (*([ADMINISTRATORS] if admin else []), *groups):
            with suppress(AlreadyThere):
                engine.people.create_group(group)
            engine.people.add_to_group(identifier, group)
    click.echo(f"User {identifier} can sign in{' and may do everything' if admin else ''}.")


@user.command("list")
@output_option
@click.pass_obj
def list_users(loaded: Loaded, output: str) -> None:
    """List the users."""
    with _signed(loaded) as engine:
        rows = [
            {
                "id": view.id,
                "firstName": view.first_name,
                "lastName": view.last_name,
                "email": view.email,
                "groups": ",".join(group.id for group in engine.people.groups_of(view.id)),
            }
            for view in engine.queries.users.list()
        ]
    if output == "json":
        print_json(rows)
    else:
        click.echo(table(rows, ("id", "firstName", "lastName", "email", "groups")) if rows else "No users.")


@user.command("password")
@click.argument("identifier", metavar="ID")
@password_option
@click.pass_obj
def set_password(loaded: Loaded, identifier: str, password_stdin: bool) -> None:
    """Give a user another password, end their sessions, and let them sign in at once."""
    password = _password(password_stdin)
    with _signed(loaded) as engine:
        engine.people.set_password(identifier, password)
        engine.people.unlock(identifier)
    click.echo(f"User {identifier} has another password.")


@user.command("delete")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.pass_obj
def delete_users(loaded: Loaded, identifiers: tuple[str, ...]) -> None:
    """Delete users with all that they sign in with."""
    with _signed(loaded) as engine:
        for identifier in identifiers:
            engine.people.user(identifier)
            engine.people.delete_user(identifier)
            click.echo(f"User {identifier} is deleted.")


@click.group()
def token() -> None:
    """API tokens, in the database at BATON_DATABASE_URL."""


@token.command("create")
@click.argument("name")
@click.option("--user", "owner", required=True, help="As whom programs act with it.")
@click.option("--days", type=click.IntRange(1, 3660), help="For how many days. [default: for ever]")
@click.option("--read-only", is_flag=True, help="Programs change nothing with it.")
@click.pass_obj
def create_token(loaded: Loaded, name: str, owner: str, days: int | None, read_only: bool) -> None:
    """Make an API token, and print it: it cannot be read again."""
    from datetime import UTC, datetime, timedelta

    expires = None if days is None else datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    with _signed(loaded) as engine:
        secret, _ = engine.credentials.create_token(owner, name, expires_at=expires, read_only=read_only)
    click.echo(secret)


@token.command("list")
@click.option("--user", "owner", required=True, help="Whose tokens.")
@output_option
@click.pass_obj
def list_tokens(loaded: Loaded, owner: str, output: str) -> None:
    """List the API tokens of a user."""
    with _signed(loaded) as engine:
        rows = [
            {
                "id": view.id,
                "name": view.name,
                "readOnly": view.read_only,
                "expires": None if view.expires_at is None else view.expires_at.isoformat(),
                "lastUsed": None if view.used_at is None else view.used_at.isoformat(),
            }
            for view in engine.credentials.tokens(owner)
        ]
    if output == "json":
        print_json(rows)
    else:
        click.echo(table(rows, ("id", "name", "readOnly", "expires", "lastUsed")) if rows else "No tokens.")


@token.command("delete")
@click.argument("identifier", metavar="ID")
@click.option("--user", "owner", required=True, help="Whose token.")
@click.pass_obj
def delete_token(loaded: Loaded, identifier: str, owner: str) -> None:
    """Delete an API token: no program can use it any more."""
    with _signed(loaded) as engine:
        engine.credentials.delete_token(owner, identifier)
    click.echo(f"Token {identifier} is deleted.")
