"""The engine as the settings want it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from zoneinfo import ZoneInfo

from baton.settings import NONE, Settings, shown
from engine import (
    PASSWORD_RULES,
    BatchSettings,
    CredentialSettings,
    Engine,
    EngineError,
    ScriptPool,
    StoreError,
    Unavailable,
)

_LONGEST_PAUSE = 5.0

log = logging.getLogger("baton")


def open_engine(settings: Settings, *, stream_threads: bool = False) -> Engine:
    """The engine over the configured database; nothing is connected or made yet.

    `stream_threads`: the server has threads for streams of events besides those for requests. Else they get half of
    the threads at most.
    """
    seats = settings.event_streams if stream_threads else min(settings.event_streams, settings.threads // 2)
    return Engine.open(
        settings.database_url,
        history_level=settings.history_level,
        history_time_to_live_required=settings.history_time_to_live_required,
        zone=ZoneInfo(settings.time_zone),
        scripts=ScriptPool() if settings.scripts else None,
        batches=BatchSettings(
            jobs_per_seed=settings.batch_jobs_per_seed, invocations_per_job=settings.batch_invocations_per_job
        ),
        live_seats=seats,
        credentials=CredentialSettings(
            session_idle=timedelta(minutes=settings.session_idle_minutes),
            session_lasts=timedelta(days=settings.session_days),
            password_rules=PASSWORD_RULES if settings.password_policy else (),
            id_pattern=settings.id_pattern,
        ),
    )


def await_database(settings: Settings) -> None:
    """Return when PostgreSQL can be reached, or when the time for that is over; SQLite is not waited for.

    What is wrong then, or otherwise, whoever uses the database is told.
    """
    if settings.database_url.startswith("sqlite"):
        return
    where, end = shown(settings.database_url), time.monotonic() + settings.database_wait_seconds
    pause, waited = 0.5, False
    while True:
        try:
            engine = open_engine(settings)
            try:
                engine.database.current()
            finally:
                engine.close()
        except Unavailable as problem:
            left = end - time.monotonic()
            if left <= 0:
                return
            log.warning("Waiting for the database %s, at most %.0f s more: %s", where, left, problem)
            waited = True
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)
        except (EngineError, StoreError):
            return
        else:
            if waited:
                log.warning("The database %s can be reached", where)
            return


def ring_workers(engine: Engine, settings: Settings) -> Callable[[], None]:
    """Tell other processes of the jobs that this engine makes: servers, and Celery's workers if there is a broker.

    Servers are told of all that it changes, too. Gives what ends that, after the last has been told of.
    """
    ending = ExitStack()
    engine.live.share()
    if not settings.job_runner:  # which would tell by itself
        from engine.worker.neighbours import Neighbours

        neighbours = Neighbours(engine)
        neighbours.start()
        ending.callback(neighbours.stop)
    if settings.broker_url == NONE:
        return ending.close
    from engine.worker.celery_app import create_celery
    from engine.worker.doorbell import CeleryBell

    bell, clock = ending.enter_context(CeleryBell(create_celery(settings.broker_url))), engine.dispatch.clock
    ending.callback(engine.bell.add(lambda jobs: bell.hear(jobs, clock())))
    return ending.close
