"""The command that does jobs in processes of their own, which Celery watches over."""

from __future__ import annotations

import os
import sys

import click

from baton.cli.failure import Failure
from baton.settings import Loaded, shown


@click.command()
@click.option(
    "--queues",
    "-Q",
    metavar="TOPICS",
    help="Only work of these topics, separated by commas; baton.internal stands for continuations and timers.",
)
@click.option("--concurrency", "-c", type=click.IntRange(1, 1000), help="How many processes. [default: one per CPU]")
@click.pass_obj
def worker(loaded: Loaded, queues: str | None, concurrency: int | None) -> None:
    """Do jobs, told of them through the broker at BATON_BROKER_URL; `celery -A baton.celery worker` does the same.

    Handlers are found in the modules of BATON_HANDLERS and in processes/*/handlers.py. SIGTERM lets what runs end, and
    gives back what takes too long.
    """
    from baton.composition import await_database, open_engine
    from baton.logging import set_up_logging
    from baton.starting import CannotStart
    from engine import EngineError, StoreError
    from engine.worker.celery_app import queue_of

    set_up_logging(loaded.settings.log_format, loaded.settings.log_level)
    await_database(loaded.settings)
    try:
        engine = open_engine(loaded.settings)
        try:
            engine.require_current_schema()
        finally:
            engine.close()
    except (EngineError, StoreError) as reason:
        where = shown(loaded.settings.database_url)
        raise Failure(f"{reason}.", f"The database is {where}: see BATON_DATABASE_URL.") from None
    try:
        from baton.celery import app
    except CannotStart as reason:
        raise Failure(reason.message, reason.hint) from None

    names = [name.strip() for name in (queues or "").split(",") if name.strip()]
    chosen = [name if name.startswith("baton.") else queue_of(name).name for name in names]
    known = app.amqp.queues
    if unknown := [name for name in chosen if name not in known]:
        raise Failure(
            f"There is no handler for {unknown[0].removeprefix('baton.work.')}.",
            f"There are queues for {', '.join(name.removeprefix('baton.work.') for name in known)}.",
        )
    options = ["--hostname", f"baton-{os.getpid()}@%h", "--without-gossip", "--without-mingle"]
    if chosen:
        options += ["--queues", ",".join(chosen)]
    if concurrency is not None:
        options += ["--concurrency", str(concurrency)]
    sys.exit(app.worker_main(["worker", *options]))
