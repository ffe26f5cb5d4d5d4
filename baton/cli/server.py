"""The commands that run a server: `serve` for production, `dev` for trying things out."""

from __future__ import annotations

import dataclasses
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from baton.cli.failure import Failure
from baton.settings import Loaded, Settings, shown
from baton.starting import LOOPBACK

if TYPE_CHECKING:
    from flask import Flask

    from baton.demo import DemoPerson
    from baton.server import Ready

Command = TypeVar("Command", bound=Callable[..., Any])
PROCESSES = Path("processes")


def address_options(command: Command) -> Command:
    """Adds `--host` and `--port` to a command."""
    with_port = click.option("--port", type=click.IntRange(0, 65535), help="The port. [default: BATON_PORT]")(command)
    return click.option("--host", help="The address to listen on. [default: BATON_HOST]")(with_port)


@click.command()
@address_options
@click.pass_obj
def serve(loaded: Loaded, host: str | None, port: int | None) -> None:
    """Serve the REST API, and do the jobs unless BATON_JOB_RUNNER is off.

    Handlers are found in the modules of BATON_HANDLERS and in processes/*/handlers.py. A SQLite database is brought up
    to date first; a PostgreSQL database must have been, with `baton db upgrade`.
    """
    settings = _listening(loaded.settings, host, port)

    def ready(app: Flask, address: str) -> None:
        _tell_set_up(app, address)
        click.echo(f"Baton serves {address}/engine-rest from {shown(settings.database_url)}.")

    _run(settings, ready, upgrade=settings.database_url.startswith("sqlite"))


@click.command()
@address_options
@click.option(
    "--processes",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROCESSES,
    show_default=True,
    help="The folder whose folders are deployed and whose handlers.py are loaded, and again when they change.",
)
@click.pass_obj
def dev(loaded: Loaded, host: str | None, port: int | None, processes: Path) -> None:
    """Serve, with the models below processes/ deployed, and deployed again whenever they change.

    While there are no users, people to try things out with are made, whose passwords are their names; only where nobody
    else can reach the server.
    """
    settings = _listening(loaded.settings, host, port)

    def ready(app: Flask, address: str) -> None:
        import threading

        from baton.development import Folders

        folders = Folders(app.extensions["engine"], processes, app.extensions["handlers"])
        _tell_set_up(app, address)
        click.echo(f"Baton serves {address} from {shown(settings.database_url)}.")
        keys: list[str] = []
        for outcome in folders.deploy_changed():
            click.echo(str(outcome))
            keys += [key for key, _ in outcome.processes]
        click.echo(_what_to_try(address, keys, processes, app.extensions["door"].people))
        arguments = (lambda outcome: click.echo(str(outcome)), threading.Event())
        threading.Thread(target=folders.watch, args=arguments, name="watch models", daemon=True).start()

    _run(settings, ready, upgrade=True, processes=processes, demo=True)


def _listening(settings: Settings, host: str | None, port: int | None) -> Settings:
    return dataclasses.replace(
        settings, host=settings.host if host is None else host, port=settings.port if port is None else port
    )


def _run(settings: Settings, ready: Ready, *, upgrade: bool, processes: Path = PROCESSES, demo: bool = False) -> None:
    from baton.logging import set_up_logging
    from baton.server import AddressTaken, Server, require_free

    if settings.host not in LOOPBACK and not settings.auth:
        click.echo(f"Warning: whoever can reach {settings.host} can do anything: nobody has to sign in.", err=True)
    try:
        require_free(settings.host, settings.port)
    except AddressTaken as taken:
        raise Failure(f"Baton {taken}.", "Choose another with --host and --port.") from None

    set_up_logging(settings.log_format, settings.log_level)
    # What is imported here, before the worker process is forked, is in memory once: frozen, because a collector that
    # looks at objects writes to them, and so copies the pages they lie on. Nor is there garbage to look for meanwhile.
    gc.disable()
    from baton.composition import await_database
    from baton.jobs import prepare_jobs
    from baton.starting import CannotStart
    from baton.wsgi import create_app

    gc.freeze()
    gc.enable()
    await_database(settings)
    gc.freeze()  # also what this has loaded, which depends on the kind of database

    def make() -> Flask:
        try:
            app = create_app(settings, upgrade=upgrade, demo=demo, tell=False, stream_threads=True)
            prepare_jobs(app, settings, processes)
            if not settings.auth and settings.host in LOOPBACK and not settings.proxies:
                # A foreign page whose name has come to mean this machine (DNS rebinding) says that name.
                app.config["TRUSTED_HOSTS"] = [*LOOPBACK, "[::1]"]
        except CannotStart as reason:
            Failure(reason.message, reason.hint).show()
            sys.exit(1)
        return app

    def begin(app: Flask, address: str) -> None:
        if settings.job_runner:
            app.extensions["runner"].start()
        ready(app, address)

    def leave(app: Flask) -> None:
        if settings.job_runner:
            app.extensions["runner"].retire()
        app.extensions["engine"].long_polling.close()
        app.extensions["engine"].live.retire()

    def end(app: Flask) -> None:
        if settings.job_runner:
            app.extensions["runner"].stop()
        app.extensions["silence"]()
        app.extensions["engine"].close()

    threads = settings.threads + settings.event_streams
    Server(settings.host, settings.port, threads, make, begin, leave, end).run()


def _tell_set_up(app: Flask, address: str) -> None:
    """How the first administrator is made, while there is nobody."""
    told = app.extensions["door"].how_to_set_up(address)
    if told is not None:
        click.echo(told)


def _what_to_try(address: str, keys: list[str], processes: Path, people: Sequence[DemoPerson]) -> str:
    program = _program()
    lines = [""]
    if people:
        lines.append(f"Sign in at {address} as one of these; the password is the name:")
        lines += [f"  {person.id:<12} {person.can}" for person in people]
        lines.append("")
    lines.append("Try next, in another terminal:")
    if people:
        lines.append(f"  export BATON_USER={people[-1].id} BATON_PASSWORD={people[-1].id}")
    if not address.endswith(":8080"):
        lines.append(f"  export BATON_URL={address}/engine-rest")
    if keys:
        lines += [
            f"  {program} run {keys[0]:<24} starts an instance",
            f"  {program} tasks {'':<22} shows what waits for people",
            f"  {program} claim TASK {'':<17} takes a task",
            f"  {program} complete TASK -v name=value finishes it",
        ]
    lines.append(
        f"  {program} deploy FILE.bpmn {'':<11} deploys a model; so does saving it in a folder below {processes}/"
    )
    lines += [f"  {readme} tells the story of an example" for readme in sorted(processes.glob("*/README.md"))]
    lines += [f"  {address}/engine-rest/docs documents the REST API", "Stop with Ctrl-C.", ""]
    return "\n".join(lines)


def _program() -> str:
    """How the reader can call this program again: as it was called, from where it was called."""
    called = Path(sys.argv[0])
    if called.is_absolute() and called.is_relative_to(Path.cwd()):
        called = called.relative_to(Path.cwd())
    return str(called) if called.name == "baton" else "baton"
